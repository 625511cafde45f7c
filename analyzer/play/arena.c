/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)64 << 10)

struct arena_block {
    struct arena_block *before;
    size_t used, size;
    alignas(max_align_t) uint8_t bytes[];
};

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    size_t wanted = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct arena_block *block = calloc(1, sizeof *block + wanted);

    if (block != NULL) {
        block->before = arena->last;
        block->size = wanted;
        arena->last = block;
    }
    return block;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->last;

    if (size > arena->limit - arena->used) {
        return NULL;
    }
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (block == NULL || size > block->size - block->used) {
        block = add_block(arena, size);
    }
    if (block == NULL) {
        return NULL;
    }
    block->used += size;
    arena->used += size < arena->limit - arena->used ? size : arena->limit - arena->used;
    return block->bytes + block->used - size;
}

void arena_release(struct arena *arena)
{
    while (arena->last != NULL) {
        struct arena_block *block = arena->last;

        arena->last = block->before;
        free(block);
    }
    arena->used = 0;
}
