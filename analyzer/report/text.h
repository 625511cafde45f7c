/* SPDX-License-Identifier: MIT */
#ifndef WS101_TEXT_H
#define WS101_TEXT_H

/* text - a sink: each event as one line, each finding as a line behind the event that it is about.
 *
 * Comes in:   events. Goes out: packet, time, connection, direction, kind, and what the kind has to tell.
 * On a terminal the line is coloured and cut at the edge, with a mark where something was cut. Elsewhere it
 * is stable: no colour, ASCII of ours, a text's payload whole; of binary payload the first TEXT_BINARY_SHOWN
 * bytes.
 */

#include "core/event.h"
#include "detail.h"
#include "output.h"

#define TEXT_BINARY_SHOWN 16

enum text_times {               /* named by tshark's letters */
    TEXT_TIMES_RELATIVE,        /* r: since the first packet */
    TEXT_TIMES_DELTA,           /* d: since the line before */
    TEXT_TIMES_CLOCK,           /* a: local time */
    TEXT_TIMES_DATE,            /* ad: with the date */
    TEXT_TIMES_UTC,             /* u */
    TEXT_TIMES_UTC_DATE,        /* ud */
    TEXT_TIMES_EPOCH,           /* e: seconds since 1970 */
};

struct text_setting {
    unsigned shown;             /* EVENT_BITs; EVENT_NOTICE is the findings */
    enum text_times times;
    size_t columns;             /* of the terminal; 0: none, nothing is cut */
    size_t preview;             /* columns of payload; 0: up to the edge, or all */
    bool colour;
    bool arrows;                /* directions as arrows, not as c2s and s2c */
    bool fields;                /* under each line, the event taken apart; what to send instead of a fault */
    bool bytes;                 /* under each line, the event's bytes */
};

struct text {
    struct output *output;
    struct text_setting setting;
    int64_t first;              /* where relative times begin; 0 unless the caller sets it */
    int64_t previous;           /* of the line before */
    bool begun;                 /* there is a line before */
    size_t column;              /* of the line under way */
    struct detail *detail;      /* the caller's, where fields or bytes are wanted */
    const struct subprotocol *subprotocol;  /* the caller's: of the event's connection, before it; or NULL */
};

void text_init(struct text *text, struct output *output, const struct text_setting *setting);

/* An event_sink; context is a struct text. */
void text_event(void *context, const struct event *event);

#endif
