/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <stdio.h>

#include "report/address.h"
#include "units.h"

#define TIME_WIDTH 12
#define LANE_LEAST 20

static const unsigned zoom_kinds[LAYERS] = {
    [LAYER_TCP] = (EVENT_ALL_BUT_SEGMENTS | EVENT_BIT(EVENT_SEGMENT)) & ~EVENT_BIT(EVENT_CONNECTION),
    [LAYER_HTTP] = EVENT_ALL_BUT_SEGMENTS & ~EVENT_BIT(EVENT_CONNECTION),
    [LAYER_WEBSOCKET] = EVENT_BIT(EVENT_HANDSHAKE) | EVENT_BIT(EVENT_FRAME) | EVENT_BIT(EVENT_MESSAGE),
};

static void restart(struct viewer *viewer, uint64_t connection)
{
    const struct criteria criteria = {
        .connection = connection,
        .kinds = zoom_kinds[viewer->ladder.zoom],
        .opcodes = 1U << FRAME_CLOSE | 1U << FRAME_PING | 1U << FRAME_PONG,
        .filter = viewer->filter,
    };
    struct listing *listing = &viewer->ladder.listing;

    listing_start(listing, &criteria, viewer->store, viewer->ladder.place.id);
    for (int i = 0; i < 64 && listing->count < (size_t)viewer->height * 2; i++) {
        listing_work(listing, viewer->store, 64);
    }
}

void ladder_restart(struct viewer *viewer)
{
    restart(viewer, viewer->ladder.listing.criteria.connection);
}

void ladder_open(struct viewer *viewer, uint64_t connection)
{
    viewer->ladder.place = (struct place){ .id = viewer->messages.place.id };
    restart(viewer, connection);
}

static size_t index_of(struct viewer *viewer)
{
    struct ladder_screen *screen = &viewer->ladder;
    size_t count = screen->listing.count, index = listing_find(&screen->listing, screen->place.id);

    if (count == 0) {
        return 0;
    }
    index = index < count ? index : count - 1;
    screen->place.id = listing_id(&screen->listing, index);
    return index;
}

static struct area rows_area(const struct viewer *viewer)
{
    struct area area = viewer_area(viewer);

    area.y++;
    area.height -= area.height > 0;
    return area;
}

void ladder_act(struct viewer *viewer, enum action action, struct key key)
{
    struct ladder_screen *screen = &viewer->ladder;
    uint64_t connection = screen->listing.criteria.connection;
    size_t index = index_of(viewer);

    (void)key;
    if (action == ACTION_ZOOM) {
        screen->zoom = (enum ladder_layer)((screen->zoom + 1) % LAYERS);
        ladder_restart(viewer);
        return;
    }
    if (action == ACTION_ENTER && screen->listing.count > 0) {
        messages_open(viewer, connection, screen->place.id);
        viewer->messages.place.id = screen->place.id;
        detail_open(viewer, screen->place.id);
        viewer_open(viewer, SCREEN_DETAIL);
        return;
    }
    index = place_move(&screen->place, action, index, screen->listing.count, rows_area(viewer).height);
    screen->place.id = screen->listing.count ? listing_id(&screen->listing, index) : 0;
}

/* --- drawing --------------------------------------------------------------------------------------- */

struct lanes {
    int client, server;         /* columns of the two vertical lines */
};

static struct lanes lanes_of(struct area area)
{
    int client = area.width >= TIME_WIDTH + LANE_LEAST ? TIME_WIDTH + 2 : 0;

    return (struct lanes){ .client = client, .server = area.width - 2 };
}

/* What belongs to no direction stands between the lines; the rest is an arrow with its name on it. */
static bool has_arrow(const struct event *event)
{
    return event->kind == EVENT_HTTP || event->kind == EVENT_FRAME || event->kind == EVENT_MESSAGE ||
           event->kind == EVENT_CUT || event->kind == EVENT_SEGMENT;
}

static void draw_arrow(struct canvas *canvas, struct lanes lanes, int y, const struct event *event)
{
    enum style style = line_direction_style(event);
    int from = lanes.client + 1, width = lanes.server - lanes.client - 1;
    bool c2s = event->direction == C2S;

    canvas_line(canvas, from, y, width, style, GLYPH_HORIZONTAL);
    canvas_text(canvas, c2s ? from + width - 1 : from, y, 1, style,
                canvas_glyph(canvas, c2s ? GLYPH_RIGHT : GLYPH_LEFT));
}

/* Kind, size and preview, on the arrow, with a blank on either side. */
static void draw_label(const struct viewer *viewer, uint64_t id, struct canvas *canvas, struct lanes lanes, int y, const struct event *event)
{
    int x = lanes.client + 3, room = lanes.server - lanes.client - 5;
    struct line line;
    char size[UNITS_MAX] = "";

    line_describe(viewer->store, id, event, &line);
    if (line.has_sizes) {
        units_size(size, line.size);
    }
    canvas_text(canvas, x, y, 1, STYLE_PLAIN, " ");
    int used = 1 + canvas_text(canvas, x + 1, y, room, line.style, line.kind);

    if (size[0]) {
        used += canvas_format(canvas, x + used, y, room - used, STYLE_NUMBER, " %s", size);
    }
    if (line.own[0]) {
        used += canvas_format(canvas, x + used, y, room - used, STYLE_DIM, " %s", line.own);
    }
    if (line.preview.length > 0) {
        used += canvas_text(canvas, x + used, y, room - used, STYLE_PLAIN, " ");
        used += canvas_bytes(canvas, x + used, y, room - used, STYLE_PLAIN, line.preview);
    }
    canvas_text(canvas, x + used, y, 1, STYLE_PLAIN, " ");
}

static void draw_row(const struct viewer *viewer, struct canvas *canvas, struct area area, int y, uint64_t id)
{
    struct lanes lanes = lanes_of(area);
    struct store_event rebuilt;
    char time[UNITS_MAX];

    if (!store_get(viewer->store, id, &rebuilt)) {
        return;
    }
    if (lanes.client > 0) {
        units_seconds(time, rebuilt.event.time - rebuilt.connection.opened);
        canvas_right(canvas, 0, y, TIME_WIDTH, STYLE_DIM, time);
    }
    canvas_text(canvas, lanes.client, y, 1, STYLE_C2S, canvas_glyph(canvas, GLYPH_VERTICAL));
    canvas_text(canvas, lanes.server, y, 1, STYLE_S2C, canvas_glyph(canvas, GLYPH_VERTICAL));
    if (has_arrow(&rebuilt.event)) {
        draw_arrow(canvas, lanes, y, &rebuilt.event);
    }
    draw_label(viewer, id, canvas, lanes, y, &rebuilt.event);
}

static void draw_heading(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    const struct store_connection *row =
        store_connection(viewer->store, viewer->ladder.listing.criteria.connection);
    struct lanes lanes = lanes_of(area);
    char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];

    canvas_fill(canvas, area.x, area.y, area.width, STYLE_HEADING);
    if (row) {
        address_format(client, &row->connection.client);
        address_format(server, &row->connection.server);
        canvas_format(canvas, lanes.client, area.y, area.width, STYLE_HEADING, "client %s", client);
        canvas_right(canvas, area.width / 2, area.y, area.width - area.width / 2 - 1, STYLE_HEADING, server);
    }
}

void ladder_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct area rows = rows_area(viewer);
    size_t index = index_of(viewer);
    size_t top = place_top(&viewer->ladder.place, index, viewer->ladder.listing.count, rows.height);

    draw_heading(viewer, canvas, area);
    if (viewer->ladder.listing.count == 0) {
        viewer_empty(canvas, area, "Nothing to draw for this connection.");
        return;
    }
    for (int i = 0; i < rows.height && top + (size_t)i < viewer->ladder.listing.count; i++) {
        draw_row(viewer, canvas, rows, rows.y + i, listing_id(&viewer->ladder.listing, top + (size_t)i));
        if (top + (size_t)i == index) {
            canvas_select(canvas, rows.x, rows.y + i, rows.width);
        }
    }
}
