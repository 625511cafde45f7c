/* SPDX-License-Identifier: MIT */
#ifndef WS101_RECENT_H
#define WS101_RECENT_H

/* recent - the bytes of the last segments of all connections, so that a retransmission that says something
 * else is noticed although the first copy has long been handed on.
 *
 * Comes in:   segments as they are handed on, and later ones that lie below.
 * Goes out:   whether a byte of them differs from what was seen before.
 * Ownership:  the caller's, one per dissector, from struct memory. It holds RECENT_SEGMENTS segments, the
 *             first RECENT_BYTES of each: what is older, or further in, is not compared.
 */

#include "bytes.h"
#include "memory.h"

#define RECENT_SEGMENTS 512
#define RECENT_BYTES    256

struct recent;

/* NULL when there is no memory: then nothing is noticed. */
struct recent *recent_create(struct memory *memory);
void recent_destroy(struct recent *recent, struct memory *memory);

/* A segment's payload is handed on. connection is its number, which no other one ever has. */
void recent_add(struct recent *recent, uint64_t connection, enum direction direction, uint32_t sequence,
                struct bytes payload);

/* Whether a byte of this payload differs from one that the same direction sent there before. */
bool recent_conflicts(const struct recent *recent, uint64_t connection, enum direction direction,
                      uint32_t sequence, struct bytes payload);

#endif
