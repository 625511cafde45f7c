/* SPDX-License-Identifier: MIT */
#include "header_box.h"

#include <stdio.h>

#include "core/frame.h"
#include "paint.h"

#define ROW_BITS    32
#define ROW_COLUMNS (2 * ROW_BITS + 1) /* a border or blank before each bit, and one behind the last */
#define CELLS_MAX   12
#define LABEL_LINES 4 /* the names of single bits are written downwards */

/* What stands below a cell's bits. */
enum meaning {
    MEANING_NONE,
    MEANING_OPCODE,
    MEANING_NUMBER,
    MEANING_BYTES,
};

struct cell {
    const char *name;
    const char *size;    /* "(7)", or NULL */
    uint64_t from, bits; /* counted from the frame's first bit */
    enum meaning meaning;
};

struct box {
    struct output *output;
    struct bytes frame;
    bool colour;
    struct cell cells[CELLS_MAX];
    size_t count;
    uint64_t end; /* bits that the cells cover */
};

/* --- what there is to draw ------------------------------------------------------------------------------ */

static void add_cell(struct box *box, const char *name, const char *size, uint64_t bits, enum meaning meaning)
{
    box->cells[box->count++] = (struct cell){ name, size, box->end, bits, meaning };
    box->end += bits;
}

/* RFC 6455 section 5.2, as far as the bytes tell what follows. */
static void lay_out(struct box *box)
{
    uint8_t second = box->frame.length > 1 ? box->frame.data[1] : 0;
    unsigned seven = second & 0x7F;

    add_cell(box, "FIN", NULL, 1, MEANING_NONE);
    add_cell(box, "RSV1", NULL, 1, MEANING_NONE);
    add_cell(box, "RSV2", NULL, 1, MEANING_NONE);
    add_cell(box, "RSV3", NULL, 1, MEANING_NONE);
    add_cell(box, "opcode", "(4)", 4, MEANING_OPCODE);
    add_cell(box, "MASK", NULL, 1, MEANING_NONE);
    add_cell(box, "Payload len", "(7)", 7, MEANING_NUMBER);
    if (seven >= 126) {
        add_cell(box, "Extended payload length", seven == 126 ? "(16)" : "(64)", seven == 126 ? 16 : 64,
                 MEANING_BYTES);
    }
    if (second & 0x80) {
        add_cell(box, "Masking-key", "(32)", 32, MEANING_BYTES);
    }
    uint64_t room = (ROW_BITS - box->end % ROW_BITS) % ROW_BITS;
    uint64_t given = 8 * (uint64_t)box->frame.length;
    uint64_t payload = given > box->end ? given - box->end : 0;

    room = room == 0 ? ROW_BITS : room;
    if (payload > 0) {
        add_cell(box, "Payload Data", NULL, payload < room ? payload : room, MEANING_BYTES);
    }
}

/* '0', '1', or '.' where it was not given. */
static char bit_at(const struct box *box, uint64_t bit)
{
    if (bit / 8 >= box->frame.length) {
        return '.';
    }
    return box->frame.data[bit / 8] & 0x80 >> bit % 8 ? '1' : '0';
}

/* --- one row -------------------------------------------------------------------------------------------- */

/* The part of a cell that lies in the row: columns of its left border and its right one. False: none. */
static bool part_in_row(const struct cell *cell, uint64_t row, size_t *left, size_t *right)
{
    uint64_t from = row * ROW_BITS, end = from + ROW_BITS;
    uint64_t first = cell->from > from ? cell->from : from;
    uint64_t last = cell->from + cell->bits < end ? cell->from + cell->bits : end;

    *left = 2 * (size_t)(first - from);
    *right = first < last ? 2 * (size_t)(last - from) : *left;
    return first < last;
}

static void centre(char *line, size_t left, size_t right, const char *text)
{
    size_t room = right - left - 1, length = strnlen(text, room);

    memcpy(line + left + 1 + (room - length) / 2, text, length);
}

/* Borders where a cell of the row begins or ends. */
static void draw_borders(const struct box *box, uint64_t row, char *line, char mark)
{
    size_t left, right;

    for (size_t i = 0; i < box->count; i++) {
        if (part_in_row(&box->cells[i], row, &left, &right)) {
            line[left] = line[right] = mark;
        }
    }
}

static void put_line(const struct box *box, const char *line, const char *paint)
{
    size_t length = ROW_COLUMNS;

    while (length > 0 && line[length - 1] == ' ') {
        length--;
    }
    output_text(box->output, "  ");
    output_text(box->output, box->colour ? paint : "");
    output_bytes(box->output, line, length);
    output_text(box->output, box->colour && paint[0] ? PAINT_PLAIN "\n" : "\n");
}

/* How wide the row is: only the last one may be short. */
static size_t row_columns(const struct box *box, uint64_t row)
{
    uint64_t bits = box->end - row * ROW_BITS;

    return bits < ROW_BITS ? 2 * (size_t)bits + 1 : ROW_COLUMNS;
}

/* The line above a row, or below the last: it closes the cells above and opens those below. */
static void put_border(const struct box *box, uint64_t row, uint64_t rows)
{
    char line[ROW_COLUMNS];

    memset(line, ' ', sizeof line);
    memset(line, '-', row_columns(box, row > 0 ? row - 1 : 0));
    if (row > 0) {
        draw_borders(box, row - 1, line, '+');
    }
    if (row < rows) {
        draw_borders(box, row, line, '+');
    }
    put_line(box, line, "");
}

static void put_names(const struct box *box, uint64_t row)
{
    size_t left, right;

    for (size_t n = row == 0 ? 0 : 1; n < (row == 0 ? LABEL_LINES : 2); n++) {
        char line[ROW_COLUMNS];

        memset(line, ' ', sizeof line);
        for (size_t i = 0; i < box->count; i++) {
            const struct cell *cell = &box->cells[i];

            if (!part_in_row(cell, row, &left, &right)) {
                continue;
            }
            if (cell->bits == 1) {
                line[left + 1] = n < strlen(cell->name) ? cell->name[n] : ' ';
            } else if (n == 1) {
                centre(line, left, right, cell->name);
            } else if (n == 2 && cell->size) {
                centre(line, left, right, cell->size);
            }
        }
        draw_borders(box, row, line, '|');
        put_line(box, line, "");
    }
}

static void put_bits(const struct box *box, uint64_t row)
{
    char line[ROW_COLUMNS];

    memset(line, ' ', sizeof line);
    for (size_t i = 0; i < ROW_BITS && row * ROW_BITS + i < box->end; i++) {
        line[2 * i + 1] = bit_at(box, row * ROW_BITS + i);
    }
    draw_borders(box, row, line, '|');
    put_line(box, line, PAINT_BOLD);
}

/* Each byte in hexadecimal below its eight bits. */
static void draw_bytes(const struct box *box, uint64_t row, char *line, size_t left, size_t right)
{
    for (size_t column = left; column < right; column += 16) {
        size_t at = (size_t)(row * ROW_BITS + column / 2) / 8;
        char digits[3] = "..";

        if (at < box->frame.length) {
            snprintf(digits, sizeof digits, "%02x", box->frame.data[at]);
        }
        memcpy(line + column + 7, digits, 2);
    }
}

static void draw_opcode(const struct box *box, char *line, size_t left, size_t right)
{
    uint8_t opcode = box->frame.data[0] & 0xF;
    const char *name = opcode == FRAME_CONTINUATION ? "cont." : frame_opcode_name(opcode);
    bool reserved = strchr(name, ' ') != NULL;
    char number[8];

    snprintf(number, sizeof number, "0x%x", opcode);
    centre(line, left, right, reserved ? number : name);
}

static void put_meanings(const struct box *box, uint64_t row)
{
    char line[ROW_COLUMNS], number[8];
    size_t left, right;

    memset(line, ' ', sizeof line);
    for (size_t i = 0; i < box->count; i++) {
        const struct cell *cell = &box->cells[i];

        if (!part_in_row(cell, row, &left, &right)) {
            continue;
        }
        if (cell->meaning == MEANING_BYTES) {
            draw_bytes(box, row, line, left, right);
        } else if (cell->meaning == MEANING_OPCODE && box->frame.length > 0) {
            draw_opcode(box, line, left, right);
        } else if (cell->meaning == MEANING_NUMBER && box->frame.length > 1) {
            snprintf(number, sizeof number, "%u", box->frame.data[1] & 0x7FU);
            centre(line, left, right, number);
        }
    }
    draw_borders(box, row, line, '|');
    put_line(box, line, PAINT_BITS);
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static void put_ruler(const struct box *box)
{
    char tens[ROW_COLUMNS], ones[ROW_COLUMNS];

    memset(tens, ' ', sizeof tens);
    memset(ones, ' ', sizeof ones);
    for (size_t i = 0; i < ROW_BITS; i++) {
        tens[2 * i + 1] = i % 10 == 0 ? (char)('0' + i / 10) : ' ';
        ones[2 * i + 1] = (char)('0' + i % 10);
    }
    put_line(box, tens, "");
    put_line(box, ones, "");
}

void header_box_write(struct output *output, struct bytes frame, bool colour)
{
    struct box box = { .output = output, .frame = frame, .colour = colour };

    lay_out(&box);
    uint64_t rows = (box.end + ROW_BITS - 1) / ROW_BITS;

    put_ruler(&box);
    for (uint64_t row = 0; row < rows; row++) {
        put_border(&box, row, rows);
        put_names(&box, row);
        put_bits(&box, row);
        put_meanings(&box, row);
    }
    put_border(&box, rows, rows);
}
