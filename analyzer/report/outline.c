/* SPDX-License-Identifier: MIT */
#include "outline.h"

#include <stdio.h>

#include "escape.h"
#include "paint.h"
#include "wrap.h"

#define MARGIN        6   /* columns before everything */
#define PLACE_COLUMNS 10  /* "1234-5678" */
#define NAME_COLUMNS  30  /* indentation included */
#define VALUE_SHOWN   120 /* columns of a value where no terminal sets an edge */
#define VALUES_COLUMN (MARGIN + PLACE_COLUMNS + 1 + NAME_COLUMNS)

/* Where what belongs to a node goes on, in further lines. */
#define DEEPER(node) (MARGIN + PLACE_COLUMNS + 1 + 2 * ((size_t)(node)->depth + 1))

#define DUMP_ROW 16

static void paint(struct output *output, const struct outline_setting *setting, const char *colour)
{
    output_text(output, setting->colour ? colour : "");
}

/* Escaped, with dots where something was cut. Returns the columns used. */
static size_t put_cut(struct output *output, struct bytes view, size_t columns)
{
    bool fits = view.length <= columns && escape_plain_run(view) == view.length;
    size_t used = escape_write(output, &view, fits ? columns : columns > 3 ? columns - 3 : 0);

    output_text(output, view.length > 0 ? "..." : "");
    return used + (view.length > 0 ? 3 : 0);
}

/* "2-5", or "0" and its bits as tcpdump's readers know them: ".... 0001". */
static size_t put_place(struct output *output, const struct detail_node *node)
{
    char place[48] = "";

    if (node->length == 1) {
        snprintf(place, sizeof place, "%zu", node->from);
    } else if (node->length > 1) {
        snprintf(place, sizeof place, "%zu-%zu", node->from, node->from + node->length - 1);
    }
    output_format(output, "%*s%-*s ", MARGIN, "", PLACE_COLUMNS, place);
    return MARGIN + (strlen(place) > PLACE_COLUMNS ? strlen(place) : PLACE_COLUMNS) + 1;
}

/* The byte's bits, those of other fields as dots. Returns the columns used. */
static size_t put_bits(struct output *output, const struct detail *detail, const struct detail_node *node)
{
    uint8_t byte = detail_byte_sent(detail, node->from);

    for (unsigned bit = 0; bit < 8; bit++) {
        bool ours = bit >= node->first_bit && bit < (unsigned)node->first_bit + node->bits;

        output_text(output, bit % 4 == 0 ? " " : "");
        output_character(output, !ours ? '.' : byte & 0x80 >> bit ? '1' : '0');
    }
    output_character(output, ' ');
    return 11;
}

/* Ends the line and goes to that column of the next one. */
static size_t next_line(struct output *output, size_t indent)
{
    output_character(output, '\n');
    output_spaces(output, indent);
    return indent;
}

static void put_section(struct output *output, const char *section, size_t column, size_t indent,
                        size_t columns)
{
    if (section[0] == '\0') {
        return;
    }
    if (columns > 0 && column + strlen(section) + 3 > columns) {
        next_line(output, indent);
    } else {
        output_character(output, ' ');
    }
    output_format(output, "(%s)", section);
}

static void put_purpose(struct output *output, const struct detail_node *node, size_t column,
                        const struct outline_setting *setting)
{
    size_t indent = DEEPER(node), wanted = strlen(node->purpose) + strlen(node->section) + 5;

    if (node->purpose[0] == '\0') {
        return;
    }
    if (setting->columns > 0 && column + wanted > setting->columns) {
        column = next_line(output, indent);
    } else {
        output_text(output, "  ");
        column += 2;
    }
    paint(output, setting, PAINT_DIM);
    column = wrap_write(output, node->purpose, column, indent, setting->columns);
    put_section(output, node->section, column, indent, setting->columns);
    paint(output, setting, PAINT_PLAIN);
}

/* Returns the column behind it. */
static size_t put_name(struct output *output, const struct detail_node *node,
                       const struct outline_setting *setting)
{
    size_t indent = 2 * (size_t)node->depth;

    output_spaces(output, indent);
    paint(output, setting, node->depth == 0 ? PAINT_BOLD : "");
    size_t used = indent + put_cut(output, node->name, 64);

    paint(output, setting, PAINT_PLAIN);
    return used;
}

/* Blanks up to the column of values. */
static size_t pad(struct output *output, size_t column)
{
    output_spaces(output, column < VALUES_COLUMN ? VALUES_COLUMN - column : 0);
    return column < VALUES_COLUMN ? VALUES_COLUMN : column;
}

/* A value that has no room beside its name gets the next line. Returns the column behind it. */
static size_t put_value(struct output *output, struct bytes value, size_t column, size_t indent,
                        size_t columns)
{
    if (value.length == 0) {
        return column;
    }
    if (columns > 0 && (column > VALUES_COLUMN ? column : VALUES_COLUMN) + 1 + value.length > columns) {
        column = next_line(output, indent);
    } else {
        column = pad(output, column) + 1;
        output_character(output, ' ');
    }
    return column + put_cut(output, value,
                            columns > column ? columns - column
                            : columns > 0    ? 4
                                             : VALUE_SHOWN);
}

static void put_node(struct output *output, const struct detail *detail, const struct detail_node *node,
                     const struct outline_setting *setting)
{
    paint(output, setting, PAINT_DIM);
    size_t column = put_place(output, node);

    paint(output, setting, PAINT_PLAIN);
    column += put_name(output, node, setting);
    if (node->bits) {
        column = pad(output, column) + put_bits(output, detail, node);
    }
    column = put_value(output, node->value, column, DEEPER(node), setting->columns);
    put_purpose(output, node, column, setting);
    output_character(output, '\n');
}

void outline_write(struct output *output, const struct detail *detail, const struct outline_setting *setting)
{
    for (size_t i = 0; i < detail->count && !detail->nodes[i].rule; i++) {
        put_node(output, detail, &detail->nodes[i], setting);
    }
}

/* --- the bytes ------------------------------------------------------------------------------------------ */

typedef uint8_t read_byte(const struct detail *detail, size_t at);

/* A row in hexadecimal, then the same as ASCII; returns the columns that a full row would have had more. */
static size_t put_row(struct output *output, const struct detail *detail, size_t from, size_t end, size_t row,
                      read_byte *byte)
{
    size_t last = from + row < end ? from + row : end;

    for (size_t i = from; i < from + row; i++) {
        output_text(output, i == from + 8 ? "  " : " ");
        if (i < last) {
            output_hex(output, (struct bytes){ (const uint8_t[]){ byte(detail, i) }, 1 });
        } else {
            output_text(output, "  ");
        }
    }
    output_text(output, "  ");
    for (size_t i = from; i < last; i++) {
        uint8_t value = byte(detail, i);

        output_character(output, value >= ' ' && value < 0x7F ? (char)value : '.');
    }
    return from + row - last;
}

void outline_dump(struct output *output, const struct detail *detail, const struct outline_setting *setting)
{
    size_t length = detail_length(detail), end = length < OUTLINE_DUMPED ? length : OUTLINE_DUMPED;
    size_t row = detail->mask ? DUMP_ROW / 2 : DUMP_ROW;

    if (detail->mask) {
        paint(output, setting, PAINT_DIM);
        output_format(output, "%*s      %-34s %s\n", MARGIN, "", "as sent", "unmasked");
        paint(output, setting, PAINT_PLAIN);
    }
    for (size_t at = 0; at < end; at += row) {
        paint(output, setting, PAINT_DIM);
        output_format(output, "%*s%04zx ", MARGIN, "", at);
        paint(output, setting, PAINT_PLAIN);
        size_t missing = put_row(output, detail, at, end, row, detail_byte_sent);

        if (detail->mask) {
            output_spaces(output, missing + 1);
            put_row(output, detail, at, end, row, detail_byte_clear);
        }
        output_character(output, '\n');
    }
    if (length > end) {
        output_format(output, "%*sand %zu bytes more\n", MARGIN, "", length - end);
    }
}
