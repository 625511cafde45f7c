/* SPDX-License-Identifier: MIT */
#ifndef WS101_LADDER_LABEL_H
#define WS101_LADDER_LABEL_H

/* ladder_label - an event as a rung of a ladder: which way it goes, and its label. What every ladder is drawn
 * from, on paper and on the screen.
 *
 * Comes in:   an event, and how its connection's messages are to be read.
 * Goes out:   a shape and a label, which has been through escape.
 */

#include "core/event.h"
#include "label.h"
#include "subprotocol.h"

enum ladder_shape {
    LADDER_TITLE,   /* of a connection: its label is "client\0server" */
    LADDER_C2S,     /* an arrow to the right */
    LADDER_S2C,     /* to the left */
    LADDER_BETWEEN, /* words between the two lines */
    LADDER_BREAK,   /* bytes are missing here */
    LADDER_FINDING,
};

struct ladder_entry {
    enum ladder_shape shape;
    bool strong; /* a message or a head: more than bookkeeping */
    struct label label;
};

void ladder_describe(struct ladder_entry *entry, const struct event *event,
                     const struct subprotocol *subprotocol);

/* It has been in a proxy for so long: that stands in front. */
void ladder_tell_time(struct label *label, int64_t nanoseconds, const char *text);

#endif
