/* SPDX-License-Identifier: MIT */
#include "pings.h"

struct ping {
    int64_t time;
    uint64_t digest;            /* of its payload */
    bool excused;               /* a Pong with this payload came, perhaps for an earlier one */
};

/* Of one direction, oldest first. */
struct row {
    struct ping pings[PINGS_MOST];
    uint8_t count;
    bool forgotten;
};

struct pings {
    struct row rows[2];         /* by who pinged */
};

static uint64_t digest_of(struct bytes payload)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);     /* FNV-1a */

    for (size_t i = 0; i < payload.length; i++) {
        digest = (digest ^ payload.data[i]) * UINT64_C(0x100000001b3);
    }
    return digest;
}

void pings_release(struct pings **pings, struct memory *memory)
{
    memory_release(memory, *pings, sizeof **pings);
    *pings = NULL;
}

void pings_sent(struct pings **pings, enum direction pinger, struct bytes payload, int64_t time,
                struct memory *memory)
{
    if (*pings == NULL) {
        *pings = memory_allocate(memory, sizeof **pings);
    }
    if (*pings == NULL) {
        return;
    }
    struct row *row = &(*pings)->rows[pinger];

    if (row->count == PINGS_MOST) {
        memmove(row->pings, row->pings + 1, (PINGS_MOST - 1) * sizeof row->pings[0]);
        row->count--;
        row->forgotten = true;
    }
    row->pings[row->count++] = (struct ping){ .time = time, .digest = digest_of(payload) };
}

/* Takes away the oldest Ping of those that the Pong may answer, and all before it: they need none any more.
 * Later ones with the same payload may still get theirs, or were answered by this one. */
static void take_away(struct row *row, uint8_t answered)
{
    uint64_t digest = row->pings[answered].digest;

    row->count = (uint8_t)(row->count - answered - 1);
    memmove(row->pings, row->pings + answered + 1, row->count * sizeof row->pings[0]);
    for (uint8_t i = 0; i < row->count; i++) {
        row->pings[i].excused |= row->pings[i].digest == digest;
    }
}

int64_t pings_answered(struct pings **pings, enum direction pinger, struct bytes payload, int64_t time,
                       struct memory *memory)
{
    uint64_t digest = digest_of(payload);
    struct row *row = *pings ? &(*pings)->rows[pinger] : NULL;

    for (uint8_t i = 0; row && i < row->count; i++) {
        if (row->pings[i].digest == digest) {
            int64_t round_trip = time - row->pings[i].time;

            take_away(row, i);
            if ((*pings)->rows[C2S].count + (*pings)->rows[S2C].count == 0) {
                pings_release(pings, memory);
            }
            return round_trip > 0 ? round_trip : 0;
        }
    }
    return -1;
}

bool pings_overdue(const struct pings *pings, enum direction pinger, int64_t before)
{
    const struct row *row = pings ? &pings->rows[pinger] : NULL;

    return row && row->count > 0 && !row->pings[0].excused && row->pings[0].time < before;
}

bool pings_forgotten(const struct pings *pings, enum direction pinger)
{
    return pings && pings->rows[pinger].forgotten;
}
