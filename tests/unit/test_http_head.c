/* SPDX-License-Identifier: MIT */
#include "core/http_head.h"

#include <check.h>
#include <stdio.h>
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

/* Each name is known however it is written, and no other. */
START_TEST(names_are_known)
{
    static const struct {
        const char *name;
        enum http_name known;
    } names[] = {
        { "Host", HTTP_NAME_HOST },
        { "hOST", HTTP_NAME_HOST },
        { "Origin", HTTP_NAME_ORIGIN },
        { "Upgrade", HTTP_NAME_UPGRADE },
        { "Connection", HTTP_NAME_CONNECTION },
        { "Content-Length", HTTP_NAME_CONTENT_LENGTH },
        { "transfer-encoding", HTTP_NAME_TRANSFER_ENCODING },
        { "Sec-WebSocket-Key", HTTP_NAME_KEY },
        { "Sec-WebSocket-Key ", HTTP_NAME_KEY },
        { "Sec-WebSocket-Key1", HTTP_NAME_KEY1 },
        { "Sec-WebSocket-Key2", HTTP_NAME_OTHER },
        { "Sec-WebSocket-Accept", HTTP_NAME_ACCEPT },
        { "Sec-WebSocket-Version", HTTP_NAME_VERSION },
        { "SEC-WEBSOCKET-PROTOCOL", HTTP_NAME_PROTOCOL },
        { "Sec-WebSocket-Extensions", HTTP_NAME_EXTENSIONS },
        { "Sec-WebSocket-Extensionss", HTTP_NAME_OTHER },
        { "Hos", HTTP_NAME_OTHER },
        { "", HTTP_NAME_OTHER },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct http_head head;
        char text[100];

        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s: x\r\n\r\n", names[i].name);
        ck_assert_int_eq(http_parse_head(bytes_of_text(text), false, &head), HTTP_HEAD);
        ck_assert_int_eq(head.fields[0].known, names[i].known);
        ck_assert_uint_eq(head.known, 1U << names[i].known);
    }
}
END_TEST

/* --- what others ask of a head --- */

START_TEST(fields_are_found_in_order)
{
    static const char text[] = "HTTP/1.1 101 S\r\nUpgrade: a\r\nX: b\r\nupgrade: c\r\nx: d\r\n\r\n";
    struct http_head head;

    http_parse_head(bytes_of_text(text), false, &head);
    const struct http_field *first = http_next_field(&head, HTTP_NAME_UPGRADE, NULL);
    ck_assert_ptr_eq(first, &head.fields[0]);
    ck_assert_ptr_eq(http_next_field(&head, HTTP_NAME_UPGRADE, first), &head.fields[2]);
    ck_assert_ptr_null(http_next_field(&head, HTTP_NAME_UPGRADE, &head.fields[2]));
    ck_assert_ptr_null(http_next_field(&head, HTTP_NAME_HOST, NULL));
    ck_assert_ptr_eq(http_find(&head, "x", 0), &head.fields[1]);
    ck_assert_ptr_eq(http_find(&head, "X", 1), &head.fields[3]);
    ck_assert_ptr_null(http_find(&head, "X", 2));
}
END_TEST

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

    http_parse_head(bytes_of_text("GET / HTTP/1.1\r\nUpgrade: a,, b; c=\"d, \\\" e\" ,\r\n"
                                  "Y: z\r\nupgrade:\r\nupgrade:\tf,\r\n g\r\n\r\n"),
                    true, &head);
    struct http_list list = http_list_begin(&head, HTTP_NAME_UPGRADE);
    while (http_list_walk(&list, &element)) {
        ck_assert_uint_lt(n, 4);
        ck_assert(bytes_equal(element, bytes_of_text(expected[n])));
        n++;
    }
    ck_assert_uint_eq(n, 4);
    ck_assert(http_lists(&head, HTTP_NAME_UPGRADE, "G"));
    ck_assert(!http_lists(&head, HTTP_NAME_UPGRADE, "d"));
}
END_TEST

/* --- keeping one --- */

#define KEPT "GET /a HTTP/1.1\r\nHost: b\r\nUpgrade:\r\nX: c\r\n d\r\n\r\n"

static void check_view(struct bytes view, const char *expected)
{
    ck_assert(bytes_equal(view, bytes_of_text(expected)));
}

START_TEST(kept_head_outlives_its_view)
{
    struct memory memory = { .limit = 4096 };
    struct http_head head;
    char text[] = KEPT "and more";

    ck_assert_int_eq(http_parse_head(bytes_of_text(text), true, &head), HTTP_HEAD);
    struct http_head *kept = http_head_keep(&head, &memory);
    ck_assert_ptr_nonnull(kept);
    memset(text, 'z', sizeof text);
    memset(&head, 'z', sizeof head);
    check_view(kept->raw, KEPT);
    check_view(kept->method, "GET");
    check_view(kept->target, "/a");
    ck_assert_uint_eq(kept->field_count, 3);
    check_view(http_next_field(kept, HTTP_NAME_HOST, NULL)->value, "b");
    check_view(http_next_field(kept, HTTP_NAME_UPGRADE, NULL)->name, "Upgrade");
    check_view(http_next_field(kept, HTTP_NAME_UPGRADE, NULL)->value, "");
    check_view(http_find(kept, "x", 0)->value, "c\r\n d");
    ck_assert_uint_lt(memory.used, 512);
    http_head_release(kept, &memory);
    http_head_release(NULL, &memory);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

START_TEST(without_memory_no_head_is_kept)
{
    struct memory memory = { .limit = 100 };
    struct http_head head;

    http_parse_head(bytes_of_text(KEPT), true, &head);
    ck_assert_ptr_null(http_head_keep(&head, &memory));
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_head");
    TCase *reading = tcase_create("reading one");
    TCase *asking = tcase_create("what others ask of it");
    TCase *keeping = tcase_create("keeping one");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(reading, nul_in_a_value_is_read_and_noted);
    tcase_add_test(reading, fields_beyond_the_limit_still_frame_the_body);
    tcase_add_test(reading, names_are_known);
    suite_add_tcase(suite, reading);
    tcase_add_test(asking, starts_are_plausible_as_far_as_they_go);
    tcase_add_test(asking, http2_preface_is_known);
    tcase_add_test(asking, fields_are_found_in_order);
    tcase_add_test(asking, list_is_walked_over_fields_and_quotes);
    suite_add_tcase(suite, asking);
    tcase_add_test(keeping, kept_head_outlives_its_view);
    tcase_add_test(keeping, without_memory_no_head_is_kept);
    suite_add_tcase(suite, keeping);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
