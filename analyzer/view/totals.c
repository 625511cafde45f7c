/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "units.h"

#define LABEL_WIDTH  13
#define SUM_WIDTH    5
#define PLOT_X_LEAST 15
#define SIDES_SHARE  7              /* of the area's height goes to either side's plot, */
#define SIDES_LEAST  2              /* in rows */
#define SIDES_MOST   8
#define EIGHTHS      8              /* heights that one cell can show */

/* Rows are numbered from the page's top; what lies outside the area is not drawn. */
struct page {
    struct canvas *canvas;
    struct area area;
    int row;                        /* the next one, on the canvas */
    int plot_x, columns;            /* where the plots begin, and how wide they are */
};

static int row_in_view(const struct page *page, int row)
{
    return row >= page->area.y && row < page->area.y + page->area.height ? row : -1;
}

static void heading(struct page *page, const char *text)
{
    int y = row_in_view(page, page->row++);

    canvas_text(page->canvas, 1, y, page->area.width - 2, STYLE_NAME, text);
}

/* --- what passed over time ------------------------------------------------------------------------- */

/* One plot: a label at its left, and what is added up in it. */
struct plot {
    const struct series *series;
    struct series_choice choice;
    enum style style;
    int height;                     /* rows */
    uint64_t most;                  /* what the highest column stands for */
};

/* One column: whole cells, and on top the glyph for what is left; at least an eighth for anything at all. */
static void draw_column(struct page *page, const struct plot *plot, int x, uint64_t amount)
{
    uint64_t whole = (uint64_t)plot->height * EIGHTHS;
    uint64_t eighths = plot->most > 0 ? (uint64_t)((double)amount / (double)plot->most * (double)whole) : 0;

    eighths = amount > 0 && eighths == 0 ? 1 : eighths;
    for (int row = plot->height - 1; row >= 0 && eighths > 0; row--) {
        uint64_t here = eighths < EIGHTHS ? eighths : EIGHTHS;
        enum glyph glyph = (enum glyph)(GLYPH_EIGHTH + here - 1);

        canvas_text(page->canvas, x, row_in_view(page, page->row + row), 1, plot->style,
                    canvas_glyph(page->canvas, glyph));
        eighths -= here;
    }
}

/* The columns, and the sum at the right end of the label's first row. */
static void draw_plot(struct page *page, const struct plot *plot)
{
    char sum[UNITS_MAX];

    units_size(sum, series_sum(plot->series, &plot->choice));
    canvas_right(page->canvas, page->plot_x - SUM_WIDTH - 1, row_in_view(page, page->row), SUM_WIDTH,
                 STYLE_NUMBER, sum);
    for (int column = 0; column < page->columns; column++) {
        draw_column(page, plot, page->plot_x + column,
                    series_column(plot->series, &plot->choice, (size_t)column, (size_t)page->columns));
    }
    page->row += plot->height;
}

static int label_room(const struct page *page)
{
    return page->plot_x - SUM_WIDTH - 2;
}

static void draw_sides(struct page *page, const struct series *series, enum measure measure)
{
    static const enum style styles[] = { [C2S] = STYLE_C2S, [S2C] = STYLE_S2C };
    static const char *const names[] = { [C2S] = "client", [S2C] = "server" };
    int share = page->area.height / SIDES_SHARE;
    int height = share < SIDES_LEAST ? SIDES_LEAST : share > SIDES_MOST ? SIDES_MOST : share;
    struct plot plots[2];
    uint64_t most = 0;
    char label[UNITS_MAX];

    for (int side = C2S; side <= S2C; side++) {
        struct series_choice sent = { SERIES_ALL_PARTS, 1U << side, measure };
        uint64_t highest = series_highest(series, &sent, (size_t)page->columns);

        plots[side] = (struct plot){ series, sent, styles[side], height, 0 };
        most = highest > most ? highest : most;
    }
    units_size(label, most);
    for (int side = C2S; side <= S2C; side++) {
        plots[side].most = most;
        canvas_format(page->canvas, 1, row_in_view(page, page->row), label_room(page), styles[side], "%s %s",
                      names[side], canvas_glyph(page->canvas, GLYPH_RIGHT));
        canvas_format(page->canvas, 1, row_in_view(page, page->row + 1), page->plot_x - 2, STYLE_DIM,
                      "up to %s", label);
        draw_plot(page, &plots[side]);
    }
    page->row++;
}

/* The height of a row of small plots is the same for all of them: they are there to be compared. */
static uint64_t highest_part(const struct page *page, const struct series *series, enum measure measure)
{
    uint64_t most = 0;

    for (unsigned part = 0; part < SERIES_PARTS; part++) {
        struct series_choice choice = { 1U << part, SERIES_BOTH, measure };
        uint64_t highest = series_highest(series, &choice, (size_t)page->columns);

        most = highest > most ? highest : most;
    }
    return most;
}

static void draw_kinds(struct page *page, const struct series *series, enum measure measure)
{
    struct plot plot = { .series = series, .height = 1, .most = highest_part(page, series, measure) };

    heading(page, "By kind");
    for (enum traffic_kind kind = TRAFFIC_TEXT; kind < TRAFFIC_KINDS; kind++) {
        struct series_choice sent = { 1U << kind, SERIES_BOTH, MEASURE_MESSAGES };

        if (series_sum(series, &sent) == 0) {
            continue;
        }
        plot.choice = (struct series_choice){ 1U << kind, SERIES_BOTH, measure };
        plot.style = kind <= TRAFFIC_BINARY ? STYLE_PLAIN : kind == TRAFFIC_HTTP ? STYLE_NAME : STYLE_CONTROL;
        canvas_text(page->canvas, 1, row_in_view(page, page->row), label_room(page), plot.style,
                    traffic_name(kind));
        draw_plot(page, &plot);
    }
    page->row++;
}

/* Which one: its number, and as much of its address as there is room for. */
static void label_connection(struct page *page, const struct store *store, uint64_t id)
{
    const struct store_connection *row = store_connection(store, id);
    int y = row_in_view(page, page->row), room = label_room(page);
    int x = 1 + canvas_format(page->canvas, 1, y, room, STYLE_PLAIN, "#%" PRIu64, id) + 1;

    if (row) {
        x += canvas_bytes(page->canvas, x, y, room + 1 - x, STYLE_DIM,
                          bytes_of(row->host.bytes, row->host.length));
        canvas_bytes(page->canvas, x, y, room + 1 - x, STYLE_DIM,
                     bytes_of(row->target.bytes, row->target.length));
    }
}

static void draw_connections(struct page *page, const struct viewer *viewer, enum measure measure)
{
    const struct breakdown *breakdown = viewer->totals.breakdown;
    const struct series *series = &breakdown->connections;
    struct plot plot = { .series = series, .height = 1, .most = highest_part(page, series, measure) };
    struct series_choice others = { 1U << BREAKDOWN_BUSIEST, SERIES_BOTH, MEASURE_MESSAGES };

    heading(page, store_first(viewer->store) > 1 ? "By connection, the busiest first, of what is kept"
                                                 : "By connection, the busiest first");
    plot.style = STYLE_PLAIN;
    for (size_t place = 0; place < breakdown->busiest_count; place++) {
        plot.choice = (struct series_choice){ 1U << place, SERIES_BOTH, measure };
        label_connection(page, viewer->store, breakdown->busiest[place]);
        draw_plot(page, &plot);
    }
    if (series_sum(series, &others) > 0) {
        plot.choice = (struct series_choice){ others.parts, SERIES_BOTH, measure };
        canvas_text(page->canvas, 1, row_in_view(page, page->row), label_room(page), STYLE_DIM, "all others");
        draw_plot(page, &plot);
    }
    page->row++;
}

static void describe_plots(const struct viewer *viewer, const struct series *series, bool some, char *out,
                           size_t capacity)
{
    const struct totals_screen *screen = &viewer->totals;
    char duration[UNITS_MAX], step[UNITS_MAX], whose[40];

    units_duration(duration, (int64_t)series->count * series->step);
    units_duration(step, series->step);
    snprintf(whose, sizeof whose, "connection %" PRIu64, screen->connection);
    snprintf(out, capacity, "%s of %s%s%s over %s, in steps of %s",
             screen->measure == MEASURE_BYTES ? "Bytes" : "Messages",
             screen->connection ? whose : "all connections", viewer->filter ? " (filtered)" : "",
             some && store_first(viewer->store) > 1 ? ", of what is kept," : "", duration, step);
}

/* All that has passed is in the store's own series; what fits a filter, or is one connection's, is read from
 * the records that are kept. */
static void draw_plots(struct page *page, const struct viewer *viewer)
{
    const struct totals_screen *screen = &viewer->totals;
    bool some = screen->connection || viewer->filter;
    const struct series *series = some ? &screen->breakdown->kinds : &store_totals(viewer->store)->passed;
    struct series_choice everything = { SERIES_ALL_PARTS, SERIES_BOTH, MEASURE_MESSAGES };
    char text[200];

    page->plot_x = page->area.width * 3 / 10 < PLOT_X_LEAST ? PLOT_X_LEAST : page->area.width * 3 / 10;
    page->columns = page->area.width - page->plot_x - 1;
    if (series->step == 0 || page->columns < 8) {
        return;
    }
    describe_plots(viewer, series, some, text, sizeof text);
    heading(page, text);
    if (series_sum(series, &everything) == 0) {
        canvas_text(page->canvas, 1, row_in_view(page, page->row), page->area.width - 2, STYLE_DIM,
                    "Nothing has passed that could be read.");
        page->row += 2;
        return;
    }
    draw_sides(page, series, screen->measure);
    draw_kinds(page, series, screen->measure);
    if (screen->connection == 0) {
        draw_connections(page, viewer, screen->measure);
    }
}

/* --- where the bytes go ---------------------------------------------------------------------------- */

static void draw_share(struct page *page, const char *label, enum style style, uint64_t part, uint64_t whole)
{
    int y = row_in_view(page, page->row++), room = page->area.width - LABEL_WIDTH - 16;
    double share = whole ? (double)part / (double)whole : 0;
    char size[UNITS_MAX];

    units_size(size, part);
    canvas_text(page->canvas, 1, y, LABEL_WIDTH, STYLE_PLAIN, label);
    canvas_right(page->canvas, LABEL_WIDTH + 1, y, 6, STYLE_NUMBER, size);
    canvas_format(page->canvas, LABEL_WIDTH + 8, y, 7, STYLE_DIM, "%3.0f %%", share * 100);
    canvas_line(page->canvas, LABEL_WIDTH + 15, y, (int)(share * room + 0.5), style, GLYPH_BAR);
}

/* What is left of the wire's bytes when all that we can name is taken off: TCP, IP and link headers, packets
 * without payload, and what was sent twice. */
static void draw_shares(struct page *page, const struct viewer *viewer)
{
    const struct store_tally *sent = store_totals(viewer->store)->sent;
    uint64_t payload = sent[C2S].payload + sent[S2C].payload;
    uint64_t framing = sent[C2S].framing + sent[S2C].framing;
    uint64_t http = sent[C2S].http_bytes + sent[S2C].http_bytes;
    uint64_t named = payload + framing + http, all = viewer->source.bytes;
    char size[UNITS_MAX], text[100];

    units_size(size, all);
    snprintf(text, sizeof text, "%s: %s on the wire",
             viewer->totals.connection || viewer->filter ? "All connections" : "Where the bytes go", size);
    heading(page, text);
    draw_share(page, "payload", STYLE_GOOD, payload, all);
    draw_share(page, "frame headers", STYLE_CONTROL, framing, all);
    draw_share(page, "HTTP", STYLE_C2S, http, all);
    draw_share(page, "TCP, IP, link", STYLE_DIM, all > named ? all - named : 0, all);
    page->row++;
}

/* --- counts ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned opcodes;
} kinds[] = {
    { "text", 1U << FRAME_TEXT },   { "binary", 1U << FRAME_BINARY }, { "contin", 1U << FRAME_CONTINUATION },
    { "ping", 1U << FRAME_PING },   { "pong", 1U << FRAME_PONG },     { "close", 1U << FRAME_CLOSE },
    { "reserved", 0xF8F8 },
};

static uint64_t count_of(const struct store_tally *tally, unsigned opcodes)
{
    uint64_t count = 0;

    for (unsigned opcode = 0; opcode < 16; opcode++) {
        count += opcodes >> opcode & 1 ? tally->frames[opcode] : 0;
    }
    return count;
}

#define COUNT_WIDTH 9

static void draw_counts_of(struct page *page, const struct store_tally *tally)
{
    int y = row_in_view(page, page->row++);

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint64_t count = count_of(tally, kinds[i].opcodes);
        char text[UNITS_MAX];

        units_size(text, count);
        canvas_right(page->canvas, LABEL_WIDTH + (int)i * COUNT_WIDTH, y, COUNT_WIDTH - 1,
                     count ? STYLE_PLAIN : STYLE_DIM, text);
    }
}

static void draw_counts(struct page *page, const struct store_totals *totals)
{
    int y = row_in_view(page, page->row++);

    canvas_text(page->canvas, 1, y, LABEL_WIDTH, STYLE_NAME, "Frames");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        canvas_right(page->canvas, LABEL_WIDTH + (int)i * COUNT_WIDTH, y, COUNT_WIDTH - 1, STYLE_DIM,
                     kinds[i].name);
    }
    canvas_text(page->canvas, 1, row_in_view(page, page->row), LABEL_WIDTH, STYLE_C2S, "client");
    draw_counts_of(page, &totals->sent[C2S]);
    canvas_text(page->canvas, 1, row_in_view(page, page->row), LABEL_WIDTH, STYLE_S2C, "server");
    draw_counts_of(page, &totals->sent[S2C]);
    page->row++;
}

static void draw_rule(struct page *page, const struct rule *rule, uint64_t found)
{
    static const enum style styles[] = { STYLE_BAD, STYLE_WARNING, STYLE_DIM };
    int y = row_in_view(page, page->row++);

    canvas_format(page->canvas, 1, y, 9, styles[rule->severity], "%8" PRIu64, found);
    canvas_format(page->canvas, 11, y, page->area.width - 12, styles[rule->severity], "%-6s %s, %s",
                  rules_severity_name(rule->severity), rule->id, rule->section);
}

static uint64_t found_by_all(const uint64_t counts[RULE_CAPTURE + 1])
{
    uint64_t found = 0;

    for (enum rule_side side = RULE_SENDER; side <= RULE_CAPTURE; side++) {
        found += counts[side];
    }
    return found;
}

/* The findings by rule, the graver ones first. */
static void draw_rules(struct page *page, const struct store_totals *totals)
{
    heading(page, "Findings");
    for (int severity = RULE_MUST; severity <= RULE_NOTE; severity++) {
        for (int kind = 0; kind < EVENT_KINDS; kind++) {
            size_t count;
            const struct rule *rules = rules_of((enum event_kind)kind, &count);

            for (size_t i = 0; i < count; i++) {
                uint64_t found = found_by_all(totals->rules[kind][i]);

                if (found > 0 && (int)rules[i].severity == severity) {
                    draw_rule(page, &rules[i], found);
                }
            }
        }
    }
}

static void draw_page(struct page *page, const struct viewer *viewer)
{
    const struct store_totals *totals = store_totals(viewer->store);

    draw_plots(page, viewer);
    draw_shares(page, viewer);
    draw_counts(page, totals);
    draw_rules(page, totals);
}

void totals_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    int *top = &viewer->totals.page.top, rows;

    if (viewer->totals.breakdown == NULL) {
        viewer_empty(canvas, area, "There is no memory left for this screen.");
        return;
    }
    do {
        struct page page = { .canvas = canvas, .area = area, .row = area.y - *top };

        draw_page(&page, viewer);
        rows = page.row + *top - area.y;
    } while (viewer_scroll_back(canvas, area, top, rows));
}

/* --- what it is about ------------------------------------------------------------------------------ */

void totals_open(struct viewer *viewer, uint64_t connection)
{
    struct totals_screen *screen = &viewer->totals;
    struct breakdown_criteria criteria = {
        .connection = connection, .filter = viewer->filter, .measure = screen->measure,
    };

    screen->connection = connection;
    viewer->behind = true;
    screen->breakdown = screen->breakdown ? screen->breakdown : calloc(1, sizeof *screen->breakdown);
    if (screen->breakdown) {
        breakdown_start(screen->breakdown, &criteria, viewer->store);
    }
}

void totals_restart(struct viewer *viewer)
{
    if (viewer->totals.breakdown) {
        totals_open(viewer, viewer->totals.connection);
    }
}

bool totals_work(struct viewer *viewer, unsigned records)
{
    struct breakdown *breakdown = viewer->totals.breakdown;

    return breakdown && breakdown_work(breakdown, viewer->store, records, viewer->source.ended);
}

/* All connections, or the selected one. */
static void change_scope(struct viewer *viewer)
{
    uint64_t selected = viewer->totals.connection ? 0 : viewer_connection(viewer);

    if (selected == 0 && viewer->totals.connection == 0) {
        viewer_note(viewer, true, "no connection is selected");
        return;
    }
    totals_open(viewer, selected);
}

void totals_act(struct viewer *viewer, enum action action)
{
    switch (action) {
    case ACTION_ALL_CONNECTIONS:
        change_scope(viewer);
        break;
    case ACTION_MEASURE:
        viewer->totals.measure = viewer->totals.measure == MEASURE_BYTES ? MEASURE_MESSAGES : MEASURE_BYTES;
        totals_restart(viewer);
        break;
    default:
        viewer_scroll(viewer, &viewer->totals.page, action);
        break;
    }
}
