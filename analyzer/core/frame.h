/* SPDX-License-Identifier: MIT */
#ifndef WS101_FRAME_H
#define WS101_FRAME_H

/* frame - one direction's bytes become frames (RFC 6455 section 5).
 *
 * Comes in:   bytes in order, cut anywhere.
 * Goes out:   FRAME_BEGIN when a header is whole, FRAME_DATA for each piece of payload (a view of the input,
 *             still masked), FRAME_END. A frame of 2^63 bytes costs the 14 bytes of its header.
 * Ownership:  struct frame_reader is the caller's; nothing is allocated, nothing is kept of the input but
 *             the header's bytes.
 * A frame is reported whatever rule it breaks: the faults are bits, judged where the knowledge is (the mask
 * bit against the direction, RSV against the extensions, order against the message).
 */

#include "bytes.h"

enum frame_opcode {             /* RFC 6455 section 11.8 */
    FRAME_CONTINUATION = 0x0,
    FRAME_TEXT = 0x1,
    FRAME_BINARY = 0x2,
    FRAME_CLOSE = 0x8,
    FRAME_PING = 0x9,
    FRAME_PONG = 0xA,
};

enum frame_rsv {                /* the three bits between FIN and opcode: section 5.2 */
    FRAME_RSV1 = 4,             /* of a compressed message's first frame: RFC 7692 section 6 */
    FRAME_RSV2 = 2,
    FRAME_RSV3 = 1,
};

#define FRAME_HEADER_MAX 14
#define FRAME_CONTROL_MAX 125   /* payload bytes of a control frame, section 5.5 */

enum frame_fault {              /* bits of faults; rows of the table in rules.c */
    FRAME_RSV_UNAGREED,
    FRAME_RSV1_ON_CONTROL,
    FRAME_RSV1_ON_CONTINUATION,
    FRAME_OPCODE_RESERVED,
    FRAME_NOT_MASKED,
    FRAME_MASKED,
    FRAME_LENGTH_NOT_MINIMAL,
    FRAME_LENGTH_TOP_BIT,
    FRAME_CONTROL_TOO_LONG,
    FRAME_CONTROL_FRAGMENTED,
    FRAME_CONTINUATION_ORPHAN,
    FRAME_MESSAGE_INTERRUPTED,
    FRAME_CLOSE_ONE_BYTE,
    FRAME_CLOSE_CODE_NEVER_SENT,        /* 1005, 1006, 1015 */
    FRAME_CLOSE_CODE_UNDEFINED,         /* below 1000, 1004, 1016 to 2999, above 4999 */
    FRAME_CLOSE_CODE_WRONG_SIDE,        /* 1010 is the client's */
    FRAME_CLOSE_REASON_NOT_UTF8,
    FRAME_CLOSE_ANSWER_DIFFERS,
    FRAME_DATA_AFTER_CLOSE,
    FRAME_CONTROL_AFTER_CLOSE,
    FRAME_MASK_ZERO,
    FRAME_MASK_REPEATED,
    FRAME_PONG_UNSOLICITED,
    FRAME_FAULTS
};

struct frame {
    uint64_t offset;            /* of the first header byte in the direction's stream */
    uint64_t length;            /* payload bytes announced, all 64 bits of them */
    uint64_t lost;              /* payload bytes of it that were never captured */
    uint8_t header[FRAME_HEADER_MAX];
    uint8_t header_length;      /* 2 to 14 */
    uint8_t opcode;
    uint8_t rsv;                /* enum frame_rsv, together */
    bool fin;
    bool masked;
    uint8_t mask[4];            /* zeros when not masked */
};

struct frame_reader {
    struct frame frame;         /* being read: its header bytes first, its fields from FRAME_BEGIN on */
    uint64_t position;          /* payload bytes passed, lost ones included */
    uint64_t offset;            /* of the next byte in the direction's stream */
    uint8_t header_held;        /* bytes of the next frame's header that have come */
    bool in_payload;            /* from FRAME_BEGIN to FRAME_END */
};

enum frame_step {
    FRAME_MORE,                 /* the input is used up */
    FRAME_BEGIN,                /* reader->frame is whole but for its payload */
    FRAME_DATA,                 /* *slice: the next payload bytes, masked as sent; position is behind them */
    FRAME_END,                  /* the payload has ended; reader->frame is valid until the next call */
};

/* offset: where in the stream the first byte to come stands. */
void frame_reader_init(struct frame_reader *reader, uint64_t offset);

/* Takes bytes from the front of *input until a step is due; call again while it is not FRAME_MORE.
 * Every frame gives BEGIN, then DATA none or more times, then END; *slice is set by DATA alone. */
enum frame_step frame_step(struct frame_reader *reader, struct bytes *input, struct bytes *slice);

/* Bytes that were never captured. Those inside the payload under way are counted off; returns how many are
 * left over: not 0 means that a header may have been among them and the place of the next one is unknown.
 * The END that may be due is still to be fetched; after that the reader has to be initialised anew. */
uint64_t frame_skip(struct frame_reader *reader, uint64_t gap);

/* Whether the reader stands inside a frame, header or payload. */
bool frame_under_way(const struct frame_reader *reader);

/* How many more bytes of the header the length takes, by the second one: 0, 2 or 8. */
unsigned frame_extended_length(uint8_t second);

/* Faults that the header shows by itself: opcode, length form, control frame rules, a mask of zeros. The rest
 * needs context. */
uint64_t frame_header_faults(const struct frame *frame);

static inline bool frame_is_control(uint8_t opcode)
{
    return (opcode & 0x8) != 0;
}

/* Section 5.3: out[i] = in[i] XOR mask[(position + i) % 4]; position counts payload bytes before in.
 * out may be in. */
void frame_unmask(uint8_t *out, const uint8_t *in, size_t n, const uint8_t mask[4], uint64_t position);

/* "text", "ping", "reserved 0xb": the name that print and json use. */
const char *frame_opcode_name(uint8_t opcode);

/* What a close code means (section 7.4 and the IANA registry), or what its range is for; never NULL. */
const char *frame_close_code_meaning(uint16_t code);

/* Faults of a Close frame's payload, unmasked (sections 5.5.1, 7.4, 8.1); direction is its sender's. */
uint64_t frame_close_faults(struct bytes payload, enum direction direction);

#endif
