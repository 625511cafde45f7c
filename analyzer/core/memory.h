/* SPDX-License-Identifier: MIT */
#ifndef WS101_MEMORY_H
#define WS101_MEMORY_H

/* memory - every allocation of the core, under one ceiling.
 *
 * Whoever asks names the size again when giving back, so that the account needs no header per block.
 * Errors: NULL when the ceiling would be passed or the system has no more; the caller carries on without
 * (a gap, a message cut short, a window forgotten) and says so in an event. Nothing in the core aborts.
 */

#include <stddef.h>
#include <stdint.h>

struct memory {
    uint64_t used;          /* bytes handed out and not given back */
    uint64_t limit;         /* the ceiling, in bytes */
    uint64_t refused;       /* how often the ceiling or the system said no */
};

/* Zeroed bytes, or NULL. */
void *memory_allocate(struct memory *memory, size_t size);

/* The block with its first min(old, new) bytes kept, or NULL, and then the old block is as it was.
 * new_size is never 0. */
void *memory_resize(struct memory *memory, void *block, size_t old_size, size_t new_size);

/* Gives back a block of that size; NULL is nothing. */
void memory_release(struct memory *memory, void *block, size_t size);

#endif
