/* SPDX-License-Identifier: MIT */
#ifndef WS101_STREAM_H
#define WS101_STREAM_H

/* stream - one direction of a TCP connection: segments in any order become bytes in order, gaps named.
 *
 * Comes in:   the direction's segments, and what the other side acknowledges.
 * Goes out:   chunks, pulled with stream_next: a view of the segment itself where it came in order (no copy,
 *             no heap), of held bytes where it did not, or the length of a gap.
 * Ownership:  struct stream is the caller's; what is held is from struct memory, and given back by
 *             stream_release.
 * Promises:   the first copy of a byte wins. A hole is called lost when the peer has acknowledged past it
 *             and it stays open for STREAM_PATIENCE packets more (in live captures, or
 *             STREAM_PATIENCE_TIME), when the budget is spent, or when the direction ends.
 *             Cause comes before effect: a segment that acknowledges bytes of the other direction waits
 *             until those have been handed out, so that captures which hold the two directions out of step
 *             give the same events.
 * RFC 9293 sections 3.4 and 3.10; RFC 5961 section 3 for resets.
 */

#include "held.h"
#include "tcp.h"

#define STREAM_PATIENCE      64                     /* packets of the connection */
#define STREAM_PATIENCE_TIME INT64_C(1000000000)    /* nanoseconds */

/* What is odd about an arriving segment. */
enum stream_oddity {
    STREAM_RETRANSMITTED = 1 << 0,      /* all of it had been seen */
    STREAM_OUT_OF_ORDER = 1 << 1,       /* before its turn: held */
    STREAM_KEEPALIVE = 1 << 2,          /* no byte or one, just below the next (RFC 9293 section 3.8.4) */
    STREAM_CONFLICT = 1 << 3,           /* other bytes than a copy seen before */
    STREAM_AFTER_END = 1 << 4,          /* beyond the FIN */
    STREAM_BUDGET = 1 << 5,             /* the budget for held bytes was spent: a hole is lost */
    STREAM_FAR = 1 << 6,                /* further ahead than we hold: passed over */
};

struct stream {
    uint64_t offset;            /* of the next byte, from the first byte of the direction; gaps count */
    struct held *held;          /* NULL: nothing came before its turn */
    int64_t patience_until;     /* with `doubted`: when the holes are lost, nanoseconds */
    uint32_t initial;           /* sequence number of the first byte; while unsettled, the lowest seen;
                                   before it has started, the lowest acknowledged by the peer */
    uint32_t next;              /* sequence number of the next byte */
    uint32_t highest;           /* behind the highest byte seen */
    uint32_t acknowledged;      /* the highest that the peer acknowledged */
    uint32_t end;               /* with `fin`: sequence number of the FIN */
    uint32_t doubt;             /* with `doubted` or `giving_up`: the holes below are */
    uint32_t far;               /* where a segment that was too far ahead ended */
    uint8_t far_count;
    uint8_t patience;           /* with `doubted`: packets left to wait */
    bool started : 1;           /* initial is known, or the first byte seen is taken for it */
    bool unsettled : 1;         /* no SYN was seen and earlier bytes may still come: all is held */
    bool joined : 1;            /* no SYN was seen: what came before the first byte, nobody knows */
    bool acknowledging : 1;     /* acknowledged is set */
    bool alone : 1;             /* the other direction was waited for in vain: it was not captured */
    bool doubted : 1;           /* the peer has acknowledged past holes, or something else is waited for */
    bool giving_up : 1;         /* the holes are lost now */
    bool fin : 1;
    bool ended : 1;             /* the FIN's place was reached, or the direction was flushed at a reset */
};

/* What a segment brings, while its chunks are pulled. */
struct arrival {
    uint32_t gap;               /* first a hole that is given up, because nothing can be held */
    struct bytes bytes;         /* then bytes in order: they come out as they are */
    uint32_t cut;               /* after them: never captured */
    bool trimmed;               /* bytes begin inside the segment */
    unsigned oddities;          /* enum stream_oddity, together */
};

struct chunk {
    uint64_t offset;            /* of its first byte in the direction */
    struct bytes bytes;         /* empty for a gap; valid until the next call */
    uint64_t gap;               /* bytes that were never captured */
    bool segment_start;         /* its first byte was the first of a segment's payload */
};

/* The SYN: its sequence number is one below the first byte's. length: of the data that it carries. */
void stream_syn(struct stream *stream, uint32_t sequence, uint32_t length);

/* Whether such a SYN can be this direction's own, for all that was seen of it. */
bool stream_may_begin(const struct stream *stream, uint32_t sequence, uint32_t length);

/* A segment with payload, FIN or neither; other is the other direction's stream. The chunks that it makes
 * available, in both directions, are pulled next. */
void stream_receive(struct stream *stream, const struct stream *other, const struct segment *segment,
                    const struct limits *limits, struct memory *memory, struct arrival *out);

/* What the segment at hand has brought: a hole given up, bytes, and what a snap length left out. False when
 * all of it has been handed out. */
bool stream_arrived(struct stream *stream, struct arrival *arrival, struct chunk *out);

/* After that, what waited: the next bytes in order, or gap; false when there is none now. */
bool stream_next(struct stream *stream, const struct stream *other, struct memory *memory, struct chunk *out);

/* The peer acknowledges up to here (and thereby that it has all below). */
void stream_acknowledge(struct stream *stream, uint32_t acknowledgment, int64_t now);

/* A packet of the connection has passed: true when a hole was given up for lost, so that stream_next has
 * chunks. now: in nanoseconds. */
bool stream_patience(struct stream *stream, const struct stream *other, int64_t now);

/* The same for live captures, when time has passed without one. */
bool stream_patience_time(struct stream *stream, const struct stream *other, int64_t now);

/* What keeps the bytes that wait from being handed out; the gentlest to give up comes first. */
enum stream_obstacle {
    STREAM_FREE,
    STREAM_START,               /* where the direction begins is not settled */
    STREAM_HOLE,                /* bytes are missing */
    STREAM_CAUSE,               /* what they acknowledge has not been handed out */
};

enum stream_obstacle stream_obstacle(const struct stream *stream);

/* Gives that obstacle up: stream_next has chunks, until it stops at the next. False when there was none. */
bool stream_give_up(struct stream *stream);

/* Whether all of the other direction that is acknowledged there has been handed out, so that this direction
 * may speak. */
bool stream_caught_up(const struct stream *stream, const struct stream *other, uint32_t acknowledgment);

/* Whether bytes wait behind a hole or for the direction's start to be settled. */
static inline bool stream_waiting(const struct stream *stream)
{
    return stream->unsettled || stream->doubted || stream->giving_up || stream->held;
}

/* Whether the receiver would believe a reset there: at the next byte, behind the highest one seen, or where
 * the receiver's acknowledgment stands. */
bool stream_accepts_reset(const struct stream *stream, uint32_t sequence);

void stream_release(struct stream *stream, struct memory *memory);

#endif
