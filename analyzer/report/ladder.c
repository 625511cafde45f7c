/* SPDX-License-Identifier: MIT */
#include "ladder_pair.h"

#include <stdlib.h>

#include "address.h"
#include "core/rules.h"
#include "digest.h"
#include "ladder_label.h"

struct ladder {
    struct ladder_setting setting;
    int64_t first;
    struct ladder_row *rows;
    size_t count, capacity;
    char *text;
    size_t text_used, text_capacity;
    uint64_t left_out;
    uint8_t *titled; /* a bit for each connection that has its title */
    size_t titled_size;
    struct subprotocol_table subprotocols;
    struct ladder_legs legs;
};

struct ladder *ladder_create(const struct ladder_setting *setting)
{
    struct ladder *ladder = calloc(1, sizeof *ladder);

    if (ladder) {
        ladder->setting = *setting;
    }
    return ladder;
}

void ladder_destroy(struct ladder *ladder)
{
    if (ladder) {
        free(ladder->rows);
        free(ladder->text);
        free(ladder->titled);
        free(ladder);
    }
}

int64_t *ladder_first_time(struct ladder *ladder)
{
    return &ladder->first;
}

/* --- keeping rows -------------------------------------------------------------------------------------- */

static bool room_for_row(struct ladder *ladder)
{
    if (ladder->count < ladder->capacity) {
        return true;
    }
    size_t capacity = ladder->capacity ? 2 * ladder->capacity : 64;
    struct ladder_row *rows = realloc(ladder->rows, capacity * sizeof *rows);

    if (rows) {
        ladder->rows = rows;
        ladder->capacity = capacity;
    }
    return rows != NULL;
}

static bool room_for_text(struct ladder *ladder, size_t length)
{
    if (ladder->text_capacity - ladder->text_used >= length) {
        return true;
    }
    size_t capacity = 2 * ladder->text_capacity + length;
    char *text = realloc(ladder->text, capacity);

    if (text) {
        ladder->text = text;
        ladder->text_capacity = capacity;
    }
    return text != NULL;
}

/* length: of the label, its last NUL included. NULL where the row is left out. */
static struct ladder_row *add_row(struct ladder *ladder, const struct event *event, enum ladder_shape shape,
                                  const char *label, size_t length)
{
    if (ladder->count == LADDER_ROWS_MAX || !room_for_row(ladder) || !room_for_text(ladder, length)) {
        ladder->left_out++;
        return NULL;
    }
    struct ladder_row *row = &ladder->rows[ladder->count++];

    *row = (struct ladder_row){
        .connection = event->connection->id,
        .time = output_elapsed(ladder->first, event->time),
        .label = ladder->text_used,
        .shape = (uint8_t)shape,
    };
    memcpy(ladder->text + ladder->text_used, label, length);
    ladder->text_used += length;
    return row;
}

/* --- events become rows -------------------------------------------------------------------------------- */

static void add_title(struct ladder *ladder, const struct event *event)
{
    char label[2 * ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];

    address_format(label, &event->connection->client);
    address_format(server, &event->connection->server);
    size_t client = strlen(label) + 1, length = strlen(server) + 1;

    memcpy(label + client, server, length);
    struct ladder_row *row = add_row(ladder, event, LADDER_TITLE, label, client + length);

    if (row) {
        row->joined_late = event->connection->midstream;
    }
}

/* The first time that it is asked about this connection: a filter may have kept its beginning from us. */
static bool needs_title(struct ladder *ladder, uint64_t connection)
{
    size_t at = (size_t)(connection / 8);
    uint8_t bit = (uint8_t)(1U << connection % 8);

    if (at >= ladder->titled_size) {
        size_t size = 2 * at + 1;
        uint8_t *titled = realloc(ladder->titled, size);

        if (!titled) {
            return false;
        }
        memset(titled + ladder->titled_size, 0, size - ladder->titled_size);
        ladder->titled = titled;
        ladder->titled_size = size;
    }
    bool first = !(ladder->titled[at] & bit);

    ladder->titled[at] |= bit;
    return first;
}

/* Outside the TCP zoom only the segments that open and end the connection. */
static bool is_shown(const struct ladder *ladder, const struct event *event)
{
    if (event->kind == EVENT_SEGMENT && ladder->setting.zoom != LADDER_TCP) {
        return (event->segment.segment->flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0;
    }
    if (event->kind == EVENT_FRAME) {
        return frame_is_control(event->frame.frame->opcode);
    }
    return event->kind != EVENT_NOTICE && event->kind != EVENT_CONNECTION;
}

static void add_event(struct ladder *ladder, const struct event *event)
{
    struct ladder_entry entry;

    ladder_describe(&entry, event, &ladder->subprotocols.before);
    struct ladder_row *row = add_row(ladder, event, entry.shape, entry.label.text, entry.label.used + 1);

    if (row) {
        row->strong = entry.strong;
        row->digest = digest_event(event);
    }
}

static void add_findings(struct ladder *ladder, const struct event *event)
{
    struct finding finding;
    unsigned next = 0;

    while (event->faults && rules_next(event, &next, &finding)) {
        struct label label = { .used = 0 };

        label_say(&label, "%s %s (%s, %s)", rules_severity_word(finding.rule->severity), finding.rule->id,
                  rules_side_name(finding.side), finding.rule->section);
        struct ladder_row *row = add_row(ladder, event, LADDER_FINDING, label.text, label.used + 1);

        if (row) {
            row->severity = (uint8_t)finding.rule->severity;
        }
    }
}

unsigned ladder_wanted(enum ladder_zoom zoom)
{
    static const unsigned wanted[] = {
        [LADDER_WEBSOCKET] = EVENT_ALL_BUT_SEGMENTS | EVENT_BIT(EVENT_SEGMENT),
        [LADDER_HTTP] = EVENT_BIT(EVENT_CONNECTION) | EVENT_BIT(EVENT_HTTP) | EVENT_BIT(EVENT_HANDSHAKE) |
                        EVENT_BIT(EVENT_CLOSE) | EVENT_BIT(EVENT_GAP) | EVENT_BIT(EVENT_NOTICE) |
                        EVENT_BIT(EVENT_SEGMENT),
        [LADDER_TCP] = EVENT_BIT(EVENT_CONNECTION) | EVENT_BIT(EVENT_CLOSE) | EVENT_BIT(EVENT_GAP) |
                       EVENT_BIT(EVENT_NOTICE) | EVENT_BIT(EVENT_SEGMENT),
    };

    return wanted[zoom];
}

void ladder_event(void *context, const struct event *event)
{
    struct ladder *ladder = context;

    if (ladder->setting.connection != 0 && ladder->setting.connection != event->connection->id) {
        return;
    }
    subprotocol_table_event(&ladder->subprotocols, event);
    ladder_pair_event(&ladder->legs, event);
    if (needs_title(ladder, event->connection->id)) {
        add_title(ladder, event);
    }
    if (is_shown(ladder, event)) {
        add_event(ladder, event);
    }
    add_findings(ladder, event);
}

/* --- the diagrams -------------------------------------------------------------------------------------- */

/* By connection, and within one, or within both legs, as they came: labels were written in that order. */
static int compare_rows(const void *left, const void *right)
{
    const struct ladder_row *a = left, *b = right;

    if (a->connection != b->connection) {
        return a->connection < b->connection ? -1 : 1;
    }
    return a->label < b->label ? -1 : a->label > b->label;
}

/* A message that passed the proxy says, where it leaves it, how long that took. */
static void tell_time(struct ladder *ladder, struct ladder_row *left, const struct ladder_row *entered)
{
    struct label label = { .used = 0 };

    ladder_tell_time(&label, left->time - entered->time, ladder->text + left->label);
    if (room_for_text(ladder, label.used + 1)) {
        left->label = ladder->text_used;
        memcpy(ladder->text + ladder->text_used, label.text, label.used + 1);
        ladder->text_used += label.used + 1;
    }
}

static void join_legs(struct ladder *ladder)
{
    ladder_pair_rows(&ladder->legs, ladder->rows, ladder->count);
    if (ladder->count > 1) {
        qsort(ladder->rows, ladder->count, sizeof *ladder->rows, compare_rows);
    }
    for (size_t i = 0; i < ladder->count && ladder->legs.count > 0; i++) {
        const struct ladder_row *entered = ladder_pair_crossing(ladder->rows, i);

        if (entered) {
            tell_time(ladder, &ladder->rows[i], entered);
        }
    }
}

void ladder_write(struct ladder *ladder, struct output *output)
{
    join_legs(ladder);
    struct ladder_rows rows = { ladder->rows, ladder->count, ladder->text, ladder->left_out,
                                ladder->legs.pairs };

    switch (ladder->setting.form) {
    case LADDER_TEXT:
        ladder_text(&rows, &ladder->setting, output);
        break;
    case LADDER_SVG:
        ladder_svg(&rows, output);
        break;
    case LADDER_MERMAID:
        ladder_mermaid(&rows, output);
        break;
    }
}
