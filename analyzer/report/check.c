/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <inttypes.h>

#include "escape.h"
#include "json.h"
#include "paint.h"
#include "place.h"

#define AROUND 8                /* bytes of payload shown on either side of an offending one */
#define FIELD_SHOWN 200         /* columns of a header field */

static void heading(struct output *output, const char *name)
{
    output_format(output, "    %-9s ", name);
}

/* --- frames: the header's bytes, and of control frames the payload ------------------------------------ */

/* Bytes in hex, those of the span in brackets; at is the place of the first of them. */
static void marked_hex(struct output *output, struct bytes view, size_t at, struct span span)
{
    for (size_t i = 0; i < view.length; i++) {
        size_t place = at + i;

        output_character(output, place == span.first ? '[' : ' ');
        output_hex(output, bytes_of(view.data + i, 1));
        if (place + 1 == span.end || (place >= span.first && place < span.end && i + 1 == view.length)) {
            output_character(output, ']');
        }
    }
}

static void frame_evidence(struct output *output, const struct finding *finding, unsigned fault)
{
    const struct event_frame *event = &finding->event->frame;
    const struct frame *frame = event->frame;
    struct span span = place_in_frame(frame, fault);

    heading(output, "bytes");
    marked_hex(output, bytes_of(frame->header, frame->header_length), 0, span);
    if (frame_is_control(frame->opcode) && event->payload.length > 0) {
        output_text(output, frame->masked ? "  unmasked" : "  payload");
        marked_hex(output, bytes_first(event->payload, FRAME_CONTROL_MAX), frame->header_length, span);
    }
    output_format(output, "  (%s)\n", frame_opcode_name(frame->opcode));
}

/* --- messages: the payload around the offending byte -------------------------------------------------- */

static void message_evidence(struct output *output, const struct finding *finding, unsigned fault)
{
    const struct message *message = finding->event->message.message;
    uint64_t offset = fault == MESSAGE_NOT_UTF8 ? message->utf8_offset : 0;
    size_t first = offset > AROUND ? (size_t)offset - AROUND : 0;

    heading(output, "bytes");
    if (fault == MESSAGE_NOT_UTF8 && offset < message->payload.length) {
        struct bytes around = bytes_first(bytes_after(message->payload, first), 2 * AROUND + 1);

        marked_hex(output, around, first, (struct span){ (size_t)offset, (size_t)offset + 1 });
        output_format(output, "  (byte %" PRIu64 " of message %" PRIu64 ")\n", offset, message->number);
    } else {
        marked_hex(output, bytes_first(message->payload, 2 * AROUND), 0, (struct span){ SIZE_MAX, SIZE_MAX });
        output_format(output, "  (start of message %" PRIu64 ", %" PRIu64 " bytes)\n", message->number,
                      message->length);
    }
}

/* --- heads: the start line or the fields concerned ---------------------------------------------------- */

static void wire(struct output *output, struct bytes view)
{
    escape_write(output, &view, FIELD_SHOWN);
    output_text(output, view.length > 0 ? "..." : "");
}

/* A head's first line, as it was sent. */
static struct bytes first_line(const struct http_head *head)
{
    const uint8_t *end = head->raw.length ? memchr(head->raw.data, '\n', head->raw.length) : NULL;
    size_t length = end ? (size_t)(end - head->raw.data) : head->raw.length;

    return bytes_first(head->raw, length > 0 && head->raw.data[length - 1] == '\r' ? length - 1 : length);
}

static void head_evidence(struct output *output, const struct http_head *head, const char *name)
{
    const struct http_field *field;
    size_t nth = 0;

    if (!head) {
        return;
    }
    heading(output, head->is_request ? "request" : "response");
    output_character(output, ' ');
    wire(output, first_line(head));
    output_character(output, '\n');
    for (; name && (field = http_find(head, name, nth)) != NULL; nth++) {
        heading(output, "");
        output_character(output, ' ');
        wire(output, field->name);
        output_text(output, ": ");
        wire(output, field->value);
        output_character(output, '\n');
    }
    if (name && nth == 0) {
        heading(output, "");
        output_format(output, " (no %s)\n", name);
    }
}

static void http_evidence(struct output *output, const struct finding *finding, unsigned fault)
{
    head_evidence(output, finding->event->http.head, place_http_field(fault));
}

static void handshake_evidence(struct output *output, const struct finding *finding, unsigned fault)
{
    const struct handshake *handshake = finding->event->handshake;
    const char *field = place_handshake_field(fault);
    bool of_client = finding->side == RULE_CLIENT;

    head_evidence(output, of_client ? handshake->request : handshake->response, field);
    if (fault == HANDSHAKE_ACCEPT_WRONG || fault == HANDSHAKE_ACCEPT_MISSING) {
        heading(output, "expected");
        output_format(output, " %s for key ", handshake->accept_expected);
        wire(output, handshake->key);
        output_character(output, '\n');
    } else if (!of_client && field) {
        head_evidence(output, handshake->request, field);
    }
}

/* --- endings and notices ------------------------------------------------------------------------------ */

static void close_evidence(struct output *output, const struct finding *finding, unsigned fault)
{
    const struct event_close *ending = &finding->event->close;

    (void)fault;
    heading(output, "ended");
    output_format(output, " %s%s\n", event_close_name(ending->how),
                  !ending->first_known ? "" : ending->first == C2S ? ", client first" : ", server first");
}

static void notice_evidence(struct output *output, const struct finding *finding, unsigned fault)
{
    const struct event_notice *notice = &finding->event->notice;

    (void)fault;
    if (notice->bytes > 0) {
        heading(output, "where");
        output_format(output, " %" PRIu64 " bytes from byte %" PRIu64 " of the %s stream\n", notice->bytes,
                      notice->offset, event_direction_name(finding->event->direction));
    }
}

typedef void write_evidence(struct output *output, const struct finding *finding, unsigned fault);

static write_evidence *const evidence[EVENT_KINDS] = {
    [EVENT_HTTP] = http_evidence,       [EVENT_HANDSHAKE] = handshake_evidence,
    [EVENT_FRAME] = frame_evidence,     [EVENT_MESSAGE] = message_evidence,
    [EVENT_CLOSE] = close_evidence,     [EVENT_NOTICE] = notice_evidence,
    [EVENT_CUT] = frame_evidence,
};

/* --- the report --------------------------------------------------------------------------------------- */

static void title(const struct check *check, const struct finding *finding)
{
    const struct rule *rule = finding->rule;
    const struct event *event = finding->event;

    output_text(check->output, check->colour ? paint_severity(rule->severity) : "");
    output_format(check->output, "%-6s %s", rules_severity_name(rule->severity), rule->id);
    output_text(check->output, check->colour ? PAINT_PLAIN : "");
    output_format(check->output, "  %s, %s, connection %" PRIu64 ", packet %" PRIu64,
                  rules_side_name(finding->side), rule->section, event->connection->id, event->packet);
    if (event->kind == EVENT_FRAME) {
        output_format(check->output, ", frame %" PRIu64, event->connection->sent[event->direction].frames);
    }
    output_character(check->output, '\n');
}

static void paragraph(const struct check *check, const struct finding *finding)
{
    const struct rule *rule = finding->rule;
    size_t count;
    const struct rule *rows = rules_of(finding->event->kind, &count);

    title(check, finding);
    heading(check->output, "seen");
    output_format(check->output, " %s\n", rule->text);
    if (evidence[finding->event->kind]) {
        evidence[finding->event->kind](check->output, finding, (unsigned)(rule - rows));
    }
    heading(check->output, "instead");
    output_format(check->output, " %s\n\n", rule->instead);
}

void check_event(void *context, const struct event *event)
{
    struct check *check = context;
    struct finding finding;
    unsigned next = 0;

    if (event->faults == 0) {
        return;
    }
    findings_count(&check->findings, event);
    while (rules_next(event, &next, &finding)) {
        if (check->json) {
            json_finding(check->output, &finding);
        } else {
            paragraph(check, &finding);
        }
    }
}

static void summary_json(const struct check *check, const struct totals *totals)
{
    struct object object;

    object_begin(&object, check->output);
    object_text(&object, "type", "summary");
    object_number(&object, "packets", totals->packets);
    object_number(&object, "connections", totals->connections);
    object_number(&object, "must", findings_of_severity(&check->findings, RULE_MUST));
    object_number(&object, "should", findings_of_severity(&check->findings, RULE_SHOULD));
    object_number(&object, "note", findings_of_severity(&check->findings, RULE_NOTE));
    findings_json(&check->findings, &object, "findings");
    object_end(&object);
}

static void summary_text(const struct check *check, const struct totals *totals)
{
    uint64_t must = findings_of_severity(&check->findings, RULE_MUST);
    uint64_t should = findings_of_severity(&check->findings, RULE_SHOULD);
    uint64_t note = findings_of_severity(&check->findings, RULE_NOTE);

    output_format(check->output, "%" PRIu64 " packets, %" PRIu64 " connections: ", totals->packets,
                  totals->connections);
    if (must + should + note == 0) {
        output_text(check->output, "nothing to find fault with\n");
        return;
    }
    output_format(check->output, "%" PRIu64 " must, %" PRIu64 " should, %" PRIu64 " note\n", must, should,
                  note);
    findings_text(&check->findings, check->output);
}

void check_finish(struct check *check, const struct totals *totals)
{
    if (check->json) {
        summary_json(check, totals);
    } else {
        summary_text(check, totals);
    }
}

bool check_broken(const struct check *check)
{
    return findings_of_severity(&check->findings, RULE_MUST) > 0;
}
