/* SPDX-License-Identifier: MIT */
#include "report/json.h"

#include "report.h"
#include "report/object.h"

/* --- RFC 8259's grammar, as far as ws101 uses it ------------------------------------------------------ */

static bool value(const char **at);

static bool take(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    ++*at;
    return true;
}

static bool take_word(const char **at, const char *word)
{
    if (strncmp(*at, word, strlen(word)) != 0) {
        return false;
    }
    *at += strlen(word);
    return true;
}

static bool escape(const char **at)
{
    return take(at, 'u') ? strspn(*at, "0123456789abcdef") >= 4
                         : **at != '\0' && strchr("\"\\/bfnrt", *(*at)++) != NULL;
}

static bool string(const char **at)
{
    if (!take(at, '"')) {
        return false;
    }
    while (**at != '"') {
        if ((unsigned char)**at < 0x20) {
            return false;
        }
        if (!take(at, '\\')) {
            ++*at;
        } else if (!escape(at)) {
            return false;
        }
    }
    return take(at, '"');
}

static bool number(const char **at)
{
    size_t n = strspn(*at, "0123456789");

    if (n == 0 || (n > 1 && **at == '0')) {
        return false;
    }
    *at += n;
    return true;
}

static bool elements(const char **at, char last, bool named)
{
    if (take(at, last)) {
        return true;
    }
    do {
        if (named && !(string(at) && take(at, ':'))) {
            return false;
        }
        if (!value(at)) {
            return false;
        }
    } while (take(at, ','));
    return take(at, last);
}

static bool value(const char **at)
{
    switch (**at) {
    case '{':
        ++*at;
        return elements(at, '}', true);
    case '[':
        ++*at;
        return elements(at, ']', false);
    case '"':
        return string(at);
    default:
        return take_word(at, "true") || take_word(at, "false") || take_word(at, "null") || number(at);
    }
}

/* Every line one object, and UTF-8 throughout. */
static bool valid_lines(const char *text)
{
    if (!object_is_text(bytes_of_text(text))) {
        return false;
    }
    while (*text) {
        if (*text != '{' || !value(&text) || !take(&text, '\n')) {
            return false;
        }
    }
    return true;
}

/* --- one event of each kind ----------------------------------------------------------------------------- */

static char *lines_of(const struct event *event, unsigned shown)
{
    struct output output;
    struct json json = { .output = &output, .shown = shown };

    report_open(&output);
    json_event(&json, event);
    char *text = report_text(&output);

    ck_assert_msg(valid_lines(text), "%s", text);
    return text;
}

static void expect(const struct event *event, const char *lines)
{
    char *text = lines_of(event, EVENT_ALL_BUT_SEGMENTS);

    ck_assert_str_eq(text, lines);
    free(text);
}

#define HEAD(type) "{\"type\":\"" type "\",\"time\":\"1700000001.000000005\",\"conn\":7,\"packet\":12,"

START_TEST(connection_has_its_addresses)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_CONNECTION, C2S, &connection);

    expect(&event, HEAD("connection") "\"client\":\"10.0.0.1:4000\",\"server\":\"10.0.0.2:80\","
                                      "\"midstream\":false,\"protocol\":\"websocket\"}\n");
    connection.server = (struct endpoint){ .address.bytes = { 0x20, 1, 0xD, 0xB8, [15] = 1 }, .port = 80 };
    char *text = lines_of(&event, EVENT_ALL_BUT_SEGMENTS);

    ck_assert_ptr_nonnull(strstr(text, "\"server\":\"[2001:db8::1]:80\""));
    free(text);
}
END_TEST

START_TEST(http_has_its_start_line_and_fields)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_HTTP, C2S, &connection);
    struct http_head head = {
        .is_request = true,
        .version_major = 1,
        .version_minor = 1,
        .method = bytes_of_text("GET"),
        .target = bytes_of_text("/a?\"b\""),
        .fields = { { .name = bytes_of_text("Host"), .value = bytes_of_text("h\xE9") } },
        .field_count = 1,
        .body_length = 3,
        .complete = true,
    };

    event.http.head = &head;
    expect(&event, HEAD("http") "\"dir\":\"c2s\",\"request\":{\"method\":\"GET\",\"target\":\"/a?\\\"b\\\"\","
                                "\"version\":\"HTTP/1.1\"},\"headers\":[[\"Host\",\"h\\u00e9\"]],"
                                "\"body_length\":3,\"complete\":true}\n");
    head.is_request = false;
    head.status = 101;
    head.field_count = 0;
    event.direction = S2C;
    expect(&event, HEAD("http") "\"dir\":\"s2c\",\"response\":{\"status\":101,\"reason\":\"\","
                                "\"version\":\"HTTP/1.1\"},\"headers\":[],\"body_length\":3,"
                                "\"complete\":true}\n");
}
END_TEST

START_TEST(handshake_has_offer_and_choice)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_HANDSHAKE, C2S, &connection);
    struct http_head request, response = { .status = 101 };
    struct handshake handshake = {
        .verdict = HANDSHAKE_ACCEPTED,
        .request = &request,
        .response = &response,
        .key = bytes_of_text("dGhlIHNhbXBsZSBub25jZQ=="),
        .accept = bytes_of_text("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        .accept_expected = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        .version = bytes_of_text("13"),
        .subprotocol = bytes_of_text("chat"),
    };

    http_parse_head(bytes_of_text("GET / HTTP/1.1\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
                                  "sec-websocket-protocol: third\r\n\r\n"),
                    true, &request);
    event.handshake = &handshake;
    expect(&event,
           HEAD("handshake") "\"verdict\":\"accepted\",\"status\":101,\"key\":\"dGhlIHNhbXBsZSBub25jZQ==\","
                             "\"accept\":\"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\","
                             "\"accept_expected\":\"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\",\"subprotocol\":\"chat\","
                             "\"extensions\":[],\"offered\":{\"subprotocols\":[\"chat\",\"superchat\","
                             "\"third\"],\"extensions\":[],\"version\":\"13\",\"origin\":null,"
                             "\"host\":null}}\n");
}
END_TEST

START_TEST(frame_has_its_header)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_FRAME, C2S, &connection);
    struct frame frame = report_frame(FRAME_TEXT, UINT64_MAX);

    event.frame = (struct event_frame){ .frame = &frame, .message = 2 };
    expect(&event, HEAD("frame") "\"dir\":\"c2s\",\"frame\":3,\"fin\":true,\"rsv\":0,\"opcode\":1,"
                                 "\"name\":\"text\",\"masked\":true,\"mask\":\"37fa213d\","
                                 "\"length\":18446744073709551615,\"header_length\":6,\"message\":2}\n");
    frame = report_frame(FRAME_CLOSE, 5);
    frame.masked = false;
    event.frame = (struct event_frame){
        .frame = &frame,
        .payload = bytes_of("\x03\xE8" "bye", 5),
        .close_code = 1000,
        .close_reason = bytes_of_text("bye"),
        .round_trip = -1,
    };
    expect(&event, HEAD("frame") "\"dir\":\"c2s\",\"frame\":3,\"fin\":true,\"rsv\":0,\"opcode\":8,"
                                 "\"name\":\"close\",\"masked\":false,\"mask\":null,\"length\":5,"
                                 "\"header_length\":6,\"message\":null,\"code\":1000,\"reason\":\"bye\"}\n");
}
END_TEST

#define MESSAGE(opcode, name, frames, length)                                                                \
    HEAD("message")                                                                                          \
    "\"dir\":\"s2c\",\"message\":2,\"opcode\":" opcode ",\"name\":\"" name "\",\"frames\":" frames           \
    ",\"compressed\":false,\"wire_length\":" length ",\"length\":" length ","

/* Fault 72: text that is text is a string, with every control escaped; all else is base64. */
static const struct {
    uint8_t opcode;
    const char *bytes;
    size_t n;
    const char *line;
} payloads[] = {
    { FRAME_TEXT, "Hello", 5,
      MESSAGE("1", "text", "1", "5") "\"text\":\"Hello\",\"truncated\":false,\"complete\":true}\n" },
    { FRAME_TEXT, "\033\"\\\n\x7F", 5,
      MESSAGE("1", "text", "1",
              "5") "\"text\":\"\\u001b\\\"\\\\\\n\\u007f\",\"truncated\":false,\"complete\":true}\n" },
    { FRAME_TEXT, "\xE2\x80\xAE\xF0\x9F\x98\x80", 7,
      MESSAGE("1", "text", "1", "7") "\"text\":\"\\u202e\xF0\x9F\x98\x80\",\"truncated\":false,"
                                     "\"complete\":true}\n" },
    { FRAME_TEXT, "\xF3\xA0\x81\x81", 4,
      MESSAGE("1", "text", "1", "4") "\"text\":\"\\udb40\\udc41\",\"truncated\":false,\"complete\":true}\n" },
    { FRAME_TEXT, "ab\xFF", 3,
      MESSAGE("1", "text", "1", "3") "\"base64\":\"YWL/\",\"truncated\":false,\"complete\":true}\n" },
    { FRAME_BINARY, "abcd", 4,
      MESSAGE("2", "binary", "1", "4") "\"base64\":\"YWJjZA==\",\"truncated\":false,\"complete\":true}\n" },
    { FRAME_BINARY, "", 0,
      MESSAGE("2", "binary", "1", "0") "\"base64\":\"\",\"truncated\":false,\"complete\":true}\n" },
    { FRAME_CONTINUATION, "x", 1,
      MESSAGE("0", "continuation", "1", "1") "\"base64\":\"eA==\",\"truncated\":false,\"complete\":true}\n" },
};

START_TEST(payload_is_text_or_base64)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, S2C, &connection);
    struct bytes payload = bytes_of(payloads[_i].bytes, payloads[_i].n);
    struct message message = report_message(payloads[_i].opcode, payload);

    event.message.message = &message;
    expect(&event, payloads[_i].line);
}
END_TEST

/* A limit that cuts a character in two leaves text. */
START_TEST(cut_text_stays_text)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, S2C, &connection);
    struct message message = report_message(FRAME_TEXT, bytes_of("ab\xE6\x97", 4));

    message.truncated = true;
    message.length = 100;
    event.message.message = &message;
    char *text = lines_of(&event, EVENT_ALL_BUT_SEGMENTS);

    ck_assert_ptr_nonnull(strstr(text, "\"length\":100,\"text\":\"ab\",\"truncated\":true"));
    free(text);
}
END_TEST

START_TEST(a_message_that_was_not_inflated_is_base64)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, S2C, &connection);
    struct message message = report_message(FRAME_TEXT, bytes_of_text("\x4A\x04"));

    message.compressed = true;
    event.message.message = &message;
    char *text = lines_of(&event, EVENT_ALL_BUT_SEGMENTS);

    ck_assert_ptr_nonnull(strstr(text, "\"base64\":\"SgQ=\""));
    ck_assert_ptr_nonnull(strstr(text, "\"inflated\":false"));
    free(text);
}
END_TEST

START_TEST(close_says_what_is_known)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_CLOSE, C2S, &connection);

    event.close = (struct event_close){ .how = CLOSE_RST, .api_code = { 1006, 1006 } };
    expect(&event, HEAD("close") "\"how\":\"rst\",\"first\":null,\"code\":null,\"reason\":null,"
                                 "\"api_code\":1006,\"server_api_code\":1006}\n");
    event.close = (struct event_close){
        .how = CLOSE_HANDSHAKE,
        .first_known = true,
        .first = S2C,
        .code_known = true,
        .code = 1001,
        .reason = bytes_of_text("going away"),
        .api_code = { 1001, 1001 },
    };
    expect(&event, HEAD("close") "\"how\":\"close-handshake\",\"first\":\"s2c\",\"code\":1001,"
                                 "\"reason\":\"going away\",\"api_code\":1001,\"server_api_code\":1001}\n");
}
END_TEST

START_TEST(gap_counts_what_is_missing)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_GAP, S2C, &connection);

    event.gap = (struct event_gap){ .bytes = 1460, .skipped = 2, .offset = 3, .resumed = GAP_GUESS };
    expect(&event, HEAD("gap") "\"dir\":\"s2c\",\"bytes\":1460,\"resumed\":\"guess\",\"skipped\":2,"
                               "\"offset\":3}\n");
}
END_TEST

/* A finding follows its event; --only decides which of the two is shown. */
START_TEST(findings_follow_and_can_stand_alone)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_FRAME, C2S, &connection);
    struct frame frame = report_frame(FRAME_TEXT, 5);

    event.frame = (struct event_frame){ .frame = &frame, .message = 2 };
    event.faults = 1U << FRAME_NOT_MASKED | 1U << FRAME_LENGTH_NOT_MINIMAL;
    char *both = lines_of(&event, EVENT_ALL_BUT_SEGMENTS);
    char *alone = lines_of(&event, EVENT_BIT(EVENT_NOTICE));
    char *without = lines_of(&event, EVENT_BIT(EVENT_FRAME));

    ck_assert_ptr_nonnull(strstr(both, without));
    ck_assert_str_eq(both + strlen(without), alone);
    ck_assert_ptr_nonnull(strstr(alone, "\"rule\":\"frame-not-masked\",\"severity\":\"must\",\"side\":"
                                        "\"client\",\"section\":\"RFC 6455 5.1\""));
    ck_assert_ptr_nonnull(strstr(alone, "\"dir\":\"c2s\",\"frame\":3,\"bytes\":\"818537fa213d\""));
    ck_assert_ptr_nonnull(strstr(alone, "frame-length-not-minimal"));
    free(both);
    free(alone);
    free(without);
}
END_TEST

START_TEST(a_notice_is_only_its_findings)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_NOTICE, S2C, &connection);

    event.faults = 1U << NOTICE_CONFLICT;
    char *text = lines_of(&event, EVENT_ALL_BUT_SEGMENTS);

    ck_assert_int_eq(strncmp(text, "{\"type\":\"finding\"", 17), 0);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}
END_TEST

/* Fault 73: a terminal without UTF-8 gets the same text, escaped. */
START_TEST(an_ascii_terminal_gets_ascii)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, S2C, &connection);
    struct message message = report_message(FRAME_TEXT, bytes_of_text("\xE6\x97\xA5\xF0\x9F\x98\x80"));
    struct output output;
    struct json json = { .output = &output, .shown = EVENT_ALL_BUT_SEGMENTS };

    event.message.message = &message;
    report_open(&output);
    output.ascii = true;
    json_event(&json, &event);
    char *text = report_text(&output);

    ck_assert_ptr_nonnull(strstr(text, "\"text\":\"\\u65e5\\ud83d\\ude00\""));
    free(text);
}
END_TEST

/* Fault 72: whatever the payload, the line is JSON, UTF-8 and at most about six times as long. */
START_TEST(any_payload_gives_valid_json)
{
    struct connection connection = report_connection();
    struct event event = report_event(EVENT_MESSAGE, C2S, &connection);

    srandom(72);
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[96];
        size_t n = (size_t)random() % sizeof bytes;
        uint8_t ceiling = round % 2 ? 0x7F : 0xFF;

        for (size_t i = 0; i < n; i++) {
            bytes[i] = (uint8_t)random() & ceiling;
        }
        struct message message = report_message(FRAME_TEXT, bytes_of(bytes, n));

        event.message.message = &message;
        char *text = lines_of(&event, EVENT_ALL_BUT_SEGMENTS);

        ck_assert_uint_le(strlen(text), 400 + 6 * n);
        free(text);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("objects");

    tcase_add_test(tests, connection_has_its_addresses);
    tcase_add_test(tests, http_has_its_start_line_and_fields);
    tcase_add_test(tests, handshake_has_offer_and_choice);
    tcase_add_test(tests, frame_has_its_header);
    tcase_add_loop_test(tests, payload_is_text_or_base64, 0, (int)(sizeof payloads / sizeof payloads[0]));
    tcase_add_test(tests, cut_text_stays_text);
    tcase_add_test(tests, a_message_that_was_not_inflated_is_base64);
    tcase_add_test(tests, close_says_what_is_known);
    tcase_add_test(tests, gap_counts_what_is_missing);
    tcase_add_test(tests, findings_follow_and_can_stand_alone);
    tcase_add_test(tests, a_notice_is_only_its_findings);
    tcase_add_test(tests, an_ascii_terminal_gets_ascii);
    tcase_add_test(tests, any_payload_gives_valid_json);
    return report_run("json", tests);
}
