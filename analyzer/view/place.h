/* SPDX-License-Identifier: MIT */
#ifndef WS101_PLACE_H
#define WS101_PLACE_H

/* place - where a list stands: which row is selected, and where on the screen.
 *
 * Comes in:   the list, which rows arrive in and leave; keys and clicks.
 * Goes out:   the index of the selected row, and of the first one shown.
 * Ownership:  plain data, the owner's.
 */

#include "canvas.h"
#include "keys.h"
#include "store/listing.h"

/* A place in a list: what is selected is known by its id, so that nothing moves it but keys. */
struct place {
    uint64_t id;                /* 0: nothing yet */
    int row;                    /* where on the screen it stands, from the list's top */
    bool follow;                /* the newest is selected, whichever it is */
};

/* The index of the selected row: the newest where the place follows; the nearest one left where it has gone,
 * which is the selected one now. */
size_t place_index(struct place *place, const struct listing *listing);

/* Where that action leads from index, with so many rows a page: no further back than 0. */
size_t place_moved_by(enum action action, size_t index, size_t count, size_t page);

/* Moves within count rows of which height are shown: the new index. */
size_t place_move(struct place *place, enum action action, size_t index, size_t count, int height);

/* The index of the first row shown, when index is selected. */
size_t place_top(struct place *place, size_t index, size_t count, int height);

/* The row of the list under a click becomes the selected one. True when it was that already: it is opened. */
bool place_click(struct place *place, const struct listing *listing, size_t index, struct area rows,
                 struct key key);

#endif
