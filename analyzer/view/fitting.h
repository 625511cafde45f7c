/* SPDX-License-Identifier: MIT */
#ifndef WS101_FITTING_H
#define WS101_FITTING_H

/* fitting - which connections have an event that a filter fits, found out a slice at a time.
 *
 * Comes in:   the store and the filter, anew with every slice.
 * Goes out:   yes or no for a connection: what has been found stays found when the event itself is gone.
 * Ownership:  the fitting owns its memory until fitting_release.
 */

#include "store/filter.h"
#include "store/store.h"

struct fitting {
    bool *fits;                 /* of capacity connections, the first of them by its id */
    size_t capacity;
    uint64_t first;
    uint64_t next;              /* the record to look at next */
};

/* Forgets what has been found: another filter, or a store that is filled anew. */
void fitting_restart(struct fitting *fitting);
void fitting_release(struct fitting *fitting);

/* Looks at so many records. True when that has made another connection fit. */
bool fitting_work(struct fitting *fitting, const struct store *store, const struct filter *filter,
                  unsigned records);

bool fitting_has(const struct fitting *fitting, uint64_t connection);

/* Which part of what is kept has been looked at, 0 to 1. */
double fitting_part(const struct fitting *fitting, const struct store *store);

#endif
