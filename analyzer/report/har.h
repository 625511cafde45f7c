/* SPDX-License-Identifier: MIT */
#ifndef WS101_HAR_H
#define WS101_HAR_H

/* har - an HTTP Archive 1.2, with a WebSocket's messages as Chromium's DevTools writes and imports them.
 *
 * Comes in:   one exchange after another, each with its connection; the messages of a WebSocket between
 *             har_open and har_close.
 * Goes out:   one JSON object: log.entries, one for each request; _webSocketMessages in those that became a
 *             WebSocket, each with type, time, opcode and data: the text of a text, base64 of all else.
 * What the archive cannot tell as it was (bytes lost, a payload cut, bodies, which are not kept) stands in
 * `comment`, which the format allows everywhere. Names of Chromium's and of ours begin with an underscore.
 */

#include "core/event.h"
#include "object.h"

struct har {
    struct object object;
    bool in_messages;           /* the entry under way is a WebSocket's, and its list is open */
};

/* A request and its answer; either may be missing. Views, borrowed for the call. */
struct har_exchange {
    const struct connection *connection;
    const struct http_head *request, *response;
    int64_t asked, answered;    /* times: of the request, of the response where there is one */
    int64_t ended;              /* of a WebSocket: when it was last heard of */
    bool websocket;             /* messages follow */
};

void har_begin(struct har *har, struct output *output, const char *version);
void har_end(struct har *har, const char *comment);     /* comment: or NULL */

void har_open(struct har *har, const struct har_exchange *exchange);

/* A whole message, or a control frame, of the entry under way. */
void har_message(struct har *har, const struct event *event);

/* comment: on the entry, or NULL. */
void har_close(struct har *har, const char *comment);

#endif
