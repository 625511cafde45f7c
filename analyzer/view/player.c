/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "units.h"

#define SECOND      INT64_C(1000000000)
#define SKIP        0.05        /* of the whole: what one key jumps over */
#define BAR_LEAST   6
#define LONG_WAIT   SECOND      /* what is worth saying of the next packet */

/* --- keys ------------------------------------------------------------------------------------------ */

/* The time of what is selected; before all of it where nothing is. */
static int64_t selected_time(const struct viewer *viewer)
{
    const struct record *record = store_record(viewer->store, viewer_record(viewer));
    const struct store_connection *row = store_connection(viewer->store, viewer_connection(viewer));

    return record ? record->time : row ? row->connection.opened : INT64_MIN;
}

/* Why what has been read cannot be read again; NULL when it can. */
static const char *obstacle(const struct viewer *viewer)
{
    const struct viewer_source *source = &viewer->source;

    if (source->live) {
        return "live traffic comes only once: save it with -w, and replay the file";
    }
    return source->once ? "a pipe can be read only once: save it to a file, and replay that" : NULL;
}

static void begin(struct viewer *viewer, int64_t from)
{
    const char *why = obstacle(viewer);

    if (why) {
        viewer_note(viewer, true, "%s", why);
    } else {
        replay_begin(&viewer->replay, from);
    }
}

static void jump(struct viewer *viewer, int64_t to)
{
    const char *why = obstacle(viewer);

    if (why && to < viewer->replay.reached) {
        viewer_note(viewer, true, "%s", why);
    } else {
        replay_jump(&viewer->replay, to);
    }
}

/* Where the whole is not known, seconds. */
static void skip(struct viewer *viewer, double part)
{
    const struct replay *replay = &viewer->replay;
    double whole = replay->measured ? (double)(replay->last - replay->first) : 200 * (double)SECOND;

    jump(viewer, replay->position + (int64_t)(part * whole));
}

static void toggle(struct viewer *viewer)
{
    if (replay_is_over(&viewer->replay)) {
        begin(viewer, INT64_MIN);
    } else {
        replay_toggle(&viewer->replay);
    }
}

static void toggle_cap(struct viewer *viewer)
{
    struct replay *replay = &viewer->replay;
    char text[UNITS_MAX];

    replay->capped = !replay->capped;
    units_duration(text, replay->cap);
    if (replay->capped) {
        viewer_note(viewer, false, "no wait is longer than %s now", text);
    } else {
        viewer_note(viewer, false, "waits are as long as they were");
    }
}

bool player_act(struct viewer *viewer, enum action action)
{
    struct replay *replay = &viewer->replay;

    switch (action) {
    case ACTION_REPLAY:
        begin(viewer, INT64_MIN);
        return true;
    case ACTION_REPLAY_FROM:
        begin(viewer, selected_time(viewer));
        return true;
    case ACTION_PLAY:
        toggle(viewer);
        return true;
    case ACTION_STEP:
        replay_step(replay);
        return true;
    case ACTION_FASTER:
    case ACTION_SLOWER:
        replay_faster(replay, action == ACTION_FASTER ? 1 : -1);
        return true;
    case ACTION_SKIP:
    case ACTION_SKIP_BACK:
        skip(viewer, action == ACTION_SKIP ? SKIP : -SKIP);
        return true;
    case ACTION_GO:
        prompt_open(viewer, PROMPT_GO, "");
        return true;
    case ACTION_CAP:
        toggle_cap(viewer);
        return true;
    case ACTION_REPLAY_END:
        replay->on = false;
        return true;
    default:
        return false;
    }
}

/* --- the prompt ------------------------------------------------------------------------------------ */

/* "12.5", "1:30", "2:00:00": seconds; a negative number when it is none of that. */
static double read_seconds(const char *text, char **end)
{
    double seconds = 0;

    for (int part = 0; part < 3; part++) {
        double number = text[0] >= '0' && text[0] <= '9' ? strtod(text, end) : -1;

        if (number < 0) {
            return -1;
        }
        seconds = seconds * 60 + number;
        if (**end != ':') {
            return seconds;
        }
        text = *end + 1;
    }
    return -1;
}

bool player_go(struct viewer *viewer, const char *text)
{
    const struct replay *replay = &viewer->replay;
    int sign = text[0] == '+' ? 1 : text[0] == '-' ? -1 : 0;
    char *end;
    double number = read_seconds(text + (sign != 0), &end);

    if (!(number >= 0 && number < 1e9)) {
        return false;
    }
    if (sign == 0 && strcmp(end, "%") == 0 && replay->measured) {
        jump(viewer, replay_at(replay, number / 100));
    } else if (*end == '\0') {
        int64_t from = sign ? replay->position : replay->first;
        int64_t away = (int64_t)(number * (double)SECOND);

        jump(viewer, sign < 0 ? from - away : from + away);
    } else {
        return false;
    }
    return true;
}

/* --- the bar --------------------------------------------------------------------------------------- */

bool player_click(struct viewer *viewer, struct key key)
{
    const struct span *bar = &viewer->bar;

    if (key.code != KEYS_CLICK || key.y != viewer->height - 2 || bar->columns == 0 || key.x < bar->x ||
        key.x >= bar->x + bar->columns) {
        return false;
    }
    jump(viewer, replay_at(&viewer->replay, (double)(key.x - bar->x) / (bar->columns - 1)));
    return true;
}

/* With as many digits as tell something in a capture of that length. */
static void describe_time(char *out, size_t capacity, int64_t time, int64_t length)
{
    int64_t seconds = time / SECOND;

    if (length < 100 * SECOND) {
        snprintf(out, capacity, "%.2f", (double)time / (double)SECOND);
    } else if (length < 3600 * SECOND) {
        snprintf(out, capacity, "%" PRId64 ":%02" PRId64, seconds / 60, seconds % 60);
    } else {
        snprintf(out, capacity, "%" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
    }
}

static void describe_times(const struct replay *replay, char *out, size_t capacity)
{
    int64_t length = replay->last - replay->first, done = replay->position - replay->first;
    char at[32], whole[32];

    describe_time(at, sizeof at, done > 0 ? done : 0, length);
    describe_time(whole, sizeof whole, length, length);
    const char *unit = length < 100 * SECOND ? " s" : "";

    if (replay->measured) {
        snprintf(out, capacity, "%s / %s%s", at, whole, unit);
    } else {
        snprintf(out, capacity, "%s%s", at, unit);
    }
}

/* What there is to say besides the time: that nothing happens for a while, or how much has. */
static void describe_rest(const struct viewer *viewer, char *out, size_t capacity)
{
    const struct replay *replay = &viewer->replay;
    int64_t wait = replay_wait(replay);
    char text[UNITS_MAX];

    if (viewer->source.trouble) {
        snprintf(out, capacity, "stopped");
    } else if (wait >= LONG_WAIT && wait < REPLAY_FOREVER) {
        units_duration(text, wait);
        snprintf(out, capacity, "next in %s", text);
    } else {
        snprintf(out, capacity, "%" PRIu64 " packet%s", viewer->source.packets,
                 viewer->source.packets == 1 ? "" : "s");
    }
}

static void draw_bar(struct viewer *viewer, struct canvas *canvas, int y, struct span bar)
{
    double part = replay_part(&viewer->replay);
    int done = (int)lround(part * bar.columns);

    canvas_line(canvas, bar.x, y, done, STYLE_GOOD, GLYPH_THICK);
    canvas_line(canvas, bar.x + done, y, bar.columns - done, STYLE_DIM, GLYPH_THIN);
    viewer->bar = bar;
}

static const char *state_glyph(const struct viewer *viewer, const struct canvas *canvas)
{
    const struct replay *replay = &viewer->replay;

    enum glyph glyph = replay_is_over(replay) ? GLYPH_BAR : replay->playing ? GLYPH_PLAY : GLYPH_WAIT;

    return canvas_glyph(canvas, glyph);
}

/* Speed, bar, time; the name, what is left and the filter where there is room. */
void player_draw(struct viewer *viewer, struct canvas *canvas, int y)
{
    const struct replay *replay = &viewer->replay;
    const struct viewer_source *source = &viewer->source;
    enum style style = replay->playing ? STYLE_GOOD : STYLE_WARNING;
    char times[80], rest[60];
    int width = viewer->width, x = 1;

    if (width >= 60) {
        x += canvas_text(canvas, x, y, width / 4, STYLE_DIM, source->name) + 1;
    }
    x += canvas_format(canvas, x, y, width - x, style, "%s %s%s", state_glyph(viewer, canvas),
                       replay_speed_name(replay->speed), viewer->paused ? " HELD" : "") + 1;
    if (source->measuring) {
        canvas_format(canvas, x, y, width - x, STYLE_DIM, "looking how long it is: %.0f %%",
                      source->progress * 100);
        return;
    }
    describe_times(replay, times, sizeof times);
    describe_rest(viewer, rest, sizeof rest);
    int behind = (int)strlen(times) + 2 + (width >= 60 ? 18 : 0);
    struct span bar = { x, width - x - behind };

    if (replay_part(replay) >= 0 && bar.columns >= BAR_LEAST) {
        draw_bar(viewer, canvas, y, bar);
        x += bar.columns + 1;
    }
    x += canvas_text(canvas, x, y, width - x, STYLE_PLAIN, times) + 1;
    if (viewer->filter_text[0]) {
        viewer_draw_filter(viewer, canvas, x, y, width - x);
    } else if (width >= 60) {
        canvas_right(canvas, x, y, width - x - 1, source->trouble ? STYLE_BAD : STYLE_DIM, rest);
    }
}
