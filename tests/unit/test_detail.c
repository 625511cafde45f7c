/* SPDX-License-Identifier: MIT */
#include "report/detail.h"

#include "report.h"
#include "report/outline.h"

static struct detail detail;

static const struct detail_node *find(const char *name)
{
    for (size_t i = 0; i < detail.count; i++) {
        if (bytes_equal(detail.nodes[i].name, bytes_of_text(name))) {
            return &detail.nodes[i];
        }
    }
    ck_abort_msg("no node %s", name);
    return NULL;
}

static void expect_value(const char *name, const char *value)
{
    struct bytes found = find(name)->value;

    ck_assert_msg(bytes_equal(found, bytes_of_text(value)), "%s is %.*s, not %s", name, (int)found.length,
                  (const char *)found.data, value);
}

static void expect_place(const char *name, size_t from, size_t length, unsigned first_bit, unsigned bits)
{
    const struct detail_node *node = find(name);

    ck_assert_uint_eq(node->from, from);
    ck_assert_uint_eq(node->length, length);
    ck_assert_uint_eq(node->first_bit, first_bit);
    ck_assert_uint_eq(node->bits, bits);
}

static struct event frame_event(struct connection *connection, struct frame *frame, const char *payload)
{
    struct event event = report_event(EVENT_FRAME, C2S, connection);

    event.frame = (struct event_frame){
        .frame = frame,
        .payload = bytes_of_text(payload),
        .message = 2,
        .round_trip = -1,
    };
    return event;
}

START_TEST(every_bit_of_a_header_has_its_node)
{
    struct connection connection = report_connection();
    struct frame frame = report_frame(FRAME_TEXT, 5);
    struct event event = frame_event(&connection, &frame, "Hello");

    detail_make(&detail, &event, NULL);
    expect_place("WebSocket frame", 0, 11, 0, 0);
    expect_place("FIN", 0, 1, 0, 1);
    expect_place("RSV1", 0, 1, 1, 1);
    expect_place("RSV3", 0, 1, 3, 1);
    expect_place("opcode", 0, 1, 4, 4);
    expect_place("MASK", 1, 1, 0, 1);
    expect_place("Payload len", 1, 1, 1, 7);
    expect_place("Masking-key", 2, 4, 0, 0);
    expect_place("Payload data", 6, 5, 0, 0);
    expect_value("opcode", "0x1 text");
    expect_value("Masking-key", "37 fa 21 3d");
    expect_value("unmasked", "7f^37=48 9f^fa=65 4d^21=6c 51^3d=6c");
    expect_value("text", "Hello");
    ck_assert_str_eq(find("opcode")->section, "RFC 6455 5.2");
}
END_TEST

START_TEST(bytes_are_there_as_sent_and_clear)
{
    struct connection connection = report_connection();
    struct frame frame = report_frame(FRAME_TEXT, 5);
    struct event event = frame_event(&connection, &frame, "Hello");
    static const uint8_t sent[] = { 0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58 };

    detail_make(&detail, &event, NULL);
    ck_assert_uint_eq(detail_length(&detail), sizeof sent);
    for (size_t i = 0; i < sizeof sent; i++) {
        ck_assert_uint_eq(detail_byte_sent(&detail, i), sent[i]);
    }
    ck_assert_uint_eq(detail_byte_clear(&detail, 5), 0x3D);
    ck_assert_uint_eq(detail_byte_clear(&detail, 6), 'H');
    ck_assert_ptr_eq(detail_node_at(&detail, 3), find("Masking-key"));
    ck_assert_uint_ge(detail_node_at(&detail, 10)->depth, 2);
    ck_assert_ptr_null(detail_node_at(&detail, 11));
}
END_TEST

START_TEST(the_longer_lengths_are_fields_of_their_own)
{
    struct connection connection = report_connection();
    struct frame frame = {
        .length = 300, .header = { 0x82, 126, 1, 44 }, .header_length = 4, .opcode = FRAME_BINARY, .fin = true
    };
    struct event event = frame_event(&connection, &frame, "");

    detail_make(&detail, &event, NULL);
    expect_value("Payload len", "126");
    expect_value("Extended payload length", "300");
    expect_place("Extended payload length", 2, 2, 0, 0);
    frame = (struct frame){
        .length = UINT64_MAX, .header = { 0x82, 127 }, .header_length = 10, .opcode = FRAME_BINARY
    };
    detail_make(&detail, &event, NULL);
    expect_value("Extended payload length", "18446744073709551615");
    expect_place("Extended payload length", 2, 8, 0, 0);
}
END_TEST

START_TEST(a_finding_is_a_node_with_what_to_send_instead)
{
    struct connection connection = report_connection();
    struct frame frame = report_frame(FRAME_TEXT, 5);
    struct event event = frame_event(&connection, &frame, "Hello");

    event.faults = UINT64_C(1) << FRAME_MASK_REPEATED;
    detail_make(&detail, &event, NULL);
    const struct detail_node *node = find("frame-mask-repeated");

    ck_assert_ptr_eq(node, &detail.nodes[detail.count - 1]);
    ck_assert_str_eq(node->purpose, node->rule->instead);
    expect_place("frame-mask-repeated", 2, 4, 0, 0);
}
END_TEST

START_TEST(a_handshake_works_out_the_sum)
{
    static const char request_text[] =
        "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    static const char response_text[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    static struct http_head request, response;
    struct handshake handshake;
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_HANDSHAKE, S2C, &connection);

    http_parse_head(bytes_of_text(request_text), true, &request);
    http_parse_head(bytes_of_text(response_text), false, &response);
    handshake_judge(&request, &response, &handshake);
    event.handshake = &handshake;
    detail_make(&detail, &event, NULL);
    expect_value("SHA-1 of both", "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea");
    expect_value("found", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ck_assert_str_eq(find("found")->purpose, "The same: accepted.");
    expect_value("extensions", "offered, none chosen");
    const struct detail_node *key = find("key");

    ck_assert_mem_eq(request_text + key->from, "dGhlIHNhbXBsZSBub25jZQ==", key->length);
    ck_assert_str_eq(find("client_max_window_bits")->section, "RFC 7692 7.1.2.2");
}
END_TEST

START_TEST(more_fields_than_there_is_room_for_are_said_to_be_more)
{
    static char text[32 * 1024] = "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Extensions: ";
    static struct http_head request;
    struct handshake handshake;
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_HANDSHAKE, S2C, &connection);

    for (size_t i = 0; i < DETAIL_NODES_MAX; i++) {
        strcat(text, "extension-name,");
    }
    strcat(text, "\r\n\r\n");
    http_parse_head(bytes_of_text(text), true, &request);
    handshake_judge(&request, NULL, &handshake);
    event.handshake = &handshake;
    detail_make(&detail, &event, NULL);
    ck_assert_uint_eq(detail.count, DETAIL_NODES_MAX);
    find("and more fields, for which there is no room");
}
END_TEST

START_TEST(every_kind_can_be_taken_apart_and_written)
{
    struct connection connection = report_connection();
    struct segment segment = { .flags = TCP_SYN };
    struct message message = report_message(FRAME_TEXT, bytes_of_text("a\x1b[2J"));
    struct frame frame = report_frame(FRAME_BINARY, 5);
    struct event events[] = {
        report_event(EVENT_CONNECTION, C2S, &connection), report_event(EVENT_MESSAGE, C2S, &connection),
        report_event(EVENT_CLOSE, C2S, &connection),      report_event(EVENT_GAP, C2S, &connection),
        report_event(EVENT_NOTICE, C2S, &connection),     report_event(EVENT_SEGMENT, C2S, &connection),
        report_event(EVENT_CUT, C2S, &connection),
    };
    struct output output;

    events[1].message.message = &message;
    events[2].close = (struct event_close){ .how = CLOSE_RST, .first_known = true, .api_code = { 1006, 1006 } };
    events[5].segment.segment = &segment;
    events[6].frame = (struct event_frame){ .frame = &frame, .round_trip = -1 };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        report_open(&output);
        detail_make(&detail, &events[i], NULL);
        outline_write(&output, &detail, &(struct outline_setting){ .columns = 80 });
        outline_dump(&output, &detail, &(struct outline_setting){ 0 });
        char *text = report_text(&output);

        ck_assert_ptr_null(strchr(text, '\x1b'));
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            ck_assert_msg(strlen(line) <= 80, "%s", line);
        }
        free(text);
    }
}
END_TEST

static void take_message(const char *payload)
{
    static struct connection connection;
    static struct message message;
    struct event event = report_event(EVENT_MESSAGE, C2S, &connection);

    connection = report_connection();
    message = report_message(FRAME_TEXT, bytes_of_text(payload));
    event.message.message = &message;
    detail_make(&detail, &event, NULL);
}

START_TEST(the_values_of_json_are_nodes)
{
    take_message(" {\"a\": [1, -2.5e+3, {\"deep\": null}], \"b\\u0041\":\"x\\n\" } ");
    expect_value("a", "[1, -2.5e+3, {\"deep\": null}]");
    expect_value("[1]", "-2.5e+3");
    expect_value("deep", "null");
    expect_value("b\\u0041", "\"x\\n\"");
    ck_assert_uint_eq(find("deep")->depth, 5);
    expect_place("[0]", 8, 1, 0, 0);
}
END_TEST

START_TEST(what_is_not_json_has_no_values)
{
    static const char *const texts[] = {
        "{",     "[1,]",  "{\"a\":}", "{\"a\" 1}", "[01]",  "[1.]",     "[\"\\x\"]", "[\"\\u12\"]",
        "[1] 2", "[tru]", "[-]",      "[1e]",      "{1:2}", "[\"\n\"]", "\"a\"",     "1",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        take_message(texts[i]);
        for (size_t j = 0; j < detail.count; j++) {
            ck_assert_msg(!bytes_equal(detail.nodes[j].name, bytes_of_text("JSON")), "%s", texts[i]);
        }
    }
}
END_TEST

START_TEST(json_beyond_the_limits_is_left_as_text)
{
    char text[4096] = "[";

    for (int i = 0; i < 1000; i++) {
        strcat(text, "0,");
    }
    strcat(text, "0]");
    take_message(text);
    find("and more");
    ck_assert_uint_lt(detail.count, 300);
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    text[200] = '\0';
    take_message(text);
    ck_assert_uint_lt(detail.count, 20);
}
END_TEST

START_TEST(a_masked_payload_is_dumped_both_ways)
{
    struct connection connection = report_connection();
    struct frame frame = report_frame(FRAME_TEXT, 5);
    struct event event = frame_event(&connection, &frame, "Hello");
    struct output output;

    report_open(&output);
    detail_make(&detail, &event, NULL);
    outline_dump(&output, &detail, &(struct outline_setting){ 0 });
    char *text = report_text(&output);

    ck_assert_str_eq(text,
                     "            as sent                            unmasked\n"
                     "      0000  81 85 37 fa 21 3d 7f 9f  ..7.!=..  81 85 37 fa 21 3d 48 65  ..7.!=He\n"
                     "      0008  4d 51 58                 MQX       6c 6c 6f                 llo\n");
    free(text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("detail");

    tcase_add_test(tests, every_bit_of_a_header_has_its_node);
    tcase_add_test(tests, bytes_are_there_as_sent_and_clear);
    tcase_add_test(tests, the_longer_lengths_are_fields_of_their_own);
    tcase_add_test(tests, a_finding_is_a_node_with_what_to_send_instead);
    tcase_add_test(tests, a_handshake_works_out_the_sum);
    tcase_add_test(tests, more_fields_than_there_is_room_for_are_said_to_be_more);
    tcase_add_test(tests, every_kind_can_be_taken_apart_and_written);
    tcase_add_test(tests, the_values_of_json_are_nodes);
    tcase_add_test(tests, what_is_not_json_has_no_values);
    tcase_add_test(tests, json_beyond_the_limits_is_left_as_text);
    tcase_add_test(tests, a_masked_payload_is_dumped_both_ways);
    return report_run("detail", tests);
}
