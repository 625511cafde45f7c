/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include "utf8.h"

/*    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-------+-+-------------+-------------------------------+
 *   |F|R|R|R| opcode|M| length:     | length in 16 bits (126)       |
 *   |I|S|S|S|  (4)  |A| 0 to 125,   | or 64 bits (127),             |
 *   |N|V|V|V|       |S| 126 or 127  | then the mask key (4 bytes)   |
 *   | |1|2|3|       |K|             | where M is 1, then payload    |
 *   +-+-+-+-+-------+-+-------------+-------------------------------+   RFC 6455 section 5.2
 */
#define FIN_BIT 0x80
#define RSV_SHIFT 4
#define OPCODE_BITS 0x0F
#define MASK_BIT 0x80
#define LENGTH_BITS 0x7F
#define LENGTH_IN_16_BITS 126
#define LENGTH_IN_64_BITS 127

#define FAULT(bit) (UINT64_C(1) << (bit))

void frame_reader_init(struct frame_reader *reader, uint64_t offset)
{
    *reader = (struct frame_reader){ .offset = offset };
}

unsigned frame_extended_length(uint8_t second)
{
    unsigned length = second & LENGTH_BITS;

    return length == LENGTH_IN_64_BITS ? 8 : length == LENGTH_IN_16_BITS ? 2 : 0;
}

/* How long the header is: its second byte tells. */
static unsigned header_length(const uint8_t *header)
{
    return 2 + frame_extended_length(header[1]) + (header[1] & MASK_BIT ? 4 : 0);
}

/* Copies header bytes from the input until so many are held. False where the input ends before that. */
static bool hold_header(struct frame_reader *reader, struct bytes *input, unsigned wanted)
{
    while (reader->header_held < wanted && input->length > 0) {
        reader->frame.header[reader->header_held++] = *input->data++;
        input->length--;
        reader->offset++;
    }
    return reader->header_held >= wanted;
}

/* True when the header is whole. Nearly always all of it is in the input, and moves in one piece. */
static bool gather_header(struct frame_reader *reader, struct bytes *input)
{
    if (reader->header_held == 0 && input->length >= FRAME_HEADER_MAX) {
        memcpy(reader->frame.header, input->data, FRAME_HEADER_MAX);
        reader->header_held = (uint8_t)header_length(input->data);
        reader->offset += reader->header_held;
        *input = bytes_after(*input, reader->header_held);
        return true;
    }
    return hold_header(reader, input, 2) && hold_header(reader, input, header_length(reader->frame.header));
}

static uint64_t read_length(struct cursor *header, uint8_t length)
{
    switch (length) {
    case LENGTH_IN_16_BITS:
        return cursor_u16(header);
    case LENGTH_IN_64_BITS:
        return cursor_u64(header);
    default:
        return length;
    }
}

/* Fills in the fields from the header's bytes. */
static void decode_header(struct frame_reader *reader)
{
    struct frame *frame = &reader->frame;
    struct cursor header = cursor_over(bytes_of(frame->header, reader->header_held));
    uint8_t first = cursor_u8(&header);
    uint8_t second = cursor_u8(&header);

    frame->offset = reader->offset - reader->header_held;
    frame->header_length = reader->header_held;
    frame->fin = (first & FIN_BIT) != 0;
    frame->rsv = first >> RSV_SHIFT & 7;
    frame->opcode = first & OPCODE_BITS;
    frame->masked = (second & MASK_BIT) != 0;
    frame->length = read_length(&header, second & LENGTH_BITS);
    frame->lost = 0;
    memset(frame->mask, 0, sizeof frame->mask);
    if (frame->masked) {
        memcpy(frame->mask, cursor_take(&header, sizeof frame->mask).data, sizeof frame->mask);
    }
}

static enum frame_step begin_frame(struct frame_reader *reader, struct bytes *input)
{
    if (!gather_header(reader, input)) {
        return FRAME_MORE;
    }
    decode_header(reader);
    reader->position = 0;
    reader->in_payload = true;
    return FRAME_BEGIN;
}

static enum frame_step pass_payload(struct frame_reader *reader, struct bytes *input, struct bytes *slice)
{
    uint64_t left = reader->frame.length - reader->position;

    if (input->length == 0) {
        return FRAME_MORE;
    }
    *slice = left < input->length ? bytes_first(*input, (size_t)left) : *input;
    *input = bytes_after(*input, slice->length);
    reader->position += slice->length;
    reader->offset += slice->length;
    return FRAME_DATA;
}

static enum frame_step end_frame(struct frame_reader *reader)
{
    reader->header_held = 0;
    reader->in_payload = false;
    return FRAME_END;
}

enum frame_step frame_step(struct frame_reader *reader, struct bytes *input, struct bytes *slice)
{
    if (!reader->in_payload) {
        return begin_frame(reader, input);
    }
    if (reader->position < reader->frame.length) {
        return pass_payload(reader, input, slice);
    }
    return end_frame(reader);
}

uint64_t frame_skip(struct frame_reader *reader, uint64_t gap)
{
    uint64_t left = reader->in_payload ? reader->frame.length - reader->position : 0;
    uint64_t skipped = gap < left ? gap : left;

    reader->frame.lost += skipped;
    reader->position += skipped;
    reader->offset += gap;
    return gap - skipped;
}

bool frame_under_way(const struct frame_reader *reader)
{
    return reader->in_payload || reader->header_held > 0;
}

/* Section 5.2: of the three forms, the shortest that can hold the length. */
static bool length_is_minimal(const struct frame *frame)
{
    switch (frame->header[1] & LENGTH_BITS) {
    case LENGTH_IN_16_BITS:
        return frame->length >= LENGTH_IN_16_BITS;
    case LENGTH_IN_64_BITS:
        return frame->length > UINT16_MAX;
    default:
        return true;
    }
}

static bool opcode_is_reserved(uint8_t opcode)
{
    return opcode > FRAME_PONG || (opcode > FRAME_BINARY && opcode < FRAME_CLOSE);
}

uint64_t frame_header_faults(const struct frame *frame)
{
    static const uint8_t zeros[4];
    uint64_t faults = 0;

    if (opcode_is_reserved(frame->opcode)) {
        faults |= FAULT(FRAME_OPCODE_RESERVED);
    }
    if (!length_is_minimal(frame)) {
        faults |= FAULT(FRAME_LENGTH_NOT_MINIMAL);
    }
    if (frame->length >> 63) {                              /* section 5.2: the top bit MUST be 0 */
        faults |= FAULT(FRAME_LENGTH_TOP_BIT);
    }
    if (frame_is_control(frame->opcode)) {                  /* section 5.5 */
        faults |= frame->length > FRAME_CONTROL_MAX ? FAULT(FRAME_CONTROL_TOO_LONG) : 0;
        faults |= frame->fin ? 0 : FAULT(FRAME_CONTROL_FRAGMENTED);
    }
    if (frame->masked && memcmp(frame->mask, zeros, sizeof zeros) == 0) {
        faults |= FAULT(FRAME_MASK_ZERO);
    }
    return faults;
}

void frame_unmask(uint8_t *out, const uint8_t *in, size_t n, const uint8_t mask[4], uint64_t position)
{
    uint8_t twice[8];
    uint32_t half;
    uint64_t key, word;     /* key: the mask twice, turned so that its first byte meets in[0] */
    size_t i = 0;

    memcpy(twice, mask, 4);
    memcpy(twice + 4, mask, 4);
    memcpy(&half, twice + position % 4, sizeof half);
    key = half * UINT64_C(0x100000001);
    for (; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, in + i, sizeof word);
        word ^= key;
        memcpy(out + i, &word, sizeof word);
    }
    for (; i < n; i++) {
        out[i] = in[i] ^ mask[(position + i) % 4];
    }
}

const char *frame_opcode_name(uint8_t opcode)
{
    static const char *const names[16] = {                  /* section 11.8 */
        "continuation", "text", "binary", "reserved 0x3", "reserved 0x4", "reserved 0x5", "reserved 0x6",
        "reserved 0x7", "close", "ping", "pong", "reserved 0xb", "reserved 0xc", "reserved 0xd",
        "reserved 0xe", "reserved 0xf",
    };

    return names[opcode & OPCODE_BITS];
}

/* Close codes: section 7.4 and the IANA registry that it opened, in order and without holes. */
struct close_code {
    uint16_t last;              /* the row runs from after the row before to here */
    uint64_t fault;             /* of a Close frame that carries one; 0: it may */
    const char *meaning;
};

#define NEVER_SENT FAULT(FRAME_CLOSE_CODE_NEVER_SENT)
#define UNDEFINED FAULT(FRAME_CLOSE_CODE_UNDEFINED)

static const struct close_code close_codes[] = {
    { 999, UNDEFINED, "not used" },
    { 1000, 0, "normal closure" },
    { 1001, 0, "going away" },
    { 1002, 0, "protocol error" },
    { 1003, 0, "unsupported data" },
    { 1004, UNDEFINED, "reserved" },
    { 1005, NEVER_SENT, "no status received" },
    { 1006, NEVER_SENT, "abnormal closure" },
    { 1007, 0, "invalid frame payload data" },
    { 1008, 0, "policy violation" },
    { 1009, 0, "message too big" },
    { 1010, 0, "mandatory extension missing" },
    { 1011, 0, "internal error" },
    { 1012, 0, "service restart" },
    { 1013, 0, "try again later" },
    { 1014, 0, "bad gateway" },
    { 1015, NEVER_SENT, "TLS handshake failed" },
    { 2999, UNDEFINED, "reserved for the protocol" },
    { 3000, 0, "unauthorized" },
    { 3002, 0, "for libraries and frameworks" },
    { 3003, 0, "forbidden" },
    { 3007, 0, "for libraries and frameworks" },
    { 3008, 0, "timeout" },
    { 3999, 0, "for libraries and frameworks" },
    { 4999, 0, "private use" },
    { UINT16_MAX, UNDEFINED, "not defined" },
};

static const struct close_code *find_close_code(uint16_t code)
{
    const struct close_code *row = close_codes;

    while (code > row->last) {
        row++;
    }
    return row;
}

const char *frame_close_code_meaning(uint16_t code)
{
    return find_close_code(code)->meaning;
}

/* Section 5.5.1: the reason is UTF-8, and a whole one, for no second frame can finish it. */
static bool reason_is_utf8(struct bytes reason)
{
    struct utf8 text;

    utf8_init(&text);
    utf8_feed(&text, reason.data, reason.length);
    return utf8_complete(&text);
}

uint64_t frame_close_faults(struct bytes payload, enum direction direction)
{
    struct cursor cursor = cursor_over(payload);
    uint16_t code = cursor_u16(&cursor);

    if (cursor.failed) {                                    /* no body is legal, half a code is not */
        return payload.length == 0 ? 0 : FAULT(FRAME_CLOSE_ONE_BYTE);
    }
    uint64_t faults = find_close_code(code)->fault;

    if (code == 1010 && direction == S2C) {                 /* section 7.4.1: it is the client's to send */
        faults |= FAULT(FRAME_CLOSE_CODE_WRONG_SIDE);
    }
    if (!reason_is_utf8(cursor_rest(&cursor))) {
        faults |= FAULT(FRAME_CLOSE_REASON_NOT_UTF8);
    }
    return faults;
}
