/* SPDX-License-Identifier: MIT */
#ifndef WS101_HELD_H
#define WS101_HELD_H

/* held - bytes of one direction that came before their turn, until it is theirs.
 *
 * Comes in:   bytes at their sequence number, in any order, in any pieces; and which of them wait for more
 *             than their turn: the bars.
 * Goes out:   runs of bytes, from the direction's next byte on. The first copy of a byte wins.
 * Ownership:  *held is the stream's, from struct memory; NULL while nothing waits.
 * Limits:     limits.held bytes from the first to the last, in pages that come when they are needed;
 *             HELD_BARS bars.
 * Sequence numbers are compared as RFC 9293 section 3.4 says. In all that follows, next is the direction's
 * next byte: nothing held stands before it.
 */

#include "bytes.h"
#include "limits.h"
#include "memory.h"

#define HELD_BARS 64

struct held;

/* Bytes from `sequence` up to `end` wait until `acknowledgment`, of the other direction, has been reached,
 * and so does what follows them. */
struct held_bar {
    uint32_t sequence;
    uint32_t end;
    uint32_t acknowledgment;
};

/* A run of bytes, up to the next segment's start. */
struct held_run {
    struct bytes bytes;
    bool segment_start;         /* its first byte was the first of a segment's payload */
};

/* Makes room for bytes from next to last. False when budget or memory is spent. */
bool held_reach(struct held **held, uint32_t next, uint32_t last, const struct limits *limits,
                struct memory *memory);

/* Holds bytes, not none, from that sequence number on. False when budget or memory is spent; what was put
 * stays. *conflict is set where they differ from a copy that is held. */
bool held_add(struct held **held, uint32_t next, uint32_t sequence, struct bytes bytes,
              const struct limits *limits, struct memory *memory, bool *conflict);

/* Whether next may be set back to there, with bytes held up to last. held may be NULL. */
bool held_has_room(const struct held *held, uint32_t next, uint32_t last);

void held_release(struct held **held, struct memory *memory);

/* Whether bytes are held. held may be NULL. */
bool held_any(const struct held *held);

/* The sequence number of the first byte that is held; only called where there is one. */
uint32_t held_first(const struct held *held, uint32_t next);

/* Takes the run that stands at next, at most so many bytes of it; false where none stands there. The view is
 * valid until the next call. */
bool held_take(struct held *held, uint32_t next, uint32_t most, struct memory *memory, struct held_run *out);

/* A bar more. False where there were HELD_BARS and the first had to go. */
bool held_add_bar(struct held *held, struct held_bar bar);

/* The same for those of its bytes that are not held yet: asked before they are added. */
bool held_bar_new_bytes(struct held *held, struct held_bar bar);

/* A copy of bytes that wait, sent when less had been acknowledged: they need not wait for more than that.
 * What else is behind their bar stays there. */
void held_lower_bars(struct held *held, struct held_bar copy);

/* The bar that stands first; NULL where none does. held may be NULL. */
const struct held_bar *held_first_bar(const struct held *held);

/* It need not be waited for any longer. */
void held_lift_bar(struct held *held);

#endif
