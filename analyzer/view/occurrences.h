/* SPDX-License-Identifier: MIT */
#ifndef WS101_OCCURRENCES_H
#define WS101_OCCURRENCES_H

/* occurrences - how often each rule was broken by each side, counted a slice at a time.
 *
 * Comes in:   the store and the filter, anew with every slice.
 * Goes out:   a row for each rule and side that was found; what has been counted stays counted when its event
 *             is gone.
 * Ownership:  plain data, the owner's.
 */

#include "store/filter.h"
#include "store/store.h"

#define OCCURRENCES_MAX (EVENT_KINDS * 64)

struct occurrence {
    enum event_kind kind;       /* the first that has this rule */
    unsigned rule;              /* its row in the table of that kind */
    enum rule_side side;        /* RULE_CLIENT, RULE_SERVER or RULE_CAPTURE */
    uint64_t count;
};

struct occurrences {
    uint64_t counts[EVENT_KINDS][64][RULE_CAPTURE + 1];     /* as store_totals.rules */
    uint64_t next;              /* the record to look at next */
};

/* Looks at so many records. False when there is nothing left to do. */
bool occurrences_work(struct occurrences *occurrences, const struct store *store, const struct filter *filter,
                      unsigned records);

/* Those at least so grave, the gravest first, then the most frequent. Returns how many. */
size_t occurrences_rows(const uint64_t counts[EVENT_KINDS][64][RULE_CAPTURE + 1],
                        enum rule_severity least, struct occurrence rows[OCCURRENCES_MAX]);

const struct rule *occurrence_rule(const struct occurrence *row);

/* The kinds of event that have this rule, as EVENT_BITs. */
unsigned occurrence_kinds(const struct occurrence *row);

#endif
