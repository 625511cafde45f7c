/* SPDX-License-Identifier: MIT */
#include "har.h"

#include <stdio.h>
#include <time.h>

#include "address.h"

#define SECOND INT64_C(1000000000)

/* --- times ------------------------------------------------------------------------------------------- */

/* ISO 8601 in UTC, with milliseconds. */
static void date_member(struct object *object, const char *name, int64_t time)
{
    int64_t part = time % SECOND;
    time_t seconds = (time_t)(time / SECOND - (part < 0));
    int milliseconds = (int)((part < 0 ? part + SECOND : part) / 1000000);
    char text[40];
    struct tm utc;

    gmtime_r(&seconds, &utc);
    size_t used = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);

    snprintf(text + used, sizeof text - used, ".%03dZ", milliseconds);
    object_text(object, name, text);
}

static uint64_t elapsed(int64_t from, int64_t to)
{
    int64_t passed = output_elapsed(from, to);

    return passed > 0 ? (uint64_t)passed : 0;
}

/* Milliseconds, exact to the nanosecond. */
static void duration_member(struct object *object, const char *name, uint64_t nanoseconds)
{
    object_decimal(object, name, nanoseconds, 6);
}

/* Of a request it is seen when it was whole, not how long each step took: all of the time is waiting for the
 * answer, then receiving. */
static void timings_member(struct object *object, const struct har_exchange *exchange)
{
    int64_t answered = exchange->response ? exchange->answered : exchange->asked;
    uint64_t wait = elapsed(exchange->asked, answered);
    uint64_t receive = exchange->websocket ? elapsed(answered, exchange->ended) : 0;

    duration_member(object, "time", wait + receive);
    object_open(object, "timings");
    object_number(object, "send", 0);
    duration_member(object, "wait", wait);
    duration_member(object, "receive", receive);
    object_close(object);
}

/* --- heads ------------------------------------------------------------------------------------------- */

static struct bytes value_of(const struct http_head *head, const char *name)
{
    const struct http_field *field = head ? http_find(head, name, 0) : NULL;

    return field ? field->value : bytes_of(NULL, 0);
}

static void pair(struct object *object, struct bytes name, struct bytes value)
{
    object_open(object, NULL);
    object_string(object, "name", name);
    object_string(object, "value", value);
    object_close(object);
}

static void headers_member(struct object *object, const struct http_head *head)
{
    object_open_list(object, "headers");
    for (size_t i = 0; head && i < head->field_count; i++) {
        pair(object, head->fields[i].name, head->fields[i].value);
    }
    object_close_list(object);
}

/* "name=value" as a pair; without the sign, all of it is the name. */
static void split_pair(struct object *object, struct bytes text)
{
    const uint8_t *sign = text.length ? memchr(text.data, '=', text.length) : NULL;
    size_t length = sign ? (size_t)(sign - text.data) : text.length;

    pair(object, bytes_first(text, length), bytes_after(text, length + 1));
}

/* RFC 6265 sections 4.1 and 4.2: a request has all of them in one field, an answer one in each. */
static void cookies_member(struct object *object, const struct http_head *head)
{
    bool asks = head && head->is_request;
    const struct http_field *field;
    struct bytes piece;

    object_open_list(object, "cookies");
    for (size_t i = 0; head && (field = http_find(head, asks ? "Cookie" : "Set-Cookie", i)); i++) {
        struct bytes rest = field->value;

        for (bool first = true; (first || asks) && http_split(&rest, ';', &piece); first = false) {
            split_pair(object, piece);
        }
    }
    object_close_list(object);
}

static void query_member(struct object *object, struct bytes target)
{
    const uint8_t *mark = target.length ? memchr(target.data, '?', target.length) : NULL;
    struct bytes rest = mark ? bytes_after(target, (size_t)(mark - target.data) + 1) : bytes_of(NULL, 0);

    object_open_list(object, "queryString");
    while (rest.length > 0) {
        const uint8_t *sign = memchr(rest.data, '&', rest.length);
        struct bytes one = bytes_first(rest, sign ? (size_t)(sign - rest.data) : rest.length);

        split_pair(object, one);
        rest = bytes_after(rest, one.length + 1);
    }
    object_close_list(object);
}

static void version_member(struct object *object, const struct http_head *head)
{
    char text[] = "HTTP/0.0";

    text[5] = (char)('0' + (head ? head->version_major % 10 : 1));
    text[7] = (char)('0' + (head ? head->version_minor % 10 : 1));
    object_text(object, "httpVersion", text);
}

static void sizes_members(struct object *object, const struct http_head *head)
{
    object_number(object, "headersSize", head ? head->raw.length : 0);
    object_number(object, "bodySize", head ? head->body_length : 0);
}

/* --- the address ------------------------------------------------------------------------------------- */

/* What RFC 3986 lets stand in a URL stays as it was sent; of the rest each byte becomes %XX. */
static void write_url(struct output *output, struct bytes text)
{
    static const char others[] = "-._~:/?#[]@!$&'()*+,;=%";

    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.data[i];
        bool letter = ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || (byte >= '0' && byte <= '9');

        if (letter || (byte != '\0' && strchr(others, byte))) {
            output_character(output, (char)byte);
        } else {
            output_character(output, '%');
            output_hex(output, bytes_of(&byte, 1));
        }
    }
}

static bool is_absolute(struct bytes target)
{
    return target.length > 0 && target.data[0] != '/' && memmem(target.data, target.length, "://", 3) != NULL;
}

/* RFC 9112 section 3.3: the target may be a whole URL already; else the Host field names the server, or its
 * address does. */
static void url_member(struct object *object, const struct har_exchange *exchange)
{
    const struct http_head *request = exchange->request;
    struct bytes target = request ? request->target : bytes_of_text("/");
    struct bytes host = value_of(request, "Host");
    char address[ADDRESS_TEXT_MAX];

    address_format(address, &exchange->connection->server);
    object_open_string(object, "url");
    if (!is_absolute(target)) {
        output_text(object->output, exchange->websocket ? "ws://" : "http://");
        write_url(object->output, host.length > 0 ? host : bytes_of_text(address));
    }
    write_url(object->output, target);
    object_close_string(object);
}

/* --- an entry ---------------------------------------------------------------------------------------- */

static void request_member(struct object *object, const struct har_exchange *exchange)
{
    const struct http_head *request = exchange->request;

    object_open(object, "request");
    object_string(object, "method", request ? request->method : bytes_of_text("GET"));
    url_member(object, exchange);
    version_member(object, request);
    cookies_member(object, request);
    headers_member(object, request);
    query_member(object, request ? request->target : bytes_of(NULL, 0));
    sizes_members(object, request);
    if (request == NULL) {
        object_text(object, "comment", "its request is not in the capture, or no longer kept");
    }
    object_close(object);
}

static void content_member(struct object *object, const struct http_head *response)
{
    struct bytes type = value_of(response, "Content-Type");

    object_open(object, "content");
    object_number(object, "size", response ? response->body_length : 0);
    object_string(object, "mimeType", type.length > 0 ? type : bytes_of_text("x-unknown"));
    if (response && response->body_length > 0) {
        object_text(object, "comment", "ws101 counts bodies and does not keep them");
    }
    object_close(object);
}

/* Status 0 is how browsers write a request that got no answer. */
static void response_member(struct object *object, const struct har_exchange *exchange)
{
    const struct http_head *response = exchange->response;

    object_open(object, "response");
    object_number(object, "status", response ? response->status : 0);
    object_string(object, "statusText", response ? response->reason : bytes_of(NULL, 0));
    version_member(object, response);
    cookies_member(object, response);
    headers_member(object, response);
    content_member(object, response);
    object_string(object, "redirectURL", value_of(response, "Location"));
    sizes_members(object, response);
    if (response == NULL) {
        object_text(object, "comment", "no answer is in the capture, or it is no longer kept");
    }
    object_close(object);
}

static void connection_members(struct object *object, const struct connection *connection)
{
    char text[ADDRESS_TEXT_MAX];

    address_format_host(text, &connection->server.address);
    object_text(object, "serverIPAddress", text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)connection->id);
    object_text(object, "connection", text);
}

void har_begin(struct har *har, struct output *output, const char *version)
{
    *har = (struct har){ .in_messages = false };
    object_begin(&har->object, output);
    object_open(&har->object, "log");
    object_text(&har->object, "version", "1.2");
    object_open(&har->object, "creator");
    object_text(&har->object, "name", "ws101");
    object_text(&har->object, "version", version);
    object_close(&har->object);
    object_open_list(&har->object, "entries");
}

void har_end(struct har *har, const char *comment)
{
    object_close_list(&har->object);
    if (comment) {
        object_text(&har->object, "comment", comment);
    }
    object_close(&har->object);
    object_end(&har->object);
}

void har_open(struct har *har, const struct har_exchange *exchange)
{
    struct object *object = &har->object;

    object_open(object, NULL);
    date_member(object, "startedDateTime", exchange->asked);
    timings_member(object, exchange);
    request_member(object, exchange);
    response_member(object, exchange);
    object_open(object, "cache");
    object_close(object);
    connection_members(object, exchange->connection);
    if (exchange->websocket) {
        object_text(object, "_resourceType", "websocket");
        object_open_list(object, "_webSocketMessages");
    }
    har->in_messages = exchange->websocket;
}

void har_close(struct har *har, const char *comment)
{
    if (har->in_messages) {
        object_close_list(&har->object);
    }
    if (comment) {
        object_text(&har->object, "comment", comment);
    }
    object_close(&har->object);
    har->in_messages = false;
}

/* --- messages ---------------------------------------------------------------------------------------- */

/* What is wrong with data, or NULL. */
static const char *message_comment(const struct message *message)
{
    if (message->compressed && !message->inflated) {
        return "could not be inflated to its end: data is what could";
    }
    if (!message->complete) {
        return "bytes of it were lost: data is what stands before them";
    }
    if (message->truncated) {
        return "longer than what was kept of it: data is its beginning";
    }
    return message->opcode == FRAME_TEXT && !object_is_text(message->payload)
               ? "not UTF-8: each character of data is one byte"
               : NULL;
}

static void data_members(struct object *object, uint8_t opcode, struct bytes payload, bool whole)
{
    object_number(object, "opcode", opcode);
    if (opcode == FRAME_TEXT) {
        object_string(object, "data", whole ? payload : object_whole_characters(payload));
    } else {
        object_base64(object, "data", payload);
    }
}

/* Chromium's time of a message is in seconds since the epoch. */
void har_message(struct har *har, const struct event *event)
{
    struct object *object = &har->object;
    const char *comment = NULL;

    object_open(object, NULL);
    object_text(object, "type", event->direction == C2S ? "send" : "receive");
    object_decimal(object, "time", event->time > 0 ? (uint64_t)event->time : 0, 9);
    if (event->kind == EVENT_MESSAGE) {
        const struct message *message = event->message.message;

        data_members(object, message->opcode, message->payload, message->complete && !message->truncated);
        comment = message_comment(message);
    } else {
        data_members(object, event->frame.frame->opcode, event->frame.payload, true);
    }
    if (comment) {
        object_text(object, "comment", comment);
    }
    object_close(object);
}
