/* SPDX-License-Identifier: MIT */
#include "difference.h"

#include <ctype.h>
#include <stdlib.h>

#include "report/json_sorted.h"
#include "report/object.h"

#define WORD_MAX 24 /* bytes: a longer word is several pieces, so that each fits on a narrow screen */

/* --- the two sides ----------------------------------------------------------------------------------- */

static struct bytes payload_of(const struct event *event)
{
    switch (event->kind) {
    case EVENT_MESSAGE:
        return event->message.message->payload;
    case EVENT_FRAME:
    case EVENT_CUT:
        return event->frame.payload;
    case EVENT_HTTP:
        return event->http.head->raw;
    default:
        return bytes_of(NULL, 0);
    }
}

static bool has_payload(const struct event *event)
{
    return event->kind == EVENT_MESSAGE || event->kind == EVENT_FRAME || event->kind == EVENT_CUT ||
           event->kind == EVENT_HTTP;
}

static bool copy_side(struct difference_side *side, const struct event *event)
{
    struct bytes payload = payload_of(event);

    side->packet = event->packet;
    side->time = event->time;
    side->direction = event->direction;
    side->payload = malloc(payload.length + 1);
    side->length = payload.length;
    if (side->payload && payload.length > 0) {
        memcpy(side->payload, payload.data, payload.length);
    }
    side->sorted = json_sorted(payload, &side->sorted_length);
    return side->payload != NULL;
}

static struct bytes text_of(const struct difference_side *side, enum difference_view view)
{
    return view == DIFFERENCE_JSON ? bytes_of(side->sorted, side->sorted_length)
                                   : bytes_of(side->payload, side->length);
}

/* --- pieces ------------------------------------------------------------------------------------------ */

static struct bytes take_line(struct bytes text)
{
    const uint8_t *end = memchr(text.data, '\n', text.length);

    return bytes_first(text, end ? (size_t)(end - text.data) + 1 : text.length);
}

static bool is_word(uint8_t byte)
{
    return isalnum(byte) || byte == '_' || byte >= 0x80;
}

/* Letters and digits up to the next sign, cut between two characters; or one sign. */
static struct bytes take_word(struct bytes text)
{
    size_t length = 0;

    while (length < text.length && is_word(text.data[length]) &&
           (length < WORD_MAX || (text.data[length] & 0xC0) == 0x80)) {
        length++;
    }
    return bytes_first(text, length > 0 ? length : 1);
}

static struct bytes take_piece(struct bytes text, enum difference_view view)
{
    switch (view) {
    case DIFFERENCE_WORDS:
        return take_word(text);
    case DIFFERENCE_BYTES:
        return bytes_first(text, DIFFERENCE_ROW);
    default:
        return take_line(text);
    }
}

static size_t count_pieces(struct bytes text, enum difference_view view)
{
    size_t count = 0;

    while (text.length > 0) {
        text = bytes_after(text, take_piece(text, view).length);
        count++;
    }
    return count;
}

static bool cut(struct difference_side *side, enum difference_view view)
{
    struct bytes text = text_of(side, view);

    side->count = count_pieces(text, view);
    free(side->pieces);
    side->pieces = calloc(side->count + 1, sizeof *side->pieces);
    for (size_t i = 0; side->pieces && i < side->count; i++) {
        side->pieces[i] = take_piece(text, view);
        text = bytes_after(text, side->pieces[i].length);
    }
    return side->pieces != NULL;
}

/* --- views ------------------------------------------------------------------------------------------- */

const char *difference_view_name(enum difference_view view)
{
    static const char *const names[DIFFERENCE_VIEWS] = {
        [DIFFERENCE_WORDS] = "words",
        [DIFFERENCE_LINES] = "lines",
        [DIFFERENCE_JSON] = "JSON, members sorted",
        [DIFFERENCE_BYTES] = "bytes",
    };

    return names[view];
}

static bool side_has(const struct difference_side *side, enum difference_view view)
{
    struct bytes payload = bytes_of(side->payload, side->length);

    switch (view) {
    case DIFFERENCE_JSON:
        return side->sorted != NULL;
    case DIFFERENCE_BYTES:
        return true;
    default:
        return object_is_text(payload);
    }
}

static bool has_view(const struct difference *difference, enum difference_view view)
{
    const struct difference_side *sides = difference->sides;
    bool lines = count_pieces(text_of(&sides[0], view), DIFFERENCE_LINES) > 1 ||
                 count_pieces(text_of(&sides[1], view), DIFFERENCE_LINES) > 1;

    return side_has(&sides[0], view) && side_has(&sides[1], view) && (view != DIFFERENCE_LINES || lines);
}

/* A value that is one word on one line is JSON, too, and better seen as text. */
static enum difference_view best_view(const struct difference *difference)
{
    static const enum difference_view order[] = { DIFFERENCE_JSON, DIFFERENCE_LINES, DIFFERENCE_WORDS };
    const struct difference_side *sides = difference->sides;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        bool scalar = order[i] == DIFFERENCE_JSON && !memchr(sides[0].payload, '{', sides[0].length) &&
                      !memchr(sides[0].payload, '[', sides[0].length);

        if (has_view(difference, order[i]) && !scalar) {
            return order[i];
        }
    }
    return DIFFERENCE_BYTES;
}

static bool compare(struct difference *difference, enum difference_view view)
{
    struct difference_side *sides = difference->sides;

    difference->view = view;
    diff_release(&difference->diff);
    return cut(&sides[0], view) && cut(&sides[1], view) &&
           diff_make(&difference->diff, sides[0].pieces, sides[0].count, sides[1].pieces, sides[1].count);
}

bool difference_turn(struct difference *difference)
{
    enum difference_view view = difference->view;

    do {
        view = (enum difference_view)((view + 1) % DIFFERENCE_VIEWS);
    } while (!has_view(difference, view));
    return compare(difference, view);
}

bool difference_make(struct difference *difference, const struct store *store, uint64_t first,
                     uint64_t second, const char **why)
{
    const uint64_t ids[2] = { first, second };
    struct store_event event;

    difference_release(difference);
    for (size_t i = 0; i < 2; i++) {
        if (!store_get(store, ids[i], &event)) {
            *why = "one of the two is gone: newer events needed its place";
            return false;
        }
        if (!has_payload(&event.event)) {
            *why = "only messages, frames and HTTP heads have something to compare";
            return false;
        }
        if (!copy_side(&difference->sides[i], &event.event)) {
            *why = "no memory to compare them";
            return false;
        }
    }
    *why = "no memory to compare them";
    return compare(difference, best_view(difference));
}

void difference_release(struct difference *difference)
{
    for (size_t i = 0; i < 2; i++) {
        free(difference->sides[i].payload);
        free(difference->sides[i].sorted);
        free(difference->sides[i].pieces);
    }
    diff_release(&difference->diff);
    *difference = (struct difference){ .view = DIFFERENCE_WORDS };
}
