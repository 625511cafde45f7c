/* SPDX-License-Identifier: MIT */
#ifndef WS101_ENDED_H
#define WS101_ENDED_H

/* ended - which connections are over since a moment ago: what still comes for them begins no other.
 *
 * Comes in:   a hash of the four-tuple, good in all its 64 bits, and the time.
 * Goes out:   whether a connection with that hash is among them.
 * Ownership:  two sets, from struct memory, until ended_release. Without memory, connections are forgotten.
 *
 * A set holds nothing but hashes, so that a hundred thousand connections that end at once take 2 MiB. From
 * time to time the newer set becomes the older one, and that goes: so a hash is known for ENDED_TIME at
 * least, unless ENDED_MOST others come after it, and for twice as long at most.
 */

#include <stdbool.h>

#include "memory.h"

#define ENDED_TIME INT64_C(2000000000)  /* nanoseconds: retransmissions of a last FIN or ACK are over then */
#define ENDED_MOST (1 << 19)            /* hashes in a set */

struct ended_set {
    uint64_t *slots;            /* open addressing; 0: free */
    size_t capacity, count;
};

struct ended {
    struct ended_set newer, older;
    int64_t since;              /* when the newer one was begun */
    struct memory *memory;
};

void ended_init(struct ended *ended, struct memory *memory);
void ended_release(struct ended *ended);

void ended_add(struct ended *ended, uint64_t hash, int64_t time);
bool ended_has(const struct ended *ended, uint64_t hash, int64_t time);

#endif
