/* SPDX-License-Identifier: MIT */
#include "payload.h"

#include <ctype.h>
#include <stdio.h>

#include "report/escape.h"

#define OFFSET_WIDTH 6
#define INDENT       2

/* --- hex ------------------------------------------------------------------------------------------- */

/* Offset, three columns a byte, a blank, one column a byte. */
static int needed(int per_row)
{
    return OFFSET_WIDTH + per_row * 3 + 1 + per_row;
}

struct payload_hex payload_hex_in(int x, int y, int width, int height)
{
    int per_row = width >= needed(16) ? 16 : width >= needed(8) ? 8 : 4;

    return (struct payload_hex){
        .x = x, .y = y, .width = width, .height = height, .per_row = (size_t)per_row,
    };
}

void payload_hex_byte(struct canvas *canvas, const struct payload_hex *hex, size_t first, size_t at,
                      uint8_t byte, enum style style)
{
    int row = (int)((at - first) / hex->per_row), column = (int)((at - first) % hex->per_row);
    int letters = hex->x + OFFSET_WIDTH + (int)hex->per_row * 3 + 1;
    char text[2] = { byte >= ' ' && byte < 0x7F ? (char)byte : '.', '\0' };

    if (at < first || row >= hex->height) {
        return;
    }
    canvas_format(canvas, hex->x + OFFSET_WIDTH + column * 3, hex->y + row, 2, style, "%02x", byte);
    canvas_text(canvas, letters + column, hex->y + row, 1, style, text);
}

size_t payload_hex_at(const struct payload_hex *hex, size_t first, int x, int y)
{
    int per_row = (int)hex->per_row, digits = x - hex->x - OFFSET_WIDTH, letter = digits - per_row * 3 - 1;
    int column = digits < 0 ? -1 : digits < per_row * 3 ? digits / 3 : letter;
    size_t row = (size_t)(y - hex->y);

    return column >= 0 && column < per_row ? first + row * hex->per_row + (size_t)column : SIZE_MAX;
}

void payload_hex_offsets(struct canvas *canvas, const struct payload_hex *hex, size_t first, size_t length)
{
    for (int row = 0; row < hex->height && first + (size_t)row * hex->per_row < length; row++) {
        canvas_format(canvas, hex->x, hex->y + row, OFFSET_WIDTH, STYLE_DIM, "%05zx",
                      first + (size_t)row * hex->per_row);
    }
}

/* --- a pen that writes rows and leaves out those before the first ----------------------------------- */

struct pen {
    struct canvas *canvas;
    int x, y, width, height;
    int row, column;                /* row: counted from the first shown, negative before it */
    unsigned marks;
};

static void new_row(struct pen *pen, int column)
{
    pen->row++;
    pen->column = column < pen->width / 2 ? column : pen->width / 2;
}

static bool finished(const struct pen *pen)
{
    return pen->row >= pen->height;
}

/* One character, on the next row where it no longer fits. */
static void write_unit(struct pen *pen, struct bytes *text, enum style style)
{
    struct bytes from = *text;
    struct escape_unit unit;

    if (!escape_next(text, pen->canvas->ascii, &pen->marks, &unit)) {
        return;
    }
    if (pen->column + (int)unit.columns > pen->width) {
        new_row(pen, 0);
    }
    if (pen->row >= 0 && !finished(pen)) {
        canvas_bytes(pen->canvas, pen->x + pen->column, pen->y + pen->row, (int)unit.columns + 1, style,
                     bytes_first(from, from.length - text->length));
    }
    pen->column += (int)unit.columns;
}

int payload_text(struct canvas *canvas, int x, int y, int width, int height, int top, struct bytes text)
{
    struct pen pen = { canvas, x, y, width, height, -top, 0, 0 };

    while (text.length > 0 && !finished(&pen) && width > 0) {
        bool line_end = *text.data == '\n';

        write_unit(&pen, &text, line_end ? STYLE_DIM : STYLE_PLAIN);
        if (line_end) {
            new_row(&pen, 0);
        }
    }
    return pen.row + 1 + top;
}

/* --- JSON (RFC 8259), as far as layout needs it ------------------------------------------------------- */

struct json {
    struct pen pen;
    struct bytes rest;
    int depth;
    bool after_break;               /* nothing but indentation on this row yet */
};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void skip_blanks(struct bytes *rest)
{
    while (rest->length > 0 && is_blank(*rest->data)) {
        *rest = bytes_after(*rest, 1);
    }
}

static void write_one(struct json *json, enum style style)
{
    write_unit(&json->pen, &json->rest, style);
}

/* A string is a name when a colon follows. */
static enum style string_style(struct bytes rest)
{
    size_t at = 1;

    while (at < rest.length && rest.data[at] != '"') {
        at += rest.data[at] == '\\' ? 2 : 1;
    }
    rest = bytes_after(rest, at + 1);
    skip_blanks(&rest);
    return rest.length > 0 && *rest.data == ':' ? STYLE_NAME : STYLE_STRING;
}

static void write_string(struct json *json)
{
    enum style style = string_style(json->rest);

    write_one(json, style);
    while (json->rest.length > 0 && *json->rest.data != '"' && !finished(&json->pen)) {
        if (*json->rest.data == '\\') {
            write_one(json, style);
        }
        write_one(json, style);
    }
    write_one(json, style);
}

static void break_row(struct json *json)
{
    new_row(&json->pen, json->depth * INDENT);
}

static void open_bracket(struct json *json)
{
    write_one(json, STYLE_DIM);
    json->depth++;
    skip_blanks(&json->rest);
    if (json->rest.length > 0 && *json->rest.data != '}' && *json->rest.data != ']') {
        break_row(json);
    } else {
        json->after_break = true;
    }
}

static void close_bracket(struct json *json)
{
    json->depth -= json->depth > 0;
    if (!json->after_break) {
        break_row(json);
    }
    write_one(json, STYLE_DIM);
}

static void write_other(struct json *json)
{
    bool number = isdigit(*json->rest.data) || *json->rest.data == '-';

    while (json->rest.length > 0 && !is_blank(*json->rest.data) && !strchr(",:{}[]\"", *json->rest.data) &&
           !finished(&json->pen)) {
        write_one(json, number ? STYLE_NUMBER : STYLE_KEY);
    }
}

static void write_token(struct json *json)
{
    bool was_open = json->after_break;
    uint8_t byte = *json->rest.data;

    if (byte == '{' || byte == '[') {
        json->after_break = false;
        open_bracket(json);
        return;
    }
    if (byte == '}' || byte == ']') {
        close_bracket(json);
    } else if (byte == ',') {
        write_one(json, STYLE_DIM);
        break_row(json);
    } else if (byte == ':') {
        write_one(json, STYLE_DIM);
        json->pen.column++;
    } else if (byte == '"') {
        write_string(json);
    } else {
        size_t before = json->rest.length;

        write_other(json);
        if (json->rest.length == before) {
            write_one(json, STYLE_BAD);
        }
    }
    json->after_break = was_open && json->after_break ? false : json->after_break;
}

int payload_json(struct canvas *canvas, int x, int y, int width, int height, int top, struct bytes text)
{
    struct json json = { .pen = { canvas, x, y, width, height, -top, 0, 0 }, .rest = text };

    skip_blanks(&json.rest);
    while (json.rest.length > 0 && !finished(&json.pen) && width > 0) {
        write_token(&json);
        skip_blanks(&json.rest);
    }
    return json.pen.row + 1 + top;
}

bool payload_is_json(struct bytes text)
{
    skip_blanks(&text);
    return text.length > 0 && (*text.data == '{' || *text.data == '[');
}
