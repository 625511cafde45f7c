/* SPDX-License-Identifier: MIT */
#include "stream.h"

_Static_assert(HELD_BARS == STREAM_PATIENCE, "a bar that has to go has had as many packets as a hole has");

#define FAR_ENOUGH   3          /* segments in a row beyond the budget, before the hole is given up */
#define ACKNOWLEDGMENT_REACH (4 << 20)  /* how far packets out of order may set acknowledgments back */
#define JOIN_REACH   65536      /* how far before the first segment seen an earlier one may still arrive */

static bool holding(const struct stream *stream)
{
    return held_any(stream->held);
}

static uint32_t first_held(const struct stream *stream)
{
    return held_first(stream->held, stream->next);
}

/* False when budget or memory is spent; what was put stays. */
static bool hold(struct stream *stream, uint32_t sequence, struct bytes bytes, const struct limits *limits,
                 struct memory *memory, unsigned *oddities)
{
    bool conflict = false;
    bool all = held_add(&stream->held, stream->next, sequence, bytes, limits, memory, &conflict);

    *oddities |= conflict ? STREAM_CONFLICT : 0;
    return all;
}

/* How many bytes from next on the peer has. Behind the FIN stands one more number that is no byte. */
static uint32_t acknowledged_ahead(const struct stream *stream)
{
    uint32_t acknowledged = stream->acknowledged;

    if (!stream->started || !stream->acknowledging) {
        return 0;
    }
    if (stream->fin && tcp_distance(acknowledged, stream->end) > 0) {
        acknowledged = stream->end;
    }
    int32_t ahead = tcp_distance(acknowledged, stream->next);
    return ahead > 0 ? (uint32_t)ahead : 0;
}

/* How many bytes from next on must have been sent, with none of them here: the peer has them, or a FIN
 * stands behind them. */
static uint32_t missing_ahead(const struct stream *stream)
{
    uint32_t acknowledged = acknowledged_ahead(stream);

    return acknowledged == 0 && stream->fin && tcp_distance(stream->end, stream->next) > 0
               ? stream->end - stream->next
               : acknowledged;
}

static void advance(struct stream *stream, uint64_t n)
{
    stream->next += (uint32_t)n;
    stream->offset += n;
    if ((stream->doubted || stream->giving_up) && tcp_distance(stream->next, stream->doubt) >= 0) {
        stream->doubted = stream->giving_up = false;
    }
}

static bool gap_chunk(struct stream *stream, uint64_t n, struct chunk *out)
{
    *out = (struct chunk){ .offset = stream->offset, .gap = n };
    advance(stream, n);
    return true;
}

bool stream_caught_up(const struct stream *stream, const struct stream *other, uint32_t acknowledgment)
{
    if (other->ended) {
        return true;
    }
    if (!other->started) {
        return stream->alone || !other->acknowledging || tcp_distance(acknowledgment, other->initial) <= 0;
    }
    /* an acknowledged FIN is one number more */
    return !other->unsettled && tcp_distance(acknowledgment, other->next) <= 0;
}

static bool barred(const struct stream *stream)
{
    return held_first_bar(stream->held) != NULL;
}

/* How many bytes from next on may be handed out before the first bar that still stands. A bar is judged when
 * it is reached: by then more is known of the other direction. */
static uint32_t unbarred(const struct stream *stream, const struct stream *other)
{
    const struct held_bar *bar = held_first_bar(stream->held);

    while (bar && tcp_distance(bar->sequence, stream->next) <= 0 &&
           stream_caught_up(stream, other, bar->acknowledgment)) {
        held_lift_bar(stream->held);
        bar = held_first_bar(stream->held);
    }
    if (bar == NULL) {
        return UINT32_MAX;
    }
    int32_t distance = tcp_distance(bar->sequence, stream->next);
    return distance > 0 ? (uint32_t)distance : 0;
}

/* Takes what is held at next and may be handed out, up to the next segment's start. */
static bool held_chunk(struct stream *stream, const struct stream *other, struct memory *memory,
                       struct chunk *out)
{
    struct held_run run;

    if (!held_take(stream->held, stream->next, unbarred(stream, other), memory, &run)) {
        return false;
    }
    *out = (struct chunk){ .offset = stream->offset,
                           .bytes = run.bytes,
                           .segment_start = run.segment_start };
    advance(stream, run.bytes.length);
    return true;
}

static void reach_end(struct stream *stream)
{
    if (stream->fin && !barred(stream) && tcp_distance(stream->next, stream->end) >= 0) {
        stream->ended = true;
    }
}

/* The peer's acknowledgment was taken for the start, but it stands behind the data of a SYN that only comes
 * now (RFC 7413). Nothing was handed out yet, and what is held keeps its slots. */
static bool starts_earlier(const struct stream *stream, uint32_t sequence, uint32_t length)
{
    uint32_t first = sequence + 1;

    return length > 0 && stream->offset == 0 && !stream->ended && stream->next == first + length &&
           held_has_room(stream->held, first, stream->highest);
}

bool stream_may_begin(const struct stream *stream, uint32_t sequence, uint32_t length)
{
    int32_t behind = tcp_distance(stream->initial, sequence + 1);

    return !stream->started || behind == 0 || (stream->unsettled && behind > 0 && behind <= JOIN_REACH) ||
           starts_earlier(stream, sequence, length);
}

void stream_syn(struct stream *stream, uint32_t sequence, uint32_t length)
{
    uint32_t first = sequence + 1;
    bool settled = stream->started && !stream->unsettled;

    if (settled ? !starts_earlier(stream, sequence, length) : !stream_may_begin(stream, sequence, length)) {
        return;
    }
    if (!stream->started) {
        stream->highest = first;
    }
    stream->initial = stream->next = first;
    stream->started = true;
    stream->unsettled = stream->joined = false;
    stream->doubted = false;
}

/* No SYN was seen: earlier segments may still arrive, so the first ones are held for a while. */
static void join(struct stream *stream, uint32_t sequence)
{
    stream->started = true;
    stream->unsettled = stream->joined = true;
    stream->next = sequence - JOIN_REACH;
    stream->initial = sequence;
    stream->highest = sequence;
}

/* Earlier bytes have had their time: the direction begins with the first that is held. */
static void settle(struct stream *stream)
{
    stream->unsettled = false;
    stream->doubted = false;
    if (holding(stream)) {
        stream->initial = first_held(stream);
    }
    stream->next = stream->initial;
    reach_end(stream);
}

/* Too far ahead to hold. One such segment may be forged; a run of them is where the sender has got to. */
static void receive_far(struct stream *stream, const struct segment *segment, uint32_t length,
                        struct arrival *out)
{
    stream->far_count = segment->sequence == stream->far ? (uint8_t)(stream->far_count + 1) : 1;
    stream->far = segment->sequence + length;
    out->oddities |= STREAM_FAR;
    if (stream->far_count >= FAR_ENOUGH) {
        stream->far_count = 0;
        stream->acknowledged = stream->highest = stream->doubt = stream->far;
        stream->acknowledging = true;
        stream->giving_up = true;
        out->oddities |= STREAM_BUDGET;
    }
}

/* Holds a segment's payload from that sequence number on, until what it acknowledges has been handed out. Of
 * several copies the one sent first says for what its bytes wait. A full list of bars lets the first one go:
 * what that one waited for has had its time. */
static bool hold_for_cause(struct stream *stream, const struct stream *other, const struct segment *segment,
                           uint32_t sequence, const struct limits *limits, struct memory *memory,
                           unsigned *oddities)
{
    struct bytes bytes = bytes_after(segment->payload, sequence - segment->sequence);
    struct held_bar bar = { sequence, sequence + (uint32_t)bytes.length, segment->acknowledgment };

    if (!held_reach(&stream->held, stream->next, bar.end - 1, limits, memory)) {
        return false;
    }
    if (segment->flags & TCP_ACK) {
        held_lower_bars(stream->held, bar);
        if (!(other->started && stream_caught_up(stream, other, bar.acknowledgment))) {
            stream->alone |= !held_bar_new_bytes(stream->held, bar);
        }
    }
    return hold(stream, sequence, bytes, limits, memory, oddities);
}

static void receive_ahead(struct stream *stream, const struct stream *other, const struct segment *segment,
                          uint32_t length, const struct limits *limits, struct memory *memory,
                          struct arrival *out)
{
    uint32_t distance = segment->sequence - stream->next;

    if (distance + length > limits->held + (stream->unsettled ? JOIN_REACH : 0)) {
        receive_far(stream, segment, length, out);
        return;
    }
    out->oddities |= STREAM_OUT_OF_ORDER;
    if (segment->payload.length == 0 ||
        hold_for_cause(stream, other, segment, segment->sequence, limits, memory, &out->oddities)) {
        if (stream->unsettled && tcp_distance(segment->sequence, stream->initial) < 0) {
            stream->initial = segment->sequence;
        }
        return;
    }
    out->oddities |= STREAM_BUDGET;
    if (!holding(stream)) {
        out->gap = distance;
        out->bytes = segment->payload;
        out->cut = segment->cut;
    }
}

/* In order, and perhaps beginning with bytes that were seen. */
static void receive_in_order(struct stream *stream, const struct stream *other, const struct segment *segment,
                             uint32_t seen, const struct limits *limits, struct memory *memory,
                             struct arrival *out)
{
    struct bytes fresh = bytes_after(segment->payload, seen);
    uint32_t sequence = segment->sequence + seen;
    bool early = (segment->flags & TCP_ACK) && !stream_caught_up(stream, other, segment->acknowledgment);

    out->trimmed = seen > 0;
    if (!early && !holding(stream)) {
        out->bytes = fresh;
        out->cut = (uint32_t)segment->payload.length + segment->cut - seen - (uint32_t)fresh.length;
    } else if (fresh.length > 0 &&
               !hold_for_cause(stream, other, segment, sequence, limits, memory, &out->oddities)) {
        out->oddities |= STREAM_BUDGET;
        out->bytes = holding(stream) ? bytes_first(fresh, (size_t)tcp_distance(first_held(stream), sequence))
                                     : fresh;
    }
}

/* A segment whose payload lies wholly below next. */
static void receive_old(const struct stream *stream, const struct segment *segment, uint32_t length,
                        struct arrival *out)
{
    if (length <= 1 && tcp_distance(stream->next, segment->sequence) == 1) {
        out->oddities |= STREAM_KEEPALIVE;
    } else if (length > 0) {
        out->oddities |= STREAM_RETRANSMITTED;
    }
}

static void note_fin(struct stream *stream, const struct stream *other, const struct segment *segment,
                     uint32_t length, const struct limits *limits, struct memory *memory)
{
    uint32_t end = segment->sequence + length;

    bool known = stream->fin && (stream->ended || tcp_distance(end, stream->end) >= 0);

    if (!(segment->flags & TCP_FIN) || known || tcp_distance(end, stream->next) < 0) {
        return;                 /* of two the nearer one counts: the other one was injected */
    }
    stream->fin = true;
    stream->end = end;
    if ((segment->flags & TCP_ACK) && !stream_caught_up(stream, other, segment->acknowledgment) &&
        held_reach(&stream->held, stream->next, stream->next, limits, memory)) {
        struct held_bar bar = { end, end + 1, segment->acknowledgment };

        stream->alone |= !held_add_bar(stream->held, bar);
    }
}

/* Nothing has a place behind the FIN: what a segment claims there is left off. How long the rest is. */
static uint32_t trim_after_end(const struct stream *stream, struct segment *segment, unsigned *oddities)
{
    uint32_t length = (uint32_t)segment->payload.length + segment->cut;

    if (length == 0 || !stream->fin || tcp_distance(segment->sequence + length, stream->end) <= 0) {
        return length;
    }
    int32_t allowed = tcp_distance(stream->end, segment->sequence);

    *oddities |= STREAM_AFTER_END;
    segment->payload = bytes_first(segment->payload, allowed > 0 ? (size_t)allowed : 0);
    segment->cut = 0;
    return (uint32_t)segment->payload.length;
}

/* By where it begins, seen from the next byte. */
static void receive_by_place(struct stream *stream, const struct stream *other, const struct segment *segment,
                             uint32_t length, const struct limits *limits, struct memory *memory,
                             struct arrival *out)
{
    int32_t ahead = tcp_distance(segment->sequence, stream->next);

    if (length == 0) {
        out->oddities |= ahead == -1 ? STREAM_KEEPALIVE : 0;
    } else if (stream->unsettled && ahead <= 0) {
        out->oddities |= STREAM_FAR;
    } else if (ahead > 0) {
        receive_ahead(stream, other, segment, length, limits, memory, out);
    } else if ((int64_t)ahead + length <= 0) {
        receive_old(stream, segment, length, out);
    } else {
        receive_in_order(stream, other, segment, (uint32_t)-ahead, limits, memory, out);
    }
}

/* The budget is spent: where the direction begins is settled without further ado, and a hole is given up. */
static void receive_over_budget(struct stream *stream, const struct stream *other,
                                const struct segment *segment, const struct limits *limits,
                                struct memory *memory, struct arrival *out)
{
    if (stream->unsettled) {
        settle(stream);
        *out = (struct arrival){ .oddities = out->oddities };
        if (segment->sequence == stream->next) {
            receive_in_order(stream, other, segment, 0, limits, memory, out);
        }
    }
    stream_give_up(stream);
}

/* Whatever else may come. */
static void receive_any(struct stream *stream, const struct stream *other, const struct segment *segment,
                        const struct limits *limits, struct memory *memory, struct arrival *out)
{
    struct segment trimmed = *segment;
    uint32_t length = (uint32_t)segment->payload.length + segment->cut;

    if (!stream->started) {
        if (length == 0 && !(segment->flags & TCP_FIN)) {
            return;             /* a bare acknowledgment says where it stands, but nothing comes of it */
        }
        join(stream, segment->sequence);
    }
    note_fin(stream, other, segment, length, limits, memory);
    length = trim_after_end(stream, &trimmed, &out->oddities);
    receive_by_place(stream, other, &trimmed, length, limits, memory, out);
    if (!(out->oddities & STREAM_FAR) && tcp_distance(segment->sequence + length, stream->highest) > 0) {
        stream->highest = segment->sequence + length;
    }
    if (out->oddities & STREAM_BUDGET) {
        receive_over_budget(stream, other, &trimmed, limits, memory, out);
    }
    reach_end(stream);
}

/* The next bytes in order, nothing in their way, nothing odd about them: nearly every segment with data. */
static bool receive_expected(struct stream *stream, const struct stream *other, const struct segment *segment,
                             struct arrival *out)
{
    bool plain = stream->started && !stream->unsettled && !stream->fin && stream->held == NULL &&
                 segment->sequence == stream->next && segment->payload.length > 0 && segment->cut == 0 &&
                 (segment->flags & (TCP_FIN | TCP_ACK)) == TCP_ACK &&
                 stream_caught_up(stream, other, segment->acknowledgment);

    if (plain) {
        uint32_t end = segment->sequence + (uint32_t)segment->payload.length;

        out->bytes = segment->payload;
        if (tcp_distance(end, stream->highest) > 0) {
            stream->highest = end;
        }
    }
    return plain;
}

void stream_receive(struct stream *stream, const struct stream *other, const struct segment *segment,
                    const struct limits *limits, struct memory *memory, struct arrival *out)
{
    *out = (struct arrival){ 0 };
    if (!receive_expected(stream, other, segment, out)) {
        receive_any(stream, other, segment, limits, memory, out);
    }
}

/* The hole at next, when it is lost: how many bytes. 0 while it may still be filled. */
static uint64_t lost_bytes(const struct stream *stream)
{
    uint32_t acknowledged = acknowledged_ahead(stream);

    if (!stream->giving_up || !holding(stream)) {
        return stream->giving_up ? missing_ahead(stream) : 0;
    }
    uint32_t held = first_held(stream) - stream->next;
    return acknowledged > 0 && acknowledged < held ? acknowledged : held;
}

bool stream_arrived(struct stream *stream, struct arrival *arrival, struct chunk *out)
{
    if (arrival->gap > 0) {
        gap_chunk(stream, arrival->gap, out);
        arrival->gap = 0;
    } else if (arrival->bytes.length > 0) {
        *out = (struct chunk){ .offset = stream->offset,
                               .bytes = arrival->bytes,
                               .segment_start = !arrival->trimmed };
        advance(stream, arrival->bytes.length);
        arrival->bytes.length = 0;
    } else if (arrival->cut > 0) {
        gap_chunk(stream, arrival->cut, out);
        arrival->cut = 0;
    } else {
        return false;
    }
    reach_end(stream);
    return true;
}

/* What waited and need not wait any longer, or a hole that is lost. */
static bool waiting_chunk(struct stream *stream, const struct stream *other, struct memory *memory,
                          struct chunk *out)
{
    if (stream->unsettled) {
        return false;
    }
    if (holding(stream) && held_chunk(stream, other, memory, out)) {
        return true;
    }
    uint64_t lost = lost_bytes(stream);
    return lost > 0 && gap_chunk(stream, lost, out);
}

/* Nothing can be handed out now: what is not needed any more goes. */
static void rest(struct stream *stream, const struct stream *other, struct memory *memory)
{
    if (stream->held && !holding(stream)) {
        unbarred(stream, other);
        if (!barred(stream)) {
            held_release(&stream->held, memory);
        }
        reach_end(stream);
    }
}

bool stream_next(struct stream *stream, const struct stream *other, struct memory *memory, struct chunk *out)
{
    if (waiting_chunk(stream, other, memory, out)) {
        reach_end(stream);
        return true;
    }
    if (!stream->unsettled) {
        rest(stream, other, memory);
    }
    return false;
}

/* Patience begins: for all holes that the peer has acknowledged past by now, however long the first of them
 * is waited for. */
static void doubt(struct stream *stream, int64_t now)
{
    stream->doubted = true;
    stream->doubt = stream->next + acknowledged_ahead(stream);
    stream->patience = STREAM_PATIENCE;
    stream->patience_until = now + STREAM_PATIENCE_TIME;
}

void stream_acknowledge(struct stream *stream, uint32_t acknowledgment, int64_t now)
{
    if (!stream->started && (!stream->acknowledging || tcp_distance(acknowledgment, stream->initial) < 0)) {
        stream->initial = acknowledgment;
    }
    if (stream->acknowledging && tcp_distance(acknowledgment, stream->acknowledged) < -ACKNOWLEDGMENT_REACH) {
        stream->acknowledged = acknowledgment;
        stream->doubted = false;        /* no receiver takes back that much: the one before was not its own */
    }
    if (!stream->acknowledging || tcp_distance(acknowledgment, stream->acknowledged) > 0) {
        stream->acknowledged = acknowledgment;
        stream->acknowledging = true;
    }
    if (!stream->started || stream->unsettled || stream->doubted || stream->ended) {
        return;
    }
    if (acknowledged_ahead(stream) > 0) {
        doubt(stream, now);
    }
}

/* What waits without an acknowledgment's doubt: for a start to be settled, or for the other direction. */
static void doubt_waiting(struct stream *stream, int64_t now)
{
    bool waits = (stream->unsettled && holding(stream)) || barred(stream);

    if (waits && !stream->doubted) {
        doubt(stream, now);
        stream->doubt = stream->next;   /* whatever comes out ends it */
    }
}

enum stream_obstacle stream_obstacle(const struct stream *stream)
{
    if (stream->unsettled) {
        return STREAM_START;
    }
    if (!stream->ended && (holding(stream) ? first_held(stream) != stream->next
                                           : missing_ahead(stream) > 0)) {
        return STREAM_HOLE;
    }
    return barred(stream) ? STREAM_CAUSE : STREAM_FREE;
}

/* What waits for the other direction has patience as long as that one has with a hole of its own. */
static bool cause_may_come(const struct stream *stream, const struct stream *other)
{
    return other->doubted && stream_obstacle(stream) == STREAM_CAUSE && stream_obstacle(other) < STREAM_CAUSE;
}

/* A hole is given up with all the others that were doubted when it was. When those have been filled
 * meanwhile, what is waited for now was not waited for that long. */
static bool lose_patience(struct stream *stream)
{
    uint32_t doubted = stream->doubt;
    bool ahead = tcp_distance(doubted, stream->next) > 0;

    if (ahead && stream_obstacle(stream) == STREAM_CAUSE) {
        stream->doubted = false;
        return false;
    }
    bool given_up = stream_give_up(stream);
    if (ahead && stream->giving_up) {
        stream->doubt = doubted;
    }
    return given_up;
}

bool stream_patience(struct stream *stream, const struct stream *other, int64_t now)
{
    doubt_waiting(stream, now);
    if (!stream->doubted || cause_may_come(stream, other)) {
        return false;
    }
    return --stream->patience == 0 && lose_patience(stream);
}

bool stream_patience_time(struct stream *stream, const struct stream *other, int64_t now)
{
    doubt_waiting(stream, now);
    return stream->doubted && now >= stream->patience_until && !cause_may_come(stream, other) &&
           lose_patience(stream);
}

static bool give_up_hole(struct stream *stream)
{
    if (!holding(stream) && !stream->fin && stream->acknowledged - stream->next == 1) {
        stream->fin = true;     /* one number acknowledged and no byte there: a FIN that was not captured */
        stream->end = stream->next;
        stream->ended = true;
        return false;
    }
    stream->doubt = stream->next + 1;
    stream->giving_up = true;
    return true;
}

bool stream_give_up(struct stream *stream)
{
    bool given_up = true;

    stream->alone = true;
    switch (stream_obstacle(stream)) {
    case STREAM_START:
        settle(stream);
        break;
    case STREAM_HOLE:
        given_up = give_up_hole(stream);
        break;
    case STREAM_CAUSE:
        held_lift_bar(stream->held);    /* what the first of them waits for has had its time */
        break;
    case STREAM_FREE:
        given_up = false;
        break;
    }
    stream->doubted = false;
    return given_up;
}

bool stream_accepts_reset(const struct stream *stream, uint32_t sequence)
{
    if (!stream->started || stream->unsettled) {
        return false;
    }
    return sequence == stream->next || sequence == stream->highest ||
           (stream->fin && sequence == stream->end + 1) ||
           (stream->acknowledging && sequence == stream->acknowledged);
}

void stream_release(struct stream *stream, struct memory *memory)
{
    held_release(&stream->held, memory);
}
