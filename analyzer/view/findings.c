/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

/* --- the list: every record with a finding, in the order of time ------------------------------------- */

static void start(struct viewer *viewer)
{
    struct findings_screen *screen = &viewer->findings;
    struct criteria criteria = {
        .kinds = EVENT_ALL_BUT_SEGMENTS, .opcodes = ~0U, .findings = true, .severity = screen->least,
        .filter = viewer->filter,
    };

    if (screen->of_one_rule) {
        bool sender = occurrence_rule(&screen->rule)->side == RULE_SENDER;

        criteria.kinds = occurrence_kinds(&screen->rule);
        criteria.faults = UINT64_C(1) << screen->rule.rule;
        criteria.directions = !sender ? 0 : screen->rule.side == RULE_CLIENT ? 1U << C2S : 1U << S2C;
    }
    listing_start(&screen->listing, &criteria, viewer->store, screen->place.id ? screen->place.id
                                                                              : store_first(viewer->store));
    for (int i = 0; i < 64 && screen->listing.count < (size_t)viewer->height * 2; i++) {
        listing_work(&screen->listing, viewer->store, 256);
    }
    screen->started = true;
}

void findings_open(struct viewer *viewer)
{
    if (!viewer->findings.started) {
        start(viewer);
    }
    viewer_open(viewer, SCREEN_FINDINGS);
}

void findings_restart(struct viewer *viewer)
{
    if (viewer->findings.started) {
        memset(&viewer->findings.occurrences, 0, sizeof viewer->findings.occurrences);
        start(viewer);
    }
}

bool findings_work(struct viewer *viewer, unsigned records)
{
    struct findings_screen *screen = &viewer->findings;
    bool more = listing_work(&screen->listing, viewer->store, records);

    if (viewer->filter) {
        more |= occurrences_work(&screen->occurrences, viewer->store, viewer->filter, records);
    }
    return more;
}

static size_t index_of(struct viewer *viewer)
{
    struct findings_screen *screen = &viewer->findings;

    return place_index(&screen->place, &screen->listing);
}

/* --- keys ------------------------------------------------------------------------------------------ */

#define ABOUT_ROWS 6

static struct area rows_area(const struct viewer *viewer)
{
    struct area area = viewer_area(viewer);

    area.y++;
    area.height -= area.height > 12 ? 1 + ABOUT_ROWS : area.height > 0;
    return area;
}

static bool same_rule(const struct occurrence *a, const struct occurrence *b)
{
    return a->kind == b->kind && a->rule == b->rule && a->side == b->side;
}

/* The rows by rule, of all that was ever found, or with a filter of what is kept; and which is selected: the
 * first where the selected one is not among them. */
static size_t rows_by_rule(const struct viewer *viewer, struct occurrence rows[OCCURRENCES_MAX],
                           size_t *selected)
{
    const struct findings_screen *screen = &viewer->findings;
    size_t count = viewer->filter
                       ? occurrences_rows(screen->occurrences.counts, screen->least, rows)
                       : occurrences_rows(store_totals(viewer->store)->rules, screen->least, rows);

    *selected = 0;
    for (size_t i = 0; i < count; i++) {
        if (same_rule(&rows[i], &screen->rule)) {
            *selected = i;
        }
    }
    return count;
}

static void show_findings(struct viewer *viewer, bool of_one_rule)
{
    struct findings_screen *screen = &viewer->findings;

    screen->by_rule = false;
    screen->of_one_rule = of_one_rule;
    screen->place = (struct place){ .id = 0 };
    start(viewer);
}

bool findings_back(struct viewer *viewer)
{
    struct findings_screen *screen = &viewer->findings;

    if (!screen->of_one_rule) {
        return false;
    }
    show_findings(viewer, false);   /* the list behind the rules is of all again, for a search */
    screen->by_rule = true;
    return true;
}

static void act_by_rule(struct viewer *viewer, enum action action, struct key key)
{
    struct findings_screen *screen = &viewer->findings;
    struct occurrence rows[OCCURRENCES_MAX];
    struct place place = { .row = 0 };
    size_t index, count = rows_by_rule(viewer, rows, &index);
    size_t clicked = (size_t)(key.y - rows_area(viewer).y);

    if (count == 0) {
        return;
    }
    bool on_row = key.code == KEYS_CLICK && key.y >= rows_area(viewer).y && clicked < count;
    bool again = on_row && clicked == index;

    index = on_row ? clicked : place_move(&place, action, index, count, rows_area(viewer).height);
    screen->rule = rows[index];
    if (action == ACTION_ENTER || again) {
        show_findings(viewer, true);
    }
}

void findings_act(struct viewer *viewer, enum action action, struct key key)
{
    struct findings_screen *screen = &viewer->findings;
    size_t index = index_of(viewer);

    if (action == ACTION_GRAVER) {
        screen->least = screen->least == RULE_MUST ? RULE_NOTE : screen->least - 1;
        start(viewer);
    } else if (action == ACTION_UNFOLD && screen->by_rule) {
        show_findings(viewer, false);
    } else if (action == ACTION_UNFOLD) {
        findings_back(viewer);
        screen->by_rule = true;
    } else if (screen->by_rule) {
        act_by_rule(viewer, action, key);
    } else if (action == ACTION_ENTER ||
               place_click(&screen->place, &screen->listing, index, rows_area(viewer), key)) {
        viewer_open_record(viewer, screen->place.id);
    } else if (action != ACTION_NONE) {
        index = place_move(&screen->place, action, index, screen->listing.count, rows_area(viewer).height);
        screen->place.id = screen->listing.count ? listing_id(&screen->listing, index) : 0;
    }
}

/* --- drawing --------------------------------------------------------------------------------------- */

#define NARROW_COLUMN 8             /* where the rule stands on a narrow screen */
#define RULE_WIDTH    34

static const enum style severity_styles[] = {
    [RULE_MUST] = STYLE_BAD, [RULE_SHOULD] = STYLE_WARNING, [RULE_NOTE] = STYLE_DIM,
};

static int rule_column(struct area area)
{
    return area.width >= 60 ? 32 : NARROW_COLUMN;
}

/* Of an event's findings the worst, or the one whose rule was opened, and how many there are. */
static unsigned finding_of(const struct viewer *viewer, const struct event *event, struct finding *shown)
{
    const struct findings_screen *screen = &viewer->findings;
    const struct rule *only = screen->of_one_rule ? occurrence_rule(&screen->rule) : NULL;
    struct finding finding;
    unsigned next = 0, count = 0;

    while (rules_next(event, &next, &finding)) {
        if (count++ == 0 || finding.rule == only ||
            (shown->rule != only && finding.rule->severity < shown->rule->severity)) {
            *shown = finding;
        }
    }
    return count;
}

static void draw_rule(struct canvas *canvas, struct area area, int x, int y, const struct rule *rule,
                      unsigned others)
{
    enum style style = severity_styles[rule->severity];
    int used = canvas_text(canvas, x, y, area.width - x, style, rule->id);

    if (others > 0) {
        used += canvas_format(canvas, x + used, y, area.width - x - used, STYLE_DIM, " +%u", others);
    }
    if (area.width >= 100) {
        x += used < RULE_WIDTH ? RULE_WIDTH + 1 : used + 1;
        canvas_text(canvas, x, y, area.width - x, STYLE_PLAIN, rule->text);
    }
}

/* On a narrow screen nothing but the rule. */
static void draw_row(const struct viewer *viewer, struct canvas *canvas, struct area area, int y, uint64_t id)
{
    int x = rule_column(area);
    struct store_event rebuilt;
    struct finding shown;
    unsigned count = store_get(viewer->store, id, &rebuilt) ? finding_of(viewer, &rebuilt.event, &shown) : 0;

    if (count == 0) {
        return;
    }
    enum rule_severity severity = shown.rule->severity;

    canvas_text(canvas, 1, y, 6, severity_styles[severity], rules_severity_name(severity));
    if (x > NARROW_COLUMN) {
        canvas_text(canvas, 8, y, 7, STYLE_PLAIN, rules_side_name(shown.side));
        canvas_format(canvas, 15, y, 6, STYLE_DIM, "%6" PRIu64, rebuilt.connection.id);
        canvas_format(canvas, 22, y, 9, STYLE_DIM, "%9" PRIu64, rebuilt.event.packet);
    }
    draw_rule(canvas, area, x, y, shown.rule, count - 1);
}

/* One rule, one side, how often. */
static void draw_row_of_rule(struct canvas *canvas, struct area area, int y, const struct occurrence *row)
{
    int x = rule_column(area);
    const struct rule *rule = occurrence_rule(row);

    canvas_text(canvas, 1, y, 6, severity_styles[rule->severity], rules_severity_name(rule->severity));
    if (x > NARROW_COLUMN) {
        canvas_text(canvas, 8, y, 7, STYLE_PLAIN, rules_side_name(row->side));
        canvas_format(canvas, 15, y, 16, STYLE_NUMBER, "%16" PRIu64, row->count);
    }
    draw_rule(canvas, area, x, y, rule, 0);
}

/* What the rule says, and what should have been sent. */
static void draw_about(struct canvas *canvas, struct area area, int y, const struct rule *rule)
{
    canvas_line(canvas, area.x, y, area.width, STYLE_DIM, GLYPH_HORIZONTAL);
    if (rule == NULL) {
        canvas_text(canvas, 1, y + 1, area.width, STYLE_DIM, "gone: newer events needed its place");
        return;
    }
    int used = canvas_text(canvas, 1, y + 1, area.width, STYLE_NAME, rule->id);

    canvas_text(canvas, used + 2, y + 1, area.width - used - 2, STYLE_DIM, rule->section);
    int rows = canvas_paragraph(canvas, 1, y + 2, area.width - 2, 2, STYLE_PLAIN, rule->text);

    canvas_paragraph(canvas, 1, y + 2 + rows, area.width - 2, 2, STYLE_GOOD, rule->instead);
}

static void draw_heading(const struct findings_screen *screen, struct canvas *canvas, struct area area)
{
    static const char *const shown[] = { "MUST", "MUST and SHOULD", "all" };
    bool narrow = rule_column(area) == NARROW_COLUMN;

    viewer_heading(canvas, area, narrow            ? " Rule   Finding"
                                 : screen->by_rule ? " Rule   Side          How often Finding"
                                                   : " Rule   Side     Conn    Packet Finding");
    canvas_right(canvas, area.x + area.width / 2, area.y, area.width - area.width / 2 - 1, STYLE_HEADING,
                 screen->of_one_rule && !screen->by_rule ? "of this rule" : shown[screen->least]);
}

static const char *why_empty(const struct viewer *viewer)
{
    if (viewer->filter) {
        return "No finding fits the filter. Press \\ to change it.";
    }
    return viewer->findings.least != RULE_NOTE ? "Nothing as grave as this. Press s to see what is less so."
                                               : "Nothing found that breaks a rule.";
}

/* Returns the rule of the selected row, or NULL where there is none. */
static const struct rule *draw_by_rule(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct occurrence rows[OCCURRENCES_MAX];
    struct place place = { .row = area.height / 2 };
    size_t index, count = rows_by_rule(viewer, rows, &index);
    size_t top = place_top(&place, index, count, area.height);

    for (int i = 0; i < area.height && top + (size_t)i < count; i++) {
        draw_row_of_rule(canvas, area, area.y + i, &rows[top + (size_t)i]);
        if (top + (size_t)i == index) {
            canvas_select(canvas, area.x, area.y + i, area.width);
        }
    }
    return count > 0 ? occurrence_rule(&rows[index]) : NULL;
}

static const struct rule *draw_each(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct findings_screen *screen = &viewer->findings;
    size_t index = index_of(viewer), count = screen->listing.count;
    size_t top = place_top(&screen->place, index, count, area.height);
    struct store_event rebuilt;
    struct finding shown;

    for (int i = 0; i < area.height && top + (size_t)i < count; i++) {
        draw_row(viewer, canvas, area, area.y + i, listing_id(&screen->listing, top + (size_t)i));
        if (top + (size_t)i == index) {
            canvas_select(canvas, area.x, area.y + i, area.width);
        }
    }
    return store_get(viewer->store, screen->place.id, &rebuilt) && finding_of(viewer, &rebuilt.event, &shown)
               ? shown.rule
               : NULL;
}

void findings_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct area rows = rows_area(viewer);

    bool by_rule = viewer->findings.by_rule;
    const struct rule *rule = by_rule ? draw_by_rule(viewer, canvas, rows) : draw_each(viewer, canvas, rows);

    draw_heading(&viewer->findings, canvas, area);
    if (by_rule ? rule == NULL : viewer->findings.listing.count == 0) {
        viewer_empty(canvas, area, why_empty(viewer));
    } else if (area.height > 12) {
        draw_about(canvas, area, rows.y + rows.height, rule);
    }
}
