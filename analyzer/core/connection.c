/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include "websocket.h"

#define ANNOUNCED_AFTER INT64_C(1000000000)     /* live: who is the client is guessed by then */

void connection_note_end(struct flow *flow, enum direction direction)
{
    if (!flow->first_end_known) {
        flow->first_end_known = true;
        flow->first_end = (uint8_t)direction;
    }
}

static bool fin_is_seen(const struct flow *flow, enum direction direction)
{
    return (flow->fin_seen >> direction & 1) != 0;
}

/* Whether that direction's FIN came after the other's, and not crossed it on the way. */
static bool fin_answered(const struct flow *flow, enum direction direction)
{
    const struct stream *other = &flow->streams[direction_reverse(direction)];

    return fin_is_seen(flow, direction) && flow->streams[direction].fin && other->fin &&
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

    if (stream_waiting(stream) && stream_next(stream, other, pass->emitter->memory, chunk)) {
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
    pass->peer_saw = 0;
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

void connection_hand_on(struct pass *pass)
{
    enum direction direction;
    struct chunk chunk;

    for (;;) {
        switch (next_of_both(pass, &direction, &chunk)) {
        case NEXT_NOTHING:
            return;
        case NEXT_CHUNK:
            pass->flow->connection.sent[direction].bytes += chunk.bytes.length;
            protocol_deliver(pass, direction, &chunk);
            break;
        case NEXT_END:
            connection_note_end(pass->flow, fin_answered(pass->flow, direction) ? direction_reverse(direction)
                                                                                : direction);
            protocol_end(pass, direction);
            break;
        }
    }
}

void connection_wait(struct pass *pass)
{
    struct stream *client = &pass->flow->streams[C2S], *server = &pass->flow->streams[S2C];
    int64_t now = pass->emitter->time;
    bool lost = stream_waiting(client) && stream_patience(client, server, now);

    lost |= stream_waiting(server) && stream_patience(server, client, now);
    if (lost) {
        connection_hand_on(pass);
    }
}

void connection_tick(struct pass *pass, int64_t now)
{
    struct stream *client = &pass->flow->streams[C2S], *server = &pass->flow->streams[S2C];

    if (now - pass->flow->connection.opened > ANNOUNCED_AFTER) {
        protocol_announce(pass->emitter, pass->flow);
    }
    bool lost = stream_waiting(client) && stream_patience_time(client, server, now);

    lost |= stream_waiting(server) && stream_patience_time(server, client, now);
    if (lost) {
        connection_hand_on(pass);
    }
}

/* --- its end -------------------------------------------------------------------------------------------- */

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
        connection_hand_on(pass);
    }
}

enum close_how connection_tcp_end(const struct flow *flow, enum close_how otherwise)
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

/* A FIN that was not captured shows that it was there, but not what its sender knew by then; nor does one
 * whose sender had more of the other side than was captured. */
static struct websocket_end end_of(const struct flow *flow, enum direction direction)
{
    const struct stream *own = &flow->streams[direction], *other = &flow->streams[!direction];
    int64_t saw = (int64_t)other->offset + tcp_distance(flow->fin_acknowledgment[direction], other->next);
    bool saw_more = !fin_is_seen(flow, direction_reverse(direction)) && saw > (int64_t)other->offset;
    bool fin = own->fin && own->ended && fin_is_seen(flow, direction) && !saw_more;

    return (struct websocket_end){ .seen = own->started,
                                   .fin = fin,
                                   .followed = fin_answered(flow, direction),
                                   .peer_saw = saw > 0 ? (uint64_t)saw : 0 };
}

static void describe_close(struct flow *flow, struct event *event)
{
    struct event_close *close = &event->close;
    struct websocket_end ends[2] = { end_of(flow, C2S), end_of(flow, S2C) };

    close->first_known = flow->first_end_known;
    close->first = (enum direction)flow->first_end;
    close->server_name = protocol_server_name(flow);
    if (flow->connection.protocol == PROTOCOL_WEBSOCKET) {
        websocket_summary(flow->websocket, ends, close, &event->faults);
        if (close->how == CLOSE_RST) {
            event->faults |= UINT64_C(1) << CLOSE_BY_RESET;
        }
    }
}

void connection_close(struct pass *pass, enum close_how how)
{
    struct flow *flow = pass->flow;
    struct emitter *emitter = pass->emitter;
    struct event event = { .kind = EVENT_CLOSE, .close = { .how = how } };

    emitter->connection = &flow->connection;
    give_up_holes(pass);
    if (!flow->announced && flow->connection.protocol != PROTOCOL_UNKNOWN) {
        protocol_announce(emitter, flow);
    }
    protocol_finish(pass);
    protocol_announce(emitter, flow);
    describe_close(flow, &event);
    emit(emitter, &event);
    protocol_release(emitter, flow);
    stream_release(&flow->streams[C2S], emitter->memory);
    stream_release(&flow->streams[S2C], emitter->memory);
    flow->closed = true;
}
