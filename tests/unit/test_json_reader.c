/* SPDX-License-Identifier: MIT */
#include "report/json_reader.h"

#include "report.h"

static void expect_bytes(struct bytes found, const char *expected)
{
    ck_assert_msg(bytes_equal(found, bytes_of_text(expected)), "%.*s is not %s", (int)found.length,
                  (const char *)found.data, expected);
}

START_TEST(values_are_taken_one_after_the_other)
{
    struct bytes text = bytes_of_text(" [1, {\"a\": \"]\"}] \"x\\\"y\" -2e+5 null");
    static const char *const values[] = { "[1, {\"a\": \"]\"}]", "\"x\\\"y\"", "-2e+5", "null" };
    struct bytes value;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        ck_assert(json_reader_take(&text, &value));
        expect_bytes(value, values[i]);
    }
    ck_assert_uint_eq(text.length, 0);
    ck_assert(!json_reader_take(&text, &value));
}
END_TEST

START_TEST(a_mistake_is_where_it_stands)
{
    static const struct {
        const char *text, *mistake;
    } cases[] = {
        { "[1,]", "]" },
        { "{\"a\":}", "}" },
        { "{\"a\" 1}", "1}" },
        { "[01]", "1]" },
        { "[1] 2", "2" },
        { "[tru]", "tru]" },
        { "", "" },
        { "[\"\\u12\"]", "\"]" },
        { "{\"a\":1", "" },
        { "[\"a\n\"]", "\n\"]" },
    };
    struct bytes value, mistake;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert(!json_reader_whole(bytes_of_text(cases[i].text), &value, &mistake));
        expect_bytes(mistake, cases[i].mistake);
    }
    ck_assert(!json_reader_whole(bytes_of(NULL, 0), &value, &mistake));
}
END_TEST

START_TEST(members_and_elements_are_found)
{
    struct bytes object = bytes_of_text("{ \"a\" : [10, [], \"\"] , \"\":2,\"a\":3}");
    struct bytes list = json_reader_member(object, "a");
    struct json_reader reader;
    struct bytes name, value;

    expect_bytes(list, "[10, [], \"\"]");
    ck_assert_uint_eq(json_reader_count(list), 3);
    ck_assert_uint_eq(json_reader_count(object), 3);
    expect_bytes(json_reader_element(list, 1), "[]");
    ck_assert_ptr_null(json_reader_element(list, 3).data);
    ck_assert_ptr_null(json_reader_member(object, "b").data);
    ck_assert_ptr_null(json_reader_member(list, "a").data);
    ck_assert(json_reader_open(&reader, object));
    ck_assert(json_reader_next(&reader, &name, &value) && json_reader_next(&reader, &name, &value));
    ck_assert(name.data != NULL && name.length == 0);
    expect_bytes(value, "2");
    ck_assert(!json_reader_open(&reader, value));
    ck_assert(!json_reader_next(&reader, &name, &value));
}
END_TEST

START_TEST(nesting_has_a_limit)
{
    char text[2 * (JSON_DEPTH_MAX + 1)];
    struct bytes value, mistake;

    memset(text, '[', sizeof text / 2);
    memset(text + sizeof text / 2, ']', sizeof text / 2);
    ck_assert(!json_reader_whole(bytes_of(text, sizeof text), &value, &mistake));
    ck_assert(json_reader_whole(bytes_of(text + 1, sizeof text - 2), &value, &mistake));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("json_reader");

    tcase_add_test(tests, values_are_taken_one_after_the_other);
    tcase_add_test(tests, a_mistake_is_where_it_stands);
    tcase_add_test(tests, members_and_elements_are_found);
    tcase_add_test(tests, nesting_has_a_limit);
    return report_run("json_reader", tests);
}
