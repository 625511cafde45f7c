/* SPDX-License-Identifier: MIT */
#include "core/handshake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const fault_names[HANDSHAKE_FAULTS] = {
    [HANDSHAKE_METHOD] = "method",
    [HANDSHAKE_HTTP_VERSION] = "http-version",
    [HANDSHAKE_UPGRADE_MISSING] = "upgrade-missing",
    [HANDSHAKE_CONNECTION_MISSING] = "connection-missing",
    [HANDSHAKE_KEY_MISSING] = "key-missing",
    [HANDSHAKE_KEY_REPEATED] = "key-repeated",
    [HANDSHAKE_KEY_INVALID] = "key-invalid",
    [HANDSHAKE_VERSION_MISSING] = "version-missing",
    [HANDSHAKE_VERSION_REPEATED] = "version-repeated",
    [HANDSHAKE_VERSION_OTHER] = "version-other",
    [HANDSHAKE_TARGET_FRAGMENT] = "target-fragment",
    [HANDSHAKE_OFFERED_PROTOCOL_INVALID] = "offered-protocol-invalid",
    [HANDSHAKE_OFFERED_PROTOCOL_TWICE] = "offered-protocol-twice",
    [HANDSHAKE_OFFERED_EXTENSION_SYNTAX] = "offered-extension-syntax",
    [HANDSHAKE_OFFERED_DEFLATE_INVALID] = "offered-deflate-invalid",
    [HANDSHAKE_DATA_BEFORE_ANSWER] = "data-before-answer",
    [HANDSHAKE_ACCEPT_MISSING] = "accept-missing",
    [HANDSHAKE_ACCEPT_REPEATED] = "accept-repeated",
    [HANDSHAKE_ACCEPT_WRONG] = "accept-wrong",
    [HANDSHAKE_ANSWER_HTTP_VERSION] = "answer-http-version",
    [HANDSHAKE_ANSWER_UPGRADE] = "answer-upgrade",
    [HANDSHAKE_ANSWER_CONNECTION] = "answer-connection",
    [HANDSHAKE_PROTOCOL_UNOFFERED] = "protocol-unoffered",
    [HANDSHAKE_PROTOCOL_SEVERAL] = "protocol-several",
    [HANDSHAKE_EXTENSION_UNOFFERED] = "extension-unoffered",
    [HANDSHAKE_EXTENSION_SYNTAX] = "extension-syntax",
    [HANDSHAKE_EXTENSION_TWICE] = "extension-twice",
    [HANDSHAKE_EXTENSIONS_REPEATED] = "extensions-repeated",
    [HANDSHAKE_DEFLATE_INVALID] = "deflate-invalid",
    [HANDSHAKE_DEFLATE_CLIENT_WINDOW] = "client-window",
    [HANDSHAKE_DEFLATE_SERVER_WINDOW] = "server-window",
    [HANDSHAKE_DEFLATE_TAKEOVER] = "takeover",
    [HANDSHAKE_ACCEPTED_BAD_REQUEST] = "accepted-bad-request",
    [HANDSHAKE_VERSIONS_NOT_NAMED] = "versions-not-named",
    [HANDSHAKE_UNASKED] = "unasked",
    [HANDSHAKE_EXTENSION_UNKNOWN] = "extension-unknown",
    [HANDSHAKE_OLD_DRAFT] = "old-draft",
};

struct pair {
    struct http_head request, response;
    struct handshake judged;
};

static const struct http_head *parse(const char *text, bool request, struct http_head *head)
{
    if (text == NULL) {
        return NULL;
    }
    ck_assert_int_eq(http_parse_head(bytes_of_text(text), request, head), HTTP_HEAD);
    return head;
}

static void judge(struct pair *pair, const char *request, const char *response)
{
    handshake_judge(parse(request, true, &pair->request), parse(response, false, &pair->response),
                    &pair->judged);
}

static void assert_faults(uint64_t faults, const char *expected)
{
    char told[512] = "";

    for (unsigned i = 0; i < HANDSHAKE_FAULTS; i++) {
        if (faults >> i & 1) {
            size_t n = strlen(told);

            snprintf(told + n, sizeof told - n, "%s%s", n ? " " : "", fault_names[i]);
        }
    }
    ck_assert_str_eq(told, expected);
}

static bool bytes_are(struct bytes view, const char *text)
{
    return bytes_equal(view, bytes_of_text(text));
}

/* The example of RFC 6455 section 1.3. */
#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ACCEPT  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define SWITCH  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define GET     "GET /chat HTTP/1.1\r\nHost: a\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define ASK     GET UPGRADE KEY VERSION
#define ANSWER  SWITCH ACCEPT
#define END     "\r\n"

/* --- verdicts --- */

static const struct {
    const char *request, *response;     /* NULL: not captured */
    enum handshake_verdict verdict;
    const char *faults;
} pairs[] = {
    { ASK END, ANSWER END, HANDSHAKE_ACCEPTED, "" },
    /* faults.md 40: in any case, among other options */
    { "GET / HTTP/1.1\r\nHOST:a\r\nupgrade:WebSocket\r\nconnection:keep-alive,Upgrade\r\n" KEY VERSION END,
      "HTTP/1.1 101 \r\nUPGRADE:WebSocket\r\nCONNECTION:upgrade\r\n" ACCEPT END, HANDSHAKE_ACCEPTED, "" },
    { GET "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n"
      KEY VERSION END, ANSWER END, HANDSHAKE_ACCEPTED, "" },
    /* faults.md 47: one of the two */
    { ASK END, NULL, HANDSHAKE_UNANSWERED, "" },
    { NULL, ANSWER END, HANDSHAKE_ACCEPTED, "" },
    { NULL, SWITCH END, HANDSHAKE_BROKEN, "accept-missing" },
    { NULL, ANSWER "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate; "
      "client_max_window_bits=10\r\n" END, HANDSHAKE_ACCEPTED, "" },
    { NULL, "HTTP/1.1 403 Forbidden\r\n" END, HANDSHAKE_REFUSED, "" },
    /* faults.md 43 */
    { ASK END, "HTTP/1.1 401 No\r\n" END, HANDSHAKE_REFUSED, "" },
    { ASK END, "HTTP/1.1 302 Found\r\nLocation: /\r\n" END, HANDSHAKE_REFUSED, "" },
    { ASK END, "HTTP/1.1 200 OK\r\n" END, HANDSHAKE_REFUSED, "" },
    /* faults.md 42: Accept */
    { ASK END, SWITCH END, HANDSHAKE_BROKEN, "accept-missing" },
    { ASK END, SWITCH "Sec-WebSocket-Accept: \r\n" END, HANDSHAKE_BROKEN, "accept-wrong" },
    { ASK END, SWITCH "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" END, HANDSHAKE_BROKEN,
      "accept-wrong" },
    { ASK END, ANSWER ACCEPT END, HANDSHAKE_BROKEN, "accept-repeated" },
    /* Key */
    { GET UPGRADE VERSION END, ANSWER END, HANDSHAKE_BROKEN, "key-missing accepted-bad-request" },
    { GET UPGRADE VERSION END, "HTTP/1.1 400 Bad\r\n" END, HANDSHAKE_REFUSED, "key-missing" },
    { ASK KEY END, ANSWER END, HANDSHAKE_BROKEN, "key-repeated accepted-bad-request" },
    { GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n" END, "HTTP/1.1 400 Bad\r\n" END,
      HANDSHAKE_REFUSED, "key-invalid" },
    { GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n" END, NULL, HANDSHAKE_UNANSWERED,
      "key-invalid" },
    { GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n" END, NULL, HANDSHAKE_UNANSWERED,
      "key-invalid" },
    { GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBs-SBub25jZQ==\r\n" END, NULL, HANDSHAKE_UNANSWERED,
      "key-invalid" },
    { GET UPGRADE VERSION "Sec-WebSocket-Key:\r\n" END, NULL, HANDSHAKE_UNANSWERED, "key-invalid" },
    { GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n" END, NULL,
      HANDSHAKE_UNANSWERED, "" },
    /* Version */
    { GET UPGRADE KEY END, ANSWER END, HANDSHAKE_BROKEN, "version-missing accepted-bad-request" },
    { ASK VERSION END, ANSWER END, HANDSHAKE_BROKEN, "version-repeated accepted-bad-request" },
    { GET UPGRADE KEY "Sec-WebSocket-Version: 8\r\n" END, ANSWER END, HANDSHAKE_ACCEPTED,
      "version-other old-draft" },
    { GET UPGRADE KEY "Sec-WebSocket-Version: 14\r\n" END, ANSWER END, HANDSHAKE_BROKEN,
      "version-other accepted-bad-request" },
    { GET UPGRADE KEY "Sec-WebSocket-Version: \r\n" END, ANSWER END, HANDSHAKE_BROKEN,
      "version-missing accepted-bad-request" },
    { GET UPGRADE KEY "Sec-WebSocket-Version: 7\r\n" END,
      "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13, 8\r\n" END, HANDSHAKE_REFUSED,
      "version-other old-draft" },
    { GET UPGRADE KEY "Sec-WebSocket-Version: 25\r\n" END, "HTTP/1.1 426 Upgrade Required\r\n" END,
      HANDSHAKE_REFUSED, "version-other versions-not-named" },
    { ASK END, "HTTP/1.1 426 Upgrade Required\r\n" END, HANDSHAKE_REFUSED, "" },
    /* the rest of the request */
    { "POST / HTTP/1.1\r\nHost: a\r\n" UPGRADE KEY VERSION END, ANSWER END, HANDSHAKE_BROKEN,
      "method accepted-bad-request" },
    { "GET / HTTP/1.0\r\nHost: a\r\n" UPGRADE KEY VERSION END, ANSWER END, HANDSHAKE_BROKEN,
      "http-version accepted-bad-request" },
    { "GET / HTTP/1.1\r\n" UPGRADE KEY VERSION END, ANSWER END, HANDSHAKE_BROKEN, "accepted-bad-request" },
    { "GET / HTTP/1.1\r\n" UPGRADE KEY VERSION END, "HTTP/1.1 400 Bad\r\n" END, HANDSHAKE_REFUSED, "" },
    { GET "Connection: Upgrade\r\n" KEY VERSION END, ANSWER END, HANDSHAKE_BROKEN,
      "upgrade-missing accepted-bad-request" },
    { GET "Upgrade: websocket\r\n" KEY VERSION END, ANSWER END, HANDSHAKE_BROKEN,
      "connection-missing accepted-bad-request" },
    { "GET /#part HTTP/1.1\r\nHost: a\r\n" UPGRADE KEY VERSION END, ANSWER END, HANDSHAKE_ACCEPTED,
      "target-fragment" },
    /* the rest of the answer */
    { ASK END, "HTTP/1.1 101 S\r\nConnection: Upgrade\r\n" ACCEPT END, HANDSHAKE_BROKEN, "answer-upgrade" },
    { ASK END, "HTTP/1.1 101 S\r\nUpgrade: websocket, h2c\r\nConnection: Upgrade\r\n" ACCEPT END,
      HANDSHAKE_BROKEN, "answer-upgrade" },
    { ASK END, "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n" ACCEPT END, HANDSHAKE_BROKEN, "answer-connection" },
    { ASK END, "HTTP/1.0 101 S\r\n" UPGRADE ACCEPT END, HANDSHAKE_BROKEN, "answer-http-version" },
    { GET END, ANSWER END, HANDSHAKE_BROKEN, "unasked" },
    { ASK "Sec-WebSocket-Extensions: permessage-deflate, mux\r\n" END,
      ANSWER "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Extensions: mux\r\n" END,
      HANDSHAKE_ACCEPTED, "extensions-repeated extension-unknown" },
    /* subprotocols */
    { ASK "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: mqtt, v2.x\r\n" END,
      ANSWER "Sec-WebSocket-Protocol: v2.x\r\n" END, HANDSHAKE_ACCEPTED, "" },
    { ASK "Sec-WebSocket-Protocol: chat\r\n" END, ANSWER END, HANDSHAKE_ACCEPTED, "" },
    { ASK "Sec-WebSocket-Protocol: chat\r\n" END, ANSWER "Sec-WebSocket-Protocol: Chat\r\n" END,
      HANDSHAKE_BROKEN,
      "protocol-unoffered" },
    { ASK END, ANSWER "Sec-WebSocket-Protocol:\r\n" END, HANDSHAKE_BROKEN, "protocol-unoffered" },
    { ASK "Sec-WebSocket-Protocol: a, b\r\n" END, ANSWER "Sec-WebSocket-Protocol: a, b\r\n" END,
      HANDSHAKE_BROKEN,
      "protocol-several" },
    { ASK "Sec-WebSocket-Protocol: a, b\r\n" END,
      ANSWER "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n" END, HANDSHAKE_BROKEN,
          "protocol-several" },
    { ASK "Sec-WebSocket-Protocol: , a ,\r\nSec-WebSocket-Protocol:\r\n" END, ANSWER END,
      HANDSHAKE_ACCEPTED, "" },
    { ASK "Sec-WebSocket-Protocol: ,\r\nSec-WebSocket-Protocol:\r\n" END, "HTTP/1.1 400 Bad\r\n" END,
      HANDSHAKE_REFUSED, "offered-protocol-invalid" },
    { ASK "Sec-WebSocket-Protocol: a, b, a\r\n" END, ANSWER END, HANDSHAKE_ACCEPTED,
      "offered-protocol-twice" },
    { ASK "Sec-WebSocket-Protocol: a/b\r\n" END, ANSWER END, HANDSHAKE_BROKEN,
      "offered-protocol-invalid accepted-bad-request" },
    /* faults.md 45: what came before the RFC */
    { GET UPGRADE "Sec-WebSocket-Key1: 1 2\r\nSec-WebSocket-Key2: 3\r\n" END, NULL,
      HANDSHAKE_UNANSWERED, "key-missing version-missing old-draft" },
    { GET UPGRADE "Sec-WebSocket-Key1: 1 2\r\nSec-WebSocket-Key2: 3\r\n" END, SWITCH END,
      HANDSHAKE_ACCEPTED, "key-missing version-missing old-draft" },
};

START_TEST(pair_is_judged)
{
    struct pair pair;

    judge(&pair, pairs[_i].request, pairs[_i].response);
    assert_faults(pair.judged.faults, pairs[_i].faults);
    ck_assert_int_eq(pair.judged.verdict, pairs[_i].verdict);
}
END_TEST

START_TEST(views_and_sum_are_those_of_the_example)
{
    struct pair pair;
    struct handshake_sum sum;
    static const uint8_t sha1[HANDSHAKE_SHA1_LENGTH] = { 0xb3, 0x7a, 0x4f, 0x2c, 0xc0, 0x62, 0x4f,
                                                         0x16, 0x90, 0xf6, 0x46, 0x06, 0xcf, 0x38,
                                                         0x59, 0x45, 0xb2, 0xbe, 0xc4, 0xea };

    judge(&pair, ASK "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n" END,
          ANSWER "Sec-WebSocket-Protocol: chat\r\n" END);
    ck_assert(bytes_are(pair.judged.key, "dGhlIHNhbXBsZSBub25jZQ=="));
    ck_assert(bytes_are(pair.judged.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    ck_assert_str_eq(pair.judged.accept_expected, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ck_assert(bytes_are(pair.judged.version, "13"));
    ck_assert(bytes_are(pair.judged.origin, "http://example.com"));
    ck_assert(bytes_are(pair.judged.host, "a"));
    ck_assert(bytes_are(pair.judged.subprotocol, "chat"));
    handshake_sum(pair.judged.key, &sum);
    ck_assert_mem_eq(sum.sha1, sha1, sizeof sha1);
    ck_assert_str_eq(sum.accept, pair.judged.accept_expected);
}
END_TEST

START_TEST(requests_nearly_for_websocket_are_known)
{
    static const struct {
        const char *text;
        bool request;
    } requests[] = {
        { ASK END, true },
        { GET KEY END, true },
        { GET "Upgrade: websocket\r\n" END, true },
        { GET "Sec-WebSocket-Key1: 1 2\r\n" END, true },
        { GET "Upgrade: h2c\r\nConnection: Upgrade\r\n" END, false },
        { GET END, false },
    };

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct http_head head;

        ck_assert_int_eq(handshake_is_request(parse(requests[i].text, true, &head)), requests[i].request);
    }
}
END_TEST

START_TEST(answers_nearly_for_websocket_are_known)
{
    static const struct {
        const char *text;
        bool answer;
    } responses[] = {
        { ANSWER END, true },
        { SWITCH END, true },
        { "HTTP/1.1 101 S\r\n" ACCEPT END, true },
        { "HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n" END, false },
        { "HTTP/1.1 200 OK\r\n" UPGRADE ACCEPT END, false },
    };

    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++) {
        struct http_head head;

        ck_assert_int_eq(handshake_is_answer(parse(responses[i].text, false, &head)), responses[i].answer);
    }
}
END_TEST

/* --- extensions: faults.md 46 --- */

#define PMD "permessage-deflate"

static const struct {
    const char *offer, *answer;     /* field values; NULL: no such field */
    const char *faults;
    bool agreed, other;
    bool no_takeover[2];            /* [C2S], [S2C] */
    int bits[2];
} extensions[] = {
    { NULL, NULL, "", false, false, { false, false }, { 15, 15 } },
    { PMD "; client_max_window_bits", NULL, "", false, false, { false, false }, { 15, 15 } },
    { PMD "; client_max_window_bits", PMD, "", true, false, { false, false }, { 15, 15 } },
    /* each parameter binds the side that it names */
    { PMD, PMD "; server_no_context_takeover", "", true, false, { false, true }, { 15, 15 } },
    { PMD, PMD "; client_no_context_takeover", "", true, false, { true, false }, { 15, 15 } },
    { PMD "; client_max_window_bits", PMD ";client_max_window_bits=10", "", true, false, { false, false },
      { 10, 15 } },
    { PMD, PMD "; server_max_window_bits=9", "", true, false, { false, false }, { 15, 9 } },
    { PMD "; client_max_window_bits=12; server_max_window_bits=\"8\"",
      PMD "; client_max_window_bits = \"15\"; server_max_window_bits=8", "", true, false, { false, false },
          { 15, 8 } },
    /* what was asked for and not kept, or not asked for */
    { PMD "; server_no_context_takeover", PMD, "takeover", true, false, { false, false }, { 15, 15 } },
    { PMD "; client_no_context_takeover", PMD, "", true, false, { false, false }, { 15, 15 } },
    { PMD, PMD "; client_max_window_bits=10", "client-window", true, false, { false, false }, { 10, 15 } },
    { PMD "; server_max_window_bits=10", PMD, "server-window", true, false, { false, false }, { 15, 15 } },
    { PMD "; server_max_window_bits=10", PMD "; server_max_window_bits=11", "server-window", true, false,
      { false, false }, { 15, 11 } },
    { PMD "; server_max_window_bits=10", PMD "; server_max_window_bits=9", "", true, false, { false,
      false }, { 15, 9 } },
    /* several offers: the answer agrees with one of them */
    { PMD "; server_max_window_bits=10, " PMD, PMD, "", true, false, { false, false }, { 15, 15 } },
    { PMD "; server_max_window_bits=10, " PMD "; server_no_context_takeover", PMD, "server-window", true,
      false,
      { false, false }, { 15, 15 } },
    /* values */
    { PMD, PMD "; server_max_window_bits=16", "deflate-invalid", true, false, { false, false }, { 15, 15 } },
    { PMD, PMD "; server_max_window_bits=7", "deflate-invalid", true, false, { false, false }, { 15, 15 } },
    { PMD, PMD "; server_max_window_bits=08", "deflate-invalid", true, false, { false, false }, { 15, 15 } },
    { PMD, PMD "; server_max_window_bits", "deflate-invalid", true, false, { false, false }, { 15, 15 } },
    { PMD "; client_max_window_bits", PMD "; client_max_window_bits", "deflate-invalid", true, false,
      { false, false },
      { 15, 15 } },
    { PMD, PMD "; server_no_context_takeover=1", "deflate-invalid", true, false, { false, true }, { 15,
      15 } },
    { PMD, PMD "; server_no_context_takeover; server_no_context_takeover", "deflate-invalid", true, false,
      { false, true }, { 15, 15 } },
    { PMD, PMD "; nonsense", "deflate-invalid", true, false, { false, false }, { 15, 15 } },
    { PMD "; nonsense", PMD, "offered-deflate-invalid extension-unoffered", true, false, { false, false },
      { 15, 15 } },
    { PMD "; nonsense, " PMD, PMD, "offered-deflate-invalid", true, false, { false, false }, { 15, 15 } },
    { PMD "; server_max_window_bits", NULL, "offered-deflate-invalid", false, false, { false, false },
      { 15, 15 } },
    /* other extensions */
    { NULL, PMD, "extension-unoffered", true, false, { false, false }, { 15, 15 } },
    { "x-webkit-deflate-frame", "x-webkit-deflate-frame", "extension-unknown", false, true, { false, false },
      { 15, 15 } },
    { PMD, "mux", "extension-unoffered extension-unknown", false, true, { false, false }, { 15, 15 } },
    { PMD ", mux; a=\"b,c\"", "mux", "offered-extension-syntax accepted-bad-request extension-unknown",
      false, true,
      { false, false }, { 15, 15 } },
    { PMD, PMD ", " PMD, "extension-twice", true, false, { false, false }, { 15, 15 } },
    { "mux", "mux, mux", "extension-unknown", false, true, { false, false }, { 15, 15 } },
    { "", NULL, "offered-extension-syntax accepted-bad-request", false, false, { false, false }, { 15, 15 } },
    { ", " PMD " ,,", PMD, "", true, false, { false, false }, { 15, 15 } },
    { PMD, "", "extension-syntax", false, false, { false, false }, { 15, 15 } },
    { PMD, PMD ";", "extension-syntax", true, false, { false, false }, { 15, 15 } },
    { PMD, PMD "; =1", "extension-syntax deflate-invalid", true, false, { false, false }, { 15, 15 } },
};

static void write_head(char *text, size_t size, const char *before, const char *value)
{
    snprintf(text, size, "%s%s%s\r\n\r\n", before, value ? "Sec-WebSocket-Extensions: " : "X: ",
        value ? value : "");
}

START_TEST(extensions_are_judged)
{
    char request[1024], response[1024];
    const struct handshake *judged;
    struct pair pair;

    write_head(request, sizeof request, ASK, extensions[_i].offer);
    write_head(response, sizeof response, ANSWER, extensions[_i].answer);
    judge(&pair, request, response);
    judged = &pair.judged;
    assert_faults(judged->faults, extensions[_i].faults);
    ck_assert_int_eq(judged->deflate.agreed, extensions[_i].agreed);
    ck_assert_int_eq(judged->other_extension, extensions[_i].other);
    for (enum direction side = C2S; side <= S2C; side++) {
        ck_assert_int_eq(judged->deflate.no_context_takeover[side], extensions[_i].no_takeover[side]);
        ck_assert_int_eq(judged->deflate.window_bits[side], extensions[_i].bits[side]);
    }
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(table)[0])

int main(void)
{
    Suite *suite = suite_create("handshake");
    TCase *heads = tcase_create("heads");
    TCase *deflate = tcase_create("extensions");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(heads, pair_is_judged, 0, COUNT(pairs));
    tcase_add_test(heads, views_and_sum_are_those_of_the_example);
    tcase_add_test(heads, requests_nearly_for_websocket_are_known);
    tcase_add_test(heads, answers_nearly_for_websocket_are_known);
    suite_add_tcase(suite, heads);
    tcase_add_loop_test(deflate, extensions_are_judged, 0, COUNT(extensions));
    suite_add_tcase(suite, deflate);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
