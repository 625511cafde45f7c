/* SPDX-License-Identifier: MIT */
#include "occurrences.h"

#include <stdlib.h>

static bool passes(const struct store *store, const struct filter *filter, uint64_t id)
{
    struct store_event rebuilt;

    return store_get(store, id, &rebuilt) && filter_matches(filter, &rebuilt.event);
}

/* A frame and one that was cut have their rules in common: the first kind with that table stands for all. */
static enum event_kind first_with(const struct rule *rules)
{
    enum event_kind kind = 0;
    size_t length;

    while (rules_of(kind, &length) != rules) {
        kind++;
    }
    return kind;
}

static void count(struct occurrences *occurrences, const struct record *record)
{
    size_t length;
    const struct rule *rules = rules_of((enum event_kind)record->kind, &length);
    enum event_kind kind = first_with(rules);

    for (size_t i = 0; i < length; i++) {
        if (record->faults >> i & 1) {
            occurrences->counts[kind][i][rules_side(&rules[i], (enum direction)record->direction)]++;
        }
    }
}

bool occurrences_work(struct occurrences *occurrences, const struct store *store, const struct filter *filter,
                      unsigned records)
{
    uint64_t first = store_first(store), end = store_end(store);

    occurrences->next = occurrences->next < first ? first : occurrences->next;
    for (unsigned i = 0; i < records && occurrences->next < end; i++, occurrences->next++) {
        const struct record *record = store_record(store, occurrences->next);

        if (record->faults != 0 && passes(store, filter, occurrences->next)) {
            count(occurrences, record);
        }
    }
    return occurrences->next < end;
}

const struct rule *occurrence_rule(const struct occurrence *row)
{
    size_t length;

    return &rules_of(row->kind, &length)[row->rule];
}

unsigned occurrence_kinds(const struct occurrence *row)
{
    unsigned kinds = 0;
    size_t length;
    const struct rule *rules = rules_of(row->kind, &length);

    for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
        kinds |= rules_of(kind, &length) == rules ? EVENT_BIT(kind) : 0;
    }
    return kinds;
}

static int compare(const void *left, const void *right)
{
    const struct occurrence *a = left, *b = right;
    int graver = (int)occurrence_rule(a)->severity - (int)occurrence_rule(b)->severity;

    if (graver != 0 || a->count == b->count) {
        return graver ? graver : strcmp(occurrence_rule(a)->id, occurrence_rule(b)->id);
    }
    return a->count > b->count ? -1 : 1;
}

/* The sides of one rule. Returns how many rows there are then. */
static size_t add_sides(const uint64_t counts[RULE_CAPTURE + 1], struct occurrence *rows, size_t length,
                        enum event_kind kind, unsigned rule)
{
    for (enum rule_side side = RULE_CLIENT; side <= RULE_CAPTURE; side++) {
        uint64_t found = counts[side];

        if (found > 0 && length < OCCURRENCES_MAX) {
            rows[length++] = (struct occurrence){ kind, rule, side, found };
        }
    }
    return length;
}

size_t occurrences_rows(const uint64_t counts[EVENT_KINDS][64][RULE_CAPTURE + 1],
                        enum rule_severity least, struct occurrence rows[OCCURRENCES_MAX])
{
    size_t length = 0, count;

    for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
        const struct rule *rules = rules_of(kind, &count);

        for (unsigned rule = 0; rule < count && first_with(rules) == kind; rule++) {
            if (rules[rule].severity <= least) {
                length = add_sides(counts[kind][rule], rows, length, kind, rule);
            }
        }
    }
    qsort(rows, length, sizeof *rows, compare);
    return length;
}
