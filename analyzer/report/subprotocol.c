/* SPDX-License-Identifier: MIT */
#include "subprotocol.h"

#include "subprotocol_print.h"

/* --- what the handshake says ---------------------------------------------------------------------------- */

/* Names as their specifications have them; not all are in IANA's registry. */
static const struct {
    const char *name;
    enum subprotocol_kind kind;
    uint8_t version;
} names[] = {
    { "mqtt", SUBPROTOCOL_MQTT, 0 },
    { "mqttv3.1", SUBPROTOCOL_MQTT, 3 },
    { "v10.stomp", SUBPROTOCOL_STOMP, 10 },
    { "v11.stomp", SUBPROTOCOL_STOMP, 11 },
    { "v12.stomp", SUBPROTOCOL_STOMP, 12 },
    { "stomp", SUBPROTOCOL_STOMP, 0 },
    { "graphql-transport-ws", SUBPROTOCOL_GRAPHQL, 0 },
    { "graphql-ws", SUBPROTOCOL_GRAPHQL_OLD, 0 },
    { "wamp.2.json", SUBPROTOCOL_WAMP, 0 },
    { "wamp.2.json.batched", SUBPROTOCOL_WAMP_BATCHED, 0 },
    { "jsonrpc", SUBPROTOCOL_JSONRPC, 0 },
    { "jsonrpc-2.0", SUBPROTOCOL_JSONRPC, 0 },
};

static bool contains(struct bytes view, const char *text)
{
    return view.length > 0 && memmem(view.data, view.length, text, strlen(text)) != NULL;
}

/* Engine.IO names its version in the query; socket.io is what stands at /socket.io/ unless told otherwise. */
static void agree_by_target(struct subprotocol *subprotocol, struct bytes target)
{
    bool engine = contains(target, "/engine.io/"), socket = contains(target, "/socket.io/");
    bool three = contains(target, "EIO=3"), four = contains(target, "EIO=4");

    if (!engine && !socket && !three && !four) {
        return;
    }
    subprotocol->kind = engine ? SUBPROTOCOL_ENGINEIO : SUBPROTOCOL_SOCKETIO;
    subprotocol->reason = three || four ? SUBPROTOCOL_BY_VERSION : SUBPROTOCOL_BY_PATH;
    subprotocol->version = three ? 3 : 4;
}

void subprotocol_agree(struct subprotocol *subprotocol, struct bytes agreed, struct bytes target)
{
    *subprotocol = (struct subprotocol){ .kind = SUBPROTOCOL_UNKNOWN };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (http_same_text(agreed, names[i].name)) {
            subprotocol->kind = (uint8_t)names[i].kind;
            subprotocol->version = names[i].version;
        }
    }
    if (agreed.length == 0) {
        agree_by_target(subprotocol, target);
    }
}

/* --- what messages say --------------------------------------------------------------------------------- */

static enum subprotocol_kind recognise(const struct message *message)
{
    if (message->opcode == FRAME_TEXT && jsonrpc_recognise(message->payload)) {
        return SUBPROTOCOL_JSONRPC;
    }
    if (stomp_recognise(message->payload)) {
        return SUBPROTOCOL_STOMP;
    }
    return message->opcode == FRAME_BINARY && mqtt_recognise(message->payload) ? SUBPROTOCOL_MQTT
                                                                               : SUBPROTOCOL_UNKNOWN;
}

struct subprotocol subprotocol_of(const struct subprotocol *subprotocol, const struct message *message)
{
    struct subprotocol of = *subprotocol;

    if (of.kind == SUBPROTOCOL_UNKNOWN) {
        of.kind = (uint8_t)recognise(message);
        of.reason = SUBPROTOCOL_BY_BYTES;
    }
    return of;
}

static void pass_message(struct subprotocol *subprotocol, enum direction direction,
                         const struct message *message)
{
    if (subprotocol->kind == SUBPROTOCOL_UNKNOWN && message->opcode == FRAME_BINARY &&
        mqtt_recognise(
            message->payload)) { /* what begins so goes on so; the others are to be seen each time */
        *subprotocol = subprotocol_of(subprotocol, message);
    }
    switch (subprotocol->kind) {
    case SUBPROTOCOL_MQTT:
        mqtt_pass(subprotocol, direction, message);
        break;
    case SUBPROTOCOL_SOCKETIO:
        socketio_pass(subprotocol, direction, message);
        break;
    default:
        break;
    }
}

void subprotocol_pass(struct subprotocol *subprotocol, const struct event *event)
{
    if (event->kind == EVENT_HANDSHAKE) {
        const struct handshake *handshake = event->handshake;

        subprotocol_agree(subprotocol, handshake->subprotocol,
                          handshake->request ? handshake->request->target : bytes_of(NULL, 0));
    } else if (event->kind == EVENT_MESSAGE) {
        pass_message(subprotocol, event->direction, event->message.message);
    }
}

void subprotocol_table_event(void *context, const struct event *event)
{
    struct subprotocol_table *table = context;
    uint64_t id = event->connection->id;
    size_t place = (size_t)(id % SUBPROTOCOL_CONNECTIONS);

    if (table->rows[place].connection < id) {
        table->rows[place].connection = id;
        table->rows[place].subprotocol = (struct subprotocol){ .kind = SUBPROTOCOL_UNKNOWN };
    }
    if (table->rows[place].connection == id) {
        table->before = table->rows[place].subprotocol;
        subprotocol_pass(&table->rows[place].subprotocol, event);
    } else {
        table->before = (struct subprotocol){ .kind = SUBPROTOCOL_UNKNOWN };
    }
}
