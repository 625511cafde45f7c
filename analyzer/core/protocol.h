/* SPDX-License-Identifier: MIT */
#ifndef WS101_PROTOCOL_H
#define WS101_PROTOCOL_H

/* protocol - what one connection speaks, from its first bytes to its last: joining, HTTP, WebSocket, TLS, and
 * how one follows the other.
 *
 * Comes in:   the chunks of both directions' streams, in order, and each direction's end.
 * Goes out:   the events of whatever is spoken, through the emitter, and EVENT_CONNECTION before them.
 * Ownership:  flow->connection.protocol says which of flow's pointers is set; protocol_release gives it back.
 * The roles may change on the way: who is the client is certain only once a request, or masks, were seen.
 */

#include "emitter.h"
#include "flow.h"

/* Where WebSocket is to be looked for without a handshake in view. */
struct protocol_hints {
    bool guess;                         /* recognise it from the bytes of both directions, and say so */
    const uint16_t *websocket_ports;    /* decode these as WebSocket from the first byte; borrowed */
    size_t websocket_port_count;
};

/* One segment's way up: what it brings to its own direction, and by that perhaps to the other. */
struct pass {
    struct emitter *emitter;
    const struct protocol_hints *hints;
    struct flow *flow;
    struct arrival *arrival;            /* the segment's bytes, or NULL */
    enum direction direction;           /* the segment's; turned round when the roles are */
    uint64_t peer_saw;                  /* how much of the other direction its sender had acknowledged */
};

/* Whether the user says that this port is WebSocket. */
bool protocol_websocket_port(const struct protocol_hints *hints, uint16_t port);

/* EVENT_CONNECTION, unless it has left: late, when it is known who the client is. */
void protocol_announce(struct emitter *emitter, struct flow *flow);

/* The next chunk of one direction, to whatever the connection speaks now. */
void protocol_deliver(struct pass *pass, enum direction direction, const struct chunk *chunk);

/* The direction's bytes have ended. */
void protocol_end(struct pass *pass, enum direction direction);

/* The connection has ended: the last verdict on bytes that never got one, on an upgrade that was never
 * answered, and the end of both directions. */
void protocol_finish(struct pass *pass);

/* Of a TLS connection, what its ClientHello asked for; empty where unknown. Good until protocol_release. */
struct bytes protocol_server_name(const struct flow *flow);

/* Gives back all that is under way, without an event. */
void protocol_release(struct emitter *emitter, struct flow *flow);

#endif
