/* SPDX-License-Identifier: MIT */
#include "subprotocol_print.h"

#include "json_reader.h"

/* socket.io, protocol 5 and those before: in an Engine.IO message, [type][attachments-][/namespace,][ack
 * id][JSON]. What is binary in the JSON stands outside it: messages that follow, one for each placeholder. */

#define SECTION         "socket.io protocol"
#define ATTACHMENTS_MAX 1000000

enum socketio_type {
    CONNECT,
    DISCONNECT,
    EVENT,
    ACK,
    CONNECT_ERROR,
    BINARY_EVENT,
    BINARY_ACK,
    SOCKETIO_TYPES
};

static const struct {
    const char *name, *word, *purpose;
} types[SOCKETIO_TYPES] = {
    [CONNECT] = { "CONNECT", "connect", "Asks for a namespace, or confirms that it is joined." },
    [DISCONNECT] = { "DISCONNECT", "disconnect", "Leaves a namespace." },
    [EVENT] = { "EVENT", "event", "An event by its name, and its arguments." },
    [ACK] = { "ACK", "ack", "Answers the event that came with this number." },
    [CONNECT_ERROR] = { "CONNECT_ERROR", "connect error",
                        "The namespace was refused; before protocol 5, any error." },
    [BINARY_EVENT] = { "BINARY_EVENT", "event",
                       "An event with binary arguments: they follow, a message each." },
    [BINARY_ACK] = { "BINARY_ACK", "ack", "An answer with binary arguments: they follow, a message each." },
};

/* A packet's parts; what is not there is empty. */
struct socketio_packet {
    unsigned type;
    struct bytes attachments, namespace, id, data;
};

static struct bytes take_digits(struct cursor *cursor)
{
    const uint8_t *start = cursor->at;

    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        cursor->at++;
    }
    return bytes_of(start, (size_t)(cursor->at - start));
}

/* Up to the comma behind it, or to the end. */
static struct bytes take_namespace(struct cursor *cursor)
{
    const uint8_t *start = cursor->at;

    if (cursor->at == cursor->end || *cursor->at != '/') {
        return bytes_of(NULL, 0);
    }
    while (cursor->at < cursor->end && *cursor->at != ',') {
        cursor->at++;
    }
    struct bytes namespace = bytes_of(start, (size_t)(cursor->at - start));

    cursor->at += cursor->at < cursor->end;
    return namespace;
}

/* False where it begins with no type. */
static bool take_packet(struct bytes view, struct socketio_packet *packet)
{
    struct cursor cursor = cursor_over(view);

    *packet = (struct socketio_packet){ .type = (unsigned)cursor_u8(&cursor) - '0' };
    if (packet->type >= SOCKETIO_TYPES) {
        return false;
    }
    if (packet->type == BINARY_EVENT || packet->type == BINARY_ACK) {
        struct cursor before = cursor;

        packet->attachments = take_digits(&cursor);
        if (cursor_u8(&cursor) != '-') {
            packet->attachments = bytes_of(NULL, 0);
            cursor = before;
        }
    }
    packet->namespace = take_namespace(&cursor);
    packet->id = take_digits(&cursor);
    packet->data = cursor_rest(&cursor);
    return true;
}

static uint32_t number_of(struct bytes digits)
{
    uint32_t number = 0;

    for (size_t i = 0; i < digits.length && number < ATTACHMENTS_MAX; i++) {
        number = 10 * number + (digits.data[i] - (uint32_t)'0');
    }
    return number < ATTACHMENTS_MAX ? number : ATTACHMENTS_MAX;
}

/* --- attachments --------------------------------------------------------------------------------------- */

void socketio_pass(struct subprotocol *subprotocol, enum direction direction, const struct message *message)
{
    struct subprotocol_rest *rest = &subprotocol->rest[direction];
    struct socketio_packet packet;

    if (message->opcode == FRAME_BINARY) {
        rest->left -= rest->left > 0;
    } else if (message->payload.length > 0 && message->payload.data[0] == '4') {
        bool known = take_packet(bytes_after(message->payload, 1), &packet);

        rest->left = rest->of = known ? number_of(packet.attachments) : 0;
    }
}

void socketio_print_attachment(struct print *print, struct bytes data)
{
    const struct subprotocol_rest *rest = &print->subprotocol->rest[print->direction];
    const char *purpose = "What stands in the place of the event's placeholder of this number, from 0.";

    if (rest->left > 0) {
        label_say(&print->summary, "attachment %u of %u", rest->of - rest->left + 1, rest->of);
    } else {
        label_say(&print->summary, "attachment");
        purpose = "The packet that it belongs to was not seen.";
    }
    print_value(print, PRINT_DEPTH, "attachment", data, purpose, SECTION, "%zu byte%s", data.length,
                data.length == 1 ? "" : "s");
    print_content(print, PRINT_DEPTH + 1, "data", data);
    label_say(&print->summary, ", %zu byte%s", data.length, data.length == 1 ? "" : "s");
}

/* --- packets ------------------------------------------------------------------------------------------- */

/* The arguments of an event stand behind its name. */
static void print_arguments(struct print *print, struct bytes list, size_t first)
{
    struct json_reader reader;
    struct bytes name, value;
    size_t count = 0;

    if (json_reader_open(&reader, list)) {
        for (size_t i = 0; json_reader_next(&reader, &name, &value); i++) {
            if (i >= first) {
                detail_json_value(print->detail, PRINT_DEPTH, "argument", value);
                count++;
            }
        }
    }
    label_say(&print->summary, " [%zu arg%s]", count, count == 1 ? "" : "s");
}

static void print_event(struct print *print, struct bytes value)
{
    struct bytes name = json_reader_element(value, 0);

    if (name.length == 0) {
        print_wrong(print, PRINT_DEPTH, value, "an event is a list that begins with the event's name");
        return;
    }
    print_field(print, PRINT_DEPTH, "event", name, "What listeners listen for.", SECTION);
    label_quote(&print->summary, json_reader_is_string(name) ? json_reader_string(name) : name, 40);
    print_arguments(print, value, 1);
}

static void print_json_part(struct print *print, const struct socketio_packet *packet)
{
    struct bytes value;

    if (packet->data.length == 0) {
        if (packet->type == EVENT || packet->type == BINARY_EVENT) {
            print_wrong(print, PRINT_DEPTH, packet->data,
                        "an event is a list that begins with the event's name");
        }
    } else if (!print_json(print, packet->data, &value)) {
        return;
    } else if (packet->type == EVENT || packet->type == BINARY_EVENT) {
        print_event(print, value);
    } else if (packet->type == ACK || packet->type == BINARY_ACK) {
        print_arguments(print, value, 0);
    } else {
        detail_json_value(print->detail, PRINT_DEPTH, "data", value);
    }
}

static bool is_ack(const struct socketio_packet *packet)
{
    return packet->type == ACK || packet->type == BINARY_ACK;
}

/* In the order that they are sent in. */
static void print_parts(struct print *print, const struct socketio_packet *packet)
{
    if (packet->attachments.length > 0) {
        print_field(print, PRINT_DEPTH, "attachments", packet->attachments,
                    "So many binary messages follow and belong to it.", SECTION);
    }
    if (packet->namespace.length > 0) {
        print_field(print, PRINT_DEPTH, "namespace", packet->namespace,
                    "One of several conversations on this connection; without one it is /.", SECTION);
    }
    if (packet->id.length > 0) {
        print_field(print, PRINT_DEPTH, "ack id", packet->id,
                    is_ack(packet) ? "The number of the event that it answers."
                                   : "An answer is asked for, and will come with this number.",
                    SECTION);
    }
    if (is_ack(packet)) {
        label_say(&print->summary, " ");
        label_show(&print->summary, packet->id);
    }
    print_json_part(print, packet);
}

/* What stands behind event and arguments. */
static void summarise(struct label *summary, const struct socketio_packet *packet)
{
    uint32_t attachments = number_of(packet->attachments);

    if (packet->namespace.length > 0) {
        label_say(summary, "%s", packet->type == CONNECT ? " " : " in ");
        label_show(summary, packet->namespace);
    }
    if (packet->id.length > 0 && !is_ack(packet)) {
        label_say(summary, ", ack ");
        label_show(summary, packet->id);
    }
    if (attachments > 0) {
        label_say(summary, ", %u attachment%s", attachments, attachments == 1 ? "" : "s");
    }
}

void socketio_print(struct print *print, struct bytes view)
{
    struct socketio_packet packet;

    if (!take_packet(view, &packet)) {
        print_wrong(print, PRINT_DEPTH, view, "a socket.io packet begins with its type, 0 to 6");
        return;
    }
    print_value(print, PRINT_DEPTH, "socket.io type", bytes_first(view, 1), types[packet.type].purpose,
                SECTION, "%u %s", packet.type, types[packet.type].name);
    label_say(&print->summary, "%s", types[packet.type].word);
    if ((packet.type == BINARY_EVENT || packet.type == BINARY_ACK) && packet.attachments.length == 0) {
        print_wrong(print, PRINT_DEPTH, bytes_after(view, 1),
                    "the number of attachments and a - are missing");
        return;
    }
    print_parts(print, &packet);
    summarise(&print->summary, &packet);
}
