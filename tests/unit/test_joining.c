/* SPDX-License-Identifier: MIT */
#include "core/joining.h"
#include "unit/talk.h"

/* First bytes of both directions, in the order in which they come, and the verdict after each. */

#define WAIT     JOINING_WAIT
#define HELLO_5  "\x16\3\1\0\4"
#define C(bytes) { C2S, bytes, sizeof bytes - 1 }
#define S(bytes) { S2C, bytes, sizeof bytes - 1 }
/* "Hello" as in RFC 6455 section 5.7 */
#define HELLO_MASKED "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
#define HELLO        "\x81\x05Hello"

struct piece {
    enum direction direction;
    const char *bytes;
    size_t length;
};

static const struct row {
    const char *name;
    bool fresh, guess;
    struct piece pieces[8];
    enum joining_protocol verdict;      /* after the last piece; all before it say to wait */
    bool swapped;
    enum joining_protocol at_end;       /* where the verdict is to wait */
} rows[] = {
    { "a request", true, true, { C("GET / HTTP/1.1\r\n") }, JOINING_HTTP, false, 0 },
    { "its first letter", true, true, { C("G") }, JOINING_HTTP, false, 0 },
    { "TLS", true, true, { C(HELLO_5 "\1\0\0\0") }, JOINING_TLS, false, 0 },
    { "TLS, its hello in two (69)", true, true, { C(HELLO_5 "\1\0"), C("\0\0") }, JOINING_TLS, false, 0 },
    { "TLS, byte after byte", true, true,
      { C("\x16"), C("\3"), C("\1\0\4"), C("\1\0\0\0") }, JOINING_TLS, false, 0 },
    { "neither", true, true, { C("\0\1\2\3") }, JOINING_OTHER, false, 0 },
    { "the server speaks first, not HTTP", true, true,
      { S("220 smtp"), C("\0\1") }, JOINING_OTHER, false, 0 },
    { "roles are the other way round (31)", true, true, { S("GET / HTTP/1.1\r\n") }, JOINING_HTTP, true, 0 },
    { "frames are no beginning", true, true, { C(HELLO_MASKED) }, JOINING_OTHER, false, 0 },
    { "late: a request", false, true, { C("GET / HTTP/1.1\r\n") }, JOINING_HTTP, false, 0 },
    { "late: an answer from whom we took for the client", false, true,
      { C("HTTP/1.1 200 OK\r\n") }, JOINING_HTTP, true, 0 },
    { "late: text that only begins like a request", false, true, { C("GET me out of here") }, WAIT, false,
      JOINING_OTHER },
    { "late: a TLS record", false, true, { S("\x17\3\3\0\4abcd") }, JOINING_TLS, false, 0 },
    { "late: frames both ways (27)", false, true,
      { C(HELLO_MASKED), S(HELLO), C(HELLO_MASKED), S(HELLO) }, WAIT, false, JOINING_WEBSOCKET },
    { "late: frames both ways, roles swapped (27)", false, true,
      { S(HELLO_MASKED), C(HELLO), S(HELLO_MASKED), C(HELLO) }, WAIT, true, JOINING_WEBSOCKET },
    { "late: guessing is forbidden", false, false,
      { C(HELLO_MASKED), S(HELLO), C(HELLO_MASKED), S(HELLO) }, WAIT, false, JOINING_OTHER },
    { "late: both sides masked", false, true,
      { C(HELLO_MASKED), S(HELLO_MASKED), C(HELLO_MASKED), S(HELLO_MASKED) }, WAIT, false, JOINING_OTHER },
    { "late: two frames are too few", false, true,
      { C(HELLO_MASKED), S(HELLO) }, WAIT, false, JOINING_OTHER },
    { "late: frames, then an answer at a segment's start", false, true,
      { C("\x81\x85tail"), S("HTTP/1.1 101 Switching Protocols\r\n") }, JOINING_HTTP, false, 0 },
};

static struct memory memory;

static void start(void)
{
    memory = (struct memory){ .limit = 4 << 20 };
}

static struct joining_verdict add(struct joining *joining, const struct piece *piece, uint64_t offset,
                                  bool guess)
{
    struct chunk chunk = { .offset = offset,
                           .bytes = bytes_of(piece->bytes, piece->length),
                           .segment_start = true };

    return joining_chunk(joining, piece->direction, &chunk, guess, &memory);
}

START_TEST(first_bytes)
{
    const struct row *row = &rows[_i];
    struct joining *joining = joining_create(row->fresh, &memory);
    uint64_t offsets[2] = { 0, 0 };
    struct joining_verdict verdict = { WAIT, false };

    for (const struct piece *piece = row->pieces; piece->bytes; piece++) {
        ck_assert_msg(verdict.protocol == WAIT, "%s: too soon: %d", row->name, verdict.protocol);
        verdict = add(joining, piece, offsets[piece->direction], row->guess);
        offsets[piece->direction] += piece->length;
    }
    bool early = row->verdict == WAIT && verdict.protocol == row->at_end;

    ck_assert_msg(verdict.protocol == row->verdict || early, "%s: %d", row->name, verdict.protocol);
    if (verdict.protocol == WAIT) {
        verdict = joining_finish(joining, row->guess);
        ck_assert_msg(verdict.protocol == row->at_end, "%s: at the end %d", row->name, verdict.protocol);
    }
    ck_assert_msg(verdict.swapped == row->swapped, "%s: swapped", row->name);
    joining_destroy(joining, &memory);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

/* What was held comes back, piece by piece, at its offset. */
START_TEST(what_waited_comes_back)
{
    struct joining *joining = joining_create(false, &memory);
    struct piece one = C("one"), two = C("and two");
    struct chunk chunk;
    struct bytes whole;
    uint64_t offset;
    size_t at = 0;

    ck_assert(!joining_offset(joining, C2S, &offset));
    add(joining, &one, 700, true);
    add(joining, &two, 703, true);
    ck_assert(joining_offset(joining, C2S, &offset) && offset == 700);
    ck_assert(joining_whole(joining, C2S, &whole) && bytes_equal(whole, bytes_of_text("oneand two")));
    ck_assert(!joining_whole(joining, S2C, &whole));
    ck_assert(joining_next(joining, C2S, &at, &chunk) && bytes_equal(chunk.bytes, bytes_of_text("one")));
    ck_assert(joining_next(joining, C2S, &at, &chunk) && chunk.offset == 703);
    ck_assert(!joining_next(joining, C2S, &at, &chunk));
    joining_destroy(joining, &memory);
}
END_TEST

START_TEST(a_gap_starts_anew)
{
    struct joining *joining = joining_create(true, &memory);
    struct chunk gap = { .offset = 3, .gap = 10 };
    struct piece before = S("abc"), after = S("HTTP/1.1 200 OK\r\n");
    uint64_t offset;

    add(joining, &before, 0, true);
    ck_assert(joining_is_fresh(joining));
    ck_assert_int_eq(joining_chunk(joining, S2C, &gap, true, &memory).protocol, WAIT);
    ck_assert(!joining_is_fresh(joining));
    ck_assert_int_eq(add(joining, &after, 13, true).protocol, JOINING_HTTP);
    ck_assert(joining_offset(joining, S2C, &offset) && offset == 13);
    joining_destroy(joining, &memory);
}
END_TEST

/* Bytes that stay without a verdict are given up in the end, bounded, however they come. */
START_TEST(it_gives_up)
{
    static char bytes[1000];
    struct joining *joining = joining_create(_i % 2, &memory);
    struct piece piece = { S2C, bytes, sizeof bytes };
    uint64_t offset = 0;

    memset(bytes, _i < 2 ? '\xFF' : 0, sizeof bytes);
    while (add(joining, &piece, offset, true).protocol == WAIT) {
        offset += sizeof bytes;
        ck_assert_uint_lt(offset, 300 * 1024);
    }
    joining_destroy(joining, &memory);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

START_TEST(without_memory)
{
    memory.limit = 0;
    ck_assert_ptr_null(joining_create(true, &memory));
    memory.limit = 4096;
    struct joining *joining = joining_create(true, &memory);
    struct piece piece = S("220 hello");

    memory.limit = memory.used;
    ck_assert_int_eq(add(joining, &piece, 0, true).protocol, JOINING_OTHER);
    joining_destroy(joining, &memory);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("joining");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, start, NULL);
    tcase_add_loop_test(tests, first_bytes, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, what_waited_comes_back);
    tcase_add_test(tests, a_gap_starts_anew);
    tcase_add_loop_test(tests, it_gives_up, 0, 4);
    tcase_add_test(tests, without_memory);
    return report_run("joining", tests);
}
