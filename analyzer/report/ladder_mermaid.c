/* SPDX-License-Identifier: MIT */
#include "ladder_row.h"

#include <inttypes.h>

/* Mermaid's sequenceDiagram: two participants per connection, three with a proxy between, a line per row. */

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

static void put_title_of_pair(struct output *output, const struct ladder_rows *rows,
                              const struct ladder_row *row)
{
    const struct ladder_pair *pair = &rows->pairs[row->pair];
    uint64_t id = row->connection;

    output_format(output, "    participant C%" PRIu64 " as client ", id);
    put_text(output, ladder_label(rows, row));
    output_format(output, "\n    participant P%" PRIu64 " as proxy ", id);
    put_text(output, ladder_server(rows, row));
    output_format(output, "\n    participant S%" PRIu64 " as server ", id);
    put_text(output, ladder_back_server(rows, pair));
    output_format(output,
                  "\n    Note over C%" PRIu64 ",S%" PRIu64 ": Connections %" PRIu64 " and %" PRIu64
                  ", taken for the two legs of a proxy: %s\n",
                  id, id, pair->front, pair->back, pair->evidence.text);
}

static void put_title(struct output *output, const struct ladder_rows *rows, const struct ladder_row *row)
{
    if (row->leg == LADDER_FRONT) {
        put_title_of_pair(output, rows, row);
        return;
    }
    output_format(output, "    participant C%" PRIu64 " as client ", row->connection);
    put_text(output, ladder_label(rows, row));
    output_format(output, "\n    participant S%" PRIu64 " as server ", row->connection);
    put_text(output, ladder_server(rows, row));
    output_format(output, "\n    Note over C%" PRIu64 ",S%" PRIu64 ": Connection %" PRIu64 "%s\n",
                  row->connection, row->connection, row->connection, row->joined_late ? ", joined late" : "");
}

static void put_row(struct output *output, const struct ladder_row *row, const char *label)
{
    char client = row->leg == LADDER_BACK ? 'P' : 'C', server = row->leg == LADDER_FRONT ? 'P' : 'S';
    const char *arrow = row->strong ? "->>" : "-->>";
    uint64_t id = row->connection;

    if (row->shape == LADDER_C2S) {
        output_format(output, "    %c%" PRIu64 "%s%c%" PRIu64 ": ", client, id, arrow, server, id);
    } else if (row->shape == LADDER_S2C) {
        output_format(output, "    %c%" PRIu64 "%s%c%" PRIu64 ": ", server, id, arrow, client, id);
    } else {
        output_format(output, "    Note over %c%" PRIu64 ",%c%" PRIu64 ": ", client, id, server, id);
    }
    put_text(output, label);
    output_character(output, '\n');
}

void ladder_mermaid(const struct ladder_rows *rows, struct output *output)
{
    output_text(output, "sequenceDiagram\n");
    for (size_t i = 0; i < rows->count; i++) {
        const struct ladder_row *row = &rows->rows[i];

        if (row->shape == LADDER_TITLE && row->leg == LADDER_BACK) {
            continue; /* it stands in the front's */
        }
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
