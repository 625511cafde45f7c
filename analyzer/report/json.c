/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "address.h"
#include "object.h"

static void begin(struct object *object, struct output *output, const char *type, const struct event *event)
{
    object_begin(object, output);
    object_text(object, "type", type);
    object_seconds(object, "time", event->time);
    object_number(object, "conn", event->connection->id);
    object_number(object, "packet", event->packet);
}

static void direction_member(struct object *object, const char *name, enum direction direction)
{
    object_text(object, name, event_direction_name(direction));
}

static void connection_members(struct object *object, const struct event *event)
{
    const struct connection *connection = event->connection;
    char text[ADDRESS_TEXT_MAX];

    address_format(text, &connection->client);
    object_text(object, "client", text);
    address_format(text, &connection->server);
    object_text(object, "server", text);
    object_bool(object, "midstream", connection->midstream);
    object_text(object, "protocol", event_protocol_name(connection->protocol));
}

static void version_member(struct object *object, const struct http_head *head)
{
    char text[] = "HTTP/0.0";

    text[5] = (char)('0' + head->version_major % 10);
    text[7] = (char)('0' + head->version_minor % 10);
    object_text(object, "version", text);
}

static void start_line(struct object *object, const struct http_head *head)
{
    if (head->is_request) {
        object_open(object, "request");
        object_string(object, "method", head->method);
        object_string(object, "target", head->target);
    } else {
        object_open(object, "response");
        object_number(object, "status", head->status);
        object_string(object, "reason", head->reason);
    }
    version_member(object, head);
    object_close(object);
}

static void http_members(struct object *object, const struct event *event)
{
    const struct http_head *head = event->http.head;

    direction_member(object, "dir", event->direction);
    start_line(object, head);
    object_open_list(object, "headers");
    for (size_t i = 0; i < head->field_count; i++) {
        object_open_list(object, NULL);
        object_string(object, NULL, head->fields[i].name);
        object_string(object, NULL, head->fields[i].value);
        object_close_list(object);
    }
    object_close_list(object);
    object_number(object, "body_length", head->body_length);
    object_bool(object, "complete", head->complete);
}

/* The elements of a list field; none where there is no head. */
static void list_members(struct object *object, const char *name, const struct http_head *head,
                         enum http_name field)
{
    struct http_list list = http_list_begin(head, field);
    struct bytes element;

    object_open_list(object, name);
    while (head && http_list_walk(&list, &element)) {
        object_string(object, NULL, element);
    }
    object_close_list(object);
}

static void text_unless_empty(struct object *object, const char *name, struct bytes view)
{
    if (view.length > 0) {
        object_string(object, name, view);
    } else {
        object_null(object, name);
    }
}

static void handshake_members(struct object *object, const struct event *event)
{
    const struct handshake *handshake = event->handshake;

    object_text(object, "verdict", event_verdict_name(handshake->verdict));
    if (handshake->response) {
        object_number(object, "status", handshake->response->status);
    } else {
        object_null(object, "status");
    }
    text_unless_empty(object, "key", handshake->key);
    text_unless_empty(object, "accept", handshake->accept);
    text_unless_empty(object, "accept_expected", bytes_of_text(handshake->accept_expected));
    text_unless_empty(object, "subprotocol", handshake->subprotocol);
    list_members(object, "extensions", handshake->response, HTTP_NAME_EXTENSIONS);
    object_open(object, "offered");
    list_members(object, "subprotocols", handshake->request, HTTP_NAME_PROTOCOL);
    list_members(object, "extensions", handshake->request, HTTP_NAME_EXTENSIONS);
    text_unless_empty(object, "version", handshake->version);
    text_unless_empty(object, "origin", handshake->origin);
    text_unless_empty(object, "host", handshake->host);
    object_close(object);
}

static void payload_member(struct object *object, struct bytes payload)
{
    if (object_is_text(payload)) {
        object_string(object, "text", payload);
    } else {
        object_base64(object, "base64", payload);
    }
}

/* Control frames carry their payload here, since no message does. */
static void control_members(struct object *object, const struct event_frame *event)
{
    if (event->frame->opcode != FRAME_CLOSE) {
        payload_member(object, event->payload);
    } else if (event->payload.length >= 2) {
        object_number(object, "code", event->close_code);
        object_string(object, "reason", event->close_reason);
    }
    if (event->frame->opcode == FRAME_PONG && event->round_trip >= 0) {
        object_seconds(object, "round_trip", event->round_trip);
    }
}

static void frame_members(struct object *object, const struct event *event)
{
    const struct frame *frame = event->frame.frame;

    direction_member(object, "dir", event->direction);
    object_number(object, "frame", event->connection->sent[event->direction].frames);
    object_bool(object, "fin", frame->fin);
    object_number(object, "rsv", frame->rsv);
    object_number(object, "opcode", frame->opcode);
    object_text(object, "name", frame_opcode_name(frame->opcode));
    object_bool(object, "masked", frame->masked);
    if (frame->masked) {
        object_hex(object, "mask", bytes_of(frame->mask, sizeof frame->mask));
    } else {
        object_null(object, "mask");
    }
    object_number(object, "length", frame->length);
    object_number(object, "header_length", frame->header_length);
    if (frame->lost > 0) {
        object_number(object, "lost", frame->lost);
    }
    if (frame_is_control(frame->opcode)) {
        object_null(object, "message");
        control_members(object, &event->frame);
    } else {
        object_number(object, "message", event->frame.message);
    }
}

static void message_members(struct object *object, const struct event *event)
{
    const struct message *message = event->message.message;
    bool clear = !message->compressed || message->inflated;
    struct bytes payload = message->truncated ? object_whole_characters(message->payload) : message->payload;

    direction_member(object, "dir", event->direction);
    object_number(object, "message", message->number);
    object_number(object, "opcode", message->opcode);
    object_text(object, "name", frame_opcode_name(message->opcode));
    object_number(object, "frames", message->frames);
    object_bool(object, "compressed", message->compressed);
    object_number(object, "wire_length", message->wire_length);
    object_number(object, "length", message->length);
    if (message->opcode == FRAME_TEXT && clear) {
        payload_member(object, payload);
    } else {
        object_base64(object, "base64", message->payload);
    }
    object_bool(object, "truncated", message->truncated);
    object_bool(object, "complete", message->complete);
    if (message->compressed) {
        object_bool(object, "inflated", message->inflated);
    }
}

static void number_or_null(struct object *object, const char *name, bool known, uint64_t value)
{
    if (known) {
        object_number(object, name, value);
    } else {
        object_null(object, name);
    }
}

static void close_members(struct object *object, const struct event *event)
{
    const struct event_close *ending = &event->close;

    object_text(object, "how", event_close_name(ending->how));
    object_text(object, "first", ending->first_known ? event_direction_name(ending->first) : NULL);
    number_or_null(object, "code", ending->code_known, ending->code);
    if (ending->code_known) {
        object_string(object, "reason", ending->reason);
    } else {
        object_null(object, "reason");
    }
    number_or_null(object, "api_code", ending->api_code[C2S] != 0, ending->api_code[C2S]);
    number_or_null(object, "server_api_code", ending->api_code[S2C] != 0, ending->api_code[S2C]);
    if (ending->server_name.length > 0) {
        object_string(object, "server_name", ending->server_name);
    }
}

/* A frame that never ended. */
static void cut_members(struct object *object, const struct event *event)
{
    const struct frame *frame = event->frame.frame;

    direction_member(object, "dir", event->direction);
    object_number(object, "opcode", frame->opcode);
    object_text(object, "name", frame_opcode_name(frame->opcode));
    object_number(object, "length", frame->length);
    object_number(object, "arrived", event->frame.arrived);
}

static void gap_members(struct object *object, const struct event *event)
{
    direction_member(object, "dir", event->direction);
    object_number(object, "bytes", event->gap.bytes);
    object_text(object, "resumed", event_resumed_name(event->gap.resumed));
    object_number(object, "skipped", event->gap.skipped);
    object_number(object, "offset", event->gap.offset);
}

typedef void write_members(struct object *object, const struct event *event);

static write_members *const members[EVENT_KINDS] = {
    [EVENT_CONNECTION] = connection_members,
    [EVENT_HTTP] = http_members,
    [EVENT_HANDSHAKE] = handshake_members,
    [EVENT_FRAME] = frame_members,
    [EVENT_MESSAGE] = message_members,
    [EVENT_CLOSE] = close_members,
    [EVENT_GAP] = gap_members,
    [EVENT_CUT] = cut_members,
};

/* Whose bytes broke the rule: the event's direction, or the side's where the event is of both. */
static bool finding_direction(const struct finding *finding, enum direction *direction)
{
    switch (finding->event->kind) {
    case EVENT_CONNECTION:
    case EVENT_HANDSHAKE:
    case EVENT_CLOSE:
        *direction = finding->side == RULE_CLIENT ? C2S : S2C;
        return finding->side != RULE_CAPTURE;
    default:
        *direction = finding->event->direction;
        return true;
    }
}

void json_finding(struct output *output, const struct finding *finding)
{
    const struct event *event = finding->event;
    bool of_frame = event->kind == EVENT_FRAME || event->kind == EVENT_MESSAGE;
    enum direction direction;
    struct object object;

    begin(&object, output, "finding", event);
    object_text(&object, "rule", finding->rule->id);
    object_text(&object, "severity", rules_severity_name(finding->rule->severity));
    object_text(&object, "side", rules_side_name(finding->side));
    object_text(&object, "section", finding->rule->section);
    object_text(&object, "text", finding->rule->text);
    object_text(&object, "instead", finding->rule->instead);
    object_text(&object, "dir",
                finding_direction(finding, &direction) ? event_direction_name(direction) : NULL);
    number_or_null(&object, "frame", of_frame, event->connection->sent[event->direction].frames);
    if (event->kind == EVENT_FRAME || event->kind == EVENT_CUT) {
        object_hex(&object, "bytes", bytes_of(event->frame.frame->header, event->frame.frame->header_length));
    }
    object_end(&object);
}

void json_event(void *context, const struct event *event)
{
    const struct json *json = context;
    struct finding finding;
    struct object object;
    unsigned next = 0;

    if (members[event->kind] && (json->shown & EVENT_BIT(event->kind))) {
        begin(&object, json->output, event_kind_name(event->kind), event);
        members[event->kind](&object, event);
        object_end(&object);
    }
    while (event->faults && (json->shown & EVENT_BIT(EVENT_NOTICE)) && rules_next(event, &next, &finding)) {
        json_finding(json->output, &finding);
    }
}
