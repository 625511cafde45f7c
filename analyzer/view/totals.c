/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

#include "units.h"

#define LABEL_WIDTH 16

static void draw_count(struct canvas *canvas, struct area area, int *y, const char *label, enum style style,
                       uint64_t value)
{
    char text[UNITS_MAX];

    snprintf(text, sizeof text, "%" PRIu64, value);
    if (*y < area.y + area.height) {
        canvas_text(canvas, area.x + 1, *y, LABEL_WIDTH, STYLE_DIM, label);
        canvas_right(canvas, area.x + 1 + LABEL_WIDTH, *y, 12, value ? style : STYLE_DIM, text);
    }
    (*y)++;
}

void totals_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    const struct store_totals *totals = store_totals(viewer->store);
    char duration[UNITS_MAX];
    int y = area.y - viewer->totals.top;

    units_duration(duration, totals->last_time - totals->first_time);
    y++;
    draw_count(canvas, area, &y, "packets", STYLE_PLAIN, viewer->source.packets);
    draw_count(canvas, area, &y, "connections", STYLE_PLAIN, totals->connections);
    for (int kind = EVENT_HTTP; kind < EVENT_NOTICE; kind++) {
        draw_count(canvas, area, &y, event_kind_name((enum event_kind)kind), STYLE_PLAIN,
                   totals->events[kind]);
    }
    y++;
    draw_count(canvas, area, &y, "broken MUST", STYLE_BAD, totals->findings[RULE_MUST]);
    draw_count(canvas, area, &y, "broken SHOULD", STYLE_WARNING, totals->findings[RULE_SHOULD]);
    draw_count(canvas, area, &y, "notes", STYLE_PLAIN, totals->findings[RULE_NOTE]);
    y++;
    draw_count(canvas, area, &y, "events gone", STYLE_WARNING, store_first(viewer->store) - 1);
    draw_count(canvas, area, &y, "not kept", STYLE_WARNING, totals->not_kept);
    draw_count(canvas, area, &y, "packets dropped", STYLE_BAD, viewer->source.dropped);
    canvas_format(canvas, area.x + LABEL_WIDTH + 20, area.y + 1, area.width, STYLE_DIM, "over %s", duration);
}
