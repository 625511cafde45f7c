/* SPDX-License-Identifier: MIT */
#include "subprotocol_print.h"

#include <stdarg.h>
#include <stdio.h>

#include "json_reader.h"
#include "object.h"

#define CONTENT_SHOWN  32        /* bytes of content that is no text */
#define SUMMARISED_MAX (1 << 14) /* of a payload, where only a summary is asked for */

struct detail_node *print_field(struct print *print, unsigned depth, const char *name, struct bytes value,
                                const char *purpose, const char *section)
{
    struct detail_node *node = detail_add(print->detail, depth, name);

    detail_show(print->detail, node, value);
    node->purpose = purpose;
    node->section = section;
    return node;
}

struct detail_node *print_value(struct print *print, unsigned depth, const char *name, struct bytes at,
                                const char *purpose, const char *section, const char *format, ...)
{
    struct detail_node *node = detail_add(print->detail, depth, name);
    char text[LABEL_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    detail_say(print->detail, node, "%s", text);
    detail_place_view(print->detail, node, at);
    node->purpose = purpose;
    node->section = section;
    return node;
}

void print_wrong(struct print *print, unsigned depth, struct bytes at, const char *sentence)
{
    print_value(print, depth, "mistake", at, "", "", "%s", sentence);
    print->wrong = true;
}

void print_short(struct print *print, unsigned depth, struct bytes at, const char *sentence)
{
    if (print->whole) {
        print_wrong(print, depth, at, sentence);
    } else {
        print_value(print, depth, "not whole", at, "", "", "the rest of the message was lost or not kept");
    }
}

bool print_json(struct print *print, struct bytes text, struct bytes *value)
{
    struct bytes mistake;

    if (json_reader_whole(text, value, &mistake)) {
        return true;
    }
    if (mistake.length > 0) {
        print_wrong(print, PRINT_DEPTH, mistake, "from here on it is no JSON");
    } else {
        print_short(print, PRINT_DEPTH, text, "it ends where JSON would have to go on");
    }
    return false;
}

/* Text, and without controls other than those that lines are made of. */
static bool is_legible(struct bytes content)
{
    for (size_t i = 0; i < content.length; i++) {
        if (content.data[i] < ' ' && content.data[i] != '\n' && content.data[i] != '\r' &&
            content.data[i] != '\t') {
            return false;
        }
    }
    return object_is_text(content);
}

void print_content(struct print *print, unsigned depth, const char *name, struct bytes content)
{
    struct detail_node *node = detail_add(print->detail, depth, name);

    detail_place_view(print->detail, node, content);
    if (is_legible(content)) {
        node->value = content;
        detail_json(print->detail, depth + 1, content);
    } else {
        detail_say_hex(print->detail, node, content, CONTENT_SHOWN);
    }
}

/* --- choosing the printer ------------------------------------------------------------------------------ */

typedef void print_message(struct print *print);

static const struct {
    const char *name;
    print_message *print;
    const char *section;
} printers[SUBPROTOCOL_KINDS] = {
    [SUBPROTOCOL_ENGINEIO] = { "as Engine.IO", engineio_print, "Engine.IO protocol" },
    [SUBPROTOCOL_SOCKETIO] = { "as socket.io", engineio_print, "socket.io protocol" },
    [SUBPROTOCOL_GRAPHQL] = { "as graphql-transport-ws", graphql_print, "GraphQL over WebSocket" },
    [SUBPROTOCOL_GRAPHQL_OLD] = { "as graphql-ws", graphql_print, "subscriptions-transport-ws" },
    [SUBPROTOCOL_STOMP] = { "as STOMP", stomp_print, "STOMP" },
    [SUBPROTOCOL_MQTT] = { "as MQTT", mqtt_print, "MQTT 6" },
    [SUBPROTOCOL_WAMP] = { "as WAMP", wamp_print, "WAMP basic profile" },
    [SUBPROTOCOL_WAMP_BATCHED] = { "as WAMP", wamp_print, "WAMP basic profile" },
    [SUBPROTOCOL_JSONRPC] = { "as JSON-RPC", jsonrpc_print, "JSON-RPC 2.0" },
};

static const char *reason_of(const struct subprotocol *subprotocol)
{
    static const char *const by_bytes[SUBPROTOCOL_KINDS] = {
        [SUBPROTOCOL_STOMP] =
            "Nothing was agreed, but it has a STOMP command in its first line and ends with a NUL.",
        [SUBPROTOCOL_MQTT] = "Nothing was agreed, but the client began with MQTT's CONNECT.",
        [SUBPROTOCOL_JSONRPC] = "No known subprotocol was agreed, but it says \"jsonrpc\": \"2.0\".",
    };

    switch ((enum subprotocol_reason)subprotocol->reason) {
    case SUBPROTOCOL_AGREED:
        return "The handshake agreed on this subprotocol.";
    case SUBPROTOCOL_BY_VERSION:
        return subprotocol->version == 3 ? "No subprotocol was agreed, but the path says EIO=3."
                                         : "No subprotocol was agreed, but the path says EIO=4.";
    case SUBPROTOCOL_BY_PATH:
        return "No subprotocol was agreed, but the path is the one that it has; taken for version 4.";
    default:
        return by_bytes[subprotocol->kind] ? by_bytes[subprotocol->kind] : "";
    }
}

/* What can be read: the start of the message is there, and clear. */
static bool is_readable(const struct message *message)
{
    return message->payload.length > 0 && message->opcode != FRAME_CONTINUATION &&
           (!message->compressed || message->inflated);
}

/* The printer's nodes behind those that are there. False, and nothing added, where no printer fits. */
static bool print_event(struct print *print, const struct subprotocol *subprotocol, const struct event *event)
{
    const struct message *message = event->message.message;
    struct subprotocol of = { .kind = SUBPROTOCOL_UNKNOWN };

    if (is_readable(message)) {
        of = subprotocol_of(subprotocol, message);
    }
    if (of.kind == SUBPROTOCOL_UNKNOWN) {
        return false;
    }
    struct detail_node *root = detail_add(print->detail, PRINT_DEPTH - 1, printers[of.kind].name);

    print->subprotocol = &of;
    print->direction = event->direction;
    print->is_text = message->opcode == FRAME_TEXT;
    root->purpose = reason_of(&of);
    root->section = printers[of.kind].section;
    detail_place_view(print->detail, root, print->payload);
    printers[of.kind].print(print);
    if (print->wrong && print->summary.used > 0) {
        label_say(&print->summary, ", with a mistake");
    }
    detail_say(print->detail, root, "%s",
               print->wrong && print->summary.used == 0 ? "a mistake" : print->summary.text);
    return true;
}

bool detail_subprotocol(struct detail *detail, const struct event *event,
                        const struct subprotocol *subprotocol)
{
    const struct message *message = event->message.message;
    struct print print = {
        .detail = detail,
        .payload = message->payload,
        .whole = message->complete && !message->truncated,
    };

    return print_event(&print, subprotocol, event);
}

void subprotocol_summarise(struct label *summary, const struct subprotocol *subprotocol,
                           const struct event *event)
{
    struct detail detail; /* for nodes that nobody looks at: its arrays are not cleared */
    const struct message *message = event->message.message;
    struct print print = {
        .detail = &detail,
        .payload = bytes_first(message->payload, SUMMARISED_MAX),
        .whole = message->complete && message->payload.length == message->length &&
                 message->length <= SUMMARISED_MAX,
    };

    detail.count = detail.text_used = 0;
    detail.pieces[0] = print.payload;
    detail.pieces[1] = bytes_of(NULL, 0);
    print_event(&print, subprotocol, event);
    *summary = print.summary;
}
