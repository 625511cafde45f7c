/* SPDX-License-Identifier: MIT */
#include "core/http_text.h"

#include <check.h>
#include <stdlib.h>

static const struct {
    const char *text, *trimmed;
    size_t token_length;
} texts[] = {
    { "", "", 0 },
    { "token", "token", 5 },
    { "!#$%&'*+-.^_`|~09AZaz", "!#$%&'*+-.^_`|~09AZaz", 21 },
    { " \t a b\t ", "a b", 0 },
    { "a\r\n b\r\n", "a\r\n b", 1 },
    { "a:b", "a:b", 1 },
    { "\xE9", "\xE9", 0 },
    { " \t\r\n", "", 0 },
};

START_TEST(text_is_trimmed_and_measured)
{
    struct bytes text = bytes_of_text(texts[_i].text);

    ck_assert(bytes_equal(http_trim(text), bytes_of_text(texts[_i].trimmed)));
    ck_assert_uint_eq(http_token_length(text), texts[_i].token_length);
    ck_assert_int_eq(http_is_token(text), text.length > 0 && texts[_i].token_length == text.length);
}
END_TEST

START_TEST(case_makes_no_difference)
{
    ck_assert(http_same_text(bytes_of_text("Upgrade"), "uPGRADE"));
    ck_assert(http_same_text(bytes_of_text(""), ""));
    ck_assert(!http_same_text(bytes_of_text("Upgrade"), "Upgrades"));
    ck_assert(!http_same_text(bytes_of_text("a-b"), "a\rb"));     /* they differ in the bit of case alone */
    ck_assert(!http_same_text(bytes_of_text("[]"), "{}"));
}
END_TEST

/* Wherever the control stands, and whatever is around it: eight bytes are looked at at once. */
START_TEST(plain_text_ends_before_each_control)
{
    for (size_t at = 0; at < 20; at++) {
        for (int c = 0; c < 256; c++) {
            uint8_t text[20];

            memset(text, c & 1 ? 0xFF : ' ', sizeof text);
            text[at] = (uint8_t)c;
            ck_assert_uint_eq(http_plain_length(bytes_of(text, sizeof text)),
                              c < ' ' || c == 0x7F ? at : sizeof text);
            ck_assert_uint_eq(http_plain_length(bytes_of(text, at)), at);
        }
    }
}
END_TEST

static const struct {
    const char *list;
    const char *elements[4];
} lists[] = {
    { "", { NULL } },
    { " , ,", { NULL } },
    { "a", { "a" } },
    { "a,b ,\tc", { "a", "b", "c" } },
    { "a; b=\"c, d\", e", { "a; b=\"c, d\"", "e" } },
    { "\"a\\\", b\", c", { "\"a\\\", b\"", "c" } },
    { "a, \"b, c", { "a", "\"b, c" } },
    { "\"a\\", { "\"a\\" } },
};

START_TEST(list_is_walked)
{
    struct bytes list = bytes_of_text(lists[_i].list), element;
    size_t n = 0;

    while (http_list_next(&list, &element)) {
        ck_assert_ptr_nonnull(lists[_i].elements[n]);
        ck_assert(bytes_equal(element, bytes_of_text(lists[_i].elements[n])));
        n++;
    }
    ck_assert_ptr_null(lists[_i].elements[n]);
}
END_TEST

START_TEST(pieces_may_be_empty)
{
    struct bytes text = bytes_of_text(";a;"), piece;

    ck_assert(http_split(&text, ';', &piece));
    ck_assert_uint_eq(piece.length, 0);
    ck_assert(http_split(&text, ';', &piece));
    ck_assert(bytes_equal(piece, bytes_of_text("a")));
    ck_assert(!http_split(&text, ';', &piece));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_text");
    TCase *text = tcase_create("text");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(text, text_is_trimmed_and_measured, 0, sizeof texts / sizeof texts[0]);
    tcase_add_test(text, case_makes_no_difference);
    tcase_add_test(text, plain_text_ends_before_each_control);
    tcase_add_loop_test(text, list_is_walked, 0, sizeof lists / sizeof lists[0]);
    tcase_add_test(text, pieces_may_be_empty);
    suite_add_tcase(suite, text);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
