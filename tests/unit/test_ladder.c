/* SPDX-License-Identifier: MIT */
#include "report/ladder.h"

#include "report.h"

static struct connection connection;

static struct event message_event(enum direction direction, struct message *message, const char *payload)
{
    struct event event = report_event(EVENT_MESSAGE, direction, &connection);

    *message = report_message(FRAME_TEXT, bytes_of_text(payload));
    event.message.message = message;
    return event;
}

static char *drawn(struct ladder_setting setting, const struct event *events, size_t n)
{
    struct output output;
    struct ladder *ladder = ladder_create(&setting);

    report_open(&output);
    *ladder_first_time(ladder) = INT64_C(1700000000000000005);
    for (size_t i = 0; i < n; i++) {
        ladder_event(ladder, &events[i]);
    }
    ladder_write(ladder, &output);
    ladder_destroy(ladder);
    return report_text(&output);
}

static void expect_part(char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "%s is not in:\n%s", part, text);
    free(text);
}

START_TEST(arrows_go_from_sender_to_receiver)
{
    struct message messages[2];
    struct event events[] = {
        report_event(EVENT_CONNECTION, C2S, &connection),
        message_event(C2S, &messages[0], "Hello"),
        message_event(S2C, &messages[1], "A text that is too long for its line"),
        report_event(EVENT_GAP, S2C, &connection),
        report_event(EVENT_CLOSE, C2S, &connection),
    };

    events[3].gap = (struct event_gap){ .bytes = 1, .resumed = GAP_EXACT };
    events[4].close = (struct event_close){ .how = CLOSE_FIN, .first_known = true, .api_code = { 1006, 1006 } };
    char *text = drawn((struct ladder_setting){ .columns = 64 }, events, 5);

    ck_assert_str_eq(text, "Connection 7\n"
                           "             client                                       server\n"
                           "             10.0.0.1:4000                           10.0.0.2:80\n"
                           "    1.000000 |-- text 5 bytes \"Hello\" ------------------------>|\n"
                           "    1.000000 |<-- text 36 bytes \"A text that is too long... ---|\n"
                           "    1.000000 :~~~~~~~~~ server: 1 byte never captured ~~~~~~~~~:\n"
                           "    1.000000 |  end: fin, client first, applications see 1006  |\n");
    free(text);
}
END_TEST

START_TEST(a_finding_stands_below_what_it_is_about)
{
    struct message message;
    struct event event = message_event(C2S, &message, "x");

    event.faults = UINT64_C(1) << MESSAGE_NOT_UTF8;
    expect_part(drawn((struct ladder_setting){ .columns = 80 }, &event, 1),
                "|!!!!!!!!! MUST message-not-utf8 (client, RFC 6455 5.6) !!!!!!!!!!|\n");
}
END_TEST

START_TEST(what_the_wire_says_cannot_steer_any_form)
{
    struct message message;
    struct event event = message_event(C2S, &message, "<b>&\x1b[2J;#%</b>\xE2\x80\xAE");

    expect_part(drawn((struct ladder_setting){ .columns = 80 }, &event, 1),
                "\"<b>&\\x1b[2J;#%</b>\\u{202e}\"");
    expect_part(drawn((struct ladder_setting){ .form = LADDER_SVG }, &event, 1),
                "\"&lt;b&gt;&amp;\\x1b[2J;#%&lt;/b&gt;\\u{202e}\"</text>");
    expect_part(drawn((struct ladder_setting){ .form = LADDER_MERMAID }, &event, 1),
                "C7->>S7: text 18 bytes \"#60;b#62;#38;\\x1b[2J#59;#35;#37;#60;/b#62;\\u{202e}\"\n");
}
END_TEST

START_TEST(segments_are_told_by_their_flags)
{
    struct segment opening = { .flags = TCP_SYN | TCP_ACK };
    struct segment data = { .flags = TCP_PSH | TCP_ACK, .payload = bytes_of_text("abc"), .cut = 4 };
    struct event events[] = {
        report_event(EVENT_SEGMENT, S2C, &connection),
        report_event(EVENT_SEGMENT, C2S, &connection),
    };

    events[0].segment = (struct event_segment){ .segment = &opening };
    events[1].segment = (struct event_segment){ .segment = &data, .retransmitted = true };
    char *text = drawn((struct ladder_setting){ .columns = 60 }, events, 2);

    ck_assert_ptr_nonnull(strstr(text, "<-------------------------------- SYN ACK ---|"));
    ck_assert_ptr_null(strstr(text, "PSH"));
    free(text);
    expect_part(drawn((struct ladder_setting){ .columns = 60, .zoom = LADDER_TCP }, events, 2),
                "|-- PSH ACK, 7 bytes, again ----------------->|");
}
END_TEST

START_TEST(connections_come_one_after_the_other_or_one_alone)
{
    struct connection second = report_connection();
    struct message message;
    struct event events[3];

    second.id = 2;
    events[0] = message_event(C2S, &message, "a");
    events[1] = events[0];
    events[1].connection = &second;
    events[2] = events[0];
    char *text = drawn((struct ladder_setting){ .columns = 80 }, events, 3);
    char *later = strstr(text, "Connection 7\n");

    ck_assert_ptr_eq(strstr(text, "Connection 2\n"), text);
    ck_assert_ptr_nonnull(later);
    ck_assert_ptr_null(strstr(later + 1, "Connection"));
    free(text);
    text = drawn((struct ladder_setting){ .columns = 80, .connection = 7 }, events, 3);
    ck_assert_ptr_null(strstr(text, "Connection 2"));
    free(text);
}
END_TEST

START_TEST(rows_beyond_the_limit_are_counted)
{
    struct ladder_setting setting = { .columns = 80, .form = LADDER_MERMAID };
    struct ladder *ladder = ladder_create(&setting);
    struct message message;
    struct event event = message_event(C2S, &message, "a");
    struct output output;

    report_open(&output);
    for (size_t i = 0; i < LADDER_ROWS_MAX + 1; i++) {
        ladder_event(ladder, &event);
    }
    ladder_write(ladder, &output);
    ladder_destroy(ladder);
    expect_part(report_text(&output), "%% 2 rows more are left out\n");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ladder");

    connection = report_connection();
    tcase_add_test(tests, arrows_go_from_sender_to_receiver);
    tcase_add_test(tests, a_finding_stands_below_what_it_is_about);
    tcase_add_test(tests, what_the_wire_says_cannot_steer_any_form);
    tcase_add_test(tests, segments_are_told_by_their_flags);
    tcase_add_test(tests, connections_come_one_after_the_other_or_one_alone);
    tcase_add_test(tests, rows_beyond_the_limit_are_counted);
    return report_run("ladder", tests);
}
