/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

#define SIDE_BY_SIDE 72
#define TALL         36             /* rows from which on every header field is shown */
#define VALUE_ROWS   4              /* of a value, at most */

/* Rows are numbered from the top of the whole page; those outside the area are left out. */
struct page {
    struct canvas *canvas;
    struct area area;
    int top;                    /* the page's row at the area's top */
    int row;                    /* the next one */
};

/* The row's place on the canvas, or -1 when it is not in view. */
static int place_of(const struct page *page, int row)
{
    int y = row - page->top;

    return y >= 0 && y < page->area.height ? page->area.y + y : -1;
}

static void write_text(struct page *page, int x, int row, int columns, enum style style, const char *text)
{
    canvas_text(page->canvas, page->area.x + x, place_of(page, row), columns, style, text);
}

static void write_bytes(struct page *page, int x, int row, int columns, enum style style, struct bytes text)
{
    canvas_bytes(page->canvas, page->area.x + x, place_of(page, row), columns, style, text);
}

/* --- the heads ------------------------------------------------------------------------------------- */

static bool is_of_handshake(struct bytes name)
{
    static const char prefix[] = "sec-websocket-";
    struct bytes start = bytes_first(name, sizeof prefix - 1);

    return http_same_text(start, prefix) || http_same_text(name, "upgrade") ||
           http_same_text(name, "connection") ||
           http_same_text(name, "host") || http_same_text(name, "origin");
}

/* Over a few rows where one is not enough; returns how many. */
static int write_wrapped(struct page *page, int x, int row, int columns, enum style style, struct bytes text)
{
    int from = row;

    for (; row - from + 1 < VALUE_ROWS && text.length > 0; row++) {
        write_bytes(page, x, row, columns, style, canvas_row(page->canvas, &text, columns));
    }
    if (text.length > 0) {
        write_bytes(page, x, row++, columns, style, text);
    }
    return row - from;
}

/* On one row: the values that the handshake is about come again below, whole. */
static void write_field(struct page *page, int x, int row, int columns, const struct http_field *field)
{
    bool about = is_of_handshake(field->name);
    int y = place_of(page, row), at = page->area.x + x;
    int used = canvas_bytes(page->canvas, at, y, columns, about ? STYLE_NAME : STYLE_DIM, field->name);

    used += canvas_text(page->canvas, at + used, y, columns - used, STYLE_DIM, ": ");
    canvas_bytes(page->canvas, at + used, y, columns - used, about ? STYLE_PLAIN : STYLE_DIM, field->value);
}

/* The first line; the fields that the handshake is about; the others, where there is room for everything.
 * Returns the rows. */
static int write_head(struct page *page, int x, int row, int columns, const struct http_head *head,
                      enum style style)
{
    bool all = page->area.height >= TALL;
    size_t end = 0, left_out = 0;
    int from = row;

    if (head == NULL) {
        write_text(page, x, row, columns, STYLE_DIM, "not captured, or never sent");
        return 1;
    }
    while (end < head->raw.length && head->raw.data[end] != '\r' && head->raw.data[end] != '\n') {
        end++;
    }
    row += write_wrapped(page, x, row, columns, style, bytes_first(head->raw, end));
    for (size_t i = 0; i < head->field_count; i++) {
        if (all || is_of_handshake(head->fields[i].name)) {
            write_field(page, x, row++, columns, &head->fields[i]);
        } else {
            left_out++;
        }
    }
    if (left_out > 0) {
        char text[80];

        snprintf(text, sizeof text, "and %zu field%s that the handshake does not use", left_out,
                 left_out == 1 ? "" : "s");
        write_text(page, x, row++, columns, STYLE_DIM, text);
    }
    return row - from;
}

static void write_heads(struct page *page, const struct handshake *handshake)
{
    int width = page->area.width, half = width / 2;

    if (width >= SIDE_BY_SIDE) {
        int left = write_head(page, 1, page->row, half - 2, handshake->request, STYLE_C2S);
        int right = write_head(page, half + 1, page->row, width - half - 2, handshake->response, STYLE_S2C);
        int rows = left > right ? left : right;

        for (int i = 0; i < rows; i++) {
            write_text(page, half - 1, page->row + i, 1, STYLE_DIM,
                       canvas_glyph(page->canvas, GLYPH_VERTICAL));
        }
        page->row += rows + 1;
    } else {
        page->row += write_head(page, 1, page->row, width - 2, handshake->request, STYLE_C2S) + 1;
        page->row += write_head(page, 1, page->row, width - 2, handshake->response, STYLE_S2C) + 1;
    }
}

/* --- the sum --------------------------------------------------------------------------------------- */

#define LABEL_WIDTH 12

static void write_step(struct page *page, const char *label, enum style style, struct bytes value)
{
    write_text(page, 1, page->row, LABEL_WIDTH, STYLE_DIM, label);
    page->row += write_wrapped(page, 1 + LABEL_WIDTH, page->row, page->area.width - LABEL_WIDTH - 2, style,
                               value);
}

static void write_verdict(struct page *page, const struct handshake *handshake)
{
    bool equal = bytes_equal(handshake->accept, bytes_of_text(handshake->accept_expected));
    int x = 1 + LABEL_WIDTH + HANDSHAKE_ACCEPT_LENGTH + 2;
    bool beside = page->area.width >= SIDE_BY_SIDE;
    char text[80];

    snprintf(text, sizeof text, "%s %s", canvas_glyph(page->canvas, equal ? GLYPH_CHECK : GLYPH_CROSS),
             equal ? "equal: the server has read this key" : "not equal: a client must fail the connection");
    x = beside ? x : 1 + LABEL_WIDTH;
    write_text(page, x, beside ? page->row - 1 : page->row++, page->area.width - x,
               equal ? STYLE_GOOD : STYLE_BAD, text);
}

static void write_sum(struct page *page, const struct handshake *handshake)
{
    struct handshake_sum sum;
    char hex[3 * HANDSHAKE_SHA1_LENGTH + 1];

    write_text(page, 1, page->row++, page->area.width, STYLE_NAME, 
               "Sec-WebSocket-Accept, worked out (RFC 6455 1.3)");
    if (handshake->key.length == 0) {
        write_text(page, 1, page->row++, page->area.width, STYLE_DIM, "There is no key to work with.");
        return;
    }
    handshake_sum(handshake->key, &sum);
    for (size_t i = 0; i < HANDSHAKE_SHA1_LENGTH; i++) {
        snprintf(hex + i * 3, 4, "%02x ", sum.sha1[i]);
    }
    write_step(page, "key", STYLE_C2S, handshake->key);
    write_step(page, "+ GUID", STYLE_PLAIN, bytes_of_text(HANDSHAKE_GUID));
    write_step(page, "SHA-1", STYLE_PLAIN, bytes_of_text(hex));
    write_step(page, "in base64", STYLE_GOOD, bytes_of_text(sum.accept));
    if (handshake->accept.length > 0) {
        write_step(page, "was sent", STYLE_S2C, handshake->accept);
        write_verdict(page, handshake);
    } else if (handshake->response) {
        write_step(page, "was sent", STYLE_DIM, bytes_of_text("none"));
    }
}

/* --- offered and chosen ---------------------------------------------------------------------------- */

static struct bytes value_of(const struct http_head *head, const char *name)
{
    const struct http_field *field = head ? http_find(head, name, 0) : NULL;

    return field ? field->value : bytes_of(NULL, 0);
}

static void write_choice(struct page *page, const char *label, const char *name,
                         const struct handshake *handshake)
{
    struct bytes offered = value_of(handshake->request, name), chosen = value_of(handshake->response, name);
    struct bytes none = bytes_of_text("none");

    if (offered.length == 0 && chosen.length == 0) {
        return;
    }
    write_text(page, 1, page->row++, page->area.width, STYLE_NAME, label);
    write_step(page, "offered", offered.length ? STYLE_C2S : STYLE_DIM, offered.length ? offered : none);
    write_step(page, "chosen", chosen.length ? STYLE_S2C : STYLE_DIM, chosen.length ? chosen : none);
}

static void write_deflate(struct page *page, const struct handshake_deflate *deflate)
{
    char text[120];

    if (!deflate->agreed) {
        return;
    }
    for (int direction = C2S; direction <= S2C; direction++) {
        snprintf(text, sizeof text, "window 2^%u bytes, %s", deflate->window_bits[direction],
                 deflate->no_context_takeover[direction] ? "emptied before each message"
                                                         : "kept from message to message");
        write_step(page, direction == C2S ? "client" : "server", STYLE_PLAIN, bytes_of_text(text));
    }
}

static void write_findings(struct page *page, const struct event *event)
{
    static const enum style styles[] = { STYLE_BAD, STYLE_WARNING, STYLE_DIM };
    struct finding finding;
    unsigned next = 0;

    while (rules_next(event, &next, &finding)) {
        char text[200];
        enum style style = styles[finding.rule->severity];

        snprintf(text, sizeof text, "%s  %s, %s: %s", finding.rule->section,
                 rules_severity_name(finding.rule->severity), rules_side_name(finding.side),
                 finding.rule->id);
        page->row++;
        write_text(page, 1, page->row++, page->area.width - 2, style, text);
        page->row += write_wrapped(page, 3, page->row, page->area.width - 4, STYLE_PLAIN,
                                   bytes_of_text(finding.rule->text));
        page->row += write_wrapped(page, 3, page->row, page->area.width - 4, STYLE_GOOD,
                                   bytes_of_text(finding.rule->instead));
    }
}

static void write_page(struct page *page, const struct event *event)
{
    const struct handshake *handshake = event->handshake;
    bool good = handshake->verdict == HANDSHAKE_ACCEPTED;
    char text[80];

    snprintf(text, sizeof text, "Handshake of connection %" PRIu64 ": %s", event->connection->id,
             event_verdict_name(handshake->verdict));
    write_text(page, 1, page->row, page->area.width - 1, good ? STYLE_GOOD : STYLE_BAD, text);
    page->row += 2;
    write_heads(page, handshake);
    write_sum(page, handshake);
    page->row++;
    write_choice(page, "Subprotocol", "Sec-WebSocket-Protocol", handshake);
    write_choice(page, "Extensions", "Sec-WebSocket-Extensions", handshake);
    write_deflate(page, &handshake->deflate);
    write_findings(page, event);
}

void handshake_open(struct viewer *viewer, uint64_t connection)
{
    viewer->handshake = (struct handshake_screen){ .connection = connection };
    viewer_open(viewer, SCREEN_HANDSHAKE);
}

/* The page is scrolled no further than its last row. */
void handshake_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    const struct store_connection *row = store_connection(viewer->store, viewer->handshake.connection);
    struct scrolled *scrolled = &viewer->handshake.page;
    struct page page = { .canvas = canvas, .area = area, .top = scrolled->top };
    struct store_event rebuilt;

    if (row == NULL || row->handshake_record == 0) {
        viewer_empty(canvas, area, row && row->connection.guessed
                                       ? "Joined late: this connection's handshake was not captured."
                                       : "This connection has no WebSocket handshake.");
        return;
    }
    if (!store_get(viewer->store, row->handshake_record, &rebuilt)) {
        viewer_empty(canvas, area, "The handshake is gone: newer events needed its place.");
        return;
    }
    write_page(&page, &rebuilt.event);
    if (viewer_scroll_back(canvas, area, &scrolled->top, page.row)) {
        page = (struct page){ .canvas = canvas, .area = area, .top = scrolled->top };
        write_page(&page, &rebuilt.event);
    }
}
