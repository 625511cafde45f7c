/* SPDX-License-Identifier: MIT */
#include "traffic.h"

static bool control_of(const struct frame *frame, struct traffic *out)
{
    switch (frame->opcode) {
    case FRAME_PING:
        out->kind = TRAFFIC_PING;
        break;
    case FRAME_PONG:
        out->kind = TRAFFIC_PONG;
        break;
    case FRAME_CLOSE:
        out->kind = TRAFFIC_CLOSE;
        break;
    default:
        return false;
    }
    out->bytes = frame->length;
    return true;
}

bool traffic_of(const struct event *event, struct traffic *out)
{
    switch (event->kind) {
    case EVENT_MESSAGE:
        out->kind = event->message.message->opcode == FRAME_TEXT ? TRAFFIC_TEXT : TRAFFIC_BINARY;
        out->bytes = event->message.message->length;
        return true;
    case EVENT_FRAME:
        return control_of(event->frame.frame, out);
    case EVENT_HTTP:
        out->kind = TRAFFIC_HTTP;
        out->bytes = event->http.head->raw.length + event->http.head->body_length;
        return true;
    default:
        return false;
    }
}

const char *traffic_name(enum traffic_kind kind)
{
    static const char *const names[TRAFFIC_KINDS] = {
        [TRAFFIC_TEXT] = "text", [TRAFFIC_BINARY] = "binary", [TRAFFIC_PING] = "ping",
        [TRAFFIC_PONG] = "pong", [TRAFFIC_CLOSE] = "close",   [TRAFFIC_HTTP] = "HTTP",
    };

    return names[kind];
}
