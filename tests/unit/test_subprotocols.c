/* SPDX-License-Identifier: MIT */
#include "view/subprotocols.h"

#include "report.h"

/* How a record is read, from a store that holds its connection: wherever in a long one it stands. */

static struct store *store;
static struct connection connection;

static void add_handshake(const char *agreed)
{
    struct handshake handshake = { .subprotocol = bytes_of_text(agreed) };
    struct event event = report_event(EVENT_HANDSHAKE, S2C, &connection);

    connection = report_connection();
    connection.id = 1;
    event.handshake = &handshake;
    store_event(store, &event);
}

/* Returns the record's id. */
static uint64_t add_message(const void *data, size_t length)
{
    struct message message = report_message(FRAME_BINARY, bytes_of(data, length));
    struct event event = report_event(EVENT_MESSAGE, C2S, &connection);

    event.message.message = &message;
    store_event(store, &event);
    return store_end(store) - 1;
}

static const uint8_t connect_5[] = { 0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 1, 'c' };
static const uint8_t ping[] = { 0xC0, 0 };
static const uint8_t cut[] = { 0x30, 5, 0, 1, 't' };

START_TEST(the_version_is_known_however_long_ago_it_was_said)
{
    uint64_t last = 0;

    store = store_create(1 << 20);
    add_handshake("mqtt");
    uint64_t first = add_message(connect_5, sizeof connect_5);

    for (int i = 0; i < 300; i++) {
        last = add_message(ping, sizeof ping);
        ck_assert_uint_eq(subprotocols_before(store, last).version, 5);
    }
    ck_assert_uint_eq(subprotocols_before(store, first).version, 0);
    store_destroy(store);
}
END_TEST

START_TEST(what_the_message_before_left_unfinished_is_known)
{
    store = store_create(1 << 20);
    add_handshake("mqtt");
    add_message(connect_5, sizeof connect_5);
    for (int i = 0; i < 300; i++) {
        add_message(ping, sizeof ping);
    }
    uint64_t begins = add_message(cut, sizeof cut), goes_on = add_message("ab", 2);

    ck_assert_uint_eq(subprotocols_before(store, begins).rest[C2S].left, 0);
    ck_assert_uint_eq(subprotocols_before(store, goes_on).rest[C2S].left, 2);
    ck_assert_uint_eq(subprotocols_before(store, add_message(ping, sizeof ping)).rest[C2S].left, 0);
    store_destroy(store);
}
END_TEST

START_TEST(without_an_agreement_the_first_message_tells)
{
    store = store_create(1 << 20);
    add_handshake("");
    add_message(connect_5, sizeof connect_5);
    struct subprotocol subprotocol = subprotocols_before(store, add_message(ping, sizeof ping));

    ck_assert_uint_eq(subprotocol.kind, SUBPROTOCOL_MQTT);
    ck_assert_uint_eq(subprotocol.reason, SUBPROTOCOL_BY_BYTES);
    ck_assert_uint_eq(subprotocols_before(store, 12345).kind, SUBPROTOCOL_UNKNOWN);
    store_destroy(store);
}
END_TEST

START_TEST(a_record_whose_connection_began_long_before_is_read_all_the_same)
{
    uint64_t last = 0;

    store = store_create(1 << 20);
    add_handshake("mqtt");
    for (int i = 0; i < 10000; i++) {
        last = add_message(ping, sizeof ping);
    }
    ck_assert_uint_gt(store_first(store), 1);
    ck_assert_uint_eq(subprotocols_before(store, last).kind, SUBPROTOCOL_MQTT);
    add_message(cut, sizeof cut);
    ck_assert_uint_eq(subprotocols_before(store, add_message("ab", 2)).rest[C2S].left, 2);
    for (uint64_t id = store_first(store); id < store_first(store) + 3; id++) {
        ck_assert_uint_eq(subprotocols_before(store, id).kind, SUBPROTOCOL_MQTT);
    }
    store_destroy(store);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("subprotocols");

    tcase_add_test(tests, the_version_is_known_however_long_ago_it_was_said);
    tcase_add_test(tests, what_the_message_before_left_unfinished_is_known);
    tcase_add_test(tests, without_an_agreement_the_first_message_tells);
    tcase_add_test(tests, a_record_whose_connection_began_long_before_is_read_all_the_same);
    return report_run("subprotocols", tests);
}
