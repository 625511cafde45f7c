/* SPDX-License-Identifier: MIT */
#include "view/proxies.h"

#include <stdio.h>

#include "report.h"

/* The other leg of a connection, from the store. */

static struct store *store;
static struct connection connections[40];

/* 10.0.0.client to 10.0.0.server. */
static void open_connection(uint64_t id, uint8_t client, uint8_t server, const char *key)
{
    static struct http_head head;
    char text[200];
    struct event event = report_event(EVENT_HTTP, C2S, &connections[id]);

    connections[id] = report_connection();
    connections[id].id = id;
    connections[id].client = report_endpoint(client, (uint16_t)(4000 + id));
    connections[id].server = report_endpoint(server, 80);
    snprintf(text, sizeof text,
             "GET /a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: %s\r\n\r\n",
             key);
    ck_assert_int_eq(http_parse_head(bytes_of_text(text), true, &head), HTTP_HEAD);
    event.time = (int64_t)id;
    event.http.head = &head;
    store_event(store, &event);
}

static uint64_t say(uint64_t id, enum direction direction, int64_t time, const char *text)
{
    struct message message = report_message(FRAME_TEXT, bytes_of_text(text));
    struct event event = report_event(EVENT_MESSAGE, direction, &connections[id]);

    event.time = time;
    event.message.message = &message;
    store_event(store, &event);
    return store_end(store) - 1;
}

static void converse(uint64_t front, uint64_t back)
{
    say(front, C2S, 100, "to");
    say(back, C2S, 150, "to");
    say(back, S2C, 200, "fro");
    say(front, S2C, 270, "fro");
}

START_TEST(legs_with_keys_of_their_own_are_found_from_either_side)
{
    store = store_create(1 << 20);
    open_connection(1, 1, 2, "one");
    open_connection(2, 2, 3, "two");
    converse(1, 2);
    for (uint64_t id = 1; id <= 2; id++) {
        struct proxy proxy = proxies_find(store, id);

        ck_assert_uint_eq(proxy.front, 1);
        ck_assert_uint_eq(proxy.back, 2);
        ck_assert(!proxy.evidence.key && proxy.evidence.addresses && proxy.evidence.target);
    }
    store_destroy(store);
}
END_TEST

START_TEST(what_fits_two_or_too_many_is_not_joined)
{
    store = store_create(1 << 20);
    open_connection(1, 1, 2, "one");
    open_connection(2, 2, 3, "two");
    open_connection(3, 2, 3, "three");
    converse(1, 2);
    converse(1, 3);
    ck_assert_uint_eq(proxies_find(store, 1).back, 0);
    ck_assert_uint_eq(proxies_find(store, 3).back, 0);
    store_destroy(store);
    store = store_create(1 << 20);
    for (uint64_t id = 1; id <= PROXIES_READ + 5; id++) {
        open_connection(id, 1, 1, id % 2 ? "odd" : "even");
        say(id, C2S, 100, id == 2 ? "first" : "other");
    }
    ck_assert_uint_eq(proxies_find(store, 2).back, 0);
    store_destroy(store);
}
END_TEST

START_TEST(the_same_words_leave_the_proxy_in_the_order_that_they_came)
{
    struct proxy proxy = { .front = 1, .back = 2 };

    store = store_create(1 << 20);
    open_connection(1, 1, 2, "one");
    open_connection(2, 2, 3, "one");
    uint64_t first = say(1, C2S, 100, "tick");

    say(1, C2S, 130, "tick");
    uint64_t out = say(2, C2S, 150, "tick"), second = say(2, C2S, 190, "tick"), none = say(2, C2S, 200, "tick");
    uint64_t back = say(2, S2C, 210, "tick"), home = say(1, S2C, 240, "tick");

    ck_assert_int_eq(proxies_time_inside(store, &proxy, first), -1);
    ck_assert_int_eq(proxies_time_inside(store, &proxy, out), 50);
    ck_assert_int_eq(proxies_time_inside(store, &proxy, second), 60);
    ck_assert_int_eq(proxies_time_inside(store, &proxy, none), -1);
    ck_assert_int_eq(proxies_time_inside(store, &proxy, back), -1);
    ck_assert_int_eq(proxies_time_inside(store, &proxy, home), 30);
    store_destroy(store);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("proxies");

    tcase_add_test(tests, legs_with_keys_of_their_own_are_found_from_either_side);
    tcase_add_test(tests, what_fits_two_or_too_many_is_not_joined);
    tcase_add_test(tests, the_same_words_leave_the_proxy_in_the_order_that_they_came);
    return report_run("proxies", tests);
}
