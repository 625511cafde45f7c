/* SPDX-License-Identifier: MIT */
#include "breakdown.h"

#include <stdlib.h>

#include "traffic.h"

/* The busiest are chosen anew when there is an eighth more to choose from. */
#define GROWTH 8

/* Over the same time as the store's, which itself begins with the first traffic. */
static void begin_series(struct breakdown *breakdown, const struct store *store)
{
    series_begin_like(&breakdown->kinds, &store_totals(store)->passed);
    series_begin_like(&breakdown->connections, &store_totals(store)->passed);
}

void breakdown_start(struct breakdown *breakdown, const struct breakdown_criteria *criteria,
                     const struct store *store)
{
    breakdown->criteria = *criteria;
    breakdown->candidate_count = breakdown->busiest_count = 0;
    breakdown->begun = breakdown->counted = breakdown->divided = breakdown->ranked = store_first(store);
    begin_series(breakdown, store);
}

/* --- the first reading: who has how much ----------------------------------------------------------- */

static struct breakdown_candidate *least_of(struct breakdown *breakdown)
{
    struct breakdown_candidate *least = &breakdown->candidates[0];

    for (size_t i = 1; i < breakdown->candidate_count; i++) {
        least = breakdown->candidates[i].amount < least->amount ? &breakdown->candidates[i] : least;
    }
    return least;
}

static struct breakdown_candidate *place_for(struct breakdown *breakdown, uint64_t connection)
{
    for (size_t i = 0; i < breakdown->candidate_count; i++) {
        if (breakdown->candidates[i].connection == connection) {
            return &breakdown->candidates[i];
        }
    }
    struct breakdown_candidate *place;

    if (breakdown->candidate_count < BREAKDOWN_CANDIDATES) {
        place = &breakdown->candidates[breakdown->candidate_count++];
        place->amount = 0;
    } else {
        place = least_of(breakdown);
    }
    place->connection = connection;
    return place;
}

/* More first; of those with as much, the earlier connection. */
static int by_amount(const void *a, const void *b)
{
    const struct breakdown_candidate *left = a, *right = b;

    if (left->amount != right->amount) {
        return left->amount > right->amount ? -1 : 1;
    }
    return left->connection < right->connection ? -1 : left->connection > right->connection;
}

static bool still_ranked(const struct breakdown *breakdown)
{
    for (size_t i = 0; i < BREAKDOWN_BUSIEST && i < breakdown->candidate_count; i++) {
        if (i == breakdown->busiest_count || breakdown->busiest[i] != breakdown->candidates[i].connection) {
            return false;
        }
    }
    return true;
}

/* The second reading begins anew when others are the busiest now. */
static void rank(struct breakdown *breakdown, const struct store *store)
{
    qsort(breakdown->candidates, breakdown->candidate_count, sizeof breakdown->candidates[0], by_amount);
    breakdown->ranked = breakdown->counted;
    if (still_ranked(breakdown)) {
        return;
    }
    breakdown->busiest_count = 0;
    while (breakdown->busiest_count < BREAKDOWN_BUSIEST &&
           breakdown->busiest_count < breakdown->candidate_count) {
        size_t place = breakdown->busiest_count++;

        breakdown->busiest[place] = breakdown->candidates[place].connection;
    }
    breakdown->divided = breakdown->begun > store_first(store) ? breakdown->begun : store_first(store);
    series_begin_like(&breakdown->connections, &store_totals(store)->passed);
}

/* --- a record -------------------------------------------------------------------------------------- */

static bool fits(const struct breakdown *breakdown, const struct store *store, uint64_t id,
                 struct store_event *rebuilt, struct traffic *traffic)
{
    static const unsigned kinds = EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_FRAME) | EVENT_BIT(EVENT_HTTP);
    const struct breakdown_criteria *criteria = &breakdown->criteria;
    const struct record *record = store_record(store, id);

    return record && (kinds & EVENT_BIT(record->kind)) &&
           (record->kind != EVENT_FRAME || frame_is_control(record->opcode)) &&
           (criteria->connection == 0 || record->connection == criteria->connection) &&
           store_get(store, id, rebuilt) && traffic_of(&rebuilt->event, traffic) &&
           (criteria->filter == NULL || filter_matches(criteria->filter, &rebuilt->event));
}

static void count(struct breakdown *breakdown, const struct store *store, uint64_t id)
{
    struct store_event rebuilt;
    struct traffic traffic;

    if (!fits(breakdown, store, id, &rebuilt, &traffic)) {
        return;
    }
    bool bytes = breakdown->criteria.measure == MEASURE_BYTES;

    place_for(breakdown, rebuilt.connection.id)->amount += bytes ? traffic.bytes : 1;
    series_add(&breakdown->kinds, rebuilt.event.time, traffic.kind, rebuilt.event.direction, traffic.bytes);
}

static unsigned part_of(const struct breakdown *breakdown, uint64_t connection)
{
    unsigned part = 0;

    while (part < breakdown->busiest_count && breakdown->busiest[part] != connection) {
        part++;
    }
    return part < breakdown->busiest_count ? part : BREAKDOWN_BUSIEST;
}

static void divide(struct breakdown *breakdown, const struct store *store, uint64_t id)
{
    struct store_event rebuilt;
    struct traffic traffic;

    if (fits(breakdown, store, id, &rebuilt, &traffic)) {
        series_add(&breakdown->connections, rebuilt.event.time, part_of(breakdown, rebuilt.connection.id),
                   rebuilt.event.direction, traffic.bytes);
    }
}

/* --- work ------------------------------------------------------------------------------------------ */

static bool is_due(const struct breakdown *breakdown, bool all)
{
    uint64_t before = breakdown->ranked - breakdown->begun, grown = breakdown->counted - breakdown->ranked;

    return grown > 0 && (all || grown > before / GROWTH);
}

static uint64_t no_less(uint64_t id, uint64_t first)
{
    return id > first ? id : first;
}

static bool look(struct breakdown *breakdown, const struct store *store, bool all)
{
    uint64_t end = store_end(store);

    if (breakdown->counted < end) {
        count(breakdown, store, breakdown->counted++);
    } else if (breakdown->criteria.connection != 0) {
        return false;           /* a connection alone is not divided */
    } else if (is_due(breakdown, all)) {
        rank(breakdown, store);
    } else if (breakdown->divided < end) {
        divide(breakdown, store, breakdown->divided++);
    } else {
        return false;
    }
    return true;
}

bool breakdown_work(struct breakdown *breakdown, const struct store *store, unsigned records, bool all)
{
    bool more = true;

    if (breakdown->kinds.step == 0) {
        begin_series(breakdown, store);
    }
    breakdown->counted = no_less(breakdown->counted, store_first(store));
    breakdown->divided = no_less(breakdown->divided, store_first(store));
    for (unsigned i = 0; i < records && more; i++) {
        more = look(breakdown, store, all);
    }
    series_reach(&breakdown->kinds, &store_totals(store)->passed);
    series_reach(&breakdown->connections, &store_totals(store)->passed);
    return more;
}
