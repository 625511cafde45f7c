/* SPDX-License-Identifier: MIT */
#include "report/text.h"

#include "report.h"
#include "report/escape.h"

static const struct text_setting pipe_setting = { .shown = EVENT_ALL_BUT_SEGMENTS };

static char *lines_of(const struct event *events, size_t n, const struct text_setting *setting)
{
    struct output output;
    struct text text;

    report_open(&output);
    text_init(&text, &output, setting);
    text.first = events[0].time;
    for (size_t i = 0; i < n; i++) {
        text_event(&text, &events[i]);
    }
    return report_text(&output);
}

static void expect(const struct event *event, const struct text_setting *setting, const char *line)
{
    char *text = lines_of(event, 1, setting);

    ck_assert_str_eq(text, line);
    free(text);
}

#define HEAD(direction, kind) "    12     0.000000    7  " direction "  " kind "  "

START_TEST(a_line_for_each_kind)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_CONNECTION, C2S, &connection);
    struct frame frame = report_frame(FRAME_PING, 2);
    struct http_head head = {
        .is_request = true,
        .version_major = 1,
        .version_minor = 1,
        .method = bytes_of_text("GET"),
        .target = bytes_of_text("/chat"),
        .field_count = 1,
    };
    struct handshake handshake = { .verdict = HANDSHAKE_ACCEPTED, .subprotocol = bytes_of_text("chat") };

    expect(&event, &pipe_setting, HEAD("   ", "connection") "10.0.0.1:4000 -> 10.0.0.2:80\n");
    event = report_event(EVENT_HTTP, C2S, &connection);
    event.http.head = &head;
    expect(&event, &pipe_setting, HEAD("c2s", "http      ") "GET /chat HTTP/1.1  1 field\n");
    event = report_event(EVENT_HANDSHAKE, C2S, &connection);
    event.handshake = &handshake;
    expect(&event, &pipe_setting, HEAD("   ", "handshake ") "accepted  subprotocol chat\n");
    event = report_event(EVENT_FRAME, C2S, &connection);
    event.frame = (struct event_frame){ .frame = &frame, .payload = bytes_of_text("hi"), .round_trip = -1 };
    expect(&event, &pipe_setting,
           HEAD("c2s", "frame     ") "ping         FIN --- 37fa213d 2 bytes  \"hi\"\n");
    event = report_event(EVENT_GAP, S2C, &connection);
    event.gap = (struct event_gap){ .bytes = 1, .resumed = GAP_NO };
    expect(&event, &pipe_setting,
           HEAD("s2c", "gap       ") "1 byte never captured, decoding does not go on\n");
    event = report_event(EVENT_CLOSE, C2S, &connection);
    event.close = (struct event_close){ .how = CLOSE_FIN, .first_known = true, .first = S2C };
    expect(&event, &pipe_setting, HEAD("   ", "close     ") "fin  server first\n");
}
END_TEST

/* In a pipe a text is whole, so that grep finds what is in it. */
START_TEST(a_pipe_gets_the_whole_text)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, S2C, &connection);
    uint8_t payload[5000];
    struct message message = report_message(FRAME_TEXT, bytes_of(payload, sizeof payload));

    memset(payload, 'x', sizeof payload);
    memcpy(payload + sizeof payload - 6, "needle", 6);
    event.message.message = &message;
    char *text = lines_of(&event, 1, &pipe_setting);

    ck_assert_ptr_nonnull(strstr(text, "xneedle\"\n"));
    free(text);
}
END_TEST

/* How many columns the line takes once the colour is left out. */
static size_t columns_of(const char *line)
{
    struct bytes view = bytes_of(line, strcspn(line, "\n"));
    size_t columns = 0;
    struct escape_unit unit;
    unsigned marks = 0;

    while (view.length > 0) {
        if (view.data[0] == '\033') {
            view = bytes_after(view, strcspn((const char *)view.data, "m") + 1);
        } else if (escape_next(&view, false, &marks, &unit)) {
            columns += unit.columns;
        }
    }
    return columns;
}

/* Wide characters and escapes are counted, whatever the width of the terminal. */
START_TEST(a_terminal_line_ends_at_the_edge)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, S2C, &connection);
    static const char mixed[] = "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E \033[2J \xE6\x97\xA5\xE6\x9C\xAC "
                                "e\xCC\x81\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E and so on for a while longer";
    struct message message = report_message(FRAME_TEXT, bytes_of_text(mixed));

    event.message.message = &message;
    for (size_t columns = 1; columns < 120; columns++) {
        struct text_setting setting = {
            .shown = EVENT_ALL_BUT_SEGMENTS, .columns = columns, .colour = columns % 2, .arrows = true,
        };
        char *text = lines_of(&event, 1, &setting);

        ck_assert_uint_le(columns_of(text), columns);
        if (columns > 70) {
            ck_assert_uint_ge(columns_of(text), columns - 4);     /* an escape is not cut in two */
            ck_assert_ptr_nonnull(strstr(text, "\xE2\x80\xA6\""));
        }
        ck_assert_ptr_null(strstr(text, "\033[2J"));
        free(text);
    }
}
END_TEST

START_TEST(binary_is_hex_and_cut_with_a_mark)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, S2C, &connection);
    static const uint8_t numbers[17] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
    struct message message = report_message(FRAME_BINARY, bytes_of(numbers, sizeof numbers));
    struct text_setting setting = pipe_setting;

    event.message.message = &message;
    expect(&event, &setting,
           HEAD("s2c", "message   ") "binary       17 bytes  "
                                     "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ...\n");
    setting.preview = 12;
    expect(&event, &setting, HEAD("s2c", "message   ") "binary       17 bytes  00 01 02 03 ...\n");
}
END_TEST

/* Fault 71: the target, a field that people click on. */
START_TEST(the_wire_is_escaped)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_HTTP, C2S, &connection);
    struct http_head head = {
        .is_request = true,
        .version_major = 1,
        .version_minor = 1,
        .method = bytes_of_text("G\033]8;;x\aT"),
        .target = bytes_of_text("/\xC2\x9B" "31m"),
    };

    event.http.head = &head;
    expect(&event, &pipe_setting,
           HEAD("c2s", "http      ") "G\\x1b]8;;x\\x07T /\\u{9b}31m HTTP/1.1  0 fields\n");
}
END_TEST

START_TEST(a_finding_has_its_own_line)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_FRAME, C2S, &connection);
    struct frame frame = report_frame(FRAME_TEXT, 5);
    struct text_setting setting = { .shown = EVENT_BIT(EVENT_NOTICE) };

    event.frame = (struct event_frame){ .frame = &frame, .message = 2 };
    event.faults = 1U << FRAME_NOT_MASKED;
    expect(&event, &setting,
           HEAD("c2s", "finding   ") "MUST frame-not-masked (client, RFC 6455 5.1) "
                                     "The client sent a frame without a mask.\n");
}
END_TEST

static const struct {
    enum text_times times;
    const char *first, *second;
} times[] = {
    { TEXT_TIMES_RELATIVE, "     0.000000 ", "     1.250000 " },
    { TEXT_TIMES_DELTA, "     0.000000 ", "     1.250000 " },
    { TEXT_TIMES_CLOCK, " 22:13:21.000000 ", " 22:13:22.250000 " },
    { TEXT_TIMES_DATE, " 2023-11-14 22:13:21.000000 ", " 2023-11-14 22:13:22.250000 " },
    { TEXT_TIMES_UTC, " 22:13:21.000000 ", " 22:13:22.250000 " },
    { TEXT_TIMES_UTC_DATE, " 2023-11-14 22:13:21.000000 ", " 2023-11-14 22:13:22.250000 " },
    { TEXT_TIMES_EPOCH, " 1700000001.000000 ", " 1700000002.250000 " },
};

START_TEST(times_come_in_every_form)
{
    struct connection connection = report_connection();
    struct event events[2] = { report_event(EVENT_GAP, C2S, &connection),
                               report_event(EVENT_GAP, C2S, &connection) };
    struct text_setting setting = { .shown = EVENT_ALL_BUT_SEGMENTS, .times = times[_i].times };

    setenv("TZ", "UTC", 1);
    events[0].gap = events[1].gap = (struct event_gap){ .bytes = 1 };
    events[1].time += 1250000000;
    char *text = lines_of(events, 2, &setting);

    ck_assert_ptr_nonnull(strstr(text, times[_i].first));
    ck_assert_ptr_nonnull(strstr(strchr(text, '\n'), times[_i].second));
    free(text);
}
END_TEST

/* A packet out of order, too, has its time in one word. */
START_TEST(a_time_before_the_first_keeps_its_sign)
{
    struct connection connection = report_connection();
    struct event events[2] = { report_event(EVENT_GAP, C2S, &connection),
                               report_event(EVENT_GAP, C2S, &connection) };
    struct text_setting setting = { .shown = EVENT_ALL_BUT_SEGMENTS };

    events[0].gap = events[1].gap = (struct event_gap){ .bytes = 1 };
    events[1].time -= 250000000;
    char *text = lines_of(events, 2, &setting);

    ck_assert_ptr_nonnull(strstr(strchr(text, '\n'), "    -0.250000 "));
    free(text);
}
END_TEST

/* Fault 7: times before 1970, in 2106, at the ends of what 64 bits hold. */
START_TEST(odd_times_overflow_nothing)
{
    static const int64_t odd[] = { INT64_MIN, -1, 0, INT64_C(4294967296000000000), INT64_MAX };
    struct connection connection = report_connection();

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct event events[2] = { report_event(EVENT_GAP, C2S, &connection),
                                   report_event(EVENT_GAP, C2S, &connection) };

        events[0].gap = events[1].gap = (struct event_gap){ .bytes = 1 };
        events[0].time = odd[i];
        for (int form = TEXT_TIMES_RELATIVE; form <= TEXT_TIMES_EPOCH; form++) {
            struct text_setting setting = { .shown = EVENT_ALL_BUT_SEGMENTS, .times = (enum text_times)form };

            free(lines_of(events, 2, &setting));
        }
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lines");

    tcase_add_test(tests, a_line_for_each_kind);
    tcase_add_test(tests, a_pipe_gets_the_whole_text);
    tcase_add_test(tests, a_terminal_line_ends_at_the_edge);
    tcase_add_test(tests, binary_is_hex_and_cut_with_a_mark);
    tcase_add_test(tests, the_wire_is_escaped);
    tcase_add_test(tests, a_finding_has_its_own_line);
    tcase_add_loop_test(tests, times_come_in_every_form, 0, (int)(sizeof times / sizeof times[0]));
    tcase_add_test(tests, a_time_before_the_first_keeps_its_sign);
    tcase_add_test(tests, odd_times_overflow_nothing);
    return report_run("text", tests);
}
