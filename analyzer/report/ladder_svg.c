/* SPDX-License-Identifier: MIT */
#include "ladder_row.h"

#include <inttypes.h>

#include "escape.h"

/* SVG 1.1, by itself: no font, script or picture from elsewhere; light or dark as the reader's screen is. */

#define WIDTH        900
#define CLIENT_X     110
#define SERVER_X     860
#define PROXY_X      ((CLIENT_X + SERVER_X) / 2)
#define ROW_HEIGHT   26
#define TITLE_HEIGHT 64
#define COLUMNS      100 /* of a label that fit between the lines */
#define LEG_COLUMNS  46  /* and on one side of a proxy's */

static const char style[] =
    "<style>"
    "svg{color:#1b1f24;background:#fff;font:13px ui-monospace,monospace}"
    "text{fill:currentColor}line,path{stroke:currentColor;fill:none}"
    ".h{font-weight:bold}.t,.w{opacity:.65}.c{color:#0b7285}.s{color:#862e9c}"
    ".m0{color:#c92a2a}.m1{color:#a05a00}.m2{color:#1864ab}.b{stroke-dasharray:2 5}"
    "@media(prefers-color-scheme:dark){svg{color:#e6e6e6;background:#16191d}"
    ".c{color:#66d9e8}.s{color:#e599f7}.m0{color:#ff8787}.m1{color:#ffc078}.m2{color:#74c0fc}}"
    "</style>\n";

static void put_xml(struct output *output, const char *text, size_t length)
{
    switch (*text) {
    case '&':
        output_text(output, "&amp;");
        break;
    case '<':
        output_text(output, "&lt;");
        break;
    case '>':
        output_text(output, "&gt;");
        break;
    default:
        output_bytes(output, text, length);
    }
}

/* Text of XML (its section 2.4), at most so many columns of it. */
static void put_text(struct output *output, const char *text, size_t columns)
{
    struct bytes view = bytes_of_text(text);
    struct escape_unit unit;
    unsigned marks = 0;
    size_t used = 0;

    while (escape_next(&view, false, &marks, &unit)) {
        used += unit.columns;
        if (used > columns) {
            output_text(output, "...");
            return;
        }
        put_xml(output, unit.text, unit.length);
    }
}

/* The lines that a row stands between. */
struct lanes {
    int client, server;
    size_t columns; /* of a label */
};

static struct lanes lanes_of(const struct ladder_row *row)
{
    static const struct lanes lanes[] = {
        [LADDER_ALONE] = { CLIENT_X, SERVER_X, COLUMNS },
        [LADDER_FRONT] = { CLIENT_X, PROXY_X, LEG_COLUMNS },
        [LADDER_BACK] = { PROXY_X, SERVER_X, LEG_COLUMNS },
    };

    return lanes[row->leg];
}

static void put_label(struct output *output, const char *anchor, int x, uint64_t y, const char *label,
                      size_t columns)
{
    output_format(output, "<text x=\"%d\" y=\"%" PRIu64 "\" text-anchor=\"%s\">", x, y, anchor);
    put_text(output, label, columns);
    output_text(output, "</text>");
}

static void put_time(struct output *output, const struct ladder_row *row, uint64_t y)
{
    output_format(output, "<text class=\"t\" x=\"%d\" y=\"%" PRIu64 "\" text-anchor=\"end\">", CLIENT_X - 10,
                  y + 4);
    output_seconds(output, row->time, 6);
    output_text(output, "</text>");
}

static void put_arrow(struct output *output, struct lanes lanes, bool right, uint64_t y)
{
    int from = right ? lanes.client : lanes.server, to = right ? lanes.server : lanes.client,
        back = right ? -9 : 9;

    output_format(output, "<line x1=\"%d\" y1=\"%" PRIu64 "\" x2=\"%d\" y2=\"%" PRIu64 "\"/>", from, y, to,
                  y);
    output_format(output, "<path d=\"M%d %" PRIu64 "l%d -4v8z\" style=\"fill:currentColor\"/>", to, y, back);
}

static void put_break(struct output *output, struct lanes lanes, uint64_t y)
{
    output_format(output, "<line class=\"b\" x1=\"%d\" y1=\"%" PRIu64 "\" x2=\"%d\" y2=\"%" PRIu64 "\"/>",
                  lanes.client, y + 4, lanes.server, y + 4);
}

static void put_row(struct output *output, const struct ladder_row *row, const char *label, uint64_t y)
{
    bool right = row->shape == LADDER_C2S, arrow = right || row->shape == LADDER_S2C;
    struct lanes lanes = lanes_of(row);

    put_time(output, row, y);
    if (row->shape == LADDER_FINDING) {
        output_format(output, "<g class=\"m%u\">", row->severity);
    } else {
        output_format(output, "<g class=\"%s\">", right ? "c" : arrow ? "s" : "h");
    }
    output_text(output, "<title>");
    put_text(output, label, ESCAPE_ALL);
    output_text(output, "</title>");
    if (arrow) {
        put_arrow(output, lanes, right, y);
        put_label(output, right ? "start" : "end", right ? lanes.client + 8 : lanes.server - 8, y - 4, label,
                  lanes.columns);
    } else {
        put_label(output, "middle", (lanes.client + lanes.server) / 2, y, label, lanes.columns);
    }
    if (row->shape == LADDER_BREAK) {
        put_break(output, lanes, y);
    }
    output_text(output, "</g>\n");
}

static void put_side(struct output *output, const char *anchor, int x, uint64_t y, const char *side,
                     const char *address)
{
    output_format(output, "<text x=\"%d\" y=\"%" PRIu64 "\" text-anchor=\"%s\">%s ", x, y, anchor, side);
    put_text(output, address, LEG_COLUMNS);
    output_text(output, "</text>");
}

static void put_name(struct output *output, const struct ladder_rows *rows, const struct ladder_row *row,
                     uint64_t y)
{
    const struct ladder_pair *pair = &rows->pairs[row->pair];

    output_format(output, "<text x=\"10\" y=\"%" PRIu64 "\">", y);
    if (row->leg == LADDER_FRONT) {
        output_format(output,
                      "Connections %" PRIu64 " and %" PRIu64 ", taken for the two legs of a proxy: %s",
                      pair->front, pair->back, pair->evidence.text);
    } else {
        output_format(output, "Connection %" PRIu64 "%s", row->connection,
                      row->joined_late ? ", joined late" : "");
    }
    output_text(output, "</text>");
}

static void put_line(struct output *output, int x, uint64_t from, uint64_t to)
{
    output_format(output, "M%d %" PRIu64 "V%" PRIu64, x, from, to);
}

/* The connection's name, the sides, and their lines down to the bottom. */
static void put_title(struct output *output, const struct ladder_rows *rows, const struct ladder_row *row,
                      uint64_t y, uint64_t bottom)
{
    const struct ladder_pair *pair = row->leg == LADDER_FRONT ? &rows->pairs[row->pair] : NULL;
    const char *server = ladder_server(rows, row);

    output_text(output, "<g class=\"h\">");
    put_name(output, rows, row, y + 18);
    put_side(output, "start", CLIENT_X, y + 40, "client", ladder_label(rows, row));
    if (pair) {
        put_side(output, "middle", PROXY_X, y + 40, "proxy", server);
    }
    put_side(output, "end", SERVER_X, y + 40, "server", pair ? ladder_back_server(rows, pair) : server);
    output_text(output, "</g><path class=\"w\" d=\"");
    put_line(output, CLIENT_X, y + 46, bottom);
    if (pair) {
        put_line(output, PROXY_X, y + 46, bottom);
    }
    put_line(output, SERVER_X, y + 46, bottom);
    output_text(output, "\"/>\n");
}

/* The back leg's title stands in the front's. */
static bool is_hidden(const struct ladder_row *row)
{
    return row->shape == LADDER_TITLE && row->leg == LADDER_BACK;
}

static bool is_title(const struct ladder_row *row)
{
    return row->shape == LADDER_TITLE && row->leg != LADDER_BACK;
}

static uint64_t height_of(const struct ladder_row *row)
{
    return is_hidden(row) ? 0 : is_title(row) ? TITLE_HEIGHT : ROW_HEIGHT;
}

/* Where the connection of that title ends. */
static uint64_t bottom_of(const struct ladder_rows *rows, size_t title, uint64_t y)
{
    y += TITLE_HEIGHT;
    for (size_t i = title + 1; i < rows->count && !is_title(&rows->rows[i]); i++) {
        y += height_of(&rows->rows[i]);
    }
    return y;
}

void ladder_svg(const struct ladder_rows *rows, struct output *output)
{
    uint64_t height = 2 * ROW_HEIGHT, y = 0;

    for (size_t i = 0; i < rows->count; i++) {
        height += height_of(&rows->rows[i]);
    }
    output_format(output,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%" PRIu64
                  "\" viewBox=\"0 0 %d %" PRIu64 "\">\n",
                  WIDTH, height, WIDTH, height);
    output_text(output, style);
    for (size_t i = 0; i < rows->count; y += height_of(&rows->rows[i++])) {
        const struct ladder_row *row = &rows->rows[i];

        if (is_title(row)) {
            put_title(output, rows, row, y, bottom_of(rows, i, y));
        } else if (!is_hidden(row)) {
            put_row(output, row, ladder_label(rows, row), y + ROW_HEIGHT / 2);
        }
    }
    if (rows->left_out > 0) {
        output_format(output, "<text x=\"10\" y=\"%" PRIu64 "\">%" PRIu64 " rows more are left out</text>\n",
                      y + ROW_HEIGHT, rows->left_out);
    }
    output_text(output, "</svg>\n");
}
