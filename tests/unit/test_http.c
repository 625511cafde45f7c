/* SPDX-License-Identifier: MIT */
#include "core/http.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* --- one direction, told as text --- */

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
    [HTTP_UPGRADE_NOT_NAMED] = "upgrade-not-named",
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
    bool switched;              /* the latter */
    size_t left;                /* bytes for that other protocol */
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
    int n = vsnprintf(side->told + side->told_length, sizeof side->told - side->told_length, format,
        arguments);
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
                 (const char *)head->fields[i].name.data, (int)bytes_first(head->fields[i].value, 20).length,
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

/* The steps that a piece gives. It is a block of its own, gone on return: whoever keeps a view of it is found
 * out. */
static void feed(struct side *side, const char *data, size_t n, bool segment_start)
{
    uint8_t *copy = malloc(n ? n : 1);
    struct bytes input = { copy, n };
    enum http_step step = HTTP_HEAD;
    struct http_head head;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, n);
    while (!side->over && step != HTTP_MORE) {
        bool at_start = segment_start && input.data == copy;

        step = http_step(&side->reader, &input, at_start, &head, &side->limits, &side->memory);
        tell_step(side, step, &head);
        ck_assert(step != HTTP_MORE || input.length == 0);
        side->switched = step == HTTP_END && head.status == 101;
        side->over = side->switched || step == HTTP_REFUSED || step == HTTP_HEAD_TOO_LONG;
    }
    side->left += input.length;
    free(copy);
}

static void feed_in_pieces(struct side *side, const char *text, size_t n, size_t piece)
{
    for (size_t at = 0; at < n && (!side->over || side->switched); at += piece) {
        feed(side, text + at, n - at < piece ? n - at : piece, false);
    }
}

static const char *finish(struct side *side)
{
    struct http_head head;

    if (side->switched) {
        tell(side, "left: %zu\n", side->left);
    } else if (!side->over) {
        tell_step(side, http_finish(&side->reader, &head), &head);
        ck_assert_int_eq(http_finish(&side->reader, &head), HTTP_MORE);
    }
    http_reader_release(&side->reader, &side->memory);
    ck_assert_uint_eq(side->memory.used, 0);
    return side->told;
}

/* --- conversations --- */

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
    { true, OTHER, "GET / HTTP/1.1\nHost: a\n\n",
      "GET / [Host=a] none bare-lf\n  end of GET /: 0 whole bare-lf\n" },
    { true, OTHER, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n  c\r\n\r\n",
      "GET / [Host=a] [X=b\r\n  c] none folded\n  end of GET /: 0 whole folded\n" },
    { true, OTHER, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 3\r\n\r\nabc",
      "POST / [Host=a] [Content-Length=3] length folded\n  end of POST /: 3 whole folded\n" },
    { true, OTHER, "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / [Host=a] none space-before-colon\n  end of GET /: 0 whole space-before-colon\n" },
    { true, OTHER, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n: x\r\n\r\n",
      "GET / [Host=a] [no colon=] [=x] none field-name\n  end of GET /: 0 whole field-name\n" },
    { true, OTHER, "GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
      "GET / [X=y] [Host=a] none field-name\n  end of GET /: 0 whole field-name\n" },
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
    { true, OTHER, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
      "OPTIONS * [Host=a] none\n  end of OPTIONS *: 0 whole\n" },
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
    { true, OTHER, "GET / HTTP/1.1\r\n\r\n",
      "GET / none host-missing\n  end of GET /: 0 whole host-missing\n" },
    { true, OTHER, "GET / HTTP/1.1\r\n" HOST HOST "\r\n",
      "GET / [Host=a] [Host=a] none host-repeated\n  end of GET /: 0 whole host-repeated\n" },
    { true, OTHER, "GET / HTTP/1.1\r\n" HOST "Upgrade: x\r\nConnection: close\r\n\r\n",
      "GET / [Host=a] [Upgrade=x] [Connection=close] none upgrade-not-in-connection\n"
      "  end of GET /: 0 whole upgrade-not-in-connection\n" },
    /* faults.md 40 */
    { false, OTHER, "HTTP/1.1 101 \r\n\r\nframe", "101 none\n  end of 101: 0 whole\nleft: 5\n" },
    { false, OTHER, "HTTP/1.1 101\r\n\r\n",
      "101 none start-line\n  end of 101: 0 whole start-line\nleft: 0\n" },
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
      "200 [Content-Length=2] [Content-Length=3] close length-invalid\n"
      "  end of 200: 3 whole length-invalid\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nabc",
      "200 [Content-Length=18446744073709551616] close length-invalid\n"
      "  end of 200: 3 whole length-invalid\n" },
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
      "POST / HTTP/1.1\r\n"
          HOST "Transfer-Encoding: gzip, Chunked\r\n\r\n0005 \r\nhello\r\nA\r\n0123456789\r\n"
      "000\r\n\r\n" GET,
      "POST / [Host=a] [Transfer-Encoding=gzip, Chunked] chunked\n  end of POST /: 15 whole\n"
      "GET / [Host=a] none\n  end of GET /: 0 whole\n" },
    { true, OTHER, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
      "POST / [Host=a] [Transfer-Encoding=chunked] chunked\n  end of POST /: 3 whole bare-lf\n" },
    { true, OTHER, "POST / HTTP/1.1\r\n"
      HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
      "POST / [Host=a] [Transfer-Encoding=chunked] [Content-Length=3] chunked length-and-coding\n"
      "  end of POST /: 0 whole length-and-coding\n" },
    { true, OTHER, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\nabc",
      "POST / [Host=a] [Transfer-Encoding=chunked, gzip] close coding-not-final\n"
      "  end of POST /: 3 whole coding-not-final\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
      "200 [Transfer-Encoding=gzip] close\n  end of 200: 3 whole\n" },
    /* chunks that cannot be followed: the message ends, and nothing is believed until a segment begins */
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 0 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 0 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 2 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 2 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 2 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 0 cut chunk-malformed\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 3 cut body-cut\n" },
    { false, OTHER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
      "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 3 cut body-cut\n" },
};

#define CONVERSATIONS (int)(sizeof conversations / sizeof conversations[0])

/* faults.md 41: nothing that is told depends on where the stream was cut. */
START_TEST(conversation_is_the_same_however_cut)
{
    const char *text = conversations[_i].text;
    size_t n = strlen(text);

    for (size_t cut = 0; cut <= n; cut++) {
        struct side side;

        side_init(&side, conversations[_i].requests, false, conversations[_i].answer_to);
        feed(&side, text, cut, false);
        feed(&side, text + cut, n - cut, false);
        ck_assert_str_eq(finish(&side), conversations[_i].told);
    }
}
END_TEST

/* faults.md 22: the segments of 1, 7 and 97 bytes, and some more. */
START_TEST(conversation_is_the_same_in_small_pieces)
{
    static const size_t sizes[] = { 1, 2, 3, 7, 16, 97 };
    const char *text = conversations[_i].text;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct side side;

        side_init(&side, conversations[_i].requests, false, conversations[_i].answer_to);
        feed_in_pieces(&side, text, strlen(text), sizes[i]);
        ck_assert_str_eq(finish(&side), conversations[_i].told);
    }
}
END_TEST

/* --- what a reader keeps --- */

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void feed_text(struct side *side, const char *text)
{
    feed(side, text, strlen(text), true);
}

START_TEST(whole_messages_cost_no_heap)
{
    static const char text[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" GET;
    struct side side;

    side_init(&side, true, false, OTHER);
    side.memory.limit = 0;
    feed(&side, text, sizeof text - 1, true);
    ck_assert_uint_eq(side.memory.refused, 0);
    ck_assert_str_eq(finish(&side), "POST / [Host=a] [Content-Length=3] length\n  end of POST /: 3 whole\n"
                                    "GET / [Host=a] none\n  end of GET /: 0 whole\n");
}
END_TEST

START_TEST(nothing_is_kept_between_messages)
{
    struct side side;

    side_init(&side, true, false, OTHER);
    feed_text(&side, "GET / HT");
    ck_assert_uint_gt(side.memory.used, 0);
    feed_text(&side, "TP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_uint_eq(side.memory.used, 0);
    feed_text(&side, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
    ck_assert_uint_gt(side.memory.used, 0);
    feed_text(&side, "bc");
    ck_assert_uint_eq(side.memory.used, 0);
    finish(&side);
}
END_TEST

START_TEST(without_memory_a_cut_head_is_lost_and_a_later_one_found)
{
    struct side side;

    side_init(&side, true, false, OTHER);
    side.memory.limit = 0;
    feed_text(&side, "GET / HTTP/1.1\r\nHo");
    feed_text(&side, "st: a\r\n\r\n");
    feed_text(&side, GET);
    ck_assert_uint_eq(side.memory.refused, 1);
    ck_assert_str_eq(finish(&side), "GET / [Host=a] none\n  end of GET /: 0 whole\n");
}
END_TEST

START_TEST(without_memory_a_message_ends_without_its_head)
{
    struct side side;

    side_init(&side, true, false, OTHER);
    side.memory.limit = 0;
    feed_text(&side, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
    feed_text(&side, "bc");
    ck_assert_str_eq(finish(&side), "POST / [Host=a] [Content-Length=3] length\n  end of  : 3 whole\n");
}
END_TEST

/* --- limits: faults.md 39 --- */

/* n bytes of a start line and what it is followed by, over and over. */
static char *long_head(const char *repeated, size_t n)
{
    char *text = malloc(n + 1);
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    size_t unit = strlen(repeated);

    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < n; i++) {
        text[i] = i < sizeof start - 1 ? start[i] : repeated[(i - (sizeof start - 1)) % unit];
    }
    text[n] = '\0';
    return text;
}

/* One line, or 100,000 fields: told once, whatever the pieces, and nothing stays behind. */
START_TEST(head_without_end_is_too_long)
{
    static const char *const repeated[] = { "x", "a\r\nB: " };
    static const size_t pieces[] = { 1, 1460, 1 << 20 };

    for (size_t i = 0; i < 2; i++) {
        char *text = long_head(repeated[i], 1 << 20);

        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            struct side side;

            side_init(&side, true, false, OTHER);
            feed_in_pieces(&side, text, 1 << 20, pieces[j]);
            ck_assert_str_eq(finish(&side), "too long\n");
        }
        free(text);
    }
}
END_TEST

START_TEST(head_may_be_as_long_as_the_limit)
{
    for (size_t longer = 0; longer <= 1; longer++) {
        for (size_t piece = 1; piece <= 100000; piece *= 10) {
            size_t n = 65536 + longer;
            char *text = long_head("x", n);
            struct side side;

            memcpy(text + n - 4, "\r\n\r\n", 4);
            side_init(&side, true, false, OTHER);
            feed_in_pieces(&side, text, n, piece);
            ck_assert_str_eq(finish(&side), longer ? "too long\n"
                : "GET / [Host=a] [X=xxxxxxxxxxxxxxxxxxxx] none\n"
                                                                    "  end of GET /: 0 whole\n");
            free(text);
        }
    }
}
END_TEST

/* --- bytes that were never captured --- */

START_TEST(gap_inside_a_body_is_counted_off)
{
    struct side side;

    side_init(&side, false, false, OTHER);
    feed_text(&side, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    ck_assert(http_skip(&side.reader, 4, &side.memory));
    feed_text(&side, "hijHTTP/1.1 204 N\r\n\r\n");
    ck_assert_str_eq(finish(&side), "200 [Content-Length=10] length\n  end of 200: 10 whole\n"
                                    "204 none\n  end of 204: 0 whole\n");
}
END_TEST

START_TEST(gap_up_to_the_end_of_a_body_is_counted_off)
{
    struct side side;

    side_init(&side, false, false, OTHER);
    feed_text(&side, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    ck_assert(http_skip(&side.reader, 7, &side.memory));
    ck_assert_str_eq(finish(&side), "200 [Content-Length=10] length\n  end of 200: 10 whole\n");

    side_init(&side, false, false, OTHER);
    feed_text(&side, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    ck_assert(http_skip(&side.reader, 7, &side.memory));
    ck_assert(!http_skip(&side.reader, 1, &side.memory));
    feed_text(&side, "Y\r\n\r\n");
    feed_text(&side, "HTTP/1.1 204 N\r\n\r\n");
    ck_assert_str_eq(finish(&side), "200 [Content-Length=10] length\n  end of 200: 10 whole\n"
                                    "204 none\n  end of 204: 0 whole\n");
}
END_TEST

START_TEST(gap_longer_than_the_body_cuts_it)
{
    struct side side;

    side_init(&side, false, false, OTHER);
    feed_text(&side, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    ck_assert(!http_skip(&side.reader, 8, &side.memory));
    feed_text(&side, "TTP/1.1 204 N\r\n\r\n");
    ck_assert_str_eq(finish(&side), "200 [Content-Length=10] length\n  end of 200: 3 cut\n");
}
END_TEST

START_TEST(gap_inside_a_chunk_is_counted_off)
{
    struct side side;

    side_init(&side, false, false, OTHER);
    feed_text(&side, CHUNKED "6\r\nab");
    ck_assert(http_skip(&side.reader, 4, &side.memory));
    feed_text(&side, "\r\n2\r\nxy\r\n0\r\n\r\n");
    ck_assert_str_eq(finish(&side), "200 [Transfer-Encoding=chunked] chunked\n  end of 200: 8 whole\n");
}
END_TEST

START_TEST(gap_before_the_close_is_counted_off)
{
    struct side side;

    side_init(&side, false, false, OTHER);
    feed_text(&side, "HTTP/1.1 200 OK\r\n\r\nabc");
    ck_assert(http_skip(&side.reader, UINT64_C(1) << 40, &side.memory));
    ck_assert_str_eq(finish(&side), "200 close\n  end of 200: 1099511627779 whole\n");
}
END_TEST

/* Where a gap may hold a line of HTTP, the message is cut, and only a start line at a segment's start ends
 * the search for the next: not one inside a segment (faults.md 44), nor a segment that only begins like
 * one. */
START_TEST(gap_elsewhere_loses_the_place)
{
    static const char *const before[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        CHUNKED "6",
        CHUNKED "6\r\nabcdef",
        CHUNKED "0\r\nT",
    };

    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        struct side side;

        side_init(&side, false, false, OTHER);
        feed_text(&side, before[i]);
        ck_assert(!http_skip(&side.reader, 100, &side.memory));
        feed_text(&side, "xx HTTP/1.1 101 S\r\n\r\n");
        feed_text(&side, "HTTP/1.1 20\r\n\r\nHTTP/1.1 101 S\r\n\r\n");
        feed_text(&side, "HTTP/1.1 101 S\r\nno field\r\n\r\n");
        feed_text(&side, "HTTP/1.1 204 N\r\n\r\n");
        ck_assert_ptr_nonnull(strstr(finish(&side), "cut\n204 none\n  end of 204: 0 whole\n"));
    }
}
END_TEST

START_TEST(gap_between_heads_loses_the_place)
{
    struct side side;

    side_init(&side, true, false, OTHER);
    feed_text(&side, "GET / HTTP/1.1\r\nHo");
    ck_assert(!http_skip(&side.reader, 10, &side.memory));
    ck_assert_uint_eq(side.memory.used, 0);
    feed_text(&side, "Lorem ipsum");
    feed_text(&side, GET);
    ck_assert(!http_skip(&side.reader, 10, &side.memory));
    feed_text(&side, "dolor sit amet\r\n");
    ck_assert_str_eq(finish(&side), "GET / [Host=a] none\n  end of GET /: 0 whole\n");
}
END_TEST

START_TEST(reader_that_joined_late_looks_for_a_start)
{
    struct side side;

    side_init(&side, false, true, OTHER);
    feed_text(&side, "</html>");
    feed(&side, "HTTP/1.1 200 OK\r\n", 17, false);
    feed_text(&side, "HTTP/1.1 404 N");
    feed(&side, "one\r\nContent-Length: 0\r\n\r\n", 26, false);
    ck_assert_str_eq(finish(&side), "404 [Content-Length=0] length\n  end of 404: 0 whole\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *cut = tcase_create("cut anywhere");
    TCase *kept = tcase_create("memory and limits");
    TCase *gaps = tcase_create("gaps");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(cut, conversation_is_the_same_however_cut, 0, CONVERSATIONS);
    tcase_add_loop_test(cut, conversation_is_the_same_in_small_pieces, 0, CONVERSATIONS);
    suite_add_tcase(suite, cut);
    tcase_set_timeout(kept, 60);
    tcase_add_test(kept, whole_messages_cost_no_heap);
    tcase_add_test(kept, nothing_is_kept_between_messages);
    tcase_add_test(kept, without_memory_a_cut_head_is_lost_and_a_later_one_found);
    tcase_add_test(kept, without_memory_a_message_ends_without_its_head);
    tcase_add_test(kept, head_without_end_is_too_long);
    tcase_add_test(kept, head_may_be_as_long_as_the_limit);
    suite_add_tcase(suite, kept);
    tcase_add_test(gaps, gap_inside_a_body_is_counted_off);
    tcase_add_test(gaps, gap_up_to_the_end_of_a_body_is_counted_off);
    tcase_add_test(gaps, gap_longer_than_the_body_cuts_it);
    tcase_add_test(gaps, gap_inside_a_chunk_is_counted_off);
    tcase_add_test(gaps, gap_before_the_close_is_counted_off);
    tcase_add_test(gaps, gap_elsewhere_loses_the_place);
    tcase_add_test(gaps, gap_between_heads_loses_the_place);
    tcase_add_test(gaps, reader_that_joined_late_looks_for_a_start);
    suite_add_tcase(suite, gaps);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
