/* SPDX-License-Identifier: MIT */
#include "detail_build.h"

#include <inttypes.h>

/* What the fields of a handshake, and some others that come with it, are for. */
static const struct {
    const char *name, *purpose, *section;
} known_fields[] = {
    { "Host", "Which site is meant, of all those at this address.", "RFC 9110 7.2" },
    { "Upgrade", "The protocol to go on with on this connection: websocket.", "RFC 6455 4.1" },
    { "Connection", "Names the fields that are for the next hop alone; Upgrade has to be among them.",
      "RFC 6455 4.1" },
    { "Sec-WebSocket-Key", "Sixteen random bytes in base64 that the server must prove to have read.",
      "RFC 6455 11.3.1" },
    { "Sec-WebSocket-Accept", "The server's proof that it read the key and speaks WebSocket.",
      "RFC 6455 11.3.3" },
    { "Sec-WebSocket-Version", "The protocol's version: 13; in a refusal, those that the server knows.",
      "RFC 6455 11.3.5" },
    { "Sec-WebSocket-Protocol", "What the messages mean: several offered, one chosen.", "RFC 6455 11.3.4" },
    { "Sec-WebSocket-Extensions", "What may change the frames: offered by the client, chosen by the server.",
      "RFC 6455 11.3.2" },
    { "Origin", "The site whose script opened it: how a server refuses strangers' pages.", "RFC 6455 10.2" },
    { "Content-Length", "How many bytes of body follow the head.", "RFC 9110 8.6" },
    { "Transfer-Encoding", "How the body is wrapped: chunked names the size of each piece.", "RFC 9112 6.1" },
    { "Content-Type", "What kind of thing the body is.", "RFC 9110 8.3" },
    { "Cookie", "What the server asked to be told again: often who is logged in.", "RFC 6265 5.4" },
    { "User-Agent", "Which program asks.", "RFC 9110 10.1.5" },
    { "Server", "Which program answers.", "RFC 9110 10.2.4" },
    { "Date", "When the answer was made.", "RFC 9110 6.6.1" },
    { "Location", "Where to ask instead: a WebSocket client need not follow.", "RFC 9110 10.2.2" },
    { "Authorization", "Credentials for the server.", "RFC 9110 11.6.2" },
    { "Cache-Control", "Whether copies may be kept on the way.", "RFC 9111 5.2" },
};

static void explain_field(struct detail_node *node, struct bytes name)
{
    for (size_t i = 0; i < sizeof known_fields / sizeof known_fields[0]; i++) {
        if (http_same_text(name, known_fields[i].name)) {
            node->purpose = known_fields[i].purpose;
            node->section = known_fields[i].section;
        }
    }
}

static void add_text(struct detail *detail, unsigned depth, const char *name, struct bytes value,
                     const char *field_name)
{
    struct detail_node *node = detail_add(detail, depth, name);

    detail_show(detail, node, value);
    detail_explain(node, field_name);
}

static void add_start_line(struct detail *detail, unsigned depth, const struct http_head *head)
{
    struct detail_node *node;

    if (head->is_request) {
        add_text(detail, depth, "method", head->method, "http.method");
        add_text(detail, depth, "target", head->target, "http.target");
    } else {
        node = detail_add(detail, depth, "status");
        detail_say(detail, node, "%u", head->status);
        detail_explain(node, "http.status");
        add_text(detail, depth, "reason", head->reason, "http.reason");
    }
    node = detail_add(detail, depth, "version");
    detail_say(detail, node, "HTTP/%u.%u", head->version_major, head->version_minor);
    node->purpose = "The version of HTTP; an upgrade needs 1.1.";
    node->section = "RFC 9112 2.3";
}

static void add_field(struct detail *detail, unsigned depth, const struct http_field *field)
{
    struct detail_node *node = detail_add(detail, depth, "");

    node->name = field->name;
    detail_show(detail, node, field->value);
    explain_field(node, field->name);
}

static void add_head(struct detail *detail, unsigned depth, const struct http_head *head)
{
    struct detail_node *node = detail_add(detail, depth, head->is_request ? "HTTP request" : "HTTP response");

    detail_say(detail, node, "%zu bytes of head, %zu field%s", head->raw.length, head->field_count,
               head->field_count == 1 ? "" : "s");
    detail_place_view(detail, node, head->raw);
    add_start_line(detail, depth + 1, head);
    for (size_t i = 0; i < head->field_count; i++) {
        add_field(detail, depth + 1, &head->fields[i]);
    }
}

void detail_http(struct detail *detail, const struct event *event)
{
    static const char *const framings[] = {
        [HTTP_NO_BODY] = "no body",
        [HTTP_BY_LENGTH] = "as many as Content-Length says",
        [HTTP_CHUNKED] = "in chunks, each with its size before it",
        [HTTP_UNTIL_CLOSE] = "all until the connection ends",
    };
    const struct http_head *head = event->http.head;

    detail->pieces[0] = head->raw;
    add_head(detail, 0, head);
    struct detail_node *node = detail_add(detail, 1, "body");

    detail_say(detail, node, "%" PRIu64 " bytes, %s%s", head->body_length, framings[head->framing],
               head->complete ? "" : "; not whole");
    detail_explain(node, "http.body_length");
}

/* --- the handshake -------------------------------------------------------------------------------------- */

/* RFC 6455 section 1.3: the sum in four steps, and whether the server got it right. */
static void add_sum(struct detail *detail, const struct handshake *handshake)
{
    struct handshake_sum sum;
    struct detail_node *node = detail_add(detail, 1, "Sec-WebSocket-Accept, worked out");

    node->purpose = "Only what speaks WebSocket answers like this: no cache, no other server.";
    node->section = "RFC 6455 1.3";
    handshake_sum(handshake->key, &sum);
    node = detail_add(detail, 2, "key");
    detail_show(detail, node, handshake->key);
    detail_explain(node, "handshake.key");
    node = detail_add(detail, 2, "GUID");
    detail_say(detail, node, "%s", HANDSHAKE_GUID);
    node->purpose = "Always these characters, put behind the key's.";
    node->section = "RFC 6455 1.3";
    node = detail_add(detail, 2, "SHA-1 of both");
    detail_say_hex(detail, node, bytes_of(sum.sha1, sizeof sum.sha1), sizeof sum.sha1);
    node->purpose = "Twenty bytes of hash: not for secrecy, but to show that the key was read.";
    node->section = "RFC 3174 6";
    node = detail_add(detail, 2, "expected");
    detail_say(detail, node, "%s", sum.accept);
    node->purpose = "The hash in base64.";
    node->section = "RFC 4648 4";
    if (handshake->response && handshake->response->status == 101) {
        node = detail_add(detail, 2, "found");
        detail_show(detail, node, handshake->accept);
        node->purpose = bytes_equal(handshake->accept, bytes_of_text(sum.accept))
                            ? "The same: accepted."
                            : "Not the same: the client must fail.";
        node->section = "RFC 6455 4.1";
    }
}

static const struct {
    const char *name, *purpose, *section;
} deflate_parameters[] = {
    { "server_no_context_takeover", "The server starts each message with an empty window: saves memory.",
      "RFC 7692 7.1.1.1" },
    { "client_no_context_takeover", "The client starts each message with an empty window: saves memory.",
      "RFC 7692 7.1.1.2" },
    { "server_max_window_bits", "The server's window is at most 2 to this power of bytes: 8 to 15.",
      "RFC 7692 7.1.2.1" },
    { "client_max_window_bits", "The client's window is at most 2 to this power of bytes: 8 to 15.",
      "RFC 7692 7.1.2.2" },
};

static void add_parameter(struct detail *detail, const struct handshake_parameter *parameter)
{
    struct detail_node *node = detail_add(detail, 3, "");

    node->name = parameter->name;
    detail_place_view(detail, node, parameter->name);
    if (parameter->has_value) {
        detail_show(detail, node, parameter->value);
    }
    node->purpose = "A parameter of the extension.";
    node->section = "RFC 6455 9.1";
    for (size_t i = 0; i < sizeof deflate_parameters / sizeof deflate_parameters[0]; i++) {
        if (http_same_text(parameter->name, deflate_parameters[i].name)) {
            node->purpose = deflate_parameters[i].purpose;
            node->section = deflate_parameters[i].section;
        }
    }
}

static void add_extension(struct detail *detail, const char *name, struct bytes element)
{
    struct detail_node *node = detail_add(detail, 2, name);
    struct handshake_parameter parameter;

    if (handshake_parameter_next(&element, &parameter)) {
        bool deflate = http_same_text(parameter.name, "permessage-deflate");

        detail_show(detail, node, parameter.name);
        node->purpose = deflate ? "Each message may be compressed; RSV1 of its first frame tells."
                                : "An extension that is not decoded here.";
        node->section = deflate ? "RFC 7692 5" : "RFC 6455 9";
    }
    while (handshake_parameter_next(&element, &parameter)) {
        add_parameter(detail, &parameter);
    }
}

static void add_subprotocol(struct detail *detail, const char *name, struct bytes element)
{
    struct detail_node *node = detail_add(detail, 2, name);

    detail_show(detail, node, element);
    detail_explain(node, "handshake.subprotocol");
}

typedef void add_element(struct detail *detail, const char *name, struct bytes element);

static bool add_list(struct detail *detail, const struct http_head *head, const char *field_name,
                     const char *name, add_element *add)
{
    const struct http_field *field;
    bool any = false;

    for (size_t nth = 0; head && (field = http_find(head, field_name, nth)) != NULL; nth++) {
        struct bytes list = field->value, element;

        while (http_list_next(&list, &element)) {
            add(detail, name, element);
            any = true;
        }
    }
    return any;
}

/* What was offered against what was chosen. */
static void add_choice(struct detail *detail, const struct handshake *handshake, const char *title,
                       const char *field, add_element *add)
{
    struct detail_node *node = detail_add(detail, 1, title);
    bool offered = add_list(detail, handshake->request, field, "offered", add);
    bool chosen = add_list(detail, handshake->response, field, "chosen", add);

    detail_say(detail, node, "%s", chosen ? "agreed" : offered ? "offered, none chosen" : "none offered");
    explain_field(node, bytes_of_text(field));
}

void detail_handshake(struct detail *detail, const struct event *event)
{
    const struct handshake *handshake = event->handshake;
    struct detail_node *node = detail_add(detail, 0, "WebSocket handshake");

    detail->pieces[0] = handshake->request ? handshake->request->raw : bytes_of(NULL, 0);
    detail->pieces[1] = handshake->response ? handshake->response->raw : bytes_of(NULL, 0);
    detail_say(detail, node, "%s", event_verdict_name(handshake->verdict));
    detail_explain(node, "handshake.verdict");
    if (handshake->request) {
        add_head(detail, 1, handshake->request);
    }
    if (handshake->response) {
        add_head(detail, 1, handshake->response);
    }
    if (handshake->key.length > 0) {
        add_sum(detail, handshake);
    }
    add_choice(detail, handshake, "subprotocol", "Sec-WebSocket-Protocol", add_subprotocol);
    add_choice(detail, handshake, "extensions", "Sec-WebSocket-Extensions", add_extension);
}
