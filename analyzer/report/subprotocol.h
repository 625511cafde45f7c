/* SPDX-License-Identifier: MIT */
#ifndef WS101_SUBPROTOCOL_H
#define WS101_SUBPROTOCOL_H

/* subprotocol - what a connection's messages say above WebSocket, and why they are read so.
 *
 * Comes in:   the handshake, then the messages, in order.
 * Goes out:   struct subprotocol, which says how the next message is to be read: by the subprotocol that was
 *             agreed on; without one by the request's target, or by what a message itself says. What is read
 *             by such evidence is never without it: each kind comes with its reason.
 * Ownership:  no pointers; zeroed is a connection of which nothing is known. Messages may be left out: then
 *             what began in one of them is taken for a beginning where the next goes on.
 * RFC 6455 sections 1.9 and 11.5.
 */

#include "core/event.h"
#include "label.h"

#define SUBPROTOCOL_CONNECTIONS 1024
#define SUBPROTOCOL_KEPT        512 /* bytes of a packet that takes several messages */

enum subprotocol_kind {
    SUBPROTOCOL_UNKNOWN,
    SUBPROTOCOL_ENGINEIO,
    SUBPROTOCOL_SOCKETIO,    /* in Engine.IO's packets */
    SUBPROTOCOL_GRAPHQL,     /* graphql-transport-ws */
    SUBPROTOCOL_GRAPHQL_OLD, /* subscriptions-transport-ws, which calls itself graphql-ws */
    SUBPROTOCOL_STOMP,
    SUBPROTOCOL_MQTT,
    SUBPROTOCOL_WAMP,
    SUBPROTOCOL_WAMP_BATCHED,
    SUBPROTOCOL_JSONRPC,
    SUBPROTOCOL_KINDS
};

enum subprotocol_reason {
    SUBPROTOCOL_AGREED,     /* in the handshake */
    SUBPROTOCOL_BY_VERSION, /* the target says EIO=3, or 4 */
    SUBPROTOCOL_BY_PATH,    /* the target has /socket.io/ or /engine.io/ */
    SUBPROTOCOL_BY_BYTES,   /* the message, or an earlier one, can hardly be anything else */
};

/* One direction's packet that is not over: more of it comes in the messages that follow. */
struct subprotocol_rest {
    uint32_t left;        /* bytes of an MQTT packet, attachments of a socket.io packet */
    uint32_t of;          /* of how many */
    bool lost;            /* bytes were: the next message is taken for a beginning */
    uint16_t kept_length; /* of an MQTT packet under way; 0: none is */
    uint8_t kept[SUBPROTOCOL_KEPT];
};

struct subprotocol {
    uint8_t kind;   /* enum subprotocol_kind */
    uint8_t reason; /* enum subprotocol_reason */
    /* Engine.IO's 3 or 4; STOMP's 10 to 12; MQTT's 3, 4 or 5 (its protocol level); 0 unknown */
    uint8_t version;
    struct subprotocol_rest rest[2];
};

/* What the handshake says: the agreed subprotocol, empty where there was none, and the request's target. */
void subprotocol_agree(struct subprotocol *subprotocol, struct bytes agreed, struct bytes target);

/* A handshake or a message has passed; other events change nothing. */
void subprotocol_pass(struct subprotocol *subprotocol, const struct event *event);

/* How this message is to be read: as the connection's others, or by what it says itself. */
struct subprotocol subprotocol_of(const struct subprotocol *subprotocol, const struct message *message);

/* The connections that somebody follows: SUBPROTOCOL_CONNECTIONS of them, the youngest, each in the place
 * of one that is older by so many. */
struct subprotocol_table {
    struct {
        uint64_t connection;
        struct subprotocol subprotocol;
    } rows[SUBPROTOCOL_CONNECTIONS];
    struct subprotocol before; /* of the latest event's connection, as it was before the event */
};

/* An event_sink, to be handed every event; context is a struct subprotocol_table, zeroed at first. */
void subprotocol_table_event(void *context, const struct event *event);

/* A message in a few words, such as: event "chat" [1 arg]. Empty where it is read as nothing special, or
 * cannot be. Of a long one only the beginning is looked at. */
void subprotocol_summarise(struct label *summary, const struct subprotocol *subprotocol,
                           const struct event *event);

#endif
