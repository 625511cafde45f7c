/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BAR_ROWS     1          /* the hint bar, or the prompt */
#define STATUS_LEAST 6          /* a screen lower than this has no status line */

void viewer_init(struct viewer *viewer, const struct store *store)
{
    *viewer = (struct viewer){ .store = store };
    viewer->settings = settings_usual();
    viewer->source.name = "";
    viewer->source.progress = -1;
    viewer->connections.stale = true;
    viewer->messages.place.follow = true;
    viewer->findings.least = RULE_NOTE;
    replay_init(&viewer->replay);
}

void viewer_release(struct viewer *viewer)
{
    free(viewer->connections.order);
    fitting_release(&viewer->connections.fitting);
    listing_release(&viewer->messages.listing);
    listing_release(&viewer->findings.listing);
    listing_release(&viewer->ladder.listing);
    free(viewer->totals.breakdown);
    tree_release(&viewer->detail.tree);
    difference_release(&viewer->difference.difference);
    filter_free(viewer->filter);
    pattern_free(viewer->pattern);
}

void viewer_resize(struct viewer *viewer, int width, int height)
{
    viewer->width = width;
    viewer->height = height;
    viewer->stirred = true;
}

void viewer_note(struct viewer *viewer, bool bad, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(viewer->note, sizeof viewer->note, format, arguments);
    va_end(arguments);
    viewer->note_bad = bad;
}

/* --- going from screen to screen ------------------------------------------------------------------- */

/* The screen where something is selected: the open one, or where it was opened from. */
static enum screen screen_of_selection(const struct viewer *viewer)
{
    static const unsigned about_all = SCREEN_BIT(SCREEN_TOTALS) | SCREEN_BIT(SCREEN_HELP) |
                                      SCREEN_BIT(SCREEN_SAVE) | SCREEN_BIT(SCREEN_SETTINGS) |
                                      SCREEN_BIT(SCREEN_DIFFERENCE);
    enum screen screen = viewer->screen;

    for (size_t i = viewer->trail_length; i > 0 && (about_all & SCREEN_BIT(screen)); i--) {
        screen = viewer->trail[i - 1];
    }
    return screen;
}

uint64_t viewer_record(const struct viewer *viewer)
{
    switch (screen_of_selection(viewer)) {
    case SCREEN_MESSAGES:
        return viewer->messages.place.id;
    case SCREEN_DETAIL:
        return viewer->detail.record;
    case SCREEN_LADDER:
        return viewer->ladder.place.id;
    case SCREEN_FINDINGS:
        return viewer->findings.by_rule ? 0 : viewer->findings.place.id;
    default:
        return 0;
    }
}

uint64_t viewer_connection(const struct viewer *viewer)
{
    const struct record *record = store_record(viewer->store, viewer_record(viewer));

    if (record) {
        return record->connection;
    }
    switch (screen_of_selection(viewer)) {
    case SCREEN_MESSAGES:
        return viewer->messages.connection;
    case SCREEN_DETAIL:
        return viewer->detail.tree.connection;
    case SCREEN_HANDSHAKE:
        return viewer->handshake.connection;
    case SCREEN_LADDER:
        return viewer->ladder.listing.criteria.connection;
    default:
        return viewer->connections.place.id;
    }
}

void viewer_open(struct viewer *viewer, enum screen screen)
{
    if (viewer->screen == screen) {
        return;
    }
    if (viewer->trail_length == sizeof viewer->trail / sizeof viewer->trail[0]) {
        memmove(viewer->trail, viewer->trail + 1, sizeof viewer->trail - sizeof viewer->trail[0]);
        viewer->trail_length--;
    }
    viewer->trail[viewer->trail_length++] = viewer->screen;
    viewer->screen = screen;
}

void viewer_back(struct viewer *viewer)
{
    if (viewer->trail_length > 0) {
        viewer->screen = viewer->trail[--viewer->trail_length];
    } else {
        viewer->screen = SCREEN_CONNECTIONS;
    }
}

/* --- the screen ------------------------------------------------------------------------------------ */

const struct listing *viewer_listing(const struct viewer *viewer)
{
    return viewer->screen == SCREEN_FINDINGS ? &viewer->findings.listing
           : viewer->screen == SCREEN_LADDER ? &viewer->ladder.listing
                                             : &viewer->messages.listing;
}

bool viewer_grows(const struct viewer *viewer)
{
    return viewer->source.live || viewer->replay.on;
}

bool viewer_has_status(const struct viewer *viewer)
{
    return viewer->height >= STATUS_LEAST;
}

struct area viewer_area(const struct viewer *viewer)
{
    int bars = 1 + BAR_ROWS + viewer_has_status(viewer);
    int height = viewer->height - bars;

    return (struct area){ .x = 0, .y = 1, .width = viewer->width, .height = height > 0 ? height : 0 };
}

void viewer_heading(struct canvas *canvas, struct area area, const char *text)
{
    canvas_fill(canvas, area.x, area.y, area.width, STYLE_HEADING);
    canvas_text(canvas, area.x, area.y, area.width, STYLE_HEADING, text);
}

void viewer_scroll(const struct viewer *viewer, struct scrolled *scrolled, enum action action)
{
    int height = viewer_area(viewer).height;
    size_t page = height > 1 ? (size_t)height - 1 : 1;

    scrolled->top = (int)place_moved_by(action, (size_t)scrolled->top, 1000, page);
}

bool viewer_scroll_back(struct canvas *canvas, struct area area, int *top, int rows)
{
    if (*top == 0 || *top + area.height <= rows) {
        return false;
    }
    *top = rows > area.height ? rows - area.height : 0;
    for (int y = area.y; y < area.y + area.height; y++) {
        canvas_fill(canvas, area.x, y, area.width, STYLE_PLAIN);
    }
    return true;
}

void viewer_empty(struct canvas *canvas, struct area area, const char *text)
{
    canvas_paragraph(canvas, area.x + 2, area.y + area.height / 3, area.width - 4, 6, STYLE_DIM, text);
}
