/* SPDX-License-Identifier: MIT */
#include "printed.h"

/* Engine.IO and socket.io, with the packets that their protocols' descriptions show. */

static struct subprotocol four(void)
{
    return printed_agreed("", "/socket.io/?EIO=4&transport=websocket");
}

START_TEST(engineio_packets_have_a_type)
{
    struct subprotocol io = printed_agreed("", "/engine.io/?EIO=4&transport=websocket");

    PRINTED_TEXT(&io, S2C, "0{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"pingInterval\":25000}",
                 "as Engine.IO: open \"{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"p...\"\n"
                 "  packet type: 0 open\n"
                 "  data: {\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"pingInterval\":25000}\n"
                 "    JSON: {\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"pingInterval\":25000}\n"
                 "      sid: \"lv_VI97HAXpY6yYWAAAC\"\n"
                 "      pingInterval: 25000\n");
    PRINTED_TEXT(&io, S2C, "2", "as Engine.IO: ping\n  packet type: 2 ping\n");
    PRINTED_TEXT(&io, C2S, "3probe", "as Engine.IO: pong \"probe\"\n  packet type: 3 pong\n  data: probe\n");
    PRINTED_TEXT(&io, C2S, "4hello",
                 "as Engine.IO: message \"hello\"\n  packet type: 4 message\n  data: hello\n");
    PRINTED_BYTES(&io, C2S, "\1\2\3", "as Engine.IO: message, 3 bytes\n  data: 01 02 03\n");
    PRINTED_TEXT(&io, C2S, "bAQIDBA==", "as Engine.IO: message, 8 bytes of base64\n  base64: AQIDBA==\n");
}
END_TEST

START_TEST(version_3_has_its_type_in_binary_too)
{
    struct subprotocol io = printed_agreed("", "/engine.io/?EIO=3&transport=websocket");

    ck_assert_uint_eq(io.version, 3);
    PRINTED_BYTES(&io, C2S, "\4\1\2",
                  "as Engine.IO: message, 2 bytes\n  packet type: 4 message\n  data: 01 02\n");
    PRINTED_BYTES(&io, C2S, "\2", "as Engine.IO: ping\n  packet type: 2 ping\n");
    PRINTED_TEXT(&io, C2S, "b4AQI=", "as Engine.IO: message, 4 bytes of base64\n  base64: AQI=\n");
}
END_TEST

START_TEST(events_have_a_name_and_arguments)
{
    struct subprotocol io = four();

    PRINTED_TEXT(&io, C2S, "42[\"chat\",\"hi\"]",
                 "as socket.io: event \"chat\" [1 arg]\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 2 EVENT\n"
                 "  event: \"chat\"\n"
                 "  argument: \"hi\"\n");
    PRINTED_TEXT(&io, C2S, "42/admin,12[\"tell\",{\"a\":1},2]",
                 "as socket.io: event \"tell\" [2 args] in /admin, ack 12\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 2 EVENT\n"
                 "  namespace: /admin\n"
                 "  ack id: 12\n"
                 "  event: \"tell\"\n"
                 "  argument: {\"a\":1}\n"
                 "    a: 1\n"
                 "  argument: 2\n");
    PRINTED_TEXT(&io, S2C, "43/admin,12[]",
                 "as socket.io: ack 12 [0 args] in /admin\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 3 ACK\n"
                 "  namespace: /admin\n"
                 "  ack id: 12\n");
}
END_TEST

START_TEST(namespaces_are_joined_left_and_refused)
{
    struct subprotocol io = four();

    PRINTED_TEXT(&io, C2S, "40",
                 "as socket.io: connect\n  packet type: 4 message\n  socket.io type: 0 CONNECT\n");
    PRINTED_TEXT(&io, C2S, "40/admin,{\"token\":\"x\"}",
                 "as socket.io: connect /admin\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 0 CONNECT\n"
                 "  namespace: /admin\n"
                 "  data: {\"token\":\"x\"}\n"
                 "    token: \"x\"\n");
    PRINTED_TEXT(&io, C2S, "41/admin,",
                 "as socket.io: disconnect in /admin\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 1 DISCONNECT\n"
                 "  namespace: /admin\n");
    PRINTED_TEXT(&io, S2C, "44{\"message\":\"Not authorized\"}",
                 "as socket.io: connect error\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 4 CONNECT_ERROR\n"
                 "  data: {\"message\":\"Not authorized\"}\n"
                 "    message: \"Not authorized\"\n");
}
END_TEST

START_TEST(attachments_are_counted)
{
    struct subprotocol io = four();

    PRINTED_TEXT(&io, C2S, "452-[\"b\",{\"_placeholder\":true,\"num\":0}]",
                 "as socket.io: event \"b\" [1 arg], 2 attachments\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 5 BINARY_EVENT\n"
                 "  attachments: 2\n"
                 "  event: \"b\"\n"
                 "  argument: {\"_placeholder\":true,\"num\":0}\n"
                 "    _placeholder: true\n"
                 "    num: 0\n");
    PRINTED_BYTES(&io, C2S, "\1",
                  "as socket.io: attachment 1 of 2, 1 byte\n  attachment: 1 byte\n    data: 01\n");
    PRINTED_BYTES(&io, C2S, "\2",
                  "as socket.io: attachment 2 of 2, 1 byte\n  attachment: 1 byte\n    data: 02\n");
    PRINTED_BYTES(&io, C2S, "\3", "as socket.io: attachment, 1 byte\n  attachment: 1 byte\n    data: 03\n");
    PRINTED_BYTES(&io, S2C, "\3", "as socket.io: attachment, 1 byte\n  attachment: 1 byte\n    data: 03\n");
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    struct subprotocol io = four();

    PRINTED_TEXT(&io, C2S, "Hello?",
                 "as socket.io: a mistake\n"
                 "  mistake: a packet begins with its type, 0 to 6\n"
                 "  data: Hello?\n");
    PRINTED_TEXT(&io, C2S, "49",
                 "as socket.io: a mistake\n"
                 "  packet type: 4 message\n"
                 "  mistake: a socket.io packet begins with its type, 0 to 6\n");
    PRINTED_TEXT(&io, C2S, "42[]",
                 "as socket.io: event, with a mistake\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 2 EVENT\n"
                 "  mistake: an event is a list that begins with the event's name\n");
    PRINTED_TEXT(&io, C2S, "42[\"a\"",
                 "as socket.io: event, with a mistake\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 2 EVENT\n"
                 "  mistake: it ends where JSON would have to go on\n");
    PRINTED_TEXT(&io, C2S, "45[\"a\"]",
                 "as socket.io: event, with a mistake\n"
                 "  packet type: 4 message\n"
                 "  socket.io type: 5 BINARY_EVENT\n"
                 "  mistake: the number of attachments and a - are missing\n");
    printed_survives(four(), FRAME_TEXT,
                     bytes_of_text("452-/admin,17[\"b\",{\"_placeholder\":true,\"num\":0}]"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("engineio");

    tcase_add_test(tests, engineio_packets_have_a_type);
    tcase_add_test(tests, version_3_has_its_type_in_binary_too);
    tcase_add_test(tests, events_have_a_name_and_arguments);
    tcase_add_test(tests, namespaces_are_joined_left_and_refused);
    tcase_add_test(tests, attachments_are_counted);
    tcase_add_test(tests, what_is_wrong_is_said);
    return report_run("engineio", tests);
}
