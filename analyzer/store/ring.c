/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <stdlib.h>

/* Pages that were never written cost nothing: a large ring takes memory only as it fills. */
bool ring_init(struct ring *ring, uint64_t capacity)
{
    *ring = (struct ring){ .memory = calloc(1, capacity), .capacity = capacity };
    return ring->memory != NULL;
}

void ring_release(struct ring *ring)
{
    free(ring->memory);
    *ring = (struct ring){ .memory = NULL };
}

bool ring_put(struct ring *ring, const struct bytes *pieces, size_t count, uint64_t *position)
{
    uint64_t length = 0;

    for (size_t i = 0; i < count; i++) {
        length += pieces[i].length;
    }
    if (length > ring->capacity) {
        return false;
    }
    uint64_t until_end = ring->capacity - ring->head % ring->capacity;

    if (length > until_end) {
        ring->head += until_end;
    }
    *position = ring->head;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].length > 0) {
            memcpy(ring->memory + ring->head % ring->capacity, pieces[i].data, pieces[i].length);
        }
        ring->head += pieces[i].length;
    }
    return true;
}
