/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include "rules.h"

#include <strings.h>

enum field_id {
    FIELD_KIND, FIELD_CONN, FIELD_DIR, FIELD_SENDER, FIELD_TIME_OF, FIELD_TIME_RELATIVE, FIELD_PACKET,
    FIELD_IP, FIELD_PORT, FIELD_CLIENT, FIELD_CLIENT_PORT, FIELD_SERVER, FIELD_SERVER_PORT,
    FIELD_PROTOCOL, FIELD_MIDSTREAM, FIELD_GUESSED,
    FIELD_FINDING, FIELD_SEVERITY, FIELD_FINDING_SIDE,
    FIELD_HTTP_REQUEST, FIELD_HTTP_METHOD, FIELD_HTTP_TARGET, FIELD_HTTP_STATUS, FIELD_HTTP_REASON,
    FIELD_HTTP_HEADER, FIELD_HTTP_BODY_LENGTH,
    FIELD_VERDICT, FIELD_KEY, FIELD_ACCEPT, FIELD_ACCEPT_EXPECTED, FIELD_VERSION, FIELD_ORIGIN, FIELD_HOST,
    FIELD_SUBPROTOCOL, FIELD_DEFLATE,
    FIELD_OPCODE, FIELD_FIN, FIELD_RSV, FIELD_MASKED, FIELD_MASK, FIELD_LENGTH, FIELD_HEADER_LENGTH,
    FIELD_OFFSET, FIELD_LOST, FIELD_COMPRESSED, FIELD_TEXT_OF, FIELD_ROUND_TRIP,
    FIELD_MESSAGE_NUMBER, FIELD_MESSAGE_LENGTH, FIELD_MESSAGE_WIRE_LENGTH, FIELD_MESSAGE_FRAMES,
    FIELD_MESSAGE_COMPLETE, FIELD_MESSAGE_TRUNCATED,
    FIELD_CLOSE_CODE, FIELD_CLOSE_REASON, FIELD_CLOSE_HOW, FIELD_CLOSE_FIRST, FIELD_CLOSE_API_CODE,
    FIELD_CLOSE_SERVER_API_CODE,
    FIELD_GAP_BYTES, FIELD_GAP_SKIPPED, FIELD_GAP_RESUMED,
    FIELD_TCP_SEQUENCE, FIELD_TCP_ACKNOWLEDGMENT, FIELD_TCP_WINDOW, FIELD_TCP_LENGTH, FIELD_TCP_SYN,
    FIELD_TCP_FIN, FIELD_TCP_RST, FIELD_TCP_RETRANSMITTED, FIELD_TCP_OUT_OF_ORDER, FIELD_TCP_KEEPALIVE,
    FIELDS
};

/* clang-format off */
static const struct field table[FIELDS] = {
    [FIELD_KIND] = { "kind", FIELD_NAME,
        "What happened: which kind of event this is.", "",
        "connection http handshake frame message close gap notice segment" },
    [FIELD_CONN] = { "conn", FIELD_NUMBER,
        "The TCP connection, numbered from 1 as they appear.", "", NULL },
    [FIELD_DIR] = { "dir", FIELD_NAME,
        "Which way it went: client to server, or server to client.", "RFC 6455 1.2", "c2s s2c" },
    [FIELD_SENDER] = { "sender", FIELD_NAME,
        "Who sent it; the client is the side that asks for the upgrade.", "RFC 6455 1.2", "client server" },
    [FIELD_TIME_OF] = { "time", FIELD_TIME,
        "When the packet that completed it was captured (UTC).", "", NULL },
    [FIELD_TIME_RELATIVE] = { "time.relative", FIELD_DURATION,
        "How long after the connection's first packet.", "", NULL },
    [FIELD_PACKET] = { "packet", FIELD_NUMBER,
        "The number, in the capture, of the packet that completed it.", "", NULL },
    [FIELD_IP] = { "ip", FIELD_ADDRESS,
        "Either side's address.", "RFC 791 3.1", NULL },
    [FIELD_PORT] = { "port", FIELD_NUMBER,
        "Either side's TCP port.", "RFC 9293 3.1", NULL },
    [FIELD_CLIENT] = { "client", FIELD_ADDRESS,
        "The client's address.", "RFC 791 3.1", NULL },
    [FIELD_CLIENT_PORT] = { "client.port", FIELD_NUMBER,
        "The client's TCP port.", "RFC 9293 3.1", NULL },
    [FIELD_SERVER] = { "server", FIELD_ADDRESS,
        "The server's address.", "RFC 791 3.1", NULL },
    [FIELD_SERVER_PORT] = { "server.port", FIELD_NUMBER,
        "The server's TCP port.", "RFC 9293 3.1", NULL },
    [FIELD_PROTOCOL] = { "protocol", FIELD_NAME,
        "What the connection speaks now.", "", "unknown http websocket tls http/2 other" },
    [FIELD_MIDSTREAM] = { "midstream", FIELD_FLAG,
        "The capture began after the connection did: no SYN in view.", "", NULL },
    [FIELD_GUESSED] = { "guessed", FIELD_FLAG,
        "Taken for WebSocket by its bytes: no handshake in view.", "", NULL },

    [FIELD_FINDING] = { "finding", FIELD_NAME,
        "A rule that it breaks, or something worth knowing about it.", "", "" },
    [FIELD_SEVERITY] = { "severity", FIELD_NAME,
        "How binding the broken rule is.", "RFC 2119 1", "must should note" },
    [FIELD_FINDING_SIDE] = { "finding.side", FIELD_NAME,
        "Who broke the rule.", "", "client server capture" },

    [FIELD_HTTP_REQUEST] = { "http.request", FIELD_FLAG,
        "A request, not an answer.", "RFC 9112 3", NULL },
    [FIELD_HTTP_METHOD] = { "http.method", FIELD_TEXT,
        "What the request asks for; an upgrade is a GET.", "RFC 9110 9", NULL },
    [FIELD_HTTP_TARGET] = { "http.target", FIELD_TEXT,
        "The resource asked for: path and query.", "RFC 9112 3.2", NULL },
    [FIELD_HTTP_STATUS] = { "http.status", FIELD_NUMBER,
        "The answer in a number; 101 switches to WebSocket.", "RFC 9110 15", NULL },
    [FIELD_HTTP_REASON] = { "http.reason", FIELD_TEXT,
        "The answer's words, for people only.", "RFC 9112 4", NULL },
    [FIELD_HTTP_HEADER] = { "http.header", FIELD_INDEXED_TEXT,
        "A header field's value; without brackets, any field's name.", "RFC 9110 5", NULL },
    [FIELD_HTTP_BODY_LENGTH] = { "http.body_length", FIELD_NUMBER,
        "Bytes of body that passed.", "RFC 9112 6", NULL },

    [FIELD_VERDICT] = { "handshake.verdict", FIELD_NAME,
        "What became of the request for an upgrade.", "RFC 6455 4", "accepted refused broken unanswered" },
    [FIELD_KEY] = { "handshake.key", FIELD_TEXT,
        "Sixteen random bytes in base64 that the server must prove to have read.", "RFC 6455 4.1", NULL },
    [FIELD_ACCEPT] = { "handshake.accept", FIELD_TEXT,
        "The server's proof that it read the key and speaks WebSocket.", "RFC 6455 4.2.2", NULL },
    [FIELD_ACCEPT_EXPECTED] = { "handshake.accept_expected", FIELD_TEXT,
        "The proof as worked out here: base64(SHA-1(key + GUID)).", "RFC 6455 1.3", NULL },
    [FIELD_VERSION] = { "handshake.version", FIELD_TEXT,
        "The protocol version asked for; 13 is the RFC's.", "RFC 6455 4.1", NULL },
    [FIELD_ORIGIN] = { "handshake.origin", FIELD_TEXT,
        "The site whose script opened it; how a server refuses strangers' pages.", "RFC 6455 10.2", NULL },
    [FIELD_HOST] = { "handshake.host", FIELD_TEXT,
        "The server's name as the client knows it.", "RFC 9110 7.2", NULL },
    [FIELD_SUBPROTOCOL] = { "handshake.subprotocol", FIELD_TEXT,
        "What the messages mean, chosen by the server from the client's offer.", "RFC 6455 1.9", NULL },
    [FIELD_DEFLATE] = { "handshake.deflate", FIELD_FLAG,
        "Both sides agreed on permessage-deflate.", "RFC 7692 5", NULL },

    [FIELD_OPCODE] = { "opcode", FIELD_NUMBERED_NAME,
        "What the frame or message is: data of one kind, or control.", "RFC 6455 5.2",
        "continuation text binary close ping pong" },
    [FIELD_FIN] = { "fin", FIELD_FLAG,
        "The last frame of its message.", "RFC 6455 5.2", NULL },
    [FIELD_RSV] = { "rsv", FIELD_NUMBER,
        "The three bits kept for extensions, RSV1 being 4; compression uses RSV1.", "RFC 6455 5.2", NULL },
    [FIELD_MASKED] = { "masked", FIELD_FLAG,
        "The payload is XORed with the mask, as every client's must be.", "RFC 6455 5.3", NULL },
    [FIELD_MASK] = { "mask", FIELD_TEXT,
        "The four bytes of the mask.", "RFC 6455 5.3", NULL },
    [FIELD_LENGTH] = { "length", FIELD_NUMBER,
        "Payload bytes: of a frame as announced, of a message when joined and inflated.",
        "RFC 6455 5.2", NULL },
    [FIELD_HEADER_LENGTH] = { "header_length", FIELD_NUMBER,
        "Bytes of the frame's header, 2 to 14.", "RFC 6455 5.2", NULL },
    [FIELD_OFFSET] = { "offset", FIELD_NUMBER,
        "Where it begins in its direction's stream of bytes.", "", NULL },
    [FIELD_LOST] = { "lost", FIELD_NUMBER,
        "Payload bytes of the frame that were never captured.", "", NULL },
    [FIELD_COMPRESSED] = { "compressed", FIELD_FLAG,
        "Sent deflated, under permessage-deflate.", "RFC 7692 6", NULL },
    [FIELD_TEXT_OF] = { "text", FIELD_TEXT,
        "The payload, unmasked and inflated, as far as it was kept.", "RFC 6455 5.2", NULL },
    [FIELD_ROUND_TRIP] = { "round_trip", FIELD_DURATION,
        "From a Ping to the Pong that answers it.", "RFC 6455 5.5.3", NULL },

    [FIELD_MESSAGE_NUMBER] = { "message.number", FIELD_NUMBER,
        "The message, numbered from 1 in its direction.", "RFC 6455 5.4", NULL },
    [FIELD_MESSAGE_LENGTH] = { "message.length", FIELD_NUMBER,
        "Bytes of the message as the application gets it.", "RFC 6455 5.6", NULL },
    [FIELD_MESSAGE_WIRE_LENGTH] = { "message.wire_length", FIELD_NUMBER,
        "Bytes of its payload as sent, before inflating.", "RFC 7692 7.2", NULL },
    [FIELD_MESSAGE_FRAMES] = { "message.frames", FIELD_NUMBER,
        "How many frames it was sent in.", "RFC 6455 5.4", NULL },
    [FIELD_MESSAGE_COMPLETE] = { "message.complete", FIELD_FLAG,
        "No byte of it was lost.", "", NULL },
    [FIELD_MESSAGE_TRUNCATED] = { "message.truncated", FIELD_FLAG,
        "Longer than what is kept of one message.", "", NULL },

    [FIELD_CLOSE_CODE] = { "close.code", FIELD_NUMBER,
        "Why the connection is closed, as a number.", "RFC 6455 7.4", NULL },
    [FIELD_CLOSE_REASON] = { "close.reason", FIELD_TEXT,
        "Why, in words that are not for people.", "RFC 6455 7.1.6", NULL },
    [FIELD_CLOSE_HOW] = { "close.how", FIELD_NAME,
        "How the connection ended.", "RFC 6455 7.1", "close-handshake fin rst idle end-of-capture" },
    [FIELD_CLOSE_FIRST] = { "close.first", FIELD_NAME,
        "Who began to close.", "RFC 6455 7.1.2", "c2s s2c" },
    [FIELD_CLOSE_API_CODE] = { "close.api_code", FIELD_NUMBER,
        "What the client's application was told: the code of the Close that came to it, or 1006.",
        "RFC 6455 7.1.5", NULL },
    [FIELD_CLOSE_SERVER_API_CODE] = { "close.server_api_code", FIELD_NUMBER,
        "What the server's application was told: the code of the Close that came to it, or 1006.",
        "RFC 6455 7.1.5", NULL },

    [FIELD_GAP_BYTES] = { "gap.bytes", FIELD_NUMBER,
        "Bytes that were sent but never captured.", "", NULL },
    [FIELD_GAP_SKIPPED] = { "gap.skipped", FIELD_NUMBER,
        "Captured bytes passed over until decoding could resume.", "", NULL },
    [FIELD_GAP_RESUMED] = { "gap.resumed", FIELD_NAME,
        "How sure the place is where decoding resumed.", "", "exact guess no" },

    [FIELD_TCP_SEQUENCE] = { "tcp.seq", FIELD_NUMBER,
        "The number of the segment's first byte.", "RFC 9293 3.1", NULL },
    [FIELD_TCP_ACKNOWLEDGMENT] = { "tcp.ack", FIELD_NUMBER,
        "The next byte that its sender expects.", "RFC 9293 3.1", NULL },
    [FIELD_TCP_WINDOW] = { "tcp.window", FIELD_NUMBER,
        "How much its sender can take now, unscaled.", "RFC 9293 3.1", NULL },
    [FIELD_TCP_LENGTH] = { "tcp.length", FIELD_NUMBER,
        "Payload bytes of the segment.", "RFC 9293 3.1", NULL },
    [FIELD_TCP_SYN] = { "tcp.syn", FIELD_FLAG,
        "Opens the connection.", "RFC 9293 3.5", NULL },
    [FIELD_TCP_FIN] = { "tcp.fin", FIELD_FLAG,
        "Its sender has no more to say.", "RFC 9293 3.6", NULL },
    [FIELD_TCP_RST] = { "tcp.rst", FIELD_FLAG,
        "Ends the connection at once.", "RFC 9293 3.5.2", NULL },
    [FIELD_TCP_RETRANSMITTED] = { "tcp.retransmitted", FIELD_FLAG,
        "Bytes that were seen before.", "RFC 9293 3.8", NULL },
    [FIELD_TCP_OUT_OF_ORDER] = { "tcp.out_of_order", FIELD_FLAG,
        "Came before bytes that precede it.", "RFC 9293 3.4", NULL },
    [FIELD_TCP_KEEPALIVE] = { "tcp.keepalive", FIELD_FLAG,
        "One old byte, only to see whether the peer is there.", "RFC 9293 3.8.4", NULL },
};
/* clang-format on */

/* --- values ---------------------------------------------------------------------------------------- */

static bool number(struct field_value *out, uint64_t value)
{
    out->number = value;
    return true;
}

static bool number_if(struct field_value *out, bool present, uint64_t value)
{
    out->number = value;
    return present;
}

static bool text_if(struct field_value *out, bool present, struct bytes value)
{
    out->text = value;
    return present;
}

static bool word(struct field_value *out, const char *value)
{
    out->text = bytes_of_text(value);
    return true;
}

/* An empty view stands for a header field that was not sent. */
static bool text_if_any(struct field_value *out, struct bytes value)
{
    return text_if(out, value.length > 0, value);
}

static bool address(struct field_value *out, const struct endpoint *endpoint)
{
    out->address = &endpoint->address;
    return true;
}

static bool has_direction(const struct event *event)
{
    return event->kind != EVENT_CONNECTION && event->kind != EVENT_HANDSHAKE && event->kind != EVENT_CLOSE;
}

static uint64_t since_opened(const struct event *event)
{
    int64_t opened = event->connection->opened;

    return event->time > opened ? (uint64_t)(event->time - opened) : 0;
}

static bool get_common(enum field_id id, const struct event *event, struct field_value *out)
{
    const struct connection *connection = event->connection;

    switch (id) {
    case FIELD_KIND:            return word(out, event_kind_name(event->kind));
    case FIELD_DIR:
        return has_direction(event) && word(out, event_direction_name(event->direction));
    case FIELD_SENDER:
        return has_direction(event) && word(out, event->direction == C2S ? "client" : "server");
    case FIELD_TIME_OF:         return number(out, (uint64_t)event->time);
    case FIELD_PACKET:          return number(out, event->packet);
    case FIELD_TIME_RELATIVE:   return connection && number(out, since_opened(event));
    case FIELD_CONN:            return connection && number(out, connection->id);
    case FIELD_CLIENT:          return connection && address(out, &connection->client);
    case FIELD_SERVER:          return connection && address(out, &connection->server);
    case FIELD_CLIENT_PORT:     return connection && number(out, connection->client.port);
    case FIELD_SERVER_PORT:     return connection && number(out, connection->server.port);
    case FIELD_PROTOCOL:
        return connection && word(out, event_protocol_name((enum protocol)connection->protocol));
    case FIELD_MIDSTREAM:       return connection && number(out, connection->midstream);
    case FIELD_GUESSED:         return connection && number(out, connection->guessed);
    default:                    return false;
    }
}

/* Both sides of the connection, one value each. */
static bool get_either_side(enum field_id id, const struct event *event, size_t nth, struct field_value *out)
{
    const struct connection *connection = event->connection;

    if (connection == NULL || nth > 1) {
        return false;
    }
    const struct endpoint *endpoint = nth == 0 ? &connection->client : &connection->server;
    return id == FIELD_IP ? address(out, endpoint) : number(out, endpoint->port);
}

static bool get_finding(enum field_id id, const struct event *event, size_t nth, struct field_value *out)
{
    struct finding finding;
    unsigned next = 0;

    for (size_t i = 0; rules_next(event, &next, &finding); i++) {
        if (i == nth) {
            return word(out, id == FIELD_FINDING    ? finding.rule->id
                             : id == FIELD_SEVERITY ? rules_severity_name(finding.rule->severity)
                                                    : rules_side_name(finding.side));
        }
    }
    return false;
}

/* --- HTTP and the handshake ------------------------------------------------------------------------ */

static const struct http_head *head_of(const struct event *event, bool request)
{
    if (event->kind == EVENT_HTTP && event->http.head->is_request == request) {
        return event->http.head;
    }
    if (event->kind == EVENT_HANDSHAKE) {
        return request ? event->handshake->request : event->handshake->response;
    }
    return NULL;
}

/* With a name, the values of the fields so called; without, the names of all. */
static bool get_header(struct bytes name, const struct event *event, size_t nth, struct field_value *out)
{
    for (int request = 1; request >= 0; request--) {
        const struct http_head *head = head_of(event, request);

        for (size_t i = 0; head != NULL && i < head->field_count; i++) {
            const struct http_field *field = &head->fields[i];
            bool wanted = name.length == 0 || (field->name.length == name.length &&
                          strncasecmp((const char *)field->name.data, (const char *)name.data,
                                      name.length) == 0);

            if (wanted && nth-- == 0) {
                return text_if(out, true, name.length == 0 ? field->name : field->value);
            }
        }
    }
    return false;
}

static bool get_http(enum field_id id, const struct event *event, struct field_value *out)
{
    const struct http_head *request = head_of(event, true);
    const struct http_head *response = head_of(event, false);

    switch (id) {
    case FIELD_HTTP_REQUEST:        return number_if(out, event->kind == EVENT_HTTP, request != NULL);
    case FIELD_HTTP_METHOD:         return request && text_if(out, true, request->method);
    case FIELD_HTTP_TARGET:         return request && text_if(out, true, request->target);
    case FIELD_HTTP_STATUS:         return response && number(out, response->status);
    case FIELD_HTTP_REASON:         return response && text_if(out, true, response->reason);
    case FIELD_HTTP_BODY_LENGTH:
        return event->kind == EVENT_HTTP && number(out, event->http.head->body_length);
    default:                        return false;
    }
}

static bool get_handshake(enum field_id id, const struct event *event, struct field_value *out)
{
    if (event->kind != EVENT_HANDSHAKE) {
        return false;
    }
    const struct handshake *handshake = event->handshake;

    switch (id) {
    case FIELD_VERDICT:         return word(out, event_verdict_name(handshake->verdict));
    case FIELD_KEY:             return text_if_any(out, handshake->key);
    case FIELD_ACCEPT:          return text_if_any(out, handshake->accept);
    case FIELD_ACCEPT_EXPECTED: return text_if_any(out, bytes_of_text(handshake->accept_expected));
    case FIELD_VERSION:         return text_if_any(out, handshake->version);
    case FIELD_ORIGIN:          return text_if_any(out, handshake->origin);
    case FIELD_HOST:            return text_if_any(out, handshake->host);
    case FIELD_SUBPROTOCOL:     return text_if_any(out, handshake->subprotocol);
    case FIELD_DEFLATE:         return number(out, handshake->deflate.agreed);
    default:                    return false;
    }
}

/* --- frames, messages and the end ------------------------------------------------------------------ */

static bool get_message(enum field_id id, const struct event *event, struct field_value *out)
{
    const struct message *message = event->message.message;

    switch (id) {
    case FIELD_OPCODE:              out->number = message->opcode;
                                    return word(out, frame_opcode_name(message->opcode));
    case FIELD_LENGTH:
    case FIELD_MESSAGE_LENGTH:      return number(out, message->length);
    case FIELD_COMPRESSED:          return number(out, message->compressed);
    case FIELD_TEXT_OF:             return text_if(out, true, message->payload);
    case FIELD_MESSAGE_NUMBER:      return number(out, message->number);
    case FIELD_MESSAGE_WIRE_LENGTH: return number(out, message->wire_length);
    case FIELD_MESSAGE_FRAMES:      return number(out, message->frames);
    case FIELD_MESSAGE_COMPLETE:    return number(out, message->complete);
    case FIELD_MESSAGE_TRUNCATED:   return number(out, message->truncated);
    default:                        return false;
    }
}

static bool get_frame(enum field_id id, const struct event *event, struct field_value *out)
{
    const struct event_frame *seen = &event->frame;
    const struct frame *frame = seen->frame;

    switch (id) {
    case FIELD_OPCODE:          out->number = frame->opcode;
                                return word(out, frame_opcode_name(frame->opcode));
    case FIELD_FIN:             return number(out, frame->fin);
    case FIELD_RSV:             return number(out, frame->rsv);
    case FIELD_MASKED:          return number(out, frame->masked);
    case FIELD_MASK:            return text_if(out, frame->masked, bytes_of(frame->mask, sizeof frame->mask));
    case FIELD_LENGTH:          return number(out, frame->length);
    case FIELD_HEADER_LENGTH:   return number(out, frame->header_length);
    case FIELD_OFFSET:          return number(out, frame->offset);
    case FIELD_LOST:            return number(out, frame->lost);
    case FIELD_COMPRESSED:      return number(out, seen->compressed);
    case FIELD_TEXT_OF:         return text_if(out, true, seen->payload);
    case FIELD_MESSAGE_NUMBER:  return number_if(out, seen->message != 0, seen->message);
    case FIELD_ROUND_TRIP:      return number_if(out, seen->round_trip >= 0, (uint64_t)seen->round_trip);
    case FIELD_CLOSE_CODE:      return number_if(out, seen->close_code != 0, seen->close_code);
    case FIELD_CLOSE_REASON:    return text_if_any(out, seen->close_reason);
    default:                    return false;
    }
}

static bool get_close(enum field_id id, const struct event *event, struct field_value *out)
{
    const struct event_close *close = &event->close;

    switch (id) {
    case FIELD_CLOSE_HOW:       return word(out, event_close_name(close->how));
    case FIELD_CLOSE_FIRST:     return close->first_known && word(out, event_direction_name(close->first));
    case FIELD_CLOSE_CODE:      return number_if(out, close->code_known, close->code);
    case FIELD_CLOSE_REASON:    return text_if_any(out, close->reason);
    case FIELD_CLOSE_API_CODE:  return number_if(out, close->api_code[C2S] != 0, close->api_code[C2S]);
    case FIELD_CLOSE_SERVER_API_CODE:
        return number_if(out, close->api_code[S2C] != 0, close->api_code[S2C]);
    default:                    return false;
    }
}

static bool get_gap(enum field_id id, const struct event *event, struct field_value *out)
{
    switch (id) {
    case FIELD_GAP_BYTES:   return number(out, event->gap.bytes);
    case FIELD_GAP_SKIPPED: return number(out, event->gap.skipped);
    case FIELD_GAP_RESUMED: return word(out, event_resumed_name(event->gap.resumed));
    case FIELD_OFFSET:      return number(out, event->gap.offset);
    default:                return false;
    }
}

static bool get_segment(enum field_id id, const struct event *event, struct field_value *out)
{
    const struct segment *segment = event->segment.segment;

    switch (id) {
    case FIELD_TCP_SEQUENCE:        return number(out, segment->sequence);
    case FIELD_TCP_ACKNOWLEDGMENT:  return number_if(out, segment->flags & TCP_ACK, segment->acknowledgment);
    case FIELD_TCP_WINDOW:          return number(out, segment->window);
    case FIELD_TCP_LENGTH:          return number(out, segment->payload.length + segment->cut);
    case FIELD_TCP_SYN:             return number(out, (segment->flags & TCP_SYN) != 0);
    case FIELD_TCP_FIN:             return number(out, (segment->flags & TCP_FIN) != 0);
    case FIELD_TCP_RST:             return number(out, (segment->flags & TCP_RST) != 0);
    case FIELD_TCP_RETRANSMITTED:   return number(out, event->segment.retransmitted);
    case FIELD_TCP_OUT_OF_ORDER:    return number(out, event->segment.out_of_order);
    case FIELD_TCP_KEEPALIVE:       return number(out, event->segment.keepalive);
    case FIELD_OFFSET:              return number(out, event->segment.offset);
    default:                        return false;
    }
}

static bool get_of_kind(enum field_id id, const struct event *event, struct field_value *out)
{
    switch (event->kind) {
    case EVENT_CUT:
    case EVENT_FRAME:   return get_frame(id, event, out);
    case EVENT_MESSAGE: return get_message(id, event, out);
    case EVENT_CLOSE:   return get_close(id, event, out);
    case EVENT_GAP:     return get_gap(id, event, out);
    case EVENT_SEGMENT: return get_segment(id, event, out);
    default:            return false;
    }
}

/* --- the table ------------------------------------------------------------------------------------- */

bool fields_is_text(const struct field *field)
{
    return field->type == FIELD_TEXT || field->type == FIELD_INDEXED_TEXT;
}

bool fields_is_name(const struct field *field)
{
    return field->type == FIELD_NAME || field->type == FIELD_NUMBERED_NAME;
}

const struct field *fields_table(size_t *count)
{
    *count = FIELDS;
    return table;
}

const struct field *fields_find(struct bytes name)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if (bytes_equal(name, bytes_of_text(table[i].name))) {
            return &table[i];
        }
    }
    return NULL;
}

/* The rules' ids are the words of `finding`, kind by kind. */
static struct bytes rule_id(size_t nth)
{
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        size_t count;
        const struct rule *rules = rules_of((enum event_kind)kind, &count);

        if (nth < count) {
            return bytes_of_text(rules[nth].id);
        }
        nth -= count;
    }
    return bytes_of(NULL, 0);
}

struct bytes fields_word(const struct field *field, size_t nth)
{
    const char *at = field->names;

    if (field - table == FIELD_FINDING) {
        return rule_id(nth);
    }
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, " ");

        if (nth-- == 0) {
            return bytes_of(at, length);
        }
        at += length + (at[length] == ' ');
    }
    return bytes_of(NULL, 0);
}

#define NAME_MAX_LENGTH 40

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

/* Levenshtein's distance: letters to add, drop or change. */
static size_t edits(struct bytes from, struct bytes to)
{
    size_t row[NAME_MAX_LENGTH + 1];

    for (size_t i = 0; i <= to.length; i++) {
        row[i] = i;
    }
    for (size_t i = 0; i < from.length; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < to.length; j++) {
            size_t kept = diagonal + (from.data[i] != to.data[j]);

            diagonal = row[j + 1];
            row[j + 1] = least(kept, row[j] + 1, diagonal + 1);
        }
    }
    return row[to.length];
}

/* The last part of a dotted name: people write `status` for http.status. */
static struct bytes last_part(const char *name)
{
    const char *dot = strrchr(name, '.');

    return bytes_of_text(dot ? dot + 1 : name);
}

const struct field *fields_nearest(struct bytes name)
{
    const struct field *nearest = NULL;
    size_t best = 1 + name.length / 3;

    for (size_t i = 0; i < FIELDS && name.length <= NAME_MAX_LENGTH; i++) {
        size_t distance = edits(name, bytes_of_text(table[i].name));

        if (bytes_equal(name, last_part(table[i].name))) {
            return &table[i];
        }
        if (distance <= best && (nearest == NULL || distance < best)) {
            best = distance;
            nearest = &table[i];
        }
    }
    return nearest;
}

bool fields_get(const struct field *field, struct bytes index, const struct event *event, size_t nth,
                struct field_value *out)
{
    enum field_id id = (enum field_id)(field - table);

    *out = (struct field_value){ .number = 0 };
    switch (id) {
    case FIELD_HTTP_HEADER:
        return get_header(index, event, nth, out);
    case FIELD_IP:
    case FIELD_PORT:
        return get_either_side(id, event, nth, out);
    case FIELD_FINDING:
    case FIELD_SEVERITY:
    case FIELD_FINDING_SIDE:
        return event->faults != 0 && get_finding(id, event, nth, out);
    default:
        return nth == 0 && (get_common(id, event, out) || get_http(id, event, out) ||
                            get_handshake(id, event, out) || get_of_kind(id, event, out));
    }
}
