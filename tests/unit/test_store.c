/* SPDX-License-Identifier: MIT */
#include "store/listing.h"
#include "store/store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct store *store;
static struct connection connections[4];
static int64_t now;

static void set_up(void)
{
    store = store_create(0);
    now = 1000;
    for (unsigned i = 0; i < 4; i++) {
        connections[i] = (struct connection){ .id = i + 1, .opened = now, .protocol = PROTOCOL_HTTP };
    }
}

static void tear_down(void)
{
    store_destroy(store);
}

static struct event event_of(enum event_kind kind, unsigned connection)
{
    now++;
    return (struct event){
        .kind = kind, .connection = &connections[connection - 1], .time = now, .packet = (uint64_t)now,
    };
}

static void put_frame(unsigned connection, enum direction direction, uint8_t opcode, struct bytes payload,
                      uint64_t faults)
{
    struct event event = event_of(EVENT_FRAME, connection);
    struct frame frame = {
        .opcode = opcode, .fin = true, .length = payload.length, .header_length = 2, .header = { 0x81 },
    };

    event.direction = direction;
    event.faults = faults;
    event.frame = (struct event_frame){ .frame = &frame, .payload = payload, .round_trip = -1 };
    if (opcode == FRAME_CLOSE && payload.length >= 2) {
        event.frame.close_code = (uint16_t)(payload.data[0] << 8 | payload.data[1]);
        event.frame.close_reason = bytes_after(payload, 2);
    }
    store_event(store, &event);
}

static void put_message(unsigned connection, enum direction direction, struct bytes payload, uint64_t frames)
{
    struct event event = event_of(EVENT_MESSAGE, connection);
    struct message message = {
        .opcode = FRAME_TEXT, .frames = frames, .length = payload.length, .wire_length = payload.length,
        .complete = true, .payload = payload,
    };

    event.direction = direction;
    event.message.message = &message;
    store_event(store, &event);
}

static const char request_text[] =
    "GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: mqtt\r\n\r\n";
static const char response_text[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";

static void put_handshake(unsigned connection, enum handshake_verdict verdict)
{
    struct http_head request, response;
    struct handshake handshake;
    struct event event = event_of(EVENT_HANDSHAKE, connection);

    ck_assert_int_eq(http_parse_head(bytes_of_text(request_text), true, &request), HTTP_HEAD);
    ck_assert_int_eq(http_parse_head(bytes_of_text(response_text), false, &response), HTTP_HEAD);
    handshake_judge(&request, &response, &handshake);
    handshake.verdict = verdict;
    event.handshake = &handshake;
    store_event(store, &event);
}

static void put_request(unsigned connection)
{
    struct http_head request;
    struct event event = event_of(EVENT_HTTP, connection);

    ck_assert_int_eq(http_parse_head(bytes_of_text(request_text), true, &request), HTTP_HEAD);
    request.body_length = 42;
    event.http.head = &request;
    store_event(store, &event);
}

static void put_close(unsigned connection, enum close_how how)
{
    struct event event = event_of(EVENT_CLOSE, connection);

    event.close = (struct event_close){
        .how = how, .reason = bytes_of_text("gone fishing"), .server_name = bytes_of_text("example.org"),
    };
    store_event(store, &event);
}

static const struct store_event *get(uint64_t id)
{
    static struct store_event rebuilt;

    ck_assert(store_get(store, id, &rebuilt));
    return &rebuilt;
}

START_TEST(heads_and_handshakes_come_back)
{
    put_request(1);
    put_handshake(1, HANDSHAKE_BROKEN);

    const struct http_head *head = get(1)->event.http.head;
    ck_assert(bytes_equal(http_find(head, "host", 0)->value, bytes_of_text("example.org")));
    ck_assert_uint_eq(head->body_length, 42);

    const struct handshake *handshake = get(2)->event.handshake;
    ck_assert_int_eq(handshake->verdict, HANDSHAKE_BROKEN);
    ck_assert(bytes_equal(handshake->subprotocol, bytes_of_text("mqtt")));
    ck_assert_str_eq(handshake->accept_expected, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ck_assert_uint_eq(handshake->response->status, 101);
}
END_TEST

START_TEST(frames_messages_and_ends_come_back)
{
    put_frame(1, S2C, FRAME_CLOSE, bytes_of("\x03\xE9later", 7), 1U << FRAME_MASKED);
    put_message(1, C2S, bytes_of_text("hello"), 3);
    put_close(1, CLOSE_RST);

    const struct event *event = &get(1)->event;
    ck_assert_int_eq(event->direction, S2C);
    ck_assert_uint_eq(event->faults, 1U << FRAME_MASKED);
    ck_assert_uint_eq(event->connection->id, 1);
    ck_assert_uint_eq(event->frame.close_code, 1001);
    ck_assert(bytes_equal(event->frame.close_reason, bytes_of_text("later")));
    ck_assert_int_eq(event->frame.frame->header[0], 0x81);

    event = &get(2)->event;
    ck_assert(bytes_equal(event->message.message->payload, bytes_of_text("hello")));
    ck_assert(!event->message.message->truncated);

    event = &get(3)->event;
    ck_assert(bytes_equal(event->close.reason, bytes_of_text("gone fishing")));
    ck_assert(bytes_equal(event->close.server_name, bytes_of_text("example.org")));
    ck_assert_ptr_null(store_record(store, 4));
}
END_TEST

START_TEST(a_message_in_one_frame_is_kept_once)
{
    put_frame(1, C2S, FRAME_TEXT, bytes_of_text("shared"), 0);
    put_message(1, C2S, bytes_of_text("shared"), 1);
    put_message(1, S2C, bytes_of_text("shared"), 1);
    ck_assert_uint_eq(store_record(store, 1)->payload, store_record(store, 2)->payload);
    ck_assert_uint_ne(store_record(store, 1)->payload, store_record(store, 3)->payload);
}
END_TEST

/* Payloads that tell their number, of every size, until the rings have gone round many times. */
START_TEST(what_is_kept_is_right_and_what_is_gone_says_so)
{
    enum { EVENTS = 20000 };
    uint8_t payload[3000];

    for (unsigned i = 1; i <= EVENTS; i++) {
        memset(payload, (int)(i % 251), sizeof payload);
        put_frame(1 + i % 3, C2S, FRAME_BINARY, bytes_of(payload, i * 7 % sizeof payload), 0);
    }
    ck_assert_uint_eq(store_end(store), EVENTS + 1);
    ck_assert_uint_gt(store_first(store), 1);
    ck_assert_uint_gt(store_end(store) - store_first(store), 100);
    for (uint64_t id = 1; id < EVENTS; id++) {
        struct store_event rebuilt;

        ck_assert_int_eq(store_get(store, id, &rebuilt), id >= store_first(store));
        if (id >= store_first(store)) {
            struct bytes kept = rebuilt.event.frame.payload;

            ck_assert_uint_eq(kept.length, id * 7 % sizeof payload);
            for (size_t i = 0; i < kept.length; i += 97) {
                ck_assert_int_eq(kept.data[i], (int)(id % 251));
            }
        }
    }
    ck_assert_uint_eq(store_totals(store)->events[EVENT_FRAME], EVENTS);
}
END_TEST

START_TEST(a_payload_larger_than_the_ring_is_counted)
{
    size_t size = 4 << 20;
    uint8_t *payload = calloc(1, size);

    put_message(1, C2S, bytes_of(payload, size), 2);
    ck_assert(get(1)->event.message.message->truncated);
    ck_assert_uint_eq(store_totals(store)->not_kept, 1);
    free(payload);
}
END_TEST

static enum connection_state state_of(unsigned connection)
{
    return store_connection(store, connection)->state;
}

START_TEST(connections_go_through_their_states)
{
    struct event opened = event_of(EVENT_CONNECTION, 1);

    store_event(store, &opened);
    ck_assert_int_eq(state_of(1), CONNECTION_CONNECTING);
    put_request(1);
    ck_assert_int_eq(state_of(1), CONNECTION_HANDSHAKE);
    put_handshake(1, HANDSHAKE_ACCEPTED);
    ck_assert_int_eq(state_of(1), CONNECTION_OPEN);
    put_frame(1, S2C, FRAME_CLOSE, bytes_of("\x03\xE8", 2), 1U << FRAME_MASKED);
    ck_assert_int_eq(state_of(1), CONNECTION_CLOSING);
    put_frame(1, C2S, FRAME_CLOSE, bytes_of("\x03\xE9", 2), 0);
    put_close(1, CLOSE_HANDSHAKE);
    ck_assert_int_eq(state_of(1), CONNECTION_CLOSED);

    const struct store_connection *row = store_connection(store, 1);
    ck_assert_uint_eq(row->close_code, 1000);
    ck_assert_int_eq(row->close_first, S2C);
    ck_assert_uint_eq(row->findings[RULE_MUST], 1);
    ck_assert_uint_eq(row->target.length, 5);
    ck_assert_int_eq(memcmp(row->subprotocol.bytes, "mqtt", 4), 0);

    put_handshake(2, HANDSHAKE_REFUSED);
    put_close(2, CLOSE_FIN);
    ck_assert_int_eq(state_of(2), CONNECTION_REFUSED);
    connections[2].protocol = PROTOCOL_WEBSOCKET;
    put_frame(3, C2S, FRAME_TEXT, bytes_of_text("x"), 0);
    ck_assert_int_eq(state_of(3), CONNECTION_JOINED);
    put_close(3, CLOSE_RST);
    ck_assert_int_eq(state_of(3), CONNECTION_RESET);
    ck_assert_ptr_null(store_connection(store, 4));
}
END_TEST

/* More connections than there are rows: the oldest rows go, the counts stay. */
START_TEST(rows_of_connections_are_bounded)
{
    for (uint64_t id = 1; id <= 5000; id++) {
        connections[0].id = id;
        put_frame(1, C2S, FRAME_TEXT, bytes_of_text("x"), 0);
    }
    ck_assert_uint_eq(store_totals(store)->connections, 5000);
    ck_assert_uint_gt(store_first_connection(store), 1);
    ck_assert_ptr_null(store_connection(store, 1));
    ck_assert_uint_eq(store_connection(store, 5000)->connection.id, 5000);
    ck_assert_uint_eq(get(store_first(store))->event.connection->id, store_first(store));
}
END_TEST

/* As new: the same events get the same ids, and nothing of before is left. */
START_TEST(what_is_cleared_begins_anew)
{
    for (int round = 0; round < 2; round++) {
        put_request(1);
        put_handshake(1, HANDSHAKE_ACCEPTED);
        put_frame(2, C2S, FRAME_TEXT, bytes_of_text("x"), 0);
        ck_assert_uint_eq(store_end(store), 4);
        ck_assert_uint_eq(store_connection(store, 1)->requests, 1);
        ck_assert_uint_eq(store_connection(store, 1)->first_record, 1);
        ck_assert_uint_eq(store_totals(store)->connections, 2);
        store_clear(store);
        ck_assert_uint_eq(store_first(store), store_end(store));
        ck_assert_ptr_null(store_record(store, 1));
        ck_assert_ptr_null(store_connection(store, 1));
        ck_assert_uint_eq(store_totals(store)->connections, 0);
    }
}
END_TEST

/* Whatever length of time it holds, nothing added is lost, and everything stands in its place. */
START_TEST(a_series_holds_all_of_time)
{
    static struct series series;
    struct series_choice bytes = { SERIES_ALL_PARTS, SERIES_BOTH, MEASURE_BYTES };
    struct series_choice messages = { SERIES_ALL_PARTS, SERIES_BOTH, MEASURE_MESSAGES };
    struct series_choice client = { SERIES_ALL_PARTS, 1U << C2S, MEASURE_BYTES };

    memset(&series, 0, sizeof series);
    for (int64_t i = 0; i < 5000; i++) {
        series_add(&series, 1000 + i * i * 1000000, (unsigned)i % SERIES_PARTS, i % 3 ? C2S : S2C, (uint64_t)i);
    }
    series_add(&series, 0, 0, C2S, 7);
    ck_assert_uint_eq(series_sum(&series, &bytes), 4999 * 5000 / 2 + 7);
    ck_assert_uint_eq(series_sum(&series, &messages), 5001);
    for (unsigned part = 0; part < SERIES_PARTS; part++) {
        struct series_choice choice = { 1U << part, SERIES_BOTH, MEASURE_MESSAGES };

        ck_assert_uint_eq(series_sum(&series, &choice), part == 0 ? 626 : 625);
    }
    ck_assert_uint_eq(series.count, (size_t)(INT64_C(4999) * 4999 * 1000000 / series.step) + 1);
    ck_assert_uint_gt(series_column(&series, &client, 0, 80), 0);
    ck_assert_uint_gt(series_column(&series, &client, 79, 80), 0);
    ck_assert_uint_gt(series_column(&series, &client, 1999, 2000), 0);
}
END_TEST

/* --- listings -------------------------------------------------------------------------------------- */

static struct listing listing;

static void put_mixture(unsigned events)
{
    for (unsigned i = 0; i < events; i++) {
        unsigned connection = 1 + (i * 7 + i / 5) % 3;

        if (i % 4 == 0) {
            put_message(connection, S2C, bytes_of_text("m"), 1);
        } else {
            put_frame(connection, C2S, i % 3 ? FRAME_PING : FRAME_TEXT, bytes_of_text("f"),
                      i % 10 ? 0 : 1U << FRAME_NOT_MASKED);
        }
    }
}

static bool wanted(const struct criteria *criteria, uint64_t id)
{
    const struct record *record = store_record(store, id);

    return (criteria->connection == 0 || record->connection == criteria->connection) &&
           (criteria->kinds & EVENT_BIT(record->kind)) && (!criteria->findings || record->faults) &&
           (record->kind != EVENT_FRAME || (criteria->opcodes >> record->opcode & 1)) &&
           (!criteria->filter || filter_matches(criteria->filter, &get(id)->event));
}

static void assert_listing_is_whole(void)
{
    size_t index = 0;

    while (listing_work(&listing, store, 64)) {
    }
    for (uint64_t id = store_first(store); id < store_end(store); id++) {
        if (wanted(&listing.criteria, id)) {
            ck_assert_uint_lt(index, listing.count);
            ck_assert_uint_eq(listing_id(&listing, index), id);
            ck_assert_uint_eq(listing_find(&listing, id), index);
            index++;
        }
    }
    ck_assert_uint_eq(index, listing.count);
}

static struct criteria criteria_of(int number, const struct filter *filter)
{
    static const struct criteria all[] = {
        { .kinds = ~0U, .opcodes = ~0U },
        { .kinds = ~0U, .opcodes = ~0U, .connection = 2 },
        { .kinds = 1U << EVENT_FRAME, .opcodes = 1U << FRAME_PING },
        { .kinds = 1U << EVENT_MESSAGE, .connection = 3 },
        { .kinds = ~0U, .opcodes = ~0U, .findings = true, .severity = RULE_NOTE },
        { .kinds = ~0U, .opcodes = ~0U, .connection = 4 },
        { .kinds = ~0U, .opcodes = ~0U },
    };
    struct criteria criteria = all[number];

    criteria.filter = number == 6 ? filter : NULL;
    return criteria;
}

/* Wherever it begins, and while records come and go, a listing ends as the plain search does. */
START_TEST(listings_find_the_same_as_a_search)
{
    struct filter_error error;
    struct filter *filter = filter_parse("opcode == ping and packet > 1100", &error);
    struct criteria criteria = criteria_of(_i, filter);

    listing_start(&listing, &criteria, store, 0);
    assert_listing_is_whole();
    put_mixture(500);
    assert_listing_is_whole();
    for (uint64_t begin = 0; begin < 500; begin += 83) {
        listing_start(&listing, &criteria, store, begin);
        listing_work(&listing, store, 10);
        put_mixture(3);
        assert_listing_is_whole();
    }
    listing_start(&listing, &criteria, store, 250);
    for (int i = 0; i < 60; i++) {
        put_mixture(200);
        if (i % 20 == 0) {
            listing_work(&listing, store, 50);
        }
    }
    ck_assert_uint_gt(store_first(store), 1000);
    assert_listing_is_whole();
    listing_release(&listing);
    filter_free(filter);
}
END_TEST

START_TEST(the_first_slice_finds_what_is_near)
{
    struct criteria criteria = { .kinds = ~0U, .opcodes = ~0U };

    put_mixture(2000);
    listing_start(&listing, &criteria, store, 1000);
    listing_work(&listing, store, 50);
    ck_assert_uint_ge(listing.count, 50);
    ck_assert_uint_le(listing.count, 53);
    ck_assert_uint_eq(listing_id(&listing, listing_find(&listing, 1000)), 1000);
    ck_assert_uint_eq(listing_id(&listing, 0), 975);
    ck_assert_double_lt(listing_part(&listing, store), 0.05);
    while (listing_work(&listing, store, 50)) {
    }
    ck_assert_double_eq(listing_part(&listing, store), 1);
    criteria.connection = 1;
    listing_start(&listing, &criteria, store, 0);
    while (listing_work(&listing, store, 50)) {
    }
    put_frame(2, C2S, FRAME_PING, bytes_of_text("of another"), 0);
    ck_assert_double_eq(listing_part(&listing, store), 1);
    listing_release(&listing);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *events = tcase_create("events");
    TCase *lists = tcase_create("listings");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(events, set_up, tear_down);
    tcase_add_test(events, heads_and_handshakes_come_back);
    tcase_add_test(events, frames_messages_and_ends_come_back);
    tcase_add_test(events, a_message_in_one_frame_is_kept_once);
    tcase_add_test(events, what_is_kept_is_right_and_what_is_gone_says_so);
    tcase_add_test(events, a_payload_larger_than_the_ring_is_counted);
    tcase_add_test(events, connections_go_through_their_states);
    tcase_add_test(events, rows_of_connections_are_bounded);
    tcase_add_test(events, what_is_cleared_begins_anew);
    tcase_add_test(events, a_series_holds_all_of_time);
    tcase_add_checked_fixture(lists, set_up, tear_down);
    tcase_add_loop_test(lists, listings_find_the_same_as_a_search, 0, 7);
    tcase_add_test(lists, the_first_slice_finds_what_is_near);
    suite_add_tcase(suite, events);
    suite_add_tcase(suite, lists);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
