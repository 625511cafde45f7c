/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

#include "units.h"

#define WHATS 4 /* choices of the first kind: SAVE_CONNECTIONS to SAVE_MARKED */
#define OPTIONS (WHATS + SAVE_FORMS)

static const struct {
    const char *text, *file; /* what it is, and a name for it */
} forms[SAVE_FORMS] = {
    [SAVE_PACKETS] = { "packets, as pcapng", "ws101.pcapng" },
    [SAVE_JSON] = { "JSON, a line per event", "ws101.json" },
    [SAVE_TEXT] = { "text, a line per event", "ws101.txt" },
    [SAVE_HAR] = { "HAR, for browsers' network panels", "ws101.har" },
    [SAVE_LADDER] = { "ladder as text", "ws101-ladder.txt" },
    [SAVE_SVG] = { "ladder as a drawing (SVG)", "ws101.svg" },
};

/* How many there are of what could be saved. */
static size_t count_of(const struct viewer *viewer, enum save_what what)
{
    switch (what) {
    case SAVE_CONNECTIONS:
        return viewer->connections.count;
    case SAVE_CONNECTION:
        return viewer->save.connection != 0;
    case SAVE_LISTED:
        return viewer->messages.listing.count;
    default:
        return viewer->marks.count;
    }
}

/* Packets are whole connections' only. */
static bool is_possible(const struct viewer *viewer, size_t option)
{
    const struct save_screen *save = &viewer->save;

    return option < WHATS ? count_of(viewer, (enum save_what)option) > 0
                          : option != WHATS + SAVE_PACKETS || save->what <= SAVE_CONNECTION;
}

static void choose(struct viewer *viewer, size_t option)
{
    struct save_screen *save = &viewer->save;

    if (option < WHATS) {
        save->what = (enum save_what)option;
    } else {
        save->form = (enum save_form)(option - WHATS);
    }
    if (!is_possible(viewer, WHATS + save->form)) {
        save->form = SAVE_JSON;
    }
}

void save_open(struct viewer *viewer)
{
    struct save_screen *save = &viewer->save;
    bool listed = viewer->screen == SCREEN_MESSAGES;

    save->connection = viewer_connection(viewer);
    choose(viewer, listed && viewer->marks.count ? SAVE_MARKED
                   : save->connection            ? SAVE_CONNECTION
                                                 : SAVE_CONNECTIONS);
    save->row = save->what;
    viewer_open(viewer, SCREEN_SAVE);
}

/* --- keys -------------------------------------------------------------------------------------------- */

/* What is saved leads to as what, and that to the name. */
static void take(struct viewer *viewer)
{
    struct save_screen *save = &viewer->save;

    if (!is_possible(viewer, save->row)) {
        viewer_note(viewer, true,
                    save->row < WHATS ? "there is none" : "packets can be saved of whole connections only");
        return;
    }
    choose(viewer, save->row);
    if (save->row < WHATS) {
        save->row = WHATS + save->form;
    } else {
        prompt_open(viewer, PROMPT_SAVE, forms[save->form].file);
    }
}

/* The row of the screen on which an option stands: a heading before each kind, a blank row between. */
static int row_of(size_t option)
{
    return (int)option + (option < WHATS ? 1 : 3);
}

static void click(struct viewer *viewer, int row)
{
    for (size_t option = 0; option < OPTIONS; option++) {
        if (row_of(option) == row) {
            viewer->save.row = option;
            take(viewer);
        }
    }
}

void save_act(struct viewer *viewer, enum action action, struct key key)
{
    struct place place = { .row = 0 };

    if (action == ACTION_ENTER) {
        take(viewer);
    } else if (key.code == KEYS_CLICK) {
        click(viewer, key.y - viewer_area(viewer).y);
    } else {
        viewer->save.row = place_move(&place, action, viewer->save.row, OPTIONS, OPTIONS);
    }
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static void describe(const struct viewer *viewer, size_t option, char *out, size_t capacity)
{
    size_t count = option < WHATS ? count_of(viewer, (enum save_what)option) : 0;
    char number[40];

    switch (option) {
    case SAVE_CONNECTIONS:
        units_count(number, sizeof number, count, "connection");
        snprintf(out, capacity, "%s in the list", number);
        break;
    case SAVE_CONNECTION:
        snprintf(out, capacity, "connection %" PRIu64, viewer->save.connection);
        break;
    case SAVE_LISTED:
        units_count(number, sizeof number, count, "row");
        snprintf(out, capacity, "%s in the list of messages", number);
        break;
    case SAVE_MARKED:
        units_count(number, sizeof number, count, "marked message");
        snprintf(out, capacity, "%s", number);
        break;
    default:
        snprintf(out, capacity, "%s", forms[option - WHATS].text);
        break;
    }
}

static void draw_option(const struct viewer *viewer, struct canvas *canvas, struct area area, size_t option,
                        int y)
{
    const struct save_screen *save = &viewer->save;
    bool chosen = option == (size_t)save->what || option == WHATS + (size_t)save->form;
    enum style style = is_possible(viewer, option) ? STYLE_PLAIN : STYLE_DIM;
    char text[80];

    describe(viewer, option, text, sizeof text);
    canvas_text(canvas, area.x + 1, y, 3, STYLE_KEY, chosen ? "(*)" : "( )");
    canvas_text(canvas, area.x + 5, y, area.width - 5, style, text);
    if (option == save->row) {
        canvas_select(canvas, area.x, y, area.width);
    }
}

/* Scrolled so that the row under the cursor is in view. */
void save_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    int hidden = row_of(viewer->save.row) - area.height + 1;
    int top = area.y - (hidden > 0 ? hidden : 0);

    for (size_t option = 0; option < OPTIONS; option++) {
        int y = top + row_of(option);

        if ((option == 0 || option == WHATS) && y > area.y) {
            viewer_heading(canvas, (struct area){ area.x, y - 1, area.width, 1 }, option ? "As" : "Save");
        }
        if (y >= area.y && y < area.y + area.height) {
            draw_option(viewer, canvas, area, option, y);
        }
    }
}
