/* SPDX-License-Identifier: MIT */
#include "detail_build.h"

#include <inttypes.h>

#include "address.h"
#include "place.h"

/* --- the kinds that have no bytes of their own, or only a payload --------------------------------------- */

static struct detail_node *add_number(struct detail *detail, const char *name, uint64_t value,
                                      const char *field_name)
{
    struct detail_node *node = detail_add(detail, 1, name);

    detail_say(detail, node, "%" PRIu64, value);
    detail_explain(node, field_name);
    return node;
}

static void add_word(struct detail *detail, const char *name, const char *value, const char *field_name)
{
    struct detail_node *node = detail_add(detail, 1, name);

    detail_say(detail, node, "%s", value);
    detail_explain(node, field_name);
}

static void add_endpoint(struct detail *detail, const char *name, const struct endpoint *endpoint)
{
    char address[ADDRESS_TEXT_MAX];

    address_format(address, endpoint);
    add_word(detail, name, address, name);
}

static void detail_connection(struct detail *detail, const struct event *event)
{
    const struct connection *connection = event->connection;
    struct detail_node *node = detail_add(detail, 0, "TCP connection");

    detail_say(detail, node, "%" PRIu64, connection->id);
    detail_explain(node, "conn");
    add_endpoint(detail, "client", &connection->client);
    add_endpoint(detail, "server", &connection->server);
    add_word(detail, "midstream", connection->midstream ? "yes" : "no", "midstream");
    add_word(detail, "protocol", event_protocol_name((enum protocol)connection->protocol), "protocol");
}

static void add_deflate(struct detail *detail, const struct message *message)
{
    struct detail_node *node = detail_add(detail, 1, "compressed");

    if (!message->inflated) {
        detail_say(detail, node, "yes, and not inflated");
    } else if (message->length > 0) {
        detail_say(detail, node, "to %.1f %% of its length",
                   100.0 * (double)message->wire_length / (double)message->length);
    } else {
        detail_say(detail, node, "yes");
    }
    detail_explain(node, "compressed");
}

static void detail_message(struct detail *detail, const struct event *event,
                           const struct subprotocol *subprotocol)
{
    const struct message *message = event->message.message;
    bool clear = !message->compressed || message->inflated;
    struct detail_node *node = detail_add(detail, 0, "WebSocket message");

    detail->pieces[0] = message->payload;
    detail_say(detail, node, "%s, %" PRIu64 " byte%s", frame_opcode_name(message->opcode), message->length,
               message->length == 1 ? "" : "s");
    detail_place(node, 0, message->payload.length);
    add_word(detail, "opcode", frame_opcode_name(message->opcode), "opcode");
    add_number(detail, "number", message->number, "message.number");
    add_number(detail, "frames", message->frames, "message.frames");
    add_number(detail, "length as sent", message->wire_length, "message.wire_length");
    add_number(detail, "length", message->length, "message.length");
    if (message->compressed) {
        add_deflate(detail, message);
    }
    add_word(detail, "complete", message->complete ? "yes" : "no", "message.complete");
    if (message->truncated) {
        add_word(detail, "truncated", "yes", "message.truncated");
    }
    if (message->payload.length > 0) {
        detail_payload(detail, 1, message->payload, message->opcode == FRAME_TEXT && clear);
    }
    bool printed = detail_subprotocol(detail, event, subprotocol);

    if (!printed && message->opcode == FRAME_TEXT && clear && !message->truncated) {
        detail_json(detail, 2, message->payload);
    }
}

static void add_code(struct detail *detail, const char *name, uint16_t code, const char *field_name)
{
    if (code) {
        struct detail_node *node = detail_add(detail, 1, name);

        detail_say(detail, node, "%u %s", code, frame_close_code_meaning(code));
        detail_explain(node, field_name);
    }
}

static void add_codes_seen(struct detail *detail, uint16_t client, uint16_t server)
{
    if (client == server) {
        add_code(detail, "code seen by applications", client, "close.api_code");
    } else {
        add_code(detail, "code seen by client", client, "close.api_code");
        add_code(detail, "code seen by server", server, "close.server_api_code");
    }
}

static void detail_close(struct detail *detail, const struct event *event)
{
    const struct event_close *ending = &event->close;
    struct detail_node *node = detail_add(detail, 0, "end of the connection");

    detail_say(detail, node, "%s", event_close_name(ending->how));
    detail_explain(node, "close.how");
    if (ending->first_known) {
        add_word(detail, "began", ending->first == C2S ? "client" : "server", "close.first");
    }
    add_code(detail, "code", ending->code_known ? ending->code : 0, "close.code");
    if (ending->reason.length > 0) {
        node = detail_add(detail, 1, "reason");
        node->value = ending->reason;
        detail_explain(node, "close.reason");
    }
    add_codes_seen(detail, ending->api_code[C2S], ending->api_code[S2C]);
    if (ending->server_name.length > 0) {
        node = detail_add(detail, 1, "TLS server name");
        node->value = ending->server_name;
        node->purpose = "The site that the client asked for, before encryption began.";
        node->section = "RFC 6066 3";
    }
}

static void detail_gap(struct detail *detail, const struct event *event)
{
    struct detail_node *node = detail_add(detail, 0, "gap");

    detail_say(detail, node, "%" PRIu64 " byte%s never captured", event->gap.bytes,
               event->gap.bytes == 1 ? "" : "s");
    detail_explain(node, "gap.bytes");
    add_number(detail, "offset", event->gap.offset, "offset");
    add_number(detail, "skipped", event->gap.skipped, "gap.skipped");
    add_word(detail, "resumed", event_resumed_name(event->gap.resumed), "gap.resumed");
}

static void detail_notice(struct detail *detail, const struct event *event)
{
    struct detail_node *node = detail_add(detail, 0, "notice");

    node->purpose = "Something about the connection that belongs to no other event.";
    if (event->notice.bytes > 0) {
        detail_say(detail, node, "%" PRIu64 " bytes", event->notice.bytes);
        add_number(detail, "offset", event->notice.offset, "offset");
    }
}

static void detail_segment(struct detail *detail, const struct event *event)
{
    const struct segment *segment = event->segment.segment;
    struct detail_node *node = detail_add(detail, 0, "TCP segment");

    detail->pieces[0] = segment->payload;
    detail_say(detail, node, "%zu bytes of payload", segment->payload.length + segment->cut);
    detail_explain(node, "tcp.length");
    detail_place(node, 0, segment->payload.length);
    add_number(detail, "sequence number", segment->sequence, "tcp.seq");
    add_number(detail, "acknowledgment number", segment->acknowledgment, "tcp.ack");
    add_number(detail, "window", segment->window, "tcp.window");
    add_number(detail, "SYN", (segment->flags & TCP_SYN) != 0, "tcp.syn");
    add_number(detail, "FIN", (segment->flags & TCP_FIN) != 0, "tcp.fin");
    add_number(detail, "RST", (segment->flags & TCP_RST) != 0, "tcp.rst");
    add_number(detail, "retransmitted", event->segment.retransmitted, "tcp.retransmitted");
    add_number(detail, "out of order", event->segment.out_of_order, "tcp.out_of_order");
    add_number(detail, "keep-alive", event->segment.keepalive, "tcp.keepalive");
}

/* --- findings ------------------------------------------------------------------------------------------- */

/* The first field of that name, else the start line. */
static void place_in_head(const struct detail *detail, struct detail_node *node, const struct http_head *head,
                          const char *name)
{
    const struct http_field *field = head && name ? http_find(head, name, 0) : NULL;

    if (field) {
        detail_place_view(detail, node, field->value);
    } else if (head) {
        detail_place_view(detail, node, head->is_request ? head->method : head->reason);
    }
}

static void place_finding(const struct detail *detail, struct detail_node *node,
                          const struct finding *finding, unsigned fault)
{
    const struct event *event = finding->event;

    if (event->kind == EVENT_FRAME || event->kind == EVENT_CUT) {
        struct span span = place_in_frame(event->frame.frame, fault);
        size_t end = span.end < detail_length(detail) ? span.end : detail_length(detail);

        detail_place(node, span.first, span.first < end ? end - span.first : 0);
    } else if (event->kind == EVENT_HTTP) {
        place_in_head(detail, node, event->http.head, place_http_field(fault));
    } else if (event->kind == EVENT_HANDSHAKE) {
        place_in_head(detail, node,
                      finding->side == RULE_CLIENT ? event->handshake->request : event->handshake->response,
                      place_handshake_field(fault));
    } else if (event->kind == EVENT_MESSAGE && fault == MESSAGE_NOT_UTF8) {
        size_t offset = (size_t)event->message.message->utf8_offset;

        detail_place(node, offset, offset < detail_length(detail));
    }
}

static void add_findings(struct detail *detail, const struct event *event)
{
    struct finding finding;
    unsigned next = 0;

    while (event->faults && rules_next(event, &next, &finding)) {
        struct detail_node *node = detail_add(detail, 1, finding.rule->id);

        detail_say(detail, node, "%s, %s: %s", rules_severity_name(finding.rule->severity),
                   rules_side_name(finding.side), finding.rule->text);
        node->purpose = finding.rule->instead;
        node->section = finding.rule->section;
        node->rule = finding.rule;
        place_finding(detail, node, &finding, next - 1);
    }
}

/* --- the whole ------------------------------------------------------------------------------------------ */

void detail_make(struct detail *detail, const struct event *event, const struct subprotocol *subprotocol)
{
    static const struct subprotocol unknown = { .kind = SUBPROTOCOL_UNKNOWN };
    typedef void make(struct detail *detail, const struct event *event);
    static make *const makers[EVENT_KINDS] = {
        [EVENT_CONNECTION] = detail_connection,
        [EVENT_HTTP] = detail_http,
        [EVENT_HANDSHAKE] = detail_handshake,
        [EVENT_FRAME] = detail_frame,
        [EVENT_CLOSE] = detail_close,
        [EVENT_GAP] = detail_gap,
        [EVENT_NOTICE] = detail_notice,
        [EVENT_CUT] = detail_frame,
        [EVENT_SEGMENT] = detail_segment,
    };

    detail->count = 0;
    detail->text_used = 0;
    detail->pieces[0] = detail->pieces[1] = bytes_of(NULL, 0);
    detail->mask = NULL;
    if (event->kind == EVENT_MESSAGE) {
        detail_message(detail, event, subprotocol ? subprotocol : &unknown);
    } else {
        makers[event->kind](detail, event);
    }
    add_findings(detail, event);
}

size_t detail_length(const struct detail *detail)
{
    return detail->pieces[0].length + detail->pieces[1].length;
}

uint8_t detail_byte_clear(const struct detail *detail, size_t at)
{
    size_t first = detail->pieces[0].length;

    return at < first ? detail->pieces[0].data[at] : detail->pieces[1].data[at - first];
}

uint8_t detail_byte_sent(const struct detail *detail, size_t at)
{
    size_t first = detail->pieces[0].length;
    uint8_t clear = detail_byte_clear(detail, at);

    return detail->mask && at >= first ? clear ^ detail->mask[(at - first) % 4] : clear;
}

const struct detail_node *detail_node_at(const struct detail *detail, size_t at)
{
    const struct detail_node *deepest = NULL;

    for (size_t i = 0; i < detail->count; i++) {
        const struct detail_node *node = &detail->nodes[i];

        if (!node->rule && node->length > 0 && at >= node->from && at - node->from < node->length &&
            (!deepest || node->depth >= deepest->depth)) {
            deepest = node;
        }
    }
    return deepest;
}
