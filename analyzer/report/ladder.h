/* SPDX-License-Identifier: MIT */
#ifndef WS101_LADDER_H
#define WS101_LADDER_H

/* ladder - a sequence diagram of each connection: client left, server right, time downwards.
 *
 * Comes in:   events, of the kinds that ladder_wanted names.
 * Goes out:   at the end one diagram per connection, as text, as SVG, or as Mermaid's sequenceDiagram.
 * Ownership:  the rows are kept until ladder_destroy, at most LADDER_ROWS_MAX of them; of those beyond the
 *             diagram says how many there were.
 */

#include "core/event.h"
#include "output.h"

#define LADDER_ROWS_MAX 100000

enum ladder_zoom {
    LADDER_WEBSOCKET, /* requests, messages, pings, closes */
    LADDER_HTTP,      /* requests, answers, the handshake */
    LADDER_TCP,       /* every segment */
};

enum ladder_form {
    LADDER_TEXT,
    LADDER_SVG,
    LADDER_MERMAID,
};

struct ladder_setting {
    enum ladder_zoom zoom;
    enum ladder_form form;
    uint64_t connection; /* this one alone; 0: all */
    size_t columns;      /* of a line of text */
    bool colour;
    bool arrows; /* lines and arrows drawn, not made of ASCII */
};

struct ladder;

/* NULL when there is no memory. */
struct ladder *ladder_create(const struct ladder_setting *setting);
void ladder_destroy(struct ladder *ladder);

/* EVENT_BITs that the dissector must make. */
unsigned ladder_wanted(enum ladder_zoom zoom);

/* An event_sink; context is a struct ladder. */
void ladder_event(void *context, const struct event *event);

/* Where times begin: becomes the first packet's. */
int64_t *ladder_first_time(struct ladder *ladder);

void ladder_write(struct ladder *ladder, struct output *output);

#endif
