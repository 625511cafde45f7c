/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <inttypes.h>
#include <stdio.h>

#include "subprotocols.h"
#include "units.h"

enum style line_direction_style(const struct event *event)
{
    return event->direction == C2S ? STYLE_C2S : STYLE_S2C;
}

/* What its subprotocol makes of it stands instead of its bytes. */
static void describe_content(const struct store *store, uint64_t record, const struct event *event,
                             struct line *line)
{
    struct subprotocol subprotocol = subprotocols_before(store, record);
    struct label summary;

    subprotocol_summarise(&summary, &subprotocol, event);
    if (summary.used > 0) {
        snprintf(line->own, sizeof line->own, "%s", summary.text);
        line->own_style = STYLE_PLAIN;
        line->preview = bytes_of(NULL, 0);
    }
}

static void describe_message(const struct message *message, struct line *line)
{
    const char *name = frame_opcode_name(message->opcode);

    if (message->frames > 1) {
        snprintf(line->kind, sizeof line->kind, "%s/%" PRIu64 "%s", name, message->frames,
                 message->compressed ? " z" : "");
    } else {
        snprintf(line->kind, sizeof line->kind, "%s%s", name, message->compressed ? " z" : "");
    }
    line->has_sizes = true;
    line->wire = message->wire_length;
    line->size = message->length;
    line->preview = message->payload;
    if (!message->complete) {
        line->style = STYLE_WARNING;
    }
}

static void describe_control(const struct event_frame *frame, struct line *line)
{
    char round_trip[UNITS_MAX];

    line->style = STYLE_CONTROL;
    if (frame->close_code) {
        snprintf(line->kind, sizeof line->kind, "close %u", frame->close_code);
        line->preview = frame->close_reason;
        snprintf(line->own, sizeof line->own, "%s", frame_close_code_meaning(frame->close_code));
    }
    if (frame->round_trip >= 0) {
        units_duration(round_trip, frame->round_trip);
        snprintf(line->kind, sizeof line->kind, "pong %s", round_trip);
    }
}

static void describe_frame(const struct event_frame *seen, struct line *line)
{
    const struct frame *frame = seen->frame;

    snprintf(line->kind, sizeof line->kind, "%s%s%s", frame_opcode_name(frame->opcode),
             frame->fin ? "" : " +", frame->rsv & 4 ? " z" : "");
    line->has_sizes = true;
    line->wire = frame->length;
    line->size = frame->length;
    line->preview = seen->payload;
    if (seen->compressed) {
        snprintf(line->own, sizeof line->own, "part of compressed message %" PRIu64, seen->message);
    }
    if (frame_is_control(frame->opcode)) {
        describe_control(seen, line);
    }
}

static void describe_http(const struct http_head *head, struct line *line)
{
    if (head->is_request) {
        snprintf(line->kind, sizeof line->kind, "http request");
    } else {
        snprintf(line->kind, sizeof line->kind, "http %u", head->status);
    }
    line->preview = bytes_first(head->raw, strcspn((const char *)head->raw.data, "\r\n"));
    line->size = line->wire = head->raw.length + head->body_length;
    line->has_sizes = true;
}

static void describe_handshake(const struct handshake *handshake, struct line *line)
{
    snprintf(line->kind, sizeof line->kind, "handshake");
    line->style = handshake->verdict == HANDSHAKE_ACCEPTED ? STYLE_GOOD : STYLE_BAD;
    snprintf(line->own, sizeof line->own, "%s%s", event_verdict_name(handshake->verdict),
             handshake->deflate.agreed ? ", permessage-deflate" : "");
    line->preview = handshake->subprotocol;
}

static void describe_code(const char *who, uint16_t code, struct line *line)
{
    size_t used = strlen(line->own);

    if (code) {
        snprintf(line->own + used, sizeof line->own - used, "; %s saw %u", who, code);
    }
}

static void describe_codes(uint16_t client, uint16_t server, struct line *line)
{
    if (client == server) {
        describe_code("applications", client, line);
    } else {
        describe_code("client", client, line);
        describe_code("server", server, line);
    }
}

static void describe_close(const struct event_close *close, struct line *line)
{
    static const char *const words[] = {
        [CLOSE_HANDSHAKE] = "closed as the RFC asks: Close both ways, then TCP",
        [CLOSE_FIN] = "TCP was closed",
        [CLOSE_RST] = "TCP was reset",
        [CLOSE_IDLE] = "silent for too long: forgotten",
        [CLOSE_END_OF_CAPTURE] = "still open when the capture ends",
    };

    snprintf(line->kind, sizeof line->kind, "end");
    line->style = close->how == CLOSE_RST ? STYLE_BAD : STYLE_DIM;
    snprintf(line->own, sizeof line->own, "%s", words[close->how]);
    if (close->how != CLOSE_END_OF_CAPTURE && close->how != CLOSE_HANDSHAKE) {
        describe_codes(close->api_code[C2S], close->api_code[S2C], line);
    }
}

static void describe_segment(const struct event_segment *seen, struct line *line)
{
    static const struct {
        uint8_t flags;
        const char *name;
    } names[] = {
        { TCP_SYN | TCP_ACK, "SYN ACK" }, { TCP_SYN, "SYN" }, { TCP_RST, "RST" }, { TCP_FIN, "FIN" },
    };
    const struct segment *segment = seen->segment;
    size_t i = 0;

    while (i < sizeof names / sizeof names[0] && (segment->flags & names[i].flags) != names[i].flags) {
        i++;
    }
    snprintf(line->kind, sizeof line->kind, "%s",
             i < sizeof names / sizeof names[0] ? names[i].name
             : seen->retransmitted              ? "sent again"
             : seen->out_of_order               ? "out of order"
                                                : "segment");
    line->style = segment->flags & TCP_RST ? STYLE_BAD : STYLE_DIM;
    snprintf(line->own, sizeof line->own, "seq %" PRIu32, segment->sequence);
    line->has_sizes = segment->cut > 0;
    line->size = line->wire = segment->cut;
}

static void describe_notice(struct line *line)
{
    snprintf(line->kind, sizeof line->kind, "note");
    line->style = STYLE_WARNING;
}

/* Where there is nothing else to show, what was found. */
static void describe_finding(const struct event *event, struct line *line)
{
    struct finding finding;
    unsigned next = 0;

    if (line->own[0] == '\0' && line->preview.length == 0 && rules_next(event, &next, &finding)) {
        snprintf(line->own, sizeof line->own, "%s", finding.rule->text);
    }
}

void line_describe(const struct store *store, uint64_t record, const struct event *event, struct line *line)
{
    *line = (struct line){ .style = line_direction_style(event), .own_style = STYLE_DIM };
    switch (event->kind) {
    case EVENT_HTTP:
        describe_http(event->http.head, line);
        break;
    case EVENT_HANDSHAKE:
        describe_handshake(event->handshake, line);
        break;
    case EVENT_FRAME:
        describe_frame(&event->frame, line);
        break;
    case EVENT_CUT:
        describe_frame(&event->frame, line);
        snprintf(line->own, sizeof line->own, "cut: %" PRIu64 " of its %" PRIu64 " bytes came",
                 event->frame.arrived, event->frame.frame->length);
        line->style = STYLE_BAD;
        break;
    case EVENT_MESSAGE:
        describe_message(event->message.message, line);
        describe_content(store, record, event, line);
        break;
    case EVENT_CLOSE:
        describe_close(&event->close, line);
        break;
    case EVENT_SEGMENT:
        describe_segment(&event->segment, line);
        break;
    case EVENT_GAP:
        snprintf(line->kind, sizeof line->kind, "gap");
        line->style = STYLE_BAD;
        snprintf(line->own, sizeof line->own, "%" PRIu64 " bytes were never captured", event->gap.bytes);
        break;
    default:
        describe_notice(line);
        break;
    }
    describe_finding(event, line);
}

/* --- what was found ------------------------------------------------------------------------------------ */

#define WALK_MAX 4096               /* records looked at for the frames of a message */
#define NOTHING  (RULE_NOTE + 1)

static unsigned worst_of(const struct record *record)
{
    size_t count;
    const struct rule *rules = rules_of((enum event_kind)record->kind, &count);
    unsigned worst = NOTHING;

    for (size_t i = 0; record->faults != 0 && i < count; i++) {
        bool worse = (record->faults >> i & 1) && rules[i].severity < worst;

        worst = worse ? rules[i].severity : worst;
    }
    return worst;
}

/* A message's frames stand before it, and behind the message before it. */
static unsigned worst_of_frames(const struct store *store, const struct record *message)
{
    const struct record *at = store_record(store, message->previous);
    unsigned worst = NOTHING;

    for (int walked = 0; at && walked < WALK_MAX; walked++) {
        bool same_side = at->direction == message->direction;

        if (same_side && at->kind == EVENT_MESSAGE) {
            break;
        }
        if (same_side && at->kind == EVENT_FRAME && !frame_is_control(at->opcode) && worst_of(at) < worst) {
            worst = worst_of(at);
        }
        at = store_record(store, at->previous);
    }
    return worst;
}

void line_draw_mark(const struct store *store, struct canvas *canvas, int x, int y, uint64_t record)
{
    static const enum style styles[] = { STYLE_BAD, STYLE_WARNING, STYLE_DIM };
    const struct record *found = store_record(store, record);
    unsigned worst = found ? worst_of(found) : NOTHING;

    if (found && found->kind == EVENT_MESSAGE) {
        unsigned of_frames = worst_of_frames(store, found);

        worst = of_frames < worst ? of_frames : worst;
    }
    if (worst != NOTHING) {
        canvas_text(canvas, x, y, 1, styles[worst], worst == RULE_NOTE ? "i" : "!");
    }
}
