/* SPDX-License-Identifier: MIT */
#ifndef WS101_FRAGMENTS_H
#define WS101_FRAGMENTS_H

/* fragments - IP datagrams put together again (RFC 791 section 3.2, RFC 8200 section 4.5).
 *
 * Comes in:   fragments in any order, repeated, overlapping, most of them perhaps never followed by the rest.
 * Goes out:   the whole datagram, once. The first copy of a byte wins.
 * Ownership:  a datagram that was handed out is valid until fragments_release_finished.
 * Limits:     limits.fragments datagrams at once, the one begun first gives way; each at most 64 KiB and no
 *             larger than its farthest byte received; 30 seconds of packet time each.
 */

#include "bytes.h"
#include "limits.h"
#include "link.h"
#include "memory.h"

/* Which datagram a fragment belongs to. protocol is part of it in IPv4 only, and 0 in IPv6. */
struct fragments_key {
    uint8_t source[16], destination[16];
    uint32_t identification;
    uint16_t ethertype;
    uint16_t protocol;
};

struct fragment {
    struct fragments_key key;
    uint8_t next_header;        /* of the payload; that of the fragment at offset 0 is believed */
    uint32_t offset;            /* of its first byte in the datagram, a multiple of 8 */
    bool more;                  /* fragments follow: this is not the datagram's end */
    struct bytes bytes;
};

struct fragments_datagram {
    uint8_t next_header;
    struct bytes bytes;
};

struct fragments;

/* NULL when there is no memory. The pointers must outlive it. */
struct fragments *fragments_create(const struct limits *limits, struct memory *memory);
void fragments_destroy(struct fragments *fragments);

/* DECODED with *out when this fragment was the last one missing; DECODED_OTHER when it was kept, was known,
 * or found no memory; DECODED_MALFORMED when it contradicts itself or the others. time: nanoseconds. */
enum decoded fragments_add(struct fragments *fragments, const struct fragment *fragment, int64_t time,
                           struct fragments_datagram *out);

/* Gives back every datagram handed out. */
void fragments_release_finished(struct fragments *fragments);

/* How many datagrams were given up unfinished. */
uint64_t fragments_abandoned(const struct fragments *fragments);

#endif
