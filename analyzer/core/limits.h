/* SPDX-License-Identifier: MIT */
#ifndef WS101_LIMITS_H
#define WS101_LIMITS_H

/* limits - every bound of the core, in one place. Each is an option of the program; each that bites is an
 * event. Sizes are bytes, times nanoseconds. */

#include <stddef.h>
#include <stdint.h>

struct limits {
    uint64_t memory;            /* ceiling of all that the core keeps */
    uint32_t connections;       /* followed at once; beyond it the longest silent one is given up */
    uint32_t held;              /* out-of-order bytes kept per direction before a hole is called lost */
    uint32_t head;              /* bytes of an HTTP head; longer ones are not HTTP */
    uint64_t message_kept;      /* payload bytes of one message that an event carries; the rest is counted */
    uint64_t message_inflated;  /* bytes that one compressed message may inflate to */
    uint64_t inflate_windows;   /* bytes of all compression windows together */
    uint32_t fragments;         /* IP datagrams being put together at once */
    int64_t idle;               /* silence after which a closed or half-open connection is forgotten */
};

/* What the program starts with; view keeps more. */
#define LIMITS_DEFAULT                                                                                       \
    {                                                                                                        \
        .memory = UINT64_C(64) << 20, .connections = 1000000, .held = 4 << 20, .head = 64 << 10,             \
        .message_kept = 1 << 20, .message_inflated = 16 << 20,                                               \
        .inflate_windows = UINT64_C(32) << 20, .fragments = 256, .idle = INT64_C(300) * 1000000000,          \
    }

#endif
