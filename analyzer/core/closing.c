/* SPDX-License-Identifier: MIT */
#include "closing.h"

#define FAULT(bit) (UINT64_C(1) << (bit))

#define CODE_NONE     1005      /* section 7.4.1: what the API says for a Close without a body, */
#define CODE_ABNORMAL 1006      /* and for no Close at all */

void closing_release(struct closing *closing, struct memory *memory)
{
    memory_release(memory, closing->reason, closing->reason_length);
    closing->reason = NULL;
}

static bool is_answer(const struct closing *closing, enum direction direction)
{
    return closing->begun && closing->first != direction;
}

/* What is wrong with it, as far as it was captured; an echo of what the other side said is not. */
static uint64_t faults_of(const struct closing *closing, enum direction direction,
                          const struct event_frame *event)
{
    uint64_t faults = frame_close_faults(event->payload, direction);

    if (event->frame->lost > 0) {
        return 0;
    }
    if (event->frame->length > FRAME_CONTROL_MAX) { /* the reason was cut here, perhaps inside a character */
        faults &= ~FAULT(FRAME_CLOSE_REASON_NOT_UTF8);
    }
    return is_answer(closing, direction) ? faults & ~FAULT(FRAME_CLOSE_CODE_WRONG_SIDE) : faults;
}

/* A Close that answers the first one, seen before this was sent, repeats its code (section 5.5.1), unless
 * there was more to say of what came before. */
static bool answer_differs(const struct closing *closing, enum direction direction, uint16_t code,
                           uint64_t peer_saw)
{
    return is_answer(closing, direction) && !closing_sent(closing, direction) &&
           peer_saw >= closing->first_end && !closing->code_lost && code != closing->codes[closing->first];
}

static void begin(struct closing *closing, enum direction direction, const struct event_frame *event,
                  struct memory *memory)
{
    const struct frame *frame = event->frame;
    struct bytes reason = event->close_reason;

    closing->begun = true;
    closing->first = (uint8_t)direction;
    closing->first_end = frame->offset + frame->header_length + frame->length;
    if (reason.length > 0 && (closing->reason = memory_allocate(memory, reason.length))) {
        memcpy(closing->reason, reason.data, reason.length);
        closing->reason_length = (uint8_t)reason.length;
    }
}

uint64_t closing_frame(struct closing *closing, enum direction direction, struct event_frame *event,
                       uint64_t peer_saw, bool excused, struct memory *memory)
{
    struct bytes payload = event->payload;
    uint64_t faults = faults_of(closing, direction, event);
    bool code_lost = event->frame->lost > 0 && payload.length < 2;

    if (payload.length >= 2) {
        event->close_code = (uint16_t)(payload.data[0] << 8 | payload.data[1]);
        event->close_reason = bytes_after(payload, 2);
    }
    if (!code_lost && !excused && answer_differs(closing, direction, event->close_code, peer_saw)) {
        faults |= FAULT(FRAME_CLOSE_ANSWER_DIFFERS);
    }
    if (!closing_sent(closing, direction)) {
        closing->sent = (closing->sent | 1U << direction) & 3;
        closing->code_lost = (closing->code_lost | (unsigned)code_lost << direction) & 3;
        closing->codes[direction] = event->close_code;
    }
    if (!closing->begun) {
        begin(closing, direction, event, memory);
    }
    return faults;
}

/* What the API says for a direction's Close; 0 where its code was lost, or no Close was seen. */
static uint16_t code_of(const struct closing *closing, enum direction direction)
{
    if (!closing_sent(closing, direction) || (closing->code_lost >> direction & 1)) {
        return 0;
    }
    return closing->codes[direction] ? closing->codes[direction] : CODE_NONE;
}

/* Section 7.1.5: the code of the Close that came to this side. Where that may be among what was not captured,
 * its own, which most peers echo; without one, nothing is known until TCP has ended. */
uint16_t closing_code(const struct closing *closing, enum direction side, bool all_seen, enum close_how tcp)
{
    enum direction from = direction_reverse(side);
    uint16_t code = code_of(closing, from);

    if (code != 0) {
        return code;
    }
    if (closing_sent(closing, from) || !all_seen) {
        return code_of(closing, side);
    }
    return tcp == CLOSE_FIN || tcp == CLOSE_RST ? CODE_ABNORMAL : 0;
}

void closing_describe(const struct closing *closing, struct event_close *close)
{
    if (!closing->begun) {
        return;
    }
    close->first_known = true;
    close->first = (enum direction)closing->first;
    close->code = closing->codes[closing->first];
    close->code_known = close->code != 0;
    close->reason = bytes_of(closing->reason, closing->reason_length);
    if (closing_answered(closing)) {
        close->how = CLOSE_HANDSHAKE;
    }
}
