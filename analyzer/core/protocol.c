/* SPDX-License-Identifier: MIT */
#include "protocol.h"

#include "exchange.h"
#include "joining.h"
#include "tls.h"
#include "websocket.h"

#define SERVER_NAME_MOST 255            /* RFC 1035 section 2.3.4 */

/* The name that a ClientHello asked for. */
struct tls_session {
    uint8_t length;
    uint8_t name[SERVER_NAME_MOST];
};

/* It has the moment of the connection's first packet. */
void protocol_announce(struct emitter *emitter, struct flow *flow)
{
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

bool protocol_websocket_port(const struct protocol_hints *hints, uint16_t port)
{
    for (size_t i = 0; i < hints->websocket_port_count; i++) {
        if (hints->websocket_ports[i] == port) {
            return true;
        }
    }
    return false;
}

void protocol_release(struct emitter *emitter, struct flow *flow)
{
    switch ((enum protocol)flow->connection.protocol) {
    case PROTOCOL_UNKNOWN:
        if (flow->joining) {
            joining_destroy(flow->joining, emitter->memory);
        }
        break;
    case PROTOCOL_HTTP:
        if (flow->exchange) {
            exchange_destroy(flow->exchange, emitter->memory);
        }
        break;
    case PROTOCOL_WEBSOCKET:
        if (flow->websocket) {
            websocket_destroy(flow->websocket, emitter);
        }
        break;
    case PROTOCOL_TLS:
        memory_release(emitter->memory, flow->tls, sizeof *flow->tls);
        break;
    default:
        break;
    }
    flow->joining = NULL;
}

/* --- from one protocol to the next ---------------------------------------------------------------------- */

static void speak_other(struct pass *pass, enum protocol protocol)
{
    protocol_release(pass->emitter, pass->flow);
    pass->flow->connection.protocol = (uint8_t)protocol;
}

static void out_of_memory(struct pass *pass, enum direction direction)
{
    speak_other(pass, PROTOCOL_OTHER);
    emit_notice(pass->emitter, direction, NOTICE_MEMORY_LIMIT, 0, 0);
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
            protocol_deliver(pass, direction, &chunk);
        }
    }
    joining_destroy(joining, pass->emitter->memory);
}

/* HTTP, or what was HTTP until now, is over: WebSocket from here on. */
static bool speak_websocket(struct pass *pass, const struct exchange_upgrade *upgrade)
{
    struct websocket *websocket = websocket_create(&upgrade->deflate, upgrade->other_extension,
                                                   upgrade->guessed, pass->emitter->memory);

    if (websocket == NULL) {
        return false;
    }
    if (upgrade->broken) {
        websocket_handshake_broken(websocket);
    }
    pass->flow->websocket = websocket;
    pass->flow->connection.protocol = PROTOCOL_WEBSOCKET;
    return true;
}

/* The server's bytes behind an answer that was lost: should it come after all, it is no frame. */
static void read_behind_answer(struct pass *pass, const struct exchange *exchange, uint64_t offset,
                               uint64_t gap)
{
    const struct resume *behind = exchange_behind_answer(exchange);
    struct websocket *websocket = pass->flow->websocket;
    struct chunk chunk;

    websocket_lost(websocket, pass->emitter, S2C, behind ? resume_offset(behind) : offset, gap);
    for (size_t at = 0; behind && resume_next(behind, &at, &chunk);) {
        websocket_chunk(websocket, pass->emitter, S2C, &chunk, 0, &pass->flow->connection.sent[S2C]);
    }
}

static void upgrade_to_websocket(struct pass *pass, const struct exchange_upgrade *upgrade,
                                 enum direction direction, const struct chunk *rest)
{
    struct exchange *exchange = pass->flow->exchange;
    struct emitter *emitter = pass->emitter;
    struct exchange_held held = exchange_held(exchange);
    struct chunk client = { .offset = held.offset, .bytes = held.bytes };
    const struct stream *stream = &pass->flow->streams[C2S];
    uint64_t answer_end = direction == S2C ? rest->offset : pass->flow->streams[S2C].offset;

    if (!speak_websocket(pass, upgrade)) {
        out_of_memory(pass, S2C);
        return;
    }
    if (held.lost) {
        websocket_lost(pass->flow->websocket, emitter, C2S, held.offset, held.gap);
    } else if (upgrade->unasked) {    /* what else was not captured, nobody knows */
        websocket_lost(pass->flow->websocket, emitter, C2S,
                       held.bytes.length > 0 ? held.offset : stream->offset, 0);
    }
    if (held.bytes.length > 0) {
        websocket_chunk(pass->flow->websocket, emitter, C2S, &client, 0, &pass->flow->connection.sent[C2S]);
    }
    if (upgrade->guessed) {
        read_behind_answer(pass, exchange, answer_end, upgrade->gap);
    }
    if (rest->bytes.length > 0) {
        websocket_chunk(pass->flow->websocket, emitter, S2C, rest, pass->peer_saw,
                        &pass->flow->connection.sent[S2C]);
    }
    exchange_destroy(exchange, emitter->memory);
}

/* A 2xx to CONNECT: inside the tunnel everything begins anew (RFC 9110 section 9.3.6). */
static void enter_tunnel(struct pass *pass, enum direction direction, const struct chunk *rest)
{
    struct exchange *exchange = pass->flow->exchange;
    struct exchange_held client = exchange_held(exchange);
    struct chunk held = { .offset = client.offset, .bytes = client.bytes, .segment_start = true };

    pass->flow->exchange = NULL;
    pass->flow->connection.protocol = PROTOCOL_UNKNOWN;
    if (held.bytes.length > 0) {
        protocol_deliver(pass, C2S, &held);
    }
    if (rest->bytes.length > 0) {
        protocol_deliver(pass, direction, rest);
    }
    exchange_destroy(exchange, pass->emitter->memory);
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
    const struct stream *own = &pass->flow->streams[direction];
    const struct stream *other = &pass->flow->streams[direction_reverse(direction)];
    bool alone = other->started ? other->joined : own->alone;
    enum exchange_outcome outcome = exchange_chunk(pass->flow->exchange, pass->emitter, direction,
                                                   chunk, alone, &rest.bytes, &upgrade);

    rest.offset += chunk->bytes.length - rest.bytes.length;
    rest.segment_start = chunk->segment_start && rest.offset == chunk->offset;
    exchange_over(pass, outcome, direction, &upgrade, &rest);
}

static void speak_tls(struct pass *pass, struct joining *joining)
{
    struct bytes hello, name;
    struct tls_session *session = memory_allocate(pass->emitter->memory, sizeof *session);

    pass->flow->connection.protocol = PROTOCOL_TLS;
    pass->flow->tls = session;
    if (session && joining_whole(joining, C2S, &hello) && tls_server_name(hello, &name)) {
        name = bytes_first(name, SERVER_NAME_MOST);
        memcpy(session->name, name.data, name.length);
        session->length = (uint8_t)name.length;
    }
    joining_destroy(joining, pass->emitter->memory);
}

static void speak_http(struct pass *pass, bool lost)
{
    pass->flow->exchange = exchange_create(lost, pass->emitter->memory);
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
        joining_destroy(joining, pass->emitter->memory);
        out_of_memory(pass, C2S);
        return;
    }
    pass->flow->connection.guessed = true;
    emit_notice(pass->emitter, C2S, NOTICE_JOINED_LATE, 0, 0);
    for (int direction = C2S; direction <= S2C; direction++) {
        enum direction to = (enum direction)direction, held = swapped ? direction_reverse(to) : to;
        uint64_t offset;

        if (!joining_offset(joining, held, &offset)) {
            offset = pass->flow->streams[direction].offset;
        }
        websocket_lost(pass->flow->websocket, pass->emitter, to, offset, 0);
    }
    replay(pass, joining, swapped);
}

/* What was lost before it was clear what is spoken. */
static void tell_lost(struct pass *pass, const struct joining *joining, bool swapped)
{
    for (int held = C2S; held <= S2C; held++) {
        enum direction direction = swapped ? direction_reverse((enum direction)held) : (enum direction)held;
        uint64_t offset, bytes;

        if (joining_lost(joining, (enum direction)held, &offset, &bytes)) {
            emit_gap(pass->emitter, direction, offset, bytes, 0, GAP_GUESS);
        }
    }
}

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
    protocol_announce(pass->emitter, pass->flow);
    switch (verdict.protocol) {
    case JOINING_HTTP:
        tell_lost(pass, joining, verdict.swapped);
        speak_http(pass, !fresh);
        replay(pass, joining, verdict.swapped);
        break;
    case JOINING_WEBSOCKET:
        tell_lost(pass, joining, verdict.swapped);
        speak_guessed_websocket(pass, joining, verdict.swapped);
        break;
    case JOINING_TLS:
        speak_tls(pass, joining);
        break;
    default:
        joining_destroy(joining, pass->emitter->memory);
        pass->flow->connection.protocol = PROTOCOL_OTHER;
        break;
    }
}

/* A handshake in view needs no force. In mid-connection the first segment need not begin with a header: one
 * that cannot be is left to the search. */
static bool deliver_forced(struct pass *pass, enum direction direction, const struct chunk *chunk)
{
    struct flow *flow = pass->flow;
    struct exchange_upgrade upgrade = { .guessed = true };
    bool client_port = protocol_websocket_port(pass->hints, flow->connection.client.port);
    bool server_port = protocol_websocket_port(pass->hints, flow->connection.server.port);

    if (chunk->gap > 0 || !(client_port || server_port) ||
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
    protocol_announce(pass->emitter, flow);
    protocol_deliver(pass, direction, chunk);
    return true;
}

static void deliver_unknown(struct pass *pass, enum direction direction, const struct chunk *chunk)
{
    struct flow *flow = pass->flow;
    bool fresh = !flow->connection.midstream;

    if (flow->joining == NULL) {
        if (pass->hints->websocket_port_count > 0 && deliver_forced(pass, direction, chunk)) {
            return;
        }
        if (fresh && direction == C2S && http_plausible_start(chunk->bytes, true)) {
            protocol_announce(pass->emitter, flow);
            speak_http(pass, false);    /* the ordinary case, without a detour */
            protocol_deliver(pass, direction, chunk);
            return;
        }
        flow->joining = joining_create(fresh, pass->emitter->memory);
        if (flow->joining == NULL) {
            out_of_memory(pass, direction);
            return;
        }
    }
    joined(pass, joining_chunk(flow->joining, direction, chunk, pass->hints->guess, pass->emitter->memory));
}

void protocol_deliver(struct pass *pass, enum direction direction, const struct chunk *chunk)
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
        websocket_chunk(flow->websocket, pass->emitter, direction, chunk,
                        direction == pass->direction ? pass->peer_saw : 0,
                        &flow->connection.sent[direction]);
        break;
    default:
        break;                          /* counted, not read */
    }
}

static bool ended_by_fin(const struct flow *flow, enum direction direction)
{
    return flow->streams[direction].fin && flow->streams[direction].ended;
}

void protocol_end(struct pass *pass, enum direction direction)
{
    struct flow *flow = pass->flow;

    if (flow->end_told[direction]) {
        return;
    }
    flow->end_told[direction] = true;
    if (flow->connection.protocol == PROTOCOL_HTTP) {
        exchange_end(flow->exchange, pass->emitter, direction, ended_by_fin(flow, direction));
    } else if (flow->connection.protocol == PROTOCOL_WEBSOCKET) {
        websocket_end(flow->websocket, pass->emitter, direction, &flow->connection.sent[direction]);
    }
}

void protocol_finish(struct pass *pass)
{
    struct flow *flow = pass->flow;
    struct exchange_upgrade upgrade;
    struct chunk rest = { 0 };

    if (flow->connection.protocol == PROTOCOL_UNKNOWN && flow->joining) {
        joined(pass, joining_finish(flow->joining, pass->hints->guess));
    }
    if (flow->connection.protocol == PROTOCOL_HTTP) {
        exchange_end(flow->exchange, pass->emitter, C2S, ended_by_fin(flow, C2S));
        exchange_end(flow->exchange, pass->emitter, S2C, ended_by_fin(flow, S2C));
        enum exchange_outcome outcome = exchange_finish(flow->exchange, pass->emitter, &upgrade);

        rest.offset = flow->streams[S2C].offset;
        exchange_over(pass, outcome, S2C, &upgrade, &rest);
    }
    if (flow->connection.protocol == PROTOCOL_WEBSOCKET) {
        flow->end_told[C2S] = flow->end_told[S2C] = false;
    }
    protocol_end(pass, C2S);
    protocol_end(pass, S2C);
}

struct bytes protocol_server_name(const struct flow *flow)
{
    if (flow->connection.protocol != PROTOCOL_TLS || flow->tls == NULL) {
        return bytes_of(NULL, 0);
    }
    return bytes_of(flow->tls->name, flow->tls->length);
}
