/* SPDX-License-Identifier: MIT */
#include "stream.h"

/* Bytes that wait for a hole stand at their sequence number, in pages, so that arrival in any order, in any
 * pieces, costs the length of the piece. A page has a bit for each byte that is there, and one for each
 * that began a segment. */
#define PAGE_BITS  10
#define PAGE_SIZE  (1U << PAGE_BITS)
#define WORD_BITS  64
#define PAGE_WORDS (PAGE_SIZE / WORD_BITS)

struct page {
    uint64_t present[PAGE_WORDS];
    uint64_t starts[PAGE_WORDS];
    uint8_t bytes[PAGE_SIZE];
};

/* Bytes from `sequence` on acknowledge the other direction up to `acknowledgment`: they wait for it. */
struct bar {
    uint32_t sequence;
    uint32_t acknowledgment;
};

#define BARS STREAM_PATIENCE

struct held {
    uint32_t slots;             /* a power of two; the page of sequence s is at (s >> PAGE_BITS) % slots */
    uint32_t waiting;           /* bytes present */
    uint32_t bar_count;
    struct bar bars[BARS];      /* by sequence; lifted from the front */
    struct page *draining;      /* a page that stream_next's last view points into, already taken out */
    struct page *pages[];
};

#define SLOTS_FIRST  8
#define FAR_ENOUGH   3          /* segments in a row beyond the budget, before the hole is given up */
#define ACKNOWLEDGMENT_REACH (4 << 20)  /* how far packets out of order may set acknowledgments back */
#define JOIN_REACH   65536      /* how far before the first segment seen an earlier one may still arrive */

static size_t held_size(uint32_t slots)
{
    return sizeof(struct held) + slots * sizeof(struct page *);
}

static struct page **slot_of(const struct held *held, uint32_t sequence)
{
    return (struct page **)&held->pages[(sequence >> PAGE_BITS) & (held->slots - 1)];
}

static uint32_t slot_limit(const struct limits *limits)
{
    uint32_t slots = SLOTS_FIRST;

    while (slots < limits->held / PAGE_SIZE) {
        slots *= 2;
    }
    return slots;
}

/* Makes room for bytes up to `last`, counted from `first`; pages keep their slots modulo the new size. */
static bool held_reach(struct stream *stream, uint32_t first, uint32_t last, const struct limits *limits,
                       struct memory *memory)
{
    uint32_t needed = (last >> PAGE_BITS) - (first >> PAGE_BITS) + 1;
    uint32_t slots = stream->held ? stream->held->slots : SLOTS_FIRST;

    needed &= UINT32_MAX >> PAGE_BITS;
    while (slots < needed && slots < slot_limit(limits)) {
        slots *= 2;
    }
    if (slots < needed) {
        return false;
    }
    if (stream->held && stream->held->slots == slots) {
        return true;
    }
    struct held *wider = memory_allocate(memory, held_size(slots));
    if (wider == NULL) {
        return false;
    }
    if (stream->held == NULL) {
        wider->slots = slots;
    } else {
        *wider = *stream->held;
        wider->slots = slots;
        for (uint32_t i = 0; i < stream->held->slots; i++) {
            uint32_t at = first + (i << PAGE_BITS);

            *slot_of(wider, at) = *slot_of(stream->held, at);
        }
        memory_release(memory, stream->held, held_size(stream->held->slots));
    }
    stream->held = wider;
    return true;
}

static void held_free(struct stream *stream, struct memory *memory)
{
    struct held *held = stream->held;

    if (held == NULL) {
        return;
    }
    for (uint32_t i = 0; i < held->slots; i++) {
        memory_release(memory, held->pages[i], sizeof *held->pages[i]);
    }
    memory_release(memory, held->draining, sizeof *held->draining);
    memory_release(memory, held, held_size(held->slots));
    stream->held = NULL;
}

static bool bit_get(const uint64_t *words, uint32_t i)
{
    return words[i / WORD_BITS] >> i % WORD_BITS & 1;
}

static void bit_set(uint64_t *words, uint32_t i)
{
    words[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
}

/* The first i in [from, PAGE_SIZE) whose bit is `value`; PAGE_SIZE when there is none. */
static uint32_t bit_find(const uint64_t *words, uint32_t from, bool value)
{
    for (uint32_t word = from / WORD_BITS; word < PAGE_WORDS; word++) {
        uint64_t bits = value ? words[word] : ~words[word];

        if (word == from / WORD_BITS) {
            bits &= UINT64_MAX << from % WORD_BITS;
        }
        if (bits) {
            return word * WORD_BITS + (uint32_t)__builtin_ctzll(bits);
        }
    }
    return PAGE_SIZE;
}

/* Sets or clears the bits [from, to). */
static void bits_fill(uint64_t *words, uint32_t from, uint32_t to, bool value)
{
    while (from < to) {
        uint32_t in_word = from % WORD_BITS, left = WORD_BITS - in_word;
        uint32_t n = to - from < left ? to - from : left;
        uint64_t mask = UINT64_MAX >> (WORD_BITS - n) << in_word;
        uint64_t *word = &words[from / WORD_BITS];

        *word = value ? *word | mask : *word & ~mask;
        from += n;
    }
}

/* Puts bytes into one page. Those already there stay; true when a new copy differs from them. */
static bool page_put(struct page *page, uint32_t at, struct bytes bytes, uint32_t *added)
{
    uint32_t end = at + (uint32_t)bytes.length;
    bool conflict = false;

    for (uint32_t from = at, to; from < end; from = to) {
        bool there = bit_get(page->present, from);
        const uint8_t *copy = bytes.data + (from - at);

        to = bit_find(page->present, from, !there);
        to = to < end ? to : end;
        if (there) {
            conflict |= memcmp(page->bytes + from, copy, to - from) != 0;
        } else {
            memcpy(page->bytes + from, copy, to - from);
            bits_fill(page->present, from, to, true);
            *added += to - from;
        }
    }
    return conflict;
}

/* Holds bytes from that sequence number on. False when budget or memory is spent; what was put stays. */
static bool hold(struct stream *stream, uint32_t sequence, struct bytes bytes, const struct limits *limits,
                 struct memory *memory, unsigned *oddities)
{
    if (!held_reach(stream, stream->next, sequence + (uint32_t)bytes.length - 1, limits, memory)) {
        return false;
    }
    for (bool first = true; bytes.length > 0; first = false) {
        uint32_t at = sequence % PAGE_SIZE;
        struct bytes piece = bytes_first(bytes, PAGE_SIZE - at);
        struct page **slot = slot_of(stream->held, sequence);

        if (*slot == NULL && (*slot = memory_allocate(memory, sizeof **slot)) == NULL) {
            return false;
        }
        if (page_put(*slot, at, piece, &stream->held->waiting)) {
            *oddities |= STREAM_CONFLICT;
        }
        if (first) {
            bit_set((*slot)->starts, at);
        }
        sequence += (uint32_t)piece.length;
        bytes = bytes_after(bytes, piece.length);
    }
    return true;
}

/* The sequence number of the first held byte at or after next; only called when there is one. */
static uint32_t first_held(const struct stream *stream)
{
    uint32_t sequence = stream->next;

    for (;;) {
        const struct page *page = *slot_of(stream->held, sequence);
        uint32_t at = page ? bit_find(page->present, sequence % PAGE_SIZE, true) : PAGE_SIZE;

        if (at < PAGE_SIZE) {
            return (sequence & ~(PAGE_SIZE - 1)) + at;
        }
        sequence = (sequence & ~(PAGE_SIZE - 1)) + PAGE_SIZE;
    }
}

static bool holding(const struct stream *stream)
{
    return stream->held && stream->held->waiting > 0;
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
    stream->doubted = false;
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

/* Sorted by insertion: there are few, and most come in order. A full list lets the first one go: what it
 * waited for has had its time. */
static void bar_add(struct stream *stream, uint32_t sequence, uint32_t acknowledgment)
{
    struct held *held = stream->held;
    uint32_t i = held->bar_count;

    while (i > 0 && tcp_distance(held->bars[i - 1].sequence, sequence) > 0) {
        i--;
    }
    if (i > 0 && held->bars[i - 1].sequence == sequence) {
        return;
    }
    if (held->bar_count == BARS) {
        memmove(held->bars, held->bars + 1, (BARS - 1) * sizeof held->bars[0]);
        held->bar_count--;
        stream->alone = true;
        i -= i > 0;
    }
    memmove(held->bars + i + 1, held->bars + i, (held->bar_count - i) * sizeof held->bars[0]);
    held->bars[i] = (struct bar){ sequence, acknowledgment };
    held->bar_count++;
}

/* How many bytes from next on may be handed out before the first bar that still stands. A bar is judged when
 * it is reached: by then more is known of the other direction. */
static uint32_t unbarred(const struct stream *stream, const struct stream *other)
{
    struct held *held = stream->held;

    while (held->bar_count > 0 && tcp_distance(held->bars[0].sequence, stream->next) <= 0 &&
           stream_caught_up(stream, other, held->bars[0].acknowledgment)) {
        held->bar_count--;
        memmove(held->bars, held->bars + 1, held->bar_count * sizeof held->bars[0]);
    }
    if (held->bar_count == 0) {
        return UINT32_MAX;
    }
    int32_t distance = tcp_distance(held->bars[0].sequence, stream->next);
    return distance > 0 ? (uint32_t)distance : 0;
}

/* Takes the run of held bytes that stands at next, up to the end of its page or the next segment's start. */
static bool held_chunk(struct stream *stream, const struct stream *other, struct memory *memory,
                       struct chunk *out)
{
    uint32_t allowed = unbarred(stream, other);
    struct held *held = stream->held;
    struct page **slot = slot_of(held, stream->next);
    struct page *page = *slot;
    uint32_t at = stream->next % PAGE_SIZE;

    if (allowed == 0 || page == NULL || !bit_get(page->present, at)) {
        return false;
    }
    uint32_t end = bit_find(page->present, at, false);
    uint32_t start = at + 1 < PAGE_SIZE ? bit_find(page->starts, at + 1, true) : PAGE_SIZE;
    uint32_t n = (start < end ? start : end) - at;

    n = n < allowed ? n : allowed;
    *out = (struct chunk){ .offset = stream->offset,
                           .bytes = bytes_of(page->bytes + at, n),
                           .segment_start = bit_get(page->starts, at) };
    held->waiting -= n;
    bits_fill(page->present, at, at + n, false);
    bits_fill(page->starts, at, at + n, false);
    if (at + n == PAGE_SIZE || held->waiting == 0) {
        /* out's view is into the page: it goes when the next one is drained */
        memory_release(memory, held->draining, sizeof *held->draining);
        held->draining = page;
        *slot = NULL;
    }
    advance(stream, n);
    return true;
}

static void reach_end(struct stream *stream)
{
    bool barred = stream->held && stream->held->bar_count > 0;

    if (stream->fin && !barred && tcp_distance(stream->next, stream->end) >= 0) {
        stream->ended = true;
    }
}

bool stream_may_begin(const struct stream *stream, uint32_t sequence)
{
    int32_t behind = tcp_distance(stream->initial, sequence + 1);

    return !stream->started || behind == 0 || (stream->unsettled && behind > 0 && behind <= JOIN_REACH);
}

void stream_syn(struct stream *stream, uint32_t sequence)
{
    uint32_t first = sequence + 1;

    if ((stream->started && !stream->unsettled) || !stream_may_begin(stream, sequence)) {
        return;
    }
    if (!stream->started) {
        stream->highest = first;
    }
    stream->initial = stream->next = first;
    stream->started = true;
    stream->unsettled = false;
    stream->doubted = false;
}

/* No SYN was seen: earlier segments may still arrive, so the first ones are held for a while. */
static void join(struct stream *stream, uint32_t sequence)
{
    stream->started = true;
    stream->unsettled = true;
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
        stream->acknowledged = stream->highest = stream->far;
        stream->acknowledging = true;
        stream->giving_up = true;
        out->oddities |= STREAM_BUDGET;
    }
}

/* Bytes just held, from that sequence number on, wait for what their segment acknowledges. */
static void wait_for_cause(struct stream *stream, const struct stream *other, const struct segment *segment,
                           uint32_t sequence)
{
    if (stream->held && (segment->flags & TCP_ACK) &&
        !(other->started && stream_caught_up(stream, other, segment->acknowledgment))) {
        bar_add(stream, sequence, segment->acknowledgment);
    }
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
        hold(stream, segment->sequence, segment->payload, limits, memory, &out->oddities)) {
        if (stream->unsettled && tcp_distance(segment->sequence, stream->initial) < 0) {
            stream->initial = segment->sequence;
        }
        wait_for_cause(stream, other, segment, segment->sequence);
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
    } else if (fresh.length > 0) {
        if (hold(stream, sequence, fresh, limits, memory, &out->oddities)) {
            wait_for_cause(stream, other, segment, sequence);
        } else {
            out->oddities |= STREAM_BUDGET;
            out->bytes = holding(stream)
                             ? bytes_first(fresh, (size_t)tcp_distance(first_held(stream), sequence))
                             : fresh;
        }
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
        held_reach(stream, stream->next, stream->next, limits, memory)) {
        bar_add(stream, end, segment->acknowledgment);
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
    bool lost = stream->giving_up || (stream->doubted && stream->patience == 0);
    uint32_t acknowledged = acknowledged_ahead(stream);

    if (!lost || !holding(stream)) {
        return lost ? missing_ahead(stream) : 0;
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
    stream->doubted = stream->doubted && stream->patience > 0;
    stream->giving_up = false;
    if (stream->held && !holding(stream)) {
        unbarred(stream, other);
        if (stream->held->bar_count == 0) {
            held_free(stream, memory);
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
        stream->doubted = true;
        stream->patience = STREAM_PATIENCE;
        stream->patience_until = now + STREAM_PATIENCE_TIME;
    }
}

/* What waits without an acknowledgment's doubt: for a start to be settled, or for the other direction. */
static bool doubt_waiting(struct stream *stream)
{
    bool waits = (stream->unsettled && holding(stream)) || (stream->held && stream->held->bar_count > 0);

    if (!waits || stream->doubted) {
        return false;
    }
    stream->doubted = true;
    stream->patience = STREAM_PATIENCE;
    return true;
}

bool stream_patience(struct stream *stream)
{
    doubt_waiting(stream);
    if (!stream->doubted || stream->patience == 0) {
        return false;
    }
    return --stream->patience == 0 && stream_give_up(stream);
}

bool stream_patience_time(struct stream *stream, int64_t now)
{
    if (doubt_waiting(stream)) {
        stream->patience_until = now + STREAM_PATIENCE_TIME;
    }
    return stream->doubted && now >= stream->patience_until && stream_give_up(stream);
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
    return stream->held && stream->held->bar_count > 0 ? STREAM_CAUSE : STREAM_FREE;
}

static bool give_up_hole(struct stream *stream)
{
    if (!holding(stream) && !stream->fin && stream->acknowledged - stream->next == 1) {
        stream->fin = true;     /* one number acknowledged and no byte there: a FIN that was not captured */
        stream->end = stream->next;
        stream->ended = true;
        return false;
    }
    stream->doubted = true;
    stream->patience = 0;
    return true;
}

bool stream_give_up(struct stream *stream)
{
    stream->alone = true;
    switch (stream_obstacle(stream)) {
    case STREAM_START:
        settle(stream);
        return true;
    case STREAM_HOLE:
        return give_up_hole(stream);
    case STREAM_CAUSE:
        stream->held->bar_count = 0;
        stream->doubted = false;
        return true;
    case STREAM_FREE:
        break;
    }
    return false;
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
    held_free(stream, memory);
}
