/* SPDX-License-Identifier: MIT */
#include "report/legs.h"

#include <stdio.h>

#include "report.h"
#include "report/ladder.h"

/* Which connections are taken for the two legs of one conversation, and how a ladder shows them. */

#define FRONT 1
#define BACK  2

static struct connection connections[5];

/* 10.0.0.1 is the client, 10.0.0.2 the proxy, 10.0.0.3 the server. */
static void set_up(void)
{
    for (uint64_t id = 1; id < 5; id++) {
        bool back = id == BACK || id == 4;

        connections[id] = report_connection();
        connections[id].id = id;
        connections[id].client = report_endpoint(back ? 2 : 1, (uint16_t)(4000 + id));
        connections[id].server = report_endpoint(back ? 3 : 2, 80);
    }
}

typedef void take_event(void *context, const struct event *event);

static void request(take_event *take, void *context, uint64_t id, int64_t time, const char *target, const char *key)
{
    static struct http_head head;
    static char text[400];
    struct event event = report_event(EVENT_HTTP, C2S, &connections[id]);

    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: %s\r\n\r\n", target, key);
    ck_assert_int_eq(http_parse_head(bytes_of_text(text), true, &head), HTTP_HEAD);
    event.time = time;
    event.http.head = &head;
    take(context, &event);
}

static void say(take_event *take, void *context, uint64_t id, enum direction direction, int64_t time,
                const char *text)
{
    struct message message = report_message(FRAME_TEXT, bytes_of_text(text));
    struct event event = report_event(EVENT_MESSAGE, direction, &connections[id]);

    event.time = time;
    event.message.message = &message;
    take(context, &event);
}

static void to_leg(void *context, const struct event *event)
{
    leg_event(context, event);
}

static struct leg leg(uint64_t id, int64_t time, const char *target, const char *key, const char *first,
                      const char *second)
{
    struct leg leg = { .connection = 0 };

    request(to_leg, &leg, id, time, target, key);
    say(to_leg, &leg, id, C2S, time + 10, first);
    say(to_leg, &leg, id, S2C, time + 20, second);
    return leg;
}

START_TEST(an_equal_key_is_enough_unless_messages_contradict)
{
    struct leg front = leg(FRONT, 100, "/a", "key", "x", "y"), back = leg(BACK, 101, "/other", "key", "x", "y");
    struct leg liar = leg(BACK, 101, "/a", "key", "x", "z");
    struct legs_evidence evidence;
    struct label label = { .used = 0 };

    ck_assert(legs_match(&front, &back, &evidence));
    ck_assert(legs_are_certain(&evidence));
    legs_explain(&label, &evidence);
    ck_assert_str_eq(label.text, "same Sec-WebSocket-Key, the proxy's address on both, 2 messages alike");
    ck_assert(!legs_match(&front, &liar, &evidence));
    ck_assert(!legs_match(&back, &front, &evidence));
    ck_assert(!legs_match(&front, &front, &evidence));
}
END_TEST

START_TEST(with_another_key_all_else_must_speak_for_it)
{
    struct leg front = leg(FRONT, 100, "/a", "key", "x", "y"), back = leg(BACK, 101, "/a", "other", "x", "y");
    struct leg elsewhere = leg(BACK, 101, "/b", "other", "x", "y"), later = leg(BACK, 5000, "/a", "other", "x", "y");
    struct leg stranger = leg(3, 101, "/a", "other", "x", "y");
    struct leg silent = { .connection = 0 };
    struct legs_evidence evidence;
    struct label label = { .used = 0 };

    request(to_leg, &silent, BACK, 101, "/a", "other");
    ck_assert(legs_match(&front, &back, &evidence));
    ck_assert(!legs_are_certain(&evidence));
    legs_explain(&label, &evidence);
    ck_assert_str_eq(label.text, "another Sec-WebSocket-Key, but same path, the proxy's address on both, 2 messages alike");
    ck_assert(!legs_match(&front, &elsewhere, &evidence));
    ck_assert(!legs_match(&front, &later, &evidence));
    ck_assert(!legs_match(&front, &stranger, &evidence));
    ck_assert(!legs_match(&front, &silent, &evidence));
}
END_TEST

/* --- in ladders ------------------------------------------------------------------------------------------- */

static char *drawn(struct ladder *ladder)
{
    struct output output;

    report_open(&output);
    ladder_write(ladder, &output);
    ladder_destroy(ladder);
    return report_text(&output);
}

static struct ladder *begin(enum ladder_form form)
{
    struct ladder *ladder = ladder_create(&(struct ladder_setting){ .form = form, .columns = 79 });

    ck_assert_ptr_nonnull(ladder);
    return ladder;
}

static void pass_proxy(struct ladder *ladder, const char *front_key, const char *back_key)
{
    request(ladder_event, ladder, FRONT, 1000000, "/a", front_key);
    request(ladder_event, ladder, BACK, 1500000, "/a", back_key);
    say(ladder_event, ladder, FRONT, C2S, 2000000, "to");
    say(ladder_event, ladder, BACK, C2S, 2250000, "to");
    say(ladder_event, ladder, FRONT, C2S, 2260000, "to");
    say(ladder_event, ladder, BACK, S2C, 3000000, "fro");
    say(ladder_event, ladder, FRONT, S2C, 3125000, "fro");
    say(ladder_event, ladder, BACK, C2S, 4260000, "to");
}

START_TEST(a_proxy_between_has_a_line_and_messages_cross_it)
{
    struct ladder *ladder = begin(LADDER_TEXT);

    pass_proxy(ladder, "key", "key");
    char *text = drawn(ladder);

    ck_assert_str_eq(text,
                     "Connections 1 and 2, taken for the two legs of a proxy:\n"
                     "same Sec-WebSocket-Key, same path, the proxy's address on both, 3 messages alike\n"
                     "             client                        proxy                         server\n"
                     "             10.0.0.1:4001              10.0.0.2:80                 10.0.0.3:80\n"
                     "    0.001000 |-- GET /a -------------------->|                                |\n"
                     "    0.001500 |                               |-- +0.500 ms GET /a ----------->|\n"
                     "    0.002000 |-- text 2 bytes \"to\" --------->|                                |\n"
                     "    0.002250 |                               |-- +0.250 ms text 2 byte... --->|\n"
                     "    0.002260 |-- text 2 bytes \"to\" --------->|                                |\n"
                     "    0.003000 |                               |<-------- text 3 bytes \"fro\" ---|\n"
                     "    0.003125 |<-- +0.125 ms text 3 byt... ---|                                |\n"
                     "    0.004260 |                               |-- +2.000 ms text 2 byte... --->|\n");
    free(text);
}
END_TEST

START_TEST(the_other_forms_have_three_columns_too)
{
    struct ladder *ladder = begin(LADDER_MERMAID);

    pass_proxy(ladder, "key", "key");
    char *text = drawn(ladder);

    ck_assert_ptr_nonnull(strstr(text, "    participant P1 as proxy 10.0.0.2:80\n    participant S1 as server 10.0.0.3:80\n"));
    ck_assert_ptr_nonnull(strstr(text, "    C1->>P1: text 2 bytes \"to\"\n    P1->>S1: +0.250 ms text 2 bytes \"to\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "    S1->>P1: text 3 bytes \"fro\"\n    P1->>C1: +0.125 ms text 3 bytes \"fro\"\n"));
    free(text);
    ladder = begin(LADDER_SVG);
    pass_proxy(ladder, "key", "key");
    text = drawn(ladder);
    ck_assert_ptr_nonnull(strstr(text, "text-anchor=\"middle\">proxy 10.0.0.2:80</text>"));
    ck_assert_ptr_nonnull(strstr(text, "<line x1=\"110\" y1=\"77\" x2=\"485\" y2=\"77\"/>"));
    ck_assert_ptr_nonnull(strstr(text, "<line x1=\"485\" y1=\"103\" x2=\"860\" y2=\"103\"/>"));
    free(text);
}
END_TEST

/* Two conversations at once, word for word the same, through a proxy with keys of its own. */
START_TEST(what_could_be_two_is_not_joined)
{
    struct ladder *ladder = begin(LADDER_TEXT);

    for (uint64_t id = 1; id < 5; id++) {
        char key[2] = { (char)('a' + id), '\0' };

        request(ladder_event, ladder, id, (int64_t)id, "/a", key);
    }
    for (uint64_t id = 1; id < 5; id++) {
        say(ladder_event, ladder, id, C2S, 10, "x");
        say(ladder_event, ladder, id, S2C, 20, "y");
    }
    char *text = drawn(ladder);

    ck_assert_ptr_null(strstr(text, "proxy"));
    ck_assert_ptr_nonnull(strstr(text, "Connection 4\n"));
    free(text);
    ladder = begin(LADDER_TEXT);
    pass_proxy(ladder, "one", "two");
    text = drawn(ladder);
    ck_assert_ptr_nonnull(strstr(text, "another Sec-WebSocket-Key, but same path"));
    free(text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("legs");

    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, an_equal_key_is_enough_unless_messages_contradict);
    tcase_add_test(tests, with_another_key_all_else_must_speak_for_it);
    tcase_add_test(tests, a_proxy_between_has_a_line_and_messages_cross_it);
    tcase_add_test(tests, the_other_forms_have_three_columns_too);
    tcase_add_test(tests, what_could_be_two_is_not_joined);
    return report_run("legs", tests);
}
