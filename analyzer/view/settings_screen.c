/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <stdio.h>

#define ROWS (SETTINGS_ROWS + COLUMNS)
#define VALUE_COLUMN 30

/* The row of the screen on which one stands: a heading before each kind, a blank row between. */
static int row_of(size_t row)
{
    return (int)row + (row < SETTINGS_ROWS ? 1 : 3);
}

static size_t count_shown(const struct column_choice *choice)
{
    size_t count = 0;

    for (size_t i = 0; i < COLUMNS; i++) {
        count += choice->shown[i];
    }
    return count;
}

static void toggle_column(struct viewer *viewer, size_t place)
{
    struct column_choice *choice = &viewer->settings.columns;
    bool *shown = &choice->shown[choice->order[place]];

    if (*shown && count_shown(choice) == 1) {
        viewer_note(viewer, true, "one column has to stay");
        return;
    }
    *shown = !*shown;
}

/* One place up or down, and the cursor with it. */
static void move_column(struct viewer *viewer, int direction)
{
    enum column *order = viewer->settings.columns.order;
    size_t *row = &viewer->settings_row, place = *row - SETTINGS_ROWS;
    size_t other = direction < 0 ? place - 1 : place + 1;

    if (*row < SETTINGS_ROWS || other >= COLUMNS) {
        return;
    }
    enum column column = order[place];

    order[place] = order[other];
    order[other] = column;
    *row = SETTINGS_ROWS + other;
}

/* The lists follow at once. */
static void change(struct viewer *viewer, int direction)
{
    if (viewer->settings_row < SETTINGS_ROWS) {
        settings_turn(&viewer->settings, viewer->settings_row, direction);
        viewer->connections.stale = true;
        messages_restart(viewer);
    } else {
        toggle_column(viewer, viewer->settings_row - SETTINGS_ROWS);
    }
}

static void click(struct viewer *viewer, int y)
{
    for (size_t row = 0; row < ROWS; row++) {
        if (row_of(row) == y) {
            viewer->settings_row = row;
            change(viewer, 1);
        }
    }
}

void settings_act(struct viewer *viewer, enum action action, struct key key)
{
    struct place place = { .row = 0 };

    switch (action) {
    case ACTION_ENTER:
        change(viewer, key.code == KEYS_LEFT ? -1 : 1);
        break;
    case ACTION_COLUMN_UP:
    case ACTION_COLUMN_DOWN:
        move_column(viewer, action == ACTION_COLUMN_UP ? -1 : 1);
        break;
    case ACTION_SAVE_SETTINGS:
        viewer->request = REQUEST_SETTINGS;
        break;
    default:
        viewer->settings_row = place_move(&place, action, viewer->settings_row, ROWS, ROWS);
        break;
    }
    if (key.code == KEYS_CLICK) {
        click(viewer, key.y - viewer_area(viewer).y);
    }
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static void draw_setting(const struct viewer *viewer, struct canvas *canvas, struct area area, size_t row,
                         int y)
{
    char value[40];

    settings_show(&viewer->settings, row, value, sizeof value);
    canvas_text(canvas, area.x + 1, y, VALUE_COLUMN - 2, STYLE_PLAIN, settings_title(row));
    canvas_text(canvas, area.x + VALUE_COLUMN, y, area.width - VALUE_COLUMN, STYLE_NUMBER, value);
}

static void draw_column(const struct viewer *viewer, struct canvas *canvas, struct area area, size_t place,
                        int y)
{
    enum column column = viewer->settings.columns.order[place];
    bool shown = viewer->settings.columns.shown[column];

    canvas_text(canvas, area.x + 1, y, 3, STYLE_KEY, shown ? "[x]" : "[ ]");
    canvas_text(canvas, area.x + 5, y, 16, shown ? STYLE_PLAIN : STYLE_DIM, columns_name(column));
    canvas_text(canvas, area.x + 21, y, area.width - 21, STYLE_DIM, columns_help(column));
}

void settings_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    int hidden = row_of(viewer->settings_row) - area.height + 1;
    int top = area.y - (hidden > 0 ? hidden : 0);

    for (size_t row = 0; row < ROWS; row++) {
        int y = top + row_of(row);

        if ((row == 0 || row == SETTINGS_ROWS) && y > area.y) {
            viewer_heading(canvas, (struct area){ area.x, y - 1, area.width, 1 },
                           row ? "Columns of Connections" : "Settings");
        }
        if (y < area.y || y >= area.y + area.height) {
            continue;
        }
        if (row < SETTINGS_ROWS) {
            draw_setting(viewer, canvas, area, row, y);
        } else {
            draw_column(viewer, canvas, area, row - SETTINGS_ROWS, y);
        }
        if (row == viewer->settings_row) {
            canvas_select(canvas, area.x, y, area.width);
        }
    }
}
