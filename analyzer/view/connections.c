/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/address.h"
#include "units.h"

#define LARGE          20000        /* rows: with more, the order is made anew only now and then */
#define LARGE_STEP     20000        /* events between two orders of so many */
#define FILTER_RECORDS 8            /* records of a connection that a filter may fit: opening and handshake */

struct column_form {
    const char *title;
    int width;                      /* 0: takes what is left */
    bool right;
    int rank;                       /* the lower, the longer it stays when the screen gets narrow */
};

static const struct column_form forms[COLUMNS] = {
    [COLUMN_NUMBER] = { "#", 4, true, 2 },
    [COLUMN_TIME] = { "Opened", 15, false, 14 },
    [COLUMN_CLIENT] = { "Client", 17, false, 6 },
    [COLUMN_SERVER] = { "Server", 17, false, 13 },
    [COLUMN_TARGET] = { "Host and path", 0, false, 0 },
    [COLUMN_STATE] = { "State", 11, false, 1 },
    [COLUMN_SUBPROTOCOL] = { "Protocol", 9, false, 11 },
    [COLUMN_COMPRESSION] = { "Z", 1, false, 12 },
    [COLUMN_SENT] = { "Sent", 5, true, 3 },
    [COLUMN_RECEIVED] = { "Recvd", 5, true, 4 },
    [COLUMN_BYTES] = { "Bytes", 6, true, 8 },
    [COLUMN_LAST] = { "Last", 6, true, 10 },
    [COLUMN_ROUND_TRIP] = { "Ping", 6, true, 9 },
    [COLUMN_CLOSE] = { "Close", 6, false, 7 },
    [COLUMN_FINDINGS] = { "!", 3, true, 5 },
};

#define TARGET_LEAST 22

/* --- the order ------------------------------------------------------------------------------------- */

static uint64_t bytes_of_row(const struct store_connection *row)
{
    return row->connection.sent[C2S].bytes + row->connection.sent[S2C].bytes;
}

static uint64_t findings_of_row(const struct store_connection *row)
{
    return row->findings[RULE_MUST] << 32 | row->findings[RULE_SHOULD] << 16 | row->findings[RULE_NOTE];
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_texts(const struct store_text *a, const struct store_text *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, shorter);

    return order ? order : (int)a->length - (int)b->length;
}

static int compare_endpoints(const struct endpoint *a, const struct endpoint *b)
{
    int order = memcmp(&a->address, &b->address, sizeof a->address);

    return order ? order : (int)a->port - (int)b->port;
}

static int compare_rows(enum column column, const struct store_connection *a,
                        const struct store_connection *b)
{
    const struct tally *of_a = a->connection.sent, *of_b = b->connection.sent;
    int order;

    switch (column) {
    case COLUMN_CLIENT:
        return compare_endpoints(&a->connection.client, &b->connection.client);
    case COLUMN_SERVER:
        return compare_endpoints(&a->connection.server, &b->connection.server);
    case COLUMN_TARGET:
        order = compare_texts(&a->host, &b->host);
        return order ? order : compare_texts(&a->target, &b->target);
    case COLUMN_STATE:
        return compare_numbers(a->state, b->state);
    case COLUMN_SUBPROTOCOL:
        return compare_texts(&a->subprotocol, &b->subprotocol);
    case COLUMN_COMPRESSION:
        return compare_numbers(a->compressed, b->compressed);
    case COLUMN_SENT:
        return compare_numbers(of_a[C2S].messages, of_b[C2S].messages);
    case COLUMN_RECEIVED:
        return compare_numbers(of_a[S2C].messages, of_b[S2C].messages);
    case COLUMN_BYTES:
        return compare_numbers(bytes_of_row(a), bytes_of_row(b));
    case COLUMN_LAST:
        return compare_numbers((uint64_t)a->last, (uint64_t)b->last);
    case COLUMN_ROUND_TRIP:
        return compare_numbers((uint64_t)(a->round_trip + 1), (uint64_t)(b->round_trip + 1));
    case COLUMN_CLOSE:
        return compare_numbers(a->close_code, b->close_code);
    case COLUMN_FINDINGS:
        return compare_numbers(findings_of_row(a), findings_of_row(b));
    default:
        return 0;
    }
}

static int compare(const void *left, const void *right, void *context)
{
    const struct viewer *viewer = context;
    const uint64_t *a = left, *b = right;
    const struct store_connection *row_a = store_connection(viewer->store, *a);
    const struct store_connection *row_b = store_connection(viewer->store, *b);
    int order = row_a && row_b ? compare_rows(viewer->connections.sort, row_a, row_b) : 0;

    order = order ? order : compare_numbers(*a, *b);
    return viewer->connections.reversed ? -order : order;
}

/* A filter fits a connection when it fits what opened it: addresses, request, handshake. */
static bool passes_filter(const struct viewer *viewer, const struct store_connection *row)
{
    struct event event = { .kind = EVENT_CONNECTION, .connection = &row->connection,
                           .time = row->connection.opened };
    uint64_t id = row->first_record;
    struct store_event rebuilt;

    if (viewer->filter == NULL || filter_matches(viewer->filter, &event)) {
        return true;
    }
    for (int i = 0; i < FILTER_RECORDS && id && store_get(viewer->store, id, &rebuilt); i++) {
        if (filter_matches(viewer->filter, &rebuilt.event)) {
            return true;
        }
        id = store_record(viewer->store, id)->next;
    }
    return false;
}

static bool is_shown(const struct viewer *viewer, const struct store_connection *row)
{
    return (!viewer->connections.hide_http || row->upgraded) && passes_filter(viewer, row);
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
    screen->stale = false;
}

static size_t index_of(const struct viewer *viewer)
{
    const struct connections_screen *screen = &viewer->connections;

    for (size_t i = 0; i < screen->count; i++) {
        if (screen->order[i] == screen->place.id) {
            return i;
        }
    }
    return 0;
}

void connections_update(struct viewer *viewer)
{
    struct connections_screen *screen = &viewer->connections;
    uint64_t news = store_end(viewer->store) - screen->made_at;

    if (screen->stale || (!viewer->paused && news > (screen->count > LARGE ? LARGE_STEP : 0))) {
        make_order(viewer);
    }
    if (screen->count > 0) {
        screen->place.id = screen->order[index_of(viewer)];
    }
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
    size_t index = index_of(viewer), last = viewer->searching > 0 ? screen->count - 1 : 0;

    while (screen->count > 0 && index != last) {
        index = viewer->searching > 0 ? index + 1 : index - 1;
        const struct store_connection *row = store_connection(viewer->store, screen->order[index]);

        if (row && found_in(viewer, row)) {
            screen->place.id = screen->order[index];
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
    size_t top = place_top(&screen->place, index_of(viewer), screen->count, area.height);
    size_t row = top + (size_t)(key.y - area.y);

    if (key.y < area.y || row >= screen->count) {
        return;
    }
    if (screen->order[row] == screen->place.id) {
        messages_open(viewer, screen->place.id, 0);
        viewer_open(viewer, SCREEN_MESSAGES);
    }
    screen->place.id = screen->order[row];
    screen->place.row = key.y - area.y;
}

static void next_column(struct connections_screen *screen)
{
    screen->sort = (enum column)((screen->sort + 1) % COLUMNS);
    screen->stale = true;
}

void connections_act(struct viewer *viewer, enum action action, struct key key)
{
    struct connections_screen *screen = &viewer->connections;

    connections_update(viewer);
    size_t index = index_of(viewer);

    switch (action) {
    case ACTION_ENTER:
    case ACTION_ALL_MESSAGES:
        messages_open(viewer, action == ACTION_ENTER ? screen->place.id : 0, 0);
        viewer_open(viewer, SCREEN_MESSAGES);
        break;
    case ACTION_SORT:
        next_column(screen);
        break;
    case ACTION_REVERSE:
        screen->reversed = !screen->reversed;
        screen->stale = true;
        break;
    case ACTION_HTTP:
        screen->hide_http = !screen->hide_http;
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

struct shown {
    char text[ADDRESS_TEXT_MAX];
    enum style style;
};

static const enum style state_styles[CONNECTION_STATES] = {
    [CONNECTION_CONNECTING] = STYLE_DIM,    [CONNECTION_HTTP] = STYLE_PLAIN,
    [CONNECTION_HANDSHAKE] = STYLE_WARNING, [CONNECTION_OPEN] = STYLE_GOOD,
    [CONNECTION_JOINED] = STYLE_GOOD,       [CONNECTION_CLOSING] = STYLE_WARNING,
    [CONNECTION_CLOSED] = STYLE_DIM,        [CONNECTION_RESET] = STYLE_BAD,
    [CONNECTION_REFUSED] = STYLE_BAD,       [CONNECTION_FORGOTTEN] = STYLE_DIM,
    [CONNECTION_TLS] = STYLE_DIM,           [CONNECTION_OTHER] = STYLE_DIM,
};

static void show_state(const struct store_connection *row, struct shown *out)
{
    bool broken = row->broken && row->state == CONNECTION_OPEN;

    snprintf(out->text, sizeof out->text, "%s", broken ? "broken" : store_state_name(row->state));
    out->style = broken ? STYLE_BAD : state_styles[row->state];
}

/* The code, and an arrow from who sent it first. */
static void show_close(const struct canvas *canvas, const struct store_connection *row, struct shown *out)
{
    const char *arrow = canvas_glyph(canvas, row->close_first == C2S ? GLYPH_RIGHT : GLYPH_LEFT);

    if (row->close_known) {
        snprintf(out->text, sizeof out->text, "%s%u", arrow, row->close_code ? row->close_code : 1005);
        out->style = row->close_code == 1000 || row->close_code == 1001 ? STYLE_PLAIN : STYLE_WARNING;
    } else if (row->ended && row->upgraded && row->state != CONNECTION_REFUSED &&
               row->how != CLOSE_END_OF_CAPTURE) {
        snprintf(out->text, sizeof out->text, "1006");
        out->style = STYLE_BAD;
    }
}

static void show_findings(const struct store_connection *row, struct shown *out)
{
    static const enum style styles[] = { STYLE_BAD, STYLE_WARNING, STYLE_DIM };

    for (int severity = RULE_MUST; severity <= RULE_NOTE; severity++) {
        if (row->findings[severity]) {
            units_size(out->text, row->findings[severity]);
            out->style = styles[severity];
            return;
        }
    }
}

static void show_number(uint64_t value, struct shown *out)
{
    units_size(out->text, value);
    out->style = value ? STYLE_PLAIN : STYLE_DIM;
}

static void show_time(const struct viewer *viewer, const struct store_connection *row, struct shown *out)
{
    if (viewer->clock) {
        units_clock(out->text, row->connection.opened);
    } else {
        units_seconds(out->text, row->connection.opened - store_totals(viewer->store)->first_time);
    }
    out->style = STYLE_DIM;
}

static struct shown show(const struct viewer *viewer, const struct canvas *canvas,
                         const struct store_connection *row, enum column column)
{
    struct shown out = { "", STYLE_PLAIN };

    switch (column) {
    case COLUMN_NUMBER:
        snprintf(out.text, sizeof out.text, "%" PRIu64, row->connection.id);
        out.style = STYLE_DIM;
        break;
    case COLUMN_TIME:
        show_time(viewer, row, &out);
        break;
    case COLUMN_CLIENT:
        address_format(out.text, &row->connection.client);
        break;
    case COLUMN_SERVER:
        address_format(out.text, &row->connection.server);
        break;
    case COLUMN_STATE:
        show_state(row, &out);
        break;
    case COLUMN_COMPRESSION:
        snprintf(out.text, sizeof out.text, row->compressed ? "z" : "");
        break;
    case COLUMN_SENT:
        show_number(row->connection.sent[C2S].messages, &out);
        break;
    case COLUMN_RECEIVED:
        show_number(row->connection.sent[S2C].messages, &out);
        break;
    case COLUMN_BYTES:
        show_number(bytes_of_row(row), &out);
        break;
    case COLUMN_LAST:
        units_duration(out.text, store_totals(viewer->store)->last_time - row->last);
        break;
    case COLUMN_ROUND_TRIP:
        if (row->round_trip >= 0) {
            units_duration(out.text, row->round_trip);
        }
        break;
    case COLUMN_CLOSE:
        show_close(canvas, row, &out);
        break;
    default:
        show_findings(row, &out);
        break;
    }
    return out;
}

static struct bytes text_of(const struct store_text *text)
{
    return bytes_of(text->bytes, text->length);
}

/* Host and path, or the server's address where no request was seen. */
static void draw_target(struct canvas *canvas, int x, int y, int width, const struct store_connection *row)
{
    char address[ADDRESS_TEXT_MAX];
    enum style style = row->upgraded ? STYLE_PLAIN : STYLE_DIM;

    if (row->host.length == 0) {
        address_format(address, &row->connection.server);
        x += canvas_text(canvas, x, y, width, STYLE_DIM, address);
        return;
    }
    int used = canvas_bytes(canvas, x, y, width, style, text_of(&row->host));

    canvas_bytes(canvas, x + used, y, width - used, style, text_of(&row->target));
}

/* The columns that fit, by rank, and what is left for the path. */
static int choose_columns(int width, bool chosen[COLUMNS])
{
    int left = width - TARGET_LEAST;

    memset(chosen, 0, COLUMNS * sizeof *chosen);
    chosen[COLUMN_TARGET] = true;
    for (int rank = 1; rank < COLUMNS; rank++) {
        for (int column = 0; column < COLUMNS; column++) {
            if (forms[column].rank == rank && forms[column].width + 1 <= left) {
                chosen[column] = true;
                left -= forms[column].width + 1;
            }
        }
    }
    return TARGET_LEAST + (left > 0 ? left : 0);
}

static void draw_row(struct viewer *viewer, struct canvas *canvas, struct area area, int y, uint64_t id)
{
    const struct store_connection *row = store_connection(viewer->store, id);
    bool chosen[COLUMNS];
    int flexible = choose_columns(area.width, chosen), x = area.x;

    for (int column = 0; column < COLUMNS && row; column++) {
        int width = forms[column].width ? forms[column].width : flexible;

        if (!chosen[column]) {
            continue;
        }
        if (column == COLUMN_TARGET) {
            draw_target(canvas, x, y, width, row);
        } else if (column == COLUMN_SUBPROTOCOL) {
            canvas_bytes(canvas, x, y, width, STYLE_PLAIN, text_of(&row->subprotocol));
        } else {
            struct shown shown = show(viewer, canvas, row, (enum column)column);

            (forms[column].right ? (void)canvas_right(canvas, x, y, width, shown.style, shown.text)
                                 : (void)canvas_text(canvas, x, y, width, shown.style, shown.text));
        }
        x += width + 1;
    }
}

static void draw_heading(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    bool chosen[COLUMNS];
    int flexible = choose_columns(area.width, chosen), x = area.x;

    canvas_fill(canvas, area.x, area.y, area.width, STYLE_HEADING);
    for (int column = 0; column < COLUMNS; column++) {
        int width = forms[column].width ? forms[column].width : flexible;
        bool sorted = column == (int)viewer->connections.sort;
        char title[40];

        if (!chosen[column]) {
            continue;
        }
        snprintf(title, sizeof title, "%s%s", forms[column].title,
                 !sorted ? "" : canvas_glyph(canvas, viewer->connections.reversed ? GLYPH_UP : GLYPH_DOWN));
        (forms[column].right ? (void)canvas_right(canvas, x, area.y, width, STYLE_HEADING, title)
                             : (void)canvas_text(canvas, x, area.y, width, STYLE_HEADING, title));
        x += width + 1;
    }
}

static const char *why_empty(const struct viewer *viewer)
{
    if (viewer->filter) {
        return "No connection fits the filter. Press \\ to change it; an empty one shows all.";
    }
    if (viewer->connections.hide_http && store_totals(viewer->store)->connections) {
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
    size_t index = index_of(viewer);
    size_t top = place_top(&screen->place, index, screen->count, rows.height);

    draw_heading(viewer, canvas, area);
    for (int i = 0; i < rows.height && top + (size_t)i < screen->count; i++) {
        draw_row(viewer, canvas, rows, rows.y + i, screen->order[top + (size_t)i]);
        if (top + (size_t)i == index) {
            canvas_select(canvas, rows.x, rows.y + i, rows.width);
        }
    }
}
