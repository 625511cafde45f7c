/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/escape.h"
#include "units.h"

#define HEADS 3 /* rows above the difference */

/* Signs carry the meaning; colours repeat it. */
static const struct {
    const char *sign, *open, *close; /* of a row; around words */
    enum style style;
} kinds[] = {
    [DIFF_SAME] = { " ", "", "", STYLE_PLAIN },
    [DIFF_GONE] = { "-", "[-", "-]", STYLE_BAD },
    [DIFF_NEW] = { "+", "{+", "+}", STYLE_GOOD },
};

/* Two marked messages; or the marked one, and the one under the cursor. */
void difference_open(struct viewer *viewer)
{
    struct difference_screen *screen = &viewer->difference;
    const struct marks *marks = &viewer->marks;
    uint64_t second = marks->count == 2 ? marks->ids[1] : viewer->messages.place.id;
    const char *why = "mark two messages with m, or one, and go to the other";

    if (marks->count == 0 || marks->count > 2 || second == marks->ids[0] ||
        !difference_make(&screen->difference, viewer->store, marks->ids[0], second, &why)) {
        viewer_note(viewer, true, "%s", why);
        return;
    }
    screen->top = screen->measured = 0;
    viewer_open(viewer, SCREEN_DIFFERENCE);
}

static struct bytes piece_of(const struct difference *difference, const struct diff_run *run, size_t i)
{
    return run->kind == DIFF_NEW ? difference->sides[1].pieces[run->fresh + i]
                                 : difference->sides[0].pieces[run->old + i];
}

/* --- words, one behind the other ---------------------------------------------------------------------- */

struct flow {
    struct canvas *canvas;
    struct area area;
    int x, row; /* row: negative above the first that is shown */
};

static int columns_of(const struct canvas *canvas, struct bytes text)
{
    struct escape_unit unit;
    unsigned marks = 0;
    int columns = 0;

    while (escape_next(&text, canvas->ascii, &marks, &unit)) {
        columns += (int)unit.columns;
    }
    return columns;
}

static void write_piece(struct flow *flow, struct bytes piece, enum style style)
{
    int columns = columns_of(flow->canvas, piece);

    if (flow->x > 0 && flow->x + columns > flow->area.width) {
        flow->row++;
        flow->x = 0;
    }
    if (flow->row >= 0 && flow->row < flow->area.height) {
        canvas_bytes(flow->canvas, flow->area.x + flow->x, flow->area.y + flow->row,
                     flow->area.width - flow->x, style, piece);
    }
    flow->x += columns;
}

static void write_run(struct flow *flow, const struct difference *difference, const struct diff_run *run)
{
    enum style style = kinds[run->kind].style;

    write_piece(flow, bytes_of_text(kinds[run->kind].open), style);
    for (size_t i = 0; i < run->count; i++) {
        struct bytes piece = piece_of(difference, run, i);

        if (bytes_equal(piece, bytes_of_text("\n"))) {
            write_piece(flow, piece, STYLE_DIM);
            flow->row++;
            flow->x = 0;
        } else {
            write_piece(flow, piece, style);
        }
    }
    write_piece(flow, bytes_of_text(kinds[run->kind].close), style);
}

/* Where words stand is known when all before them have been written: to the end once for each width, then
 * only as far as is shown. */
static void draw_words(struct difference_screen *screen, struct canvas *canvas, struct area area)
{
    const struct diff *diff = &screen->difference.diff;
    struct flow flow = { .canvas = canvas, .area = area, .row = -screen->top };
    bool measured = screen->measured == area.width;

    for (size_t i = 0; i < diff->count && (!measured || flow.row < area.height); i++) {
        write_run(&flow, &screen->difference, &diff->runs[i]);
    }
    if (!measured) {
        screen->rows = flow.row + screen->top + 1;
        screen->measured = area.width;
    }
}

/* --- a row for each piece ----------------------------------------------------------------------------- */

static void draw_bytes(struct canvas *canvas, struct area area, int y, size_t offset, struct bytes row,
                       enum style style)
{
    int letters = area.x + 8 + DIFFERENCE_ROW * 3;

    canvas_format(canvas, area.x + 2, y, 6, STYLE_DIM, "%05zx", offset);
    for (size_t i = 0; i < row.length; i++) {
        char letter[2] = { row.data[i] >= ' ' && row.data[i] < 0x7F ? (char)row.data[i] : '.', '\0' };

        canvas_format(canvas, area.x + 8 + (int)i * 3, y, 2, style, "%02x", row.data[i]);
        canvas_text(canvas, letters + (int)i, y, 1, style, letter);
    }
}

static void draw_piece(const struct difference_screen *screen, struct canvas *canvas, struct area area, int y,
                       const struct diff_run *run, size_t i)
{
    struct bytes piece = piece_of(&screen->difference, run, i);
    enum style style = kinds[run->kind].style;

    canvas_text(canvas, area.x, y, 1, style, kinds[run->kind].sign);
    if (screen->difference.view == DIFFERENCE_BYTES) {
        size_t row = (run->kind == DIFF_NEW ? run->fresh : run->old) + i;

        draw_bytes(canvas, area, y, row * DIFFERENCE_ROW, piece, style);
        return;
    }
    if (piece.length > 0 && piece.data[piece.length - 1] == '\n') {
        piece.length--;
    }
    canvas_bytes(canvas, area.x + 2, y, area.width - 2, style, piece);
}

static void draw_rows(struct difference_screen *screen, struct canvas *canvas, struct area area)
{
    const struct diff *diff = &screen->difference.diff;
    size_t top = (size_t)screen->top, row = 0;

    for (size_t i = 0; i < diff->count; i++) {
        const struct diff_run *run = &diff->runs[i];

        for (size_t k = top > row ? top - row : 0; k < run->count && row + k < top + (size_t)area.height;
             k++) {
            draw_piece(screen, canvas, area, area.y + (int)(row + k - top), run, k);
        }
        row += run->count;
    }
    screen->rows = (int)row;
}

/* --- the screen --------------------------------------------------------------------------------------- */

static size_t count_kind(const struct diff *diff, enum diff_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < diff->count; i++) {
        count += diff->runs[i].kind == kind ? diff->runs[i].count : 0;
    }
    return count;
}

static void draw_side(const struct viewer *viewer, struct canvas *canvas, struct area area, int y, size_t i)
{
    const struct difference_side *side = &viewer->difference.difference.sides[i];
    enum diff_kind kind = i == 0 ? DIFF_GONE : DIFF_NEW;
    char time[UNITS_MAX], length[UNITS_MAX];

    units_seconds(time, side->time - store_totals(viewer->store)->first_time);
    units_size(length, side->length);
    canvas_format(canvas, area.x, y, area.width, kinds[kind].style,
                  "%s packet %" PRIu64 ", %s s, %s, %s bytes", kinds[kind].sign, side->packet, time,
                  side->direction == C2S ? "from the client" : "from the server", length);
}

static void draw_summary(const struct difference *difference, struct canvas *canvas, struct area area, int y)
{
    const struct diff *diff = &difference->diff;
    size_t gone = count_kind(diff, DIFF_GONE), fresh = count_kind(diff, DIFF_NEW);

    canvas_fill(canvas, area.x, y, area.width, STYLE_HEADING);
    if (diff->gave_up) {
        canvas_format(canvas, area.x, y, area.width, STYLE_HEADING,
                      "As %s: too different to compare piece by piece",
                      difference_view_name(difference->view));
    } else if (gone + fresh == 0) {
        canvas_format(canvas, area.x, y, area.width, STYLE_HEADING, "As %s: no difference",
                      difference_view_name(difference->view));
    } else {
        canvas_format(canvas, area.x, y, area.width, STYLE_HEADING, "As %s: %zu gone, %zu new, %zu alike",
                      difference_view_name(difference->view), gone, fresh, count_kind(diff, DIFF_SAME));
    }
}

static struct area rows_area(const struct viewer *viewer)
{
    struct area area = viewer_area(viewer);
    int heads = area.height > HEADS ? HEADS : area.height;

    area.y += heads;
    area.height -= heads;
    return area;
}

void difference_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct difference_screen *screen = &viewer->difference;
    struct area rows = rows_area(viewer);

    draw_side(viewer, canvas, area, area.y, 0);
    draw_side(viewer, canvas, area, area.y + 1, 1);
    draw_summary(&screen->difference, canvas, area, area.y + 2);
    bool words = screen->difference.view == DIFFERENCE_WORDS;

    (words ? draw_words : draw_rows)(screen, canvas, rows);
    canvas->cursor_x = rows.x;
    canvas->cursor_y = rows.y;
}

/* The row of the next run that is not the same, downwards or upwards; words have no rows of their own. */
static int next_change(const struct difference_screen *screen, int direction)
{
    const struct diff *diff = &screen->difference.diff;
    int row = 0, before = screen->top;

    for (size_t i = 0; i < diff->count && screen->difference.view != DIFFERENCE_WORDS; i++) {
        bool change = diff->runs[i].kind != DIFF_SAME;

        if (change && direction > 0 && row > screen->top) {
            return row;
        }
        if (change && direction < 0 && row < screen->top) {
            before = row;
        }
        row += (int)diff->runs[i].count;
    }
    return before;
}

void difference_act(struct viewer *viewer, enum action action)
{
    struct difference_screen *screen = &viewer->difference;
    int height = rows_area(viewer).height, last = screen->rows > height ? screen->rows - height : 0;
    int page = height > 1 ? height - 1 : 1;
    int top = action == ACTION_UP               ? screen->top - 1
              : action == ACTION_DOWN           ? screen->top + 1
              : action == ACTION_PAGE_UP        ? screen->top - page
              : action == ACTION_PAGE_DOWN      ? screen->top + page
              : action == ACTION_FIRST          ? 0
              : action == ACTION_LAST           ? last
              : action == ACTION_NEXT_EVENT     ? next_change(screen, 1)
              : action == ACTION_PREVIOUS_EVENT ? next_change(screen, -1)
                                                : screen->top;

    if (action == ACTION_PAYLOAD) {
        top = screen->measured = 0;
        if (!difference_turn(&screen->difference)) {
            viewer_note(viewer, true, "no memory to compare them so");
        }
    }
    screen->top = top > last ? last : top > 0 ? top : 0;
}
