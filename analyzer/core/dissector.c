/* SPDX-License-Identifier: MIT */
#include "dissector.h"

#include "emitter.h"
#include "exchange.h"
#include "flow.h"
#include "joining.h"
#include "recent.h"
#include "tls.h"
#include "websocket.h"

#include <stdlib.h>

#define SECOND         INT64_C(1000000000)
#define CLOSED_MOST    32768            /* closed connections remembered, for their last packets */
#define GLANCE_EVERY   64               /* packets: the table is seen often, and no packet waits; */
#define GLANCE_SLOTS   16               /* a few slots at once, for a branch that is rare is foreseen */
#define CLOSED_TIME    (2 * SECOND)
#define SERVER_NAME_MOST 255            /* RFC 1035 section 2.3.4 */

/* The name that a ClientHello asked for. */
struct tls_session {
    uint8_t length;
    uint8_t name[SERVER_NAME_MOST];
};

struct dissector {
    struct dissector_options options;
    struct memory memory;
    struct ip *ip;
    struct flow_table table;
    struct recent *recent;
    struct flow *closed_first, *closed_last;    /* oldest first; linked by next_closed */
    uint32_t closed_count;
    struct emitter emitter;
    struct totals totals;
    uint8_t scratch[MESSAGE_SCRATCH];
};

/* One segment's way up: what it brings to its own direction, and by that perhaps to the other. */
struct pass {
    struct dissector *dissector;
    struct flow *flow;
    struct arrival *arrival;            /* the segment's bytes, or NULL */
    enum direction direction;           /* the segment's */
    uint64_t peer_saw;                  /* how much of the other direction its sender had acknowledged */
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
    flow_table_init(&dissector->table, options->hash_seed, &dissector->memory);
    dissector->recent = recent_create(&dissector->memory);
    dissector->ip = ip_create(&dissector->options.limits, &dissector->memory);
    if (dissector->ip == NULL) {
        recent_destroy(dissector->recent, &dissector->memory);
        free(dissector);
        return NULL;
    }
    return dissector;
}

/* --- what a connection speaks: from one protocol to the next --- */

static void deliver(struct pass *pass, enum direction direction, const struct chunk *chunk);

static void release_protocol(struct dissector *dissector, struct flow *flow)
{
    switch ((enum protocol)flow->connection.protocol) {
    case PROTOCOL_UNKNOWN:
        if (flow->joining) {
            joining_destroy(flow->joining, &dissector->memory);
        }
        break;
    case PROTOCOL_HTTP:
        if (flow->exchange) {
            exchange_destroy(flow->exchange, &dissector->memory);
        }
        break;
    case PROTOCOL_WEBSOCKET:
        if (flow->websocket) {
            websocket_destroy(flow->websocket, &dissector->emitter);
        }
        break;
    case PROTOCOL_TLS:
        memory_release(&dissector->memory, flow->tls, sizeof *flow->tls);
        break;
    default:
        break;
    }
    flow->joining = NULL;
}

static void speak_other(struct pass *pass, enum protocol protocol)
{
    release_protocol(pass->dissector, pass->flow);
    pass->flow->connection.protocol = (uint8_t)protocol;
}

static void out_of_memory(struct pass *pass, enum direction direction)
{
    speak_other(pass, PROTOCOL_OTHER);
    emit_notice(&pass->dissector->emitter, direction, NOTICE_MEMORY_LIMIT, 0, 0);
}

static void swap_roles(struct pass *pass)
{
    flow_swap_roles(pass->flow);
    pass->direction = direction_reverse(pass->direction);
}

/* Bytes that waited for a verdict go the way of all others. `swapped`: roles have changed since. */
static void replay(struct pass *pass, struct joining *joining, bool swapped)
{
    for (int held = C2S; held <= S2C; held++) {
        enum direction direction = swapped ? direction_reverse((enum direction)held) : (enum direction)held;
        struct chunk chunk;

        for (size_t at = 0; joining_next(joining, (enum direction)held, &at, &chunk);) {
            deliver(pass, direction, &chunk);
        }
    }
    joining_destroy(joining, &pass->dissector->memory);
}

/* HTTP, or what was HTTP until now, is over: WebSocket from here on. */
static bool speak_websocket(struct pass *pass, const struct exchange_upgrade *upgrade)
{
    struct websocket *websocket = websocket_create(&upgrade->deflate, upgrade->other_extension,
                                                   upgrade->guessed, &pass->dissector->memory);

    if (websocket == NULL) {
        return false;
    }
    pass->flow->websocket = websocket;
    pass->flow->connection.protocol = PROTOCOL_WEBSOCKET;
    return true;
}

static void upgrade_to_websocket(struct pass *pass, const struct exchange_upgrade *upgrade,
                                 enum direction direction, const struct chunk *rest)
{
    struct exchange *exchange = pass->flow->exchange;
    struct emitter *emitter = &pass->dissector->emitter;
    struct chunk held = { 0 };
    uint64_t answer_end = direction == S2C ? rest->offset : pass->flow->streams[S2C].offset;
    uint64_t passed_over;

    held.bytes = exchange_held(exchange, &held.offset, &passed_over);
    if (!speak_websocket(pass, upgrade)) {
        out_of_memory(pass, S2C);
        return;
    }
    if (upgrade->guessed) {             /* should the answer come after all, it is no frame */
        websocket_lost(pass->flow->websocket, emitter, S2C, answer_end, upgrade->gap);
    }
    if (passed_over > 0) {
        websocket_lost(pass->flow->websocket, emitter, C2S, held.offset, passed_over);
    }
    if (held.bytes.length > 0) {
        websocket_chunk(pass->flow->websocket, emitter, C2S, &held, 0, &pass->flow->connection.sent[C2S]);
    }
    if (rest->bytes.length > 0) {
        websocket_chunk(pass->flow->websocket, emitter, S2C, rest, pass->peer_saw,
                        &pass->flow->connection.sent[S2C]);
    }
    exchange_destroy(exchange, &pass->dissector->memory);
}

/* A 2xx to CONNECT: inside the tunnel everything begins anew (RFC 9110 section 9.3.6). */
static void enter_tunnel(struct pass *pass, enum direction direction, const struct chunk *rest)
{
    struct exchange *exchange = pass->flow->exchange;
    struct chunk held = { .segment_start = true };
    uint64_t passed_over;

    held.bytes = exchange_held(exchange, &held.offset, &passed_over);
    pass->flow->exchange = NULL;
    pass->flow->connection.protocol = PROTOCOL_UNKNOWN;
    if (held.bytes.length > 0) {
        deliver(pass, C2S, &held);
    }
    if (rest->bytes.length > 0) {
        deliver(pass, direction, rest);
    }
    exchange_destroy(exchange, &pass->dissector->memory);
}

static void exchange_over(struct pass *pass, enum exchange_outcome outcome, enum direction direction,
                          const struct exchange_upgrade *upgrade, const struct chunk *rest)
{
    switch (outcome) {
    case EXCHANGE_GOES_ON:
        break;
    case EXCHANGE_WEBSOCKET:
        upgrade_to_websocket(pass, upgrade, direction, rest);
        break;
    case EXCHANGE_TUNNEL:
        enter_tunnel(pass, direction, rest);
        break;
    case EXCHANGE_HTTP2:
        speak_other(pass, PROTOCOL_HTTP2);
        break;
    case EXCHANGE_OTHER:
        speak_other(pass, PROTOCOL_OTHER);
        break;
    }
}

static void deliver_http(struct pass *pass, enum direction direction, const struct chunk *chunk)
{
    struct chunk rest = *chunk;
    struct exchange_upgrade upgrade;
    bool alone = !pass->flow->streams[direction_reverse(direction)].started;
    enum exchange_outcome outcome = exchange_chunk(pass->flow->exchange, &pass->dissector->emitter, direction,
                                                   chunk, alone, &rest.bytes, &upgrade);

    rest.offset += chunk->bytes.length - rest.bytes.length;
    rest.segment_start = chunk->segment_start && rest.offset == chunk->offset;
    exchange_over(pass, outcome, direction, &upgrade, &rest);
}

static void speak_tls(struct pass *pass, struct joining *joining)
{
    struct bytes hello, name;
    struct tls_session *session = memory_allocate(&pass->dissector->memory, sizeof *session);

    pass->flow->connection.protocol = PROTOCOL_TLS;
    pass->flow->tls = session;
    if (session && joining_whole(joining, C2S, &hello) && tls_server_name(hello, &name)) {
        name = bytes_first(name, SERVER_NAME_MOST);
        memcpy(session->name, name.data, name.length);
        session->length = (uint8_t)name.length;
    }
    joining_destroy(joining, &pass->dissector->memory);
}

static void speak_http(struct pass *pass, bool lost)
{
    pass->flow->exchange = exchange_create(lost, &pass->dissector->memory);
    pass->flow->connection.protocol = PROTOCOL_HTTP;
    if (pass->flow->exchange == NULL) {
        out_of_memory(pass, C2S);
    }
}

/* Recognised from its bytes: each direction begins at its first proven header. */
static void speak_guessed_websocket(struct pass *pass, struct joining *joining, bool swapped)
{
    struct exchange_upgrade upgrade = { .guessed = true };

    if (!speak_websocket(pass, &upgrade)) {
        joining_destroy(joining, &pass->dissector->memory);
        out_of_memory(pass, C2S);
        return;
    }
    pass->flow->connection.guessed = true;
    emit_notice(&pass->dissector->emitter, C2S, NOTICE_JOINED_LATE, 0, 0);
    for (int direction = C2S; direction <= S2C; direction++) {
        enum direction to = (enum direction)direction, held = swapped ? direction_reverse(to) : to;
        uint64_t offset;

        if (!joining_offset(joining, held, &offset)) {
            offset = pass->flow->streams[direction].offset;
        }
        websocket_lost(pass->flow->websocket, &pass->dissector->emitter, to, offset, 0);
    }
    replay(pass, joining, swapped);
}

static void announce(struct dissector *dissector, struct flow *flow);

/* The verdict is there: the protocol begins with the bytes that waited. */
static void joined(struct pass *pass, struct joining_verdict verdict)
{
    struct joining *joining = pass->flow->joining;
    bool fresh = joining_is_fresh(joining);

    if (verdict.protocol == JOINING_WAIT) {
        return;
    }
    pass->flow->joining = NULL;
    if (verdict.swapped) {
        swap_roles(pass);
    }
    announce(pass->dissector, pass->flow);
    switch (verdict.protocol) {
    case JOINING_HTTP:
        speak_http(pass, !fresh);
        replay(pass, joining, verdict.swapped);
        break;
    case JOINING_WEBSOCKET:
        speak_guessed_websocket(pass, joining, verdict.swapped);
        break;
    case JOINING_TLS:
        speak_tls(pass, joining);
        break;
    default:
        joining_destroy(joining, &pass->dissector->memory);
        pass->flow->connection.protocol = PROTOCOL_OTHER;
        break;
    }
}

static bool guesses(const struct dissector *dissector)
{
    return dissector->options.guess == DISSECTOR_GUESS;
}

/* --- the ports that are WebSocket because the user says so --- */

static bool port_forced(const struct dissector *dissector, uint16_t port)
{
    for (size_t i = 0; i < dissector->options.websocket_port_count; i++) {
        if (dissector->options.websocket_ports[i] == port) {
            return true;
        }
    }
    return false;
}

/* A handshake in view needs no force. In mid-connection the first segment need not begin with a header: one
 * that cannot be is left to the search. */
static bool deliver_forced(struct pass *pass, enum direction direction, const struct chunk *chunk)
{
    struct flow *flow = pass->flow;
    struct exchange_upgrade upgrade = { .guessed = true };
    bool server_port = port_forced(pass->dissector, flow->connection.server.port);

    if (chunk->gap > 0 || (!server_port && !port_forced(pass->dissector, flow->connection.client.port)) ||
        http_plausible_start(chunk->bytes, true) || http_plausible_start(chunk->bytes, false)) {
        return false;
    }
    if (!server_port) {
        swap_roles(pass);
        direction = direction_reverse(direction);
    }
    if (!speak_websocket(pass, &upgrade)) {
        out_of_memory(pass, direction);
        return true;
    }
    flow->connection.guessed = true;
    announce(pass->dissector, flow);
    deliver(pass, direction, chunk);
    return true;
}

static void deliver_unknown(struct pass *pass, enum direction direction, const struct chunk *chunk)
{
    struct flow *flow = pass->flow;
    struct dissector *dissector = pass->dissector;
    bool fresh = !flow->connection.midstream;

    if (flow->joining == NULL) {
        if (dissector->options.websocket_port_count > 0 && deliver_forced(pass, direction, chunk)) {
            return;
        }
        if (fresh && direction == C2S && http_plausible_start(chunk->bytes, true)) {
            announce(dissector, flow);
            speak_http(pass, false);    /* the ordinary case, without a detour */
            deliver(pass, direction, chunk);
            return;
        }
        flow->joining = joining_create(fresh, &dissector->memory);
        if (flow->joining == NULL) {
            out_of_memory(pass, direction);
            return;
        }
    }
    joined(pass, joining_chunk(flow->joining, direction, chunk, guesses(dissector), &dissector->memory));
}

/* Bytes in order, to whatever the connection speaks now. */
static void deliver(struct pass *pass, enum direction direction, const struct chunk *chunk)
{
    struct flow *flow = pass->flow;

    switch ((enum protocol)flow->connection.protocol) {
    case PROTOCOL_UNKNOWN:
        deliver_unknown(pass, direction, chunk);
        break;
    case PROTOCOL_HTTP:
        deliver_http(pass, direction, chunk);
        break;
    case PROTOCOL_WEBSOCKET:
        websocket_chunk(flow->websocket, &pass->dissector->emitter, direction, chunk,
                        direction == pass->direction ? pass->peer_saw : 0,
                        &flow->connection.sent[direction]);
        break;
    default:
        break;                          /* counted, not read */
    }
}

/* --- a connection's life --- */

/* EVENT_CONNECTION leaves late, when it is known who the client is, but with the first packet's moment. */
static void announce(struct dissector *dissector, struct flow *flow)
{
    struct emitter *emitter = &dissector->emitter;
    int64_t time = emitter->time;
    uint64_t packet = emitter->packet;
    struct event event = { .kind = EVENT_CONNECTION };

    if (flow->announced) {
        return;
    }
    flow->announced = true;
    emitter->time = flow->connection.opened;
    emitter->packet = flow->connection.opened_packet;
    emit(emitter, &event);
    emitter->time = time;
    emitter->packet = packet;
}

static void end_direction(struct pass *pass, enum direction direction)
{
    struct flow *flow = pass->flow;

    if (flow->end_told[direction]) {
        return;
    }
    flow->end_told[direction] = true;
    if (flow->connection.protocol == PROTOCOL_HTTP) {
        exchange_end(flow->exchange, &pass->dissector->emitter, direction);
    } else if (flow->connection.protocol == PROTOCOL_WEBSOCKET) {
        websocket_end(flow->websocket, &pass->dissector->emitter, direction,
                      &flow->connection.sent[direction]);
    }
}

static void note_end(struct flow *flow, enum direction direction)
{
    if (!flow->first_end_known) {
        flow->first_end_known = true;
        flow->first_end = (uint8_t)direction;
    }
}

/* Whether that direction's FIN came after the other's, and not crossed it on the way. */
static bool fin_answered(const struct flow *flow, enum direction direction)
{
    const struct stream *other = &flow->streams[direction_reverse(direction)];

    return flow->streams[direction].fin && other->fin &&
           flow->fin_acknowledgment[direction] == other->end + 1;
}

enum next {
    NEXT_NOTHING,
    NEXT_CHUNK,
    NEXT_END,                   /* the direction has come to its end */
};

/* Nothing waits there, and no end is to be told: nearly always. */
static bool is_quiet(const struct flow *flow, enum direction direction)
{
    const struct stream *stream = &flow->streams[direction];

    return !stream_waiting(stream) && (!stream->ended || flow->end_told[direction]);
}

/* What one direction has to say now of what waited. */
static enum next next_of(struct pass *pass, enum direction direction, struct chunk *chunk)
{
    struct stream *stream = &pass->flow->streams[direction];
    const struct stream *other = &pass->flow->streams[direction_reverse(direction)];

    if (stream_waiting(stream) && stream_next(stream, other, &pass->dissector->memory, chunk)) {
        return NEXT_CHUNK;
    }
    return stream->ended && !pass->flow->end_told[direction] ? NEXT_END : NEXT_NOTHING;
}

/* The segment's own direction goes first; its bytes, or its end, may be what the other waited for. */
static enum next next_of_both(struct pass *pass, enum direction *direction, struct chunk *chunk)
{
    struct flow *flow = pass->flow;

    *direction = pass->direction;
    if (pass->arrival && stream_arrived(&flow->streams[*direction], pass->arrival, chunk)) {
        return NEXT_CHUNK;
    }
    if (is_quiet(flow, C2S) && is_quiet(flow, S2C)) {
        return NEXT_NOTHING;
    }
    enum next next = next_of(pass, *direction, chunk);

    if (next == NEXT_NOTHING) {
        *direction = direction_reverse(*direction);
        next = next_of(pass, *direction, chunk);
    }
    return next;
}

/* Hands on all that is there. */
static void pull(struct pass *pass)
{
    enum direction direction;
    struct chunk chunk;

    for (;;) {
        switch (next_of_both(pass, &direction, &chunk)) {
        case NEXT_NOTHING:
            return;
        case NEXT_CHUNK:
            pass->flow->connection.sent[direction].bytes += chunk.bytes.length;
            deliver(pass, direction, &chunk);
            break;
        case NEXT_END:
            note_end(pass->flow,
                     fin_answered(pass->flow, direction) ? direction_reverse(direction) : direction);
            end_direction(pass, direction);
            break;
        }
    }
}

/* What is missing will not come any more. The gentlest obstacle of the two directions goes first: a hole here
 * may be what the other one waits for. */
static void give_up_holes(struct pass *pass)
{
    struct stream *streams = pass->flow->streams;

    for (;;) {
        enum stream_obstacle client = stream_obstacle(&streams[C2S]), server = stream_obstacle(&streams[S2C]);
        bool client_first = server == STREAM_FREE || (client != STREAM_FREE && client <= server);

        if (client == STREAM_FREE && server == STREAM_FREE) {
            return;
        }
        stream_give_up(&streams[client_first ? C2S : S2C]);
        pull(pass);
    }
}

/* How it ended, as far as TCP tells, when nothing more specific is known. */
static enum close_how tcp_end(const struct flow *flow, enum close_how otherwise)
{
    const struct stream *streams = flow->streams;

    for (int side = C2S; side <= S2C; side++) {
        if (flow->reset_maybe && flow->reset_by == side &&
            (!streams[side].started || flow->reset_sequence == streams[side].next)) {
            return CLOSE_RST;
        }
    }
    if ((streams[C2S].fin && (streams[S2C].fin || !streams[S2C].started)) ||
        (streams[S2C].fin && !streams[C2S].started)) {
        return CLOSE_FIN;
    }
    return otherwise;
}

/* The last verdict on bytes that never got one, and on an upgrade that was never answered. */
static void finish_protocol(struct pass *pass)
{
    struct flow *flow = pass->flow;
    struct dissector *dissector = pass->dissector;
    struct exchange_upgrade upgrade;
    struct chunk rest = { 0 };

    if (flow->connection.protocol == PROTOCOL_UNKNOWN && flow->joining) {
        joined(pass, joining_finish(flow->joining, guesses(dissector)));
    }
    if (flow->connection.protocol == PROTOCOL_HTTP) {
        exchange_end(flow->exchange, &dissector->emitter, C2S);
        exchange_end(flow->exchange, &dissector->emitter, S2C);
        enum exchange_outcome outcome =
            exchange_finish(flow->exchange, &dissector->emitter, &upgrade);
        rest.offset = flow->streams[S2C].offset;
        exchange_over(pass, outcome, S2C, &upgrade, &rest);
    }
    if (flow->connection.protocol == PROTOCOL_WEBSOCKET) {
        flow->end_told[C2S] = flow->end_told[S2C] = false;
    }
    end_direction(pass, C2S);
    end_direction(pass, S2C);
}

static struct websocket_end end_of(const struct flow *flow, enum direction direction)
{
    const struct stream *own = &flow->streams[direction], *other = &flow->streams[!direction];
    int64_t saw = (int64_t)other->offset + tcp_distance(flow->fin_acknowledgment[direction], other->next);

    return (struct websocket_end){ .fin = own->fin && own->ended,
                                   .followed = fin_answered(flow, direction),
                                   .peer_saw = saw > 0 ? (uint64_t)saw : 0 };
}

static void describe_close(struct flow *flow, struct event *event)
{
    struct event_close *close = &event->close;
    struct websocket_end ends[2] = { end_of(flow, C2S), end_of(flow, S2C) };

    close->first_known = flow->first_end_known;
    close->first = (enum direction)flow->first_end;
    if (flow->connection.protocol == PROTOCOL_WEBSOCKET) {
        websocket_summary(flow->websocket, ends, close, &event->faults);
        if (close->how == CLOSE_RST) {
            event->faults |= UINT64_C(1) << CLOSE_BY_RESET;
        } else if (ends[S2C].followed && close->how == CLOSE_HANDSHAKE) {
            event->faults |= UINT64_C(1) << CLOSE_TCP_BY_CLIENT_FIRST;
        }
    } else if (flow->connection.protocol == PROTOCOL_TLS && flow->tls) {
        close->server_name = bytes_of(flow->tls->name, flow->tls->length);
    }
}

/* Everything under way is told, then the close; the state goes, the flow stays for late packets. */
static void close_flow(struct pass *pass, enum close_how how)
{
    struct flow *flow = pass->flow;
    struct dissector *dissector = pass->dissector;
    struct event event = { .kind = EVENT_CLOSE, .close = { .how = how } };

    dissector->emitter.connection = &flow->connection;
    give_up_holes(pass);
    if (!flow->announced && flow->connection.protocol != PROTOCOL_UNKNOWN) {
        announce(dissector, flow);
    }
    finish_protocol(pass);
    announce(dissector, flow);
    describe_close(flow, &event);
    emit(&dissector->emitter, &event);
    release_protocol(dissector, flow);
    stream_release(&flow->streams[C2S], &dissector->memory);
    stream_release(&flow->streams[S2C], &dissector->memory);
    flow->closed = true;
}

static void free_flow(struct dissector *dissector, struct flow *flow)
{
    memory_release(&dissector->memory, flow, sizeof *flow);
}

/* The oldest closed connection is forgotten. */
static void forget_closed(struct dissector *dissector)
{
    struct flow *flow = dissector->closed_first;

    dissector->closed_first = flow->next_closed;
    if (dissector->closed_first == NULL) {
        dissector->closed_last = NULL;
    }
    dissector->closed_count--;
    if (!flow->replaced) {
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

static void close_and_remember(struct pass *pass, enum close_how how)
{
    close_flow(pass, how);
    remember_closed(pass->dissector, pass->flow);
}

/* Room for one more connection: a closed one goes, or the longest silent of a few. */
static bool make_room(struct dissector *dissector)
{
    if (dissector->closed_first) {
        forget_closed(dissector);
        return true;
    }
    struct pass pass = { .dissector = dissector, .flow = flow_victim(&dissector->table) };
    if (pass.flow == NULL) {
        return false;
    }
    dissector->totals.refused_connections++;
    dissector->emitter.connection = &pass.flow->connection;
    announce(dissector, pass.flow);
    emit_notice(&dissector->emitter, C2S, NOTICE_CONNECTIONS_LIMIT, 0, 0);
    close_flow(&pass, CLOSE_IDLE);
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
    if (port_forced(dissector, segment->source.port) != port_forced(dissector, segment->destination.port)) {
        return port_forced(dissector, segment->source.port);
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

    if (syn && !stream_may_begin(&flow->streams[direction], segment->sequence)) {
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
    struct pass pass = { .dissector = dissector, .flow = old };
    uint32_t initial = old->reopening;
    struct segment opening = *segment;

    if (!old->closed) {
        close_and_remember(&pass, tcp_end(old, CLOSE_IDLE));
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
        stream_syn(&flow->streams[C2S], initial);
    }
    return flow;
}

#define TOLD_ODDITIES (STREAM_CONFLICT | STREAM_BUDGET | STREAM_AFTER_END)

static void note_oddities(struct pass *pass, const struct segment *segment)
{
    struct emitter *emitter = &pass->dissector->emitter;
    enum direction direction = pass->direction;
    unsigned oddities = pass->arrival->oddities;
    uint64_t offset = pass->flow->streams[direction].offset;
    uint64_t length = segment->payload.length;

    announce(pass->dissector, pass->flow);
    if (oddities & STREAM_CONFLICT) {
        emit_notice(emitter, direction, NOTICE_CONFLICT, offset, length);
    }
    if (oddities & STREAM_BUDGET) {
        pass->dissector->totals.refused_held++;
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
static void compare_copies(struct pass *pass, const struct segment *segment)
{
    struct dissector *dissector = pass->dissector;
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
    const struct stream *stream = &pass->flow->streams[pass->direction];
    unsigned oddities = pass->arrival ? pass->arrival->oddities : 0;

    if (!emitter_wants(&pass->dissector->emitter, EVENT_SEGMENT)) {
        return;
    }
    announce(pass->dissector, pass->flow);
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

    emit(&pass->dissector->emitter, &event);
}

/* A reset counts where the receiver would believe it (RFC 5961 section 3). One ahead of its time may be:
 * the connection's end will show whether anything came after it. */
static void receive_reset(struct pass *pass, enum direction direction, const struct segment *segment)
{
    struct flow *flow = pass->flow;
    const struct stream *own = &flow->streams[direction], *other = &flow->streams[!direction];
    bool in_turn = !(segment->flags & TCP_ACK) || stream_caught_up(own, other, segment->acknowledgment);
    bool refusal = !own->started && other->started && !other->unsettled && (segment->flags & TCP_ACK) &&
                   segment->acknowledgment == other->next;      /* of a SYN: RFC 9293 section 3.10.7.1 */

    if (refusal || (in_turn && stream_accepts_reset(own, segment->sequence))) {
        note_end(flow, direction);
        close_and_remember(pass, CLOSE_RST);
        return;
    }
    flow->reset_maybe = true;
    flow->reset_by = direction == S2C;
    flow->reset_sequence = segment->sequence;
    if (!own->started || own->unsettled) {
        return;                         /* too little is known to call it wrong */
    }
    announce(pass->dissector, flow);
    emit_notice(&pass->dissector->emitter, direction, NOTICE_RESET_IGNORED,
                flow->streams[direction].offset, 0);
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

static void wait_or_lose(struct pass *pass)
{
    struct stream *streams = pass->flow->streams;
    bool lost = stream_waiting(&streams[C2S]) && stream_patience(&streams[C2S]);

    lost |= stream_waiting(&streams[S2C]) && stream_patience(&streams[S2C]);
    if (lost) {
        pull(pass);
    }
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

    flow->connection.midstream &= flow->announced || !stream_may_begin(own, segment->sequence);
    stream_syn(own, segment->sequence);
    segment->sequence++;
    if (segment->flags & TCP_ACK) {
        stream_syn(&flow->streams[direction_reverse(direction)], segment->acknowledgment - 1);
    }
}

/* Bytes, or the FIN: what is ready in either direction is handed on. */
static void receive_bytes(struct pass *pass, const struct segment *segment)
{
    struct flow *flow = pass->flow;
    struct dissector *dissector = pass->dissector;
    struct arrival arrival;

    stream_receive(&flow->streams[pass->direction], &flow->streams[direction_reverse(pass->direction)], segment,
                   &dissector->options.limits, &dissector->memory, &arrival);
    pass->arrival = &arrival;
    compare_copies(pass, segment);
    emit_segment(pass, segment);
    if ((arrival.oddities & TOLD_ODDITIES) || (segment->flags & TCP_URG)) {
        note_oddities(pass, segment);
    }
    pull(pass);
    wait_or_lose(pass);
    if (flow->streams[C2S].ended && flow->streams[S2C].ended) {
        close_and_remember(pass, CLOSE_FIN);
    }
}

static void receive(struct pass *pass, struct segment *segment)
{
    struct flow *flow = pass->flow;
    struct emitter *emitter = &pass->dissector->emitter;
    enum direction direction = pass->direction;
    struct stream *other = &flow->streams[direction_reverse(direction)];

    if (segment->flags & TCP_SYN) {
        receive_syn(flow, direction, segment);
    }
    if (segment->flags & TCP_ACK) {
        stream_acknowledge(other, segment->acknowledgment, emitter->time);
        pass->peer_saw = acknowledged_offset(other, segment);
    }
    if (segment->flags & TCP_FIN) {
        flow->fin_acknowledgment[direction] = segment->acknowledgment;
    }
    if (segment->flags & TCP_RST) {
        emit_segment(pass, segment);
        receive_reset(pass, direction, segment);
    } else if (only_acknowledges(segment) && !emitter_wants(emitter, EVENT_SEGMENT)) {
        wait_or_lose(pass);
    } else {
        receive_bytes(pass, segment);
    }
}

/* Packets that come after the end: only data is worth a word, and one is enough. */
static void receive_late(struct pass *pass, const struct segment *segment)
{
    struct flow *flow = pass->flow;
    uint32_t end = segment->sequence + (uint32_t)segment->payload.length;

    flow->last = pass->dissector->emitter.time;
    if (segment->payload.length > 1 && !flow->late_data_told &&
        tcp_distance(end, flow->streams[pass->direction].highest) > 0) {
        flow->late_data_told = true;
        emit_notice(&pass->dissector->emitter, pass->direction, NOTICE_AFTER_END,
                    flow->streams[pass->direction].offset, segment->payload.length);
    }
}

static void take_segment(struct dissector *dissector, struct segment *segment)
{
    struct pass pass = { .dissector = dissector };

    struct flow *flow = flow_find(&dissector->table, segment, &pass.direction);

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
    receive(&pass, segment);
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
        struct pass pass = { .dissector = dissector, .flow = flow_glance(&dissector->table) };

        if (pass.flow && outlived(dissector, pass.flow)) {
            close_and_remember(&pass, tcp_end(pass.flow, CLOSE_IDLE));
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
    dissector->totals.decoded[decoded]++;
    if (decoded == DECODED) {
        take_segment(dissector, &segment);
    }
}

void dissector_tick(struct dissector *dissector, int64_t now)
{
    uint32_t position = 0;
    struct pass pass = { .dissector = dissector };

    dissector->emitter.time = now;
    while ((pass.flow = flow_walk(&dissector->table, &position))) {
        struct stream *streams = pass.flow->streams;

        if (pass.flow->closed) {
            continue;
        }
        dissector->emitter.connection = &pass.flow->connection;
        if (!pass.flow->announced && now - pass.flow->connection.opened > SECOND) {
            announce(dissector, pass.flow);
        }
        bool lost = stream_waiting(&streams[C2S]) && stream_patience_time(&streams[C2S], now);
        lost |= stream_waiting(&streams[S2C]) && stream_patience_time(&streams[S2C], now);
        if (lost) {
            pull(&pass);
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
    struct pass pass = { .dissector = dissector };

    while ((pass.flow = flow_walk(&dissector->table, &position))) {
        if (!pass.flow->closed && flows) {
            flows[count++] = pass.flow;
        } else if (!pass.flow->closed) {
            close_flow(&pass, tcp_end(pass.flow, CLOSE_END_OF_CAPTURE));
        }
    }
    if (count > 0) {
        qsort(flows, count, sizeof *flows, by_id);
    }
    for (size_t i = 0; i < count; i++) {
        pass = (struct pass){ .dissector = dissector, .flow = flows[i] };
        close_flow(&pass, tcp_end(flows[i], CLOSE_END_OF_CAPTURE));
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
    recent_destroy(dissector->recent, &dissector->memory);
    ip_destroy(dissector->ip);
    free(dissector);
}

const struct totals *dissector_totals(const struct dissector *dissector)
{
    return &dissector->totals;
}
