/* SPDX-License-Identifier: MIT */
#ifndef WS101_CANVAS_H
#define WS101_CANVAS_H

/* canvas - a grid of cells that screens draw on; the terminal, and the tests, read it.
 *
 * Comes in:   our own text, and bytes from the wire, which are escaped here and nowhere else in the viewer.
 * Goes out:   cells: what to show, and in which style. Drawing outside the grid is cut off, so that no
 *             screen needs to ask how large it is before it draws.
 * Ownership:  the cells are the canvas's until canvas_release.
 */

#include "core/bytes.h"

enum style {                    /* what it means; the terminal decides how that looks */
    STYLE_PLAIN,
    STYLE_BAR,                  /* the bar of tabs */
    STYLE_BAR_CURRENT,          /* the tab that is open */
    STYLE_HEADING,
    STYLE_DIM,
    STYLE_KEY,                  /* a key to press */
    STYLE_C2S,
    STYLE_S2C,
    STYLE_CONTROL,              /* control frames */
    STYLE_GOOD,
    STYLE_WARNING,
    STYLE_BAD,
    STYLE_NAME,                 /* a field's or member's name */
    STYLE_STRING,
    STYLE_NUMBER,
    STYLE_MARKED,               /* the bytes of the selected field, and what a search found */
    STYLES
};

#define CELL_TEXT_MAX 20        /* a character with as many marks as escape lets through */

struct cell {
    char text[CELL_TEXT_MAX];   /* one character, UTF-8, NUL-ended; empty behind a wide one */
    uint8_t width;              /* columns: 1 or 2; 0 behind a wide one */
    uint8_t style;              /* enum style */
    bool selected;              /* part of the row that the keys are about */
};

struct canvas {
    struct cell *cells;
    int width, height;
    int cursor_x, cursor_y;     /* where the terminal's cursor belongs */
    bool ascii;                 /* nothing but ASCII */
};

/* A part of a canvas. */
struct area {
    int x, y, width, height;
};

/* Glyphs of ours, each with a stand-in where the terminal has only ASCII. */
enum glyph {
    GLYPH_RIGHT, GLYPH_LEFT, GLYPH_UP, GLYPH_DOWN, GLYPH_MORE, GLYPH_VERTICAL, GLYPH_HORIZONTAL,
    GLYPH_UNFOLDED, GLYPH_DOT, GLYPH_CHECK, GLYPH_CROSS, GLYPH_BAR, GLYPH_CORNER,
    GLYPH_EIGHTH, GLYPH_QUARTER, GLYPH_THREE_EIGHTHS, GLYPH_HALF, GLYPH_FIVE_EIGHTHS, GLYPH_THREE_QUARTERS,
    GLYPH_SEVEN_EIGHTHS, GLYPH_WHOLE,       /* of a cell, from its foot */
    GLYPH_PLAY, GLYPH_WAIT, GLYPH_THICK, GLYPH_THIN,       /* of a replay */
    GLYPHS
};

/* False when there is no memory; the canvas is then 0 by 0. */
bool canvas_resize(struct canvas *canvas, int width, int height);
void canvas_release(struct canvas *canvas);
void canvas_clear(struct canvas *canvas);

const char *canvas_glyph(const struct canvas *canvas, enum glyph glyph);

/* Our own text, cut to that many columns, with a sign where something was cut. Returns the columns used. */
int canvas_text(struct canvas *canvas, int x, int y, int columns, enum style style, const char *text);

/* The same for bytes from outside, escaped. */
int canvas_bytes(struct canvas *canvas, int x, int y, int columns, enum style style, struct bytes text);

/* As printf, at most 400 bytes. */
int canvas_format(struct canvas *canvas, int x, int y, int columns, enum style style, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The same, ending at column x + columns. */
void canvas_right(struct canvas *canvas, int x, int y, int columns, enum style style, const char *text);

/* Blanks in a style; a row of one glyph. */
void canvas_fill(struct canvas *canvas, int x, int y, int columns, enum style style);
void canvas_line(struct canvas *canvas, int x, int y, int columns, enum style style, enum glyph glyph);

/* Takes from the text what goes on one row, broken between words; the blanks behind it go, too. */
struct bytes canvas_row(const struct canvas *canvas, struct bytes *rest, int columns);

/* Text over several rows, broken between words, with a sign where it is cut. Returns the rows used. */
int canvas_paragraph(struct canvas *canvas, int x, int y, int columns, int rows, enum style style,
                     const char *text);

/* Marks columns of a row as selected, and puts the cursor at their front. */
void canvas_select(struct canvas *canvas, int x, int y, int columns);

/* The cell, or NULL outside the grid. */
const struct cell *canvas_cell(const struct canvas *canvas, int x, int y);

#endif
