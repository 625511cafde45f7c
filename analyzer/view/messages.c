/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/address.h"
#include "units.h"

#define CONTROL_OPCODES (1U << FRAME_CLOSE | 1U << FRAME_PING | 1U << FRAME_PONG)
#define EVERY_OPCODE    0xFFFFU
#define RESERVED_CONTROL 0xF800U    /* opcodes 0xB to 0xF */

/* --- what is listed -------------------------------------------------------------------------------- */

static void unfold(const struct viewer *viewer, struct criteria *criteria)
{
    struct store_event rebuilt;

    if (viewer->messages.unfolded && store_get(viewer->store, viewer->messages.unfolded, &rebuilt)) {
        criteria->unfolded.connection = rebuilt.connection.id;
        criteria->unfolded.direction = rebuilt.event.direction;
        criteria->unfolded.message = rebuilt.message.number;
    }
}

static struct criteria criteria_of(const struct viewer *viewer)
{
    const struct messages_screen *screen = &viewer->messages;
    unsigned opcodes = screen->frames ? EVERY_OPCODE : CONTROL_OPCODES | RESERVED_CONTROL;
    unsigned kinds = EVENT_ALL_BUT_SEGMENTS & ~EVENT_BIT(EVENT_CONNECTION);

    if (screen->frames) {
        kinds &= ~EVENT_BIT(EVENT_MESSAGE);
    }
    if (viewer->settings.hide_control) {
        opcodes &= ~(CONTROL_OPCODES | RESERVED_CONTROL);
    }
    struct criteria criteria = {
        .connection = screen->connection, .kinds = kinds, .opcodes = opcodes, .filter = viewer->filter,
    };

    unfold(viewer, &criteria);
    return criteria;
}

static void start(struct viewer *viewer, uint64_t record)
{
    struct criteria criteria = criteria_of(viewer);
    struct listing *listing = &viewer->messages.listing;

    listing_start(listing, &criteria, viewer->store, record);
    for (int i = 0; i < 64 && listing->count < (size_t)viewer->height * 2; i++) {
        listing_work(listing, viewer->store, 64);
    }
}

static size_t index_of(struct viewer *viewer)
{
    struct messages_screen *screen = &viewer->messages;

    return place_index(&screen->place, &screen->listing);
}

void messages_restart(struct viewer *viewer)
{
    start(viewer, viewer->messages.place.id);
}

void messages_list(struct viewer *viewer, uint64_t connection, uint64_t record)
{
    struct messages_screen *screen = &viewer->messages;
    const struct store_connection *row = store_connection(viewer->store, connection);
    bool open = row == NULL || !row->ended;
    bool known = screen->connection == connection && screen->place.id != 0;

    screen->connection = connection;
    if (record != 0 || !known) {
        screen->place = (struct place){
            .id = record,
            .row = record ? viewer->height / 2 : 0,
            .follow = record == 0 && open && viewer_grows(viewer),
        };
    }
    uint64_t first = row ? row->first_record : store_first(viewer->store);

    start(viewer, screen->place.id || screen->place.follow ? screen->place.id : first);
    index_of(viewer);
}

/* --- keys ------------------------------------------------------------------------------------------ */

static struct area rows_area(const struct viewer *viewer)
{
    struct area area = viewer_area(viewer);
    int heads = area.height > 4 ? 2 : area.height > 0;

    area.y += heads;
    area.height -= heads;
    return area;
}

bool messages_step(struct viewer *viewer, int direction)
{
    struct messages_screen *screen = &viewer->messages;

    screen->place.id = viewer->detail.record;
    screen->place.follow = false;
    size_t index = index_of(viewer);

    if (direction > 0 && screen->place.id > viewer->detail.record) {
        return true;            /* what is open is not listed itself, but the one behind it is */
    }
    size_t moved = place_move(&screen->place, direction < 0 ? ACTION_UP : ACTION_DOWN, index,
                              screen->listing.count, rows_area(viewer).height);

    if (moved == index || screen->listing.count == 0) {
        return false;
    }
    screen->place.id = listing_id(&screen->listing, moved);
    return true;
}

/* The frames of the selected message; on one of them, or again, none. */
static void toggle_unfolded(struct viewer *viewer)
{
    struct messages_screen *screen = &viewer->messages;
    const struct record *record = store_record(viewer->store, screen->place.id);
    bool message = record && record->kind == EVENT_MESSAGE && screen->unfolded != screen->place.id;

    screen->unfolded = message ? screen->place.id : 0;
    messages_restart(viewer);
}

/* --- marks ----------------------------------------------------------------------------------------- */

size_t messages_mark(const struct viewer *viewer, uint64_t id)
{
    for (size_t i = 0; i < viewer->marks.count; i++) {
        if (viewer->marks.ids[i] == id) {
            return i + 1;
        }
    }
    return 0;
}

static void toggle_mark(struct viewer *viewer, uint64_t id)
{
    struct marks *marks = &viewer->marks;
    size_t place = messages_mark(viewer, id);

    if (place > 0) {
        marks->count--;
        memmove(marks->ids + place - 1, marks->ids + place, (marks->count - place + 1) * sizeof *marks->ids);
    } else if (marks->count == MARKS_MAX) {
        viewer_note(viewer, true, "%d are marked already; M takes all marks away", MARKS_MAX);
    } else if (id != 0) {
        marks->ids[marks->count++] = id;
    }
}

static void act_on_marks(struct viewer *viewer, enum action action)
{
    if (action == ACTION_MARK) {
        toggle_mark(viewer, viewer->messages.place.id);
    } else if (action == ACTION_UNMARK) {
        viewer->marks.count = 0;
    } else {
        difference_open(viewer);
    }
}

void messages_act(struct viewer *viewer, enum action action, struct key key)
{
    struct messages_screen *screen = &viewer->messages;
    size_t index = index_of(viewer);

    switch (action) {
    case ACTION_ENTER:
        viewer_open_record(viewer, screen->place.id);
        break;
    case ACTION_FRAMES:
        screen->frames = !screen->frames;
        messages_restart(viewer);
        break;
    case ACTION_UNFOLD:
        toggle_unfolded(viewer);
        break;
    case ACTION_CONTROL:
        viewer->settings.hide_control = !viewer->settings.hide_control;
        messages_restart(viewer);
        break;
    case ACTION_MARK:
    case ACTION_UNMARK:
    case ACTION_DIFFERENCE:
        act_on_marks(viewer, action);
        break;
    case ACTION_FOLLOW:
        screen->place.follow = !screen->place.follow;
        break;
    case ACTION_NONE:
        if (place_click(&screen->place, &screen->listing, index, rows_area(viewer), key)) {
            viewer_open_record(viewer, screen->place.id);
        }
        break;
    default:
        index = place_move(&screen->place, action, index, screen->listing.count, rows_area(viewer).height);
        screen->place.id = screen->listing.count ? listing_id(&screen->listing, index) : 0;
        break;
    }
}

/* --- one row --------------------------------------------------------------------------------------- */

struct columns {
    int time, delta, connection, arrow, kind, wire, size, preview;     /* where they begin; -1: no room */
};

static struct columns columns_of(const struct viewer *viewer, int width)
{
    bool all = viewer->messages.connection == 0;
    struct columns at = { .time = 0, .delta = -1, .connection = -1, .wire = -1, .size = -1 };
    int x = width >= 60 ? 13 : viewer->settings.clock ? 16 : 11;

    x = viewer->settings.clock ? 16 : x;
    if (width >= 76) {
        at.delta = x;
        x += 8;
    }
    if (all) {
        at.connection = x;
        x += 5;
    }
    at.arrow = x;
    at.kind = x + 3;
    x += 3 + LINE_KIND_MAX + 1;
    if (width >= 100) {
        at.wire = x;
        x += 7;
    }
    if (width >= 60) {
        at.size = x;
        x += 7;
    }
    at.preview = x;
    return at;
}

static void draw_times(const struct viewer *viewer, struct canvas *canvas, struct columns at, int y,
                       const struct event *event, int64_t before)
{
    char text[UNITS_MAX];
    int64_t zero = viewer->messages.connection && event->connection ? event->connection->opened
                                                                   : store_totals(viewer->store)->first_time;

    if (viewer->settings.clock) {
        units_clock(text, event->time);
    } else {
        units_seconds(text, event->time - zero);
    }
    int width = viewer->settings.clock ? 15 : viewer->width >= 60 ? 12 : 10;

    canvas_right(canvas, at.time, y, width, STYLE_DIM, text);
    if (at.delta >= 0 && before) {
        units_duration(text, event->time - before);
        canvas_right(canvas, at.delta, y, 7, STYLE_DIM, text);
    }
}

static void draw_sizes(struct canvas *canvas, struct columns at, int y, const struct line *line)
{
    char text[UNITS_MAX];

    if (at.wire >= 0 && line->has_sizes) {
        units_size(text, line->wire);
        canvas_right(canvas, at.wire, y, 6, STYLE_DIM, text);
    }
    if (at.size >= 0 && line->has_sizes) {
        units_size(text, line->size);
        canvas_right(canvas, at.size, y, 6, STYLE_NUMBER, text);
    }
}

static void draw_direction(const struct viewer *viewer, struct canvas *canvas, int x, int y, uint64_t id,
                           const struct event *event)
{
    bool has = event->kind != EVENT_HANDSHAKE && event->kind != EVENT_CLOSE;

    if (has) {
        canvas_text(canvas, x, y, 1, line_direction_style(event),
                    canvas_glyph(canvas, event->direction == C2S ? GLYPH_RIGHT : GLYPH_LEFT));
    }
    line_draw_mark(viewer->store, canvas, x + 1, y, id);
}

static void draw_row(const struct viewer *viewer, struct canvas *canvas, struct area area, int y, uint64_t id,
                     int64_t before)
{
    struct columns at = columns_of(viewer, area.width);
    struct store_event rebuilt;
    struct line line;

    if (!store_get(viewer->store, id, &rebuilt)) {
        canvas_text(canvas, area.x, y, area.width, STYLE_DIM, "gone: newer events needed its place");
        return;
    }
    line_describe(viewer->store, id, &rebuilt.event, &line);
    draw_times(viewer, canvas, at, y, &rebuilt.event, before);
    if (at.connection >= 0) {
        char number[24];

        snprintf(number, sizeof number, "%" PRIu64, rebuilt.connection.id);
        canvas_right(canvas, at.connection, y, 4, STYLE_DIM, number);
    }
    draw_direction(viewer, canvas, at.arrow, y, id, &rebuilt.event);
    if (messages_mark(viewer, id)) {
        canvas_text(canvas, at.kind - 1, y, 1, STYLE_KEY, "*");
    }
    if (!viewer->messages.frames && rebuilt.event.kind == EVENT_FRAME &&
        !frame_is_control(rebuilt.frame.opcode)) {
        at.kind += canvas_text(canvas, at.kind, y, 2, STYLE_DIM, canvas_glyph(canvas, GLYPH_CORNER)) + 1;
    }
    canvas_text(canvas, at.kind, y, LINE_KIND_MAX - 2, line.style, line.kind);
    draw_sizes(canvas, at, y, &line);
    int used = canvas_text(canvas, at.preview, y, area.width - at.preview, line.own_style, line.own);

    used += used > 0 && line.preview.length > 0;
    canvas_bytes(canvas, at.preview + used, y, area.width - at.preview - used, STYLE_PLAIN, line.preview);
}

/* --- the screen ------------------------------------------------------------------------------------ */

static void draw_heading(const struct viewer *viewer, struct canvas *canvas, struct area area, int y)
{
    struct columns at = columns_of(viewer, area.width);

    canvas_fill(canvas, area.x, y, area.width, STYLE_HEADING);
    canvas_text(canvas, at.time, y, 12, STYLE_HEADING, "       Time");
    if (at.delta >= 0) {
        canvas_text(canvas, at.delta, y, 8, STYLE_HEADING, "  Delta");
    }
    if (at.connection >= 0) {
        canvas_text(canvas, at.connection, y, 5, STYLE_HEADING, "   #");
    }
    canvas_text(canvas, at.kind, y, LINE_KIND_MAX, STYLE_HEADING,
                viewer->messages.frames ? "Frame" : "Message");
    if (at.wire >= 0) {
        canvas_text(canvas, at.wire, y, 7, STYLE_HEADING, "  Wire");
    }
    if (at.size >= 0) {
        canvas_text(canvas, at.size, y, 7, STYLE_HEADING, "  Size");
    }
    canvas_text(canvas, at.preview, y, area.width - at.preview, STYLE_HEADING, "Payload");
}

/* Whose messages these are. */
static void draw_context(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    const struct store_connection *row = store_connection(viewer->store, viewer->messages.connection);
    char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];
    int width = area.width, y = area.y;

    if (viewer->messages.connection == 0) {
        canvas_text(canvas, 1, y, width, STYLE_NAME, "All connections");
        return;
    }
    if (row == NULL) {
        canvas_text(canvas, 1, y, width, STYLE_DIM,
                    viewer->messages.connection < store_first_connection(viewer->store)
                        ? "This connection is gone: newer ones needed its place."
                        : "This connection has not begun yet.");
        return;
    }
    address_format(client, &row->connection.client);
    address_format(server, &row->connection.server);
    int x = 1 + canvas_format(canvas, 1, y, width, STYLE_NAME, "%" PRIu64 "  ", row->connection.id);

    x += canvas_text(canvas, x, y, width - x, STYLE_C2S, client) + 1;
    x += canvas_text(canvas, x, y, width - x, STYLE_DIM, canvas_glyph(canvas, GLYPH_RIGHT)) + 1;
    x += canvas_text(canvas, x, y, width - x, STYLE_S2C, server) + 2;
    struct bytes target = bytes_of(row->target.bytes, row->target.length);

    x += canvas_bytes(canvas, x, y, width - x, STYLE_PLAIN, target) + 2;
    x += canvas_text(canvas, x, y, width - x, STYLE_DIM, store_state_name(row->state)) + 2;
    canvas_bytes(canvas, x, y, width - x, STYLE_DIM,
                 bytes_of(row->subprotocol.bytes, row->subprotocol.length));
}

static const char *why_empty(const struct viewer *viewer)
{
    if (viewer->filter) {
        return "Nothing fits the filter. Press \\ to change it; an empty one shows all.";
    }
    if (viewer->settings.hide_control) {
        return "Nothing but control frames, or nothing at all. Press c to show them.";
    }
    return "No message yet.";
}

void messages_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct messages_screen *screen = &viewer->messages;
    struct area rows = rows_area(viewer);
    size_t index = index_of(viewer);
    size_t top = place_top(&screen->place, index, screen->listing.count, rows.height);

    if (rows.y - area.y == 2) {
        draw_context(viewer, canvas, area);
    }
    draw_heading(viewer, canvas, area, rows.y - 1);
    if (screen->listing.count == 0) {
        viewer_empty(canvas, rows, why_empty(viewer));
        return;
    }
    for (int i = 0; i < rows.height && top + (size_t)i < screen->listing.count; i++) {
        size_t at = top + (size_t)i;
        const struct record *before =
            at > 0 ? store_record(viewer->store, listing_id(&screen->listing, at - 1)) : NULL;

        draw_row(viewer, canvas, rows, rows.y + i, listing_id(&screen->listing, at),
                 before ? before->time : 0);
        if (at == index) {
            canvas_select(canvas, rows.x, rows.y + i, rows.width);
        }
    }
    if (screen->place.follow && !viewer->paused) {
        canvas_right(canvas, area.x, area.y, area.width - 1, STYLE_GOOD, "following");
    }
}
