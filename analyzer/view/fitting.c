/* SPDX-License-Identifier: MIT */
#include "fitting.h"

#include <stdlib.h>

#define CAPACITY_LEAST 64

void fitting_restart(struct fitting *fitting)
{
    if (fitting->fits) {
        memset(fitting->fits, 0, fitting->capacity * sizeof *fitting->fits);
    }
    fitting->next = 0;
}

void fitting_release(struct fitting *fitting)
{
    free(fitting->fits);
    *fitting = (struct fitting){ .fits = NULL };
}

/* Room for every connection whose row is kept; those that have gone make room. */
static bool make_room(struct fitting *fitting, const struct store *store)
{
    uint64_t first = store_first_connection(store), end = store_end_connection(store);

    if (first >= fitting->first && end - fitting->first <= fitting->capacity) {
        return true;
    }
    struct fitting grown = { .capacity = (size_t)(end - first) * 2 + CAPACITY_LEAST, .first = first,
                             .next = fitting->next };

    grown.fits = calloc(grown.capacity, sizeof *grown.fits);
    if (grown.fits == NULL) {
        return false;
    }
    for (uint64_t id = first; id < end; id++) {
        grown.fits[id - first] = fitting_has(fitting, id);
    }
    fitting_release(fitting);
    *fitting = grown;
    return true;
}

/* A connection that fits already is not asked again. */
static bool look_at(struct fitting *fitting, const struct store *store, const struct filter *filter,
                    uint64_t id)
{
    uint64_t connection = store_record(store, id)->connection;
    struct store_event rebuilt;

    if (connection < fitting->first || connection - fitting->first >= fitting->capacity ||
        fitting->fits[connection - fitting->first] || !store_get(store, id, &rebuilt) ||
        !filter_matches(filter, &rebuilt.event)) {
        return false;
    }
    fitting->fits[connection - fitting->first] = true;
    return true;
}

bool fitting_work(struct fitting *fitting, const struct store *store, const struct filter *filter,
                  unsigned records)
{
    uint64_t first = store_first(store), end = store_end(store);
    bool news = false;

    if (!make_room(fitting, store)) {
        fitting->next = end;        /* without memory no other connection is found to fit */
        return false;
    }
    fitting->next = fitting->next < first ? first : fitting->next;
    for (unsigned i = 0; i < records && fitting->next < end; i++) {
        news |= look_at(fitting, store, filter, fitting->next++);
    }
    return news;
}

bool fitting_has(const struct fitting *fitting, uint64_t connection)
{
    return connection >= fitting->first && connection - fitting->first < fitting->capacity &&
           fitting->fits[connection - fitting->first];
}

double fitting_part(const struct fitting *fitting, const struct store *store)
{
    uint64_t first = store_first(store), end = store_end(store);

    if (fitting->next >= end) {
        return 1;
    }
    return fitting->next > first ? (double)(fitting->next - first) / (double)(end - first) : 0;
}
