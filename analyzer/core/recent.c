/* SPDX-License-Identifier: MIT */
#include "recent.h"

#include "tcp.h"

struct seen {
    uint64_t connection;
    uint32_t sequence;
    uint16_t length;
    uint8_t direction;
    uint8_t bytes[RECENT_BYTES];
};

struct recent {
    size_t next;                /* the slot that is written next: the oldest */
    struct seen slots[RECENT_SEGMENTS];
};

struct recent *recent_create(struct memory *memory)
{
    return memory_allocate(memory, sizeof(struct recent));
}

void recent_destroy(struct recent *recent, struct memory *memory)
{
    memory_release(memory, recent, sizeof *recent);
}

void recent_add(struct recent *recent, uint64_t connection, enum direction direction, uint32_t sequence,
                struct bytes payload)
{
    struct seen *seen = &recent->slots[recent->next];
    struct bytes kept = bytes_first(payload, RECENT_BYTES);

    recent->next = (recent->next + 1) % RECENT_SEGMENTS;
    seen->connection = connection;
    seen->sequence = sequence;
    seen->length = (uint16_t)kept.length;
    seen->direction = (uint8_t)direction;
    memmove(seen->bytes, kept.data, kept.length);   /* gcc makes a slow rep movs of a memcpy with a bound */
}

/* Compares where the two overlap. */
static bool differs(const struct seen *seen, uint32_t sequence, struct bytes payload)
{
    int32_t ahead = tcp_distance(sequence, seen->sequence);
    struct bytes before = bytes_of(seen->bytes, seen->length);

    if (ahead >= 0) {
        before = bytes_after(before, (size_t)ahead);
    } else {
        payload = bytes_after(payload, (size_t)-(int64_t)ahead);
    }
    size_t common = before.length < payload.length ? before.length : payload.length;
    return common > 0 && memcmp(before.data, payload.data, common) != 0;
}

bool recent_conflicts(const struct recent *recent, uint64_t connection, enum direction direction,
                      uint32_t sequence, struct bytes payload)
{
    for (size_t i = 0; i < RECENT_SEGMENTS; i++) {
        const struct seen *seen = &recent->slots[i];

        if (seen->connection == connection && seen->direction == direction &&
            differs(seen, sequence, payload)) {
            return true;
        }
    }
    return false;
}
