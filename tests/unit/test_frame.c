/* SPDX-License-Identifier: MIT */
#include "core/frame.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FAULT(bit) (UINT64_C(1) << (bit))
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* --- a stream's steps, written down --------------------------------------------------------------- */

/* What a reader said about a stream: one line per BEGIN and END, the payloads joined. */
struct transcript {
    char steps[8192];
    size_t steps_length;
    uint8_t payload[8192];
    size_t payload_length;
};

static void note_step(struct transcript *transcript, const char *what, const struct frame *frame)
{
    int n = snprintf(transcript->steps + transcript->steps_length,
                     sizeof transcript->steps - transcript->steps_length,
                     "%s @%" PRIu64 " +%" PRIu64 " %u-%u %u %d%d %02x\n", what, frame->offset, frame->length,
                     frame->header_length, frame->opcode, frame->rsv, frame->fin, frame->masked,
                     frame->header[frame->header_length - 1]);

    transcript->steps_length += (size_t)n;
    ck_assert_uint_lt(transcript->steps_length, sizeof transcript->steps);
}

/* Feeds a copy of exactly these bytes, so that the sanitizer sees a read beyond them. */
static void feed(struct frame_reader *reader, const uint8_t *bytes, size_t n, struct transcript *transcript)
{
    uint8_t *copy = malloc(n ? n : 1);
    struct bytes input = bytes_of(copy, n), slice;
    enum frame_step step;

    memcpy(copy, bytes, n);
    while ((step = frame_step(reader, &input, &slice)) != FRAME_MORE) {
        if (step == FRAME_DATA) {
            ck_assert_uint_gt(slice.length, 0);
            ck_assert_uint_le(transcript->payload_length + slice.length, sizeof transcript->payload);
            memcpy(transcript->payload + transcript->payload_length, slice.data, slice.length);
            transcript->payload_length += slice.length;
        } else {
            note_step(transcript, step == FRAME_BEGIN ? "begin" : "end", &reader->frame);
        }
    }
    ck_assert_uint_eq(input.length, 0);
    free(copy);
}

static void assert_same(const struct transcript *a, const struct transcript *b)
{
    ck_assert_str_eq(a->steps, b->steps);
    ck_assert_uint_eq(a->payload_length, b->payload_length);
    ck_assert_mem_eq(a->payload, b->payload, a->payload_length);
}

/* A header, in the length form asked for: 0 shortest, 16 or 64. */
static size_t put_header(uint8_t *out, uint8_t first, bool masked, int form, uint64_t length)
{
    size_t n = 2;
    int bits = form ? form : length < 126 ? 0 : length <= UINT16_MAX ? 16 : 64;

    out[0] = first;
    out[1] = (uint8_t)((masked ? 0x80 : 0) | (bits == 0 ? length : bits == 16 ? 126 : 127));
    for (int shift = bits - 8; shift >= 0; shift -= 8) {
        out[n++] = (uint8_t)(length >> shift);
    }
    if (masked) {
        memcpy(out + n, "\x37\xfa\x21\x3d", 4);
        n += 4;
    }
    return n;
}

/* Every header form, control frames between fragments, empty frames, and a header cut off at the end. */
static size_t put_stream(uint8_t *out)
{
    static const struct {
        uint8_t first;
        bool masked;
        int form;
        uint64_t length;
    } frames[] = {
        { 0x81, true, 0, 5 },   { 0x81, false, 0, 0 },   { 0x01, true, 0, 126 },  { 0x89, true, 0, 4 },
        { 0x00, true, 16, 3 },  { 0x8A, false, 0, 125 }, { 0x80, false, 64, 7 },  { 0x82, true, 0, 0 },
        { 0xF3, true, 64, 2 },  { 0x88, false, 16, 2 },  { 0x82, false, 16, 500 },
    };
    size_t n = 0;

    for (size_t i = 0; i < COUNT(frames); i++) {
        n += put_header(out + n, frames[i].first, frames[i].masked, frames[i].form, frames[i].length);
        for (uint64_t k = 0; k < frames[i].length; k++) {
            out[n++] = (uint8_t)(k * 7 + i);
        }
    }
    return n + put_header(out + n, 0x82, true, 64, 9) - 1;
}

/* Faults 48: a header cut at each of its bytes. */
START_TEST(any_cut_in_two_gives_the_same_steps)
{
    uint8_t stream[2048];
    size_t n = put_stream(stream);
    struct transcript whole = { .steps_length = 0 };
    struct frame_reader reader;

    frame_reader_init(&reader, 1000);
    feed(&reader, stream, n, &whole);
    ck_assert(frame_under_way(&reader));
    for (size_t cut = 0; cut <= n; cut++) {
        struct transcript halves = { .steps_length = 0 };

        frame_reader_init(&reader, 1000);
        feed(&reader, stream, cut, &halves);
        feed(&reader, stream + cut, n - cut, &halves);
        assert_same(&whole, &halves);
    }
}
END_TEST

START_TEST(any_size_of_piece_gives_the_same_steps)
{
    uint8_t stream[2048];
    size_t n = put_stream(stream);
    struct transcript whole = { .steps_length = 0 };
    struct frame_reader reader;

    frame_reader_init(&reader, 0);
    feed(&reader, stream, n, &whole);
    for (size_t size = 1; size < 130; size++) {
        struct transcript pieces = { .steps_length = 0 };

        frame_reader_init(&reader, 0);
        for (size_t at = 0; at < n; at += size) {
            feed(&reader, stream + at, n - at < size ? n - at : size, &pieces);
        }
        assert_same(&whole, &pieces);
        ck_assert_uint_eq(reader.offset, n);
    }
}
END_TEST

/* RFC 6455 section 5.7. */
START_TEST(the_rfc_s_example_is_read)
{
    static const uint8_t hello[] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58 };
    struct bytes input = bytes_of(hello, sizeof hello), slice;
    struct frame_reader reader;
    uint8_t clear[5];

    frame_reader_init(&reader, 7);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_BEGIN);
    ck_assert_uint_eq(reader.frame.offset, 7);
    ck_assert_uint_eq(reader.frame.opcode, FRAME_TEXT);
    ck_assert(reader.frame.fin && reader.frame.masked && reader.frame.rsv == 0);
    ck_assert_uint_eq(reader.frame.length, 5);
    ck_assert_mem_eq(reader.frame.header, hello, 6);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_DATA);
    ck_assert_ptr_eq(slice.data, hello + 6);
    frame_unmask(clear, slice.data, slice.length, reader.frame.mask, reader.position - slice.length);
    ck_assert_mem_eq(clear, "Hello", 5);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_END);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_MORE);
    ck_assert(!frame_under_way(&reader));
}
END_TEST

/* --- lengths: faults 49 and 50 -------------------------------------------------------------------- */

static const struct {
    uint64_t length;
    int form;
    uint64_t faults;
} lengths[] = {
    { 0, 0, 0 },
    { 125, 0, 0 },
    { 126, 0, 0 },
    { 127, 0, 0 },
    { 65535, 0, 0 },
    { 65536, 0, 0 },
    { INT32_MAX, 0, 0 },
    { UINT64_C(1) << 31, 0, 0 },
    { UINT32_MAX, 0, 0 },
    { UINT64_C(1) << 32, 0, 0 },
    { (UINT64_C(1) << 32) + 5, 0, 0 },
    { INT64_MAX, 0, 0 },
    { UINT64_C(1) << 63, 0, FAULT(FRAME_LENGTH_TOP_BIT) },
    { UINT64_MAX - 15, 0, FAULT(FRAME_LENGTH_TOP_BIT) },
    { UINT64_MAX, 0, FAULT(FRAME_LENGTH_TOP_BIT) },
    { 0, 16, FAULT(FRAME_LENGTH_NOT_MINIMAL) },
    { 5, 16, FAULT(FRAME_LENGTH_NOT_MINIMAL) },
    { 125, 16, FAULT(FRAME_LENGTH_NOT_MINIMAL) },
    { 5, 64, FAULT(FRAME_LENGTH_NOT_MINIMAL) },
    { 126, 64, FAULT(FRAME_LENGTH_NOT_MINIMAL) },
    { 65535, 64, FAULT(FRAME_LENGTH_NOT_MINIMAL) },
};

START_TEST(lengths_are_exact_to_the_last_bit)
{
    uint8_t header[FRAME_HEADER_MAX + 3] = { 0 };
    size_t n = put_header(header, 0x82, true, lengths[_i].form, lengths[_i].length);
    struct bytes input = bytes_of(header, n), slice;
    struct frame_reader reader;

    frame_reader_init(&reader, UINT64_C(1) << 40);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_BEGIN);
    ck_assert_uint_eq(reader.frame.header_length, n);
    ck_assert_uint_eq(reader.frame.length, lengths[_i].length);
    ck_assert_uint_eq(frame_header_faults(&reader.frame), lengths[_i].faults);

    /* all but the last byte are lost, the last one is there, and then the frame ends: no earlier, no later */
    uint64_t but_last = lengths[_i].length ? lengths[_i].length - 1 : 0;

    ck_assert_uint_eq(frame_skip(&reader, but_last), 0);
    ck_assert_uint_eq(reader.frame.lost, but_last);
    if (lengths[_i].length > 0) {
        ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_MORE);
        input = bytes_of("xy", 2);
        ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_DATA);
        ck_assert_uint_eq(slice.length, 1);
    }
    ck_assert_uint_eq(reader.position, lengths[_i].length);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_END);
}
END_TEST

START_TEST(a_gap_is_counted_off_inside_a_payload_and_no_further)
{
    uint8_t header[FRAME_HEADER_MAX];
    size_t n = put_header(header, 0x82, false, 0, 100);
    struct bytes input = bytes_of(header, n), slice;
    struct frame_reader reader;

    frame_reader_init(&reader, 0);
    frame_step(&reader, &input, &slice);
    ck_assert_uint_eq(frame_skip(&reader, 60), 0);
    ck_assert_uint_eq(frame_skip(&reader, 60), 20);
    ck_assert_uint_eq(reader.frame.lost, 100);
    ck_assert_uint_eq(reader.offset, n + 120);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_END);
    ck_assert_uint_eq(frame_skip(&reader, 1), 1);
}
END_TEST

/* What one frame lost, and its mask, are not the next one's. */
START_TEST(frames_share_nothing)
{
    struct bytes input = bytes_of("\x82\x82zzzz", 6), slice;
    struct frame_reader reader;

    frame_reader_init(&reader, 0);
    frame_step(&reader, &input, &slice);
    frame_skip(&reader, 2);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_END);
    ck_assert_uint_eq(reader.frame.lost, 2);
    input = bytes_of("\x82\x01", 2);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_BEGIN);
    ck_assert_uint_eq(reader.frame.lost, 0);
    ck_assert_uint_eq(reader.position, 0);
    ck_assert_mem_eq(reader.frame.mask, "\0\0\0\0", 4);
}
END_TEST

START_TEST(a_gap_in_a_header_is_left_over)
{
    struct bytes input = bytes_of("\x82", 1), slice;
    struct frame_reader reader;

    frame_reader_init(&reader, 0);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_MORE);
    ck_assert(frame_under_way(&reader));
    ck_assert_uint_eq(frame_skip(&reader, UINT64_MAX - 1), UINT64_MAX - 1);
}
END_TEST

/* Faults 58: many frames in one piece, and one frame of many pieces. */
START_TEST(ten_thousand_empty_frames_and_one_of_a_gibibyte)
{
    static uint8_t empty[20000];
    uint8_t header[FRAME_HEADER_MAX];
    struct frame_reader reader;
    struct bytes slice;
    unsigned ended = 0;

    for (size_t i = 0; i < sizeof empty; i += 2) {
        empty[i] = 0x81;
    }
    struct bytes input = bytes_of(empty, sizeof empty);

    frame_reader_init(&reader, 0);
    for (enum frame_step step; (step = frame_step(&reader, &input, &slice)) != FRAME_MORE;) {
        ended += step == FRAME_END;
    }
    ck_assert_uint_eq(ended, sizeof empty / 2);

    input = bytes_of(header, put_header(header, 0x82, false, 0, UINT64_C(1) << 30));
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_BEGIN);
    for (uint64_t i = 0; i < (UINT64_C(1) << 30) / 16384; i++) {
        input = bytes_of(empty, 16384);
        ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_DATA);
    }
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_END);
}
END_TEST

/* --- faults that the header shows: 51, 52, 53 ----------------------------------------------------- */

static const struct {
    char bytes[8];
    uint64_t faults;
} headers[] = {
    { "\x81\x05", 0 },
    { "\x01\x05", 0 },
    { "\x83\x00", FAULT(FRAME_OPCODE_RESERVED) },
    { "\x87\x00", FAULT(FRAME_OPCODE_RESERVED) },
    { "\x8B\x00", FAULT(FRAME_OPCODE_RESERVED) },
    { "\x8F\x00", FAULT(FRAME_OPCODE_RESERVED) },
    { "\x89\x7D", 0 },
    { "\x89\x7E\x00\x7E", FAULT(FRAME_CONTROL_TOO_LONG) },
    { "\x89\x7E\x00\x7D", FAULT(FRAME_LENGTH_NOT_MINIMAL) },
    { "\x09\x00", FAULT(FRAME_CONTROL_FRAGMENTED) },
    { "\x0C\x7E\x01\x00",
      FAULT(FRAME_CONTROL_FRAGMENTED) | FAULT(FRAME_CONTROL_TOO_LONG) | FAULT(FRAME_OPCODE_RESERVED) },
    { "\x81\x80\x00\x00\x00\x00", FAULT(FRAME_MASK_ZERO) },
    { "\x81\x80\x00\x00\x00\x01", 0 },
};

START_TEST(the_header_shows_its_faults)
{
    uint8_t bytes[FRAME_HEADER_MAX] = { 0 };
    struct bytes input = bytes_of(bytes, sizeof bytes), slice;
    struct frame_reader reader;

    memcpy(bytes, headers[_i].bytes, 6);
    frame_reader_init(&reader, 0);
    ck_assert_int_eq(frame_step(&reader, &input, &slice), FRAME_BEGIN);
    ck_assert_uint_eq(frame_header_faults(&reader.frame), headers[_i].faults);
}
END_TEST

START_TEST(every_opcode_has_a_name)
{
    ck_assert_str_eq(frame_opcode_name(FRAME_CONTINUATION), "continuation");
    ck_assert_str_eq(frame_opcode_name(FRAME_PONG), "pong");
    ck_assert_str_eq(frame_opcode_name(0xB), "reserved 0xb");
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        ck_assert_ptr_nonnull(frame_opcode_name((uint8_t)opcode));
    }
}
END_TEST

/* --- unmasking ------------------------------------------------------------------------------------ */

/* Section 5.3's own formula is the judge: at every alignment, length, position and key byte. */
START_TEST(unmasking_is_the_rfc_s_formula)
{
    static const uint64_t positions[] = { 0, 1, 2, 3, 4, 7, UINT32_MAX, (UINT64_C(1) << 63) + 2,
                                          UINT64_MAX - 8 };
    static const uint8_t mask[4] = { 0x01, 0x80, 0xFE, 0x5A };
    uint8_t in[64], out[64];

    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(i * 37);
    }
    for (size_t start = 0; start < 8; start++) {
        for (size_t n = 0; n + start < sizeof in; n++) {
            uint64_t position = positions[(start + n) % COUNT(positions)];

            memset(out, 0xEE, sizeof out);
            frame_unmask(out + start, in + start, n, mask, position);
            for (size_t i = 0; i < sizeof out; i++) {
                bool inside = i >= start && i < start + n;
                uint8_t expected = inside ? in[i] ^ mask[(position + i - start) % 4] : 0xEE;

                ck_assert_uint_eq(out[i], expected);
            }
        }
    }
}
END_TEST

START_TEST(unmasking_in_place_and_in_pieces_is_the_same)
{
    static const uint8_t mask[4] = { 9, 8, 7, 6 };
    uint8_t whole[50] = "a text that is long enough for a few whole words";
    uint8_t pieces[50];

    memcpy(pieces, whole, sizeof whole);
    frame_unmask(whole, whole, sizeof whole, mask, 0);
    for (size_t at = 0; at < sizeof pieces; at += 7) {
        size_t n = sizeof pieces - at < 7 ? sizeof pieces - at : 7;

        frame_unmask(pieces + at, pieces + at, n, mask, at);
    }
    ck_assert_mem_eq(whole, pieces, sizeof whole);
}
END_TEST

/* --- close: faults 56 ----------------------------------------------------------------------------- */

/* Section 7.4.2's ranges and the IANA registry of close codes, said in another way than the table. */
static uint64_t expected_code_faults(unsigned code)
{
    if (code == 1005 || code == 1006 || code == 1015) {
        return FAULT(FRAME_CLOSE_CODE_NEVER_SENT);
    }
    bool registered = code >= 1000 && code <= 1014 && code != 1004;
    bool others = code >= 3000 && code <= 4999;

    return registered || others ? 0 : FAULT(FRAME_CLOSE_CODE_UNDEFINED);
}

START_TEST(every_close_code_is_judged)
{
    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        uint8_t payload[2] = { (uint8_t)(code >> 8), (uint8_t)code };

        ck_assert_uint_eq(frame_close_faults(bytes_of(payload, 2), C2S), expected_code_faults(code));
        ck_assert_ptr_nonnull(frame_close_code_meaning((uint16_t)code));
    }
}
END_TEST

START_TEST(close_codes_have_their_registered_meaning)
{
    static const struct {
        uint16_t code;
        const char *meaning;
    } codes[] = {
        { 0, "not used" },
        { 999, "not used" },
        { 1000, "normal closure" },
        { 1011, "internal error" },
        { 1012, "service restart" },
        { 1013, "try again later" },
        { 1014, "bad gateway" },
        { 1015, "TLS handshake failed" },
        { 1016, "reserved for the protocol" },
        { 2999, "reserved for the protocol" },
        { 3000, "unauthorized" },
        { 3001, "for libraries and frameworks" },
        { 3008, "timeout" },
        { 3999, "for libraries and frameworks" },
        { 4000, "private use" },
        { 4999, "private use" },
        { 5000, "not defined" },
        { 65535, "not defined" },
    };

    for (size_t i = 0; i < COUNT(codes); i++) {
        ck_assert_str_eq(frame_close_code_meaning(codes[i].code), codes[i].meaning);
    }
}
END_TEST

static const struct {
    const char *payload;
    size_t n;
    enum direction direction;
    uint64_t faults;
} closes[] = {
    { "", 0, C2S, 0 },
    { "\x03", 1, C2S, FAULT(FRAME_CLOSE_ONE_BYTE) },
    { "\x03\xE8", 2, C2S, 0 },
    { "\x03\xE8gr\xC3\xBC\xC3\x9F", 8, C2S, 0 },
    { "\x03\xE8gr\xC3", 5, C2S, FAULT(FRAME_CLOSE_REASON_NOT_UTF8) },      /* half a character */
    { "\x03\xE8\xED\xA0\x80", 5, C2S, FAULT(FRAME_CLOSE_REASON_NOT_UTF8) },
    { "\x03\xEE\xFF", 3, S2C, FAULT(FRAME_CLOSE_REASON_NOT_UTF8) | FAULT(FRAME_CLOSE_CODE_NEVER_SENT) },
    { "\x03\xF2", 2, C2S, 0 },
    { "\x03\xF2", 2, S2C, FAULT(FRAME_CLOSE_CODE_WRONG_SIDE) },
};

START_TEST(close_bodies_are_judged)
{
    struct bytes payload = bytes_of(closes[_i].payload, closes[_i].n);

    ck_assert_uint_eq(frame_close_faults(payload, closes[_i].direction), closes[_i].faults);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *steps = tcase_create("steps");
    TCase *faults = tcase_create("faults");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(steps, any_cut_in_two_gives_the_same_steps);
    tcase_add_test(steps, any_size_of_piece_gives_the_same_steps);
    tcase_add_test(steps, the_rfc_s_example_is_read);
    tcase_add_loop_test(steps, lengths_are_exact_to_the_last_bit, 0, (int)COUNT(lengths));
    tcase_add_test(steps, a_gap_is_counted_off_inside_a_payload_and_no_further);
    tcase_add_test(steps, frames_share_nothing);
    tcase_add_test(steps, a_gap_in_a_header_is_left_over);
    tcase_add_test(steps, ten_thousand_empty_frames_and_one_of_a_gibibyte);
    tcase_add_test(steps, unmasking_is_the_rfc_s_formula);
    tcase_add_test(steps, unmasking_in_place_and_in_pieces_is_the_same);
    tcase_add_loop_test(faults, the_header_shows_its_faults, 0, (int)COUNT(headers));
    tcase_add_test(faults, every_opcode_has_a_name);
    tcase_add_test(faults, every_close_code_is_judged);
    tcase_add_test(faults, close_codes_have_their_registered_meaning);
    tcase_add_loop_test(faults, close_bodies_are_judged, 0, (int)COUNT(closes));
    suite_add_tcase(suite, steps);
    suite_add_tcase(suite, faults);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
