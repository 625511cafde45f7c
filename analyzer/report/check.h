/* SPDX-License-Identifier: MIT */
#ifndef WS101_CHECK_H
#define WS101_CHECK_H

/* check - a sink: every finding with its side, the bytes concerned, the section, and what would have been
 * right; at the end how often each rule was broken.
 *
 * Comes in:   events; the offending byte or field is found in the event itself.
 * Goes out:   as text one paragraph a finding, offending bytes in brackets; as JSON json's finding objects
 *             and one of type summary.
 */

#include "core/dissector.h"
#include "findings.h"
#include "output.h"

struct check {
    struct output *output;
    bool json;
    bool colour;                /* of text */
    struct findings findings;
};

/* An event_sink; context is a struct check, zeroed but for the settings. */
void check_event(void *context, const struct event *event);

/* The summary. */
void check_finish(struct check *check, const struct totals *totals);

/* Whether a MUST was broken so far. */
bool check_broken(const struct check *check);

#endif
