/* SPDX-License-Identifier: MIT */
#include "canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/escape.h"

static const char *const glyphs[GLYPHS][2] = {
    [GLYPH_RIGHT] = { "→", ">" },      [GLYPH_LEFT] = { "←", "<" },
    [GLYPH_UP] = { "↑", "^" },         [GLYPH_DOWN] = { "↓", "v" },
    [GLYPH_MORE] = { "…", "~" },       [GLYPH_VERTICAL] = { "│", "|" },
    [GLYPH_HORIZONTAL] = { "─", "-" }, [GLYPH_UNFOLDED] = { "▾", "-" },
    [GLYPH_DOT] = { "·", "." },        [GLYPH_CORNER] = { "┌", "." },
    [GLYPH_CHECK] = { "✓", "=" },      [GLYPH_CROSS] = { "✗", "x" },
    [GLYPH_BAR] = { "■", "#" },        [GLYPH_EIGHTH] = { "▁", "." },
    [GLYPH_QUARTER] = { "▂", "." },    [GLYPH_THREE_EIGHTHS] = { "▃", ":" },
    [GLYPH_HALF] = { "▄", ":" },       [GLYPH_FIVE_EIGHTHS] = { "▅", "+" },
    [GLYPH_THREE_QUARTERS] = { "▆", "+" }, [GLYPH_SEVEN_EIGHTHS] = { "▇", "#" },
    [GLYPH_WHOLE] = { "█", "#" },      [GLYPH_PLAY] = { "▶", ">" },
    [GLYPH_WAIT] = { "‖", "=" },       [GLYPH_THICK] = { "━", "#" },
    [GLYPH_THIN] = { "─", "-" },
};

const char *canvas_glyph(const struct canvas *canvas, enum glyph glyph)
{
    return glyphs[glyph][canvas->ascii];
}

/* --- the grid -------------------------------------------------------------------------------------- */

bool canvas_resize(struct canvas *canvas, int width, int height)
{
    struct cell *cells = calloc((size_t)width * (size_t)height, sizeof *cells);

    free(canvas->cells);
    canvas->cells = cells;
    canvas->width = cells ? width : 0;
    canvas->height = cells ? height : 0;
    canvas_clear(canvas);
    return cells != NULL;
}

void canvas_release(struct canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct canvas){ .cells = NULL };
}

static struct cell *cell_at(const struct canvas *canvas, int x, int y)
{
    bool inside = x >= 0 && y >= 0 && x < canvas->width && y < canvas->height;

    return inside ? &canvas->cells[y * canvas->width + x] : NULL;
}

const struct cell *canvas_cell(const struct canvas *canvas, int x, int y)
{
    return cell_at(canvas, x, y);
}

static void blank(struct cell *cell, enum style style)
{
    *cell = (struct cell){ .text = " ", .width = 1, .style = (uint8_t)style };
}

void canvas_clear(struct canvas *canvas)
{
    for (int i = 0; i < canvas->width * canvas->height; i++) {
        blank(&canvas->cells[i], STYLE_PLAIN);
    }
    canvas->cursor_x = canvas->cursor_y = 0;
}

/* Overwriting half of a wide character takes the other half with it. */
static void break_wide(struct canvas *canvas, int x, int y)
{
    struct cell *cell = cell_at(canvas, x, y), *left = cell_at(canvas, x - 1, y);
    struct cell *right = cell_at(canvas, x + 1, y);

    if (cell && cell->width == 0 && left) {
        blank(left, (enum style)left->style);
    }
    if (cell && cell->width == 2 && right) {
        blank(right, (enum style)right->style);
    }
}

static void put(struct canvas *canvas, int x, int y, enum style style, const char *text, size_t length,
                size_t columns)
{
    struct cell *cell = cell_at(canvas, x, y);
    struct cell *behind = columns == 2 ? cell_at(canvas, x + 1, y) : NULL;

    if (cell == NULL || length >= CELL_TEXT_MAX || (columns == 2 && behind == NULL)) {
        return;
    }
    break_wide(canvas, x, y);
    memcpy(cell->text, text, length);
    cell->text[length] = '\0';
    cell->width = (uint8_t)columns;
    cell->style = (uint8_t)style;
    if (behind) {
        break_wide(canvas, x + 1, y);
        *behind = (struct cell){ .text = "", .style = (uint8_t)style };
    }
}

/* Terminals disagree how many columns it takes what these join, or make an emoji of. */
static bool is_joiner(const char *text, size_t length)
{
    return length == 3 && (memcmp(text, "\xe2\x80\x8d", 3) == 0 || memcmp(text, "\xef\xb8\x8f", 3) == 0);
}

/* A mark joins the character before it. */
static void put_mark(struct canvas *canvas, int x, int y, const char *text, size_t length)
{
    struct cell *cell = cell_at(canvas, x, y);

    if (cell && cell->width == 0) {
        cell = cell_at(canvas, x - 1, y);
    }
    if (cell && !is_joiner(text, length) && strlen(cell->text) + length < CELL_TEXT_MAX) {
        strncat(cell->text, text, length);
    }
}

/* --- text ------------------------------------------------------------------------------------------ */

/* An escape such as \x1b is several characters, one a cell. */
static void put_unit(struct canvas *canvas, int x, int y, enum style style, const struct escape_unit *unit)
{
    if (unit->columns == 0) {
        put_mark(canvas, x - 1, y, unit->text, unit->length);
    } else if (unit->columns <= 2 && unit->text != unit->form) {
        put(canvas, x, y, style, unit->text, unit->length, unit->columns);
    } else {
        for (size_t i = 0; i < unit->length; i++) {
            put(canvas, x + (int)i, y, style, unit->text + i, 1, 1);
        }
    }
}

/* The columns that the rest would take, as far as one more than asked. */
static int measure(struct bytes text, bool ascii, unsigned marks, int most)
{
    struct escape_unit unit;
    int columns = 0;

    while (columns <= most && escape_next(&text, ascii, &marks, &unit)) {
        columns += (int)unit.columns;
    }
    return columns;
}

int canvas_bytes(struct canvas *canvas, int x, int y, int columns, enum style style, struct bytes text)
{
    int right = x + columns > canvas->width ? canvas->width - x : columns;
    bool cut = right > 0 && measure(text, canvas->ascii, 0, right) > right;
    int room = cut ? right - 1 : right, used = 0;
    struct escape_unit unit;
    unsigned marks = 0;

    while (right > 0 && escape_next(&text, canvas->ascii, &marks, &unit)) {
        if (used + (int)unit.columns > room) {
            break;
        }
        put_unit(canvas, x + used, y, style, &unit);
        used += (int)unit.columns;
    }
    if (cut) {
        const char *more = canvas_glyph(canvas, GLYPH_MORE);

        put(canvas, x + used, y, style, more, strlen(more), 1);
        used++;
    }
    return used;
}

int canvas_text(struct canvas *canvas, int x, int y, int columns, enum style style, const char *text)
{
    return canvas_bytes(canvas, x, y, columns, style, bytes_of_text(text));
}

int canvas_format(struct canvas *canvas, int x, int y, int columns, enum style style, const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return canvas_text(canvas, x, y, columns, style, text);
}

void canvas_right(struct canvas *canvas, int x, int y, int columns, enum style style, const char *text)
{
    int used = measure(bytes_of_text(text), canvas->ascii, 0, columns);

    canvas_text(canvas, x + (used < columns ? columns - used : 0), y, columns, style, text);
}

void canvas_fill(struct canvas *canvas, int x, int y, int columns, enum style style)
{
    for (int i = 0; i < columns; i++) {
        put(canvas, x + i, y, style, " ", 1, 1);
    }
}

void canvas_line(struct canvas *canvas, int x, int y, int columns, enum style style, enum glyph glyph)
{
    const char *text = canvas_glyph(canvas, glyph);

    for (int i = 0; i < columns; i++) {
        put(canvas, x + i, y, style, text, strlen(text), 1);
    }
}

/* How many of the bytes go into so many columns. */
static size_t fitting(const struct canvas *canvas, struct bytes text, int columns)
{
    struct bytes rest = text, next = text;
    struct escape_unit unit;
    unsigned marks = 0;

    while (escape_next(&next, canvas->ascii, &marks, &unit) && (int)unit.columns <= columns) {
        columns -= (int)unit.columns;
        rest = next;
    }
    return text.length - rest.length;
}

/* The length of a row: up to the last blank that fits, or all that fits. */
static size_t length_of_row(const struct canvas *canvas, struct bytes text, int columns)
{
    size_t fits = fitting(canvas, text, columns);

    for (size_t i = fits; i > 0 && fits < text.length; i--) {
        if (text.data[i] == ' ') {
            return i;
        }
    }
    return fits ? fits : text.length;
}

struct bytes canvas_row(const struct canvas *canvas, struct bytes *rest, int columns)
{
    struct bytes row = bytes_first(*rest, length_of_row(canvas, *rest, columns));

    *rest = bytes_after(*rest, row.length);
    while (rest->length > 0 && *rest->data == ' ') {
        *rest = bytes_after(*rest, 1);
    }
    return row;
}

int canvas_paragraph(struct canvas *canvas, int x, int y, int columns, int rows, enum style style,
                     const char *text)
{
    struct bytes rest = bytes_of_text(text);
    int row = 0;

    for (; rest.length > 0 && row + 1 < rows; row++) {
        canvas_bytes(canvas, x, y + row, columns, style, canvas_row(canvas, &rest, columns));
    }
    if (rest.length > 0 && row < rows) {
        canvas_bytes(canvas, x, y + row++, columns, style, rest);
    }
    return row;
}

void canvas_select(struct canvas *canvas, int x, int y, int columns)
{
    for (int i = 0; i < columns; i++) {
        struct cell *cell = cell_at(canvas, x + i, y);

        if (cell) {
            cell->selected = true;
        }
    }
    canvas->cursor_x = x;
    canvas->cursor_y = y;
}
