/* SPDX-License-Identifier: MIT */
#include "core/fields.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

/* The table is documentation too: every field says what it is for. */
START_TEST(every_field_explains_itself)
{
    size_t count;
    const struct field *table = fields_table(&count);

    for (size_t i = 0; i < count; i++) {
        const char *purpose = table[i].purpose;

        ck_assert_ptr_nonnull(table[i].name);
        ck_assert_msg(purpose && isupper((unsigned char)purpose[0]) && purpose[strlen(purpose) - 1] == '.',
                      "%s", table[i].name);
        ck_assert_msg(table[i].section[0] == '\0' || strncmp(table[i].section, "RFC ", 4) == 0, "%s",
                      table[i].name);
        ck_assert_ptr_eq(fields_find(bytes_of_text(table[i].name)), &table[i]);
        ck_assert_ptr_eq(fields_nearest(bytes_of_text(table[i].name)), &table[i]);
    }
}
END_TEST

START_TEST(names_list_their_words)
{
    const struct field *dir = fields_find(bytes_of_text("dir"));
    const struct field *finding = fields_find(bytes_of_text("finding"));

    ck_assert(bytes_equal(fields_word(dir, 0), bytes_of_text("c2s")));
    ck_assert(bytes_equal(fields_word(dir, 1), bytes_of_text("s2c")));
    ck_assert_uint_eq(fields_word(dir, 2).length, 0);
    ck_assert_uint_gt(fields_word(finding, 0).length, 0);
    ck_assert_uint_eq(fields_word(finding, 100000).length, 0);
    ck_assert_uint_eq(fields_word(fields_find(bytes_of_text("length")), 0).length, 0);
}
END_TEST

/* An event of one kind has none of another's fields; asking costs no access to a union's other member. */
START_TEST(events_without_a_connection_have_only_common_fields)
{
    size_t count;
    const struct field *table = fields_table(&count);
    struct event event = { .kind = EVENT_NOTICE, .packet = 5 };
    struct field_value value;
    size_t present = 0;

    for (size_t i = 0; i < count; i++) {
        present += fields_get(&table[i], bytes_of(NULL, 0), &event, 0, &value);
    }
    ck_assert_uint_eq(present, 5);      /* kind, dir, sender, time, packet */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fields");
    TCase *table = tcase_create("table");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(table, every_field_explains_itself);
    tcase_add_test(table, names_list_their_words);
    tcase_add_test(table, events_without_a_connection_have_only_common_fields);
    suite_add_tcase(suite, table);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
