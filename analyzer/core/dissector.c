/* SPDX-License-Identifier: MIT */
#include "dissector.h"

#include "connection.h"
#include "ended.h"
#include "recent.h"

#include <stdlib.h>

#define CLOSED_MOST    1024             /* closed connections kept for their last packets: a cacheful */
#define GLANCE_EVERY   64               /* packets: the table is seen often, and no packet waits; */
#define GLANCE_SLOTS   16               /* a few slots at once, for a branch that is rare is foreseen */
#define CLOSED_TIME    INT64_C(2000000000)

struct dissector {
    struct dissector_options options;
    struct memory memory;
    struct ip *ip;
    struct flow_table table;
    struct recent *recent;
    struct flow *closed_first, *closed_last;    /* oldest first; linked by next_closed */
    uint32_t closed_count;
    struct ended ended;         /* those no longer kept */
    struct emitter emitter;
    struct protocol_hints hints;
    struct totals totals;
    uint8_t scratch[MESSAGE_SCRATCH];
};

struct dissector *dissector_create(const struct dissector_options *options, event_sink *sink, void *context)
{
    struct dissector *dissector = calloc(1, sizeof *dissector);

    if (dissector == NULL) {
        return NULL;
    }
    dissector->options = *options;
    dissector->memory.limit = options->limits.memory;
    dissector->emitter = (struct emitter){ .sink = sink,
                                           .context = context,
                                           .wanted = options->wanted,
                                           .limits = &dissector->options.limits,
                                           .memory = &dissector->memory,
                                           .scratch = dissector->scratch };
    dissector->hints = (struct protocol_hints){ .guess = options->guess == DISSECTOR_GUESS,
                                                .websocket_ports = options->websocket_ports,
                                                .websocket_port_count = options->websocket_port_count };
    flow_table_init(&dissector->table, options->hash_seed, &dissector->memory);
    ended_init(&dissector->ended, &dissector->memory);
    dissector->recent = recent_create(&dissector->memory);
    dissector->ip = ip_create(&dissector->options.limits, &dissector->memory);
    if (dissector->ip == NULL) {
        recent_destroy(dissector->recent, &dissector->memory);
        free(dissector);
        return NULL;
    }
    return dissector;
}

static struct pass pass_for(struct dissector *dissector, struct flow *flow)
{
    return (struct pass){ .emitter = &dissector->emitter, .hints = &dissector->hints, .flow = flow };
}

/* --- which connections there are --- */

static void free_flow(struct dissector *dissector, struct flow *flow)
{
    memory_release(&dissector->memory, flow, sizeof *flow);
}

static uint64_t hash_of(const struct dissector *dissector, const struct endpoint *a, const struct endpoint *b)
{
    return flow_hash(&dissector->table, a, b);
}

/* The oldest closed connection goes; that there was one is still known for a while. */
static void forget_closed(struct dissector *dissector)
{
    struct flow *flow = dissector->closed_first;
    uint64_t hash = hash_of(dissector, &flow->connection.client, &flow->connection.server);

    dissector->closed_first = flow->next_closed;
    if (dissector->closed_first == NULL) {
        dissector->closed_last = NULL;
    }
    dissector->closed_count--;
    if (!flow->replaced) {
        ended_add(&dissector->ended, hash, dissector->emitter.time);
        flow_remove(&dissector->table, flow);
    }
    free_flow(dissector, flow);
}

static void remember_closed(struct dissector *dissector, struct flow *flow)
{
    flow->next_closed = NULL;
    if (dissector->closed_last) {
        dissector->closed_last->next_closed = flow;
    } else {
        dissector->closed_first = flow;
    }
    dissector->closed_last = flow;
    dissector->closed_count++;
    while (dissector->closed_count > CLOSED_MOST ||
           dissector->closed_first->last < dissector->emitter.time - CLOSED_TIME) {
        if (dissector->closed_first == flow) {
            break;
        }
        forget_closed(dissector);
    }
}

static void close_and_remember(struct dissector *dissector, struct pass *pass, enum close_how how)
{
    connection_close(pass, how);
    remember_closed(dissector, pass->flow);
}

/* Room for one more connection: a closed one goes, or the longest silent of a few. */
static bool make_room(struct dissector *dissector)
{
    if (dissector->closed_first) {
        forget_closed(dissector);
        return true;
    }
    struct pass pass = pass_for(dissector, flow_victim(&dissector->table));
    if (pass.flow == NULL) {
        return false;
    }
    dissector->totals.refused_connections++;
    dissector->emitter.connection = &pass.flow->connection;
    protocol_announce(&dissector->emitter, pass.flow);
    emit_notice(&dissector->emitter, C2S, NOTICE_CONNECTIONS_LIMIT, 0, 0);
    connection_close(&pass, CLOSE_IDLE);
    flow_remove(&dissector->table, pass.flow);
    free_flow(dissector, pass.flow);
    return true;
}

/* Who is the client, when no SYN says so: not the one with the well-known port. */
static bool source_is_server(const struct dissector *dissector, const struct segment *segment)
{
    if (segment->flags & TCP_SYN) {
        return (segment->flags & TCP_ACK) != 0;
    }
    bool source_named = protocol_websocket_port(&dissector->hints, segment->source.port);

    if (source_named != protocol_websocket_port(&dissector->hints, segment->destination.port)) {
        return source_named;
    }
    return segment->source.port < segment->destination.port;
}

static struct flow *open_flow(struct dissector *dissector, const struct segment *segment)
{
    struct segment oriented = *segment;
    struct flow *flow = NULL;

    if (source_is_server(dissector, segment)) {
        oriented.source = segment->destination;
        oriented.destination = segment->source;
    }
    if (dissector->table.count - dissector->closed_count < dissector->options.limits.connections) {
        flow = flow_add(&dissector->table, &oriented);
    }
    for (int i = 0; flow == NULL && i < 4 && make_room(dissector); i++) {
        flow = flow_add(&dissector->table, &oriented);
    }
    if (flow) {
        flow->connection.id = ++dissector->totals.connections;
        flow->connection.opened = dissector->emitter.time;
        flow->connection.opened_packet = dissector->emitter.packet;
        flow->connection.midstream = (segment->flags & TCP_SYN) == 0;
    }
    return flow;
}

/* --- segments --- */

static uint32_t length_of(const struct segment *segment)
{
    return (uint32_t)segment->payload.length + segment->cut;
}

/* Whether it acknowledges what was seen of that direction: so it belongs to the connection that we know. */
static bool acknowledges_seen(const struct stream *stream, const struct segment *segment)
{
    return stream->started && (segment->flags & TCP_ACK) &&
           tcp_distance(segment->acknowledgment, stream->initial) >= 0 &&
           tcp_distance(segment->acknowledgment, stream->highest) <= 1;
}

/* A SYN on a four-tuple that is in use begins another connection when that one is over; otherwise when the
 * other side takes it up. RFC 9293 section 3.10.7.4, RFC 5961 section 4. */
static bool reopens(struct flow *flow, enum direction direction, const struct segment *segment)
{
    bool syn = (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

    if (syn && !stream_may_begin(&flow->streams[direction], segment->sequence, length_of(segment))) {
        flow->may_reopen = true;
        flow->reopening = segment->sequence;
        flow->reopening_by = direction == S2C;
        return flow->closed;
    }
    if (!flow->may_reopen) {
        return false;
    }
    bool by_opener = flow->reopening_by == (direction == S2C);
    if ((segment->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
        return !by_opener && segment->acknowledgment == flow->reopening + 1;
    }
    return by_opener && segment->payload.length > 0 && segment->sequence == flow->reopening + 1 &&
           !acknowledges_seen(&flow->streams[direction_reverse(direction)], segment);
}

/* The old connection leaves the table, and a new one with the same addresses takes its place. */
static struct flow *reopen(struct dissector *dissector, struct flow *old, const struct segment *segment)
{
    struct pass pass = pass_for(dissector, old);
    uint32_t initial = old->reopening;
    struct segment opening = *segment;

    if (!old->closed) {
        close_and_remember(dissector, &pass, connection_tcp_end(old, CLOSE_IDLE));
    }
    flow_remove(&dissector->table, old);
    old->replaced = true;
    if (segment->flags & TCP_ACK) {     /* the SYN itself has passed before */
        if (segment->flags & TCP_SYN) {
            opening.source = segment->destination;
            opening.destination = segment->source;
        }
        opening.flags = TCP_SYN;
    }
    struct flow *flow = open_flow(dissector, &opening);
    if (flow) {
        stream_syn(&flow->streams[C2S], initial, 0);
    }
    return flow;
}

#define TOLD_ODDITIES (STREAM_CONFLICT | STREAM_BUDGET | STREAM_AFTER_END)

static void note_oddities(struct dissector *dissector, struct pass *pass, const struct segment *segment)
{
    struct emitter *emitter = pass->emitter;
    enum direction direction = pass->direction;
    unsigned oddities = pass->arrival->oddities;
    uint64_t offset = pass->flow->streams[direction].offset;
    uint64_t length = segment->payload.length;

    protocol_announce(pass->emitter, pass->flow);
    if (oddities & STREAM_CONFLICT) {
        emit_notice(emitter, direction, NOTICE_CONFLICT, offset, length);
    }
    if (oddities & STREAM_BUDGET) {
        dissector->totals.refused_held++;
        emit_notice(emitter, direction, NOTICE_HELD_LIMIT, offset, length);
    }
    if ((oddities & STREAM_AFTER_END) && !pass->flow->late_data_told) {
        pass->flow->late_data_told = true;
        emit_notice(emitter, direction, NOTICE_AFTER_END, offset, length);
    }
    if ((segment->flags & TCP_URG) && length > 0 && !pass->flow->urgent_told) {
        pass->flow->urgent_told = true;
        emit_notice(emitter, direction, NOTICE_URGENT, offset, length);
    }
}

/* The first copy of a byte has been believed: does this one say the same? */
static void compare_copies(struct dissector *dissector, struct pass *pass, const struct segment *segment)
{
    struct arrival *arrival = pass->arrival;
    uint64_t connection = pass->flow->connection.id;

    if (dissector->recent == NULL || segment->payload.length == 0) {
        return;
    }
    if ((arrival->oddities & STREAM_RETRANSMITTED) || arrival->trimmed) {
        if (recent_conflicts(dissector->recent, connection, pass->direction, segment->sequence,
                             segment->payload)) {
            arrival->oddities |= STREAM_CONFLICT;
        }
    }
    if (arrival->bytes.length > 0) {
        uint32_t sequence = pass->flow->streams[pass->direction].next + arrival->gap;

        recent_add(dissector->recent, connection, pass->direction, sequence, arrival->bytes);
    }
}

static void emit_segment(struct pass *pass, const struct segment *segment)
{
    if (!emitter_wants(pass->emitter, EVENT_SEGMENT)) {
        return;
    }
    const struct stream *stream = &pass->flow->streams[pass->direction];
    unsigned oddities = pass->arrival ? pass->arrival->oddities : 0;

    protocol_announce(pass->emitter, pass->flow);
    int32_t ahead = tcp_distance(segment->sequence, stream->next);
    struct event event = {
        .kind = EVENT_SEGMENT,
        .direction = pass->direction,
        .segment = { .segment = segment,
                     .offset = stream->offset + (uint64_t)(int64_t)ahead,
                     .retransmitted = (oddities & STREAM_RETRANSMITTED) != 0,
                     .out_of_order = (oddities & STREAM_OUT_OF_ORDER) != 0,
                     .keepalive = (oddities & STREAM_KEEPALIVE) != 0 }
    };

    emit(pass->emitter, &event);
}

/* A reset counts where the receiver would believe it (RFC 5961 section 3). One ahead of its time may be:
 * the connection's end will show whether anything came after it. */
static void receive_reset(struct dissector *dissector, struct pass *pass, const struct segment *segment)
{
    struct flow *flow = pass->flow;
    enum direction direction = pass->direction;
    const struct stream *own = &flow->streams[direction], *other = &flow->streams[!direction];
    bool in_turn = !(segment->flags & TCP_ACK) || stream_caught_up(own, other, segment->acknowledgment);
    bool refusal = !own->started && other->started && !other->unsettled && (segment->flags & TCP_ACK) &&
                   segment->acknowledgment == other->next;      /* of a SYN: RFC 9293 section 3.10.7.1 */

    if (refusal || (in_turn && stream_accepts_reset(own, segment->sequence))) {
        connection_note_end(flow, direction);
        close_and_remember(dissector, pass, CLOSE_RST);
        return;
    }
    flow->reset_maybe = true;
    flow->reset_by = direction == S2C;
    flow->reset_sequence = segment->sequence;
    if (!own->started || own->unsettled) {
        return;                         /* too little is known to call it wrong */
    }
    protocol_announce(pass->emitter, flow);
    emit_notice(pass->emitter, direction, NOTICE_RESET_IGNORED, own->offset, 0);
}

/* What is acknowledged of the other direction, as an offset in it; 0 where it is not known. */
static uint64_t acknowledged_offset(const struct stream *other, const struct segment *segment)
{
    if (!(segment->flags & TCP_ACK) || !other->started || other->unsettled) {
        return 0;
    }
    int64_t offset = (int64_t)other->offset + tcp_distance(segment->acknowledgment, other->next);
    return offset > 0 ? (uint64_t)offset : 0;
}

/* Half of all packets: they carry no byte, begin and end nothing. */
static bool only_acknowledges(const struct segment *segment)
{
    return segment->payload.length == 0 && segment->cut == 0 &&
           (segment->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK;
}

/* The SYN of one direction, and with an ACK the place of the other's. Data on it follows it in sequence (RFC
 * 9293 section 3.4). */
static void receive_syn(struct flow *flow, enum direction direction, struct segment *segment)
{
    struct stream *own = &flow->streams[direction];
    uint32_t length = length_of(segment);

    flow->connection.midstream &= flow->announced || !stream_may_begin(own, segment->sequence, length);
    stream_syn(own, segment->sequence, length);
    segment->sequence++;
    if (segment->flags & TCP_ACK) {
        stream_syn(&flow->streams[direction_reverse(direction)], segment->acknowledgment - 1, 0);
    }
}

/* Bytes, or the FIN: what is ready in either direction is handed on. */
static void receive_bytes(struct dissector *dissector, struct pass *pass, const struct segment *segment)
{
    struct flow *flow = pass->flow;
    struct stream *own = &flow->streams[pass->direction], *other = &flow->streams[!pass->direction];
    struct arrival arrival;

    stream_receive(own, other, segment, &dissector->options.limits, &dissector->memory, &arrival);
    pass->arrival = &arrival;
    compare_copies(dissector, pass, segment);
    emit_segment(pass, segment);
    if ((arrival.oddities & TOLD_ODDITIES) || (segment->flags & TCP_URG)) {
        note_oddities(dissector, pass, segment);
    }
    connection_hand_on(pass);
    connection_wait(pass);
    if (flow->streams[C2S].ended && flow->streams[S2C].ended) {
        close_and_remember(dissector, pass, CLOSE_FIN);
    }
}

/* What the sender had when it said that it was done: a FIN that comes again may acknowledge more. */
static void note_fin(struct flow *flow, enum direction direction, uint32_t acknowledgment)
{
    uint8_t bit = (uint8_t)(1U << direction);
    bool again = (flow->fin_seen & bit) != 0 && flow->streams[direction].fin;

    if (!again || tcp_distance(acknowledgment, flow->fin_acknowledgment[direction]) < 0) {
        flow->fin_acknowledgment[direction] = acknowledgment;
    }
    flow->fin_seen |= bit;
}

static void receive(struct dissector *dissector, struct pass *pass, struct segment *segment)
{
    struct flow *flow = pass->flow;
    struct emitter *emitter = pass->emitter;
    enum direction direction = pass->direction;
    struct stream *other = &flow->streams[direction_reverse(direction)];

    if (segment->flags & TCP_SYN) {
        receive_syn(flow, direction, segment);
    }
    if (segment->flags & TCP_ACK) {
        stream_acknowledge(other, segment->acknowledgment, emitter->time);
        pass->peer_saw = acknowledged_offset(other, segment);
    }
    if ((segment->flags & TCP_FIN) && (segment->flags & TCP_ACK)) {
        note_fin(flow, direction, segment->acknowledgment);
    }
    if (segment->flags & TCP_RST) {
        emit_segment(pass, segment);
        receive_reset(dissector, pass, segment);
    } else if (only_acknowledges(segment) && !emitter_wants(emitter, EVENT_SEGMENT)) {
        connection_wait(pass);
    } else {
        receive_bytes(dissector, pass, segment);
    }
}

/* Packets that come after the end: only data is worth a word, and one is enough. */
static void receive_late(struct pass *pass, const struct segment *segment)
{
    struct flow *flow = pass->flow;
    uint32_t end = segment->sequence + (uint32_t)segment->payload.length;

    flow->last = pass->emitter->time;
    if (segment->payload.length > 1 && !flow->late_data_told &&
        tcp_distance(end, flow->streams[pass->direction].highest) > 0) {
        flow->late_data_told = true;
        emit_notice(pass->emitter, pass->direction, NOTICE_AFTER_END,
                    flow->streams[pass->direction].offset, segment->payload.length);
    }
}

/* Only a SYN begins a connection where one has just ended. */
static bool comes_too_late(const struct dissector *dissector, const struct segment *segment)
{
    return (segment->flags & TCP_SYN) == 0 &&
           ended_has(&dissector->ended, hash_of(dissector, &segment->source, &segment->destination),
                     dissector->emitter.time);
}

static void take_segment(struct dissector *dissector, struct segment *segment)
{
    struct pass pass = pass_for(dissector, NULL);
    struct flow *flow = flow_find(&dissector->table, segment, &pass.direction);

    if (flow == NULL && comes_too_late(dissector, segment)) {
        return;
    }
    if (flow == NULL) {
        pass.flow = open_flow(dissector, segment);
    } else if (reopens(flow, pass.direction, segment)) {
        pass.flow = reopen(dissector, flow, segment);
    } else {
        pass.flow = flow;
    }
    if (pass.flow == NULL) {
        return;                         /* memory is spent on nothing that could be given up: counted there */
    }
    if (pass.flow != flow) {
        flow_find(&dissector->table, segment, &pass.direction);
    }
    dissector->emitter.connection = &pass.flow->connection;
    if (pass.flow->closed) {
        receive_late(&pass, segment);
        return;
    }
    pass.flow->last = dissector->emitter.time;
    receive(dissector, &pass, segment);
}

/* Over, but for bytes that will not come any more; or never more than an attempt. A connection that was
 * used may be silent for as long as it likes. */
static bool outlived(const struct dissector *dissector, const struct flow *flow)
{
    const struct stream *streams = flow->streams;

    if (flow->closed) {
        return false;
    }
    int64_t silent = dissector->emitter.time - flow->last;

    if (streams[C2S].fin && streams[S2C].fin) {
        return silent > CLOSED_TIME;
    }
    return flow->connection.sent[C2S].bytes + flow->connection.sent[S2C].bytes == 0 && !flow->joining &&
           silent > dissector->options.limits.idle;
}

/* A few slots of the table now and then: what has outlived its use goes, without a list to keep for it. */
static void glance(struct dissector *dissector)
{
    for (int i = 0; i < GLANCE_SLOTS; i++) {
        struct pass pass = pass_for(dissector, flow_glance(&dissector->table));

        if (pass.flow && outlived(dissector, pass.flow)) {
            close_and_remember(dissector, &pass, connection_tcp_end(pass.flow, CLOSE_IDLE));
        }
    }
}

void dissector_packet(struct dissector *dissector, const struct packet *packet)
{
    struct link_payload link;
    struct ip_packet ip;
    struct segment segment;

    dissector->totals.packets++;
    dissector->totals.bytes += packet->wire_length;
    dissector->emitter.time = packet->time;
    dissector->emitter.packet = packet->number;

    if (dissector->totals.packets % GLANCE_EVERY == 0) {
        glance(dissector);
    }
    enum decoded decoded = link_decode(packet, &link);
    if (decoded == DECODED) {
        decoded = ip_decode(dissector->ip, &link, packet->time, &ip);
    } else if (decoded == DECODED_UNKNOWN_LINK) {
        dissector->totals.unknown_link = packet->link_type;
    }
    if (decoded == DECODED) {
        decoded = tcp_decode(&ip, &segment);
    }
    if (decoded == DECODED && dissector->options.verify_checksums && !tcp_checksum_holds(&ip)) {
        decoded = DECODED_CHECKSUM;
    }
    dissector->totals.decoded[decoded]++;
    if (decoded == DECODED) {
        take_segment(dissector, &segment);
    }
}

void dissector_tick(struct dissector *dissector, int64_t now)
{
    uint32_t position = 0;
    struct pass pass = pass_for(dissector, NULL);

    dissector->emitter.time = now;
    while ((pass.flow = flow_walk(&dissector->table, &position))) {
        if (!pass.flow->closed) {
            dissector->emitter.connection = &pass.flow->connection;
            connection_tick(&pass, now);
        }
    }
}

static int by_id(const void *a, const void *b)
{
    const struct flow *x = *(struct flow *const *)a, *y = *(struct flow *const *)b;

    return (x->connection.id > y->connection.id) - (x->connection.id < y->connection.id);
}

/* In order of appearance, so that the hash seed shows nowhere. Without memory for the list: as they come. */
static void close_all(struct dissector *dissector)
{
    size_t count = 0, size = (size_t)dissector->table.count * sizeof(struct flow *);
    struct flow **flows = size > 0 ? malloc(size) : NULL;
    uint32_t position = 0;
    struct pass pass = pass_for(dissector, NULL);

    while ((pass.flow = flow_walk(&dissector->table, &position))) {
        if (!pass.flow->closed && flows) {
            flows[count++] = pass.flow;
        } else if (!pass.flow->closed) {
            connection_close(&pass, connection_tcp_end(pass.flow, CLOSE_END_OF_CAPTURE));
        }
    }
    if (count > 0) {
        qsort(flows, count, sizeof *flows, by_id);
    }
    for (size_t i = 0; i < count; i++) {
        pass = pass_for(dissector, flows[i]);
        connection_close(&pass, connection_tcp_end(flows[i], CLOSE_END_OF_CAPTURE));
    }
    free(flows);
}

void dissector_finish(struct dissector *dissector)
{
    struct flow *flow;

    close_all(dissector);
    while (dissector->closed_first) {
        forget_closed(dissector);
    }
    for (uint32_t position = 0; (flow = flow_walk(&dissector->table, &position)); position--) {
        flow_remove(&dissector->table, flow);   /* another may move up into its slot: look there again */
        free_flow(dissector, flow);
    }
}

void dissector_destroy(struct dissector *dissector)
{
    if (dissector == NULL) {
        return;
    }
    dissector->emitter.wanted = 0;
    dissector_finish(dissector);
    struct message_setting setting = { .memory = &dissector->memory,
                                       .windows = &dissector->emitter.windows,
                                       .spare = &dissector->emitter.spare };
    message_spare_release(&setting);
    flow_table_release(&dissector->table);
    ended_release(&dissector->ended);
    recent_destroy(dissector->recent, &dissector->memory);
    ip_destroy(dissector->ip);
    free(dissector);
}

const struct totals *dissector_totals(const struct dissector *dissector)
{
    return &dissector->totals;
}
