/* SPDX-License-Identifier: MIT */
#ifndef WS101_LISTING_H
#define WS101_LISTING_H

/* listing - the ids of the records that fit some criteria, found a slice at a time.
 *
 * Comes in:   the store, criteria, and the record to begin at: what stands around it is found first.
 * Goes out:   ids in order, more of them at both ends with every slice, so that the first page is there at
 *             once and a million records do not hold up a key.
 * Ownership:  the listing owns its ids until listing_release; the filter is the caller's.
 */

#include "filter.h"
#include "store.h"

struct criteria {
    uint64_t connection;        /* only of this one; 0: of all */
    uint64_t other;             /* and of this one, where it is not 0 */
    unsigned kinds;             /* EVENT_BITs */
    unsigned opcodes;           /* 1 << opcode: frames of these only */
    bool findings;              /* only with findings, */
    enum rule_severity severity;        /* at least as grave as this; RULE_NOTE: any */
    uint64_t faults;            /* of these only; 0: any */
    unsigned directions;        /* only this way, 1 << direction; 0: both */
    struct {
        uint64_t connection;    /* 0: none */
        enum direction direction;
        uint64_t message;
    } unfolded;                 /* the data frames of this message, whatever opcodes says */
    const struct filter *filter;        /* or NULL */
};

struct listing {
    struct criteria criteria;
    uint64_t *ids;              /* capacity of them, in a circle */
    size_t capacity, start, count;
    uint64_t earlier;           /* the next record to look at, backwards; 0 when there is none */
    uint64_t latest;            /* the last one looked at, forwards */
    bool no_memory;             /* ids had to be left out */
};

/* Begins anew at the record, or at the newest where the record is 0 or does not belong here. */
void listing_start(struct listing *listing, const struct criteria *criteria, const struct store *store,
                   uint64_t record);
void listing_release(struct listing *listing);

/* Looks at about that many records, new ones included, and drops the ids that are gone. False when there is
 * nothing left to do for now. */
bool listing_work(struct listing *listing, const struct store *store, unsigned records);

/* Which part of what is kept has been looked at, 0 to 1. */
double listing_part(const struct listing *listing, const struct store *store);

/* The id at an index below count. */
uint64_t listing_id(const struct listing *listing, size_t index);

/* The index of the first id that is not below that one; count when there is none. */
size_t listing_find(const struct listing *listing, uint64_t id);

#endif
