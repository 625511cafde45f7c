/* SPDX-License-Identifier: MIT */
#ifndef WS101_CLOSING_H
#define WS101_CLOSING_H

/* closing - Close against Close on one connection: who began, whether the answer fits, and what the
 * applications were told.
 *
 * Comes in:   the Close frames of both directions, as they pass.
 * Goes out:   their code and reason, their faults; at the end what EVENT_CLOSE says of them.
 * Ownership:  struct closing is the connection's, zeroed at the start; the first Close's reason is kept in
 *             struct memory until closing_release.
 * RFC 6455 sections 5.5.1, 7.1.5 and 7.4.
 */

#include "event.h"
#include "memory.h"

struct closing {
    uint8_t *reason;            /* of the first Close, or NULL */
    uint64_t first_end;         /* offset behind the first Close in its direction's stream */
    uint16_t codes[2];          /* of each direction's first Close; 0: none, or no body */
    uint8_t reason_length;
    uint8_t first;              /* enum direction: who began, once it has begun */
    bool begun : 1;
    unsigned sent : 2;          /* bit by direction: its Close was seen, */
    unsigned code_lost : 2;     /* but not its code */
};

void closing_release(struct closing *closing, struct memory *memory);

static inline bool closing_sent(const struct closing *closing, enum direction direction)
{
    return (closing->sent >> direction & 1) != 0;
}

static inline bool closing_answered(const struct closing *closing)
{
    return closing_sent(closing, C2S) && closing_sent(closing, S2C);
}

/* A Close has ended: fills in its code and reason; returns its faults. peer_saw: the offset in the other
 * direction up to which its sender had acknowledged. excused: it may have a code of its own, for what the
 * other side did before. */
uint64_t closing_frame(struct closing *closing, enum direction direction, struct event_frame *event,
                       uint64_t peer_saw, bool excused, struct memory *memory);

/* The code that the application on that side was told when TCP ended like this; 0: not known. all_seen: no
 * Close of the other side can have passed unseen. */
uint16_t closing_code(const struct closing *closing, enum direction side, bool all_seen, enum close_how tcp);

/* Fills in first, code and reason, and how where it was both ways. */
void closing_describe(const struct closing *closing, struct event_close *close);

#endif
