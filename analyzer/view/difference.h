/* SPDX-License-Identifier: MIT */
#ifndef WS101_DIFFERENCE_H
#define WS101_DIFFERENCE_H

/* difference - two messages side by side in one text: what they share, what only the first has, what only the
 * second has.
 *
 * Comes in:   two records of the store.
 * Goes out:   rows to be drawn, in the view that was asked for.
 * Ownership:  all of it is a copy until difference_release, so that it stays when the store moves on.
 */

#include "report/diff.h"
#include "store/store.h"

enum difference_view {
    DIFFERENCE_WORDS, /* the text, its words compared */
    DIFFERENCE_LINES, /* its lines */
    DIFFERENCE_JSON,  /* as JSON: indented, members in the order of their names */
    DIFFERENCE_BYTES, /* rows of bytes */
    DIFFERENCE_VIEWS
};

struct difference_side {
    uint64_t packet;
    int64_t time;
    enum direction direction;
    uint8_t *payload;
    size_t length;
    char *sorted; /* as JSON; NULL where it is none */
    size_t sorted_length;
    struct bytes *pieces; /* of the view: of payload or sorted */
    size_t count;
};

struct difference {
    struct difference_side sides[2];
    enum difference_view view;
    struct diff diff; /* of the pieces */
};

#define DIFFERENCE_ROW 8 /* bytes in a row of bytes */

/* False when a record is gone or has no payload, or there is no memory: *why says so. */
bool difference_make(struct difference *difference, const struct store *store, uint64_t first,
                     uint64_t second, const char **why);
void difference_release(struct difference *difference);

/* The next view that both have. False when there is no memory. */
bool difference_turn(struct difference *difference);

const char *difference_view_name(enum difference_view view);

#endif
