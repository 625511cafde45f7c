/* SPDX-License-Identifier: MIT */
#ifndef WS101_LADDER_ROW_H
#define WS101_LADDER_ROW_H

/* ladder_row - what the three forms of a ladder draw: rows, sorted by connection and then as they came.
 * Labels have been through escape. */

#include "ladder.h"
#include "ladder_label.h"

/* Of two connections with a proxy between: client to proxy, proxy to server. */
enum ladder_leg { LADDER_ALONE, LADDER_FRONT, LADDER_BACK };

struct ladder_row {
    uint64_t connection; /* of a leg: the front's, so that both stand together */
    int64_t time;        /* since the first packet */
    size_t label;        /* where it begins in the ladder's text */
    uint8_t shape;       /* enum ladder_shape */
    uint8_t severity;    /* of a finding: enum rule_severity */
    bool strong;         /* a message or a head: more than bookkeeping */
    bool joined_late;    /* of a title */
    uint8_t leg;         /* enum ladder_leg */
    uint32_t digest;     /* of what may cross a proxy; or 0 */
    uint32_t pair;       /* of a leg: which of the pairs */
};

/* A proxy between: three lines instead of two. */
struct ladder_pair {
    uint64_t front, back;  /* connections */
    size_t back_title;     /* the back leg's title's label */
    struct label evidence; /* why they are taken for one */
};

struct ladder_rows {
    const struct ladder_row *rows;
    size_t count;
    const char *text;
    uint64_t left_out;
    const struct ladder_pair *pairs;
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

/* The back leg's server's address. */
static inline const char *ladder_back_server(const struct ladder_rows *rows, const struct ladder_pair *pair)
{
    const char *proxy = rows->text + pair->back_title;

    return proxy + strlen(proxy) + 1;
}

void ladder_text(const struct ladder_rows *rows, const struct ladder_setting *setting, struct output *output);
void ladder_svg(const struct ladder_rows *rows, struct output *output);
void ladder_mermaid(const struct ladder_rows *rows, struct output *output);

#endif
