/* SPDX-License-Identifier: MIT */
#include "chooser.h"

#include <stdio.h>

#include "keys.h"

#define FIRST_ROW 2             /* below the bar and the heading */
#define NOTE_ROWS 5
#define NAME      1
#define WIDE      60            /* columns from which on there is a description beside the addresses */

static size_t index_of(const struct chooser *chooser)
{
    size_t index = 0;

    while (index < chooser->count && strcmp(chooser->list[index].name, chooser->selected) != 0) {
        index++;
    }
    return index < chooser->count ? index : 0;
}

static void select_row(struct chooser *chooser, size_t index)
{
    if (index < chooser->count) {
        memcpy(chooser->selected, chooser->list[index].name, sizeof chooser->selected);
    }
}

void chooser_update(struct chooser *chooser, const struct interface *list, size_t count)
{
    chooser->count = count < INTERFACES_MAX ? count : INTERFACES_MAX;
    memcpy(chooser->list, list, chooser->count * sizeof *list);
    select_row(chooser, index_of(chooser));
}

/* --- keys ------------------------------------------------------------------------------------------ */

static size_t first_row(const struct chooser *chooser, size_t index)
{
    size_t height = chooser->height > 0 ? (size_t)chooser->height : 1;

    return index < height ? 0 : index - height + 1;
}

static void click(struct chooser *chooser, struct key key)
{
    size_t index = index_of(chooser);
    size_t row = first_row(chooser, index) + (size_t)(key.y - FIRST_ROW);

    if (key.y >= FIRST_ROW && key.y < FIRST_ROW + chooser->height && row < chooser->count) {
        chooser->chosen = row == index;
        select_row(chooser, row);
    }
}

/* The keys of the list of connections, as far as they mean something here. */
void chooser_key(struct chooser *chooser, struct key key)
{
    size_t index = index_of(chooser);

    chooser->note[0] = '\0';
    switch (keys_action(SCREEN_CONNECTIONS, key.code)) {
    case ACTION_UP:
        select_row(chooser, index > 0 ? index - 1 : 0);
        break;
    case ACTION_DOWN:
        select_row(chooser, index + 1);
        break;
    case ACTION_FIRST:
    case ACTION_PAGE_UP:
        select_row(chooser, 0);
        break;
    case ACTION_LAST:
    case ACTION_PAGE_DOWN:
        select_row(chooser, chooser->count - 1);
        break;
    case ACTION_ENTER:
        chooser->chosen = chooser->count > 0;
        break;
    case ACTION_QUIT:
        chooser->left = true;
        break;
    default:
        chooser->left = key.code == KEYS_ESCAPE;
        break;
    }
    if (key.code == KEYS_CLICK) {
        click(chooser, key);
    }
}

/* --- drawing --------------------------------------------------------------------------------------- */

struct columns {
    int state, addresses, description;      /* -1: no room */
};

static struct columns columns_of(int width)
{
    if (width < WIDE) {
        return (struct columns){ .state = 14, .addresses = 20, .description = -1 };
    }
    return (struct columns){ .state = 18, .addresses = 24, .description = width - 34 };
}

static void draw_row(struct canvas *canvas, int y, const struct interface *interface)
{
    struct columns at = columns_of(canvas->width);
    int end = at.description > 0 ? at.description - 1 : canvas->width;
    bool up = interface->up;
    enum style style = up ? STYLE_PLAIN : STYLE_DIM;

    canvas_bytes(canvas, NAME, y, at.state - NAME - 1, style, bytes_of_text(interface->name));
    canvas_text(canvas, at.state, y, 5, up ? STYLE_GOOD : STYLE_DIM, up ? "up" : "down");
    canvas_bytes(canvas, at.addresses, y, end - at.addresses, style, bytes_of_text(interface->addresses));
    if (at.description > 0) {
        canvas_bytes(canvas, at.description, y, canvas->width - at.description, STYLE_DIM,
                     bytes_of_text(interface->description));
    }
}

static void draw_heading(struct canvas *canvas)
{
    struct columns at = columns_of(canvas->width);

    canvas_fill(canvas, 0, 0, canvas->width, STYLE_BAR);
    canvas_text(canvas, NAME, 0, canvas->width, STYLE_BAR, "Which interface?");
    canvas_fill(canvas, 0, 1, canvas->width, STYLE_HEADING);
    canvas_text(canvas, NAME, 1, at.state, STYLE_HEADING, "Interface");
    canvas_text(canvas, at.state, 1, canvas->width - at.state, STYLE_HEADING, "State");
    canvas_text(canvas, at.addresses, 1, canvas->width - at.addresses, STYLE_HEADING, "Addresses");
}

static void draw_bottom(const struct chooser *chooser, struct canvas *canvas)
{
    int y = canvas->height - 1, x = NAME;

    if (chooser->note[0]) {
        canvas_paragraph(canvas, NAME, y - NOTE_ROWS, canvas->width - 2, NOTE_ROWS, STYLE_BAD, chooser->note);
    }
    x += canvas_text(canvas, x, y, canvas->width - x, STYLE_KEY, "Enter") + 1;
    x += canvas_text(canvas, x, y, canvas->width - x, STYLE_PLAIN, "capture") + 2;
    x += canvas_text(canvas, x, y, canvas->width - x, STYLE_KEY, "q") + 1;
    canvas_text(canvas, x, y, canvas->width - x, STYLE_PLAIN, "quit");
}

void chooser_draw(struct chooser *chooser, struct canvas *canvas)
{
    size_t index = index_of(chooser);

    canvas_clear(canvas);
    chooser->height = canvas->height - FIRST_ROW - 1 - (chooser->note[0] ? NOTE_ROWS + 1 : 0);
    size_t first = first_row(chooser, index);

    draw_heading(canvas);
    for (int i = 0; i < chooser->height && first + (size_t)i < chooser->count; i++) {
        draw_row(canvas, FIRST_ROW + i, &chooser->list[first + (size_t)i]);
        if (first + (size_t)i == index) {
            canvas_select(canvas, 0, FIRST_ROW + i, canvas->width);
        }
    }
    draw_bottom(chooser, canvas);
    canvas->cursor_y = canvas->cursor_y < canvas->height ? canvas->cursor_y : canvas->height - 1;
}
