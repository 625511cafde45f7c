/* SPDX-License-Identifier: MIT */
#include "ladder_label.h"

#include <inttypes.h>

#include "core/rules.h"
#include "object.h"

/* --- words --------------------------------------------------------------------------------------------- */

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

static void label_message(struct label *label, const struct event *event,
                          const struct subprotocol *subprotocol)
{
    const struct message *message = event->message.message;
    struct label summary;

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
    subprotocol_summarise(&summary, subprotocol, event);
    if (summary.used > 0) {
        label_say(label, " %s", summary.text);
    } else if (message->opcode == FRAME_TEXT && (!message->compressed || message->inflated)) {
        show_payload(label, message->payload);
    }
}

static void label_code(struct label *label, const char *who, uint16_t code)
{
    if (code != 0) {
        label_say(label, ", %s %u", who, code);
    }
}

static void label_codes(struct label *label, uint16_t client, uint16_t server)
{
    if (client == server) {
        label_code(label, "applications see", client);
        return;
    }
    label_code(label, "client sees", client);
    label_code(label, "server sees", server);
}

static void label_close(struct label *label, const struct event *event)
{
    const struct event_close *ending = &event->close;

    label_say(label, "end: %s", event_close_name(ending->how));
    if (ending->first_known) {
        label_say(label, ", %s first", ending->first == C2S ? "client" : "server");
    }
    label_codes(label, ending->api_code[C2S], ending->api_code[S2C]);
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

static void label_nothing(struct label *label, const struct event *event)
{
    (void)label;
    (void)event;
}

/* A notice says nothing but what was found. */
static void label_notice(struct label *label, const struct event *event)
{
    struct finding finding;
    unsigned next = 0;

    if (rules_next(event, &next, &finding)) {
        label_say(label, "%s", finding.rule->text);
    }
}

/* --- the whole ----------------------------------------------------------------------------------------- */

void ladder_describe(struct ladder_entry *entry, const struct event *event,
                     const struct subprotocol *subprotocol)
{
    typedef void write_label(struct label *label, const struct event *event);
    static const struct {
        write_label *write;
        bool arrow, strong;
        enum ladder_shape shape; /* where it is no arrow */
    } kinds[EVENT_KINDS] = {
        [EVENT_HTTP] = { label_http, true, true, 0 },
        [EVENT_HANDSHAKE] = { label_handshake, false, false, LADDER_BETWEEN },
        [EVENT_FRAME] = { label_frame, true, true, 0 },
        [EVENT_MESSAGE] = { NULL, true, true, 0 },
        [EVENT_CLOSE] = { label_close, false, false, LADDER_BETWEEN },
        [EVENT_GAP] = { label_gap, false, false, LADDER_BREAK },
        [EVENT_CUT] = { label_cut, true, false, 0 },
        [EVENT_SEGMENT] = { label_segment, true, false, 0 },
        [EVENT_CONNECTION] = { label_nothing, false, false, LADDER_BETWEEN },
        [EVENT_NOTICE] = { label_notice, false, false, LADDER_BETWEEN },
    };
    enum ladder_shape arrow = event->direction == C2S ? LADDER_C2S : LADDER_S2C;

    *entry = (struct ladder_entry){
        .shape = kinds[event->kind].arrow ? arrow : kinds[event->kind].shape,
        .strong = kinds[event->kind].strong,
    };
    if (event->kind == EVENT_MESSAGE) {
        label_message(&entry->label, event, subprotocol);
    } else {
        kinds[event->kind].write(&entry->label, event);
    }
}

void ladder_tell_time(struct label *label, int64_t nanoseconds, const char *text)
{
    label_say(label, "+%.3f ms %s", (double)nanoseconds / 1e6, text);
}
