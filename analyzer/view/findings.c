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
        start(viewer);
    }
}

static size_t index_of(struct viewer *viewer)
{
    struct findings_screen *screen = &viewer->findings;

    return place_index(&screen->place, &screen->listing, false);
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

void findings_act(struct viewer *viewer, enum action action, struct key key)
{
    struct findings_screen *screen = &viewer->findings;
    size_t index = index_of(viewer);

    if (action == ACTION_ENTER ||
        place_click(&screen->place, &screen->listing, index, rows_area(viewer), key)) {
        viewer_open_record(viewer, screen->place.id);
    } else if (action == ACTION_GRAVER) {
        screen->least = screen->least == RULE_MUST ? RULE_NOTE : screen->least - 1;
        findings_restart(viewer);
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

/* The worst finding of the event, and how many there are. */
static unsigned worst_of(const struct event *event, struct finding *worst)
{
    struct finding finding;
    unsigned next = 0, count = 0;

    while (rules_next(event, &next, &finding)) {
        if (count++ == 0 || finding.rule->severity < worst->rule->severity) {
            *worst = finding;
        }
    }
    return count;
}

/* The rule's text where there is room for it; on a narrow screen nothing but the rule. */
static void draw_row(const struct viewer *viewer, struct canvas *canvas, struct area area, int y, uint64_t id)
{
    int x = rule_column(area);
    struct store_event rebuilt;
    struct finding worst;

    if (!store_get(viewer->store, id, &rebuilt) || worst_of(&rebuilt.event, &worst) == 0) {
        return;
    }
    enum style style = severity_styles[worst.rule->severity];

    canvas_text(canvas, 1, y, 6, style, rules_severity_name(worst.rule->severity));
    if (x > NARROW_COLUMN) {
        canvas_text(canvas, 8, y, 7, STYLE_PLAIN, rules_side_name(worst.side));
        canvas_format(canvas, 15, y, 6, STYLE_DIM, "%6" PRIu64, rebuilt.connection.id);
        canvas_format(canvas, 22, y, 9, STYLE_DIM, "%9" PRIu64, rebuilt.event.packet);
    }
    int used = canvas_text(canvas, x, y, area.width - x, style, worst.rule->id);

    if (area.width >= 100) {
        x += used < RULE_WIDTH ? RULE_WIDTH + 1 : used + 1;
        canvas_text(canvas, x, y, area.width - x, STYLE_PLAIN, worst.rule->text);
    }
}

static void draw_about(const struct viewer *viewer, struct canvas *canvas, struct area area, int y)
{
    struct store_event rebuilt;
    struct finding worst;

    canvas_line(canvas, area.x, y, area.width, STYLE_DIM, GLYPH_HORIZONTAL);
    if (!store_get(viewer->store, viewer->findings.place.id, &rebuilt)) {
        canvas_text(canvas, 1, y + 1, area.width, STYLE_DIM, "gone: newer events needed its place");
        return;
    }
    if (worst_of(&rebuilt.event, &worst) == 0) {
        return;
    }
    int used = canvas_text(canvas, 1, y + 1, area.width, STYLE_NAME, worst.rule->id);

    canvas_text(canvas, used + 2, y + 1, area.width - used - 2, STYLE_DIM, worst.rule->section);
    int rows = canvas_paragraph(canvas, 1, y + 2, area.width - 2, 2, STYLE_PLAIN, worst.rule->text);

    canvas_paragraph(canvas, 1, y + 2 + rows, area.width - 2, 2, STYLE_GOOD, worst.rule->instead);
}

void findings_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    static const char *const shown[] = { "MUST", "MUST and SHOULD", "all" };
    struct findings_screen *screen = &viewer->findings;
    struct area rows = rows_area(viewer);
    size_t index = index_of(viewer);
    size_t top = place_top(&screen->place, index, screen->listing.count, rows.height);

    viewer_heading(canvas, area, rule_column(area) > NARROW_COLUMN ? " Rule   Side     Conn    Packet Finding"
                                                                   : " Rule   Finding");
    canvas_right(canvas, area.x + area.width / 2, area.y, area.width - area.width / 2 - 1, STYLE_HEADING,
                 shown[screen->least]);
    if (screen->listing.count == 0) {
        viewer_empty(canvas, area, viewer->filter ? "No finding fits the filter. Press \\ to change it."
                                                  : "Nothing found that breaks a rule.");
        return;
    }
    for (int i = 0; i < rows.height && top + (size_t)i < screen->listing.count; i++) {
        draw_row(viewer, canvas, rows, rows.y + i, listing_id(&screen->listing, top + (size_t)i));
        if (top + (size_t)i == index) {
            canvas_select(canvas, rows.x, rows.y + i, rows.width);
        }
    }
    if (area.height > 12) {
        draw_about(viewer, canvas, area, rows.y + rows.height);
    }
}
