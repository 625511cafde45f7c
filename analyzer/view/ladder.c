/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>

#include "report/address.h"
#include "report/ladder_label.h"
#include "subprotocols.h"
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
    const struct proxy *proxy = &viewer->ladder.proxy;
    const struct criteria criteria = {
        .connection = connection,
        .other = proxy->back == 0             ? 0
                 : connection == proxy->front ? proxy->back
                                              : proxy->front,
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
    if (viewer->ladder.listing.criteria.kinds == 0) {
        return;                 /* it was never opened */
    }
    restart(viewer, viewer->ladder.listing.criteria.connection);
}

void ladder_open(struct viewer *viewer, uint64_t connection, uint64_t record)
{
    const struct store_connection *row = store_connection(viewer->store, connection);

    bool begin = record == 0 && row != NULL;

    viewer->ladder.place = (struct place){
        .id = begin ? row->first_record : record,
        .row = viewer->height / 2,
        .follow = begin && !row->ended && viewer_grows(viewer),
    };
    viewer->ladder.proxy = proxies_find(viewer->store, connection);
    restart(viewer, connection);
    viewer_open(viewer, SCREEN_LADDER);
}

static size_t index_of(struct viewer *viewer)
{
    struct ladder_screen *screen = &viewer->ladder;

    return place_index(&screen->place, &screen->listing);
}

static struct area rows_area(const struct viewer *viewer)
{
    struct area area = viewer_area(viewer);

    int heading = viewer->ladder.proxy.back ? 2 : 1;

    area.y += heading;
    area.height = area.height > heading ? area.height - heading : 0;
    return area;
}

void ladder_act(struct viewer *viewer, enum action action, struct key key)
{
    struct ladder_screen *screen = &viewer->ladder;
    size_t index = index_of(viewer);

    if (action == ACTION_ENTER ||
        place_click(&screen->place, &screen->listing, index, rows_area(viewer), key)) {
        viewer_open_record(viewer, screen->place.id);
    } else if (action == ACTION_ZOOM) {
        screen->zoom = (enum ladder_layer)((screen->zoom + 1) % LAYERS);
        ladder_restart(viewer);
    } else if (action == ACTION_FOLLOW) {
        screen->place.follow = !screen->place.follow;
    } else if (action != ACTION_NONE) {
        index = place_move(&screen->place, action, index, screen->listing.count, rows_area(viewer).height);
        screen->place.id = screen->listing.count ? listing_id(&screen->listing, index) : 0;
    }
}

/* --- drawing --------------------------------------------------------------------------------------- */

struct lanes {
    int client, server; /* columns of two vertical lines */
};

static struct lanes lanes_of(struct area area)
{
    int client = area.width >= TIME_WIDTH + LANE_LEAST ? TIME_WIDTH + 2 : 0;

    return (struct lanes){ .client = client, .server = area.width - 2 };
}

static int proxy_line(struct lanes lanes)
{
    return (lanes.client + lanes.server) / 2;
}

/* Those that the record stands between. */
static struct lanes lanes_of_leg(struct lanes lanes, const struct proxy *proxy, uint64_t connection)
{
    if (proxy->back && connection == proxy->front) {
        lanes.server = proxy_line(lanes);
    } else if (proxy->back) {
        lanes.client = proxy_line(lanes);
    }
    return lanes;
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

/* What is over, broken or missing stands out. */
static enum style style_of(const struct event *event, const struct ladder_entry *entry)
{
    switch (event->kind) {
    case EVENT_HANDSHAKE:
        return event->handshake->verdict == HANDSHAKE_ACCEPTED ? STYLE_GOOD : STYLE_BAD;
    case EVENT_CLOSE:
        return event->close.how == CLOSE_RST ? STYLE_BAD : STYLE_DIM;
    case EVENT_SEGMENT:
        return event->segment.segment->flags & TCP_RST ? STYLE_BAD : STYLE_DIM;
    case EVENT_GAP:
    case EVENT_CUT:
        return STYLE_BAD;
    case EVENT_NOTICE:
        return STYLE_WARNING;
    default:
        return entry->strong ? STYLE_PLAIN : STYLE_DIM;
    }
}

/* On the arrow, or between the lines, with a blank on either side. */
static void draw_label(struct canvas *canvas, struct lanes lanes, int y, enum style style, const char *label)
{
    int x = lanes.client + 3, room = lanes.server - lanes.client - 6;

    canvas_text(canvas, x, y, 1, STYLE_PLAIN, " ");
    int used = 1 + canvas_text(canvas, x + 1, y, room, style, label);

    canvas_text(canvas, x + used, y, 1, STYLE_PLAIN, " ");
}

static void draw_event(const struct viewer *viewer, struct canvas *canvas, struct lanes lanes, int y,
                       uint64_t id, const struct event *event)
{
    struct subprotocol subprotocol = subprotocols_before(viewer->store, id);
    int64_t inside = proxies_time_inside(viewer->store, &viewer->ladder.proxy, id);
    struct label label = { .used = 0 };
    struct ladder_entry entry;

    ladder_describe(&entry, event, &subprotocol);
    if (entry.shape == LADDER_C2S || entry.shape == LADDER_S2C) {
        draw_arrow(canvas, lanes, y, event);
    }
    if (inside >= 0) {
        ladder_tell_time(&label, inside, entry.label.text);
    }
    draw_label(canvas, lanes, y, style_of(event, &entry), inside >= 0 ? label.text : entry.label.text);
}

static void draw_lines(const struct viewer *viewer, struct canvas *canvas, struct lanes lanes, int y)
{
    const char *line = canvas_glyph(canvas, GLYPH_VERTICAL);

    canvas_text(canvas, lanes.client, y, 1, STYLE_C2S, line);
    canvas_text(canvas, lanes.server, y, 1, STYLE_S2C, line);
    if (viewer->ladder.proxy.back) {
        canvas_text(canvas, proxy_line(lanes), y, 1, STYLE_DIM, line);
    }
}

/* Times begin with the connection; with a proxy, the client's. */
static int64_t beginning(const struct viewer *viewer, const struct store_event *rebuilt)
{
    const struct store_connection *front = store_connection(viewer->store, viewer->ladder.proxy.front);

    return viewer->ladder.proxy.back && front ? front->connection.opened : rebuilt->connection.opened;
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
        units_seconds(time, rebuilt.event.time - beginning(viewer, &rebuilt));
        canvas_right(canvas, 0, y, TIME_WIDTH, STYLE_DIM, time);
    }
    draw_lines(viewer, canvas, lanes, y);
    if (lanes.client > 0) {
        line_draw_mark(viewer->store, canvas, TIME_WIDTH + 1, y, id);
    }
    draw_event(viewer, canvas, lanes_of_leg(lanes, &viewer->ladder.proxy, rebuilt.connection.id), y, id,
               &rebuilt.event);
}

/* The proxy's own line: its address, and below it why two connections are taken for one. */
static void draw_proxy(const struct viewer *viewer, struct canvas *canvas, struct area area,
                       const char *address)
{
    const struct proxy *proxy = &viewer->ladder.proxy;
    struct label why = { .used = 0 };
    int length = (int)strlen(address), x = proxy_line(lanes_of(area)) - length / 2;

    if (area.width >= 3 * length + TIME_WIDTH) {
        canvas_text(canvas, x, area.y, length, STYLE_HEADING, address);
    }
    legs_explain(&why, &proxy->evidence);
    canvas_format(canvas, 1, area.y + 1, area.width - 2, STYLE_DIM,
                  "connections %" PRIu64 " and %" PRIu64 ": %s", proxy->front, proxy->back, why.text);
}

/* Each over its line; on a narrow screen they share the row. */
static void draw_ends(struct canvas *canvas, struct area area, const struct endpoint *client,
                      const struct endpoint *server)
{
    int x = lanes_of(area).client, room = area.width - x - 1;
    char left[ADDRESS_TEXT_MAX + 8] = "client ", right[ADDRESS_TEXT_MAX];

    address_format(left + 7, client);
    address_format(right, server);
    int length = (int)strlen(right) < room / 2 ? (int)strlen(right) : room / 2;
    bool named = (int)strlen(left) + 1 + length <= room;

    canvas_text(canvas, x, area.y, room - length - 1, STYLE_HEADING, named ? left : left + 7);
    canvas_right(canvas, x + room - length, area.y, length, STYLE_HEADING, right);
}

static void draw_heading(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    const struct proxy *proxy = &viewer->ladder.proxy;
    uint64_t alone = viewer->ladder.listing.criteria.connection;
    const struct store_connection *front =
        store_connection(viewer->store, proxy->back ? proxy->front : alone);
    const struct store_connection *back = store_connection(viewer->store, proxy->back ? proxy->back : alone);
    char address[ADDRESS_TEXT_MAX];

    canvas_fill(canvas, area.x, area.y, area.width, STYLE_HEADING);
    if (front == NULL || back == NULL) {
        return;
    }
    draw_ends(canvas, area, &front->connection.client, &back->connection.server);
    if (proxy->back) {
        address_format(address, &front->connection.server);
        draw_proxy(viewer, canvas, area, address);
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
