/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <assert.h>
#include <stdlib.h>

static void *refuse(struct memory *memory)
{
    memory->refused++;
    return NULL;
}

void *memory_allocate(struct memory *memory, size_t size)
{
    if (size > memory->limit || memory->used > memory->limit - size) {
        return refuse(memory);
    }
    void *block = calloc(1, size);
    if (block == NULL) {
        return refuse(memory);
    }
    memory->used += size;
    return block;
}

void *memory_resize(struct memory *memory, void *block, size_t old_size, size_t new_size)
{
    assert(new_size > 0);       /* realloc to nothing would free the block */
    if (new_size > old_size &&
        (new_size > memory->limit || memory->used - old_size > memory->limit - new_size)) {
        return refuse(memory);
    }
    void *moved = realloc(block, new_size);
    if (moved == NULL) {
        return refuse(memory);
    }
    memory->used += new_size;
    memory->used -= old_size;
    return moved;
}

void memory_release(struct memory *memory, void *block, size_t size)
{
    if (block == NULL) {
        return;
    }
    assert(memory->used >= size);
    memory->used -= size;
    free(block);
}
