/* SPDX-License-Identifier: MIT */
#include "ended.h"

#define CAPACITY_FIRST 1024     /* a power of two, as all that follow */

void ended_init(struct ended *ended, struct memory *memory)
{
    *ended = (struct ended){ .memory = memory };
}

static void release(struct ended_set *set, struct memory *memory)
{
    memory_release(memory, set->slots, set->capacity * sizeof *set->slots);
    *set = (struct ended_set){ .slots = NULL };
}

void ended_release(struct ended *ended)
{
    release(&ended->newer, ended->memory);
    release(&ended->older, ended->memory);
}

/* Where the hash stands, or the free slot where it belongs. */
static uint64_t *slot_of(const struct ended_set *set, uint64_t hash)
{
    size_t mask = set->capacity - 1, at = (size_t)(hash >> 32) & mask;

    while (set->slots[at] != 0 && set->slots[at] != hash) {
        at = (at + 1) & mask;
    }
    return &set->slots[at];
}

static bool grow(struct ended_set *set, struct memory *memory)
{
    struct ended_set larger = { .capacity = set->capacity ? set->capacity * 2 : CAPACITY_FIRST };

    larger.slots = memory_allocate(memory, larger.capacity * sizeof *larger.slots);
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->slots[i] != 0) {
            *slot_of(&larger, set->slots[i]) = set->slots[i];
        }
    }
    larger.count = set->count;
    release(set, memory);
    *set = larger;
    return true;
}

/* The newer set becomes the older one, unless it is too old for that, too. */
static void turn(struct ended *ended, int64_t time)
{
    release(&ended->older, ended->memory);
    if (time - ended->since > 2 * ENDED_TIME) {
        release(&ended->newer, ended->memory);
    }
    ended->older = ended->newer;
    ended->newer = (struct ended_set){ .slots = NULL };
}

void ended_add(struct ended *ended, uint64_t hash, int64_t time)
{
    struct ended_set *set = &ended->newer;

    if (set->count == ENDED_MOST || (set->count > 0 && time - ended->since > ENDED_TIME)) {
        turn(ended, time);
    }
    if (set->count == 0) {
        ended->since = time;
    }
    if (set->count >= set->capacity / 2 && !grow(set, ended->memory)) {
        return;
    }
    uint64_t *slot = slot_of(set, hash | 1);    /* 0 would be a free one */

    set->count += *slot == 0;
    *slot = hash | 1;
}

bool ended_has(const struct ended *ended, uint64_t hash, int64_t time)
{
    if (time - ended->since > 2 * ENDED_TIME) {
        return false;
    }
    return (ended->newer.count > 0 && *slot_of(&ended->newer, hash | 1) != 0) ||
           (ended->older.count > 0 && *slot_of(&ended->older, hash | 1) != 0);
}
