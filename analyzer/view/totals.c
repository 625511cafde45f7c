/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

#include "units.h"

#define LABEL_WIDTH  13
#define PLOT_HEIGHT  4
#define EIGHTHS      8              /* heights that one cell can show */

/* Rows are numbered from the page's top; what lies outside the area is not drawn. */
struct page {
    struct canvas *canvas;
    struct area area;
    int row;                        /* the next one, on the canvas */
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

/* --- plots over time ------------------------------------------------------------------------------- */

static uint64_t highest(const struct series *series, size_t columns)
{
    uint64_t most = 1;

    for (size_t column = 0; column < columns; column++) {
        for (int direction = C2S; direction <= S2C; direction++) {
            uint64_t amount = series_column(series, (enum direction)direction, column, columns);

            most = amount > most ? amount : most;
        }
    }
    return most;
}

/* One column: whole cells, and on top the glyph for what is left; at least an eighth for anything at all. */
static void draw_column(struct page *page, int x, uint64_t amount, uint64_t most, enum style style)
{
    uint64_t eighths = amount * (PLOT_HEIGHT * EIGHTHS) / most;

    eighths = amount > 0 && eighths == 0 ? 1 : eighths;
    for (int row = PLOT_HEIGHT - 1; row >= 0 && eighths > 0; row--) {
        uint64_t here = eighths < EIGHTHS ? eighths : EIGHTHS;
        enum glyph glyph = (enum glyph)(GLYPH_EIGHTH + here - 1);

        canvas_text(page->canvas, x, row_in_view(page, page->row + row), 1, style,
                    canvas_glyph(page->canvas, glyph));
        eighths -= here;
    }
}

static void draw_plot(struct page *page, const struct series *series, enum direction direction, uint64_t most,
                      int columns)
{
    enum style style = direction == C2S ? STYLE_C2S : STYLE_S2C;
    char label[UNITS_MAX];

    canvas_format(page->canvas, 1, row_in_view(page, page->row), LABEL_WIDTH, style, "%s %s",
                  direction == C2S ? "client" : "server", canvas_glyph(page->canvas, GLYPH_RIGHT));
    units_size(label, most);
    canvas_format(page->canvas, 1, row_in_view(page, page->row + 1), LABEL_WIDTH, STYLE_DIM, "up to %s",
                  label);
    for (int column = 0; column < columns; column++) {
        draw_column(page, LABEL_WIDTH + 1 + column,
                    series_column(series, direction, (size_t)column, (size_t)columns), most, style);
    }
    page->row += PLOT_HEIGHT;
}

static void draw_plots(struct page *page, const struct series *series)
{
    int columns = page->area.width - LABEL_WIDTH - 2;
    char duration[UNITS_MAX], step[UNITS_MAX], text[100];

    if (series->step == 0 || columns < 8) {
        return;
    }
    uint64_t most = highest(series, (size_t)columns);

    units_duration(duration, (int64_t)series->count * series->step);
    units_duration(step, series->step);
    snprintf(text, sizeof text, "Messages over %s, in steps of %s", duration, step);
    heading(page, text);
    draw_plot(page, series, C2S, most, columns);
    draw_plot(page, series, S2C, most, columns);
    page->row++;
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
    snprintf(text, sizeof text, "Where the bytes go: %s on the wire", size);
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

/* The findings by rule, the graver ones first. */
static void draw_rules(struct page *page, const struct store_totals *totals)
{
    heading(page, "Findings");
    for (int severity = RULE_MUST; severity <= RULE_NOTE; severity++) {
        for (int kind = 0; kind < EVENT_KINDS; kind++) {
            size_t count;
            const struct rule *rules = rules_of((enum event_kind)kind, &count);

            for (size_t i = 0; i < count; i++) {
                if (totals->rules[kind][i] > 0 && (int)rules[i].severity == severity) {
                    draw_rule(page, &rules[i], totals->rules[kind][i]);
                }
            }
        }
    }
}

static void draw_page(struct page *page, const struct viewer *viewer)
{
    const struct store_totals *totals = store_totals(viewer->store);

    draw_plots(page, &totals->messages);
    draw_shares(page, viewer);
    draw_counts(page, totals);
    draw_rules(page, totals);
}

void totals_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct page page = { .canvas = canvas, .area = area, .row = area.y - viewer->totals.top };

    draw_page(&page, viewer);
}
