/* SPDX-License-Identifier: MIT */
#include "outline.h"

#include <stdio.h>

#include "escape.h"
#include "wrap.h"

#define PAINT_DIM   "\033[2m"
#define PAINT_BOLD  "\033[1m"
#define PAINT_PLAIN "\033[0m"

#define MARGIN        6   /* columns before everything */
#define PLACE_COLUMNS 12  /* "123-4567" */
#define NAME_COLUMNS  30  /* indentation included */
#define VALUE_SHOWN   120 /* columns of a value where no terminal sets an edge */
#define DUMP_ROW      16

static void paint(struct output *output, const struct outline_setting *setting, const char *colour)
{
    output_text(output, setting->colour ? colour : "");
}

/* Escaped, with dots where something was cut. Returns the columns used. */
static size_t put_cut(struct output *output, struct bytes view, size_t columns)
{
    size_t used = escape_write(output, &view, columns > 3 ? columns - 3 : 0);

    if (view.length > 0 && view.length <= 3) {
        used += escape_write(output, &view, 3);
    }
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
    uint8_t byte = node->bits ? detail_byte_sent(detail, node->from) : 0;

    for (unsigned bit = 0; node->bits && bit < 8; bit++) {
        bool ours = bit >= node->first_bit && bit < (unsigned)node->first_bit + node->bits;

        output_text(output, bit == 4 ? " " : "");
        output_character(output, !ours ? '.' : byte & 0x80 >> bit ? '1' : '0');
    }
    output_text(output, node->bits ? "  " : "");
    return node->bits ? 11 : 0;
}

static void put_purpose(struct output *output, const struct detail_node *node, size_t column,
                        const struct outline_setting *setting)
{
    size_t indent = MARGIN + PLACE_COLUMNS + 1 + 2 * ((size_t)node->depth + 1);
    char sentence[256];

    snprintf(sentence, sizeof sentence, "%s%s%s%s", node->purpose, node->section[0] ? " (" : "",
             node->section, node->section[0] ? ")" : "");
    if (sentence[0] == '\0') {
        return;
    }
    paint(output, setting, PAINT_DIM);
    if (setting->columns > 0 && column + 2 + strlen(sentence) > setting->columns) {
        output_character(output, '\n');
        output_spaces(output, indent);
        column = indent;
    } else {
        output_text(output, "  ");
        column += 2;
    }
    wrap_write(output, sentence, column, indent, setting->columns);
    paint(output, setting, PAINT_PLAIN);
}

static void put_node(struct output *output, const struct detail *detail, const struct detail_node *node,
                     const struct outline_setting *setting)
{
    size_t indent = 2 * (size_t)node->depth, column, most = VALUE_SHOWN;

    paint(output, setting, PAINT_DIM);
    column = put_place(output, node) + indent;
    paint(output, setting, PAINT_PLAIN);
    output_spaces(output, indent);
    paint(output, setting, node->depth == 0 ? PAINT_BOLD : "");
    size_t named = put_cut(output, node->name, 64);

    paint(output, setting, PAINT_PLAIN);
    column += named;
    while (indent + named < NAME_COLUMNS) {
        output_character(output, ' ');
        named++;
        column++;
    }
    output_character(output, ' ');
    column += 1 + put_bits(output, detail, node);
    if (setting->columns > 0) {
        most = setting->columns > column + 4 ? setting->columns - column : 4;
    }
    column += put_cut(output, node->value, most);
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
