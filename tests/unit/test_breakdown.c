/* SPDX-License-Identifier: MIT */
#include "store/breakdown.h"

#include <check.h>
#include <stdlib.h>

/* What is expected is counted here, by plain arrays, as the events are made. */

#define CONNECTIONS 300

static struct store *store;
static struct breakdown breakdown;
static struct connection connections[CONNECTIONS];
static uint64_t sent[CONNECTIONS][TRAFFIC_KINDS][MEASURES];
static int64_t now;
static uint8_t bytes[5000];

static void set_up(void)
{
    store = store_create(16 << 20);
    now = 1000;
    memset(sent, 0, sizeof sent);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        connections[i] = (struct connection){ .id = i + 1, .opened = now, .protocol = PROTOCOL_WEBSOCKET };
    }
}

static void tear_down(void)
{
    store_destroy(store);
}

static struct event event_of(enum event_kind kind, unsigned connection)
{
    now += 700000;
    return (struct event){
        .kind = kind, .connection = &connections[connection], .time = now,
        .direction = now % 3 ? C2S : S2C,
    };
}

static void note(unsigned connection, enum traffic_kind kind, uint64_t length)
{
    sent[connection][kind][MEASURE_MESSAGES]++;
    sent[connection][kind][MEASURE_BYTES] += length;
}

static void put_message(unsigned connection, uint64_t length)
{
    struct event event = event_of(EVENT_MESSAGE, connection);
    struct message message = {
        .opcode = length % 2 ? FRAME_TEXT : FRAME_BINARY, .frames = 1, .length = length,
        .wire_length = length, .complete = true, .payload = bytes_of(bytes, (size_t)length),
    };

    event.message.message = &message;
    store_event(store, &event);
    note(connection, length % 2 ? TRAFFIC_TEXT : TRAFFIC_BINARY, length);
}

/* Data frames are not counted: their messages are. */
static void put_frame(unsigned connection, uint8_t opcode, uint64_t length)
{
    static const enum traffic_kind kinds[] = {
        [FRAME_CLOSE] = TRAFFIC_CLOSE, [FRAME_PING] = TRAFFIC_PING, [FRAME_PONG] = TRAFFIC_PONG,
    };
    struct event event = event_of(EVENT_FRAME, connection);
    struct frame frame = { .opcode = opcode, .fin = true, .length = length, .header_length = 2 };

    event.frame = (struct event_frame){ .frame = &frame, .payload = bytes_of(bytes, (size_t)length),
                                        .round_trip = -1 };
    store_event(store, &event);
    if (frame_is_control(opcode)) {
        note(connection, kinds[opcode], length);
    }
}

static void put_request(unsigned connection)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n";
    struct http_head request;
    struct event event = event_of(EVENT_HTTP, connection);

    ck_assert_int_eq(http_parse_head(bytes_of_text(text), true, &request), HTTP_HEAD);
    request.body_length = 42;
    event.http.head = &request;
    store_event(store, &event);
    note(connection, TRAFFIC_HTTP, sizeof text - 1 + 42);
}

/* Some of everything; the connections differ in how much. */
static void put_some(unsigned round)
{
    put_message(round * 7 % 12, round % 90);
    put_frame(round * round % 9, FRAME_PING, round % 50);
    put_frame(round % 5, FRAME_TEXT, 10);
    if (round % 3 == 0) {
        put_request(round % 11);
        put_frame(round % 7, FRAME_PONG, 3);
    }
}

static void start(struct breakdown *started, uint64_t connection, const struct filter *filter,
                  enum measure measure)
{
    struct breakdown_criteria criteria = { connection, filter, measure };

    breakdown_start(started, &criteria, store);
}

static void finish(struct breakdown *started, unsigned slice, bool all)
{
    while (breakdown_work(started, store, slice, all)) {
    }
}

static uint64_t sum_of(const struct series *series, unsigned part, enum measure measure)
{
    struct series_choice choice = { 1U << part, SERIES_BOTH, measure };

    return series_sum(series, &choice);
}

static uint64_t expected_of(unsigned connection, enum measure measure)
{
    uint64_t sum = 0;

    for (unsigned kind = 0; kind < TRAFFIC_KINDS; kind++) {
        sum += sent[connection][kind][measure];
    }
    return sum;
}

static void assert_kinds(uint64_t only)
{
    for (unsigned kind = 0; kind < TRAFFIC_KINDS; kind++) {
        for (enum measure measure = 0; measure < MEASURES; measure++) {
            uint64_t sum = 0;

            for (unsigned i = 0; i < CONNECTIONS; i++) {
                sum += only == 0 || only == i + 1 ? sent[i][kind][measure] : 0;
            }
            ck_assert_uint_eq(sum_of(&breakdown.kinds, kind, measure), sum);
        }
    }
}

/* Every part is that connection's, none outside has more, and the rest is the others'. */
static void assert_busiest(enum measure measure)
{
    uint64_t least = UINT64_MAX, all = 0, parts = 0;
    bool taken[CONNECTIONS] = { false };

    for (size_t place = 0; place < breakdown.busiest_count; place++) {
        unsigned connection = (unsigned)breakdown.busiest[place] - 1;
        uint64_t amount = sum_of(&breakdown.connections, (unsigned)place, measure);

        ck_assert(!taken[connection]);
        ck_assert_uint_eq(amount, expected_of(connection, measure));
        ck_assert_uint_le(amount, least);
        taken[connection] = true;
        least = amount;
        parts += amount;
    }
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        all += expected_of(i, measure);
        ck_assert(taken[i] || expected_of(i, measure) <= least);
    }
    ck_assert_uint_eq(sum_of(&breakdown.connections, BREAKDOWN_BUSIEST, measure), all - parts);
}

START_TEST(traffic_is_divided_by_kind_and_by_the_busiest)
{
    for (unsigned round = 0; round < 500; round++) {
        put_some(round);
    }
    for (enum measure measure = 0; measure < MEASURES; measure++) {
        start(&breakdown, 0, NULL, measure);
        finish(&breakdown, 100, true);
        assert_kinds(0);
        ck_assert_uint_eq(breakdown.busiest_count, BREAKDOWN_BUSIEST);
        assert_busiest(measure);
    }
}
END_TEST

/* However the work is cut, and whether the records were there or came meanwhile. */
START_TEST(any_slices_give_the_same)
{
    static const unsigned slices[] = { 1, 2, 13, 100000 };
    static struct breakdown others[4];

    for (size_t i = 0; i < 4; i++) {
        start(&others[i], 0, NULL, MEASURE_BYTES);
    }
    for (unsigned round = 0; round < 400; round++) {
        put_some(round);
        for (size_t i = 0; i < 4; i++) {
            breakdown_work(&others[i], store, slices[i], false);
        }
    }
    start(&breakdown, 0, NULL, MEASURE_BYTES);
    finish(&breakdown, 1000, true);
    for (size_t i = 0; i < 4; i++) {
        finish(&others[i], slices[i], true);
        ck_assert_mem_eq(&others[i].kinds, &breakdown.kinds, sizeof breakdown.kinds);
        ck_assert_mem_eq(&others[i].connections, &breakdown.connections, sizeof breakdown.connections);
        ck_assert_mem_eq(others[i].busiest, breakdown.busiest, sizeof breakdown.busiest);
    }
}
END_TEST

/* Far more connections than candidates, and the busiest of all speaks last. */
START_TEST(the_busiest_of_many_is_found)
{
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        put_message(i, 10);
    }
    for (unsigned i = 0; i < 40; i++) {
        put_message(CONNECTIONS - 1, 10);
    }
    start(&breakdown, 0, NULL, MEASURE_MESSAGES);
    finish(&breakdown, 64, true);
    ck_assert_uint_eq(breakdown.busiest[0], CONNECTIONS);
    ck_assert_uint_eq(sum_of(&breakdown.connections, 0, MEASURE_MESSAGES), 41);
    ck_assert_uint_eq(sum_of(&breakdown.connections, BREAKDOWN_BUSIEST, MEASURE_MESSAGES),
                      CONNECTIONS + 40 - 41 - (BREAKDOWN_BUSIEST - 1));
    assert_kinds(0);
}
END_TEST

START_TEST(one_connection_or_what_a_filter_passes)
{
    struct filter_error error;
    struct filter *filter = filter_parse("opcode == ping", &error);

    for (unsigned round = 0; round < 200; round++) {
        put_some(round);
    }
    start(&breakdown, 4, NULL, MEASURE_MESSAGES);
    finish(&breakdown, 50, true);
    assert_kinds(4);
    ck_assert_uint_eq(breakdown.busiest_count, 0);      /* nothing is divided */

    start(&breakdown, 0, filter, MEASURE_MESSAGES);
    finish(&breakdown, 50, true);
    ck_assert_uint_eq(sum_of(&breakdown.kinds, TRAFFIC_PING, MEASURE_MESSAGES), 200);
    ck_assert_uint_eq(sum_of(&breakdown.kinds, TRAFFIC_TEXT, MEASURE_MESSAGES), 0);
    ck_assert_uint_eq(sum_of(&breakdown.kinds, TRAFFIC_HTTP, MEASURE_MESSAGES), 0);
    filter_free(filter);
}
END_TEST

/* Its columns are the same times as the store's, though what fits may begin late and end early. */
START_TEST(its_time_is_that_of_the_whole)
{
    const struct series *whole = &store_totals(store)->passed;

    start(&breakdown, 2, NULL, MEASURE_MESSAGES);
    put_message(0, 1);
    now += INT64_C(3000000000);
    put_message(1, 1);
    now += INT64_C(900000000000);
    put_message(0, 1);
    finish(&breakdown, 10, true);
    ck_assert_int_eq(breakdown.kinds.start, whole->start);
    ck_assert_int_eq(breakdown.kinds.step, whole->step);
    ck_assert_uint_eq(breakdown.kinds.count, whole->count);
    ck_assert_uint_eq(sum_of(&breakdown.kinds, TRAFFIC_TEXT, MEASURE_MESSAGES), 1);
}
END_TEST

/* What was overwritten before it was looked at is not counted, and nothing is counted twice. */
START_TEST(what_is_gone_is_gone)
{
    for (unsigned i = 0; i < 300000; i++) {
        put_message(i % 3, 1 + i % 7);
    }
    ck_assert_uint_gt(store_first(store), 1);
    start(&breakdown, 0, NULL, MEASURE_MESSAGES);
    finish(&breakdown, 1000, true);
    uint64_t sum = 0;

    for (unsigned part = 0; part < SERIES_PARTS; part++) {
        sum += sum_of(&breakdown.connections, part, MEASURE_MESSAGES);
    }
    ck_assert_uint_eq(sum, store_end(store) - store_first(store));
    ck_assert_uint_eq(breakdown.busiest_count, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("breakdown");
    TCase *tests = tcase_create("breakdown");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, traffic_is_divided_by_kind_and_by_the_busiest);
    tcase_add_test(tests, any_slices_give_the_same);
    tcase_add_test(tests, the_busiest_of_many_is_found);
    tcase_add_test(tests, one_connection_or_what_a_filter_passes);
    tcase_add_test(tests, its_time_is_that_of_the_whole);
    tcase_add_test(tests, what_is_gone_is_gone);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
