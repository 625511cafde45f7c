/* SPDX-License-Identifier: MIT */
#ifndef WS101_FLOW_H
#define WS101_FLOW_H

/* flow - the table of TCP connections: from a segment's four-tuple to its connection and direction.
 *
 * Ownership:  flows are the table's, from struct memory; a pointer is good until flow_remove.
 * Bounds:     limits.connections and the memory ceiling. When one bites, the caller takes a victim from
 *             flow_victim: of the next few under a clock hand the one that is over, else the longest silent.
 * The hash is SipHash-1-3 under a seed, so that no sender can choose addresses that collide.
 */

#include "event.h"
#include "memory.h"
#include "stream.h"
#include "tcp.h"

struct exchange;                /* HTTP on this connection: exchange.h */
struct websocket;               /* WebSocket on it: websocket.h */
struct joining;                 /* bytes whose protocol is not known yet: joining.h */
struct tls_session;             /* what is known of TLS on it: protocol.c */

struct flow {
    struct connection connection;
    struct stream streams[2];   /* [C2S], [S2C] */
    int64_t last;               /* time of its last packet */
    union {                     /* by connection.protocol; NULL where nothing is under way */
        struct exchange *exchange;
        struct websocket *websocket;
        struct joining *joining;
        struct tls_session *tls;
        struct flow *next_closed;       /* when `closed`: in the dissector's list */
    };
    uint32_t hash;
    uint32_t reopening;         /* with `may_reopen`: sequence number of a SYN inside an open connection */
    uint32_t fin_acknowledgment[2];     /* with `fin_seen`: what each direction's FIN acknowledged */
    uint32_t reset_sequence;    /* with `reset_maybe`: where an RST stood that was not believed */
    bool may_reopen : 1;
    bool reopening_by : 1;      /* whose SYN it was: enum direction */
    bool reset_maybe : 1;
    bool reset_by : 1;          /* enum direction */
    bool replaced : 1;          /* closed, and no longer in the table */
    bool announced : 1;         /* EVENT_CONNECTION has left */
    bool closed : 1;            /* EVENT_CLOSE has left: what still comes is ignored and counted */
    bool late_data_told : 1;
    bool urgent_told : 1;
    bool end_told[2];           /* the protocol knows that the direction has ended */
    bool first_end_known : 1;   /* a FIN or RST was seen, and who sent the first: */
    uint8_t first_end;          /* enum direction */
    uint8_t fin_seen;           /* 1 << enum direction: its FIN was captured, with an acknowledgment */
};

struct flow_table {
    struct flow **slots;        /* open addressing; capacity is a power of two */
    uint32_t capacity;
    uint32_t count;
    uint32_t hand;              /* of the clock, for flow_victim */
    uint32_t glance;            /* the slot that flow_glance looks at next */
    uint64_t seed;
    struct flow *recent[256];   /* direct-mapped by a cheap hash: most packets are found here */
    struct memory *memory;
};

void flow_table_init(struct flow_table *table, uint64_t seed, struct memory *memory);

/* Every flow must have been removed. */
void flow_table_release(struct flow_table *table);

/* The flow of this segment and which way it goes in it; NULL when there is none. */
struct flow *flow_find(struct flow_table *table, const struct segment *segment, enum direction *direction);

/* The hash of a connection between these two, whichever is the client. */
uint64_t flow_hash(const struct flow_table *table, const struct endpoint *a, const struct endpoint *b);

/* A new flow whose client is the segment's source; NULL when there is no memory. */
struct flow *flow_add(struct flow_table *table, const struct segment *segment);

/* Takes it out; the caller gives its memory back. */
void flow_remove(struct flow_table *table, struct flow *flow);

/* Which flow to give up for a newer one; NULL when there is none. */
struct flow *flow_victim(struct flow_table *table);

/* The flow in the next slot, round and round; NULL where it is empty. */
struct flow *flow_glance(struct flow_table *table);

/* Walks all flows: *position is 0 at the first. A flow may be removed only after the walk. */
struct flow *flow_walk(const struct flow_table *table, uint32_t *position);

/* Client and server change places, with all that is counted by direction. */
void flow_swap_roles(struct flow *flow);

#endif
