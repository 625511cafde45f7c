/* SPDX-License-Identifier: MIT */
#ifndef WS101_LADDER_PAIR_H
#define WS101_LADDER_PAIR_H

/* ladder_pair - which connections of a ladder are the two legs of one conversation, and which of their rows
 * are one message that passed the proxy.
 *
 * Comes in:   events, then the rows. Goes out: pairs, each with its evidence.
 * Without a key that is the same, a pair is one only where neither leg could be another's.
 * Limits:     of more than LADDER_LEGS_MAX connections those that come first in their place; of a message,
 *             LADDER_CROSSING rows are searched for where it entered the proxy.
 */

#include "ladder_row.h"
#include "legs.h"

#define LADDER_LEGS_MAX 1024
#define LADDER_CROSSING 256

struct ladder_legs {
    struct {
        struct leg leg;
        uint32_t pair; /* its number, from 1 */
        bool is_back;
    } slots[LADDER_LEGS_MAX]; /* by the connection's id */
    struct ladder_pair pairs[LADDER_LEGS_MAX / 2];
    uint32_t count;
};

/* An event passes. */
void ladder_pair_event(struct ladder_legs *legs, const struct event *event);

/* Finds the pairs, and tells the rows which of them they belong to; those of a back leg then have the
 * front's id. */
void ladder_pair_rows(struct ladder_legs *legs, struct ladder_row *rows, size_t count);

/* The row where it entered the proxy, of the one at place where it left it; NULL where there is none. Rows
 * are in their final order; each row is found once. */
struct ladder_row *ladder_pair_crossing(struct ladder_row *rows, size_t place);

#endif
