/* SPDX-License-Identifier: MIT */
#include "subprotocol_print.h"

#include "json_reader.h"

/* JSON-RPC 2.0: requests, notifications (requests without an id), responses, and lists of them. */

#define BATCH_MAX 64 /* calls of a batch that are shown */

struct call {
    struct bytes version, method, params, id, result, error;
};

static struct call call_of(struct bytes object)
{
    return (struct call){
        .version = json_reader_member(object, "jsonrpc"),
        .method = json_reader_member(object, "method"),
        .params = json_reader_member(object, "params"),
        .id = json_reader_member(object, "id"),
        .result = json_reader_member(object, "result"),
        .error = json_reader_member(object, "error"),
    };
}

bool jsonrpc_recognise(struct bytes payload)
{
    struct bytes value, mistake;

    if (payload.length == 0 || memmem(payload.data, payload.length, "\"jsonrpc\"", 9) == NULL ||
        !json_reader_whole(payload, &value, &mistake)) {
        return false;
    }
    struct bytes object = json_reader_is_list(value) ? json_reader_element(value, 0) : value;

    return bytes_equal(json_reader_member(object, "jsonrpc"), bytes_of_text("\"2.0\""));
}

/* --- the members ------------------------------------------------------------------------------------- */

/* Section 5.1. */
static const char *meaning_of(struct bytes code)
{
    static const struct {
        const char *code, *meaning;
    } codes[] = {
        { "-32700", "Parse error: it is no JSON." },
        { "-32600", "Invalid Request: it is JSON, but no request." },
        { "-32601", "Method not found." },
        { "-32602", "Invalid params." },
        { "-32603", "Internal error." },
    };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (bytes_equal(code, bytes_of_text(codes[i].code))) {
            return codes[i].meaning;
        }
    }
    return code.length == 6 && memcmp(code.data, "-320", 4) == 0 ? "The server's own error."
                                                                 : "The application's own error.";
}

static void print_error(struct print *print, unsigned depth, struct bytes error)
{
    struct bytes code = json_reader_member(error, "code"), message = json_reader_member(error, "message");
    struct bytes data = json_reader_member(error, "data");

    print_field(print, depth, "error", error, "What went wrong, instead of a result.", "JSON-RPC 2.0 5.1");
    if (code.length > 0) {
        print_field(print, depth + 1, "code", code, meaning_of(code), "JSON-RPC 2.0 5.1");
    }
    if (message.length > 0) {
        print_field(print, depth + 1, "message", message, "The error in a sentence.", "JSON-RPC 2.0 5.1");
    }
    if (data.length > 0) {
        detail_json_value(print->detail, depth + 1, "data", data);
    }
    if (!json_reader_is_object(error) || code.length == 0 || message.length == 0) {
        print_wrong(print, depth + 1, error, "an error is an object with a code and a message");
    }
}

static void print_members(struct print *print, unsigned depth, const struct call *call)
{
    if (call->id.length > 0) {
        print_field(print, depth, "id", call->id,
                    call->method.length > 0 ? "The answer will have the same."
                                            : "That of the request which it answers.",
                    call->method.length > 0 ? "JSON-RPC 2.0 4" : "JSON-RPC 2.0 5");
    }
    if (call->method.length > 0) {
        print_field(print, depth, "method", call->method, "What is to be done.", "JSON-RPC 2.0 4");
    }
    if (call->params.length > 0) {
        struct detail_node *node = detail_json_value(print->detail, depth, "params", call->params);

        node->purpose = "The arguments, by place or by name.";
        node->section = "JSON-RPC 2.0 4.2";
    }
    if (call->result.length > 0) {
        struct detail_node *node = detail_json_value(print->detail, depth, "result", call->result);

        node->purpose = "What the method gave.";
        node->section = "JSON-RPC 2.0 5";
    }
    if (call->error.length > 0) {
        print_error(print, depth, call->error);
    }
}

/* NULL where nothing is. */
static const char *mistake_of(const struct call *call)
{
    bool structured =
        call->params.length == 0 || json_reader_is_list(call->params) || json_reader_is_object(call->params);

    if (!bytes_equal(call->version, bytes_of_text("\"2.0\""))) {
        return "jsonrpc must be \"2.0\"";
    }
    if (json_reader_is_object(call->id) || json_reader_is_list(call->id)) {
        return "an id is a text, a number or null";
    }
    if (call->method.length > 0) {
        return !json_reader_is_string(call->method)                ? "the method's name is a text"
               : call->result.length > 0 || call->error.length > 0 ? "it is a request and an answer at once"
               : !structured                                       ? "params are a list or an object"
                                                                   : NULL;
    }
    if (call->result.length > 0 && call->error.length > 0) {
        return "an answer has a result or an error, not both";
    }
    if (call->result.length == 0 && call->error.length == 0) {
        return "it has no method, result or error";
    }
    return call->id.length == 0 ? "an answer has an id, which may be null" : NULL;
}

static const char *kind_of(const struct call *call)
{
    return call->method.length > 0  ? call->id.length > 0 ? "request" : "notification"
           : call->error.length > 0 ? "error"
                                    : "response";
}

static void summarise(struct label *summary, const struct call *call)
{
    label_say(summary, "%s", kind_of(call));
    if (call->id.length > 0) {
        label_say(summary, " ");
        label_show(summary, call->id);
    }
    if (call->method.length > 0) {
        label_quote(summary, json_reader_string(call->method), 48);
    }
    if (call->params.length > 0) {
        size_t count = json_reader_count(call->params);

        label_say(summary, " [%zu param%s]", count, count == 1 ? "" : "s");
    }
    if (call->error.length > 0) {
        label_say(summary, ": ");
        label_show(summary, json_reader_member(call->error, "code"));
        label_quote(summary, json_reader_string(json_reader_member(call->error, "message")), 48);
    }
}

/* --- objects and lists of them ------------------------------------------------------------------------- */

static void print_object(struct print *print, unsigned depth, struct bytes object, struct label *summary)
{
    struct call call = call_of(object);
    const char *mistake = json_reader_is_object(object) ? mistake_of(&call) : "a call is an object";

    print_members(print, depth, &call);
    summarise(summary, &call);
    if (mistake) {
        print_wrong(print, depth, object, mistake);
    }
}

/* Section 6. */
static void print_batch(struct print *print, struct bytes list)
{
    size_t count = json_reader_count(list), shown = 0;
    struct json_reader reader;
    struct bytes name, value;

    label_say(&print->summary, "batch of %zu", count);
    if (count == 0) {
        print_wrong(print, PRINT_DEPTH, list, "a batch is not empty");
    }
    json_reader_open(&reader, list);
    while (shown < BATCH_MAX && json_reader_next(&reader, &name, &value)) {
        struct label summary = { .used = 0 };
        struct detail_node *node = print_field(print, PRINT_DEPTH, "call", value,
                                               "One of several that were sent together.", "JSON-RPC 2.0 6");

        print_object(print, PRINT_DEPTH + 1, value, &summary);
        detail_say(print->detail, node, "%s", summary.text);
        shown++;
    }
    if (shown < count) {
        print_value(print, PRINT_DEPTH, "and more", list, "", "", "%zu calls", count - shown);
    }
}

void jsonrpc_print(struct print *print)
{
    struct bytes value;

    if (!print_json(print, print->payload, &value)) {
        return;
    }
    if (json_reader_is_list(value)) {
        print_batch(print, value);
    } else {
        print_object(print, PRINT_DEPTH, value, &print->summary);
    }
}
