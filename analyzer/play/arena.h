/* SPDX-License-Identifier: MIT */
#ifndef WS101_ARENA_H
#define WS101_ARENA_H

/* arena - memory that is given back all at once: what a script is read into lives in one. */

#include "core/bytes.h"

struct arena_block;

struct arena {
    struct arena_block *last;
    size_t used;
    size_t limit;
};

/* Zeroed bytes, aligned for anything; NULL beyond the limit or without memory. */
void *arena_allocate(struct arena *arena, size_t size);
void arena_release(struct arena *arena);

#endif
