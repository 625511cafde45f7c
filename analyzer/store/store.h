/* SPDX-License-Identifier: MIT */
#ifndef WS101_STORE_H
#define WS101_STORE_H

/* store - a sink that remembers: the newest events, as many as memory allows, and the connections' states.
 *
 * Comes in:   events, by store_event.
 * Goes out:   a record's id for each, from 1 and ever growing; the event again, rebuilt, for an id; a row for
 *             each connection. What has been overwritten is gone, and that is an ordinary answer.
 * Ownership:  the store owns its memory until store_destroy. What store_get fills is the caller's, but its
 *             views point into the store: valid until the next store_event.
 *
 * Two rings: records of one size, and the bytes that they refer to. A message in one frame shares that
 * frame's payload.
 */

#include "parcel.h"
#include "series.h"
#include "store_connection.h"
#include "traffic.h"

struct store;

/* One direction's share of the totals. */
struct store_tally {
    uint64_t frames[16];        /* by opcode */
    uint64_t framing;           /* bytes of frame headers */
    uint64_t payload;           /* bytes of frame payloads, lost ones left out */
    uint64_t messages, fragmented, compressed;
    uint64_t message_bytes;     /* as applications get them */
    uint64_t http_bytes;        /* heads and bodies */
};

/* Counts of everything that came in, kept or gone. */
struct store_totals {
    uint64_t events[EVENT_KINDS];
    uint64_t findings[RULE_NOTE + 1];
    uint64_t rules[EVENT_KINDS][64][RULE_CAPTURE + 1];  /* findings by event's kind, rule's row, side */
    uint64_t connections;
    uint64_t not_kept;          /* payloads larger than the whole ring */
    int64_t first_time, last_time;
    struct store_tally sent[2]; /* [C2S], [S2C] */
    struct series passed;       /* over time; its parts are enum traffic_kind */
};

/* What a list needs of a record without rebuilding it. */
struct record {
    uint64_t connection;        /* id; 0 for none */
    uint64_t packet;
    int64_t time;
    uint64_t faults;
    uint64_t previous, next;    /* records of the same connection; 0 for none */
    uint64_t fixed, payload;    /* positions in the ring of bytes */
    uint32_t payload_length;
    uint8_t kind;               /* enum event_kind */
    uint8_t direction;
    uint8_t opcode;             /* of a frame or message */
};

#define STORE_LEAST (1 << 20)

/* wanted: bytes of memory for everything, STORE_LEAST at least. NULL when there are not so many. */
struct store *store_create(uint64_t wanted);
void store_destroy(struct store *store);

/* Forgets all: ids begin at 1 again. */
void store_clear(struct store *store);

/* The sink: takes what it wants to keep of the event. context is the store. */
void store_event(void *context, const struct event *event);

/* The same, but of segments only those that a person looks for: that open, end or repeat something. */
void store_event_sparsely(void *context, const struct event *event);

/* The ids that are kept: first to end - 1; none when they are equal. */
uint64_t store_first(const struct store *store);
uint64_t store_end(const struct store *store);

/* The record, or NULL when it is gone. Valid until the next store_event. */
const struct record *store_record(const struct store *store, uint64_t id);

/* The event, rebuilt in *out; false when it is gone. Its connection is as it is now, not as it was then. */
bool store_get(const struct store *store, uint64_t id, struct store_event *out);

/* The connections whose rows are kept: ids first to end - 1. */
uint64_t store_first_connection(const struct store *store);
uint64_t store_end_connection(const struct store *store);

/* The row, or NULL when it is gone. Valid until the next store_event. */
const struct store_connection *store_connection(const struct store *store, uint64_t id);

const struct store_totals *store_totals(const struct store *store);

#endif
