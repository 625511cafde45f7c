/* SPDX-License-Identifier: MIT */
#ifndef WS101_DISSECTOR_H
#define WS101_DISSECTOR_H

/* dissector - the pipeline: packets in, events out. It knows the layers up to TCP, and which connections
 * there are; what becomes of one is in connection and protocol.
 *
 * Comes in:   packets in capture order, one call each.
 * Goes out:   events, to the one sink, before the call returns.
 * Ownership:  the dissector is the caller's until dissector_destroy; packets are borrowed for the call.
 * No I/O, no clock: time is the packets', so every run over a capture is the same. What a limit costs is an
 * event or a count in struct totals, never silence.
 */

#include "bytes.h"
#include "event.h"
#include "limits.h"
#include "link.h"

struct dissector;

enum dissector_guess {          /* WebSocket without a handshake in view */
    DISSECTOR_GUESS,            /* recognise it from the bytes of both directions, and say so */
    DISSECTOR_NEVER_GUESS,
};

struct dissector_options {
    struct limits limits;
    uint64_t hash_seed;         /* keeps senders from choosing colliding connections; changes no result */
    unsigned wanted;            /* EVENT_BITs; what is not wanted is not made */
    enum dissector_guess guess;
    const uint16_t *websocket_ports;    /* decode these as WebSocket from the first byte; borrowed */
    size_t websocket_port_count;
    bool verify_checksums;      /* pass over segments whose checksum is wrong, as the receiver does */
};

struct totals {
    uint64_t packets;
    uint64_t bytes;             /* on the wire */
    uint64_t connections;
    uint64_t decoded[DECODED_KINDS];    /* packets below TCP, by enum decoded */
    uint64_t refused_memory;    /* allocations that the ceiling or the system refused */
    uint64_t refused_held;      /* times that the out-of-order budget was spent */
    uint64_t refused_connections;       /* connections given up for newer ones */
    uint32_t unknown_link;      /* the last link type that was not known */
};

/* NULL when there is no memory. */
struct dissector *dissector_create(const struct dissector_options *options, event_sink *sink, void *context);
void dissector_destroy(struct dissector *dissector);

/* One packet: link, IP, TCP, and every event that it completes. */
void dissector_packet(struct dissector *dissector, const struct packet *packet);

/* Live captures only: time has passed without a packet (nanoseconds since the epoch). */
void dissector_tick(struct dissector *dissector, int64_t now);

/* The capture has ended: everything under way is told, each open connection closes as end-of-capture. */
void dissector_finish(struct dissector *dissector);

const struct totals *dissector_totals(const struct dissector *dissector);

#endif
