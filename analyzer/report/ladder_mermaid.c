/* SPDX-License-Identifier: MIT */
#include "ladder_row.h"

#include <inttypes.h>

/* Mermaid's sequenceDiagram: two participants per connection, a line per row. */

/* A line ends at a semicolon there, and entities are written with a number sign: both go by number. */
static void put_text(struct output *output, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("#;<>&%", *text)) {
            output_format(output, "#%d;", *text);
        } else {
            output_character(output, *text);
        }
    }
}

static void put_title(struct output *output, const struct ladder_rows *rows, const struct ladder_row *row)
{
    output_format(output, "    participant C%" PRIu64 " as client ", row->connection);
    put_text(output, ladder_label(rows, row));
    output_format(output, "\n    participant S%" PRIu64 " as server ", row->connection);
    put_text(output, ladder_server(rows, row));
    output_format(output, "\n    Note over C%" PRIu64 ",S%" PRIu64 ": Connection %" PRIu64 "%s\n",
                  row->connection, row->connection, row->connection, row->joined_late ? ", joined late" : "");
}

static void put_row(struct output *output, const struct ladder_row *row, const char *label)
{
    uint64_t id = row->connection;

    if (row->shape == LADDER_C2S) {
        output_format(output, "    C%" PRIu64 "%sS%" PRIu64 ": ", id, row->strong ? "->>" : "-->>", id);
    } else if (row->shape == LADDER_S2C) {
        output_format(output, "    S%" PRIu64 "%sC%" PRIu64 ": ", id, row->strong ? "->>" : "-->>", id);
    } else {
        output_format(output, "    Note over C%" PRIu64 ",S%" PRIu64 ": ", id, id);
    }
    put_text(output, label);
    output_character(output, '\n');
}

void ladder_mermaid(const struct ladder_rows *rows, struct output *output)
{
    output_text(output, "sequenceDiagram\n");
    for (size_t i = 0; i < rows->count; i++) {
        const struct ladder_row *row = &rows->rows[i];

        if (row->shape == LADDER_TITLE) {
            put_title(output, rows, row);
        } else {
            put_row(output, row, ladder_label(rows, row));
        }
    }
    if (rows->left_out > 0) {
        output_format(output, "    %%%% %" PRIu64 " rows more are left out\n", rows->left_out);
    }
}
