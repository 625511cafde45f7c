/* SPDX-License-Identifier: MIT */
#include "report/check.h"

#include "report.h"
#include "report/rule_list.h"

static const struct totals totals = { .packets = 20, .connections = 1 };

/* Everything check says about one event. */
static char *report_of(const struct event *event, bool json, bool *broken)
{
    struct output output;
    struct check check = { .output = &output, .json = json };

    report_open(&output);
    check_event(&check, event);
    check_finish(&check, &totals);
    *broken = check_broken(&check);
    return report_text(&output);
}

static void expect(const struct event *event, const char *part)
{
    bool broken;
    char *text = report_of(event, false, &broken);

    ck_assert_msg(strstr(text, part) != NULL, "%s", text);
    free(text);
}

/* The offending bytes of a masked Close, brackets around them; its header is 88 85 37 fa 21 3d. */
static const struct {
    enum frame_fault fault;
    const char *bytes;
} marks[] = {
    { FRAME_RSV_UNAGREED, "[88] 85 37 fa 21 3d" },
    { FRAME_NOT_MASKED, " 88[85] 37 fa 21 3d" },
    { FRAME_LENGTH_NOT_MINIMAL, " 88[85] 37 fa 21 3d" },
    { FRAME_MASK_ZERO, " 88 85[37 fa 21 3d]" },
    { FRAME_CLOSE_CODE_UNDEFINED, " 88 85 37 fa 21 3d  unmasked[03 e7] 62 79 65" },
    { FRAME_CLOSE_REASON_NOT_UTF8, " 88 85 37 fa 21 3d  unmasked 03 e7[62 79 65]" },
};

START_TEST(the_offending_bytes_are_marked)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_FRAME, C2S, &connection);
    struct frame frame = report_frame(FRAME_CLOSE, 5);

    event.frame = (struct event_frame){ .frame = &frame, .payload = bytes_of("\x03\xE7" "bye", 5) };
    event.faults = UINT64_C(1) << marks[_i].fault;
    expect(&event, marks[_i].bytes);
}
END_TEST

START_TEST(a_paragraph_says_who_where_what_and_what_instead)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_FRAME, C2S, &connection);
    struct frame frame = report_frame(FRAME_TEXT, 5);
    bool broken;

    event.frame = (struct event_frame){ .frame = &frame };
    event.faults = 1U << FRAME_NOT_MASKED;
    char *text = report_of(&event, false, &broken);

    ck_assert(broken);
    ck_assert_str_eq(text, "must   frame-not-masked  client, RFC 6455 5.1, connection 7, packet 12, frame 3\n"
                           "    seen       The client sent a frame without a mask.\n"
                           "    bytes      81[85] 37 fa 21 3d  (text)\n"
                           "    instead    Set the mask bit, add a fresh four-byte key and XOR the payload "
                           "with it, even over TLS.\n\n"
                           "20 packets, 1 connections: 1 must, 0 should, 0 note\n"
                           "       1  must    frame-not-masked                      RFC 6455 5.1\n");
    free(text);
}
END_TEST

/* The bad byte of a text, with those around it. */
START_TEST(bad_text_is_shown_around_the_byte)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, S2C, &connection);
    struct message message = report_message(FRAME_TEXT, bytes_of_text("0123456789ABCDEF\xFFxyz"));

    message.utf8_offset = 16;
    event.message.message = &message;
    event.faults = 1U << MESSAGE_NOT_UTF8;
    expect(&event, "bytes      38 39 41 42 43 44 45 46[ff] 78 79 7a  (byte 16 of message 2)\n");
}
END_TEST

/* Fault 71, too: what came from the wire is escaped. */
START_TEST(the_field_concerned_is_shown)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_HANDSHAKE, C2S, &connection);
    struct http_head request = { .is_request = true, .raw = bytes_of_text("GET /\033[2J HTTP/1.1\r\n") };
    struct http_head response = {
        .status = 101,
        .raw = bytes_of_text("HTTP/1.1 101 Yes\r\n"),
        .fields = { { .name = bytes_of_text("sec-websocket-accept"), .value = bytes_of_text("wrong") } },
        .field_count = 1,
    };
    struct handshake handshake = {
        .request = &request,
        .response = &response,
        .key = bytes_of_text("dGhlIHNhbXBsZSBub25jZQ=="),
        .accept_expected = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    };

    event.handshake = &handshake;
    event.faults = UINT64_C(1) << HANDSHAKE_ACCEPT_WRONG;
    expect(&event, "    response   HTTP/1.1 101 Yes\n"
                   "               sec-websocket-accept: wrong\n"
                   "    expected   s3pPLMBiTxaQ9kYGzzhZRbK+xOo= for key dGhlIHNhbXBsZSBub25jZQ==\n");
    event.faults = UINT64_C(1) << HANDSHAKE_KEY_MISSING;
    expect(&event, "    request    GET /\\x1b[2J HTTP/1.1\n"
                   "               (no Sec-WebSocket-Key)\n");
}
END_TEST

/* Every fault of every kind gives a paragraph and a JSON line, though the event holds as little as it may. */
START_TEST(every_fault_can_be_told)
{
    struct connection connection = report_connection();
    struct http_head head = { .is_request = true };
    struct handshake handshake = { .verdict = HANDSHAKE_BROKEN };
    struct frame frame = { .header_length = 2 };
    struct message message = { .number = 1 };

    for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
        struct event event = report_event((enum event_kind)kind, S2C, &connection);
        size_t count;
        const struct rule *rules = rules_of((enum event_kind)kind, &count);

        if (kind == EVENT_HTTP) {
            event.http.head = &head;
        } else if (kind == EVENT_HANDSHAKE) {
            event.handshake = &handshake;
        } else if (kind == EVENT_FRAME || kind == EVENT_CUT) {
            event.frame = (struct event_frame){ .frame = &frame };
        } else if (kind == EVENT_MESSAGE) {
            event.message.message = &message;
        }
        for (size_t i = 0; i < count; i++) {
            bool broken;

            event.faults = UINT64_C(1) << i;
            expect(&event, rules[i].id);
            char *json = report_of(&event, true, &broken);

            ck_assert_ptr_nonnull(strstr(json, rules[i].instead) ? json : strchr(json, '\\'));
            ck_assert_int_eq(broken, rules[i].severity == RULE_MUST);
            free(json);
        }
    }
}
END_TEST

START_TEST(a_clean_event_says_nothing)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_CONNECTION, C2S, &connection);
    bool broken;
    char *text = report_of(&event, false, &broken);
    char *json = report_of(&event, true, &broken);

    ck_assert(!broken);
    ck_assert_str_eq(text, "20 packets, 1 connections: nothing to find fault with\n");
    ck_assert_str_eq(json, "{\"type\":\"summary\",\"packets\":20,\"connections\":1,\"must\":0,\"should\":0,"
                           "\"note\":0,\"findings\":{}}\n");
    free(text);
    free(json);
}
END_TEST

START_TEST(the_list_has_every_rule)
{
    struct output text_output, json_output;

    report_open(&text_output);
    report_open(&json_output);
    rule_list_text(&text_output);
    rule_list_json(&json_output);
    char *text = report_text(&text_output), *json = report_text(&json_output);

    for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
        size_t count;
        const struct rule *rules = rules_of((enum event_kind)kind, &count);

        for (size_t i = 0; i < count; i++) {
            ck_assert_ptr_nonnull(strstr(text, rules[i].id));
            ck_assert_ptr_nonnull(strstr(json, rules[i].id));
        }
    }
    free(text);
    free(json);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("findings");

    tcase_add_loop_test(tests, the_offending_bytes_are_marked, 0, (int)(sizeof marks / sizeof marks[0]));
    tcase_add_test(tests, a_paragraph_says_who_where_what_and_what_instead);
    tcase_add_test(tests, bad_text_is_shown_around_the_byte);
    tcase_add_test(tests, the_field_concerned_is_shown);
    tcase_add_test(tests, every_fault_can_be_told);
    tcase_add_test(tests, a_clean_event_says_nothing);
    tcase_add_test(tests, the_list_has_every_rule);
    return report_run("check", tests);
}
