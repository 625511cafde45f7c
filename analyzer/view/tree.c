/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fields.h"
#include "units.h"

#define BYTES_MAX (1 << 20)
#define MASK_SHOWN 8                /* payload bytes whose unmasking is spelled out */
#define FRAMES_SHOWN 32             /* frames of a message whose headers are taken apart */

/* --- building -------------------------------------------------------------------------------------- */

static struct tree_node *add(struct tree *tree, unsigned depth, const char *label)
{
    struct tree_node *node = &tree->nodes[tree->count < TREE_NODES_MAX ? tree->count++ : TREE_NODES_MAX - 1];

    *node = (struct tree_node){ .depth = (uint8_t)depth, .purpose = "", .section = "" };
    snprintf(node->label, sizeof node->label, "%s", label);
    return node;
}

static void set_value(struct tree_node *node, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void set_value(struct tree_node *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(node->value, sizeof node->value, format, arguments);
    va_end(arguments);
}

/* Bytes as they were sent; a NUL cannot stand in the value, so it ends there. */
static void set_bytes(struct tree_node *node, struct bytes value)
{
    struct bytes cut = bytes_first(value, sizeof node->value - 1);

    if (cut.length > 0) {
        memcpy(node->value, cut.data, cut.length);
    }
    node->value[cut.length] = '\0';
}

/* What the field of that name is for, from the same table that filters use. */
static void explain(struct tree_node *node, const char *field_name)
{
    const struct field *field = fields_find(bytes_of_text(field_name));

    if (field) {
        node->purpose = field->purpose;
        node->section = field->section;
    }
}

static void place(struct tree_node *node, size_t from, size_t length)
{
    node->from = from;
    node->length = length;
}

static void place_bits(struct tree_node *node, size_t from, unsigned first_bit, unsigned bits)
{
    place(node, from, 1);
    node->first_bit = (uint8_t)first_bit;
    node->bits = (uint8_t)bits;
}

/* Copies bytes to the end of the tree's own; as many as fit. Returns where they begin. */
static size_t append(struct tree *tree, struct bytes view)
{
    size_t from = tree->length;
    struct bytes cut = bytes_first(view, BYTES_MAX - tree->length);

    if (cut.length > 0) {
        uint8_t *grown = realloc(tree->bytes, tree->length + cut.length);

        if (grown) {
            tree->bytes = grown;
            memcpy(grown + from, cut.data, cut.length);
            tree->length += cut.length;
        }
    }
    return from;
}

/* --- a frame's header ------------------------------------------------------------------------------ */

static void add_flag(struct tree *tree, unsigned depth, size_t at, unsigned bit, const char *label, bool set,
                     const char *meaning)
{
    struct tree_node *node = add(tree, depth, label);

    set_value(node, "%d  %s", set, meaning);
    place_bits(node, at, bit, 1);
    explain(node, bit == 0 ? "fin" : "rsv");
}

static void add_opcode(struct tree *tree, unsigned depth, size_t at, const struct frame *frame)
{
    struct tree_node *node = add(tree, depth, "opcode");

    set_value(node, "0x%x  %s", frame->opcode, frame_opcode_name(frame->opcode));
    node->style = frame_is_control(frame->opcode) ? STYLE_CONTROL : STYLE_PLAIN;
    place_bits(node, at, 4, 4);
    explain(node, "opcode");
}

static void add_mask_bit(struct tree *tree, unsigned depth, size_t at, const struct frame *frame)
{
    struct tree_node *node = add(tree, depth, "MASK");

    set_value(node, "%d  %s", frame->masked, frame->masked ? "a masking key follows" : "not masked");
    place_bits(node, at + 1, 0, 1);
    explain(node, "masked");
}

/* RFC 6455 section 5.2: 7 bits up to 125; 126 means that 16 bits follow, 127 that 64 do. */
static void add_length(struct tree *tree, unsigned depth, size_t at, const struct frame *frame)
{
    unsigned short_form = frame->header[1] & 0x7F;
    unsigned extended = short_form == 127 ? 8 : short_form == 126 ? 2 : 0;
    struct tree_node *node = add(tree, depth, "length");

    set_value(node, extended ? "%u  the length is in the next %u bytes" : "%u", short_form, extended);
    place_bits(node, at + 1, 1, 7);
    node->purpose = "Up to 125 the length itself; 126: the next 2 bytes hold it; 127: the next 8 bytes do.";
    node->section = "RFC 6455 5.2";
    if (extended) {
        node = add(tree, depth, "extended length");
        set_value(node, "%" PRIu64, frame->length);
        place(node, at + 2, extended);
        node->purpose = "The length as a big-endian number: it must need the bytes that it takes.";
        node->section = "RFC 6455 5.2";
    }
}

static void add_key(struct tree *tree, unsigned depth, size_t at, const struct frame *frame)
{
    struct tree_node *node = add(tree, depth, "masking key");
    const uint8_t *mask = frame->mask;

    set_value(node, "%02x %02x %02x %02x", mask[0], mask[1], mask[2], mask[3]);
    place(node, at + frame->header_length - 4U, 4);
    node->purpose = "Chosen anew and at random for every frame, so that no script can choose the bytes sent.";
    node->section = "RFC 6455 5.3";
}

/* The header's bytes, and a node for each of its fields. */
static void add_header(struct tree *tree, unsigned depth, const struct frame *frame)
{
    size_t at = append(tree, bytes_of(frame->header, frame->header_length));
    bool first = (frame->rsv & 4) != 0;

    add_flag(tree, depth, at, 0, "FIN", frame->fin,
             frame->fin ? "the message ends here" : "more frames follow");
    add_flag(tree, depth, at, 1, "RSV1", first, first ? "compressed, if permessage-deflate was agreed" : "");
    add_flag(tree, depth, at, 2, "RSV2", (frame->rsv & 2) != 0, "");
    add_flag(tree, depth, at, 3, "RSV3", (frame->rsv & 1) != 0, "");
    add_opcode(tree, depth, at, frame);
    add_mask_bit(tree, depth, at, frame);
    add_length(tree, depth, at, frame);
    if (frame->masked) {
        add_key(tree, depth, at, frame);
    }
    tree->payload = tree->length;
}

/* --- payloads -------------------------------------------------------------------------------------- */

/* RFC 6455 section 5.3, written out: the byte sent, the mask's byte, the byte meant. */
static void add_unmasking(struct tree *tree, unsigned depth, struct bytes payload)
{
    for (size_t i = 0; tree->masked && i < payload.length && i < MASK_SHOWN; i++) {
        uint8_t clear = payload.data[i], mask = tree->mask[i % 4];
        char label[TREE_LABEL_MAX];

        snprintf(label, sizeof label, "byte %zu", i);
        struct tree_node *node = add(tree, depth, label);

        set_value(node, "%02x ^ %02x = %02x  %c", clear ^ mask, mask, clear,
                  clear >= ' ' && clear < 0x7F ? clear : '.');
        place(node, tree->payload + i, 1);
        node->style = STYLE_DIM;
        node->purpose = "The byte as sent, XOR the mask's byte at its position modulo 4, is the byte meant.";
        node->section = "RFC 6455 5.3";
    }
}

static struct tree_node *add_payload(struct tree *tree, unsigned depth, struct bytes payload, uint64_t whole,
                                     const char *why_missing)
{
    struct tree_node *node = add(tree, depth, "payload");
    char size[UNITS_MAX];

    tree->payload = append(tree, payload);
    tree->payload_whole = whole;
    place(node, tree->payload, tree->length - tree->payload);
    units_size(size, whole);
    set_value(node, payload.length < whole ? "%s bytes, %zu of them here%s" : "%s bytes", size,
              payload.length, payload.length == 0 ? why_missing : "");
    explain(node, "text");
    return node;
}

static void add_close_body(struct tree *tree, unsigned depth, const struct event_frame *frame)
{
    if (frame->close_code == 0) {
        return;
    }
    struct tree_node *node = add(tree, depth, "code");

    set_value(node, "%u  %s", frame->close_code, frame_close_code_meaning(frame->close_code));
    place(node, tree->payload, 2);
    explain(node, "close.code");
    if (frame->close_reason.length > 0) {
        node = add(tree, depth, "reason");
        set_bytes(node, frame->close_reason);
        place(node, tree->payload + 2, frame->close_reason.length);
        explain(node, "close.reason");
    }
}

/* --- the kinds of event ---------------------------------------------------------------------------- */

static void make_frame(struct tree *tree, const struct event *event)
{
    const struct event_frame *seen = &event->frame;
    const struct frame *frame = seen->frame;
    struct tree_node *node = add(tree, 0, "Frame");
    char round_trip[UNITS_MAX];

    set_value(node, "%s, %" PRIu64 " bytes", frame_opcode_name(frame->opcode), frame->length);
    explain(node, "opcode");
    tree->is_frame = true;
    add_header(tree, 1, frame);
    node = &tree->nodes[0];
    add_payload(tree, 1, seen->payload, frame->length,
                seen->compressed ? ": compressed, see its message" : "");
    place(node, 0, tree->length);
    tree->masked = frame->masked;
    memcpy(tree->mask, frame->mask, sizeof tree->mask);
    add_close_body(tree, 2, seen);
    add_unmasking(tree, 2, seen->payload);
    if (seen->message) {
        node = add(tree, 1, "of message");
        set_value(node, "%" PRIu64, seen->message);
        explain(node, "message.number");
    }
    if (seen->round_trip >= 0) {
        node = add(tree, 1, "round trip");
        units_duration(round_trip, seen->round_trip);
        set_value(node, "%s", round_trip);
        explain(node, "round_trip");
    }
}

#define WALK_MAX 4096               /* records looked at to find a message's frames */

/* The records of the frames that a message was sent in, oldest first; those that are still kept, at most
 * FRAMES_SHOWN of the last. */
static size_t find_frames(const struct store *store, uint64_t record, const struct message *message,
                          enum direction direction, uint64_t frames[FRAMES_SHOWN])
{
    const struct record *at = store_record(store, record);
    size_t count = 0;
    struct store_event rebuilt;

    for (int walked = 0; at && at->previous && walked < WALK_MAX; walked++) {
        uint64_t id = at->previous;

        at = store_record(store, id);
        if (at && at->kind == EVENT_FRAME && at->direction == direction && store_get(store, id, &rebuilt) &&
            rebuilt.event.frame.message == message->number) {
            frames[count++] = id;
        }
        if (count == message->frames || count == FRAMES_SHOWN) {
            break;
        }
    }
    for (size_t i = 0; i < count / 2; i++) {
        uint64_t swap = frames[i];

        frames[i] = frames[count - 1 - i];
        frames[count - 1 - i] = swap;
    }
    return count;
}

static void add_frame_of_message(struct tree *tree, const struct store *store, uint64_t id, uint64_t number)
{
    struct store_event rebuilt;
    char label[TREE_LABEL_MAX];

    if (!store_get(store, id, &rebuilt)) {
        return;
    }
    const struct frame *frame = &rebuilt.frame;
    size_t at = tree->length;

    snprintf(label, sizeof label, "Frame %" PRIu64, number);
    struct tree_node *node = add(tree, 1, label);

    set_value(node, "%s, %" PRIu64 " bytes, packet %" PRIu64, frame_opcode_name(frame->opcode), frame->length,
              rebuilt.event.packet);
    explain(node, "opcode");
    place(node, at, frame->header_length);
    add_header(tree, 2, frame);
    tree->masked = frame->masked;
    memcpy(tree->mask, frame->mask, sizeof tree->mask);
}

static void add_sizes(struct tree *tree, const struct message *message)
{
    struct tree_node *node = add(tree, 1, "as sent");

    set_value(node, "%" PRIu64 " bytes in %" PRIu64 " frame%s", message->wire_length, message->frames,
              message->frames == 1 ? "" : "s");
    explain(node, "message.wire_length");
    if (message->compressed) {
        node = add(tree, 1, "compressed");
        set_value(node, message->inflated ? "yes: %.1f %% of %" PRIu64 " bytes" : "yes, and not inflated",
                  message->length ? 100.0 * (double)message->wire_length / (double)message->length : 0.0,
                  message->length);
        explain(node, "compressed");
    }
    if (!message->complete) {
        node = add(tree, 1, "complete");
        set_value(node, "no: bytes of it were never captured");
        node->style = STYLE_WARNING;
        explain(node, "message.complete");
    }
}

static void make_message(struct tree *tree, const struct store *store, uint64_t record,
                         const struct event *event)
{
    const struct message *message = event->message.message;
    uint64_t frames[FRAMES_SHOWN];
    size_t count = find_frames(store, record, message, event->direction, frames);
    struct tree_node *node = add(tree, 0, "Message");

    set_value(node, "%" PRIu64 ": %s, %" PRIu64 " bytes", message->number, frame_opcode_name(message->opcode),
              message->length);
    explain(node, "message.number");
    add_sizes(tree, message);
    for (size_t i = 0; i < count; i++) {
        add_frame_of_message(tree, store, frames[i], message->frames - count + i + 1);
    }
    tree->is_frame = count > 0;
    tree->masked = tree->masked && message->frames == 1 && !message->compressed;
    add_payload(tree, 1, message->payload, message->length, "");
    add_unmasking(tree, 2, message->payload);
    place(&tree->nodes[0], 0, tree->length);
}

static void add_head(struct tree *tree, const struct http_head *head)
{
    size_t at = append(tree, head->raw);
    struct tree_node *node = add(tree, 0, head->is_request ? "Request" : "Response");

    place(node, at, head->raw.length);
    if (head->is_request) {
        snprintf(node->value, sizeof node->value, "%.*s %.*s", (int)bytes_first(head->method, 20).length,
                 (const char *)head->method.data, (int)bytes_first(head->target, 90).length,
                 (const char *)head->target.data);
        explain(node, "http.target");
    } else {
        snprintf(node->value, sizeof node->value, "%u %.*s", head->status,
                 (int)bytes_first(head->reason, 90).length, (const char *)head->reason.data);
        explain(node, "http.status");
    }
    for (size_t i = 0; i < head->field_count; i++) {
        const struct http_field *field = &head->fields[i];
        struct bytes name = bytes_first(field->name, TREE_LABEL_MAX - 1);

        node = add(tree, 1, "");
        if (name.length > 0) {
            memcpy(node->label, name.data, name.length);
        }
        node->label[name.length] = '\0';
        set_bytes(node, field->value);
        explain(node, "http.header");
        if (name.length > 0 && field->name.data >= head->raw.data) {
            place(node, at + (size_t)(field->name.data - head->raw.data),
                  (size_t)(field->value.data + field->value.length - field->name.data));
        }
    }
    tree->payload = tree->length;
}

static void make_close(struct tree *tree, const struct event *event)
{
    const struct event_close *close = &event->close;
    struct tree_node *node = add(tree, 0, "End of connection");

    set_value(node, "%s", event_close_name(close->how));
    explain(node, "close.how");
    if (close->first_known) {
        node = add(tree, 1, "begun by");
        set_value(node, "%s", close->first == C2S ? "the client" : "the server");
        explain(node, "close.first");
    }
    if (close->code_known) {
        node = add(tree, 1, "code");
        set_value(node, "%u  %s", close->code, frame_close_code_meaning(close->code));
        explain(node, "close.code");
    }
    if (close->reason.length > 0) {
        node = add(tree, 1, "reason");
        set_bytes(node, close->reason);
        explain(node, "close.reason");
    }
    if (close->api_code) {
        node = add(tree, 1, "applications saw");
        set_value(node, "%u  %s", close->api_code, frame_close_code_meaning(close->api_code));
        explain(node, "close.api_code");
    }
    if (close->server_name.length > 0) {
        node = add(tree, 1, "server name");
        set_bytes(node, close->server_name);
    }
}

static void make_gap(struct tree *tree, const struct event_gap *gap)
{
    static const char *const resumed[] = {
        [GAP_EXACT] = "exactly: the length of what they were in is known",
        [GAP_GUESS] = "at bytes that look like a frame's header, and proved to be one",
        [GAP_NO] = "not: the rest of this direction cannot be read",
    };
    struct tree_node *node = add(tree, 0, "Bytes never captured");

    set_value(node, "%" PRIu64, gap->bytes);
    explain(node, "gap.bytes");
    node = add(tree, 1, "at offset");
    set_value(node, "%" PRIu64, gap->offset);
    explain(node, "offset");
    node = add(tree, 1, "resumed");
    set_value(node, "%s", resumed[gap->resumed]);
    explain(node, "gap.resumed");
    if (gap->skipped) {
        node = add(tree, 1, "skipped");
        set_value(node, "%" PRIu64 " bytes", gap->skipped);
        explain(node, "gap.skipped");
    }
}

static void make_segment(struct tree *tree, const struct event_segment *seen)
{
    const struct segment *segment = seen->segment;
    struct tree_node *node = add(tree, 0, "TCP segment");

    set_value(node, "%s%s%s%s%" PRIu32 " bytes", segment->flags & TCP_SYN ? "SYN " : "",
              segment->flags & TCP_FIN ? "FIN " : "", segment->flags & TCP_RST ? "RST " : "",
              segment->flags & TCP_ACK ? "ACK " : "", segment->cut);
    node = add(tree, 1, "sequence number");
    set_value(node, "%" PRIu32, segment->sequence);
    explain(node, "tcp.seq");
    node = add(tree, 1, "acknowledgment");
    set_value(node, "%" PRIu32, segment->acknowledgment);
    explain(node, "tcp.ack");
}

static void make_connection(struct tree *tree, const struct connection *connection)
{
    struct tree_node *node = add(tree, 0, "TCP connection");

    set_value(node, "%" PRIu64 "%s", connection->id,
              connection->midstream ? ", which had begun before the capture" : "");
    explain(node, connection->midstream ? "midstream" : "conn");
}

/* --- findings -------------------------------------------------------------------------------------- */

static const enum style severity_styles[] = {
    [RULE_MUST] = STYLE_BAD, [RULE_SHOULD] = STYLE_WARNING, [RULE_NOTE] = STYLE_DIM,
};

static void add_findings(struct tree *tree, const struct event *event)
{
    struct finding finding;
    unsigned next = 0;

    while (event->faults != 0 && rules_next(event, &next, &finding)) {
        const struct rule *rule = finding.rule;
        struct tree_node *node = add(tree, 0, rule->id);

        set_value(node, "%s (%s): %s", rules_severity_name(rule->severity), rules_side_name(finding.side),
                  rule->text);
        node->style = (uint8_t)severity_styles[rule->severity];
        node->purpose = rule->instead;
        node->section = rule->section;
    }
}

/* --- the whole ------------------------------------------------------------------------------------- */

static void make_kind(struct tree *tree, const struct store *store, uint64_t record,
                      const struct event *event)
{
    switch (event->kind) {
    case EVENT_CONNECTION:
        make_connection(tree, event->connection);
        break;
    case EVENT_HTTP:
        add_head(tree, event->http.head);
        break;
    case EVENT_HANDSHAKE:
        if (event->handshake->request) {
            add_head(tree, event->handshake->request);
        }
        if (event->handshake->response) {
            add_head(tree, event->handshake->response);
        }
        break;
    case EVENT_FRAME:
        make_frame(tree, event);
        break;
    case EVENT_MESSAGE:
        make_message(tree, store, record, event);
        break;
    case EVENT_CLOSE:
        make_close(tree, event);
        break;
    case EVENT_GAP:
        make_gap(tree, &event->gap);
        break;
    case EVENT_SEGMENT:
        make_segment(tree, &event->segment);
        break;
    default:
        break;
    }
}

void tree_release(struct tree *tree)
{
    free(tree->nodes);
    free(tree->bytes);
    *tree = (struct tree){ .nodes = NULL };
}

bool tree_make(struct tree *tree, const struct store *store, uint64_t record)
{
    struct store_event rebuilt;

    tree_release(tree);
    tree->nodes = calloc(TREE_NODES_MAX, sizeof *tree->nodes);
    if (tree->nodes == NULL) {
        return false;
    }
    if (!store_get(store, record, &rebuilt)) {
        tree->gone = true;
        return true;
    }
    tree->kind = rebuilt.event.kind;
    tree->direction = rebuilt.event.direction;
    tree->time = rebuilt.event.time;
    tree->packet = rebuilt.event.packet;
    tree->connection = rebuilt.connection.id;
    make_kind(tree, store, record, &rebuilt.event);
    add_findings(tree, &rebuilt.event);
    return true;
}

size_t tree_node_at(const struct tree *tree, size_t byte)
{
    size_t best = 0;

    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_node *node = &tree->nodes[i], *found = &tree->nodes[best];
        bool inside = byte >= node->from && byte < node->from + node->length;

        if (inside && (found->length == 0 || node->length < found->length)) {
            best = i;
        }
    }
    return best;
}
