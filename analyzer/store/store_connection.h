/* SPDX-License-Identifier: MIT */
#ifndef WS101_STORE_CONNECTION_H
#define WS101_STORE_CONNECTION_H

/* store_connection - what is known of a connection now: a row of the list, kept true event by event.
 *
 * Comes in:   the connection's events, in order.
 * Ownership:  the caller's; no pointer in it, for what it shows of the wire is copied, cut to fit.
 */

#include "core/event.h"
#include "core/rules.h"

enum connection_state {
    CONNECTION_CONNECTING,      /* nothing but TCP so far */
    CONNECTION_HTTP,
    CONNECTION_HANDSHAKE,       /* an upgrade asked for and not answered yet */
    CONNECTION_OPEN,
    CONNECTION_JOINED,          /* open, but its handshake was not captured */
    CONNECTION_CLOSING,         /* a Close frame one way */
    CONNECTION_CLOSED,
    CONNECTION_RESET,
    CONNECTION_REFUSED,         /* the upgrade */
    CONNECTION_FORGOTTEN,       /* silent for too long */
    CONNECTION_TLS,
    CONNECTION_OTHER,
    CONNECTION_STATES
};

#define STORE_HOST_MAX 64
#define STORE_TARGET_MAX 96
#define STORE_SUBPROTOCOL_MAX 32

/* Bytes as they were sent, cut to fit. */
struct store_text {
    uint8_t length;
    uint8_t bytes[STORE_TARGET_MAX];
};

/* What is known of a connection now. */
struct store_connection {
    struct connection connection;
    enum connection_state state;
    bool upgraded;              /* WebSocket, refused or not: something other than plain HTTP was asked for */
    bool broken;                /* the handshake breaks a rule */
    bool compressed;            /* permessage-deflate was agreed */
    bool ended;
    enum close_how how;         /* when ended */
    struct store_text host, target, subprotocol;
    int64_t last;               /* time of its latest event */
    int64_t round_trip;         /* of the latest ping; -1 when there was none */
    bool close_known;           /* a Close frame was seen */
    enum direction close_first; /* who sent it */
    uint16_t close_code;        /* its code; 0 without one */
    uint64_t findings[RULE_NOTE + 1];       /* by severity */
    uint64_t requests;          /* HTTP requests, an upgrade's included */
    uint64_t first_record, last_record;
    uint64_t handshake_record;  /* of the latest handshake; 0: none */
};

/* A connection of which nothing is known but when it appeared, in nanoseconds. */
void store_connection_init(struct store_connection *row, int64_t time);

/* An event of the connection. The counts of findings and the ids of records are the store's to keep. */
void store_connection_note(struct store_connection *row, const struct event *event);

/* "open", "joined late", … */
const char *store_state_name(enum connection_state state);

#endif
