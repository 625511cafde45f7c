/* SPDX-License-Identifier: MIT */
#ifndef WS101_RULES_H
#define WS101_RULES_H

/* rules - the table of obligations that a passive observer can check, and what to say when one is broken.
 *
 * Comes in:   an event; bit i of its faults is row i of the table of its kind.
 * Goes out:   findings, one per bit. A new rule is a bit in the enum of its layer, a row here, and the line
 *             that sets the bit.
 */

#include "event.h"

enum rule_severity {            /* RFC 2119 words; note: legal, or about the capture, but worth knowing */
    RULE_MUST,
    RULE_SHOULD,
    RULE_NOTE,
};

enum rule_side {                /* who is at fault */
    RULE_SENDER,                /* the side that sent the event: client or server by direction */
    RULE_CLIENT,
    RULE_SERVER,
    RULE_CAPTURE,               /* nobody: the capture, or a limit of ours */
};

struct rule {
    const char *id;             /* stable, for scripts and reports: "frame-not-masked" */
    enum rule_severity severity;
    enum rule_side side;
    const char *section;        /* "RFC 6455 5.1" */
    const char *text;           /* what was seen */
    const char *instead;        /* what should have been sent */
};

struct finding {
    const struct rule *rule;
    enum rule_side side;        /* RULE_CLIENT, RULE_SERVER or RULE_CAPTURE */
    const struct event *event;
};

/* The table of one kind of event, its length in *count; NULL and 0 for kinds without rules. */
const struct rule *rules_of(enum event_kind kind, size_t *count);

/* The event's findings, one a call: *next is 0 at the first. False when there are no more. */
bool rules_next(const struct event *event, unsigned *next, struct finding *out);

/* "must", "should", "note", for scripts. */
const char *rules_severity_name(enum rule_severity severity);

/* The same as a finding begins: "MUST", "SHOULD", as the RFCs write it, and "note". */
const char *rules_severity_word(enum rule_severity severity);

/* Who breaks the rule with an event sent that way. */
enum rule_side rules_side(const struct rule *rule, enum direction direction);

/* "client", "server", "capture", "sender". */
const char *rules_side_name(enum rule_side side);

#endif
