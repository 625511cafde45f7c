/* SPDX-License-Identifier: MIT */
#include "subprotocol_print.h"

#include "json_reader.h"

/* GraphQL's two subprotocols: graphql-transport-ws, and before it subscriptions-transport-ws, which in
 * handshakes is called graphql-ws. Either is JSON objects with a type, and where they belong to an
 * operation its id. */

enum side { CLIENT = 1 << C2S, SERVER = 1 << S2C, EITHER = CLIENT | SERVER };

struct type {
    const char *name;
    unsigned protocols, senders; /* sets of enum subprotocol_kind, of enum side */
    bool has_id;
    const char *purpose;
};

#define NEW  (1U << SUBPROTOCOL_GRAPHQL)
#define OLD  (1U << SUBPROTOCOL_GRAPHQL_OLD)
#define BOTH (NEW | OLD)

static const struct type types[] = {
    { "connection_init", BOTH, CLIENT, false, "The client's first message; its payload may say who it is." },
    { "connection_ack", BOTH, SERVER, false, "The server is ready: operations may follow." },
    { "connection_error", OLD, SERVER, false, "The server refuses what connection_init said." },
    { "connection_terminate", OLD, CLIENT, false, "The client is about to close." },
    { "ka", OLD, SERVER, false, "Keeps the connection alive; nothing answers it." },
    { "ping", NEW, EITHER, false, "Asks for a pong; it is not WebSocket's Ping, which pages cannot send." },
    { "pong", NEW, EITHER, false, "Answers a ping, or comes unasked to show life." },
    { "subscribe", NEW, CLIENT, true, "Begins an operation; the id is the client's choice." },
    { "start", OLD, CLIENT, true, "Begins an operation; the id is the client's choice." },
    { "next", NEW, SERVER, true, "A result of the operation." },
    { "data", OLD, SERVER, true, "A result of the operation." },
    { "error", BOTH, SERVER, true, "The operation could not be run, and is over." },
    { "complete", BOTH, EITHER, true, "The operation is over; from a client: no more results are wanted." },
    { "stop", OLD, CLIENT, true, "No more results are wanted." },
};

static const struct type *find_type(struct bytes name, unsigned protocol)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if ((types[i].protocols & protocol) && bytes_equal(name, bytes_of_text(types[i].name))) {
            return &types[i];
        }
    }
    return NULL;
}

/* What the operation is called, else its text; a result that has errors says so. */
static void summarise(struct print *print, struct bytes name, struct bytes id, struct bytes payload)
{
    struct bytes operation = json_reader_string(json_reader_member(payload, "operationName"));
    struct bytes query = json_reader_string(json_reader_member(payload, "query"));

    label_show(&print->summary, name);
    if (id.length > 0) {
        label_quote(&print->summary, id, 36);
    }
    if (operation.length > 0) {
        label_say(&print->summary, " ");
        label_show(&print->summary, operation);
    } else if (query.length > 0) {
        label_quote(&print->summary, query, 48);
    }
    label_say(&print->summary, "%s", json_reader_member(payload, "errors").length > 0 ? " with errors" : "");
}

static void judge(struct print *print, const struct type *type, struct bytes type_value, struct bytes id)
{
    if (type == NULL) {
        print_wrong(print, PRINT_DEPTH, type_value, "this subprotocol has no message of that type");
    } else if (!(type->senders & 1U << print->direction)) {
        print_wrong(print, PRINT_DEPTH, type_value,
                    type->senders == CLIENT ? "only clients send this" : "only servers send this");
    } else if (type->has_id && id.length == 0) {
        print_wrong(print, PRINT_DEPTH, type_value, "it has no id, so it belongs to no operation");
    }
}

/* The members in the order that they were sent in. */
static void print_members(struct print *print, struct bytes object, const struct type *type)
{
    struct json_reader reader;
    struct bytes name, value;

    json_reader_open(&reader, object);
    while (json_reader_next(&reader, &name, &value)) {
        struct detail_node *node = detail_json_value(print->detail, PRINT_DEPTH, "", value);

        node->name = name;
        if (bytes_equal(name, bytes_of_text("type"))) {
            node->purpose = type ? type->purpose : "";
        } else if (bytes_equal(name, bytes_of_text("id"))) {
            node->purpose = "The operation that it belongs to.";
        }
    }
}

void graphql_print(struct print *print)
{
    struct bytes object;

    if (!print->is_text) {
        print_wrong(print, PRINT_DEPTH, print->payload, "this subprotocol has text messages only");
        return;
    }
    if (!print_json(print, print->payload, &object)) {
        return;
    }
    struct bytes type_value = json_reader_member(object, "type"), name = json_reader_string(type_value);
    struct bytes id = json_reader_string(json_reader_member(object, "id"));

    if (name.length == 0) {
        print_wrong(print, PRINT_DEPTH, object, "a message is an object with a type");
        return;
    }
    const struct type *type = find_type(name, 1U << print->subprotocol->kind);

    print_members(print, object, type);
    summarise(print, name, id, json_reader_member(object, "payload"));
    judge(print, type, type_value, id);
}
