/* SPDX-License-Identifier: MIT */
#ifndef GENERATE_CONNECTION_H
#define GENERATE_CONNECTION_H

/* connection - a client and a server that speak HTTP and WebSocket as the RFCs want it, each step put on the wire
 * and into the totals.
 *
 * What is said is queued per side; connection_flush sends it in segments, and the other side acknowledges
 * every second one, or with its own next data.
 */

#include "totals.h"
#include "wire.h"

#include <zlib.h>

#define MSS 1448                        /* 1500 of Ethernet less IPv4, TCP and its timestamps */
#define TEXT_MOST (4 << 20)

struct queue {
    uint8_t *data;
    size_t length, sent, capacity;
};

struct connection {
    uint32_t address[2];
    uint16_t port[2];
    uint32_t next[2];                   /* sequence number of the next byte */
    struct queue queues[2];
    z_stream *deflate[2];               /* NULL: not compressed */
    uint32_t mask;                      /* of the client's last frame: no two alike in a row */
    char key[25];                       /* of its upgrade request */
    uint8_t unacknowledged;             /* data segments since the last acknowledgment */
    uint8_t step;                       /* the scenario's own */
    uint32_t count;
};

struct traffic {
    struct wire wire;
    struct totals totals;
    uint64_t size;                      /* at least so many bytes of packets */
    uint32_t count;                     /* or so many connections, messages, packets: by scenario */
    uint8_t *text;                      /* TEXT_MOST bytes to quote from */
};

/* A next pair of addresses and ports, and initial sequence numbers. */
void connection_init(struct traffic *traffic, struct connection *connection);
void connection_release(struct connection *connection);

/* One segment as it stands, counted nowhere but as a packet. */
void connection_segment(struct traffic *traffic, struct connection *connection, enum side side, uint8_t flags,
                        const void *payload, size_t length);

/* SYN, SYN and ACK, ACK. */
void connection_open(struct traffic *traffic, struct connection *connection);

/* FIN, FIN and ACK, ACK. */
void connection_fin(struct traffic *traffic, struct connection *connection, enum side first);

/* Queues bytes. */
void connection_say(struct connection *connection, enum side side, const void *data, size_t length);

/* Queues an upgrade request, or the answer to it; deflate with permessage-deflate agreed on. */
void connection_ask(struct traffic *traffic, struct connection *connection, bool deflate);
void connection_accept(struct traffic *traffic, struct connection *connection, bool deflate);

/* All of it at once: open, ask, accept. */
void connection_upgrade(struct traffic *traffic, struct connection *connection, bool deflate);

/* Queues one frame: header, mask, payload. */
void connection_frame(struct traffic *traffic, struct connection *connection, enum side side, uint8_t first_byte,
                      const uint8_t *payload, size_t length);

/* Queues a whole message in so many frames; compressed where that was agreed on. opcode: 1 text, 2 binary. */
void connection_message(struct traffic *traffic, struct connection *connection, enum side side, uint8_t opcode,
                        const uint8_t *payload, size_t length, unsigned frames);

/* A Close with code 1000 both ways, then FIN both ways. */
void connection_close(struct traffic *traffic, struct connection *connection);

/* Sends what is queued, at most so many segments of it; true when nothing is left. */
bool connection_flush(struct traffic *traffic, struct connection *connection, enum side side, size_t segments);

/* The same, with one segment of the queue never captured: the n-th from here, which must be full and hold
 * nothing but payload. Its bytes go to the gaps. */
void connection_flush_hole(struct traffic *traffic, struct connection *connection, enum side side, size_t n);

#endif
