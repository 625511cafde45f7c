/* SPDX-License-Identifier: MIT */
#ifndef WS101_JSON_H
#define WS101_JSON_H

/* json - a sink: each event as one JSON object on a line, each finding after the event that it is about.
 *
 * Comes in:   events. Goes out: RFC 8259 objects with `type`, `time`, `conn`, `packet` and the keys of
 * their type; numbers are exact, however large. A notice has no object of its own, only its findings.
 * A key whose value the capture does not tell is null.
 */

#include "core/event.h"
#include "core/rules.h"
#include "output.h"

struct json {
    struct output *output;
    unsigned shown;             /* EVENT_BITs; EVENT_NOTICE is the findings */
};

/* An event_sink; context is a struct json. */
void json_event(void *context, const struct event *event);

/* One finding's object alone. instead and the bytes concerned (header of a frame, in hex) come with it. */
void json_finding(struct output *output, const struct finding *finding);

#endif
