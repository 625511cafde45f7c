/* SPDX-License-Identifier: MIT */
#ifndef WS101_RING_H
#define WS101_RING_H

/* ring - bytes that are kept until newer ones need their place.
 *
 * Positions grow for ever, so a position names its bytes for good, and whether they are still there is one
 * comparison. Every piece lies in one place: one that would cross the end of the memory begins anew at its
 * start.
 * Ownership:  a view of a piece is valid until the next ring_put.
 */

#include "core/bytes.h"

struct ring {
    uint8_t *memory;
    uint64_t capacity;
    uint64_t head;              /* the position after the newest byte */
};

bool ring_init(struct ring *ring, uint64_t capacity);
void ring_release(struct ring *ring);

/* Copies the pieces, one behind the other, and gives their position in *position. False when they are larger
 * than the ring. */
bool ring_put(struct ring *ring, const struct bytes *pieces, size_t count, uint64_t *position);

/* Whether what was put there has been overwritten. */
static inline bool ring_gone(const struct ring *ring, uint64_t position)
{
    return ring->head - position > ring->capacity;
}

/* The bytes at a position that is not gone. */
static inline const uint8_t *ring_at(const struct ring *ring, uint64_t position)
{
    return ring->memory + position % ring->capacity;
}

#endif
