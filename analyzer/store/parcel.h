/* SPDX-License-Identifier: MIT */
#ifndef WS101_PARCEL_H
#define WS101_PARCEL_H

/* parcel - an event made ready to be kept: a struct of its kind, whose size is fixed, and bytes. And the
 * event again, from these two.
 *
 * Ownership:  what parcel_pack fills points to the event and to the parcel itself; what parcel_unpack fills,
 *             to the bytes.
 * HTTP heads are kept as they were sent, and read again when they are asked for.
 */

#include "core/event.h"

/* Of a head, what its bytes do not say: they are a piece. */
struct kept_head {
    uint32_t length;                /* of the raw head; 0 for none */
    bool is_request, complete;
    enum http_framing framing;
    uint64_t content_length, body_length, faults;
};

struct kept_handshake {
    enum handshake_verdict verdict;
    bool other_extension;
    uint64_t faults;
    struct kept_head request, response;
};

struct kept_frame {
    struct frame frame;
    uint64_t message, arrived;
    int64_t round_trip;
    uint16_t close_code;
    bool compressed;
};

/* The lengths say which bytes are which. */
struct kept_close {
    struct event_close close;
    uint32_t reason_length, name_length;
};

#define PARCEL_PIECES 2

struct parcel {
    union {
        struct kept_head head;
        struct kept_handshake handshake;
        struct kept_frame frame;
        struct kept_close close;
        struct message message;
        struct event_gap gap;
        struct event_notice notice;
        struct event_segment segment;
    } fixed;
    struct segment segment;             /* of an EVENT_SEGMENT: a piece */
    struct bytes fixed_bytes;           /* the kind's member of fixed; empty where it needs none */
    struct bytes pieces[PARCEL_PIECES];
    size_t piece_count;
};

/* An event rebuilt: the event, and all that its pointers point to. */
struct store_event {
    struct event event;
    struct connection connection;
    struct frame frame;
    struct message message;
    struct segment segment;
    struct handshake handshake;
    struct http_head request, response;
};

void parcel_pack(struct parcel *parcel, const struct event *event);

/* fixed: what was behind fixed_bytes, wherever it lies now; payload: the pieces, one behind the other, or
 * nothing where they were not kept. Of out->event all but the kind's own member is there already. False where
 * it cannot be rebuilt: a head without its bytes. */
bool parcel_unpack(const void *fixed, struct bytes payload, struct store_event *out);

#endif
