/* SPDX-License-Identifier: MIT */
#include "store_connection.h"

const char *store_state_name(enum connection_state state)
{
    static const char *const names[CONNECTION_STATES] = {
        [CONNECTION_CONNECTING] = "connecting", [CONNECTION_HTTP] = "http",
        [CONNECTION_HANDSHAKE] = "handshake",   [CONNECTION_OPEN] = "open",
        [CONNECTION_JOINED] = "joined late",    [CONNECTION_CLOSING] = "closing",
        [CONNECTION_CLOSED] = "closed",         [CONNECTION_RESET] = "reset",
        [CONNECTION_REFUSED] = "refused",       [CONNECTION_FORGOTTEN] = "forgotten",
        [CONNECTION_TLS] = "tls",               [CONNECTION_OTHER] = "other",
    };

    return names[state];
}

static void keep_text(struct store_text *kept, struct bytes text, size_t most)
{
    struct bytes cut = bytes_first(text, most);

    kept->length = (uint8_t)cut.length;
    if (cut.length > 0) {
        memcpy(kept->bytes, cut.data, cut.length);
    }
}

static void note_request(struct store_connection *row, const struct http_head *request)
{
    const struct http_field *host = http_find(request, "Host", 0);

    if (host) {
        keep_text(&row->host, host->value, STORE_HOST_MAX);
    }
    keep_text(&row->target, request->target, STORE_TARGET_MAX);
}

static void note_http(struct store_connection *row, const struct http_head *head)
{
    if (!head->is_request) {
        return;
    }
    row->requests++;
    row->state = CONNECTION_HTTP;
    note_request(row, head);
    if (handshake_is_request(head)) {
        row->upgraded = true;
        row->state = CONNECTION_HANDSHAKE;
    }
}

static void note_handshake(struct store_connection *row, const struct handshake *handshake)
{
    static const enum connection_state states[] = {
        [HANDSHAKE_ACCEPTED] = CONNECTION_OPEN,
        [HANDSHAKE_REFUSED] = CONNECTION_REFUSED,
        [HANDSHAKE_BROKEN] = CONNECTION_OPEN,
        [HANDSHAKE_UNANSWERED] = CONNECTION_HANDSHAKE,
    };

    row->upgraded = true;
    row->state = states[handshake->verdict];
    row->broken = handshake->verdict == HANDSHAKE_BROKEN;
    row->compressed = handshake->deflate.agreed;
    keep_text(&row->subprotocol, handshake->subprotocol, STORE_SUBPROTOCOL_MAX);
    if (handshake->request) {
        note_request(row, handshake->request);
    }
}

static void note_frame(struct store_connection *row, const struct event *event)
{
    const struct event_frame *frame = &event->frame;

    row->upgraded = true;
    if (frame->round_trip >= 0) {
        row->round_trip = frame->round_trip;
    }
    if (frame->frame->opcode == FRAME_CLOSE) {
        if (!row->close_known) {
            row->close_known = true;
            row->close_first = event->direction;
            row->close_code = frame->close_code;
        }
        row->state = CONNECTION_CLOSING;
    }
}

static void note_close(struct store_connection *row, const struct event_close *close)
{
    row->ended = true;
    row->how = close->how;
    if (close->how == CLOSE_RST) {
        row->state = CONNECTION_RESET;
    } else if (close->how == CLOSE_IDLE) {
        row->state = CONNECTION_FORGOTTEN;
    } else if (close->how != CLOSE_END_OF_CAPTURE && row->state != CONNECTION_REFUSED) {
        row->state = CONNECTION_CLOSED;
    }
}

/* What the protocol alone says, while no event has said more. */
static void note_protocol(struct store_connection *row)
{
    if (row->state != CONNECTION_CONNECTING) {
        return;
    }
    switch (row->connection.protocol) {
    case PROTOCOL_WEBSOCKET:
        row->upgraded = true;
        row->state = CONNECTION_JOINED;
        break;
    case PROTOCOL_TLS:
        row->state = CONNECTION_TLS;
        break;
    case PROTOCOL_HTTP2:
    case PROTOCOL_OTHER:
        row->state = CONNECTION_OTHER;
        break;
    default:
        break;
    }
}

static void note_event(struct store_connection *row, const struct event *event)
{
    switch (event->kind) {
    case EVENT_HTTP:
        note_http(row, event->http.head);
        break;
    case EVENT_HANDSHAKE:
        note_handshake(row, event->handshake);
        break;
    case EVENT_FRAME:
        note_frame(row, event);
        break;
    case EVENT_CLOSE:
        note_close(row, &event->close);
        break;
    default:
        break;
    }
}

void store_connection_init(struct store_connection *row, int64_t time)
{
    *row = (struct store_connection){ .last = time, .round_trip = -1 };
}

void store_connection_note(struct store_connection *row, const struct event *event)
{
    row->connection = *event->connection;
    row->last = event->time > row->last ? event->time : row->last;
    note_event(row, event);
    note_protocol(row);
}
