/* SPDX-License-Identifier: MIT */
#ifndef WS101_PINGS_H
#define WS101_PINGS_H

/* pings - which Pong answers which Ping (RFC 6455 sections 5.5.2 and 5.5.3), on one connection.
 *
 * Comes in:   the payloads of Pings and Pongs of both directions, as they pass.
 * Goes out:   round trips; and whether an answer is overdue.
 * Ownership:  *pings is the connection's, from struct memory; NULL while no Ping is outstanding, and where
 *             there was no memory: then Pongs are not matched.
 * Bounds:     PINGS_MOST of each direction are remembered, with a digest of their payloads.
 */

#include "bytes.h"
#include "memory.h"

#define PINGS_MOST 4

struct pings;

void pings_release(struct pings **pings, struct memory *memory);

void pings_sent(struct pings **pings, enum direction pinger, struct bytes payload, int64_t time,
                struct memory *memory);

/* A Pong went to the pinger. The round trip in nanoseconds, or -1 where no Ping asked for it. */
int64_t pings_answered(struct pings **pings, enum direction pinger, struct bytes payload, int64_t time,
                       struct memory *memory);

/* Whether an answer is owed to a Ping sent before that time. */
bool pings_overdue(const struct pings *pings, enum direction pinger, int64_t before);

/* Whether there were more at once than are remembered, so that a Pong may answer one of those. */
bool pings_forgotten(const struct pings *pings, enum direction pinger);

#endif
