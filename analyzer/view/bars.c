/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

#include "units.h"

#define FILTER_SOON 0.99        /* of all records: what is left is looked at before it could be told */

bool viewer_has_tabs(const struct viewer *viewer)
{
    int needed = 0;

    for (enum screen screen = SCREEN_CONNECTIONS; screen < SCREEN_HELP; screen++) {
        needed += (int)strlen(keys_screen_name(screen)) + 3;
    }
    return needed <= viewer->width;
}

static void draw_tabs(const struct viewer *viewer, struct canvas *canvas)
{
    bool all = viewer_has_tabs(viewer);
    int x = 1;

    canvas_fill(canvas, 0, VIEWER_TABS_ROW, viewer->width, STYLE_BAR);
    for (enum screen screen = SCREEN_CONNECTIONS; screen < SCREENS; screen++) {
        bool current = screen == viewer->screen;
        enum style style = current ? STYLE_BAR_CURRENT : STYLE_BAR;

        if (screen >= SCREEN_HELP ? !current : !current && !all) {
            continue;
        }
        if (screen < SCREEN_HELP) {
            x += canvas_format(canvas, x, VIEWER_TABS_ROW, viewer->width, style, "%d ", (int)screen + 1);
        }
        x += canvas_text(canvas, x, VIEWER_TABS_ROW, viewer->width, style, keys_screen_name(screen)) + 1;
    }
}

/* Returns the column behind them. */
static int draw_hints(const struct viewer *viewer, struct canvas *canvas, int x, int y, unsigned screens)
{
    size_t count;
    const struct key_row *rows = keys_table(&count);

    for (size_t i = 0; i < count; i++) {
        int needed = rows[i].hint ? (int)(strcspn(rows[i].keys, " ") + strlen(rows[i].hint)) + 3 : 0;

        if (needed && (rows[i].screens & screens) && x + needed <= viewer->width) {
            x += 1 + canvas_format(canvas, x + 1, y, viewer->width, STYLE_KEY, "%.*s",
                                   (int)strcspn(rows[i].keys, " "), rows[i].keys);
            x += 1 + canvas_text(canvas, x + 1, y, viewer->width, STYLE_PLAIN, rows[i].hint);
            x++;
        }
    }
    return x;
}

static void describe_progress(const struct viewer *viewer, char *out, size_t capacity)
{
    const struct viewer_source *source = &viewer->source;

    if (viewer->paused) {
        snprintf(out, capacity, "PAUSED");
    } else if (source->trouble) {
        snprintf(out, capacity, "stopped");
    } else if (source->live) {
        snprintf(out, capacity, source->ended ? "ended" : "live");
    } else if (!source->ended && source->progress >= 0) {
        snprintf(out, capacity, "reading %.0f %%", source->progress * 100);
    } else {
        snprintf(out, capacity, source->ended ? "all read" : "reading");
    }
}

static void describe_drops(const struct viewer_source *source, char *out, size_t capacity)
{
    if (source->dropped_interface) {
        snprintf(out, capacity, "dropped: %" PRIu64 " kernel, %" PRIu64 " interface", source->dropped_kernel,
                 source->dropped_interface);
    } else {
        snprintf(out, capacity, "%" PRIu64 " dropped", source->dropped_kernel);
    }
}

/* Of what is kept; a held screen does not go on. */
static double part_filtered(const struct viewer *viewer)
{
    if (viewer->paused) {
        return 1;
    }
    return viewer->screen == SCREEN_CONNECTIONS ? fitting_part(&viewer->connections.fitting, viewer->store)
                                                : listing_part(viewer_listing(viewer), viewer->store);
}

/* What is filtered by; with how much of it has been done, while that is worth a word. */
void viewer_draw_filter(const struct viewer *viewer, struct canvas *canvas, int x, int y, int width)
{
    double part = part_filtered(viewer);

    if (viewer->filter_text[0] && part < FILTER_SOON) {
        canvas_format(canvas, x, y, width, STYLE_WARNING, "filtering %.0f %%: %s", part * 100,
                      viewer->filter_text);
    } else if (viewer->filter_text[0]) {
        canvas_format(canvas, x, y, width, STYLE_WARNING, "filter: %s", viewer->filter_text);
    }
}

/* What came in and what was lost, on one line: nothing is dropped silently. */
static void draw_status(const struct viewer *viewer, struct canvas *canvas, int y)
{
    const struct store_totals *totals = store_totals(viewer->store);
    const struct viewer_source *source = &viewer->source;
    char state[40], connections[40], right[120];
    int width = viewer->width;

    describe_progress(viewer, state, sizeof state);
    units_count(connections, sizeof connections, totals->connections, "connection");
    const char *dot = canvas_glyph(canvas, GLYPH_DOT);
    enum style style = viewer->paused ? STYLE_WARNING : source->trouble ? STYLE_BAD : STYLE_DIM;
    int x = 2 + canvas_text(canvas, 1, y, width / 2, STYLE_DIM, source->name);

    x += canvas_format(canvas, x, y, width - x, style, "%s %s", dot, state) + 1;
    x += canvas_format(canvas, x, y, width - x, STYLE_DIM, "%s %" PRIu64 " packets, %s", dot, source->packets,
                       connections) + 1;
    if (store_first(viewer->store) > 1) {
        x += canvas_format(canvas, x, y, width - x, STYLE_WARNING, "%s %" PRIu64 " oldest events gone",
                           canvas_glyph(canvas, GLYPH_DOT), store_first(viewer->store) - 1) + 1;
    }
    if (viewer_listing(viewer)->no_memory) {
        x += canvas_format(canvas, x, y, width - x, STYLE_BAD, "%s no memory for all rows", dot) + 1;
    }
    if (source->live || source->dropped_kernel || source->dropped_interface) {
        describe_drops(source, right, sizeof right);
        canvas_right(canvas, x, y, width - x - 1,
                     source->dropped_kernel || source->dropped_interface ? STYLE_BAD : STYLE_DIM, right);
        width -= (int)strlen(right) + 2;
    }
    viewer_draw_filter(viewer, canvas, x, y, width - x);
}

static void draw_bottom(struct viewer *viewer, struct canvas *canvas)
{
    int y = viewer->height - 1;

    for (int row = y - viewer_has_status(viewer); row <= y; row++) {
        canvas_fill(canvas, 0, row, viewer->width, STYLE_PLAIN);
    }
    viewer->bar = (struct span){ 0, 0 };
    if (viewer_has_status(viewer) && viewer->replay.on) {
        player_draw(viewer, canvas, y - 1);
    } else if (viewer_has_status(viewer)) {
        draw_status(viewer, canvas, y - 1);
    }
    if (viewer->prompt.kind != PROMPT_NONE) {
        prompt_draw(viewer, canvas, y);
    } else if (viewer->note[0]) {
        canvas_text(canvas, 1, y, viewer->width - 1, viewer->note_bad ? STYLE_BAD : STYLE_GOOD, viewer->note);
    } else if (viewer->searching) {
        canvas_format(canvas, 1, y, viewer->width - 1, STYLE_WARNING, "searching: %s", viewer->search_text);
    } else {
        int x = viewer->replay.on ? draw_hints(viewer, canvas, 0, y, KEYS_REPLAY) : 0;

        draw_hints(viewer, canvas, x, y, SCREEN_BIT(viewer->screen));
    }
}

static int clamp(int value, int size)
{
    return value < 0 || size == 0 ? 0 : value < size ? value : size - 1;
}

static void draw_screen(struct viewer *viewer, struct canvas *canvas)
{
    static void (*const screens[SCREENS])(struct viewer *, struct canvas *, struct area) = {
        [SCREEN_CONNECTIONS] = connections_draw, [SCREEN_MESSAGES] = messages_draw,
        [SCREEN_DETAIL] = detail_draw,           [SCREEN_HANDSHAKE] = handshake_draw,
        [SCREEN_LADDER] = ladder_draw,           [SCREEN_FINDINGS] = findings_draw,
        [SCREEN_TOTALS] = totals_draw,           [SCREEN_HELP] = help_draw,
        [SCREEN_SAVE] = save_draw,               [SCREEN_DIFFERENCE] = difference_draw,
        [SCREEN_SETTINGS] = settings_draw,
    };

    canvas_clear(canvas);
    if (viewer->height > 1) {
        draw_tabs(viewer, canvas);
    }
    connections_update(viewer);
    screens[viewer->screen](viewer, canvas, viewer_area(viewer));
    viewer->stirred = false;
}

/* A screen that is held keeps its picture, whatever comes in, until a key wants another. */
void viewer_draw(struct viewer *viewer, struct canvas *canvas)
{
    if (!viewer->paused || viewer->stirred) {
        draw_screen(viewer, canvas);
    }
    draw_bottom(viewer, canvas);
    canvas->cursor_x = clamp(canvas->cursor_x, canvas->width);
    canvas->cursor_y = clamp(canvas->cursor_y, canvas->height);
}
