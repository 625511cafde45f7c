/* SPDX-License-Identifier: MIT */
#ifndef WS101_TRAFFIC_H
#define WS101_TRAFFIC_H

/* traffic - what passes, by kind: whole messages, control frames, HTTP requests and responses. */

#include "core/event.h"

enum traffic_kind {
    TRAFFIC_TEXT,
    TRAFFIC_BINARY,
    TRAFFIC_PING,
    TRAFFIC_PONG,
    TRAFFIC_CLOSE,
    TRAFFIC_HTTP,
    TRAFFIC_KINDS
};

struct traffic {
    enum traffic_kind kind;
    uint64_t bytes;         /* as applications get them; of HTTP, head and body as sent */
};

/* Whether the event is such a piece of traffic; fills *out then. */
bool traffic_of(const struct event *event, struct traffic *out);

/* "text", "binary", … */
const char *traffic_name(enum traffic_kind kind);

#endif
