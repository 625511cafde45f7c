/* SPDX-License-Identifier: MIT */
#ifndef WS101_BREAKDOWN_H
#define WS101_BREAKDOWN_H

/* breakdown - what passed when, of the records that are kept and fit: by kind, and by busiest connection.
 *
 * Comes in:   the store, a slice of work at a time; which connection, which filter.
 * Goes out:   two series over the same time as the store's own.
 * Ownership:  no memory but the struct's own, a large one; the filter is the caller's.
 *
 * The records are read twice: first to find the busiest connections, then to divide the traffic among them.
 * The first reading counts in a table of fixed size. Where that is full, a new connection takes the place of
 * the one with the least, and its count: so whoever has more than a BREAKDOWN_CANDIDATES-th of all is in it.
 */

#include "filter.h"
#include "store.h"

#define BREAKDOWN_BUSIEST (SERIES_PARTS - 1)
#define BREAKDOWN_CANDIDATES 64

struct breakdown_criteria {
    uint64_t connection;            /* only of this one; 0: of all */
    const struct filter *filter;    /* or NULL */
    enum measure measure;           /* by which the busiest are found */
};

struct breakdown_candidate {
    uint64_t connection, amount;
};

struct breakdown {
    struct breakdown_criteria criteria;
    struct series kinds;            /* its parts are enum traffic_kind */
    struct series connections;      /* its parts are busiest, and all others; empty for one alone */
    uint64_t busiest[BREAKDOWN_BUSIEST];    /* connections' ids; the one with most is the first */
    size_t busiest_count;
    struct breakdown_candidate candidates[BREAKDOWN_CANDIDATES];
    size_t candidate_count;
    uint64_t begun;                 /* the first record that was looked at */
    uint64_t counted, divided;      /* the next record of either reading */
    uint64_t ranked;                /* where the first reading was when the busiest were chosen */
};

void breakdown_start(struct breakdown *breakdown, const struct breakdown_criteria *criteria,
                     const struct store *store);

/* Looks at about that many records, new ones included. all: no more will come. False when there is nothing
 * left to do for now. */
bool breakdown_work(struct breakdown *breakdown, const struct store *store, unsigned records, bool all);

#endif
