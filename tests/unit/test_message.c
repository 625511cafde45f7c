/* SPDX-License-Identifier: MIT */
#include "core/message.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define FAULT(bit) (UINT64_C(1) << (bit))
#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define WHOLE SIZE_MAX
#define MESSAGES_MAX 64

/* --- one direction, driven as the dissector drives it --------------------------------------------- */

struct receiver {
    struct memory memory;
    struct limits limits;
    struct handshake_deflate deflate;
    struct message_context context;
    struct message_setting setting;
    struct message_joiner joiner;
    struct frame_reader reader;
    uint64_t windows;
    struct inflater *spare;
    uint8_t scratch[MESSAGE_SCRATCH];
    uint64_t frame_faults;      /* of all frames together */
    struct message messages[MESSAGES_MAX];
    size_t count;
    char frame_payloads[4096];  /* of data frames, one after the other, each with a bar behind */
};

static void receiver_init(struct receiver *receiver)
{
    memset(receiver, 0, sizeof *receiver);
    receiver->memory.limit = 1 << 20;
    receiver->limits = (struct limits)LIMITS_DEFAULT;
    receiver->deflate = (struct handshake_deflate){ .window_bits = { 15, 15 } };
    receiver->setting = (struct message_setting){
        .direction = C2S,
        .deflate = &receiver->deflate,
        .limits = &receiver->limits,
        .memory = &receiver->memory,
        .windows = &receiver->windows,
        .spare = &receiver->spare,
        .scratch = receiver->scratch,
        .context = &receiver->context,
    };
    message_joiner_init(&receiver->joiner);
    frame_reader_init(&receiver->reader, 0);
}

/* Gives everything back, and holds the accounts against that. */
static void receiver_end(struct receiver *receiver)
{
    for (size_t i = 0; i < receiver->count; i++) {
        free((void *)receiver->messages[i].payload.data);
    }
    message_joiner_release(&receiver->joiner, &receiver->setting);
    message_context_release(&receiver->context, &receiver->setting);
    message_spare_release(&receiver->setting);
    ck_assert_uint_eq(receiver->memory.used, 0);
    ck_assert_uint_eq(receiver->windows, 0);
}

static void note_message(struct receiver *receiver, const struct message *message)
{
    ck_assert_uint_lt(receiver->count, MESSAGES_MAX);
    struct message *copy = &receiver->messages[receiver->count++];
    uint8_t *payload = malloc(message->payload.length + 1);

    if (message->payload.length > 0) {
        memcpy(payload, message->payload.data, message->payload.length);
    }
    payload[message->payload.length] = 0;
    *copy = *message;
    copy->payload.data = payload;
}

static void note_frame_payload(struct receiver *receiver)
{
    struct bytes payload = message_frame_payload(&receiver->joiner);
    size_t n = strlen(receiver->frame_payloads);

    if (n + payload.length + 2 < sizeof receiver->frame_payloads) {
        snprintf(receiver->frame_payloads + n, sizeof receiver->frame_payloads - n, "%.*s|",
                 (int)payload.length, payload.length ? (const char *)payload.data : "");
    }
}

static void take_step(struct receiver *receiver, enum frame_step step, struct bytes slice)
{
    const struct frame *frame = &receiver->reader.frame;
    struct message message;

    if (frame_is_control(frame->opcode)) {
        return;
    }
    if (step == FRAME_BEGIN) {
        bool starts = frame->opcode == FRAME_TEXT || frame->opcode == FRAME_BINARY;

        if (starts && message_interrupt(&receiver->joiner, &receiver->setting, &message)) {
            note_message(receiver, &message);
        }
        receiver->frame_faults |= message_frame_begin(&receiver->joiner, &receiver->setting, frame);
    } else if (step == FRAME_DATA) {
        message_frame_data(&receiver->joiner, &receiver->setting, frame, slice,
                           receiver->reader.position - slice.length);
    } else {
        if (message_frame_end(&receiver->joiner, &receiver->setting, frame, &message)) {
            note_message(receiver, &message);
        }
        note_frame_payload(receiver);
    }
}

/* One chunk, in memory of its own that goes away afterwards, as does what is in the scratch. */
static void receive_chunk(struct receiver *receiver, const uint8_t *bytes, size_t n)
{
    uint8_t *chunk = malloc(n);
    struct bytes input = bytes_of(chunk, n), slice = bytes_of(NULL, 0);
    enum frame_step step;

    memcpy(chunk, bytes, n);
    while ((step = frame_step(&receiver->reader, &input, &slice)) != FRAME_MORE) {
        take_step(receiver, step, slice);
    }
    message_keep(&receiver->joiner, &receiver->setting);
    memset(receiver->scratch, 0xA5, sizeof receiver->scratch);
    free(chunk);
}

static void receive(struct receiver *receiver, const uint8_t *bytes, size_t n, size_t piece)
{
    for (size_t at = 0; at < n;) {
        size_t size = n - at < piece ? n - at : piece;

        receive_chunk(receiver, bytes + at, size);
        at += size;
    }
}

/* --- a stream to send ----------------------------------------------------------------------------- */

struct wire {
    uint8_t bytes[1 << 18];
    size_t n;
    bool masked;
    z_stream deflate;
    bool deflating;
};

static void put_frame(struct wire *wire, uint8_t first, const void *payload, size_t n)
{
    static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    uint8_t *out = wire->bytes + wire->n;

    ck_assert_uint_le(wire->n + n + FRAME_HEADER_MAX, sizeof wire->bytes);
    *out++ = first;
    *out++ = (uint8_t)((wire->masked ? 0x80 : 0) | (n < 126 ? n : 127));
    for (int shift = 56; n >= 126 && shift >= 0; shift -= 8) {
        *out++ = (uint8_t)((uint64_t)n >> shift);
    }
    if (wire->masked) {
        memcpy(out, mask, 4);
        out += 4;
    }
    for (size_t i = 0; i < n; i++) {
        *out++ = ((const uint8_t *)payload)[i] ^ (wire->masked ? mask[i % 4] : 0);
    }
    wire->n = (size_t)(out - wire->bytes);
}

static void put_text(struct wire *wire, uint8_t first, const char *text)
{
    put_frame(wire, first, text, strlen(text));
}

/* What RFC 7692 section 7.2.1 makes of that text, with zlib as the sender; the window is kept. */
static size_t compress_text(struct wire *wire, const char *text, size_t n, uint8_t *out, size_t capacity)
{
    if (!wire->deflating) {
        ck_assert_int_eq(deflateInit2(&wire->deflate, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
        wire->deflating = true;
    }
    wire->deflate.next_in = (Bytef *)text;
    wire->deflate.avail_in = (uInt)n;
    wire->deflate.next_out = out;
    wire->deflate.avail_out = (uInt)capacity;
    deflate(&wire->deflate, Z_SYNC_FLUSH);
    ck_assert_uint_gt(wire->deflate.avail_out, 0);
    return capacity - wire->deflate.avail_out - 4;
}

/* In so many fragments, with a ping before each but the first. */
static void put_compressed(struct wire *wire, const char *text, size_t fragments)
{
    uint8_t compressed[4096];
    size_t n = compress_text(wire, text, strlen(text), compressed, sizeof compressed);

    for (size_t i = 0; i < fragments; i++) {
        size_t from = n * i / fragments, to = n * (i + 1) / fragments;
        uint8_t first = (uint8_t)((i == 0 ? 0x41 : 0) | (i + 1 == fragments ? 0x80 : 0));

        if (i > 0) {
            put_text(wire, 0x89, "ping");
        }
        put_frame(wire, first, compressed + from, to - from);
    }
}

static void wire_end(struct wire *wire)
{
    if (wire->deflating) {
        deflateEnd(&wire->deflate);
    }
}

static void assert_text(const struct message *message, const char *text)
{
    ck_assert_str_eq((const char *)message->payload.data, text);
    ck_assert_uint_eq(message->payload.length, strlen(text));
    ck_assert_uint_eq(message->length, strlen(text));
    ck_assert(message->complete && !message->truncated);
    ck_assert_uint_eq(message->faults, 0);
    ck_assert_uint_eq(message->inflated, message->compressed);
}

/* --- fragments: faults 54 and 55 ------------------------------------------------------------------ */

static const size_t pieces[] = { 1, 2, 3, 7, 97, WHOLE };

START_TEST(fragments_are_joined_around_control_frames)
{
    static struct receiver receiver;
    struct wire wire = { .masked = _i & 1 };

    receiver_init(&receiver);
    put_text(&wire, 0x01, "Hel");
    put_text(&wire, 0x89, "ping");
    put_text(&wire, 0x00, "");
    put_text(&wire, 0x00, "lo, ");
    put_text(&wire, 0x8A, "");
    put_text(&wire, 0x80, "world");
    put_text(&wire, 0x82, "whole");
    put_text(&wire, 0x81, "");
    receive(&receiver, wire.bytes, wire.n, pieces[_i / 2]);
    ck_assert_uint_eq(receiver.count, 3);
    assert_text(&receiver.messages[0], "Hello, world");
    ck_assert_uint_eq(receiver.messages[0].frames, 4);
    ck_assert_uint_eq(receiver.messages[0].wire_length, 12);
    ck_assert_uint_eq(receiver.messages[0].opcode, FRAME_TEXT);
    assert_text(&receiver.messages[1], "whole");
    ck_assert_uint_eq(receiver.messages[1].opcode, FRAME_BINARY);
    ck_assert_uint_eq(receiver.messages[1].number, 2);
    assert_text(&receiver.messages[2], "");
    ck_assert_str_eq(receiver.frame_payloads, "Hel||lo, |world|whole||");
    ck_assert_uint_eq(receiver.frame_faults, 0);
    receiver_end(&receiver);
}
END_TEST

START_TEST(a_continuation_without_a_start_is_a_message_without_a_start)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    put_text(&wire, 0x80, "orphan");
    put_text(&wire, 0x81, "text");
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.frame_faults, FAULT(FRAME_CONTINUATION_ORPHAN));
    ck_assert_uint_eq(receiver.count, 2);
    ck_assert_uint_eq(receiver.messages[0].opcode, FRAME_CONTINUATION);
    ck_assert(!receiver.messages[0].complete && !receiver.messages[0].truncated);
    ck_assert_str_eq((const char *)receiver.messages[0].payload.data, "orphan");
    assert_text(&receiver.messages[1], "text");
    receiver_end(&receiver);
}
END_TEST

START_TEST(a_new_message_ends_an_unfinished_one)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    put_text(&wire, 0x01, "half \xE6\x97");
    put_text(&wire, 0x81, "next");
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.frame_faults, FAULT(FRAME_MESSAGE_INTERRUPTED));
    ck_assert_uint_eq(receiver.count, 2);
    ck_assert(!receiver.messages[0].complete);
    ck_assert_uint_eq(receiver.messages[0].faults, 0);
    ck_assert_uint_eq(receiver.messages[0].length, 7);
    assert_text(&receiver.messages[1], "next");
    receiver_end(&receiver);
}
END_TEST

/* Faults 52: a frame with a reserved opcode is of no message and does not touch the one under way. */
START_TEST(reserved_opcodes_leave_the_message_alone)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    put_text(&wire, 0x01, "be");
    put_text(&wire, 0x83, "reserved");
    put_text(&wire, 0x80, "fore");
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.frame_faults, 0);
    ck_assert_uint_eq(receiver.count, 1);
    assert_text(&receiver.messages[0], "before");
    ck_assert_str_eq(receiver.frame_payloads, "be||fore|");
    receiver_end(&receiver);
}
END_TEST

START_TEST(fragments_without_end_are_counted_and_kept_to_the_limit)
{
    static struct receiver receiver;
    static struct wire wire;
    struct message message;

    receiver_init(&receiver);
    receiver.limits.message_kept = 1000;
    wire = (struct wire){ .masked = true };
    put_text(&wire, 0x02, "0123456789");
    for (unsigned i = 0; i < 5000; i++) {
        put_text(&wire, 0x00, "0123456789");
    }
    receive(&receiver, wire.bytes, wire.n, 97);
    ck_assert_uint_eq(receiver.count, 0);
    ck_assert_uint_le(receiver.memory.used, 2048);
    ck_assert(message_interrupt(&receiver.joiner, &receiver.setting, &message));
    ck_assert_uint_eq(message.frames, 5001);
    ck_assert_uint_eq(message.length, 50010);
    ck_assert_uint_eq(message.payload.length, 1000);
    ck_assert_mem_eq(message.payload.data + 990, "0123456789", 10);
    ck_assert(message.truncated && !message.complete);
    receiver_end(&receiver);
}
END_TEST

/* --- what is kept, and where ---------------------------------------------------------------------- */

static void step_to_end(struct receiver *receiver, struct bytes *input, struct message *message)
{
    struct bytes slice;

    ck_assert_int_eq(frame_step(&receiver->reader, input, &slice), FRAME_BEGIN);
    message_frame_begin(&receiver->joiner, &receiver->setting, &receiver->reader.frame);
    ck_assert_int_eq(frame_step(&receiver->reader, input, &slice), FRAME_DATA);
    message_frame_data(&receiver->joiner, &receiver->setting, &receiver->reader.frame, slice, 0);
    ck_assert_int_eq(frame_step(&receiver->reader, input, &slice), FRAME_END);
    ck_assert(message_frame_end(&receiver->joiner, &receiver->setting, &receiver->reader.frame, message));
}

START_TEST(a_payload_in_one_piece_is_not_copied_to_the_heap)
{
    static struct receiver receiver;
    struct wire plain = { .masked = false }, masked = { .masked = true };
    struct message message;

    receiver_init(&receiver);
    put_text(&plain, 0x81, "plain");
    put_text(&masked, 0x81, "masked");
    struct bytes input = bytes_of(plain.bytes, plain.n);

    step_to_end(&receiver, &input, &message);
    ck_assert_ptr_eq(message.payload.data, plain.bytes + 2);
    input = bytes_of(masked.bytes, masked.n);
    step_to_end(&receiver, &input, &message);
    ck_assert_ptr_eq(message.payload.data, receiver.scratch);
    ck_assert_mem_eq(message.payload.data, "masked", 6);
    ck_assert_uint_eq(receiver.memory.used, 0);
    receiver_end(&receiver);
}
END_TEST

/* What only counts keeps nothing, and does not even unmask a binary payload; text is judged all the same. */
START_TEST(counting_keeps_nothing)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true }, binary = { .masked = true };

    receiver_init(&receiver);
    receiver.limits.message_kept = 0;
    put_text(&binary, 0x82, "binary");
    struct bytes input = bytes_of(binary.bytes, binary.n);
    struct message message;

    memset(receiver.scratch, 0xA5, sizeof receiver.scratch);
    step_to_end(&receiver, &input, &message);
    ck_assert_uint_eq(receiver.scratch[0], 0xA5);
    ck_assert_uint_eq(message.length, 6);
    ck_assert(message.truncated);

    put_text(&wire, 0x01, "te");
    put_text(&wire, 0x80, "xt\xFF");
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.memory.used, 0);
    ck_assert_uint_eq(receiver.count, 1);
    ck_assert_uint_eq(receiver.messages[0].length, 5);
    ck_assert_uint_eq(receiver.messages[0].faults, FAULT(MESSAGE_NOT_UTF8));
    ck_assert_uint_eq(receiver.messages[0].utf8_offset, 4);
    receiver_end(&receiver);
}
END_TEST

/* Longer than the scratch, and longer than what is kept. */
START_TEST(long_payloads_pass_through_the_scratch_in_pieces)
{
    static struct receiver receiver;
    static struct wire wire;
    static char text[200000];

    receiver_init(&receiver);
    receiver.limits.message_kept = _i ? 100000 : 1 << 20;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i % 23);
    }
    wire = (struct wire){ .masked = true };
    put_frame(&wire, 0x81, text, sizeof text);
    receive(&receiver, wire.bytes, wire.n, WHOLE);
    ck_assert_uint_eq(receiver.count, 1);
    const struct message *message = &receiver.messages[0];

    ck_assert_uint_eq(message->length, sizeof text);
    ck_assert_int_eq(message->truncated, _i);
    ck_assert_uint_eq(message->payload.length, _i ? 100000 : sizeof text);
    ck_assert_mem_eq(message->payload.data, text, message->payload.length);
    ck_assert_uint_eq(message->faults, 0);
    receiver_end(&receiver);
}
END_TEST

/* --- text: faults 57 ------------------------------------------------------------------------------ */

static const struct {
    const char *first, *second;     /* two fragments */
    int bad;                        /* offset, -1 where there is no fault */
} texts[] = {
    { "gr\xC3", "\xBC\xC3\x9F", -1 },
    { "gr\xC3", "", 3 },                            /* ends inside a character */
    { "gr\xC3", "X", 3 },
    { "\xC0\x80", "", 0 },                          /* overlong */
    { "12\xED", "\xA0\x80", 3 },                    /* surrogate */
    { "\xF4", "\x90\x80\x80", 1 },
    { "\xFF", "\xFF", 0 },
};

START_TEST(text_is_judged_over_its_fragments)
{
    static struct receiver receiver;

    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct wire wire = { .masked = true };

        receiver_init(&receiver);
        put_text(&wire, 0x01, texts[_i].first);
        put_text(&wire, 0x89, "\xFF");
        put_text(&wire, 0x80, texts[_i].second);
        put_text(&wire, 0x82, "\xFF\xFF");
        receive(&receiver, wire.bytes, wire.n, pieces[i]);
        ck_assert_uint_eq(receiver.count, 2);
        ck_assert_uint_eq(receiver.messages[0].faults, texts[_i].bad < 0 ? 0 : FAULT(MESSAGE_NOT_UTF8));
        if (texts[_i].bad >= 0) {
            ck_assert_int_eq((int)receiver.messages[0].utf8_offset, texts[_i].bad);
        }
        ck_assert_uint_eq(receiver.messages[1].faults, 0);
        receiver_end(&receiver);
    }
}
END_TEST

/* --- losses --------------------------------------------------------------------------------------- */

/* Drops n bytes of a stream at that place: inside a payload. */
static void receive_with_gap(struct receiver *receiver, const struct wire *wire, size_t at, size_t n)
{
    receive(receiver, wire->bytes, at, WHOLE);
    ck_assert_uint_eq(frame_skip(&receiver->reader, n), 0);
    message_frame_lost(&receiver->joiner, &receiver->setting, n);
    receive(receiver, wire->bytes + at + n, wire->n - at - n, WHOLE);
}

/* Half a character before the gap and half of one after it prove nothing. */
START_TEST(no_text_is_judged_across_a_gap)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    put_text(&wire, 0x81, "ab\xC3\xBCxyz\xC3\xBC");
    put_text(&wire, 0x81, "next");
    receive_with_gap(&receiver, &wire, 6 + 3, (size_t)_i);
    ck_assert_uint_eq(receiver.count, 2);
    ck_assert_uint_eq(receiver.messages[0].faults, 0);
    ck_assert(!receiver.messages[0].complete && receiver.messages[0].truncated);
    ck_assert_uint_eq(receiver.messages[0].wire_length, 9 - (size_t)_i);
    ck_assert_str_eq((const char *)receiver.messages[0].payload.data, "ab\xC3");
    assert_text(&receiver.messages[1], "next");
    receiver_end(&receiver);
}
END_TEST

/* After lost frames a continuation or a new message breaks no rule that we could know of. */
START_TEST(lost_frames_accuse_nobody)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    message_resync(&receiver.joiner, &receiver.setting);
    put_text(&wire, 0x00, "joined ");
    put_text(&wire, 0x80, "late");
    put_text(&wire, 0x01, "begun");
    receive(&receiver, wire.bytes, wire.n, WHOLE);
    message_resync(&receiver.joiner, &receiver.setting);
    wire.n = 0;
    put_text(&wire, 0x81, "whole");
    receive(&receiver, wire.bytes, wire.n, WHOLE);
    ck_assert_uint_eq(receiver.frame_faults, 0);
    ck_assert_uint_eq(receiver.count, 3);
    ck_assert(!receiver.messages[0].complete && !receiver.messages[1].complete);
    ck_assert_str_eq((const char *)receiver.messages[0].payload.data, "joined late");
    ck_assert_str_eq((const char *)receiver.messages[1].payload.data, "begun");
    assert_text(&receiver.messages[2], "whole");
    wire.n = 0;
    put_text(&wire, 0x80, "orphan");
    receive(&receiver, wire.bytes, wire.n, WHOLE);
    ck_assert_uint_eq(receiver.frame_faults, FAULT(FRAME_CONTINUATION_ORPHAN));
    receiver_end(&receiver);
}
END_TEST

/* --- compression: faults 60 to 66 ----------------------------------------------------------------- */

static void nth_text(char *text, unsigned i)
{
    sprintf(text, "{\"price\":%u,\"text\":\"the same words again and again\",\"tick\":%u}",
            i * 7919 % 1000, i);
}

/* Faults 60 and 62: the window outlives messages, fragments and pings do not matter. */
START_TEST(compressed_messages_are_exact_however_they_are_cut)
{
    static struct receiver receiver;
    static struct wire wire;
    char text[200];

    wire = (struct wire){ .masked = _i & 1 };
    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    for (unsigned i = 0; i < 40; i++) {
        nth_text(text, i);
        put_compressed(&wire, text, 1 + i % 4);
        if (i % 10 == 0) {
            put_text(&wire, 0x81, "not compressed");
        }
    }
    receive(&receiver, wire.bytes, wire.n, pieces[_i / 2]);
    ck_assert_uint_eq(receiver.count, 44);
    for (unsigned i = 0, k = 0; i < 40; i++, k++) {
        nth_text(text, i);
        assert_text(&receiver.messages[k], text);
        ck_assert(receiver.messages[k].compressed);
        ck_assert_uint_eq(receiver.messages[k].frames, 1 + i % 4);
        ck_assert(i == 0 || receiver.messages[k].wire_length < receiver.messages[k].length);
        if (i % 10 == 0) {
            assert_text(&receiver.messages[++k], "not compressed");
            ck_assert(!receiver.messages[k].compressed);
        }
    }
    ck_assert_uint_eq(receiver.frame_faults, 0);
    wire_end(&wire);
    receiver_end(&receiver);
}
END_TEST

/* Faults 61: without takeover the direction that agreed to it holds no window between messages. */
START_TEST(without_context_takeover_no_window_is_held)
{
    static struct receiver receiver;
    static struct wire wire;
    char text[200];

    wire = (struct wire){ .masked = true };
    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    receiver.deflate.no_context_takeover[C2S] = true;
    for (unsigned i = 0; i < 10; i++) {
        nth_text(text, i);
        put_compressed(&wire, text, 1 + i % 3);
        deflateReset(&wire.deflate);
    }
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.count, 10);
    for (unsigned i = 0; i < 10; i++) {
        nth_text(text, i);
        assert_text(&receiver.messages[i], text);
    }
    ck_assert_ptr_null(receiver.context.inflater);
    ck_assert_ptr_nonnull(receiver.spare);
    ck_assert_uint_eq(receiver.windows, inflater_size());
    wire_end(&wire);
    receiver_end(&receiver);
}
END_TEST

/* A reference over messages where no takeover was agreed is the sender's fault. The other direction's
 * parameter says nothing here (tshark 4.0 has them the wrong way round). */
START_TEST(each_direction_obeys_its_own_parameter)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    receiver.deflate.no_context_takeover[_i] = true;
    put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    put_frame(&wire, 0xC1, "\xf2\x00\x11\x00\x00", 5);
    receive(&receiver, wire.bytes, wire.n, WHOLE);
    assert_text(&receiver.messages[0], "Hello");
    if (_i == C2S) {
        ck_assert_uint_eq(receiver.messages[1].faults, FAULT(MESSAGE_DEFLATE_CORRUPT));
    } else {
        assert_text(&receiver.messages[1], "Hello");
    }
    receiver_end(&receiver);
}
END_TEST

/* Faults 62 and 66: RSV1 where it means nothing leaves the payload as it is. */
START_TEST(rsv1_means_compressed_only_where_it_may)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    put_text(&wire, 0x41, "ra");
    put_text(&wire, 0xC0, "w");
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    assert_text(&receiver.messages[0], "raw");
    ck_assert_uint_eq(receiver.frame_faults, 0);

    receiver.deflate.agreed = true;
    wire.n = 0;
    put_text(&wire, 0x01, "plain ");
    put_text(&wire, 0xC0, "to the end");
    put_frame(&wire, 0x41, "\xf2\x48\xcd", 3);
    put_frame(&wire, 0xC0, "\xc9\xc9\x07\x00", 4);
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    assert_text(&receiver.messages[1], "plain to the end");
    assert_text(&receiver.messages[2], "Hello");
    ck_assert_uint_eq(receiver.frame_faults, FAULT(FRAME_RSV1_ON_CONTINUATION));
    ck_assert_str_eq(receiver.frame_payloads, "ra|w|plain |to the end|||");
    receiver_end(&receiver);
}
END_TEST

/* Faults 61 and 64: what else may stand in a message. */
static const struct {
    const char *bytes;
    size_t n;
    const char *clear;          /* or NULL: it cannot be inflated */
} payloads[] = {
    { "\x00", 1, "" },
    { "", 0, "" },
    { "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11, "Hello" },
    { "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8, "Hello" },
    { "\xf3\x48\xcd\xc9\xc9\x07\x00", 7, "Hello" },
    { "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13, "Hello" },
    { "\x06", 1, NULL },
    { "\xf2\x48\xcd", 3, NULL },
    { "\xf2\x48\xcd\xc9\xc9\x07", 6, NULL },
    { "\x4a\x4c\x1c\x05\x23\x0d\x00", 7, NULL },  /* 500 bytes, and no empty block after them */
    { "\xf2\x00\x11\x00\x00", 5, NULL },            /* too far back, in a window known to be empty */
};

START_TEST(odd_payloads_are_inflated_or_refused)
{
    static struct receiver receiver;

    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct wire wire = { .masked = true };

        receiver_init(&receiver);
        receiver.deflate.agreed = true;
        put_frame(&wire, 0xC1, payloads[_i].bytes, payloads[_i].n);
        put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
        put_frame(&wire, 0xC1, "\xf2\x00\x11\x00\x00", 5);
        receive(&receiver, wire.bytes, wire.n, pieces[i]);
        ck_assert_uint_eq(receiver.count, 3);
        const struct message *odd = &receiver.messages[0];

        if (payloads[_i].clear != NULL) {
            assert_text(odd, payloads[_i].clear);
        } else {
            ck_assert_uint_eq(odd->faults, FAULT(MESSAGE_DEFLATE_CORRUPT));
            ck_assert(odd->complete && odd->truncated && !odd->inflated);
            ck_assert_uint_eq(odd->length, payloads[_i].n);
            ck_assert(payloads[_i].n != 7 || odd->payload.length == 500);
        }
        assert_text(&receiver.messages[1], "Hello");
        assert_text(&receiver.messages[2], "Hello");
        receiver_end(&receiver);
    }
}
END_TEST

/* Faults 65: with any one message lost, each later one is right or says that its window is lost. The texts
 * are all alike, so that a decoder that goes on with the wrong window would seem to be right. */
START_TEST(after_a_lost_message_nothing_is_right_by_luck)
{
    static struct receiver receiver;
    static struct wire wire;
    size_t at[31];
    char text[200];
    unsigned lost_after = 0;

    wire = (struct wire){ .masked = true };
    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    for (unsigned i = 0; i < 30; i++) {
        at[i] = wire.n;
        nth_text(text, i);
        put_compressed(&wire, text, 1);
        if (i == 20) {
            deflateReset(&wire.deflate);        /* the sender may start again: from here on all are right */
        }
    }
    at[30] = wire.n;
    for (unsigned i = 0; i < 30; i++) {
        if (i == (unsigned)_i) {
            message_context_resync(&receiver.context);
        } else {
            receive(&receiver, wire.bytes + at[i], at[i + 1] - at[i], WHOLE);
        }
    }
    ck_assert_uint_eq(receiver.count, 29);
    for (unsigned i = 0; i < 29; i++) {
        const struct message *message = &receiver.messages[i];

        nth_text(text, i < (unsigned)_i ? i : i + 1);
        if (message->faults) {
            ck_assert_uint_eq(message->faults, FAULT(MESSAGE_WINDOW_LOST));
            ck_assert(i >= (unsigned)_i && (i < 20 || _i > 20));
            ck_assert(!message->inflated && message->truncated && message->complete);
            ck_assert_mem_eq(message->payload.data, text, message->payload.length);
            lost_after++;
        } else {
            assert_text(message, text);
        }
    }
    ck_assert(lost_after > 0 || _i == 20 || _i == 29);
    wire_end(&wire);
    receiver_end(&receiver);
}
END_TEST

/* A gap inside a compressed message costs that one and those that refer to it. */
START_TEST(a_gap_in_a_compressed_message_is_told)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    put_frame(&wire, 0xC1, "\xf2\x00\x11\x00\x00", 5);
    put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    receive_with_gap(&receiver, &wire, 6 + 3, 2);
    ck_assert_uint_eq(receiver.count, 3);
    ck_assert_uint_eq(receiver.messages[0].faults, FAULT(MESSAGE_WINDOW_LOST));
    ck_assert(!receiver.messages[0].complete && !receiver.messages[0].inflated);
    ck_assert_uint_eq(receiver.messages[0].wire_length, 5);
    ck_assert_str_eq((const char *)receiver.messages[0].payload.data, "He");
    ck_assert_uint_eq(receiver.messages[1].faults, FAULT(MESSAGE_WINDOW_LOST));
    ck_assert(receiver.messages[1].complete);
    assert_text(&receiver.messages[2], "Hello");
    receiver_end(&receiver);
}
END_TEST

/* Without takeover every message starts anew, so a loss costs no more than itself. */
START_TEST(without_takeover_a_loss_costs_one_message)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    receiver.deflate.no_context_takeover[C2S] = true;
    put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    put_frame(&wire, 0xC1, "\xf2\x00\x11\x00\x00", 5);
    receive_with_gap(&receiver, &wire, 6 + 3, 2);
    ck_assert_uint_eq(receiver.messages[0].faults, FAULT(MESSAGE_WINDOW_LOST));
    assert_text(&receiver.messages[1], "Hello");
    ck_assert_uint_eq(receiver.messages[2].faults, FAULT(MESSAGE_DEFLATE_CORRUPT));
    receiver_end(&receiver);
}
END_TEST

START_TEST(an_interrupted_compressed_message_costs_the_window)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    put_frame(&wire, 0x41, "\xf2\x48\xcd", 3);
    put_frame(&wire, 0xC1, "\xf2\x00\x11\x00\x00", 5);
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.count, 2);
    ck_assert(!receiver.messages[0].complete && !receiver.messages[0].inflated);
    ck_assert_uint_eq(receiver.messages[1].faults, FAULT(MESSAGE_WINDOW_LOST));
    receiver_end(&receiver);
}
END_TEST

/* Faults 63: zeros, a thousand to one; kept in part, and as far as they are inflated. */
START_TEST(a_bomb_is_inflated_to_the_limit_and_no_further)
{
    static struct receiver receiver;
    static struct wire wire;
    static char zeros[5000000];
    static uint8_t compressed[8192];
    size_t limit = 300000, kept = _i & 1 ? 100000 : sizeof zeros;

    wire = (struct wire){ .masked = true };
    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    receiver.limits.message_inflated = limit;
    receiver.limits.message_kept = kept;
    size_t n = compress_text(&wire, zeros, sizeof zeros, compressed, sizeof compressed);

    put_frame(&wire, 0xC1, compressed, n);
    deflateReset(&wire.deflate);
    put_compressed(&wire, "from the start", 1);
    receive(&receiver, wire.bytes, wire.n, pieces[_i / 2]);
    ck_assert_uint_eq(receiver.count, 2);
    const struct message *bomb = &receiver.messages[0];

    ck_assert_uint_eq(bomb->faults, FAULT(MESSAGE_INFLATE_LIMIT));
    ck_assert_uint_eq(bomb->length, limit);
    ck_assert_uint_eq(bomb->wire_length, n);
    ck_assert_uint_eq(bomb->payload.length, kept < limit ? kept : limit);
    ck_assert_mem_eq(bomb->payload.data, zeros, bomb->payload.length);
    ck_assert(bomb->truncated && bomb->complete && bomb->inflated);
    assert_text(&receiver.messages[1], "from the start");
    ck_assert_uint_le(receiver.memory.used, inflater_size());
    wire_end(&wire);
    receiver_end(&receiver);
}
END_TEST

/* --- memory --------------------------------------------------------------------------------------- */

START_TEST(windows_are_bounded_together)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    receiver.limits.inflate_windows = inflater_size();
    receiver.windows = 1;                           /* another connection's */
    put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.messages[0].faults, FAULT(MESSAGE_INFLATE_MEMORY));
    ck_assert_uint_eq(receiver.messages[0].length, 7);
    ck_assert(!receiver.messages[0].inflated);
    receiver.windows = 0;                           /* which has ended */
    wire.n = 0;
    put_frame(&wire, 0xC1, "\xf2\x00\x11\x00\x00", 5);
    put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.messages[1].faults, FAULT(MESSAGE_WINDOW_LOST));
    assert_text(&receiver.messages[2], "Hello");
    receiver_end(&receiver);
}
END_TEST

/* What the direction before left in the spare's window is not the next one's. */
START_TEST(a_spare_inflater_comes_with_an_empty_window)
{
    static struct receiver receiver;
    struct wire wire = { .masked = true };

    receiver_init(&receiver);
    receiver.deflate.agreed = true;
    put_frame(&wire, 0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    message_context_release(&receiver.context, &receiver.setting);
    ck_assert_ptr_nonnull(receiver.spare);
    wire.n = 0;
    put_frame(&wire, 0xC1, "\xf2\x00\x11\x00\x00", 5);
    receive(&receiver, wire.bytes, wire.n, pieces[_i]);
    ck_assert_uint_eq(receiver.messages[1].faults, FAULT(MESSAGE_DEFLATE_CORRUPT));
    ck_assert_uint_eq(receiver.windows, inflater_size());
    receiver_end(&receiver);
}
END_TEST

/* Whatever is refused: what a message says it holds is right, and all lengths on the wire are. */
START_TEST(every_allocation_may_fail)
{
    static struct receiver receiver;
    static struct wire wire;
    static char text[6000];
    size_t half = sizeof text / 2;

    wire = (struct wire){ .masked = true };
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i % half % 26);
    }
    put_frame(&wire, 0x01, text, half);
    put_frame(&wire, 0x80, text, half);
    text[half - 1] = 0;
    put_compressed(&wire, text, 3);
    put_compressed(&wire, text, 3);
    text[half - 1] = text[sizeof text - 1];
    for (uint64_t limit = 0, refused = 1; refused; limit += 250) {
        receiver_init(&receiver);
        receiver.deflate.agreed = true;
        receiver.memory.limit = limit;
        receive(&receiver, wire.bytes, wire.n, 97);
        ck_assert_uint_eq(receiver.count, 3);
        ck_assert_uint_eq(receiver.messages[0].length, sizeof text);
        ck_assert_uint_eq(receiver.messages[0].faults, 0);
        for (size_t i = 0; i < receiver.count; i++) {
            const struct message *message = &receiver.messages[i];

            ck_assert_mem_eq(message->payload.data, text, message->payload.length);
            ck_assert(message->complete);
            ck_assert(message->truncated || message->payload.length == message->length);
        }
        refused = receiver.memory.refused;
        receiver_end(&receiver);
    }
    wire_end(&wire);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message");
    TCase *plain = tcase_create("plain"), *compressed = tcase_create("compressed");
    SRunner *runner = srunner_create(suite);
    int cuts = (int)COUNT(pieces);

    tcase_add_loop_test(plain, fragments_are_joined_around_control_frames, 0, 2 * cuts);
    tcase_add_loop_test(plain, a_continuation_without_a_start_is_a_message_without_a_start, 0, cuts);
    tcase_add_loop_test(plain, a_new_message_ends_an_unfinished_one, 0, cuts);
    tcase_add_loop_test(plain, reserved_opcodes_leave_the_message_alone, 0, cuts);
    tcase_add_test(plain, fragments_without_end_are_counted_and_kept_to_the_limit);
    tcase_add_test(plain, a_payload_in_one_piece_is_not_copied_to_the_heap);
    tcase_add_loop_test(plain, counting_keeps_nothing, 0, cuts);
    tcase_add_loop_test(plain, long_payloads_pass_through_the_scratch_in_pieces, 0, 2);
    tcase_add_loop_test(plain, text_is_judged_over_its_fragments, 0, (int)COUNT(texts));
    tcase_add_loop_test(plain, no_text_is_judged_across_a_gap, 4, 6);
    tcase_add_test(plain, lost_frames_accuse_nobody);
    tcase_set_timeout(compressed, 30);
    tcase_add_loop_test(compressed, compressed_messages_are_exact_however_they_are_cut, 0, 2 * cuts);
    tcase_add_loop_test(compressed, without_context_takeover_no_window_is_held, 0, cuts);
    tcase_add_loop_test(compressed, each_direction_obeys_its_own_parameter, C2S, S2C + 1);
    tcase_add_loop_test(compressed, rsv1_means_compressed_only_where_it_may, 0, cuts);
    tcase_add_loop_test(compressed, odd_payloads_are_inflated_or_refused, 0, (int)COUNT(payloads));
    tcase_add_loop_test(compressed, after_a_lost_message_nothing_is_right_by_luck, 0, 30);
    tcase_add_test(compressed, a_gap_in_a_compressed_message_is_told);
    tcase_add_test(compressed, without_takeover_a_loss_costs_one_message);
    tcase_add_loop_test(compressed, an_interrupted_compressed_message_costs_the_window, 0, cuts);
    tcase_add_loop_test(compressed, a_bomb_is_inflated_to_the_limit_and_no_further, 0, 2 * cuts);
    tcase_add_loop_test(compressed, windows_are_bounded_together, 0, cuts);
    tcase_add_loop_test(compressed, a_spare_inflater_comes_with_an_empty_window, 0, cuts);
    tcase_add_test(compressed, every_allocation_may_fail);
    suite_add_tcase(suite, plain);
    suite_add_tcase(suite, compressed);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
