/* SPDX-License-Identifier: MIT */
#include "report/json_sorted.h"

#include "report.h"

static const struct {
    const char *text, *sorted; /* sorted: NULL where it is no JSON */
} texts[] = {
    { "{\"b\":1,\"a\":[true,null]}", "{\n  \"a\": [\n    true,\n    null\n  ],\n  \"b\": 1\n}" },
    { " { \"a\" : { } , \"B\" : [ ] } ", "{\n  \"B\": [],\n  \"a\": {}\n}" },
    { "{\"a\":1,\"a\":0,\"\":2,\"ab\":3}", "{\n  \"\": 2,\n  \"a\": 1,\n  \"a\": 0,\n  \"ab\": 3\n}" },
    { "[1.50,\"\\u0041 A\"]", "[\n  1.50,\n  \"\\u0041 A\"\n]" },
    { "\"x\"", "\"x\"" },
    { "{\"a\":1", NULL },
    { "42[]", NULL },
    { "", NULL },
};

START_TEST(members_are_sorted_and_nothing_else)
{
    size_t length = 0;
    char *sorted = json_sorted(bytes_of_text(texts[_i].text), &length);

    if (texts[_i].sorted == NULL) {
        ck_assert_ptr_null(sorted);
        return;
    }
    ck_assert_ptr_nonnull(sorted);
    ck_assert_uint_eq(length, strlen(texts[_i].sorted));
    ck_assert_int_eq(memcmp(sorted, texts[_i].sorted, length), 0);
    free(sorted);
}
END_TEST

/* What has been sorted stays as it is. */
START_TEST(sorting_twice_changes_nothing)
{
    size_t length = 0, again = 0;
    char *once = json_sorted(bytes_of_text(texts[_i].text), &length);
    char *twice = once ? json_sorted(bytes_of(once, length), &again) : NULL;

    if (once) {
        ck_assert(twice != NULL && bytes_equal(bytes_of(once, length), bytes_of(twice, again)));
    }
    free(once);
    free(twice);
}
END_TEST

/* Indentation multiplies: a short text must not become an endless one. */
START_TEST(the_result_has_a_limit)
{
    enum { ELEMENTS = 400000 };
    char *text = calloc(1, 2 * ELEMENTS + 200), *end = text;
    size_t length;

    for (int i = 0; i < 31; i++) {
        *end++ = '[';
    }
    for (int i = 0; i < ELEMENTS; i++) {
        *end++ = '0';
        *end++ = i + 1 < ELEMENTS ? ',' : ']';
    }
    for (int i = 0; i < 30; i++) {
        *end++ = ']';
    }
    ck_assert_ptr_null(json_sorted(bytes_of(text, (size_t)(end - text)), &length));
    free(text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("json_sorted");

    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, members_are_sorted_and_nothing_else, 0, (int)(sizeof texts / sizeof texts[0]));
    tcase_add_loop_test(tests, sorting_twice_changes_nothing, 0, (int)(sizeof texts / sizeof texts[0]));
    tcase_add_test(tests, the_result_has_a_limit);
    return report_run("json_sorted", tests);
}
