/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#define WORK_SLICE 256          /* records looked at between two looks at the clock */

/* --- going from screen to screen ------------------------------------------------------------------- */

void viewer_open_record(struct viewer *viewer, uint64_t record)
{
    const struct record *found = store_record(viewer->store, record);

    if (found == NULL) {
        return;
    }
    if (viewer->screen != SCREEN_MESSAGES) {
        messages_list(viewer, found->connection, record);
    }
    if (found->kind == EVENT_HANDSHAKE) {
        handshake_open(viewer, found->connection);
    } else {
        detail_open(viewer, record);
    }
}

/* Field by field: what is selected, or of a selected connection the message selected there. */
static void open_detail(struct viewer *viewer, uint64_t connection, uint64_t record)
{
    const struct record *found = store_record(viewer->store, record);

    if (viewer->screen != SCREEN_MESSAGES) {
        messages_list(viewer, found ? found->connection : connection, record);
    }
    detail_open(viewer, found ? record : viewer->messages.place.id);
}

/* The digits open a screen about what is selected. */
static void go_to(struct viewer *viewer, enum screen screen)
{
    uint64_t connection = viewer_connection(viewer), record = viewer_record(viewer);

    if (screen == viewer->screen) {
        return;
    }
    switch (screen) {
    case SCREEN_MESSAGES:
        messages_list(viewer, connection, record);
        viewer_open(viewer, screen);
        break;
    case SCREEN_DETAIL:
        open_detail(viewer, connection, record);
        break;
    case SCREEN_FINDINGS:
        findings_open(viewer);
        break;
    case SCREEN_LADDER:
        ladder_open(viewer, connection, record);
        break;
    case SCREEN_HANDSHAKE:
        handshake_open(viewer, connection);
        break;
    case SCREEN_TOTALS:
        totals_open(viewer, viewer->totals.connection ? connection : 0);
        viewer_open(viewer, screen);
        break;
    default:
        viewer_open(viewer, screen);
        break;
    }
}

/* --- keys ------------------------------------------------------------------------------------------ */

static void search_again(struct viewer *viewer, int direction)
{
    viewer->searching = viewer->pattern == NULL ? 0 : direction;
    viewer->search_at = 0;
}

static void go_back(struct viewer *viewer)
{
    if (viewer->screen != SCREEN_FINDINGS || !findings_back(viewer)) {
        viewer_back(viewer);
    }
}

/* What every screen does alike; false when it is the screen's own affair. */
static bool act_anywhere(struct viewer *viewer, enum action action)
{
    switch (action) {
    case ACTION_QUIT:
        viewer->request = REQUEST_QUIT;
        return true;
    case ACTION_BACK:
        go_back(viewer);
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
        search_again(viewer, action == ACTION_SEARCH_NEXT ? 1 : -1);
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

static void act(struct viewer *viewer, enum action action, struct key key)
{
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
        viewer_scroll(viewer, &viewer->handshake.page, action);
        break;
    case SCREEN_LADDER:
        ladder_act(viewer, action, key);
        break;
    case SCREEN_FINDINGS:
        findings_act(viewer, action, key);
        break;
    case SCREEN_TOTALS:
        totals_act(viewer, action);
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
        viewer_scroll(viewer, &viewer->help, action);
        break;
    }
}

/* The tab under a click. */
static bool click_tab(struct viewer *viewer, struct key key)
{
    int x = 1;

    if (key.code != KEYS_CLICK || key.y != VIEWER_TABS_ROW) {
        return false;
    }
    for (enum screen screen = SCREEN_CONNECTIONS; screen < SCREEN_HELP && viewer_has_tabs(viewer); screen++) {
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
    viewer->stirred = true;
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

static bool found_in_findings(const struct viewer *viewer, const struct event *event)
{
    struct finding finding;
    unsigned next = 0;

    while (rules_next(event, &next, &finding)) {
        if (pattern_matches(viewer->pattern, bytes_of_text(finding.rule->id)) ||
            pattern_matches(viewer->pattern, bytes_of_text(finding.rule->text))) {
            return true;
        }
    }
    return false;
}

/* In the words of its row: of a message these are its payload, cut short. */
static bool found_in_line(const struct viewer *viewer, uint64_t id, const struct event *event)
{
    struct line line;

    line_describe(viewer->store, id, event, &line);
    return pattern_matches(viewer->pattern, bytes_of_text(line.kind)) ||
           pattern_matches(viewer->pattern, bytes_of_text(line.own)) ||
           pattern_matches(viewer->pattern, line.preview);
}

/* Whether what is searched for stands in the record: in its payload or head, its row, or what was found. */
static bool found_in(const struct viewer *viewer, uint64_t id)
{
    struct store_event rebuilt;
    const struct event *event = &rebuilt.event;

    if (!store_get(viewer->store, id, &rebuilt)) {
        return false;
    }
    if (found_in_findings(viewer, event)) {
        return true;
    }
    switch (event->kind) {
    case EVENT_MESSAGE:
        return pattern_matches(viewer->pattern, event->message.message->payload);
    case EVENT_HTTP:
        return pattern_matches(viewer->pattern, event->http.head->raw);
    default:
        return found_in_line(viewer, id, event);
    }
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
    const struct listing *listing = viewer_listing(viewer);
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
            viewer->stirred = true;
            viewer->searching = 0;
            place->id = from;
            place->follow = false;
            if (viewer->screen == SCREEN_FINDINGS) {
                viewer->findings.by_rule = false;   /* it is one finding that was found */
            }
            return;
        }
    }
    viewer->search_at = from;
}

bool viewer_work(struct viewer *viewer)
{
    const struct store *store = viewer->store;
    bool more = false;

    if (!viewer->paused || viewer->behind) {
        more |= listing_work(&viewer->messages.listing, store, WORK_SLICE);
        more |= viewer->findings.started && findings_work(viewer, WORK_SLICE);
        more |= viewer->screen == SCREEN_CONNECTIONS && connections_work(viewer, WORK_SLICE);
        more |= viewer->screen == SCREEN_LADDER && listing_work(&viewer->ladder.listing, store, WORK_SLICE);
        more |= viewer->screen == SCREEN_TOTALS && totals_work(viewer, WORK_SLICE);
        viewer->stirred |= viewer->paused;
        viewer->behind = viewer->behind && more;
    }
    if (viewer->searching && viewer->screen == SCREEN_CONNECTIONS) {
        connections_search(viewer);
    } else if (viewer->searching) {
        search_on(viewer);
        more |= viewer->searching != 0;
    }
    return more;
}

/* --- a capture that is read again ------------------------------------------------------------------ */

void viewer_restart(struct viewer *viewer)
{
    struct viewer_source *source = &viewer->source;

    source->packets = source->bytes = 0;
    source->ended = source->measuring = false;
    source->trouble = NULL;
    viewer->paused = false;
    viewer->searching = 0;
    connections_restart(viewer);
    viewer->messages.unfolded = 0;
    messages_restart(viewer);
    viewer->messages.place.follow = viewer->ladder.place.follow = true;
    findings_restart(viewer);
    ladder_restart(viewer);
    totals_restart(viewer);
}
