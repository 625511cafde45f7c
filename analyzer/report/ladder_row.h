/* SPDX-License-Identifier: MIT */
#ifndef WS101_LADDER_ROW_H
#define WS101_LADDER_ROW_H

/* ladder_row - what the three forms of a ladder draw: rows, sorted by connection and then as they came.
 * Labels have been through escape. */

#include "ladder.h"

enum ladder_shape {
    LADDER_TITLE,   /* of a connection: its label is "client\0server" */
    LADDER_C2S,     /* an arrow to the right */
    LADDER_S2C,     /* to the left */
    LADDER_BETWEEN, /* words between the two lines */
    LADDER_BREAK,   /* bytes are missing here */
    LADDER_FINDING,
};

struct ladder_row {
    uint64_t connection;
    int64_t time;     /* since the first packet */
    size_t label;     /* where it begins in the ladder's text */
    uint8_t shape;    /* enum ladder_shape */
    uint8_t severity; /* of a finding: enum rule_severity */
    bool strong;      /* a message or a head: more than bookkeeping */
    bool joined_late; /* of a title */
};

struct ladder_rows {
    const struct ladder_row *rows;
    size_t count;
    const char *text;
    uint64_t left_out;
};

static inline const char *ladder_label(const struct ladder_rows *rows, const struct ladder_row *row)
{
    return rows->text + row->label;
}

/* Of a title: the server's address, behind the client's. */
static inline const char *ladder_server(const struct ladder_rows *rows, const struct ladder_row *row)
{
    const char *client = ladder_label(rows, row);

    return client + strlen(client) + 1;
}

void ladder_text(const struct ladder_rows *rows, const struct ladder_setting *setting, struct output *output);
void ladder_svg(const struct ladder_rows *rows, struct output *output);
void ladder_mermaid(const struct ladder_rows *rows, struct output *output);

#endif
