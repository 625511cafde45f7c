/* SPDX-License-Identifier: MIT */
#include "core/http.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* --- one direction, told as text ------------------------------------------------------------------------ */

static const char *const fault_names[HTTP_FAULTS] = {
    [HTTP_BARE_LF] = "bare-lf",
    [HTTP_BARE_CR] = "bare-cr",
    [HTTP_FOLDED_FIELD] = "folded",
    [HTTP_SPACE_BEFORE_COLON] = "space-before-colon",
    [HTTP_FIELD_NAME] = "field-name",
    [HTTP_FIELD_VALUE] = "field-value",
    [HTTP_START_LINE] = "start-line",
    [HTTP_HOST_MISSING] = "host-missing",
    [HTTP_HOST_REPEATED] = "host-repeated",
    [HTTP_LENGTH_INVALID] = "length-invalid",
    [HTTP_LENGTH_AND_CODING] = "length-and-coding",
    [HTTP_LENGTH_FORBIDDEN] = "length-forbidden",
    [HTTP_CODING_FORBIDDEN] = "coding-forbidden",
    [HTTP_CODING_NOT_FINAL] = "coding-not-final",
    [HTTP_CHUNK_MALFORMED] = "chunk-malformed",
    [HTTP_STATUS_RANGE] = "status-range",
    [HTTP_UPGRADE_NOT_IN_CONNECTION] = "upgrade-not-in-connection",
    [HTTP_BODY_CUT] = "body-cut",
    [HTTP_FIELDS_LIMIT] = "fields-limit",
};

static const char *const framing_names[] = {
    [HTTP_NO_BODY] = "none",
    [HTTP_BY_LENGTH] = "length",
    [HTTP_CHUNKED] = "chunked",
    [HTTP_UNTIL_CLOSE] = "close",
};

struct side {
    struct http_reader reader;
    struct memory memory;
    struct limits limits;
    char told[4096];
    size_t told_length;
    bool over;                  /* refused, or another protocol's turn */
};

static void side_init(struct side *side, bool requests, bool lost, enum http_answer_to answer_to)
{
    *side = (struct side){ .memory = { .limit = 1 << 20 }, .limits = LIMITS_DEFAULT };
    http_reader_init(&side->reader, requests, lost);
    side->reader.answer_to = (uint8_t)answer_to;
}

static void tell(struct side *side, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct side *side, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(side->told + side->told_length, sizeof side->told - side->told_length, format, arguments);
    va_end(arguments);
    ck_assert_int_lt(n, (int)(sizeof side->told - side->told_length));
    side->told_length += (size_t)n;
}

static void tell_faults(struct side *side, uint64_t faults)
{
    for (unsigned i = 0; i < HTTP_FAULTS; i++) {
        if (faults >> i & 1) {
            tell(side, " %s", fault_names[i]);
        }
    }
    tell(side, "\n");
}

static void tell_start_line(struct side *side, const struct http_head *head)
{
    if (head->is_request) {
        tell(side, "%.*s %.*s", (int)head->method.length, (const char *)head->method.data,
             (int)head->target.length, (const char *)head->target.data);
    } else {
        tell(side, "%u", head->status);
    }
}

/* The name and value of every field, so that a stale view would show (and be caught by the sanitizer). */
static void tell_step(struct side *side, enum http_step step, const struct http_head *head)
{
    if (step == HTTP_HEAD) {
        tell_start_line(side, head);
        for (size_t i = 0; i < head->field_count && head->field_count < 20; i++) {
            tell(side, " [%.*s=%.*s]", (int)head->fields[i].name.length,
                 (const char *)head->fields[i].name.data, (int)head->fields[i].value.length,
                 (const char *)head->fields[i].value.data);
        }
        tell(side, " %s", framing_names[head->framing]);
        tell_faults(side, head->faults);
    } else if (step == HTTP_END) {
        tell(side, "  end of ");
        tell_start_line(side, head);
        tell(side, ": %llu %s", (unsigned long long)head->body_length, head->complete ? "whole" : "cut");
        tell_faults(side, head->faults);
    } else if (step == HTTP_REFUSED) {
        tell(side, "refused\n");
    } else if (step == HTTP_HEAD_TOO_LONG) {
        tell(side, "too long\n");
    }
}

/* The piece is a block of its own, gone on return: whoever keeps a view of it is found out. */
static void feed(struct side *side, const char *data, size_t n, bool segment_start)
{
    uint8_t *copy = malloc(n ? n : 1);
    struct bytes input = { copy, n };
    struct http_head head;
    enum http_step step = HTTP_MORE;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, n);
    while (!side->over) {
        bool at_start = segment_start && input.data == copy;

        step = http_step(&side->reader, &input, at_start, &head, &side->limits, &side->memory);
        tell_step(side, step, &head);
        if (step == HTTP_MORE) {
            ck_assert_uint_eq(input.length, 0);
            break;
        }
        side->over = step == HTTP_REFUSED || step == HTTP_HEAD_TOO_LONG ||
                     (step == HTTP_END && head.status == 101);
        if (side->over && step == HTTP_END) {
            tell(side, "left: %zu\n", input.length);
        }
    }
    free(copy);
}

static const char *finish(struct side *side)
{
    struct http_head head;

    if (!side->over) {
        tell_step(side, http_finish(&side->reader, &head), &head);
    }
    http_reader_release(&side->reader, &side->memory);
    ck_assert_uint_eq(side->memory.used, 0);
    return side->told;
}

/* --- conversations ---------------------------------------------------------------------------------------- */

#define GET   "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define HOST  "Host: a\r\n"
#define OTHER HTTP_ANSWER_TO_OTHER

static const struct {
    bool requests;
    enum http_answer_to answer_to;
    const char *text;
    const char *told;
} conversations[] = {
    { true, OTHER, GET, "GET / [Host=a] none\n  end of GET /: 0 whole\n" },
    { true, OTHER, GET GET,
      "GET / [Host=a] none\n  end of GET /: 0 whole\nGET / [Host=a] none\n  end of GET /: 0 whole\n" },
    /* faults.md 38: what real software sends, and worse */
    { true, OTHER, "GET / HTTP/1.1\r\nhOsT:a\r\nX:\t b\t\r\nY:\r\n\r\n",
      "GET / [hOsT=a] [X=b] [Y=] none\n  end of GET /: 0 whole\n" },
    { true, OTHER, "GET / HTTP/1.1\nHost: a\n\n", "GET / [Host=a] none bare-lf\n  end of GET /: 0 whole bare-lf\n" },
    { true, OTHER, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n  c\r\n\r\n",
      "GET / [Host=a] [X=b\r\n  c] none folded\n  end of GET /: 0 whole folded\n" },
    { true, OTHER, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 3\r\n\r\nabc",
      "POST / [Host=a] [Content-Length=3] length folded\n  end of POST /: 3 whole folded\n" },
    { true, OTHER, "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / [Host=a] none space-before-colon\n  end of GET /: 0 whole space-before-colon\n" },
    { true, OTHER, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n: x\r\n\r\n",
      "GET / [Host=a] [no colon=] [=x] none field-name\n  end of GET /: 0 whole field-name\n" },
    { true, OTHER, "GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
      "GET / [X=y] [Host=a] none space-before-colon\n  end of GET /: 0 whole space-before-colon\n" },
    { true, OTHER, "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\x01\xE9\r\n\r\n",
      "GET / [Host=a] [X=b\rc\x01\xE9] none bare-cr field-value\n"
      "  end of GET /: 0 whole bare-cr field-value\n" },
    { true, OTHER, "\r\n\n\r\n" GET "\r\n\r\n" GET,
      "GET / [Host=a] none\n  end of GET /: 0 whole\nGET / [Host=a] none\n  end of GET /: 0 whole\n" },
    /* start lines */
    { true, OTHER, "get / HTTP/1.0\r\n\r\n", "get / none\n  end of get /: 0 whole\n" },
    { true, OTHER, "GET /a b HTTP/1.1\r\n" HOST "\r\n",
      "GET /a b [Host=a] none start-line\n  end of GET /a b: 0 whole start-line\n" },
    { true, OTHER, "GET  /\tHTTP/1.1 \r\n" HOST "\r\n",
      "GET / [Host=a] none start-line\n  end of GET /: 0 whole start-line\n" },
    { true, OTHER, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "OPTIONS * [Host=a] none\n  end of OPTIONS *: 0 whole\n" },
    { true, OTHER, "GET http://a/ HTTP/1.1\r\n" HOST "\r\n",
      "GET http://a/ [Host=a] none\n  end of GET http://a/: 0 whole\n" },
    { true, OTHER, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n",
      "CONNECT a:80 [Host=a] none\n  end of CONNECT a:80: 0 whole\n" },
    { true, OTHER, "CONNECT /x HTTP/1.1\r\n" HOST "\r\n",
      "CONNECT /x [Host=a] none start-line\n  end of CONNECT /x: 0 whole start-line\n" },
    { true, OTHER, "PRI * HTTP/2.0\r\n\r\n", "PRI * none\n  end of PRI *: 0 whole\n" },
    { true, OTHER, "GET /\r\n\r\n", "refused\n" },
    { true, OTHER, "EHLO example.org\r\nwhatever", "refused\n" },
    { true, OTHER, "\x16\x03\x01\x02\x05", "refused\n" },
    { true, OTHER, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "refused\n" },
    { true, OTHER, "GET / HTTP/1.1\r\n\r\n", "GET / none host-missing\n  end of GET /: 0 whole host-missing\n" },
    { true, OTHER, "GET / HTTP/1.1\r\n" HOST HOST "\r\n",
      "GET / [Host=a] [Host=a] none host-repeated\n  end of GET /: 0 whole host-repeated\n" },
    { true, OTHER, "GET / HTTP/1.1\r\n" HOST "Upgrade: x\r\nConnection: close\r\n\r\n",
      "GET / [Host=a] [Upgrade=x] [Connection=close] none upgrade-not-in-connection\n"
      "  end of GET /: 0 whole upgrade-not-in-connection\n" },
    /* faults.md 40 */
    { false, OTHER, "HTTP/1.1 101 \r\n\r\nframe", "101 none\n  end of 101: 0 whole\nleft: 5\n" },
    { false, OTHER, "HTTP/1.1 101\r\n\r\n", "101 none start-line\n  end of 101: 0 whole start-line\nleft: 0\n" },
    { false, OTHER, "HTTP/1.1 777 Odd\r\nContent-Length: 0\r\n\r\n",
      "777 [Content-Length=0] length status-range\n  end of 777: 0 whole status-range\n" },
    { false, OTHER, "HTTP/1.1 20 OK\r\n\r\n", "refused\n" },
    { false, OTHER, "\x81\x05hello", "refused\n" },
    /* bodies: RFC 9112 section 6.3 */
    { true, OTHER, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" GET,
      "POST / [Host=a] [Content-Length=5] length\n  end of POST /: 5 whole\n"
      "GET / [Host=a] none\n  end of GET /: 0 whole\n" },
    { true, OTHER, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhel",
      "POST / [Host=a] [Content-Length=5] length\n  end of POST /: 3 cut body-cut\n" },
    { true, OTHER, "POST / HTTP/1.1\r\n" HOST "Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab",
      "POST / [Host=a] [Content-Length=2, 2] [Content-Length=2] length\n  end of POST /: 2 whole\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
      "200 [Content-Length=2] [Content-Length=3] close length-invalid\n  end of 200: 3 whole length-invalid\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nabc",
      "200 [Content-Length=18446744073709551616] close length-invalid\n  end of 200: 3 whole length-invalid\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nabc",
      "200 [Content-Length=18446744073709551615] length\n  end of 200: 3 cut body-cut\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 close\n  end of 200: 13 whole\n" },
    { false, OTHER, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 None\r\n\r\n",
      "304 [Content-Length=9] none\n  end of 304: 0 whole\n204 none\n  end of 204: 0 whole\n" },
    { false, OTHER, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "204 [Content-Length=0] [Transfer-Encoding=chunked] none length-and-coding length-forbidden "
      "coding-forbidden\n"
      "  end of 204: 0 whole length-and-coding length-forbidden coding-forbidden\n" },
    { false, HTTP_ANSWER_TO_HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
      "200 [Content-Length=9] none\n  end of 200: 0 whole\n" },
    { false, HTTP_ANSWER_TO_CONNECT, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
      "200 [Content-Length=9] none length-forbidden\n  end of 200: 0 whole length-forbidden\n" },
    { false, HTTP_ANSWER_TO_CONNECT, "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno",
      "407 [Content-Length=2] length\n  end of 407: 2 whole\n" },
    /* faults.md 43: an interim response is a message of its own */
    { false, HTTP_ANSWER_TO_UPGRADE,
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 101 S\r\n\r\n\x81",
      "100 none\n  end of 100: 0 whole\n401 [Content-Length=2] length\n  end of 401: 2 whole\n"
      "101 none\n  end of 101: 0 whole\nleft: 1\n" },
    /* faults.md 44: a 101 inside a body is none */
    { false, OTHER,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nHTTP/1.1 101 X\r\n\r\n4;a=\"b\"\r\nmore\r\n"
      "0\r\nT: v\r\n\r\nHTTP/1.1 101 \r\n\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 20 whole\n101 none\n  end of 101: 0 whole\n"
      "left: 0\n" },
    { true, OTHER,
      "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, Chunked\r\n\r\n0005 \r\nhello\r\nA\r\n0123456789\r\n"
      "000\r\n\r\n" GET,
      "POST / [Host=a] [Transfer-Encoding=gzip, Chunked] chunked\n  end of POST /: 15 whole\n"
      "GET / [Host=a] none\n  end of GET /: 0 whole\n" },
    { true, OTHER, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
      "POST / [Host=a] [Transfer-Encoding=chunked] chunked\n  end of POST /: 3 whole bare-lf\n" },
    { true, OTHER, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
      "POST / [Host=a] [Transfer-Encoding=chunked] [Content-Length=3] chunked length-and-coding\n"
      "  end of POST /: 0 whole length-and-coding\n" },
    { true, OTHER, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\nabc",
      "POST / [Host=a] [Transfer-Encoding=chunked, gzip] close coding-not-final\n"
      "  end of POST /: 3 whole coding-not-final\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
      "200 [Transfer-Encoding=gzip] close\n  end of 200: 3 whole\n" },
    /* chunks that cannot be followed: the message ends, and nothing is believed until a segment starts anew */
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 0 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 0 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 2 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 0 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 3 cut body-cut\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 3 cut body-cut\n" },
};

#define CONVERSATIONS (int)(sizeof conversations / sizeof conversations[0])

static void expect(int i, struct side *side)
{
    ck_assert_str_eq(finish(side), conversations[i].told);
}

static void begin(int i, struct side *side)
{
    side_init(side, conversations[i].requests, false, conversations[i].answer_to);
}

/* faults.md 41: nothing that is told depends on where the stream was cut. */
START_TEST(conversation_is_the_same_however_cut)
{
    const char *text = conversations[_i].text;
    size_t n = strlen(text);
    struct side side;

    for (size_t cut = 0; cut <= n; cut++) {
        bool left_changes = strstr(conversations[_i].told, "left: ") != NULL;

        if (left_changes && cut != 0) {
            continue;       /* how much is left for the next protocol is what the test below asks */
        }
        begin(_i, &side);
        feed(&side, text, cut, false);
        feed(&side, text + cut, n - cut, false);
        expect(_i, &side);
    }
}
END_TEST

START_TEST(conversation_is_the_same_byte_by_byte)
{
    const char *text = conversations[_i].text;
    const char *left = strstr(conversations[_i].told, "left: ");
    struct side side;

    begin(_i, &side);
    for (size_t i = 0; text[i] != '\0'; i++) {
        feed(&side, text + i, 1, false);
    }
    if (left != NULL) {
        ck_assert_mem_eq(finish(&side), conversations[_i].told, (size_t)(left - conversations[_i].told));
    } else {
        expect(_i, &side);
    }
}
END_TEST

START_TEST(nul_in_a_value_is_read_and_noted)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n";
    struct http_head head;

    ck_assert_int_eq(http_parse_head(bytes_of(text, sizeof text - 1), true, &head), HTTP_HEAD);
    ck_assert_uint_eq(head.fields[1].value.length, 3);
    ck_assert_uint_eq(head.faults, UINT64_C(1) << HTTP_FIELD_VALUE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *cut = tcase_create("cut anywhere");
    TCase *heads = tcase_create("heads");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(cut, conversation_is_the_same_however_cut, 0, CONVERSATIONS);
    tcase_add_loop_test(cut, conversation_is_the_same_byte_by_byte, 0, CONVERSATIONS);
    suite_add_tcase(suite, cut);
    tcase_add_test(heads, nul_in_a_value_is_read_and_noted);
    suite_add_tcase(suite, heads);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
