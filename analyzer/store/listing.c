/* SPDX-License-Identifier: MIT */
#include "listing.h"

#include <stdlib.h>

#define CAPACITY_FIRST 256

static bool grow(struct listing *listing)
{
    size_t capacity = listing->capacity ? listing->capacity * 2 : CAPACITY_FIRST;
    uint64_t *ids = malloc(capacity * sizeof *ids);

    if (ids == NULL) {
        listing->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < listing->count; i++) {
        ids[i] = listing_id(listing, i);
    }
    free(listing->ids);
    listing->ids = ids;
    listing->capacity = capacity;
    listing->start = 0;
    return true;
}

static void add(struct listing *listing, uint64_t id, bool at_front)
{
    if (listing->count == listing->capacity && !grow(listing)) {
        return;
    }
    if (at_front) {
        listing->start = (listing->start + listing->capacity - 1) % listing->capacity;
        listing->ids[listing->start] = id;
    } else {
        listing->ids[(listing->start + listing->count) % listing->capacity] = id;
    }
    listing->count++;
}

static void drop_gone(struct listing *listing, const struct store *store)
{
    while (listing->count > 0 && listing->ids[listing->start] < store_first(store)) {
        listing->start = (listing->start + 1) % listing->capacity;
        listing->count--;
    }
    if (listing->earlier < store_first(store)) {
        listing->earlier = 0;
    }
}

static bool passes_filter(const struct listing *listing, const struct store *store, uint64_t id)
{
    struct store_event rebuilt;

    return listing->criteria.filter == NULL ||
           (store_get(store, id, &rebuilt) && filter_matches(listing->criteria.filter, &rebuilt.event));
}

static bool is_unfolded(const struct criteria *criteria, const struct store *store,
                        const struct record *record, uint64_t id)
{
    struct store_event rebuilt;

    return criteria->unfolded.connection != 0 && record->connection == criteria->unfolded.connection &&
           record->direction == criteria->unfolded.direction && store_get(store, id, &rebuilt) &&
           rebuilt.event.frame.message == criteria->unfolded.message;
}

static bool has_finding(const struct criteria *criteria, const struct record *record)
{
    size_t count;
    const struct rule *rules = rules_of((enum event_kind)record->kind, &count);

    uint64_t faults = criteria->faults ? record->faults & criteria->faults : record->faults;

    for (size_t i = 0; faults != 0 && i < count; i++) {
        if ((faults >> i & 1) && rules[i].severity <= criteria->severity) {
            return true;
        }
    }
    return false;
}

static bool belongs(const struct criteria *criteria, const struct record *record)
{
    if (criteria->directions != 0 && (criteria->directions >> record->direction & 1) == 0) {
        return false;
    }
    return criteria->connection == 0 || record->connection == criteria->connection ||
           (criteria->other != 0 && record->connection == criteria->other);
}

static bool fits(const struct listing *listing, const struct store *store, uint64_t id)
{
    const struct criteria *criteria = &listing->criteria;
    const struct record *record = store_record(store, id);

    if (record == NULL || !belongs(criteria, record) ||
        (criteria->kinds & EVENT_BIT(record->kind)) == 0 ||
        (criteria->findings && !has_finding(criteria, record))) {
        return false;
    }
    if (record->kind == EVENT_FRAME && (criteria->opcodes >> record->opcode & 1) == 0) {
        return is_unfolded(criteria, store, record, id);
    }
    return passes_filter(listing, store, id);
}

static bool in_chain(const struct listing *listing, const struct record *record)
{
    return listing->criteria.connection != 0 && listing->criteria.other == 0 &&
           record->connection == listing->criteria.connection;
}

/* Along the connection's chain, or else simply the one before. */
static uint64_t before(const struct listing *listing, const struct store *store, uint64_t id)
{
    const struct record *record = store_record(store, id);
    uint64_t previous = record && in_chain(listing, record) ? record->previous : id - 1;

    return previous >= store_first(store) && previous < id ? previous : 0;
}

static uint64_t after(const struct listing *listing, const struct store *store, uint64_t id)
{
    const struct record *record = store_record(store, id);

    if (record && in_chain(listing, record)) {
        return record->next;
    }
    uint64_t next = id + 1 > store_first(store) ? id + 1 : store_first(store);

    return next < store_end(store) ? next : 0;
}

/* The record to begin at; 0 when the store holds none to begin with. */
static uint64_t begin_at(const struct listing *listing, const struct store *store, uint64_t record)
{
    const struct store_connection *row = store_connection(store, listing->criteria.connection);
    const struct record *wanted = store_record(store, record);

    if (listing->criteria.connection == 0) {
        return wanted ? record : store_end(store) - 1;
    }
    if (wanted && belongs(&listing->criteria, wanted)) {
        return record;
    }
    return row && store_record(store, row->last_record) ? row->last_record : store_end(store) - 1;
}

void listing_start(struct listing *listing, const struct criteria *criteria, const struct store *store,
                   uint64_t record)
{
    listing->criteria = *criteria;
    listing->start = listing->count = 0;
    listing->no_memory = false;
    listing->latest = begin_at(listing, store, record);
    listing->earlier = before(listing, store, listing->latest);
    if (fits(listing, store, listing->latest)) {
        add(listing, listing->latest, false);
    }
}

void listing_release(struct listing *listing)
{
    free(listing->ids);
    *listing = (struct listing){ .ids = NULL };
}

static bool look_later(struct listing *listing, const struct store *store)
{
    uint64_t next = after(listing, store, listing->latest);

    if (next == 0) {
        return false;
    }
    if (fits(listing, store, next)) {
        add(listing, next, false);
    }
    listing->latest = next;
    return true;
}

static bool look_earlier(struct listing *listing, const struct store *store)
{
    if (listing->earlier == 0) {
        return false;
    }
    if (fits(listing, store, listing->earlier)) {
        add(listing, listing->earlier, true);
    }
    listing->earlier = before(listing, store, listing->earlier);
    return true;
}

bool listing_work(struct listing *listing, const struct store *store, unsigned records)
{
    bool later = true, earlier = true;

    drop_gone(listing, store);
    for (unsigned i = 0; i < records && (later || earlier); i += 2) {
        later = later && look_later(listing, store);
        earlier = earlier && look_earlier(listing, store);
    }
    return later || earlier;
}

double listing_part(const struct listing *listing, const struct store *store)
{
    uint64_t first = store_first(store), end = store_end(store);
    uint64_t from = listing->earlier ? listing->earlier + 1 : first;
    uint64_t latest = after(listing, store, listing->latest) ? listing->latest : end - 1;
    uint64_t looked = latest >= from ? latest + 1 - from : 0;

    return end > first && looked < end - first ? (double)looked / (double)(end - first) : 1;
}

uint64_t listing_id(const struct listing *listing, size_t index)
{
    return listing->ids[(listing->start + index) % listing->capacity];
}

size_t listing_find(const struct listing *listing, uint64_t id)
{
    size_t low = 0, high = listing->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (listing_id(listing, middle) < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
