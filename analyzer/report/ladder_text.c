/* SPDX-License-Identifier: MIT */
#include "ladder_row.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/rules.h"
#include "escape.h"
#include "paint.h"

#define TIME_COLUMNS 13 /* before the client's line */
#define LEAST_SPAN   24 /* between the two lines */

/* With a proxy's line in between. */
#define FRONT_SPAN(span) (((span)-1) / 2)
#define BACK_SPAN(span)  ((span)-1 - FRONT_SPAN(span))

/* What lines are made of. */
struct pen {
    const char *rung, *rail, *broken, *right, *left;
};

static const struct pen pens[] = {
    { "-", "|", ":", ">", "<" },
    { "\xE2\x94\x80", "\xE2\x94\x82", "\xE2\x94\x8A", "\xE2\x96\xB6", "\xE2\x97\x80" },
};

struct canvas {
    struct output *output;
    const struct ladder_setting *setting;
    const struct pen *pen;
    size_t span; /* columns between the two lines */
};

static void paint(const struct canvas *canvas, const char *colour)
{
    output_text(canvas->output, canvas->setting->colour ? colour : "");
}

static void repeat(const struct canvas *canvas, const char *mark, size_t n)
{
    while (n-- > 0) {
        output_text(canvas->output, mark);
    }
}

/* How many columns the label takes, at most most of them. */
static size_t label_columns(const char *label, size_t most, bool ascii)
{
    struct bytes view = bytes_of_text(label);
    struct escape_unit unit;
    unsigned marks = 0;
    size_t columns = 0;

    while (escape_next(&view, ascii, &marks, &unit)) {
        if (columns + unit.columns > most) {
            break;
        }
        columns += unit.columns;
    }
    return columns;
}

/* The label, cut with dots where it is too long for so many columns. Returns those used. */
static size_t put_label(const struct canvas *canvas, const char *label, size_t most)
{
    struct bytes view = bytes_of_text(label);
    bool fits = label_columns(label, SIZE_MAX / 2, canvas->output->ascii) <= most;
    size_t used = escape_write(canvas->output, &view, fits ? most : most - 3);

    output_text(canvas->output, fits ? "" : "...");
    return used + (fits ? 0 : 3);
}

static size_t columns_of(const struct canvas *canvas, const char *label, size_t most)
{
    size_t columns = label_columns(label, SIZE_MAX / 2, canvas->output->ascii);

    return columns <= most ? columns : most;
}

/* --- rows ----------------------------------------------------------------------------------------------- */

static void put_time(const struct canvas *canvas, const struct ladder_row *row)
{
    uint64_t size = row->time < 0 ? -(uint64_t)row->time : (uint64_t)row->time;
    char time[32];

    snprintf(time, sizeof time, "%s%" PRIu64 ".%06" PRIu64, row->time < 0 ? "-" : "", size / 1000000000,
             size % 1000000000 / 1000);
    paint(canvas, PAINT_DIM);
    output_format(canvas->output, "%*s ", TIME_COLUMNS - 1, time);
    paint(canvas, PAINT_PLAIN);
}

/* "-- label ------->" or "<------- label --". */
static void put_arrow(const struct canvas *canvas, const char *label, bool right, bool strong)
{
    size_t most = canvas->span - 8, rest = most - columns_of(canvas, label, most);

    paint(canvas, right ? PAINT_C2S : PAINT_S2C);
    if (right) {
        repeat(canvas, canvas->pen->rung, 2);
    } else {
        output_text(canvas->output, canvas->pen->left);
        repeat(canvas, canvas->pen->rung, rest + 2);
    }
    output_character(canvas->output, ' ');
    paint(canvas, PAINT_PLAIN);
    paint(canvas, strong ? "" : PAINT_DIM);
    put_label(canvas, label, most);
    paint(canvas, PAINT_PLAIN);
    paint(canvas, right ? PAINT_C2S : PAINT_S2C);
    output_character(canvas->output, ' ');
    repeat(canvas, canvas->pen->rung, right ? rest + 3 : 3);
    output_text(canvas->output, right ? canvas->pen->right : "");
    paint(canvas, PAINT_PLAIN);
}

/* Words in the middle, with that mark on either side up to the lines. */
static void put_middle(const struct canvas *canvas, const char *label, const char *mark, const char *colour)
{
    size_t most = canvas->span - 4, rest = canvas->span - 2 - columns_of(canvas, label, most);

    paint(canvas, colour);
    repeat(canvas, mark, rest / 2);
    output_character(canvas->output, ' ');
    put_label(canvas, label, most);
    output_character(canvas->output, ' ');
    repeat(canvas, mark, rest - rest / 2);
    paint(canvas, PAINT_PLAIN);
}

/* What stands between two lines. */
static void put_content(const struct canvas *canvas, const struct ladder_row *row, const char *label)
{
    switch ((enum ladder_shape)row->shape) {
    case LADDER_C2S:
    case LADDER_S2C:
        put_arrow(canvas, label, row->shape == LADDER_C2S, row->strong);
        break;
    case LADDER_BREAK:
        put_middle(canvas, label, "~", PAINT_BOLD);
        break;
    case LADDER_FINDING:
        put_middle(canvas, label, "!", paint_severity((enum rule_severity)row->severity));
        break;
    default:
        put_middle(canvas, label, " ", PAINT_BOLD);
    }
}

/* One of the two spaces beside a proxy's line, the row in its own, the other left blank. */
static void put_leg(const struct canvas *canvas, const struct ladder_row *row, const char *label,
                    enum ladder_leg leg)
{
    struct canvas half = *canvas;

    half.span = leg == LADDER_FRONT ? FRONT_SPAN(canvas->span) : BACK_SPAN(canvas->span);
    if (row->leg == leg) {
        put_content(&half, row, label);
    } else {
        output_spaces(canvas->output, half.span);
    }
}

static void put_row(const struct canvas *canvas, const struct ladder_row *row, const char *label)
{
    const char *rail = row->shape == LADDER_BREAK ? canvas->pen->broken : canvas->pen->rail;

    put_time(canvas, row);
    output_text(canvas->output, rail);
    if (row->leg == LADDER_ALONE) {
        put_content(canvas, row, label);
    } else {
        put_leg(canvas, row, label, LADDER_FRONT);
        output_text(canvas->output, canvas->pen->rail);
        put_leg(canvas, row, label, LADDER_BACK);
    }
    output_text(canvas->output, rail);
    output_character(canvas->output, '\n');
}

/* Two texts, one that begins above the client's line, one that ends above the server's. */
static void put_ends(const struct canvas *canvas, const char *left, const char *right)
{
    size_t used = strlen(left) + strlen(right), width = canvas->span + 2;

    output_spaces(canvas->output, TIME_COLUMNS);
    output_text(canvas->output, left);
    output_spaces(canvas->output, used < width ? width - used : 1);
    output_text(canvas->output, right);
    output_character(canvas->output, '\n');
}

/* The same with a third in between, above the proxy's line. */
static void put_three(const struct canvas *canvas, const char *left, const char *middle, const char *right)
{
    size_t line = FRONT_SPAN(canvas->span) + 1, half = strlen(middle) / 2;
    size_t before = line > half + strlen(left) ? line - half - strlen(left) : 1;
    size_t used = strlen(left) + before + strlen(middle) + strlen(right), width = canvas->span + 2;

    output_spaces(canvas->output, TIME_COLUMNS);
    output_text(canvas->output, left);
    output_spaces(canvas->output, before);
    output_text(canvas->output, middle);
    output_spaces(canvas->output, used < width ? width - used : 1);
    output_text(canvas->output, right);
    output_character(canvas->output, '\n');
}

static void put_title_of_pair(const struct canvas *canvas, const struct ladder_rows *rows,
                              const struct ladder_row *row)
{
    const struct ladder_pair *pair = &rows->pairs[row->pair];

    paint(canvas, PAINT_BOLD);
    output_format(canvas->output,
                  "Connections %" PRIu64 " and %" PRIu64 ", taken for the two legs of a proxy:\n",
                  pair->front, pair->back);
    paint(canvas, PAINT_PLAIN);
    output_format(canvas->output, "%s\n", pair->evidence.text);
    paint(canvas, PAINT_BOLD);
    put_three(canvas, "client", "proxy", "server");
    paint(canvas, PAINT_PLAIN);
    put_three(canvas, ladder_label(rows, row), ladder_server(rows, row), ladder_back_server(rows, pair));
}

static void put_title(const struct canvas *canvas, const struct ladder_rows *rows,
                      const struct ladder_row *row)
{
    if (row != rows->rows) {
        output_character(canvas->output, '\n');
    }
    if (row->leg == LADDER_FRONT) {
        put_title_of_pair(canvas, rows, row);
        return;
    }
    paint(canvas, PAINT_BOLD);
    output_format(canvas->output, "Connection %" PRIu64 "%s\n", row->connection,
                  row->joined_late ? ", joined late: its beginning was not captured" : "");
    put_ends(canvas, "client", "server");
    paint(canvas, PAINT_PLAIN);
    put_ends(canvas, ladder_label(rows, row), ladder_server(rows, row));
}

void ladder_text(const struct ladder_rows *rows, const struct ladder_setting *setting, struct output *output)
{
    size_t least = TIME_COLUMNS + 2 + LEAST_SPAN;
    struct canvas canvas = {
        .output = output,
        .setting = setting,
        .pen = &pens[setting->arrows],
        .span = (setting->columns > least ? setting->columns : least) - TIME_COLUMNS - 2,
    };

    for (size_t i = 0; i < rows->count; i++) {
        const struct ladder_row *row = &rows->rows[i];

        if (row->shape == LADDER_TITLE && row->leg == LADDER_BACK) {
            continue; /* it stands in the front's */
        }
        if (row->shape == LADDER_TITLE) {
            put_title(&canvas, rows, row);
        } else {
            put_row(&canvas, row, ladder_label(rows, row));
        }
    }
    if (rows->left_out > 0) {
        output_format(output, "%" PRIu64 " rows more are left out\n", rows->left_out);
    }
}
