/* SPDX-License-Identifier: MIT */
#include "core/http_head.h"

#include <check.h>
#include <stdlib.h>

/* --- reading one --- */

START_TEST(nul_in_a_value_is_read_and_noted)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n";
    struct http_head head;

    ck_assert_int_eq(http_parse_head(bytes_of(text, sizeof text - 1), true, &head), HTTP_HEAD);
    ck_assert_uint_eq(head.fields[1].value.length, 3);
    ck_assert_uint_eq(head.faults, UINT64_C(1) << HTTP_FIELD_VALUE);
}
END_TEST

START_TEST(fields_beyond_the_limit_still_frame_the_body)
{
    char text[HTTP_FIELDS_MAX * 8 + 100] = "POST / HTTP/1.1\r\nHost: a\r\n";
    struct http_head head;

    for (int i = 0; i < HTTP_FIELDS_MAX; i++) {
        strcat(text, "X: y\r\n");
    }
    strcat(text, "Content-Length: 7\r\n\r\n");
    ck_assert_int_eq(http_parse_head(bytes_of_text(text), true, &head), HTTP_HEAD);
    ck_assert_uint_eq(head.field_count, HTTP_FIELDS_MAX);
    ck_assert_uint_eq(head.content_length, 7);
    ck_assert_int_eq(head.framing, HTTP_BY_LENGTH);
    ck_assert_uint_eq(head.faults, UINT64_C(1) << HTTP_FIELDS_LIMIT);
}
END_TEST

/* --- what others ask of a head --- */

START_TEST(starts_are_plausible_as_far_as_they_go)
{
    static const struct {
        const char *text;
        bool request, plausible;
    } starts[] = {
        { "", true, true },
        { "G", true, true },
        { "GET", true, true },
        { "GET /a?b HTTP/1.1\r\n", true, true },
        { "M-SEARCH * HTTP/1.1\r\n", true, true },
        { "GET / HTTP/1.1", true, true },
        { "GET / HTTX/1.1\r\n", true, false },
        { " GET", true, false },
        { "\x81\x85", true, false },
        { "abcdefghijklmnopqrstuvwxyzabcdefghi", true, false },
        { "H", false, true },
        { "HTTP/1.1 200 OK\r\n", false, true },
        { "HTTP/1.1 2x0 OK\r\n", false, false },
        { "HTTQ", false, false },
        { "\x82\x04", false, false },
    };

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        ck_assert_msg(http_plausible_start(bytes_of_text(starts[i].text), starts[i].request) ==
                          starts[i].plausible, "%s", starts[i].text);
    }
}
END_TEST

START_TEST(http2_preface_is_known)
{
    struct http_head head;

    http_parse_head(bytes_of_text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), true, &head);
    ck_assert(http_is_http2_preface(&head));
    http_parse_head(bytes_of_text("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), true, &head);
    ck_assert(!http_is_http2_preface(&head));
}
END_TEST

START_TEST(list_is_walked_over_fields_and_quotes)
{
    static const char *const expected[] = { "a", "b; c=\"d, \\\" e\"", "f", "g" };
    struct http_head head;
    struct bytes element;
    size_t n = 0;

    http_parse_head(bytes_of_text("GET / HTTP/1.1\r\nX: a,, b; c=\"d, \\\" e\" ,\r\n"
                                  "Y: z\r\nx:\r\nx:\tf,\r\n g\r\n\r\n"),
                    true, &head);
    for (struct http_list list = http_list_begin(&head, "x"); http_list_walk(&list, &element); n++) {
        ck_assert_uint_lt(n, 4);
        ck_assert(bytes_equal(element, bytes_of_text(expected[n])));
    }
    ck_assert_uint_eq(n, 4);
    ck_assert(http_lists(&head, "X", "G"));
    ck_assert(!http_lists(&head, "X", "d"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_head");
    TCase *reading = tcase_create("reading one");
    TCase *asking = tcase_create("what others ask of it");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(reading, nul_in_a_value_is_read_and_noted);
    tcase_add_test(reading, fields_beyond_the_limit_still_frame_the_body);
    suite_add_tcase(suite, reading);
    tcase_add_test(asking, starts_are_plausible_as_far_as_they_go);
    tcase_add_test(asking, http2_preface_is_known);
    tcase_add_test(asking, list_is_walked_over_fields_and_quotes);
    suite_add_tcase(suite, asking);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
