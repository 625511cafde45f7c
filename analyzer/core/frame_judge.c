/* SPDX-License-Identifier: MIT */
#include "frame_judge.h"

#define FAULT(bit) (UINT64_C(1) << (bit))

/* Four breaches in one header, or five in a run of headers with two or more, are no WebSocket: something else
 * follows the 101. */
#define BREACHES_MOST  4
#define SUSPICION_MOST 5

static uint64_t fault_if(bool condition, enum frame_fault fault)
{
    return condition ? FAULT(fault) : 0;
}

/* Section 5.3: from the client always, from the server never, and never the same key twice. A key of zeros is
 * a fault of the header by itself. */
static uint64_t mask_faults(struct frame_judge *judge, const struct frame *frame, enum direction direction)
{
    static const uint8_t zeros[4];
    uint64_t faults = fault_if(direction == C2S && !frame->masked, FRAME_NOT_MASKED) |
                      fault_if(direction == S2C && frame->masked, FRAME_MASKED);

    if (!frame->masked || direction == S2C) {
        return faults;
    }
    bool repeated = judge->masked_before && memcmp(frame->mask, judge->mask, sizeof judge->mask) == 0 &&
                    memcmp(frame->mask, zeros, sizeof zeros) != 0;

    judge->masked_before = true;
    memcpy(judge->mask, frame->mask, sizeof judge->mask);
    return faults | fault_if(repeated, FRAME_MASK_REPEATED);
}

/* Section 5.2: an RSV bit means what an extension agreed on, else it must be 0. RSV1 is
 * permessage-deflate's (RFC 7692 section 6); where in a message it may stand, message judges. */
static uint64_t rsv_faults(const struct frame *frame, const struct frame_terms *terms)
{
    uint8_t agreed = terms->deflate ? FRAME_RSV1 : 0;

    return fault_if((frame->rsv & ~agreed) != 0, FRAME_RSV_UNAGREED) |
           fault_if((frame->rsv & agreed) != 0 && frame_is_control(frame->opcode), FRAME_RSV1_ON_CONTROL);
}

/* Section 5.5.1: nothing after a Close, data least of all. */
static uint64_t order_faults(const struct frame *frame, bool after_close)
{
    bool control = frame_is_control(frame->opcode);

    return fault_if(after_close && control, FRAME_CONTROL_AFTER_CLOSE) |
           fault_if(after_close && !control, FRAME_DATA_AFTER_CLOSE);
}

uint64_t frame_judge_header(struct frame_judge *judge, const struct frame *frame, enum direction direction,
                            const struct frame_terms *terms, bool after_close)
{
    return frame_header_faults(frame) | mask_faults(judge, frame, direction) | rsv_faults(frame, terms) |
           order_faults(frame, after_close);
}

/* An honest mistake shows in one way, garbage in several, header after header. Where WebSocket was guessed
 * nothing is excused, or nothing would be left to tell the two apart. */
bool frame_judge_believes(struct frame_judge *judge, uint64_t faults, const struct frame_terms *terms)
{
    const uint64_t structural =
        FAULT(FRAME_RSV_UNAGREED) | FAULT(FRAME_OPCODE_RESERVED) | FAULT(FRAME_NOT_MASKED) |
        FAULT(FRAME_MASKED) | FAULT(FRAME_LENGTH_NOT_MINIMAL) | FAULT(FRAME_LENGTH_TOP_BIT) |
        FAULT(FRAME_CONTROL_TOO_LONG) | FAULT(FRAME_CONTROL_FRAGMENTED);
    uint64_t breaches = faults & structural & ~(terms->guessed ? 0 : frame_judge_excused(terms));

    if ((breaches & (breaches - 1)) == 0) {     /* one bit at most */
        judge->suspicion = 0;
        return true;
    }
    int count = __builtin_popcountll(breaches);

    judge->suspicion = (uint8_t)(judge->suspicion + count);
    return count < BREACHES_MOST && judge->suspicion < SUSPICION_MOST;
}

/* Sections 5.2, 5.4 and 5.8. An extension that was perhaps agreed on before the capture began may be any. */
uint64_t frame_judge_excused(const struct frame_terms *terms)
{
    const uint64_t reserved = FAULT(FRAME_RSV_UNAGREED) | FAULT(FRAME_RSV1_ON_CONTROL) |
                              FAULT(FRAME_RSV1_ON_CONTINUATION) | FAULT(FRAME_OPCODE_RESERVED);
    const uint64_t order = FAULT(FRAME_CONTINUATION_ORPHAN) | FAULT(FRAME_MESSAGE_INTERRUPTED);

    if (terms->other_extension) {
        return reserved | order;
    }
    return terms->guessed ? reserved : 0;
}

uint64_t frame_judge_breaches(uint64_t faults)
{
    const uint64_t borne = FAULT(FRAME_CLOSE_ANSWER_DIFFERS) | FAULT(FRAME_DATA_AFTER_CLOSE) |
                           FAULT(FRAME_CONTROL_AFTER_CLOSE) | FAULT(FRAME_MASK_ZERO) |
                           FAULT(FRAME_MASK_REPEATED) | FAULT(FRAME_PONG_UNSOLICITED);

    return faults & ~borne;
}
