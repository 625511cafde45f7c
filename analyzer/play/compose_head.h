/* SPDX-License-Identifier: MIT */
#ifndef WS101_COMPOSE_HEAD_H
#define WS101_COMPOSE_HEAD_H

/* compose_head - HTTP messages as they are sent: start line, the fields that the form implies, the script's
 * edits of them, the body.
 *
 * Comes in:   the heads of one connection, in order. Goes out: HTTP/1.1.
 */

#include "buffer.h"
#include "conversation.h"

#define HEAD_KEY_MAX 256

/* The Sec-WebSocket-Key that the next accept answers; of length 0: none was sent yet. */
struct head_key {
    size_t length;
    uint8_t bytes[HEAD_KEY_MAX];
};

/* Cut where it is longer. */
void head_key_set(struct head_key *key, struct bytes text);

/* Appends the whole message. A request's key is kept for the accept that answers it. */
void compose_head(struct head_key *key, const struct item_head *head, struct buffer *out);

#endif
