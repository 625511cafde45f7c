/* SPDX-License-Identifier: MIT */
#include "printed.h"

/* MQTT 3.1.1 and 5: packets laid out as their specifications do. */

#define CONNECT_3 "\x10\x0D\0\4MQTT\4\2\0\x3C\0\1c"
#define CONNECT_5 "\x10\x0E\0\4MQTT\5\2\0\x3C\0\0\1c"

static struct subprotocol agreed(void)
{
    return printed_agreed("mqtt", "/mqtt");
}

/* As after a CONNECT of that version. */
static struct subprotocol connected(uint8_t version)
{
    struct subprotocol mqtt = agreed();

    mqtt.version = version;
    return mqtt;
}

START_TEST(a_connect_has_flags_and_what_they_announce)
{
    struct subprotocol mqtt = agreed();

    PRINTED_BYTES(&mqtt, C2S, "\x10\x1A\0\4MQTT\4\xC6\0\x0A\0\1c\0\1w\0\1m\0\1u\0\2\1\2",
                  "as MQTT: CONNECT c\n"
                  "  control packet: 1 CONNECT\n"
                  "    Remaining Length: 26\n"
                  "    Protocol Name: MQTT\n"
                  "    Protocol Level: 4 (MQTT 3.1.1)\n"
                  "    Connect Flags: 0xc6\n"
                  "      User Name Flag: 1\n"
                  "      Password Flag: 1\n"
                  "      Will Retain: 0\n"
                  "      Will QoS: 0\n"
                  "      Will Flag: 1\n"
                  "      Clean Session: 1\n"
                  "      Reserved: 0\n"
                  "    Keep Alive: 10\n"
                  "    Client Identifier: c\n"
                  "    Will Topic: w\n"
                  "    Will Payload: 6d\n"
                  "    User Name: u\n"
                  "    Password: 01 02\n");
    ck_assert_uint_eq(mqtt.version, 4);
    PRINTED_BYTES(&mqtt, S2C, "\x20\2\0\5",
                  "as MQTT: CONNACK not authorized\n"
                  "  control packet: 2 CONNACK\n"
                  "    Remaining Length: 2\n"
                  "    Connect Acknowledge Flags: 0x00\n"
                  "      Session Present: 0\n"
                  "    Return Code: 0x05 not authorized\n");
}
END_TEST

START_TEST(a_publish_has_topic_qos_and_message)
{
    struct subprotocol mqtt = connected(4);

    PRINTED_BYTES(&mqtt, C2S, "\x3B\x0A\0\3t/a\0\7hey",
                  "as MQTT: PUBLISH t/a QoS 1\n"
                  "  control packet: 3 PUBLISH\n"
                  "    Remaining Length: 10\n"
                  "    DUP: 1\n"
                  "    QoS: 1\n"
                  "    RETAIN: 1\n"
                  "    Topic Name: t/a\n"
                  "    Packet Identifier: 7\n"
                  "    Application Message: hey\n");
    PRINTED_BYTES(&mqtt, S2C, "\x40\2\0\7",
                  "as MQTT: PUBACK\n"
                  "  control packet: 4 PUBACK\n"
                  "    Remaining Length: 2\n"
                  "    Packet Identifier: 7\n");
}
END_TEST

START_TEST(version_5_has_properties_and_reasons)
{
    struct subprotocol mqtt = agreed();

    ck_assert_ptr_nonnull(
        strstr(printed_message(&mqtt, C2S, FRAME_BINARY, bytes_of(CONNECT_5, sizeof CONNECT_5 - 1)),
               "Protocol Level: 5 (MQTT 5)"));
    PRINTED_BYTES(&mqtt, C2S, "\x30\x15\0\1t\x0C\1\1\x26\0\1n\0\1v\x23\0\2hello",
                  "as MQTT: PUBLISH t QoS 0\n"
                  "  control packet: 3 PUBLISH\n"
                  "    Remaining Length: 21\n"
                  "    DUP: 0\n"
                  "    QoS: 0\n"
                  "    RETAIN: 0\n"
                  "    Topic Name: t\n"
                  "    Property Length: 12\n"
                  "      Payload Format Indicator: 1\n"
                  "      User Property: n\n"
                  "      its value: v\n"
                  "      Topic Alias: 2\n"
                  "    Application Message: hello\n");
}
END_TEST

START_TEST(subscriptions_and_their_answers)
{
    struct subprotocol mqtt = connected(5);

    PRINTED_BYTES(&mqtt, C2S, "\x82\x0B\0\1\2\x0B\5\0\3a/#\x2D",
                  "as MQTT: SUBSCRIBE a/#\n"
                  "  control packet: 8 SUBSCRIBE\n"
                  "    Remaining Length: 11\n"
                  "    Packet Identifier: 1\n"
                  "    Property Length: 2\n"
                  "      Subscription Identifier: 5\n"
                  "    Topic Filter: a/#\n"
                  "    Subscription Options: 0x2d\n"
                  "      Retain Handling: 2\n"
                  "      Retain As Published: 1\n"
                  "      No Local: 1\n"
                  "      Maximum QoS: 1\n");
    PRINTED_BYTES(&mqtt, S2C, "\x90\5\0\1\0\1\x87",
                  "as MQTT: SUBACK Not authorized\n"
                  "  control packet: 9 SUBACK\n"
                  "    Remaining Length: 5\n"
                  "    Packet Identifier: 1\n"
                  "    Property Length: 0\n"
                  "    Reason Code: 0x01 Granted QoS 1\n"
                  "    Reason Code: 0x87 Not authorized\n");
    PRINTED_BYTES(&mqtt, C2S, "\xE0\0",
                  "as MQTT: DISCONNECT\n  control packet: 14 DISCONNECT\n    Remaining Length: 0\n");
    PRINTED_BYTES(&mqtt, S2C, "\xE0\1\x8B",
                  "as MQTT: DISCONNECT Server shutting down\n"
                  "  control packet: 14 DISCONNECT\n"
                  "    Remaining Length: 1\n"
                  "    Reason Code: 0x8b Server shutting down\n");
}
END_TEST

START_TEST(a_message_may_have_several_packets)
{
    struct subprotocol mqtt = connected(4);

    PRINTED_BYTES(&mqtt, C2S, "\xC0\0\x30\4\0\1tx",
                  "as MQTT: PINGREQ, PUBLISH t QoS 0\n"
                  "  control packet: 12 PINGREQ\n"
                  "    Remaining Length: 0\n"
                  "  control packet: 3 PUBLISH\n"
                  "    Remaining Length: 4\n"
                  "    DUP: 0\n"
                  "    QoS: 0\n"
                  "    RETAIN: 0\n"
                  "    Topic Name: t\n"
                  "    Application Message: x\n");
}
END_TEST

START_TEST(a_packet_may_take_several_messages)
{
    struct subprotocol mqtt = connected(4);

    PRINTED_BYTES(&mqtt, C2S, "\x30\x08\0\1tab",
                  "as MQTT: PUBLISH t QoS 0\n"
                  "  control packet: 3 PUBLISH\n"
                  "    Remaining Length: 8\n"
                  "    DUP: 0\n"
                  "    QoS: 0\n"
                  "    RETAIN: 0\n"
                  "    Topic Name: t\n"
                  "    Application Message: ab\n"
                  "    goes on in the next message: 7 of its 10 bytes are here\n");
    PRINTED_BYTES(&mqtt, C2S, "cd",
                  "as MQTT: PUBLISH goes on\n"
                  "  goes on: a PUBLISH begun in an earlier message: 2 of its bytes are here, 1 to come\n");
    PRINTED_BYTES(&mqtt, C2S, "e\xC0\0\x30",
                  "as MQTT: PUBLISH t QoS 0, PINGREQ, PUBLISH begins\n"
                  "  goes on: a PUBLISH begun in an earlier message: 1 of its bytes are here, 0 to come\n"
                  "  control packet: 3 PUBLISH\n"
                  "    Remaining Length: 8\n"
                  "    DUP: 0\n"
                  "    QoS: 0\n"
                  "    RETAIN: 0\n"
                  "    Topic Name: t\n"
                  "    Application Message: abcde\n"
                  "  control packet: 12 PINGREQ\n"
                  "    Remaining Length: 0\n"
                  "  control packet: its header goes on in the next message\n");
    PRINTED_BYTES(&mqtt, C2S, "\x84",
                  "as MQTT: PUBLISH goes on\n"
                  "  goes on: a PUBLISH begun in an earlier message, its header not over yet\n");
    PRINTED_BYTES(&mqtt, C2S, "\0\0\1",
                  "as MQTT: PUBLISH goes on\n"
                  "  goes on: a PUBLISH begun in an earlier message: 3 of its bytes are here, 2 to come\n");
    PRINTED_BYTES(&mqtt, C2S, "tx\xC0\0",
                  "as MQTT: PUBLISH t QoS 0, PINGREQ\n"
                  "  goes on: a PUBLISH begun in an earlier message: 2 of its bytes are here, 0 to come\n"
                  "  control packet: 3 PUBLISH\n"
                  "    Remaining Length: 4\n"
                  "    DUP: 0\n"
                  "    QoS: 0\n"
                  "    RETAIN: 0\n"
                  "    Topic Name: t\n"
                  "    Application Message: x\n"
                  "  control packet: 12 PINGREQ\n"
                  "    Remaining Length: 0\n");
    ck_assert_uint_eq(mqtt.rest[C2S].kept_length, 0);
}
END_TEST

/* As MQTT.js does on node: a message for every field. */
START_TEST(a_connect_in_pieces_has_its_version_all_the_same)
{
    struct subprotocol mqtt = agreed();
    const char *printed = "";

    for (size_t i = 0; i + 1 < sizeof CONNECT_5; i++) {
        printed = printed_message(&mqtt, C2S, FRAME_BINARY, bytes_of(CONNECT_5 + i, 1));
    }
    ck_assert_ptr_nonnull(strstr(printed, "as MQTT: CONNECT c\n"));
    ck_assert_ptr_nonnull(strstr(printed, "Protocol Level: 5 (MQTT 5)"));
    ck_assert_uint_eq(mqtt.version, 5);
}
END_TEST

START_TEST(a_packet_too_long_to_keep_is_only_counted)
{
    static uint8_t packet[1000] = { 0x30, 0xE5, 7, 0, 1, 't' };
    struct subprotocol mqtt = connected(4);

    printed_message(&mqtt, C2S, FRAME_BINARY, bytes_of(packet, 500));
    ck_assert_str_eq(
        printed_message(&mqtt, C2S, FRAME_BINARY, bytes_of(packet + 500, 500)),
        "as MQTT: PUBLISH goes on\n"
        "  goes on: a PUBLISH begun in an earlier message: 500 of its bytes are here, 0 to come\n");
    ck_assert_uint_eq(mqtt.rest[C2S].kept_length, 0);
}
END_TEST

START_TEST(after_a_loss_it_says_so)
{
    struct subprotocol mqtt = connected(4);
    struct connection connection = report_connection();
    struct message message = report_message(FRAME_BINARY, bytes_of("\x30\x08\0\1tab", 7));
    struct event event = report_event(EVENT_MESSAGE, C2S, &connection);

    event.message.message = &message;
    message.complete = false;
    subprotocol_pass(&mqtt, &event);
    ck_assert_ptr_nonnull(strstr(printed_message(&mqtt, C2S, FRAME_BINARY, bytes_of("\xC0\0", 2)),
                                 "after a loss: what came before was not kept"));
    ck_assert(!mqtt.rest[C2S].lost);
}
END_TEST

/* The payload's first bytes are there, and how long the message was. */
START_TEST(what_was_not_kept_is_counted_off)
{
    static const struct {
        uint64_t length;
        uint32_t left;
        bool lost;
    } cases[] = { { 7, 203, false }, { 100, 110, false }, { 210, 0, false }, { 211, 0, true } };
    struct connection connection = report_connection();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct subprotocol mqtt = connected(4);
        struct message message = report_message(FRAME_BINARY, bytes_of("\x30\xCF\1\0\1ta", 7));
        struct event event = report_event(EVENT_MESSAGE, C2S, &connection);

        message.length = cases[i].length;
        event.message.message = &message;
        subprotocol_pass(&mqtt, &event);
        ck_assert_uint_eq(mqtt.rest[C2S].left, cases[i].left);
        ck_assert_int_eq(mqtt.rest[C2S].lost, cases[i].lost);
    }
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *mistake;
    } cases[] = {
        { "\x30\3\0\5t", 5, "a field is longer than the packet" },
        { "\xC0\1x", 3, "the packet goes on behind its last field" },
        { "\xC1\0", 2, "the low four bits are fixed for this type, and others are sent" },
        { "\x36\3\0\1t", 5, "there is no QoS 3" },
        { "\0\0", 2, "no packet has this type" },
        { "\xD0\0", 2, "only servers send this" },
        { "\x30\xFF\xFF\xFF\xFF\x7F", 6, "a length has four bytes at the most" },
        { "\x30\4\0\2\xC3\x28", 6, "a string here is UTF-8" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct subprotocol mqtt = connected(4);
        const char *printed =
            printed_message(&mqtt, C2S, FRAME_BINARY, bytes_of(cases[i].bytes, cases[i].length));

        ck_assert_msg(strstr(printed, cases[i].mistake) != NULL, "%zu: %s", i, printed);
    }
    struct subprotocol mqtt = connected(5);

    ck_assert_ptr_nonnull(strstr(printed_message(&mqtt, C2S, FRAME_BINARY, bytes_of("\x30\5\0\1t\1\x7F", 7)),
                                 "mistake: no property has this number"));
    printed_survives(mqtt, FRAME_BINARY, bytes_of("\x30\x15\0\1t\x0C\1\1\x26\0\1n\0\1v\x23\0\2hello", 23));
    printed_survives(agreed(), FRAME_BINARY, bytes_of(CONNECT_5, sizeof CONNECT_5 - 1));
}
END_TEST

START_TEST(it_is_recognised_by_its_connect_and_then_remembered)
{
    struct subprotocol nothing = printed_agreed("", "/");

    ck_assert_str_eq(printed_message(&nothing, C2S, FRAME_BINARY, bytes_of("\xC0\0", 2)), "");
    ck_assert_ptr_nonnull(
        strstr(printed_message(&nothing, C2S, FRAME_BINARY, bytes_of(CONNECT_3, sizeof CONNECT_3 - 1)),
               "as MQTT: CONNECT c"));
    ck_assert_ptr_nonnull(
        strstr(printed_message(&nothing, C2S, FRAME_BINARY, bytes_of("\xC0\0", 2)), "PINGREQ"));
}
END_TEST

START_TEST(without_a_connect_the_version_is_said_to_be_unknown)
{
    struct subprotocol mqtt = agreed();

    ck_assert_ptr_nonnull(
        strstr(printed_message(&mqtt, S2C, FRAME_BINARY, bytes_of("\xD0\0", 2)), "read as 3.1.1"));
    printed_message(&mqtt, S2C, FRAME_BINARY, bytes_of("\x20\3\0\0\0", 5));
    ck_assert_uint_eq(mqtt.version, 5);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("mqtt");

    tcase_add_test(tests, a_connect_has_flags_and_what_they_announce);
    tcase_add_test(tests, a_publish_has_topic_qos_and_message);
    tcase_add_test(tests, version_5_has_properties_and_reasons);
    tcase_add_test(tests, subscriptions_and_their_answers);
    tcase_add_test(tests, a_message_may_have_several_packets);
    tcase_add_test(tests, a_packet_may_take_several_messages);
    tcase_add_test(tests, a_connect_in_pieces_has_its_version_all_the_same);
    tcase_add_test(tests, a_packet_too_long_to_keep_is_only_counted);
    tcase_add_test(tests, after_a_loss_it_says_so);
    tcase_add_test(tests, what_was_not_kept_is_counted_off);
    tcase_add_test(tests, what_is_wrong_is_said);
    tcase_add_test(tests, it_is_recognised_by_its_connect_and_then_remembered);
    tcase_add_test(tests, without_a_connect_the_version_is_said_to_be_unknown);
    return report_run("mqtt", tests);
}
