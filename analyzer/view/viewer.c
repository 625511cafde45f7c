/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "units.h"

#define TABS_ROW      0
#define BAR_ROWS      1             /* the hint bar, or the prompt */
#define STATUS_LEAST  6             /* a screen lower than this has no status line */
#define FILTER_SOON   0.99          /* of all records: what is left is looked at before it could be told */
#define WORK_SLICE    256           /* records looked at between two looks at the clock */

void viewer_init(struct viewer *viewer, const struct store *store)
{
    *viewer = (struct viewer){ .store = store };
    viewer->settings = settings_usual();
    viewer->source.name = "";
    viewer->source.progress = -1;
    viewer->connections.stale = true;
    viewer->messages.place.follow = true;
    viewer->findings.least = RULE_NOTE;
    replay_init(&viewer->replay);
}

void viewer_release(struct viewer *viewer)
{
    free(viewer->connections.order);
    listing_release(&viewer->messages.listing);
    listing_release(&viewer->findings.listing);
    listing_release(&viewer->ladder.listing);
    tree_release(&viewer->detail.tree);
    difference_release(&viewer->difference.difference);
    filter_free(viewer->filter);
    pattern_free(viewer->pattern);
}

void viewer_resize(struct viewer *viewer, int width, int height)
{
    viewer->width = width;
    viewer->height = height;
}

void viewer_restart(struct viewer *viewer)
{
    struct viewer_source *source = &viewer->source;

    source->packets = source->bytes = 0;
    source->ended = source->measuring = false;
    source->trouble = NULL;
    viewer->paused = false;
    viewer->searching = 0;
    viewer->connections.stale = true;
    viewer->messages.unfolded = 0;
    messages_open(viewer, viewer->messages.connection, viewer->messages.place.id);
    viewer->messages.place.follow = true;
    findings_restart(viewer);
    ladder_restart(viewer);
}

void viewer_note(struct viewer *viewer, bool bad, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(viewer->note, sizeof viewer->note, format, arguments);
    va_end(arguments);
    viewer->note_bad = bad;
}

/* --- places in lists ------------------------------------------------------------------------------- */

static size_t moved_by(enum action action, size_t index, size_t count, size_t page)
{
    switch (action) {
    case ACTION_UP:
        return index > 0 ? index - 1 : 0;
    case ACTION_DOWN:
        return index + 1;
    case ACTION_PAGE_UP:
        return index > page ? index - page : 0;
    case ACTION_PAGE_DOWN:
        return index + page;
    case ACTION_FIRST:
        return 0;
    case ACTION_LAST:
        return count;
    default:
        return index;
    }
}

size_t place_move(struct place *place, enum action action, size_t index, size_t count, int height)
{
    size_t page = height > 2 ? (size_t)height - 1 : 1;
    size_t moved = moved_by(action, index, count, page);

    if (count == 0) {
        return 0;
    }
    moved = moved < count ? moved : count - 1;
    int row = place->row + (int)((int64_t)moved - (int64_t)index);

    place->row = row < 0 ? 0 : row >= height ? height - 1 : row;
    place->follow = action == ACTION_LAST;
    return moved;
}

size_t place_top(struct place *place, size_t index, size_t count, int height)
{
    size_t rows = height > 0 ? (size_t)height : 0;
    size_t row = place->row > 0 ? (size_t)place->row : 0;

    row = rows > 0 && row >= rows ? rows - 1 : row;
    size_t top = index > row ? index - row : 0;

    if (count > rows && top > count - rows) {
        top = count - rows;
    }
    top = count <= rows ? 0 : top;
    place->row = (int)(index - top);
    return top;
}

/* --- going from screen to screen ------------------------------------------------------------------- */

uint64_t viewer_connection(const struct viewer *viewer)
{
    const struct record *record = NULL;

    switch (viewer->screen) {
    case SCREEN_CONNECTIONS:
        return viewer->connections.place.id;
    case SCREEN_DETAIL:
        return viewer->detail.tree.connection;
    case SCREEN_SAVE:
        return viewer->save.connection;
    case SCREEN_FINDINGS:
        record = store_record(viewer->store, viewer->findings.place.id);
        break;
    default:
        record = store_record(viewer->store, viewer->messages.place.id);
        break;
    }
    if (viewer->screen != SCREEN_FINDINGS && viewer->messages.connection) {
        return viewer->messages.connection;
    }
    return record ? record->connection : viewer->connections.place.id;
}

void viewer_open(struct viewer *viewer, enum screen screen)
{
    if (viewer->screen == screen) {
        return;
    }
    if (viewer->trail_length == sizeof viewer->trail / sizeof viewer->trail[0]) {
        memmove(viewer->trail, viewer->trail + 1, sizeof viewer->trail - sizeof viewer->trail[0]);
        viewer->trail_length--;
    }
    viewer->trail[viewer->trail_length++] = viewer->screen;
    viewer->screen = screen;
}

void viewer_back(struct viewer *viewer)
{
    if (viewer->trail_length > 0) {
        viewer->screen = viewer->trail[--viewer->trail_length];
    } else {
        viewer->screen = SCREEN_CONNECTIONS;
    }
}

/* The digits open a screen about what is selected; the trail then leads back to the connections only. */
static void go_to(struct viewer *viewer, enum screen screen)
{
    uint64_t connection = viewer_connection(viewer);
    bool finding = viewer->screen == SCREEN_FINDINGS;
    uint64_t record = finding ? viewer->findings.place.id : viewer->messages.place.id;

    switch (screen) {
    case SCREEN_MESSAGES:
        messages_open(viewer, connection, record);
        break;
    case SCREEN_DETAIL:
        if (viewer->screen == SCREEN_CONNECTIONS) {
            messages_open(viewer, connection, 0);
        }
        detail_open(viewer, finding ? record : viewer->messages.place.id);
        break;
    case SCREEN_FINDINGS:
        findings_open(viewer);
        break;
    case SCREEN_LADDER:
        ladder_open(viewer, connection);
        break;
    case SCREEN_HANDSHAKE:
        messages_open(viewer, connection, record);
        viewer->handshake.top = 0;
        break;
    default:
        break;
    }
    viewer_open(viewer, screen);
}

/* --- keys ------------------------------------------------------------------------------------------ */

/* What every screen does alike; false when it is the screen's own affair. */
static bool act_anywhere(struct viewer *viewer, enum action action)
{
    switch (action) {
    case ACTION_QUIT:
        viewer->request = REQUEST_QUIT;
        return true;
    case ACTION_BACK:
        viewer_back(viewer);
        return true;
    case ACTION_HELP:
        viewer->help.top = 0;
        viewer_open(viewer, SCREEN_HELP);
        return true;
    case ACTION_SAVE:
        save_open(viewer);
        return true;
    case ACTION_SETTINGS:
        viewer_open(viewer, SCREEN_SETTINGS);
        return true;
    case ACTION_PAUSE:
        viewer->paused = !viewer->paused;
        return true;
    case ACTION_ABSOLUTE:
        viewer->settings.clock = !viewer->settings.clock;
        return true;
    case ACTION_FILTER:
        prompt_open(viewer, PROMPT_FILTER, viewer->filter_text);
        return true;
    case ACTION_SEARCH:
        prompt_open(viewer, PROMPT_SEARCH, "");
        return true;
    case ACTION_SEARCH_NEXT:
    case ACTION_SEARCH_PREVIOUS:
        viewer->searching = viewer->pattern == NULL ? 0 : action == ACTION_SEARCH_NEXT ? 1 : -1;
        viewer->search_at = 0;
        return true;
    default:
        return false;
    }
}

static bool act_by_number(struct viewer *viewer, enum action action)
{
    static const enum screen screens[] = {
        [ACTION_CONNECTIONS] = SCREEN_CONNECTIONS, [ACTION_MESSAGES] = SCREEN_MESSAGES,
        [ACTION_DETAIL] = SCREEN_DETAIL,           [ACTION_HANDSHAKE] = SCREEN_HANDSHAKE,
        [ACTION_LADDER] = SCREEN_LADDER,           [ACTION_FINDINGS] = SCREEN_FINDINGS,
        [ACTION_TOTALS] = SCREEN_TOTALS,
    };

    if (action < ACTION_CONNECTIONS || action > ACTION_TOTALS) {
        return false;
    }
    go_to(viewer, screens[action]);
    return true;
}

static void scroll(struct scrolled *scrolled, enum action action, int height)
{
    size_t top = moved_by(action, (size_t)scrolled->top, 1000, height > 1 ? (size_t)height - 1 : 1);

    scrolled->top = (int)top;
}

static void act(struct viewer *viewer, enum action action, struct key key)
{
    int height = viewer_area(viewer).height;

    switch (viewer->screen) {
    case SCREEN_CONNECTIONS:
        connections_act(viewer, action, key);
        break;
    case SCREEN_MESSAGES:
        messages_act(viewer, action, key);
        break;
    case SCREEN_DETAIL:
        detail_act(viewer, action, key);
        break;
    case SCREEN_HANDSHAKE:
        scroll(&viewer->handshake, action, height);
        break;
    case SCREEN_LADDER:
        ladder_act(viewer, action, key);
        break;
    case SCREEN_FINDINGS:
        findings_act(viewer, action, key);
        break;
    case SCREEN_TOTALS:
        scroll(&viewer->totals, action, height);
        break;
    case SCREEN_DIFFERENCE:
        difference_act(viewer, action);
        break;
    case SCREEN_SETTINGS:
        settings_act(viewer, action, key);
        break;
    case SCREEN_SAVE:
        save_act(viewer, action, key);
        break;
    default:
        scroll(&viewer->help, action, height);
        break;
    }
}

/* The tab under a click. */
static bool click_tab(struct viewer *viewer, struct key key)
{
    int x = 1;

    if (key.code != KEYS_CLICK || key.y != TABS_ROW) {
        return false;
    }
    for (enum screen screen = SCREEN_CONNECTIONS; screen < SCREEN_HELP; screen++) {
        int end = x + (int)strlen(keys_screen_name(screen)) + 2;

        if (key.x >= x && key.x < end) {
            go_to(viewer, screen);
            return true;
        }
        x = end + 1;
    }
    return true;
}

void viewer_key(struct viewer *viewer, struct key key)
{
    bool own = viewer->screen == SCREEN_SAVE || viewer->screen == SCREEN_SETTINGS;  /* they want Space */
    bool replays = viewer->replay.on && !own;
    enum action replay = replays ? keys_replay_action(key.code) : ACTION_NONE;
    enum action action = replay != ACTION_NONE ? replay : keys_action(viewer->screen, key.code);

    viewer->note[0] = '\0';
    if (viewer->prompt.kind != PROMPT_NONE) {
        prompt_key(viewer, key);
        return;
    }
    viewer->searching = 0;
    if (player_click(viewer, key) || player_act(viewer, action)) {
        return;
    }
    if (!click_tab(viewer, key) && !act_anywhere(viewer, action) && !act_by_number(viewer, action)) {
        act(viewer, action, key);
    }
}

/* --- work in the background ------------------------------------------------------------------------ */

/* Whether what is searched for stands in the record: in its payload, or in its heads. */
static bool found_in(const struct viewer *viewer, uint64_t id)
{
    struct store_event rebuilt;
    const struct event *event = &rebuilt.event;

    if (!store_get(viewer->store, id, &rebuilt)) {
        return false;
    }
    switch (event->kind) {
    case EVENT_MESSAGE:
        return pattern_matches(viewer->pattern, event->message.message->payload);
    case EVENT_FRAME:
    case EVENT_CUT:
        return pattern_matches(viewer->pattern, event->frame.payload);
    case EVENT_HTTP:
        return pattern_matches(viewer->pattern, event->http.head->raw);
    case EVENT_CLOSE:
        return pattern_matches(viewer->pattern, event->close.reason);
    default:
        return false;
    }
}

/* The list that is on the screen. */
static const struct listing *listing_shown(const struct viewer *viewer)
{
    return viewer->screen == SCREEN_FINDINGS ? &viewer->findings.listing
           : viewer->screen == SCREEN_LADDER ? &viewer->ladder.listing
                                             : &viewer->messages.listing;
}

static struct place *place_shown(struct viewer *viewer)
{
    return viewer->screen == SCREEN_FINDINGS ? &viewer->findings.place
           : viewer->screen == SCREEN_LADDER ? &viewer->ladder.place
                                             : &viewer->messages.place;
}

static void search_on(struct viewer *viewer)
{
    struct place *place = place_shown(viewer);
    const struct listing *listing = listing_shown(viewer);
    uint64_t from = viewer->search_at ? viewer->search_at : place->id;

    if (listing->count == 0) {
        viewer->searching = 0;
        return;
    }
    for (int i = 0; i < WORK_SLICE; i++) {
        size_t index = viewer->searching > 0 ? listing_find(listing, from + 1) : listing_find(listing, from);

        if (viewer->searching > 0 ? index == listing->count : index == 0) {
            viewer->searching = 0;
            viewer_note(viewer, true, "not found: %s", viewer->search_text);
            return;
        }
        from = listing_id(listing, viewer->searching > 0 ? index : index - 1);
        if (found_in(viewer, from)) {
            viewer->searching = 0;
            place->id = from;
            place->follow = false;
            return;
        }
    }
    viewer->search_at = from;
}

bool viewer_work(struct viewer *viewer)
{
    const struct store *store = viewer->store;
    bool more = false;

    if (!viewer->paused) {
        more |= listing_work(&viewer->messages.listing, store, WORK_SLICE);
        more |= viewer->findings.started && listing_work(&viewer->findings.listing, store, WORK_SLICE);
        more |= viewer->screen == SCREEN_LADDER && listing_work(&viewer->ladder.listing, store, WORK_SLICE);
    }
    if (viewer->searching && viewer->screen == SCREEN_CONNECTIONS) {
        connections_search(viewer);
    } else if (viewer->searching) {
        search_on(viewer);
        more |= viewer->searching != 0;
    }
    return more;
}

/* --- drawing --------------------------------------------------------------------------------------- */

static bool has_status(const struct viewer *viewer)
{
    return viewer->height >= STATUS_LEAST;
}

struct area viewer_area(const struct viewer *viewer)
{
    int bars = 1 + BAR_ROWS + has_status(viewer);
    int height = viewer->height - bars;

    return (struct area){ .x = 0, .y = 1, .width = viewer->width, .height = height > 0 ? height : 0 };
}

/* All names where there is room, else the open screen's. */
static void draw_tabs(const struct viewer *viewer, struct canvas *canvas)
{
    int x = 1, needed = 0;

    canvas_fill(canvas, 0, TABS_ROW, viewer->width, STYLE_BAR);
    for (enum screen screen = SCREEN_CONNECTIONS; screen < SCREEN_HELP; screen++) {
        needed += (int)strlen(keys_screen_name(screen)) + 3;
    }
    for (enum screen screen = SCREEN_CONNECTIONS; screen < SCREENS; screen++) {
        bool current = screen == viewer->screen;
        enum style style = current ? STYLE_BAR_CURRENT : STYLE_BAR;

        if (screen >= SCREEN_HELP ? !current : !current && needed > viewer->width) {
            continue;
        }
        if (screen < SCREEN_HELP) {
            x += canvas_format(canvas, x, TABS_ROW, viewer->width, style, "%d ", (int)screen + 1);
        }
        x += canvas_text(canvas, x, TABS_ROW, viewer->width, style, keys_screen_name(screen)) + 1;
    }
}

/* Returns the column behind them. */
static int draw_hints(const struct viewer *viewer, struct canvas *canvas, int x, int y, unsigned screens)
{
    size_t count;
    const struct key_row *rows = keys_table(&count);

    for (size_t i = 0; i < count; i++) {
        int needed = rows[i].hint ? (int)(strcspn(rows[i].keys, " ") + strlen(rows[i].hint)) + 3 : 0;

        if (needed && (rows[i].screens & screens) && x + needed <= viewer->width) {
            x += 1 + canvas_format(canvas, x + 1, y, viewer->width, STYLE_KEY, "%.*s",
                                   (int)strcspn(rows[i].keys, " "), rows[i].keys);
            x += 1 + canvas_text(canvas, x + 1, y, viewer->width, STYLE_PLAIN, rows[i].hint);
            x++;
        }
    }
    return x;
}

static void describe_progress(const struct viewer *viewer, char *out, size_t capacity)
{
    const struct viewer_source *source = &viewer->source;

    if (viewer->paused) {
        snprintf(out, capacity, "PAUSED");
    } else if (source->trouble) {
        snprintf(out, capacity, "stopped");
    } else if (source->live) {
        snprintf(out, capacity, source->ended ? "ended" : "live");
    } else if (!source->ended && source->progress >= 0) {
        snprintf(out, capacity, "reading %.0f %%", source->progress * 100);
    } else {
        snprintf(out, capacity, source->ended ? "all read" : "reading");
    }
}

static void describe_drops(const struct viewer_source *source, char *out, size_t capacity)
{
    if (source->dropped_interface) {
        snprintf(out, capacity, "dropped: %" PRIu64 " kernel, %" PRIu64 " interface", source->dropped_kernel,
                 source->dropped_interface);
    } else {
        snprintf(out, capacity, "%" PRIu64 " dropped", source->dropped_kernel);
    }
}

/* What is filtered by; with how much of it has been done, while that is worth a word. */
void viewer_draw_filter(const struct viewer *viewer, struct canvas *canvas, int x, int y)
{
    bool lists = viewer->screen != SCREEN_CONNECTIONS && !viewer->paused;
    double part = lists ? listing_part(listing_shown(viewer), viewer->store) : 1;
    int width = viewer->width - x;

    if (viewer->filter_text[0] && part < FILTER_SOON) {
        canvas_format(canvas, x, y, width, STYLE_WARNING, "filtering %.0f %%: %s", part * 100,
                      viewer->filter_text);
    } else if (viewer->filter_text[0]) {
        canvas_format(canvas, x, y, width, STYLE_WARNING, "filter: %s", viewer->filter_text);
    }
}

/* What came in and what was lost, on one line: nothing is dropped silently. */
static void draw_status(const struct viewer *viewer, struct canvas *canvas, int y)
{
    const struct store_totals *totals = store_totals(viewer->store);
    const struct viewer_source *source = &viewer->source;
    char state[40], connections[40], right[120];
    int width = viewer->width;

    describe_progress(viewer, state, sizeof state);
    units_count(connections, sizeof connections, totals->connections, "connection");
    const char *dot = canvas_glyph(canvas, GLYPH_DOT);
    enum style style = viewer->paused ? STYLE_WARNING : source->trouble ? STYLE_BAD : STYLE_DIM;
    int x = 2 + canvas_text(canvas, 1, y, width / 2, STYLE_DIM, source->name);

    x += canvas_format(canvas, x, y, width - x, style, "%s %s", dot, state) + 1;
    x += canvas_format(canvas, x, y, width - x, STYLE_DIM, "%s %" PRIu64 " packets, %s", dot, source->packets,
                       connections) + 1;
    if (store_first(viewer->store) > 1) {
        x += canvas_format(canvas, x, y, width - x, STYLE_WARNING, "%s %" PRIu64 " oldest events gone",
                           canvas_glyph(canvas, GLYPH_DOT), store_first(viewer->store) - 1) + 1;
    }
    if (source->live || source->dropped_kernel || source->dropped_interface) {
        describe_drops(source, right, sizeof right);
        canvas_right(canvas, x, y, width - x - 1,
                     source->dropped_kernel || source->dropped_interface ? STYLE_BAD : STYLE_DIM, right);
    }
    viewer_draw_filter(viewer, canvas, x, y);
}

static void draw_bottom(struct viewer *viewer, struct canvas *canvas)
{
    int y = viewer->height - 1;

    viewer->bar = (struct span){ 0, 0 };
    if (has_status(viewer) && viewer->replay.on) {
        player_draw(viewer, canvas, y - 1);
    } else if (has_status(viewer)) {
        draw_status(viewer, canvas, y - 1);
    }
    if (viewer->prompt.kind != PROMPT_NONE) {
        prompt_draw(viewer, canvas, y);
    } else if (viewer->note[0]) {
        canvas_text(canvas, 1, y, viewer->width - 1, viewer->note_bad ? STYLE_BAD : STYLE_GOOD, viewer->note);
    } else if (viewer->searching) {
        canvas_format(canvas, 1, y, viewer->width - 1, STYLE_WARNING, "searching: %s", viewer->search_text);
    } else {
        int x = viewer->replay.on ? draw_hints(viewer, canvas, 0, y, KEYS_REPLAY) : 0;

        draw_hints(viewer, canvas, x, y, SCREEN_BIT(viewer->screen));
    }
}

void viewer_heading(struct canvas *canvas, struct area area, const char *text)
{
    canvas_fill(canvas, area.x, area.y, area.width, STYLE_HEADING);
    canvas_text(canvas, area.x, area.y, area.width, STYLE_HEADING, text);
}

void viewer_empty(struct canvas *canvas, struct area area, const char *text)
{
    canvas_paragraph(canvas, area.x + 2, area.y + area.height / 3, area.width - 4, 6, STYLE_DIM, text);
}

static int clamp(int value, int size)
{
    return value < 0 || size == 0 ? 0 : value < size ? value : size - 1;
}

void viewer_draw(struct viewer *viewer, struct canvas *canvas)
{
    static void (*const screens[SCREENS])(struct viewer *, struct canvas *, struct area) = {
        [SCREEN_CONNECTIONS] = connections_draw, [SCREEN_MESSAGES] = messages_draw,
        [SCREEN_DETAIL] = detail_draw,           [SCREEN_HANDSHAKE] = handshake_draw,
        [SCREEN_LADDER] = ladder_draw,           [SCREEN_FINDINGS] = findings_draw,
        [SCREEN_TOTALS] = totals_draw,           [SCREEN_HELP] = help_draw,
        [SCREEN_SAVE] = save_draw,               [SCREEN_DIFFERENCE] = difference_draw,
        [SCREEN_SETTINGS] = settings_draw,
    };

    canvas_clear(canvas);
    if (viewer->height > 1) {
        draw_tabs(viewer, canvas);
    }
    connections_update(viewer);
    screens[viewer->screen](viewer, canvas, viewer_area(viewer));
    draw_bottom(viewer, canvas);
    canvas->cursor_x = clamp(canvas->cursor_x, canvas->width);
    canvas->cursor_y = clamp(canvas->cursor_y, canvas->height);
}
