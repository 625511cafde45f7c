/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <stdlib.h>

#include "report/address.h"

#define LARGE_PAUSE    2000         /* rows: for so many, the order is left alone for one drawing more */

/* --- the order ------------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right, void *context)
{
    const struct viewer *viewer = context;
    const uint64_t *a = left, *b = right;
    const struct store_connection *row_a = store_connection(viewer->store, *a);
    const struct store_connection *row_b = store_connection(viewer->store, *b);
    int order = row_a && row_b ? columns_compare(viewer->connections.sort, row_a, row_b) : 0;

    order = order ? order : *a < *b ? -1 : *a > *b;
    return viewer->connections.reversed ? -order : order;
}

/* A filter fits a connection when it fits any of its events, its opening always among them. */
static bool passes_filter(const struct viewer *viewer, const struct store_connection *row)
{
    struct event event = { .kind = EVENT_CONNECTION, .connection = &row->connection,
                           .time = row->connection.opened };

    return viewer->filter == NULL || fitting_has(&viewer->connections.fitting, row->connection.id) ||
           filter_matches(viewer->filter, &event);
}

static bool is_shown(const struct viewer *viewer, const struct store_connection *row)
{
    return (!viewer->settings.hide_http || row->upgraded) && passes_filter(viewer, row);
}

static bool grow(struct connections_screen *screen, size_t wanted)
{
    if (wanted > screen->capacity) {
        uint64_t *order = realloc(screen->order, (wanted + wanted / 2) * sizeof *order);

        if (order == NULL) {
            return false;
        }
        screen->order = order;
        screen->capacity = wanted + wanted / 2;
    }
    return true;
}

static void make_order(struct viewer *viewer)
{
    struct connections_screen *screen = &viewer->connections;
    uint64_t first = store_first_connection(viewer->store), end = store_end_connection(viewer->store);

    if (!grow(screen, (size_t)(end - first) + 1)) {
        return;
    }
    screen->count = 0;
    for (uint64_t id = first; id < end; id++) {
        const struct store_connection *row = store_connection(viewer->store, id);

        if (row->connection.id == id && is_shown(viewer, row)) {
            screen->order[screen->count++] = id;
        }
    }
    if (screen->sort != COLUMN_NUMBER || screen->reversed) {
        qsort_r(screen->order, screen->count, sizeof *screen->order, compare, viewer);
    }
    screen->made_at = store_end(viewer->store);
    screen->drawings = 0;
    screen->stale = false;
}

/* The selected row; where it has gone, the one that took its place. */
static size_t index_of(const struct connections_screen *screen)
{
    for (size_t i = 0; i < screen->count; i++) {
        if (screen->order[i] == screen->place.id) {
            return i;
        }
    }
    return screen->index < screen->count ? screen->index : screen->count > 0 ? screen->count - 1 : 0;
}

static void keep_selection(struct connections_screen *screen)
{
    if (screen->count > 0) {
        screen->index = index_of(screen);
        screen->place.id = screen->order[screen->index];
    }
}

void connections_update(struct viewer *viewer)
{
    struct connections_screen *screen = &viewer->connections;
    bool news = store_end(viewer->store) != screen->made_at;
    size_t pause = viewer->source.ended ? 0 : screen->count / LARGE_PAUSE;

    if (screen->stale || (!viewer->paused && news && ++screen->drawings > pause)) {
        make_order(viewer);
    }
    keep_selection(screen);
}

void connections_restart(struct viewer *viewer)
{
    fitting_restart(&viewer->connections.fitting);
    viewer->connections.stale = true;
}

bool connections_work(struct viewer *viewer, unsigned records)
{
    struct connections_screen *screen = &viewer->connections;

    if (viewer->filter == NULL) {
        return false;
    }
    if (fitting_work(&screen->fitting, viewer->store, viewer->filter, records)) {
        screen->stale = true;
    }
    return fitting_part(&screen->fitting, viewer->store) < 1;
}

/* --- searching ------------------------------------------------------------------------------------- */

static bool found_in(const struct viewer *viewer, const struct store_connection *row)
{
    char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];

    address_format(client, &row->connection.client);
    address_format(server, &row->connection.server);
    return pattern_matches(viewer->pattern, bytes_of(row->host.bytes, row->host.length)) ||
           pattern_matches(viewer->pattern, bytes_of(row->target.bytes, row->target.length)) ||
           pattern_matches(viewer->pattern, bytes_of(row->subprotocol.bytes, row->subprotocol.length)) ||
           pattern_matches(viewer->pattern, bytes_of_text(store_state_name(row->state))) ||
           pattern_matches(viewer->pattern, bytes_of_text(client)) ||
           pattern_matches(viewer->pattern, bytes_of_text(server));
}

void connections_search(struct viewer *viewer)
{
    struct connections_screen *screen = &viewer->connections;
    size_t index = index_of(screen), last = viewer->searching > 0 ? screen->count - 1 : 0;

    while (screen->count > 0 && index != last) {
        index = viewer->searching > 0 ? index + 1 : index - 1;
        const struct store_connection *row = store_connection(viewer->store, screen->order[index]);

        if (row && found_in(viewer, row)) {
            screen->place.id = screen->order[index];
            viewer->stirred = true;
            viewer->searching = 0;
            return;
        }
    }
    viewer->searching = 0;
    viewer_note(viewer, true, "not found: %s", viewer->search_text);
}

/* --- keys ------------------------------------------------------------------------------------------ */

static struct area rows_area(const struct viewer *viewer)
{
    struct area area = viewer_area(viewer);

    area.y++;
    area.height -= area.height > 0;
    return area;
}

static void click(struct viewer *viewer, struct key key)
{
    struct connections_screen *screen = &viewer->connections;
    struct area area = rows_area(viewer);
    size_t top = place_top(&screen->place, index_of(screen), screen->count, area.height);
    size_t row = top + (size_t)(key.y - area.y);

    if (key.y < area.y || key.y >= area.y + area.height || row >= screen->count) {
        return;
    }
    if (screen->order[row] == screen->place.id) {
        messages_list(viewer, screen->place.id, 0);
        viewer_open(viewer, SCREEN_MESSAGES);
    }
    screen->place.id = screen->order[row];
    screen->place.row = key.y - area.y;
}

void connections_act(struct viewer *viewer, enum action action, struct key key)
{
    struct connections_screen *screen = &viewer->connections;

    connections_update(viewer);
    size_t index = index_of(screen);

    switch (action) {
    case ACTION_ENTER:
    case ACTION_ALL_MESSAGES:
        if (screen->count == 0 && action == ACTION_ENTER) {
            break;              /* what is selected is hidden */
        }
        messages_list(viewer, action == ACTION_ENTER ? screen->place.id : 0, 0);
        viewer_open(viewer, SCREEN_MESSAGES);
        break;
    case ACTION_SORT:
        screen->sort = columns_next(&viewer->settings.columns, screen->sort);
        screen->stale = true;
        break;
    case ACTION_REVERSE:
        screen->reversed = !screen->reversed;
        screen->stale = true;
        break;
    case ACTION_HTTP:
        viewer->settings.hide_http = !viewer->settings.hide_http;
        screen->stale = true;
        break;
    default:
        index = place_move(&screen->place, action, index, screen->count, rows_area(viewer).height);
        screen->place.id = screen->count ? screen->order[index] : 0;
        break;
    }
    if (key.code == KEYS_CLICK) {
        click(viewer, key);
    }
}

/* --- drawing --------------------------------------------------------------------------------------- */

static const char *why_empty(const struct viewer *viewer)
{
    if (viewer->filter) {
        return "No connection fits the filter. Press \\ to change it; an empty one shows all.";
    }
    if (viewer->settings.hide_http && store_totals(viewer->store)->connections) {
        return "No WebSocket here, only HTTP. Press x to show it.";
    }
    return viewer->source.live ? "Waiting for TCP connections. Open the page, or start the client, that you "
                                 "want to watch."
                               : "No TCP connection in this capture.";
}

void connections_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct connections_screen *screen = &viewer->connections;
    struct area rows = rows_area(viewer);

    if (screen->count == 0) {
        viewer_empty(canvas, area, why_empty(viewer));
        return;
    }
    size_t index = index_of(screen);
    size_t top = place_top(&screen->place, index, screen->count, rows.height);

    struct column_setting setting = {
        .choice = &viewer->settings.columns,
        .totals = store_totals(viewer->store),
        .clock = viewer->settings.clock,
        .sort = screen->sort,
        .reversed = screen->reversed,
    };

    columns_draw_heading(&setting, canvas, area.x, area.y, area.width);
    for (int i = 0; i < rows.height && top + (size_t)i < screen->count; i++) {
        const struct store_connection *row = store_connection(viewer->store, screen->order[top + (size_t)i]);

        if (row) {
            columns_draw_row(&setting, canvas, rows.x, rows.y + i, rows.width, row);
        }
        if (top + (size_t)i == index) {
            canvas_select(canvas, rows.x, rows.y + i, rows.width);
        }
    }
}
