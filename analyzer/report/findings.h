/* SPDX-License-Identifier: MIT */
#ifndef WS101_FINDINGS_H
#define WS101_FINDINGS_H

/* findings - how often each rule was broken; what stats and check say at the end.
 *
 * Comes in:   events with faults. Goes out: a line, or a member of a JSON object, for each rule broken.
 */

#include "core/event.h"
#include "core/rules.h"
#include "object.h"

#define FINDINGS_BITS 64        /* of event.faults */

struct findings {
    uint64_t counts[EVENT_KINDS][FINDINGS_BITS];
};

void findings_count(struct findings *findings, const struct event *event);

/* All the findings of that severity. */
uint64_t findings_of_severity(const struct findings *findings, enum rule_severity severity);

/* Most severe first. */
void findings_text(const struct findings *findings, struct output *output);

/* {"frame-not-masked": 2, ...} as the member of that name. */
void findings_json(const struct findings *findings, struct object *object, const char *name);

#endif
