/* SPDX-License-Identifier: MIT */
#include "ladder_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "address.h"
#include "core/rules.h"
#include "label.h"
#include "object.h"

struct ladder {
    struct ladder_setting setting;
    int64_t first;
    struct ladder_row *rows;
    size_t count, capacity;
    char *text;
    size_t text_used, text_capacity;
    uint64_t left_out;
    uint8_t *titled;            /* a bit for each connection that has its title */
    size_t titled_size;
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

/* --- labels -------------------------------------------------------------------------------------------- */

static void show_payload(struct label *label, struct bytes payload)
{
    if (payload.length > 0 && object_is_text(payload)) {
        label_quote(label, payload, LABEL_SHOWN - 1);
    }
}

static void label_segment(struct label *label, const struct event *event)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } names[] = { { TCP_SYN, "SYN" }, { TCP_FIN, "FIN" }, { TCP_RST, "RST" },
                  { TCP_PSH, "PSH" }, { TCP_ACK, "ACK" }, { TCP_URG, "URG" } };
    const struct segment *segment = event->segment.segment;
    size_t length = segment->payload.length + segment->cut;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (segment->flags & names[i].flag) {
            label_say(label, label->used ? " %s" : "%s", names[i].name);
        }
    }
    if (length > 0) {
        label_say(label, "%s%zu byte%s", label->used ? ", " : "", length, length == 1 ? "" : "s");
    }
    label_say(label, "%s%s%s", event->segment.retransmitted ? ", again" : "",
              event->segment.out_of_order ? ", out of order" : "",
              event->segment.keepalive ? ", keep-alive" : "");
}

static void label_http(struct label *label, const struct event *event)
{
    const struct http_head *head = event->http.head;

    if (head->is_request) {
        label_show(label, head->method);
        label_say(label, " ");
        label_show(label, head->target);
    } else {
        label_say(label, "%u ", head->status);
        label_show(label, head->reason);
    }
    if (head->body_length > 0) {
        label_say(label, ", body of %" PRIu64 " byte%s", head->body_length,
                  head->body_length == 1 ? "" : "s");
    }
}

static void label_handshake(struct label *label, const struct event *event)
{
    const struct handshake *handshake = event->handshake;

    label_say(label, "WebSocket %s", event_verdict_name(handshake->verdict));
    if (handshake->subprotocol.length > 0) {
        label_say(label, ", ");
        label_show(label, handshake->subprotocol);
    }
    label_say(label, "%s", handshake->deflate.agreed ? ", permessage-deflate" : "");
}

static void label_frame(struct label *label, const struct event *event)
{
    const struct event_frame *frame = &event->frame;

    label_say(label, "%s", frame_opcode_name(frame->frame->opcode));
    if (frame->frame->opcode == FRAME_PONG && frame->round_trip >= 0) {
        label_say(label, " after %.3f ms", (double)frame->round_trip / 1e6);
    }
    if (frame->frame->opcode == FRAME_CLOSE && frame->frame->length >= 2) {
        label_say(label, " %u %s", frame->close_code, frame_close_code_meaning(frame->close_code));
        show_payload(label, frame->close_reason);
    } else {
        show_payload(label, frame->payload);
    }
}

static void label_cut(struct label *label, const struct event *event)
{
    const struct frame *frame = event->frame.frame;

    label_say(label, "%s frame of %" PRIu64 " byte%s, cut", frame_opcode_name(frame->opcode), frame->length,
              frame->length == 1 ? "" : "s");
}

static void label_message(struct label *label, const struct event *event)
{
    const struct message *message = event->message.message;

    label_say(label, "%s %" PRIu64 " byte%s", frame_opcode_name(message->opcode), message->length,
              message->length == 1 ? "" : "s");
    if (message->frames != 1) {
        label_say(label, " in %" PRIu64 " frames", message->frames);
    }
    if (message->compressed) {
        label_say(label, message->inflated ? ", sent as %" PRIu64 : ", compressed: %" PRIu64,
                  message->wire_length);
    }
    label_say(label, "%s", message->complete ? "" : ", not whole");
    if (message->opcode == FRAME_TEXT && (!message->compressed || message->inflated)) {
        show_payload(label, message->payload);
    }
}

static void label_close(struct label *label, const struct event *event)
{
    const struct event_close *ending = &event->close;

    label_say(label, "end: %s", event_close_name(ending->how));
    if (ending->first_known) {
        label_say(label, ", %s first", ending->first == C2S ? "client" : "server");
    }
    if (ending->api_code) {
        label_say(label, ", applications see %u", ending->api_code);
    }
}

static void label_gap(struct label *label, const struct event *event)
{
    static const char *const resumed[] = {
        [GAP_EXACT] = "",
        [GAP_GUESS] = ", goes on at a likely frame",
        [GAP_NO] = ", does not go on",
    };

    label_say(label, "%s: %" PRIu64 " byte%s never captured%s", event->direction == C2S ? "client" : "server",
              event->gap.bytes, event->gap.bytes == 1 ? "" : "s", resumed[event->gap.resumed]);
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
    typedef void write_label(struct label * label, const struct event *event);
    static const struct {
        write_label *write;
        bool arrow, strong;
        enum ladder_shape shape; /* where it is no arrow */
    } kinds[EVENT_KINDS] = {
        [EVENT_HTTP] = { label_http, true, true, 0 },
        [EVENT_HANDSHAKE] = { label_handshake, false, false, LADDER_BETWEEN },
        [EVENT_FRAME] = { label_frame, true, true, 0 },
        [EVENT_MESSAGE] = { label_message, true, true, 0 },
        [EVENT_CLOSE] = { label_close, false, false, LADDER_BETWEEN },
        [EVENT_GAP] = { label_gap, false, false, LADDER_BREAK },
        [EVENT_CUT] = { label_cut, true, false, 0 },
        [EVENT_SEGMENT] = { label_segment, true, false, 0 },
    };
    struct label label = { .used = 0 };
    enum ladder_shape arrow = event->direction == C2S ? LADDER_C2S : LADDER_S2C;

    kinds[event->kind].write(&label, event);
    struct ladder_row *row =
        add_row(ladder, event, kinds[event->kind].arrow ? arrow : kinds[event->kind].shape, label.text,
                label.used + 1);

    if (row) {
        row->strong = kinds[event->kind].strong;
    }
}

static void add_findings(struct ladder *ladder, const struct event *event)
{
    static const char *const words[] = {
        [RULE_MUST] = "MUST",
        [RULE_SHOULD] = "SHOULD",
        [RULE_NOTE] = "note",
    };
    struct finding finding;
    unsigned next = 0;

    while (event->faults && rules_next(event, &next, &finding)) {
        struct label label = { .used = 0 };

        label_say(&label, "%s %s (%s, %s)", words[finding.rule->severity], finding.rule->id,
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
    if (needs_title(ladder, event->connection->id)) {
        add_title(ladder, event);
    }
    if (is_shown(ladder, event)) {
        add_event(ladder, event);
    }
    add_findings(ladder, event);
}

/* --- the diagrams -------------------------------------------------------------------------------------- */

/* By connection, and within one as they came: their labels were written in that order. */
static int compare_rows(const void *left, const void *right)
{
    const struct ladder_row *a = left, *b = right;

    if (a->connection != b->connection) {
        return a->connection < b->connection ? -1 : 1;
    }
    return a->label < b->label ? -1 : a->label > b->label;
}

void ladder_write(struct ladder *ladder, struct output *output)
{
    struct ladder_rows rows = { ladder->rows, ladder->count, ladder->text, ladder->left_out };

    if (ladder->count > 1) {
        qsort(ladder->rows, ladder->count, sizeof *ladder->rows, compare_rows);
    }
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
