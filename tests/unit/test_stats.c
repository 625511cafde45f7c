/* SPDX-License-Identifier: MIT */
#include "report/stats.h"

#include "report.h"

static const struct totals totals = { .packets = 20, .bytes = 3000, .connections = 2, .refused_memory = 1 };

static char *json_of(const struct event *events, size_t n)
{
    struct stats *stats = stats_create(NULL);
    struct output output;

    ck_assert_ptr_nonnull(stats);
    report_open(&output);
    for (size_t i = 0; i < n; i++) {
        stats_event(stats, &events[i]);
    }
    stats_json(stats, &output, &totals, 4);
    stats_destroy(stats);
    return report_text(&output);
}

#define SIDE_FRAMES(continuation, text, binary, close, ping, pong, reserved)                                 \
    "\"frames\":{\"continuation\":" #continuation ",\"text\":" #text ",\"binary\":" #binary                  \
    ",\"close\":" #close ",\"ping\":" #ping ",\"pong\":" #pong ",\"reserved\":" #reserved "},"
#define NO_SIDE                                                                                              \
    "{" SIDE_FRAMES(0, 0, 0, 0, 0, 0, 0) "\"cut\":0,\"payload_bytes\":0,\"messages\":{\"text\":0,"           \
    "\"binary\":0,\"fragmented\":0,\"compressed\":0},\"message_bytes\":0,\"closes\":{}}"

/* The object of the documented form, every key there though nothing was counted. */
START_TEST(nothing_counted_gives_every_key)
{
    char *text = json_of(NULL, 0);

    ck_assert_str_eq(text,
                     "{\"packets\":20,\"bytes\":3000,\"connections\":2,\"handshakes\":{\"accepted\":0,"
                     "\"refused\":0,\"broken\":0,\"unanswered\":0},\"c2s\":" NO_SIDE ",\"s2c\":" NO_SIDE
                     ",\"http\":{\"requests\":0,\"responses\":0,\"status\":{}},\"gaps\":{\"count\":0,"
                     "\"bytes\":0},\"findings\":{},\"dropped\":{\"by_memory\":1,\"by_kernel\":4}}\n");
    free(text);
}
END_TEST

static void expect(const struct event *events, size_t n, const char *part)
{
    char *text = json_of(events, n);

    ck_assert_msg(strstr(text, part) != NULL, "%s is not in %s", part, text);
    free(text);
}

START_TEST(frames_are_counted_by_opcode_less_what_was_lost)
{
    struct connection connection = report_connection();
    struct frame frames[16];
    struct event events[16];

    for (uint8_t opcode = 0; opcode < 16; opcode++) {
        frames[opcode] = report_frame(opcode, 10);
        frames[opcode].lost = 3;
        events[opcode] = report_event(EVENT_FRAME, S2C, &connection);
        events[opcode].frame = (struct event_frame){ .frame = &frames[opcode], .close_code = 1000 };
    }
    expect(events, 16, "\"s2c\":{" SIDE_FRAMES(1, 1, 1, 1, 1, 1, 10) "\"cut\":0,\"payload_bytes\":112,");
    expect(events, 16, "\"c2s\":" NO_SIDE);
}
END_TEST

START_TEST(closes_are_counted_by_code)
{
    static const struct {
        uint64_t length;
        uint16_t code;
    } closes[] = { { 0, 0 }, { 1, 0 }, { 2, 1000 }, { 9, 1000 }, { 2, 65535 }, { 2, 0 } };
    struct connection connection = report_connection();
    struct frame frames[6];
    struct event events[6];

    for (size_t i = 0; i < 6; i++) {
        frames[i] = report_frame(FRAME_CLOSE, closes[i].length);
        events[i] = report_event(EVENT_FRAME, C2S, &connection);
        events[i].frame = (struct event_frame){ .frame = &frames[i], .close_code = closes[i].code };
    }
    expect(events, 6, "\"closes\":{\"none\":2,\"0\":1,\"1000\":2,\"65535\":1}");
}
END_TEST

/* Whole text and binary messages only; what could not be inflated has no length to add. */
START_TEST(messages_are_whole_ones)
{
    struct connection connection = report_connection();
    struct message messages[] = {
        { .opcode = FRAME_TEXT, .complete = true, .frames = 1, .length = 10 },
        { .opcode = FRAME_BINARY, .complete = true, .frames = 3, .length = 100 },
        { .opcode = FRAME_TEXT, .complete = true, .frames = 1, .length = 1000, .compressed = true,
          .inflated = true },
        { .opcode = FRAME_TEXT, .complete = true, .frames = 2, .length = 20000, .compressed = true },
        { .opcode = FRAME_TEXT, .complete = false, .frames = 1, .length = 300000 },
        { .opcode = FRAME_CONTINUATION, .complete = false, .frames = 1, .length = 4000000 },
        { .opcode = 3, .complete = true, .frames = 1, .length = 50000000 },
    };
    struct event events[7];

    for (size_t i = 0; i < 7; i++) {
        events[i] = report_event(EVENT_MESSAGE, C2S, &connection);
        events[i].message.message = &messages[i];
    }
    expect(events, 7, "\"messages\":{\"text\":3,\"binary\":1,\"fragmented\":2,\"compressed\":2},"
                      "\"message_bytes\":1110,");
}
END_TEST

START_TEST(http_and_handshakes_and_gaps)
{
    struct connection connection = report_connection();
    struct http_head heads[] = {
        { .is_request = true }, { .status = 101 }, { .status = 200 }, { .status = 200 }, { .status = 65535 },
    };
    struct handshake handshake = { .verdict = HANDSHAKE_BROKEN };
    struct event events[9];

    for (size_t i = 0; i < 5; i++) {
        events[i] = report_event(EVENT_HTTP, heads[i].is_request ? C2S : S2C, &connection);
        events[i].http.head = &heads[i];
    }
    events[5] = report_event(EVENT_HANDSHAKE, C2S, &connection);
    events[5].handshake = &handshake;
    events[6] = events[7] = report_event(EVENT_GAP, S2C, &connection);
    events[6].gap = events[7].gap = (struct event_gap){ .bytes = 1460 };
    events[8] = report_event(EVENT_CLOSE, C2S, &connection);
    events[8].close = (struct event_close){ .cut = { [S2C] = true } };
    expect(events, 9, "\"http\":{\"requests\":1,\"responses\":4,\"status\":{\"101\":1,\"200\":2}}");
    expect(events, 9, "\"handshakes\":{\"accepted\":0,\"refused\":0,\"broken\":1,\"unanswered\":0}");
    expect(events, 9, "\"gaps\":{\"count\":2,\"bytes\":2920}");
    expect(events, 9, "\"s2c\":{" SIDE_FRAMES(0, 0, 0, 0, 0, 0, 0) "\"cut\":1,");
}
END_TEST

START_TEST(findings_are_counted_by_rule)
{
    struct connection connection = report_connection();
    struct event events[2] = { report_event(EVENT_NOTICE, C2S, &connection),
                               report_event(EVENT_NOTICE, S2C, &connection) };

    events[0].faults = 1U << NOTICE_CONFLICT;
    events[1].faults = 1U << NOTICE_CONFLICT | 1U << NOTICE_URGENT;
    expect(events, 2, "\"findings\":{\"tcp-conflict\":2,\"tcp-urgent\":1}");
}
END_TEST

START_TEST(a_row_for_each_connection_and_totals)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_CLOSE, C2S, &connection);
    struct output output;

    report_open(&output);
    struct stats *stats = stats_create(&output);

    ck_assert_ptr_nonnull(stats);
    event.close = (struct event_close){ .how = CLOSE_RST, .api_code = { 1006, 1006 } };
    stats_event(stats, &event);
    stats_text(stats, &output, &totals, 0);
    stats_destroy(stats);
    char *text = report_text(&output);

    ck_assert_ptr_nonnull(strstr(text, "\n     7  10.0.0.1:4000          10.0.0.2:80           websocket"
                                       "      1.000              3/5             2/4               500/900"
                                       "  rst 1006\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n20 packets, 3000 bytes, 2 connections\n"));
    free(text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("counts");

    tcase_add_test(tests, nothing_counted_gives_every_key);
    tcase_add_test(tests, frames_are_counted_by_opcode_less_what_was_lost);
    tcase_add_test(tests, closes_are_counted_by_code);
    tcase_add_test(tests, messages_are_whole_ones);
    tcase_add_test(tests, http_and_handshakes_and_gaps);
    tcase_add_test(tests, findings_are_counted_by_rule);
    tcase_add_test(tests, a_row_for_each_connection_and_totals);
    return report_run("stats", tests);
}
