/* SPDX-License-Identifier: MIT */
#include "core/stream.h"
#include "unit/report.h"

/* A conversation is made at random: who says how much, when, and what each segment acknowledges. Then its
 * packets are mixed, doubled, cut anew, lost; whatever happens, each byte that was captured comes out once,
 * in order, after what it answers, and each that was not is named as a gap. */

#define BYTES_MOST 40000
#define PACKETS_MOST 1200
#define SEEDS 150
#define WINDOW 32               /* how far a packet may stray: twice that is the streams' patience */

struct piece {                  /* a packet; offsets count from the first byte of each direction */
    enum direction direction;
    int64_t offset;             /* -1: the SYN's place */
    size_t length;
    uint64_t acknowledged;
    uint8_t flags;
};

struct side {
    uint8_t bytes[BYTES_MOST];
    uint64_t cause[BYTES_MOST]; /* how much of the other direction its sender had acknowledged by then */
    bool captured[BYTES_MOST];
    size_t length;
    uint32_t initial;
    size_t next;                /* the byte that comes out next */
    uint64_t handed_out, gaps, gap_count;
    bool begun;
};

struct conversation {
    int seed;
    uint64_t random;
    struct side sides[2];
    struct piece pieces[PACKETS_MOST];
    size_t count;
    struct stream streams[2];
    struct arrival arrivals[2];
    struct limits limits;
    struct memory memory;
    unsigned oddities;
    bool in_cause;              /* hold each chunk against what it answers */
    bool exact;                 /* hold each gap against what was captured */
};

/* Check notes each of its assertions; these are millions. */
static void must(const struct conversation *c, bool holds, const char *what)
{
    if (!holds) {
        ck_abort_msg("conversation %d: %s", c->seed, what);
    }
}

static uint32_t below(struct conversation *c, uint32_t n)
{
    c->random = c->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(c->random >> 33) % n;
}

static void conversation_init(struct conversation *c, int seed)
{
    memset(c, 0, sizeof *c);
    c->seed = seed;
    c->random = (uint64_t)seed + 1;
    c->limits = (struct limits)LIMITS_DEFAULT;
    c->memory.limit = c->limits.memory;
    c->in_cause = c->exact = true;
    for (int d = C2S; d <= S2C; d++) {
        c->sides[d].initial = below(c, 3) ? UINT32_MAX - below(c, 9000) : below(c, UINT32_MAX);
        for (size_t i = 0; i < BYTES_MOST; i++) {
            c->sides[d].bytes[i] = (uint8_t)below(c, 256);
        }
    }
}

/* Lets go of the streams: nothing may be left in the account. */
static void conversation_release(struct conversation *c)
{
    stream_release(&c->streams[C2S], &c->memory);
    stream_release(&c->streams[S2C], &c->memory);
    ck_assert_uint_eq(c->memory.used, 0);
}

static void add(struct conversation *c, struct piece piece)
{
    if (c->count < PACKETS_MOST) {
        c->pieces[c->count++] = piece;
    }
}

/* One side speaks for a while. Its segments acknowledge all that the other has said, or less, never less than
 * before. */
static void add_turn(struct conversation *c, enum direction d, uint64_t *acknowledged)
{
    struct side *side = &c->sides[d];
    uint64_t heard = c->sides[!d].length;

    for (uint32_t left = 1 + below(c, 4000); left > 0;) {
        uint32_t n = 1 + below(c, below(c, 4) ? 700 : 3);

        n = n < left ? n : left;
        if (side->length + n > BYTES_MOST || c->count + 20 > PACKETS_MOST) {
            return;
        }
        if (heard > *acknowledged && below(c, 3)) {
            *acknowledged += 1 + below(c, (uint32_t)(heard - *acknowledged));
        }
        for (size_t i = side->length; i < side->length + n; i++) {
            side->cause[i] = *acknowledged;
            side->captured[i] = true;
        }
        add(c, (struct piece){ d, (int64_t)side->length, n, *acknowledged, TCP_ACK | TCP_PSH });
        side->length += n;
        left -= n;
    }
}

static void add_opening(struct conversation *c)
{
    add(c, (struct piece){ C2S, -1, 0, 0, TCP_SYN });
    add(c, (struct piece){ S2C, -1, 0, 0, TCP_SYN | TCP_ACK });
    add(c, (struct piece){ C2S, 0, 0, 0, TCP_ACK });
}

/* Both say all that they have to say, and goodbye. */
static void converse(struct conversation *c)
{
    uint64_t acknowledged[2] = { 0, 0 };

    add_opening(c);
    for (uint32_t turns = 2 + below(c, 12); turns > 0; turns--) {
        enum direction d = below(c, 2) ? C2S : S2C;

        add_turn(c, d, &acknowledged[d]);
        if (below(c, 3) == 0) {         /* a bare acknowledgment of everything */
            acknowledged[!d] = c->sides[d].length;
            add(c, (struct piece){ direction_reverse(d), (int64_t)c->sides[!d].length, 0,
                                   c->sides[d].length, TCP_ACK });
        }
    }
    size_t client = c->sides[C2S].length, server = c->sides[S2C].length;
    add(c, (struct piece){ C2S, (int64_t)client, 0, server, TCP_ACK | TCP_FIN });
    add(c, (struct piece){ S2C, (int64_t)server, 0, client + 1, TCP_ACK | TCP_FIN });
    add(c, (struct piece){ C2S, (int64_t)client + 1, 0, server + 1, TCP_ACK });
}

/* --- what happens to packets on their way --- */

/* From that piece on. */
static void mix(struct conversation *c, size_t from)
{
    uint32_t place[PACKETS_MOST];

    for (size_t i = 0; i < c->count; i++) {
        struct piece piece = c->pieces[i];
        uint32_t at = (uint32_t)i + (i < from ? 0 : below(c, WINDOW));
        size_t j = i;

        for (; j > 0 && place[j - 1] > at; j--) {
            place[j] = place[j - 1];
            c->pieces[j] = c->pieces[j - 1];
        }
        place[j] = at;
        c->pieces[j] = piece;
    }
}

/* Copies, exact or cut anew, each a little later than the bytes that it repeats. */
static void repeat(struct conversation *c)
{
    size_t count = c->count;

    for (size_t i = 4; i + 2 < count && c->count < PACKETS_MOST; i += 1 + below(c, 6)) {
        struct piece piece = c->pieces[i];

        if (piece.length > 0 && below(c, 2)) {
            size_t more = (size_t)piece.offset < 300 ? (size_t)piece.offset : below(c, 300);

            piece.offset -= (int64_t)more;
            piece.length += more;
            piece.length -= below(c, (uint32_t)piece.length);
        }
        memmove(c->pieces + i + 1, c->pieces + i, (c->count - i) * sizeof c->pieces[0]);
        c->pieces[i + 1] = piece;
        c->count++;
    }
}

/* One data segment in `among` was not captured. */
static void lose(struct conversation *c, uint32_t among)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        struct piece piece = c->pieces[i];

        if (piece.length > 0 && below(c, among) == 0) {
            memset(c->sides[piece.direction].captured + piece.offset, false, piece.length);
        } else {
            c->pieces[kept++] = piece;
        }
    }
    c->count = kept;
}

static void keep_only(struct conversation *c, enum direction direction)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        if (c->pieces[i].direction == direction) {
            c->pieces[kept++] = c->pieces[i];
        }
    }
    c->count = kept;
    memset(c->sides[!direction].captured, false, BYTES_MOST);
    c->sides[!direction].length++; /* nobody can tell its FIN, acknowledged but not captured, from a byte */
}

/* --- the receiver: as the dissector drives the two streams --- */

static void take(struct conversation *c, enum direction d, const struct chunk *chunk)
{
    struct side *side = &c->sides[d], *other = &c->sides[!d];

    if (!side->begun) {
        side->begun = true;
        side->next = c->streams[d].initial - side->initial;
    }
    size_t length = chunk->bytes.length + (size_t)chunk->gap;

    must(c, length > 0 && (chunk->gap == 0 || chunk->bytes.length == 0), "one of the two");
    must(c, chunk->offset == side->handed_out + side->gaps, "offsets go on");
    must(c, side->next + length <= side->length, "no more than was sent");
    if (chunk->gap > 0) {
        side->gaps += chunk->gap;
        side->gap_count++;
    } else {
        side->handed_out += length;
        must(c, memcmp(side->bytes + side->next, chunk->bytes.data, length) == 0, "the sender's bytes");
    }
    for (size_t i = side->next; c->exact && i < side->next + length; i++) {
        must(c, side->captured[i] == (chunk->gap == 0), "gaps are what was not captured");
    }
    side->next += length;
    must(c, !c->in_cause || chunk->gap > 0 || other->next >= side->cause[side->next - 1],
         "cause before effect");
}

static void pull(struct conversation *c)
{
    for (bool more = true; more;) {
        more = false;
        for (int d = C2S; d <= S2C; d++) {
            struct chunk chunk;

            while (stream_arrived(&c->streams[d], &c->arrivals[d], &chunk) ||
                   stream_next(&c->streams[d], &c->streams[!d], &c->memory, &chunk)) {
                take(c, (enum direction)d, &chunk);
                more = true;
            }
        }
    }
}

static struct segment segment_of(const struct conversation *c, const struct piece *piece)
{
    const struct side *side = &c->sides[piece->direction];

    return (struct segment){
        .sequence = side->initial + (uint32_t)piece->offset,
        .acknowledgment = c->sides[!piece->direction].initial + (uint32_t)piece->acknowledged,
        .flags = piece->flags,
        .payload = bytes_of(side->bytes + (piece->offset > 0 ? piece->offset : 0), piece->length),
    };
}

static unsigned receive(struct conversation *c, enum direction d, const struct segment *segment)
{
    struct stream *own = &c->streams[d], *other = &c->streams[!d];
    struct segment data = *segment;

    if (segment->flags & TCP_SYN) {
        stream_syn(own, segment->sequence, (uint32_t)segment->payload.length);
        data.sequence++;
        if (segment->flags & TCP_ACK) {
            stream_syn(other, segment->acknowledgment - 1, 0);
        }
    }
    if (segment->flags & TCP_ACK) {
        stream_acknowledge(other, segment->acknowledgment, 0);
    }
    stream_receive(own, other, &data, &c->limits, &c->memory, &c->arrivals[d]);
    unsigned oddities = c->arrivals[d].oddities;

    c->oddities |= oddities;
    pull(c);
    bool lost = stream_patience(own, other, 0);

    lost |= stream_patience(other, own, 0);
    if (lost) {
        pull(c);
    }
    return oddities;
}

static void receive_piece(struct conversation *c, struct piece piece)
{
    struct segment segment = segment_of(c, &piece);

    receive(c, piece.direction, &segment);
}

static void receive_all(struct conversation *c)
{
    for (size_t i = 0; i < c->count; i++) {
        receive_piece(c, c->pieces[i]);
    }
}

/* Nothing will come any more: obstacle after obstacle is given up, the gentlest first. */
static void finish(struct conversation *c)
{
    for (int rounds = 0;; rounds++) {
        enum stream_obstacle a = stream_obstacle(&c->streams[C2S]), b = stream_obstacle(&c->streams[S2C]);

        if (a == STREAM_FREE && b == STREAM_FREE) {
            return;
        }
        must(c, rounds < 10000, "giving up comes to an end");
        stream_give_up(&c->streams[b == STREAM_FREE || (a != STREAM_FREE && a <= b) ? C2S : S2C]);
        pull(c);
    }
}

/* Everything has come out or was named, and both have ended. */
static void expect_all_of(const struct conversation *c, enum direction direction)
{
    const struct side *side = &c->sides[direction];
    uint64_t missing = 0;

    for (size_t i = 0; i < side->length; i++) {
        missing += !side->captured[i];
    }
    must(c, side->gaps == missing, "all that is missing is told");
    must(c, side->handed_out + side->gaps == side->length, "all that was captured comes out");
}

static void expect_all(const struct conversation *c)
{
    expect_all_of(c, C2S);
    expect_all_of(c, S2C);
}

static struct conversation *fresh(int seed)
{
    static struct conversation c;

    conversation_init(&c, seed);
    return &c;
}

/* --- the properties --- */

static void in_order_nothing_is_held(struct conversation *c)
{
    c->memory.limit = 0;        /* faults.md 25: wraps are among the seeds */
    receive_all(c);
    expect_all(c);
    must(c, c->oddities == 0, "nothing odd");
    must(c, c->streams[C2S].ended && c->streams[S2C].ended, "both have ended");
}

/* Both directions, SYN and FIN among them: faults.md 21, 31. */
static void mixed_within_a_window(struct conversation *c)
{
    mix(c, 0);
    receive_all(c);
    expect_all(c);
    must(c, (c->oddities & ~(unsigned)(STREAM_OUT_OF_ORDER | STREAM_KEEPALIVE)) == 0, "nothing odder");
    must(c, c->streams[C2S].ended && c->streams[S2C].ended, "both have ended");
}

static void repeated_and_cut_anew(struct conversation *c)       /* faults.md 20, 22, 23 */
{
    repeat(c);
    receive_all(c);
    expect_all(c);
    must(c, (c->oddities & STREAM_CONFLICT) == 0, "copies agree");
}

/* A copy cut anew acknowledges more than its bytes wait for; before the opening nobody knows how much. */
static void repeated_and_mixed(struct conversation *c)
{
    repeat(c);
    mix(c, 3);
    receive_all(c);
    finish(c);
    expect_all(c);
    must(c, (c->oddities & STREAM_CONFLICT) == 0, "copies agree");
}

static void lost_bytes_are_named_exactly(struct conversation *c)        /* faults.md 26 */
{
    lose(c, 2 + (uint32_t)c->seed % 20);
    c->in_cause = false;        /* what is lost is given up only with time */
    receive_all(c);
    finish(c);
    expect_all(c);
}

static void lost_and_mixed(struct conversation *c)
{
    lose(c, 5 + (uint32_t)c->seed % 20);
    mix(c, 0);
    c->in_cause = false;
    receive_all(c);
    finish(c);
    expect_all(c);
}

static void one_side_only(struct conversation *c)               /* faults.md 26 */
{
    enum direction kept = c->seed % 2 ? C2S : S2C;

    keep_only(c, kept);
    if (c->seed % 3 == 0) {
        lose(c, 10);
    }
    if (c->seed % 5 == 0) {
        mix(c, 0);
    }
    c->in_cause = false;
    receive_all(c);
    finish(c);
    expect_all_of(c, kept);
}

/* Without their SYN the directions begin with what was captured first; all from there on comes out. */
static void joined_late(struct conversation *c)                 /* faults.md 27 */
{
    size_t skip = 3 + below(c, (uint32_t)c->count - 3);

    memmove(c->pieces, c->pieces + skip, (c->count - skip) * sizeof c->pieces[0]);
    c->count -= skip;
    size_t first[2] = { c->sides[C2S].length, c->sides[S2C].length };
    for (size_t i = c->count; i-- > 0;) {
        if (c->pieces[i].length > 0) {
            first[c->pieces[i].direction] = (size_t)c->pieces[i].offset;
        }
    }
    if (c->seed % 2) {
        mix(c, 0);
    }
    c->in_cause = false;
    receive_all(c);
    finish(c);
    for (int d = C2S; d <= S2C; d++) {
        must(c, c->sides[d].handed_out == c->sides[d].length - first[d], "all from there on");
        must(c, c->sides[d].gaps == 0, "no gap");
    }
}

/* However little may be kept, no byte comes out wrong, twice or out of place, and it comes to an end. */
static void with_hardly_any_memory(struct conversation *c)
{
    mix(c, 0);
    c->memory.limit = (uint64_t)c->seed * 150;
    c->limits.held = 2048U << c->seed % 4;
    c->in_cause = c->exact = false;
    receive_all(c);
    finish(c);
    for (int d = C2S; d <= S2C; d++) {
        must(c, c->sides[d].handed_out + c->sides[d].gaps == c->sides[d].length ||
                    (c->oddities & (STREAM_BUDGET | STREAM_FAR)), "nothing goes in silence");
    }
}

static const struct {
    const char *name;
    void (*hold)(struct conversation *c);
} properties[] = {
    { "in order nothing is held", in_order_nothing_is_held },
    { "mixed within a window", mixed_within_a_window },
    { "repeated and cut anew", repeated_and_cut_anew },
    { "repeated and mixed", repeated_and_mixed },
    { "lost bytes are named exactly", lost_bytes_are_named_exactly },
    { "lost and mixed", lost_and_mixed },
    { "one side only", one_side_only },
    { "joined late", joined_late },
    { "with hardly any memory", with_hardly_any_memory },
};

START_TEST(whatever_happens)
{
    for (int seed = 0; seed < SEEDS; seed++) {
        struct conversation *c = fresh(seed);

        converse(c);
        properties[_i].hold(c);
        stream_release(&c->streams[C2S], &c->memory);
        stream_release(&c->streams[S2C], &c->memory);
        must(c, c->memory.used == 0, "all memory is given back");
    }
}
END_TEST

/* --- single cases --- */

/* Both SYNs have passed. Text goes from the client. */
static struct conversation *opened(void)
{
    struct conversation *c = fresh(0);

    add_opening(c);
    receive_all(c);
    for (size_t i = 0; i < BYTES_MOST; i++) {
        c->sides[C2S].bytes[i] = (uint8_t)('a' + i % 26);
        c->sides[C2S].captured[i] = c->sides[S2C].captured[i] = true;
    }
    c->sides[C2S].length = c->sides[S2C].length = BYTES_MOST;
    return c;
}

/* Bytes of the client's own at that offset; what the segment was called. */
static unsigned client_sends(struct conversation *c, int64_t offset, size_t length)
{
    struct piece piece = { C2S, offset, length, 0, TCP_ACK };
    struct segment segment = segment_of(c, &piece);

    return receive(c, C2S, &segment);
}

static unsigned client_sends_text(struct conversation *c, int64_t offset, const char *text, uint8_t flags)
{
    struct piece piece = { C2S, offset, 0, 0, flags };
    struct segment segment = segment_of(c, &piece);

    segment.payload = bytes_of_text(text);
    return receive(c, C2S, &segment);
}

static void server_acknowledges(struct conversation *c, uint64_t bytes)
{
    receive_piece(c, (struct piece){ S2C, 0, 0, bytes, TCP_ACK });
}

START_TEST(keepalives_are_nothing)      /* faults.md 24 */
{
    struct conversation *c = opened();

    ck_assert_uint_eq(client_sends(c, 0, 10), 0);
    ck_assert_uint_eq(client_sends_text(c, 9, "?", TCP_ACK), STREAM_KEEPALIVE);
    ck_assert_uint_eq(client_sends_text(c, 9, "", TCP_ACK), STREAM_KEEPALIVE);
    ck_assert_uint_eq(client_sends(c, 10, 10), 0);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 20);
    conversation_release(c);
}
END_TEST

START_TEST(held_bytes_conflict)         /* faults.md 23, 36 */
{
    struct conversation *c = opened();

    ck_assert_uint_eq(client_sends(c, 5, 5), STREAM_OUT_OF_ORDER);
    ck_assert_uint_eq(client_sends_text(c, 5, "fghiX", TCP_ACK), STREAM_OUT_OF_ORDER | STREAM_CONFLICT);
    ck_assert_uint_eq(client_sends_text(c, 3, "deXgh", TCP_ACK), STREAM_OUT_OF_ORDER | STREAM_CONFLICT);
    ck_assert_uint_eq(client_sends_text(c, 8, "iX", TCP_ACK), STREAM_OUT_OF_ORDER | STREAM_CONFLICT);
    ck_assert_uint_eq(client_sends(c, 0, 4), 0);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 10);
    conversation_release(c);
}
END_TEST

START_TEST(retransmissions_are_called_so)
{
    struct conversation *c = opened();

    client_sends(c, 0, 20);
    ck_assert_uint_eq(client_sends(c, 0, 20), STREAM_RETRANSMITTED);
    ck_assert_uint_eq(client_sends(c, 5, 5), STREAM_RETRANSMITTED);
    ck_assert_uint_eq(client_sends(c, 10, 20), 0);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 30);
    conversation_release(c);
}
END_TEST

START_TEST(what_follows_the_fin_is_ignored)     /* faults.md 28, 37 */
{
    struct conversation *c = opened();

    client_sends_text(c, 0, "abc", TCP_ACK | TCP_FIN);
    ck_assert(c->streams[C2S].ended);
    ck_assert_uint_eq(client_sends_text(c, 3, "def", TCP_ACK), STREAM_AFTER_END);
    ck_assert_uint_eq(client_sends_text(c, 3, "", TCP_ACK | TCP_FIN), 0);
    ck_assert_uint_eq(client_sends_text(c, 0, "abc", TCP_ACK | TCP_FIN), STREAM_RETRANSMITTED);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 3);
    conversation_release(c);
}
END_TEST

START_TEST(data_before_a_fin_that_came_first)   /* faults.md 28 */
{
    struct conversation *c = opened();

    client_sends_text(c, 6, "", TCP_ACK | TCP_FIN);
    client_sends(c, 3, 3);
    ck_assert(!c->streams[C2S].ended);
    ck_assert_uint_eq(client_sends(c, 4, 4), STREAM_AFTER_END | STREAM_OUT_OF_ORDER);
    client_sends(c, 0, 3);
    ck_assert(c->streams[C2S].ended);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 6);
    conversation_release(c);
}
END_TEST

/* Nobody's window is that large: an injected FIN must not keep the real one from counting. */
START_TEST(a_fin_far_ahead_is_nothing)  /* faults.md 29 */
{
    struct conversation *c = opened();

    client_sends_text(c, 1 << 30, "", TCP_ACK | TCP_FIN);
    client_sends_text(c, 0, "abc", TCP_ACK | TCP_FIN);
    ck_assert(c->streams[C2S].ended);
    conversation_release(c);
}
END_TEST

START_TEST(data_on_the_syn)             /* faults.md 28 */
{
    struct conversation *c = opened();

    memset(c->streams, 0, sizeof c->streams);
    client_sends_text(c, -1, "abc", TCP_SYN);
    client_sends_text(c, -1, "abc", TCP_SYN);
    client_sends_text(c, 3, "def", TCP_ACK);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 6);
    conversation_release(c);
}
END_TEST

/* The server has answered a Fast Open before its SYN was captured. */
START_TEST(data_on_a_syn_that_comes_late)       /* faults.md 28, 31 */
{
    struct conversation *c = opened();
    struct stream *stream = &c->streams[C2S];

    memset(c->streams, 0, sizeof c->streams);
    receive_piece(c, (struct piece){ S2C, -1, 0, 3, TCP_SYN | TCP_ACK });
    receive_piece(c, (struct piece){ C2S, 3, 3, 1, TCP_ACK });
    ck_assert(stream_may_begin(stream, stream->next - 4, 3));
    ck_assert(!stream_may_begin(stream, stream->next - 3, 3));
    ck_assert(!stream_may_begin(stream, stream->next - 4, 0));
    client_sends_text(c, -1, "abc", TCP_SYN);
    receive_piece(c, (struct piece){ S2C, 0, 1, 3, TCP_ACK });
    ck_assert_uint_eq(c->sides[C2S].handed_out, 6);
    ck_assert_uint_eq(c->sides[S2C].handed_out, 1);
    conversation_release(c);
}
END_TEST

/* The copy has come first: what answers the original must not wait for what the copy knew. */
START_TEST(a_copy_that_acknowledges_more)
{
    struct conversation *c = opened();

    memset(c->sides[C2S].cause, 0, sizeof c->sides[C2S].cause);
    for (size_t i = 20; i < BYTES_MOST; i++) {
        c->sides[C2S].cause[i] = 10;
    }
    receive_piece(c, (struct piece){ C2S, 5, 30, 10, TCP_ACK });
    receive_piece(c, (struct piece){ S2C, 0, 10, 20, TCP_ACK });
    receive_piece(c, (struct piece){ C2S, 10, 5, 0, TCP_ACK });
    receive_piece(c, (struct piece){ C2S, 0, 10, 0, TCP_ACK });
    ck_assert_uint_eq(c->sides[C2S].handed_out, 15);
    receive_piece(c, (struct piece){ C2S, 15, 5, 0, TCP_ACK });
    ck_assert_uint_eq(c->sides[C2S].handed_out, 35);
    ck_assert_uint_eq(c->sides[S2C].handed_out, 10);
    conversation_release(c);
}
END_TEST

/* The copy has come later, but before what it acknowledges: only what is new of it waits. */
START_TEST(a_copy_of_what_is_held)
{
    struct conversation *c = opened();

    receive_piece(c, (struct piece){ C2S, 10, 10, 0, TCP_ACK });
    receive_piece(c, (struct piece){ C2S, 10, 20, 10, TCP_ACK });
    receive_piece(c, (struct piece){ S2C, 0, 10, 20, TCP_ACK });
    client_sends(c, 0, 10);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 30);
    ck_assert_uint_eq(c->sides[S2C].handed_out, 10);
    conversation_release(c);
}
END_TEST

START_TEST(a_segment_far_ahead_is_passed_over)  /* faults.md 32 */
{
    struct conversation *c = opened();

    ck_assert_uint_eq(client_sends_text(c, 1 << 30, "junk", TCP_ACK), STREAM_FAR);
    client_sends(c, 0, 100);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 100);
    ck_assert_uint_eq(c->memory.used, 0);
    conversation_release(c);
}
END_TEST

/* The sender is really there: the hole is called lost, and so is what came while it was in doubt. */
START_TEST(a_run_far_ahead_is_where_the_sender_is)      /* faults.md 32 */
{
    struct conversation *c = opened();

    c->limits.held = 8192;
    c->exact = false;
    client_sends(c, 0, 100);
    for (int i = 0; i < 3; i++) {
        client_sends(c, 20000 + 100 * i, 100);
    }
    ck_assert_uint_ne(c->oddities & STREAM_BUDGET, 0);
    ck_assert_uint_eq(c->sides[C2S].gaps, 20300 - 100);
    client_sends(c, 20300, 100);
    ck_assert_uint_eq(c->sides[C2S].gap_count, 1);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 200);
    conversation_release(c);
}
END_TEST

START_TEST(many_small_pieces_cost_their_length) /* faults.md 34 */
{
    static uint8_t bytes[200000];
    struct conversation *c = opened();
    struct segment segment = { .flags = TCP_ACK, .acknowledgment = c->sides[S2C].initial };
    struct stream *stream = &c->streams[C2S];
    struct arrival arrival;
    uint64_t total = 0;

    for (uint32_t i = 100000; i > 0; i--) {
        segment.sequence = c->sides[C2S].initial + 2 * i - 1;
        segment.payload = bytes_of(bytes + i, 1);
        stream_receive(stream, &c->streams[S2C], &segment, &c->limits, &c->memory, &arrival);
    }
    ck_assert_uint_lt(c->memory.used, 400000);
    for (uint32_t i = 0; i < 100000; i++) {
        struct chunk chunk;

        segment.sequence = c->sides[C2S].initial + 2 * i;
        stream_receive(stream, &c->streams[S2C], &segment, &c->limits, &c->memory, &arrival);
        while (stream_arrived(stream, &arrival, &chunk) ||
               stream_next(stream, &c->streams[S2C], &c->memory, &chunk)) {
            total += chunk.bytes.length;
        }
    }
    ck_assert_uint_eq(total, 200000);
    conversation_release(c);
}
END_TEST

START_TEST(a_snap_length_is_a_gap)      /* faults.md 11 */
{
    struct conversation *c = opened();
    struct piece piece = { C2S, 0, 10, 0, TCP_ACK };
    struct segment segment = segment_of(c, &piece);

    c->exact = false;
    segment.cut = 40;
    receive(c, C2S, &segment);
    ck_assert_uint_eq(c->sides[C2S].gaps, 40);
    segment.cut = 90;           /* sent again, together with the next 50 bytes */
    receive(c, C2S, &segment);
    ck_assert_uint_eq(c->sides[C2S].gaps, 90);
    client_sends(c, 100, 10);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 20);
    conversation_release(c);
}
END_TEST

START_TEST(patience_ends)               /* faults.md 26 */
{
    struct conversation *c = opened();

    memset(c->sides[C2S].captured, false, 10);
    client_sends(c, 10, 10);
    server_acknowledges(c, 20);
    for (int i = 1; i < STREAM_PATIENCE - 1; i++) {
        server_acknowledges(c, 20);
    }
    ck_assert_uint_eq(c->sides[C2S].gaps, 0);
    server_acknowledges(c, 20);
    ck_assert_uint_eq(c->sides[C2S].gaps, 10);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 10);
    conversation_release(c);
}
END_TEST

/* Holes that were doubted together are lost together; one that is doubted later has its own time. */
START_TEST(patience_ends_for_all_that_was_doubted)      /* faults.md 26 */
{
    struct conversation *c = opened();

    memset(c->sides[C2S].captured, false, 10);
    memset(c->sides[C2S].captured + 20, false, 10);
    memset(c->sides[C2S].captured + 40, false, 10);
    client_sends(c, 10, 10);
    client_sends(c, 30, 10);
    server_acknowledges(c, 40);
    client_sends(c, 50, 10);
    for (int i = 2; i < STREAM_PATIENCE; i++) {
        server_acknowledges(c, 60);
    }
    ck_assert_uint_eq(c->sides[C2S].gap_count, 2);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 20);
    for (int i = 0; i < STREAM_PATIENCE; i++) {
        server_acknowledges(c, 60);
    }
    ck_assert_uint_eq(c->sides[C2S].gap_count, 3);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 30);
    conversation_release(c);
}
END_TEST

/* The client's answer is there, the server's question is not yet given up: the question comes first. */
START_TEST(a_cause_is_waited_for_as_long_as_its_hole)   /* faults.md 26 */
{
    struct conversation *c = opened();

    c->exact = false;
    for (size_t i = 0; i < 10; i++) {
        c->sides[C2S].cause[i] = 20;
    }
    client_sends(c, 20, 1);
    receive_piece(c, (struct piece){ C2S, 0, 10, 20, TCP_ACK });
    receive_piece(c, (struct piece){ S2C, 10, 10, 0, TCP_ACK });
    for (int i = 0; i < STREAM_PATIENCE; i++) {
        server_acknowledges(c, 0);
    }
    ck_assert_uint_eq(c->sides[S2C].gaps, 10);
    ck_assert_uint_eq(c->sides[S2C].handed_out, 10);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 10);
    conversation_release(c);
}
END_TEST

START_TEST(patience_ends_with_time)
{
    struct conversation *c = opened();

    memset(c->sides[C2S].captured, false, 10);
    client_sends(c, 10, 10);
    stream_acknowledge(&c->streams[C2S], c->sides[C2S].initial + 20, 1000);
    ck_assert(!stream_patience_time(&c->streams[C2S], &c->streams[S2C], 1000 + STREAM_PATIENCE_TIME - 1));
    ck_assert(stream_patience_time(&c->streams[C2S], &c->streams[S2C], 1000 + STREAM_PATIENCE_TIME));
    pull(c);
    ck_assert_uint_eq(c->sides[C2S].gaps, 10);
    conversation_release(c);
}
END_TEST

/* Two holes, one acknowledgment for both, then silence: the end names the second one too. */
START_TEST(the_last_hole_is_named_at_the_end)
{
    struct conversation *c = opened();

    memset(c->sides[C2S].captured, false, 30);
    memset(c->sides[C2S].captured + 10, true, 10);
    client_sends(c, 10, 10);
    server_acknowledges(c, 30);
    finish(c);
    ck_assert_uint_eq(c->sides[C2S].gaps, 20);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 10);
    conversation_release(c);
}
END_TEST

START_TEST(a_reset_counts_where_it_would_be_believed)   /* faults.md 29 */
{
    struct conversation *c = opened();
    const struct stream *stream = &c->streams[C2S];
    uint32_t initial = c->sides[C2S].initial;

    ck_assert(stream_accepts_reset(stream, initial));
    client_sends(c, 0, 10);
    ck_assert(stream_accepts_reset(stream, initial + 10));
    ck_assert(!stream_accepts_reset(stream, initial + 11));
    ck_assert(!stream_accepts_reset(stream, initial + 5000));
    client_sends(c, 20, 10);
    ck_assert(stream_accepts_reset(stream, initial + 30));      /* behind all that was seen */
    ck_assert(!stream_accepts_reset(stream, initial + 15));
    conversation_release(c);
}
END_TEST

/* One acknowledgment that is not the peer's own must not make us wait for, or skip, what was never sent. */
START_TEST(an_acknowledgment_injected_is_nothing)
{
    struct conversation *c = opened();

    client_sends(c, 0, 100);
    server_acknowledges(c, 1 << 30);
    for (int i = 0; i < 2 * STREAM_PATIENCE; i++) {
        server_acknowledges(c, 100);
    }
    client_sends(c, 100, 100);
    ck_assert_uint_eq(c->sides[C2S].handed_out, 200);
    ck_assert_uint_eq(c->sides[C2S].gaps, 0);
    conversation_release(c);
}
END_TEST

/* What came before a SYN tells whether it can be the direction's own. */
START_TEST(a_syn_fits_or_not)           /* faults.md 30 */
{
    struct conversation *c = opened();
    struct stream *stream = &c->streams[C2S];
    uint32_t syn = c->sides[C2S].initial - 1;

    ck_assert(stream_may_begin(stream, syn, 0));
    ck_assert(!stream_may_begin(stream, syn + 1, 0));
    ck_assert(!stream_may_begin(stream, syn - 1, 0));
    memset(c->streams, 0, sizeof c->streams);
    ck_assert(stream_may_begin(stream, syn, 0));
    client_sends(c, 500, 10);
    ck_assert(stream_may_begin(stream, syn, 0));
    ck_assert(!stream_may_begin(stream, syn + 600, 0));
    ck_assert(!stream_may_begin(stream, syn - 100000, 0));
    stream_syn(stream, syn + 600, 0);
    ck_assert(stream->unsettled);
    conversation_release(c);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stream");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, whatever_happens, 0, sizeof properties / sizeof properties[0]);
    tcase_add_test(tests, keepalives_are_nothing);
    tcase_add_test(tests, held_bytes_conflict);
    tcase_add_test(tests, retransmissions_are_called_so);
    tcase_add_test(tests, what_follows_the_fin_is_ignored);
    tcase_add_test(tests, data_before_a_fin_that_came_first);
    tcase_add_test(tests, a_fin_far_ahead_is_nothing);
    tcase_add_test(tests, data_on_the_syn);
    tcase_add_test(tests, data_on_a_syn_that_comes_late);
    tcase_add_test(tests, a_copy_that_acknowledges_more);
    tcase_add_test(tests, a_copy_of_what_is_held);
    tcase_add_test(tests, a_segment_far_ahead_is_passed_over);
    tcase_add_test(tests, a_run_far_ahead_is_where_the_sender_is);
    tcase_add_test(tests, many_small_pieces_cost_their_length);
    tcase_add_test(tests, a_snap_length_is_a_gap);
    tcase_add_test(tests, patience_ends);
    tcase_add_test(tests, patience_ends_for_all_that_was_doubted);
    tcase_add_test(tests, a_cause_is_waited_for_as_long_as_its_hole);
    tcase_add_test(tests, patience_ends_with_time);
    tcase_add_test(tests, the_last_hole_is_named_at_the_end);
    tcase_add_test(tests, a_reset_counts_where_it_would_be_believed);
    tcase_add_test(tests, an_acknowledgment_injected_is_nothing);
    tcase_add_test(tests, a_syn_fits_or_not);
    return report_run("stream", tests);
}
