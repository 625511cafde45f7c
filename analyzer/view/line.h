/* SPDX-License-Identifier: MIT */
#ifndef WS101_LINE_H
#define WS101_LINE_H

/* line - an event in one line, as lists show it.
 *
 * Comes in:   a record of the store, and its event rebuilt.
 * Goes out:   what kind it is, how long, and the beginning of what it says; how grave the worst of it is.
 * Ownership:  a line has views of the event: valid as long as those.
 */

#include "canvas.h"
#include "store/store.h"

#define LINE_KIND_MAX 16

/* An event in one line: what the list of messages and the ladder show. */
struct line {
    char kind[48];                  /* shown in LINE_KIND_MAX columns */
    enum style style;
    bool has_sizes;
    uint64_t wire, size;
    struct bytes preview;           /* from the wire; a view of the event */
    char own[256];                  /* ours: before the preview, or instead of it */
    enum style own_style;
};

void line_describe(const struct store *store, uint64_t record, const struct event *event, struct line *line);

/* The mark of the worst that was found in the record, or in the frames of a message. */
void line_draw_mark(const struct store *store, struct canvas *canvas, int x, int y, uint64_t record);

/* The colour of who speaks. */
enum style line_direction_style(const struct event *event);

#endif
