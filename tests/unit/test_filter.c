/* SPDX-License-Identifier: MIT */
#include "store/filter.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/rules.h"
#include "store/pattern.h"

static struct connection connection = {
    .id = 7,
    .client = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 1, 2, 3 } }, 40000 },
    .server = { { { 0x20, 0x01, 0x0D, 0xB8, [15] = 1 } }, 8101 },
    .opened = 1000000000,
    .protocol = PROTOCOL_WEBSOCKET,
};

static struct frame ping_frame = {
    .offset = 300, .length = 4, .header_length = 6, .opcode = FRAME_PING, .fin = true, .masked = true,
    .mask = { 0xDE, 0xAD, 0xBE, 0xEF },
};
static struct frame close_frame = { .length = 7, .header_length = 2, .opcode = FRAME_CLOSE, .fin = true };
static struct message text_message = {
    .number = 3, .opcode = FRAME_TEXT, .compressed = true, .complete = true, .inflated = true, .frames = 2,
    .wire_length = 20, .length = 70000, .truncated = true,
};
static struct http_head request = { .is_request = true, .field_count = 3 };
static struct http_head response = { .status = 101, .field_count = 1 };
static struct handshake handshake = {
    .verdict = HANDSHAKE_BROKEN, .request = &request, .response = &response,
};

enum { PING, CLOSE, MESSAGE, HANDSHAKE, GAP, EVENTS };
static struct event events[EVENTS];

static void set_up(void)
{
    text_message.payload = bytes_of_text("{\"error\":\"No such room\"}\n");
    request.method = bytes_of_text("GET");
    request.target = bytes_of_text("/chat?room=1");
    request.fields[0] = (struct http_field){ .name = bytes_of_text("Host"), .value = bytes_of_text("example.org") };
    request.fields[1] = (struct http_field){ .name = bytes_of_text("Cookie"), .value = bytes_of_text("a=1") };
    request.fields[2] = (struct http_field){ .name = bytes_of_text("cookie"), .value = bytes_of_text("b=2") };
    response.fields[0] = (struct http_field){ .name = bytes_of_text("Upgrade"), .value = bytes_of_text("websocket") };
    for (int i = 0; i < EVENTS; i++) {
        events[i] = (struct event){ .connection = &connection, .packet = 10U + (unsigned)i,
                                    .time = INT64_C(3500000000) };
    }
    events[PING].kind = EVENT_FRAME;
    events[PING].frame = (struct event_frame){
        .frame = &ping_frame, .payload = bytes_of("\x01\x02\xFF\x00", 4), .round_trip = -1,
    };
    events[CLOSE].kind = EVENT_FRAME;
    events[CLOSE].direction = S2C;
    events[CLOSE].faults = 1U << FRAME_NOT_MASKED;
    events[CLOSE].frame = (struct event_frame){
        .frame = &close_frame, .close_code = 1001, .close_reason = bytes_of_text("later"),
        .round_trip = 20000000,
    };
    events[MESSAGE].kind = EVENT_MESSAGE;
    events[MESSAGE].message.message = &text_message;
    events[HANDSHAKE].kind = EVENT_HANDSHAKE;
    events[HANDSHAKE].handshake = &handshake;
    events[GAP].kind = EVENT_GAP;
    events[GAP].gap = (struct event_gap){ .bytes = 1460, .resumed = GAP_GUESS };
}

/* The filter, and the events above that it lets through, as letters: Ping Close Message Handshake Gap. */
static const struct {
    const char *filter, *passes;
} filters[] = {
    { "kind == frame", "PC" },
    { "kind != frame", "MHG" },
    { "opcode == ping", "P" },
    { "opcode == PING", "P" },
    { "opcode == 9", "P" },
    { "opcode >= 8", "PC" },
    { "opcode in {text, 8..10}", "PCM" },
    { "opcode in { text close }", "CM" },
    { "opcode contains \"clo\"", "C" },
    { "dir == c2s", "PMG" },
    { "dir != c2s", "C" },
    { "not dir == c2s", "CH" },
    { "sender eq server", "C" },
    { "conn == 7 && packet gt 12", "HG" },
    { "packet == 10 or packet == 12 and not fin", "PM" },
    { "(packet == 10 || packet == 12) && !fin", "M" },
    { "fin", "PC" },
    { "fin == false", "" },
    { "!masked", "CMHG" },
    { "masked == 0", "C" },
    { "mask == de:ad:be:ef", "P" },
    { "mask == \"\\xde\\xAD\\xbe\\xef\"", "P" },
    { "text contains ff:00", "P" },
    { "text contains \"error\"", "M" },
    { "text contains Error", "" },
    { "text matches \"(?i)ERROR.*room\"", "M" },
    { "text ~ \"^\\{.*\\}\\s$\"", "M" },
    { "length > 64k", "M" },
    { "length <= 0x7", "PC" },
    { "message.length == 70000", "M" },
    { "message.number", "M" },
    { "compressed", "M" },
    { "round_trip >= 20ms", "C" },
    { "round_trip < 0.02", "" },
    { "round_trip in {19ms .. 21ms}", "C" },
    { "time.relative == 2.5", "PCMHG" },
    { "time >= \"1970-01-01 00:00:03.5\"", "PCMHG" },
    { "time > \"1970-01-01 00:00:03.5\"", "" },
    { "time < 1970-01-02", "PCMHG" },
    { "ip == 10.1.0.0/16 and ip == 2001:db8::1", "PCMHG" },
    { "ip != 10.1.2.3", "" },
    { "client == 10.1.2.4/31", "" },
    { "client in {192.168.0.0/16, 10.1.2.3}", "PCMHG" },
    { "server == 2001:db8::/33", "PCMHG" },
    { "port == 8101", "PCMHG" },
    { "client.port == 8101", "" },
    { "close.code in {1000..1003}", "C" },
    { "close.reason == later", "C" },
    { "finding", "C" },
    { "finding == frame-not-masked", "C" },
    { "finding != frame-not-masked", "" },
    { "severity == must && finding.side == client", "C" },
    { "http.method == \"GET\"", "H" },
    { "http.status == 101", "H" },
    { "http.header[\"cookie\"] == \"b=2\"", "H" },
    { "http.header[\"cookie\"] != \"b=2\"", "" },
    { "http.header[\"Origin\"]", "" },
    { "http.header == \"Upgrade\"", "H" },
    { "handshake.verdict in {refused broken}", "H" },
    { "handshake.origin", "" },
    { "gap.bytes >= 1k and gap.resumed == guess", "G" },
};

START_TEST(lets_through_what_it_says)
{
    static const char letters[] = "PCMHG";
    struct filter_error error;
    struct filter *filter = filter_parse(filters[_i].filter, &error);
    char passed[EVENTS + 1] = "";

    ck_assert_msg(filter != NULL, "%s: %s", filters[_i].filter, error.text);
    for (int i = 0; i < EVENTS; i++) {
        if (filter_matches(filter, &events[i])) {
            strncat(passed, &letters[i], 1);
        }
    }
    ck_assert_msg(strcmp(passed, filters[_i].passes) == 0, "%s lets through %s, not %s", filters[_i].filter,
                  passed, filters[_i].passes);
    filter_free(filter);
}
END_TEST

/* What is wrong, where (from 0), and the sentence. */
static const struct {
    const char *filter;
    size_t column;
    const char *sentence;
} mistakes[] = {
    { "", 0, "here the name of a field is missing" },
    { "opcod == ping", 0, "there is no field \"opcod\"; did you mean \"opcode\"?" },
    { "fin and status == 404", 8, "there is no field \"status\"; did you mean \"http.status\"?" },
    { "zzzzzzzz", 0, "there is no field \"zzzzzzzz\"" },
    { "opcode == pnig", 10, "opcode is never \"pnig\"; it can be: continuation text binary close ping pong" },
    { "finding == nonsense", 11, "finding is never \"nonsense\"; the command `rules` lists them" },
    { "opcode == ", 10, "here something to compare opcode with is missing" },
    { "length == many", 10, "length is compared with a number such as 125, 0x7d or 64k" },
    { "length == 99999999999999999999", 10, "length is compared with a number such as 125, 0x7d or 64k" },
    { "ip == 10.0.0.0/33", 6, "ip is compared with an address such as 10.0.0.1, 10.0.0.0/8 or ::1" },
    { "round_trip > 5 parsecs", 15, "here \"and\", \"or\" or the end was expected, not \"parsecs\"" },
    { "text > 5", 5, "only numbers and times have an order" },
    { "length contains 5", 7, "only text contains or matches something" },
    { "text in {a..b}", 10, "text has no order, so no ranges either" },
    { "text == \"open", 8, "the text that begins here has no closing \"" },
    { "text matches \"(a\"", 13, "in the pattern that begins here, a ( is not closed" },
    { "(fin or masked", 14, "here a \")\" is missing" },
    { "fin masked", 4, "here \"and\", \"or\" or the end was expected, not \"masked\"" },
    { "fin ; masked", 4, "nothing here begins with \";\"" },
    { "\x1b[2Jfin", 0, "nothing here begins with \"?\"" },
    { "http.header[5]", 12, "here a name in quotes is missing" },
    { "opcode contains", 15, "here something to compare opcode with is missing" },
};

START_TEST(mistakes_are_pointed_at)
{
    struct filter_error error;

    ck_assert_ptr_null(filter_parse(mistakes[_i].filter, &error));
    ck_assert_str_eq(error.text, mistakes[_i].sentence);
    ck_assert_uint_eq(error.column, mistakes[_i].column);
}
END_TEST

START_TEST(nesting_and_length_have_limits)
{
    struct filter_error error;
    char text[5000];

    memset(text, '(', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_ptr_null(filter_parse(text, &error));
    text[3000] = '\0';
    ck_assert_ptr_null(filter_parse(text, &error));
    ck_assert_str_eq(error.text, "too many parentheses or nots inside each other");
}
END_TEST

/* A pool holds every text once: a quoted one stands there already when a name is searched for it. */
START_TEST(long_texts_fit_their_pool)
{
    struct filter_error error;
    char text[4000];

    snprintf(text, sizeof text, "opcode contains \"%03900d\"", 0);
    struct filter *filter = filter_parse(text, &error);

    ck_assert_msg(filter != NULL, "%s", error.text);
    filter_free(filter);
}
END_TEST

/* Patterns: what they are, a text, and whether it is found there. */
static const struct {
    const char *pattern, *text;
    bool found;
} patterns[] = {
    { "", "", true },                   { "abc", "xxabcxx", true },       { "abc", "ab", false },
    { "a.c", "a\nc", true },            { "^abc$", "abc", true },         { "^bc", "abc", false },
    { "ab$", "abc", false },            { "a*b", "b", true },             { "a+b", "b", false },
    { "colou?r", "color", true },       { "^(ab|cd)+$", "abcdab", true }, { "^(ab|cd)+$", "abcda", false },
    { "^(a|b|c|)$", "c", true },        { "^(a|b|c|)$", "", true },       { "^a{3}$", "aaa", true },
    { "^a{3}$", "aaaa", false },        { "^a{2,}$", "aaaaa", true },     { "^a{2,}$", "a", false },
    { "^a{1,3}$", "aaa", true },        { "^a{1,3}$", "aaaa", false },    { "^(ab){0,2}$", "abab", true },
    { "^(ab){0,2}$", "", true },        { "^a{0}b$", "b", true },         { "^a{0,}$", "aaa", true },
    { "[a-c]x", "bx", true },           { "[^a-c]x", "bx", false },       { "[]x]", "]", true },
    { "[[:digit:]]+", "a7", true },     { "^\\d+$", "12a", false },       { "\\W", "ab_9", false },
    { "[\\d.]+z", "1.2z", true },       { "a\\.b", "axb", false },        { "\\x41", "A", true },
    { "(?i)WebSocket", "wEBsOCKET", true }, { "(?i)[a]", "A", true },     { "(a*)*b", "aaab", true },
    { "(a|aa)+$", "aaaaaaa", true },    { "x*", "", true },
};

START_TEST(patterns_find_what_they_describe)
{
    const char *problem = "";
    struct pattern *pattern = pattern_compile(bytes_of_text(patterns[_i].pattern), &problem);

    ck_assert_msg(pattern != NULL, "%s: %s", patterns[_i].pattern, problem);
    ck_assert_msg(pattern_matches(pattern, bytes_of_text(patterns[_i].text)) == patterns[_i].found,
                  "%s in %s", patterns[_i].pattern, patterns[_i].text);
    pattern_free(pattern);
}
END_TEST

/* faults 77: what makes a backtracking matcher take 2^n steps. */
static const char *const hostile[] = {
    "(a*)*$", "(a|a)*$", "(a|aa)+$", "((a+)+)+$", "a{0,100}a{0,100}a{0,100}$",
};

START_TEST(hostile_patterns_take_linear_time)
{
    enum { LENGTH = 100000 };
    static char text[LENGTH];
    const char *problem;
    struct pattern *pattern = pattern_compile(bytes_of_text(hostile[_i]), &problem);

    ck_assert_ptr_nonnull(pattern);
    memset(text, 'a', LENGTH - 1);
    text[LENGTH - 1] = '!';
    for (int i = 0; i < 3; i++) {
        pattern_matches(pattern, bytes_of(text, LENGTH));
    }
    pattern_free(pattern);
}
END_TEST

static const char *const broken_patterns[] = {
    "(", ")", "a)", "[", "[a", "*", "+a", "a{", "a{x}", "a{3", "a{3,2}", "a{256}", "\\", "\\xg1", "[b-a]",
    "((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))", "((a{250}){250}){250}",
};

START_TEST(broken_patterns_are_refused)
{
    const char *problem = NULL;

    ck_assert_ptr_null(pattern_compile(bytes_of_text(broken_patterns[_i]), &problem));
    ck_assert_ptr_nonnull(problem);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("filter");
    TCase *expressions = tcase_create("expressions");
    TCase *expressions_of_bytes = tcase_create("patterns");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(expressions, set_up, NULL);
    tcase_add_loop_test(expressions, lets_through_what_it_says, 0, ROWS(filters));
    tcase_add_loop_test(expressions, mistakes_are_pointed_at, 0, ROWS(mistakes));
    tcase_add_test(expressions, nesting_and_length_have_limits);
    tcase_add_test(expressions, long_texts_fit_their_pool);
    tcase_set_timeout(expressions_of_bytes, 10);
    tcase_add_loop_test(expressions_of_bytes, patterns_find_what_they_describe, 0, ROWS(patterns));
    tcase_add_loop_test(expressions_of_bytes, hostile_patterns_take_linear_time, 0, ROWS(hostile));
    tcase_add_loop_test(expressions_of_bytes, broken_patterns_are_refused, 0, ROWS(broken_patterns));
    suite_add_tcase(suite, expressions);
    suite_add_tcase(suite, expressions_of_bytes);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
