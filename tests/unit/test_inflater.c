/* SPDX-License-Identifier: MIT */
#include "core/inflater.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define CLEAR_MAX 8192

/* What became of one message. */
struct outcome {
    enum inflater_step step;    /* INFLATER_MORE where nothing was refused */
    bool whole;
    uint8_t clear[CLEAR_MAX];
    size_t length;
};

/* Pieces of that many input bytes, and out of that many output bytes. */
static void inflate_message(struct inflater *inflater, struct bytes message, size_t piece, size_t capacity,
                            struct outcome *outcome)
{
    uint8_t *out = malloc(capacity);
    size_t produced;

    *outcome = (struct outcome){ .step = INFLATER_MORE };
    while (message.length > 0 && outcome->step == INFLATER_MORE) {
        struct bytes input = bytes_first(message, piece);

        message = bytes_after(message, input.length);
        do {
            outcome->step = inflater_step(inflater, &input, out, capacity, &produced);
            ck_assert_uint_le(outcome->length + produced, CLEAR_MAX);
            memcpy(outcome->clear + outcome->length, out, produced);
            outcome->length += produced;
        } while (outcome->step == INFLATER_OUTPUT);
    }
    outcome->whole = outcome->step == INFLATER_MORE && inflater_finish(inflater);
    free(out);
}

static void assert_clear(const struct outcome *outcome, const char *text)
{
    ck_assert_int_eq(outcome->step, INFLATER_MORE);
    ck_assert(outcome->whole);
    ck_assert_uint_eq(outcome->length, strlen(text));
    ck_assert_mem_eq(outcome->clear, text, strlen(text));
}

/* --- RFC 7692 section 7.2.3, and what else a sender may do ---------------------------------------- */

static const struct {
    const char *bytes;
    size_t n;
    const char *clear;
} examples[] = {
    { "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, "Hello" },
    { "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11, "Hello" },                  /* stored block */
    { "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8, "Hello" },                               /* BFINAL */
    { "\xf3\x48\xcd\xc9\xc9\x07\x00", 7, "Hello" },                                   /* nothing after it */
    { "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13, "Hello" },          /* two blocks */
    { "\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 15, "HelloHello" },
    { "\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00", 12, "HelloHello" },         /* back over a BFINAL */
    { "\xf2\x48\xcd\xc9\xc9\x07\x04", 7, "Hello" },                                   /* BFINAL at the end */
    { "\xf3\x48\xcd\xc9\xc9\x07\x04", 7, "Hello" },                                   /* and before it */
    { "\x00", 1, "" },                                                                /* section 7.2.3.6 */
    { "\x01", 1, "" },
    { "", 0, "" },
    { "\x02\x00", 2, "" },
};

START_TEST(examples_are_read_however_they_are_cut)
{
    struct memory memory = { .limit = 1 << 20 };
    struct inflater *inflater = inflater_create(&memory);
    struct bytes message = bytes_of(examples[_i].bytes, examples[_i].n);
    struct outcome outcome;

    for (size_t piece = 1; piece < 16; piece++) {
        for (size_t capacity = 1; capacity < 12; capacity++) {
            inflate_message(inflater, message, piece, capacity, &outcome);
            assert_clear(&outcome, examples[_i].clear);
            inflater_reset(inflater);
        }
    }
    inflater_destroy(inflater, &memory);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

/* Section 7.2.3.2: the second message refers to the first; 7.2.3.4: also where a BFINAL is between them. */
START_TEST(the_window_outlives_messages)
{
    struct memory memory = { .limit = 1 << 20 };
    struct inflater *inflater = inflater_create(&memory);
    struct outcome outcome;

    inflate_message(inflater, bytes_of("\xf2\x48\xcd\xc9\xc9\x07\x00", 7), 7, 64, &outcome);
    assert_clear(&outcome, "Hello");
    inflate_message(inflater, bytes_of("\xf2\x00\x11\x00\x00", 5), 5, 64, &outcome);
    assert_clear(&outcome, "Hello");
    inflate_message(inflater, bytes_of("", 0), 1, 64, &outcome);
    assert_clear(&outcome, "");
    inflate_message(inflater, bytes_of("\xf3\x48\xcd\xc9\xc9\x07\x00", 7), 7, 64, &outcome);
    assert_clear(&outcome, "Hello");
    inflate_message(inflater, bytes_of("\xf2\x00\x11\x80\x00", 5), 5, 64, &outcome);
    assert_clear(&outcome, "Hello");
    inflate_message(inflater, bytes_of("\xf2\x00\x11\x00\x00", 5), 5, 64, &outcome);
    assert_clear(&outcome, "Hello");
    inflater_destroy(inflater, &memory);
}
END_TEST

START_TEST(a_reference_to_a_forgotten_window_is_missing)
{
    struct memory memory = { .limit = 1 << 20 };
    struct inflater *inflater = inflater_create(&memory);
    struct outcome outcome;

    inflate_message(inflater, bytes_of("\xf2\x48\xcd\xc9\xc9\x07\x00", 7), 7, 64, &outcome);
    inflater_reset(inflater);
    inflate_message(inflater, bytes_of("\xf2\x00\x11\x00\x00", 5), 5, 64, &outcome);
    ck_assert_int_eq(outcome.step, INFLATER_MISSING);
    inflater_reset(inflater);
    inflate_message(inflater, bytes_of("\xf2\x48\xcd\xc9\xc9\x07\x00", 7), 7, 64, &outcome);
    assert_clear(&outcome, "Hello");
    inflater_destroy(inflater, &memory);
}
END_TEST

/* --- faults 64 ------------------------------------------------------------------------------------ */

static const struct {
    const char *bytes;
    size_t n;
    enum inflater_step step;
} broken[] = {
    { "\x06\x00", 2, INFLATER_CORRUPT },                                    /* block type 3 */
    { "\x00\x05\x00\x00\x00Hello", 10, INFLATER_CORRUPT },                  /* NLEN is not the complement */
    { "\xf2\x00\x11\x00\x00", 5, INFLATER_MISSING },                        /* back to before the start */
    { "\xfc\xff\xff\xff", 4, INFLATER_CORRUPT },                            /* too many code lengths */
    { "\xf2\x48\xcd", 3, INFLATER_MORE },                                   /* cut inside a block */
    { "\x00\x05\x00\xfa\xffHell", 9, INFLATER_MORE },                       /* cut inside a stored block */
    { "\x00\x04\x00\xfb\xff", 5, INFLATER_MORE },                           /* put back, they would fill it */
    { "\x00\x00", 2, INFLATER_MORE },                                       /* cut inside an empty block */
    { "\xf2\x48\xcd\xc9\xc9\x07", 6, INFLATER_MORE },                     /* cut before the empty block */
    { "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff", 11, INFLATER_MORE }, /* the four bytes left on */
};

START_TEST(what_is_not_deflate_is_refused_however_it_is_cut)
{
    struct memory memory = { .limit = 1 << 20 };
    struct inflater *inflater = inflater_create(&memory);
    struct bytes message = bytes_of(broken[_i].bytes, broken[_i].n);
    struct outcome outcome;

    for (size_t piece = 1; piece < 16; piece++) {
        inflate_message(inflater, message, piece, 64, &outcome);
        ck_assert_int_eq(outcome.step, broken[_i].step);
        ck_assert(!outcome.whole);
        inflater_reset(inflater);
        inflate_message(inflater, bytes_of("\xf2\x48\xcd\xc9\xc9\x07\x00", 7), 7, 64, &outcome);
        assert_clear(&outcome, "Hello");
        inflater_reset(inflater);
    }
    inflater_destroy(inflater, &memory);
}
END_TEST

/* --- zlib's own deflate as the sender: faults 60 and 61 ------------------------------------------- */

static size_t deflate_message(z_stream *sender, const char *text, size_t n, uint8_t *out, size_t capacity)
{
    sender->next_in = (Bytef *)text;
    sender->avail_in = (uInt)n;
    sender->next_out = out;
    sender->avail_out = (uInt)capacity;
    ck_assert_int_eq(deflate(sender, Z_SYNC_FLUSH), Z_OK);
    size_t length = capacity - sender->avail_out;

    ck_assert_uint_gt(sender->avail_out, 0);
    ck_assert_mem_eq(out + length - 4, "\x00\x00\xff\xff", 4);
    return length - 4;
}

/* Text with repetitions near and far, so that references reach as far back as the window allows. */
static size_t make_text(char *text, unsigned i)
{
    size_t n = 0;

    for (unsigned k = 0; k < 10 + i % 90; k++) {
        n += (size_t)sprintf(text + n, "{\"tick\":%u,\"price\":%u}", k % 3 ? i * 7919 + k : k,
                             (i * i + k * k) % 997);
    }
    return n;
}

static const struct {
    int window_bits, level, strategy;
} senders[] = {
    { 9, 6, Z_DEFAULT_STRATEGY },       /* what zlib makes of 8, too */
    { 10, 6, Z_DEFAULT_STRATEGY },
    { 11, 1, Z_DEFAULT_STRATEGY },
    { 12, 9, Z_DEFAULT_STRATEGY },
    { 13, 6, Z_FIXED },
    { 14, 6, Z_HUFFMAN_ONLY },
    { 15, 6, Z_DEFAULT_STRATEGY },
    { 15, 0, Z_DEFAULT_STRATEGY },      /* stored blocks */
    { 15, 9, Z_RLE },
};

START_TEST(many_messages_with_context_takeover_are_exact)
{
    static char text[CLEAR_MAX];
    static uint8_t compressed[CLEAR_MAX + 256];
    struct memory memory = { .limit = 1 << 20 };
    struct inflater *inflater = inflater_create(&memory);
    struct outcome outcome;
    z_stream sender = { .next_in = NULL };

    ck_assert_int_eq(deflateInit2(&sender, senders[_i].level, Z_DEFLATED, -senders[_i].window_bits, 8,
                                  senders[_i].strategy), Z_OK);
    for (unsigned i = 0; i < 300; i++) {
        size_t n = make_text(text, i);
        size_t sent = deflate_message(&sender, text, n, compressed, sizeof compressed);

        inflate_message(inflater, bytes_of(compressed, sent), 1 + i % 200, 1 + i * 31 % 5000, &outcome);
        ck_assert_int_eq(outcome.step, INFLATER_MORE);
        ck_assert(outcome.whole);
        ck_assert_uint_eq(outcome.length, n);
        ck_assert_mem_eq(outcome.clear, text, n);
    }
    deflateEnd(&sender);
    inflater_destroy(inflater, &memory);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

/* A message cut short never passes for a whole one; but a 00 alone is the empty message. */
START_TEST(no_beginning_of_a_message_is_whole)
{
    static char text[CLEAR_MAX];
    static uint8_t compressed[CLEAR_MAX];
    struct memory memory = { .limit = 1 << 20 };
    struct inflater *inflater = inflater_create(&memory);
    struct outcome outcome;
    z_stream sender = { .next_in = NULL };

    deflateInit2(&sender, senders[_i].level, Z_DEFLATED, -senders[_i].window_bits, 8, senders[_i].strategy);
    size_t n = make_text(text, 30);
    size_t sent = deflate_message(&sender, text, n, compressed, sizeof compressed);

    for (size_t cut = 1; cut < sent; cut++) {
        inflate_message(inflater, bytes_of(compressed, cut), sent, CLEAR_MAX, &outcome);
        ck_assert_mem_eq(outcome.clear, text, outcome.length);
        ck_assert(!outcome.whole || (cut == 1 && compressed[0] == 0));
        inflater_reset(inflater);
    }
    deflateEnd(&sender);
    inflater_destroy(inflater, &memory);
}
END_TEST

/* --- memory --------------------------------------------------------------------------------------- */

START_TEST(every_allocation_may_fail)
{
    bool made = false;

    for (uint64_t limit = 0; !made; limit += 64) {
        struct memory memory = { .limit = limit };
        struct inflater *inflater = inflater_create(&memory);

        made = inflater != NULL;
        inflater_destroy(inflater, &memory);
        ck_assert_uint_eq(memory.used, 0);
        ck_assert_uint_lt(limit, 1 << 20);
    }
}
END_TEST

/* What is held against the limit is what it takes, and it takes no more while it works. */
START_TEST(the_size_is_honest)
{
    struct memory memory = { .limit = 1 << 20 };
    struct inflater *inflater = inflater_create(&memory);
    uint64_t used = memory.used;
    struct outcome outcome;

    ck_assert_uint_le(used, inflater_size());
    ck_assert_uint_ge(used * 10, inflater_size() * 9);
    for (size_t i = 0; i < COUNT(examples); i++) {
        inflate_message(inflater, bytes_of(examples[i].bytes, examples[i].n), 3, 2, &outcome);
        ck_assert_uint_eq(memory.used, used);
    }
    inflater_destroy(inflater, &memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inflater");
    TCase *streams = tcase_create("streams");
    SRunner *runner = srunner_create(suite);

    tcase_set_timeout(streams, 30);
    tcase_add_loop_test(streams, examples_are_read_however_they_are_cut, 0, (int)COUNT(examples));
    tcase_add_test(streams, the_window_outlives_messages);
    tcase_add_test(streams, a_reference_to_a_forgotten_window_is_missing);
    tcase_add_loop_test(streams, what_is_not_deflate_is_refused_however_it_is_cut, 0, (int)COUNT(broken));
    tcase_add_loop_test(streams, many_messages_with_context_takeover_are_exact, 0, (int)COUNT(senders));
    tcase_add_loop_test(streams, no_beginning_of_a_message_is_whole, 0, (int)COUNT(senders));
    tcase_add_test(streams, every_allocation_may_fail);
    tcase_add_test(streams, the_size_is_honest);
    suite_add_tcase(suite, streams);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
