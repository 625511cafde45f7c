/* SPDX-License-Identifier: MIT */
#include "core/resume.h"
#include "unit/talk.h"

#include <time.h>

static struct memory memory;
static struct resume *resume;
static struct talk maker;       /* of frames */

static void start(void)
{
    memory = (struct memory){ .limit = 8 << 20 };
    resume = resume_create(5000, &memory);
    talk_init(&maker);
}

static void end(void)
{
    resume_destroy(resume, &memory);
    ck_assert_uint_eq(memory.used, 0);
}

static void again(void)
{
    resume_destroy(resume, &memory);
    resume = resume_create(5000, &memory);
}

static void add(struct bytes bytes)
{
    ck_assert(resume_add(resume, bytes, true, &memory));
}

static void add_frame(enum direction d, uint8_t first, const char *payload)
{
    add(talk_frame(&maker, d, first, bytes_of_text(payload)));
}

static struct resume_verdict judge(enum direction d, bool ended)
{
    return resume_judge(resume, d == C2S ? RESUME_MASKED : RESUME_UNMASKED, ended);
}

static uint64_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *random >> 33;
}

/* --- what is WebSocket --- */

START_TEST(frames_prove_themselves)
{
    for (int i = 0; i < 3; i++) {
        add_frame((enum direction)_i, TALK_TEXT, "a few words");
    }
    struct resume_verdict verdict = judge((enum direction)_i, false);

    ck_assert_uint_ge(verdict.bits, RESUME_PROOF);
    ck_assert_uint_eq(verdict.at, 0);
    ck_assert_uint_eq(verdict.frames, 3);
    ck_assert(verdict.masked == (_i == C2S));
    ck_assert_uint_lt(judge((enum direction)!_i, false).bits, RESUME_PROOF);
}
END_TEST

/* The tail of a frame whose head was lost stands before them. */
START_TEST(the_first_header_is_found)
{
    add(bytes_of("\xC3\x28\xA0\xA1 the tail of a lost frame", 28));
    for (int i = 0; i < 4; i++) {
        add_frame((enum direction)_i, TALK_TEXT, "a few words");
    }
    struct resume_verdict verdict = judge((enum direction)_i, false);

    ck_assert_uint_ge(verdict.bits, RESUME_PROOF);
    ck_assert_uint_eq(verdict.at, 28);
}
END_TEST

/* Where no segment begins it takes more of them. */
START_TEST(frames_inside_a_segment)
{
    uint8_t bytes[400] = "\xC3\x28\xA0\xA1 the tail of a lost frame";
    size_t n = 28;

    for (int i = 0; i < 12; i++) {
        struct bytes frame = talk_frame(&maker, S2C, TALK_TEXT, bytes_of_text("twelve words"));

        memcpy(bytes + n, frame.data, frame.length);
        n += frame.length;
    }
    add(bytes_of(bytes, 28 + 14));
    ck_assert_uint_lt(judge(S2C, false).bits, RESUME_PROOF);
    add(bytes_of(bytes + 42, n - 42 - 5));
    struct resume_verdict verdict = judge(S2C, false);

    ck_assert_uint_ge(verdict.bits, RESUME_PROOF);
    ck_assert_uint_eq(verdict.at, 28);
}
END_TEST

START_TEST(frames_cut_across_segments)
{
    uint8_t bytes[400];
    size_t n = 0;

    for (int i = 0; i < 12; i++) {
        struct bytes frame = talk_frame(&maker, C2S, TALK_TEXT, bytes_of_text("twelve words"));

        memcpy(bytes + n, frame.data, frame.length);
        n += frame.length;
    }
    for (size_t at = 5; at < n; at += 7) {
        add(bytes_of(bytes + at, at + 7 < n ? 7 : n - at));
    }
    struct resume_verdict verdict = judge(C2S, false);

    ck_assert_uint_ge(verdict.bits, RESUME_PROOF);
    ck_assert_uint_eq((verdict.at + 5) % 18, 0);
}
END_TEST

START_TEST(small_pings_are_enough_in_time)
{
    for (int i = 0; i < 6; i++) {
        add_frame(C2S, i % 2 ? TALK_PONG : TALK_PING, "");
    }
    ck_assert_uint_ge(judge(C2S, false).bits, RESUME_PROOF);
}
END_TEST

START_TEST(compressed_messages_prove_themselves)
{
    for (int i = 0; i < 4; i++) {
        add_frame(S2C, 0xC1, "\xCA\x48\xCD\xC9\x01");
    }
    ck_assert_uint_ge(judge(S2C, false).bits, RESUME_PROOF);
}
END_TEST

START_TEST(one_frame_to_the_very_end)
{
    add_frame(C2S, TALK_CLOSE, "\3\350bye");
    ck_assert_uint_lt(judge(C2S, false).bits, RESUME_PROOF);
    ck_assert_uint_ge(judge(C2S, true).bits, RESUME_PROOF_END);
}
END_TEST

/* --- what is not --- */

static void fill_random(uint8_t *bytes, size_t n, uint64_t *random)
{
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)next_random(random);
    }
}

static void fill_lines(uint8_t *bytes, size_t n, uint64_t *random)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t r = next_random(random);

        bytes[i] = r % 40 == 0 ? '\n' : (uint8_t)(' ' + r % 95);
    }
}

/* DNS over TCP and its like: two bytes of length, then so many; the numbers in them are small. */
static void fill_prefixed(uint8_t *bytes, size_t n, uint64_t *random)
{
    fill_random(bytes, n, random);
    for (size_t i = 0; i + 60 < n;) {
        size_t length = 20 + next_random(random) % 30;

        talk_put16(bytes + i, (uint32_t)length);
        for (size_t j = 0; j < length; j++) {
            bytes[i + 2 + j] = j % 3 ? (uint8_t)(next_random(random) % 4) : (uint8_t)next_random(random);
        }
        i += 2 + length;
    }
}

static void fill_records(uint8_t *bytes, size_t n, uint64_t *random)
{
    fill_random(bytes, n, random);
    for (size_t i = 0; i + 5 < n;) {
        size_t length = 100 + next_random(random) % 300;

        memcpy(bytes + i, "\x17\x03\x03", 3);
        talk_put16(bytes + i + 3, (uint32_t)length);
        i += 5 + length;
    }
}

static void fill_mqtt(uint8_t *bytes, size_t n, uint64_t *random)
{
    for (size_t i = 0; i + 40 < n;) {
        size_t length = 10 + next_random(random) % 20;

        bytes[i] = 0x30;
        bytes[i + 1] = (uint8_t)length;
        fill_lines(bytes + i + 2, length, random);
        i += 2 + length;
    }
}

/* Numbers of four bytes, small ones, as files and databases are full of them. */
static void fill_numbers(uint8_t *bytes, size_t n, uint64_t *random)
{
    memset(bytes, 0, n);
    for (size_t i = 0; i < n; i += 4) {
        bytes[i + next_random(random) % 2 * 3] =
            next_random(random) % 3 ? 0 : (uint8_t)(next_random(random) % 9);
    }
}

static const struct {
    const char *name;
    void (*fill)(uint8_t *bytes, size_t n, uint64_t *random);
    size_t segment;             /* 0: cut at random */
} others[] = {
    { "random bytes", fill_random, 0 },
    { "random bytes in small segments", fill_random, 9 },
    { "lines of text", fill_lines, 0 },
    { "length-prefixed messages", fill_prefixed, 0 },
    { "TLS records", fill_records, 0 },
    { "MQTT", fill_mqtt, 0 },
    { "small numbers", fill_numbers, 0 },
};

/* Hundreds of streams of each: not one may be taken for a connection that we joined late. */
START_TEST(other_bytes_prove_nothing)   /* faults.md 27 */
{
    uint64_t random = 7;

    for (int stream = 0; stream < 300; stream++) {
        static uint8_t bytes[2000];

        others[_i].fill(bytes, sizeof bytes, &random);
        again();
        for (size_t at = 0; at < sizeof bytes;) {
            size_t n = others[_i].segment ? others[_i].segment : 1 + next_random(&random) % 600;

            n = n < sizeof bytes - at ? n : sizeof bytes - at;
            resume_add(resume, bytes_of(bytes + at, n), true, &memory);
            at += n;
        }
        for (int d = C2S; d <= S2C; d++) {
            struct resume_verdict verdict = judge((enum direction)d, false);

            if (verdict.bits >= RESUME_PROOF_JOINED) {
                ck_abort_msg("%s: stream %d has %u bits at %zu, %u frames, direction %d", others[_i].name,
                             stream, verdict.bits, verdict.at, verdict.frames, d);
            }
        }
    }
}
END_TEST

/* --- bounds --- */

START_TEST(what_is_too_much_is_passed_over)
{
    static uint8_t bytes[100000];
    uint64_t random = 1, total = 0;

    fill_random(bytes, sizeof bytes, &random);
    for (int i = 0; i < 20; i++) {
        add(bytes_of(bytes, sizeof bytes));
        total += sizeof bytes;
        ck_assert_uint_le(resume_bytes(resume).length, RESUME_BUFFER);
        ck_assert_uint_eq(resume_passed(resume) + resume_bytes(resume).length, total);
        ck_assert_uint_eq(resume_offset(resume), 5000 + resume_passed(resume));
    }
    ck_assert_uint_lt(memory.used, 2 * RESUME_BUFFER);
}
END_TEST

/* One chunk larger than half the buffer: its bytes are held or passed over, and in any case counted. */
START_TEST(a_large_chunk_is_counted)
{
    static uint8_t bytes[RESUME_BUFFER + 77];

    for (size_t n = RESUME_BUFFER / 2 - 1; n < sizeof bytes; n += 20011) {
        again();
        add(bytes_of_text("before"));
        add(bytes_of(bytes, n));
        ck_assert_uint_eq(resume_passed(resume) + resume_bytes(resume).length, n + 6);
    }
}
END_TEST

START_TEST(without_memory_bytes_are_passed_over)
{
    memory.limit = memory.used + 600;
    ck_assert(resume_add(resume, bytes_of_text("kept"), true, &memory));
    ck_assert(!resume_add(resume, bytes_of(maker.said, 5000), true, &memory));
    ck_assert_uint_eq(resume_passed(resume), 5004);
    ck_assert_uint_eq(resume_offset(resume), 10004);
    ck_assert_uint_eq(resume_bytes(resume).length, 0);
}
END_TEST

/* What a sender can make us do: a judgment after each small segment, over the whole buffer, of bytes that
 * look like frames wherever they are read. */
START_TEST(judging_stays_cheap)
{
    static const char *const hostile[] = { "\x82\x00", "\x81\x01 ", "\x00\x00", "\x02\x7e\x02\x7e\x02\x02",
                                           "\x89\x02" };
    clock_t before = clock();

    for (size_t kind = 0; kind < sizeof hostile / sizeof hostile[0]; kind++) {
        size_t n = kind == 0 ? 2 : kind == 1 ? 3 : kind == 3 ? 6 : 2;

        again();
        for (int i = 0; i < 4000; i++) {
            resume_add(resume, bytes_of(hostile[kind], n), true, &memory);
            if (i % 4 == 0) {
                judge(C2S, false);
            }
        }
    }
    ck_assert_msg(clock() - before < 3 * CLOCKS_PER_SEC, "%ld s",
                  (long)((clock() - before) / CLOCKS_PER_SEC));
}
END_TEST

START_TEST(what_is_held_comes_back_in_segments)
{
    static const char *const words[] = { "one", "two", "three" };
    struct chunk chunk;
    size_t at = 0;

    for (int i = 0; i < 3; i++) {
        add(bytes_of_text(words[i]));
    }
    ck_assert(resume_add(resume, bytes_of_text("..."), false, &memory));
    ck_assert(resume_next(resume, &at, &chunk));
    ck_assert(bytes_equal(chunk.bytes, bytes_of_text("one")) && chunk.offset == 5000 && chunk.segment_start);
    ck_assert(resume_next(resume, &at, &chunk));
    ck_assert(bytes_equal(chunk.bytes, bytes_of_text("two")) && chunk.offset == 5003 && chunk.segment_start);
    ck_assert(resume_next(resume, &at, &chunk));
    ck_assert(bytes_equal(chunk.bytes, bytes_of_text("three...")));
    ck_assert(!resume_next(resume, &at, &chunk));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("resume");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start, end);
    tcase_add_loop_test(tests, frames_prove_themselves, 0, 2);
    tcase_add_loop_test(tests, the_first_header_is_found, 0, 2);
    tcase_add_test(tests, frames_inside_a_segment);
    tcase_add_test(tests, frames_cut_across_segments);
    tcase_add_test(tests, small_pings_are_enough_in_time);
    tcase_add_test(tests, compressed_messages_prove_themselves);
    tcase_add_test(tests, one_frame_to_the_very_end);
    tcase_add_loop_test(tests, other_bytes_prove_nothing, 0, sizeof others / sizeof others[0]);
    tcase_add_test(tests, what_is_too_much_is_passed_over);
    tcase_add_test(tests, a_large_chunk_is_counted);
    tcase_add_test(tests, without_memory_bytes_are_passed_over);
    tcase_add_test(tests, judging_stays_cheap);
    tcase_add_test(tests, what_is_held_comes_back_in_segments);
    return report_run("resume", tests);
}
