/* SPDX-License-Identifier: MIT */
#ifndef WS101_SERVER_WEBSOCKET_H
#define WS101_SERVER_WEBSOCKET_H

/* websocket - the handshake, then frames (RFC 6455).
 *
 * Comes in:   an upgrade request (handshake.c); then the client's bytes, cut anywhere (websocket.c).
 * Goes out:   whole messages to the endpoint; frames; before every end a Close with its reason.
 * Ownership:  the message under way belongs to the client; the endpoint sees it until it returns.
 */

#include "http.h"

enum opcode { CONTINUATION = 0x0, TEXT = 0x1, BINARY = 0x2, CLOSE = 0x8, PING = 0x9, PONG = 0xA };

/* RFC 6455 section 7.4.1 */
enum close_code {
    CLOSE_GOING_AWAY = 1001, CLOSE_PROTOCOL_ERROR, CLOSE_INVALID_DATA = 1007, CLOSE_POLICY, CLOSE_TOO_BIG
};

/* Answers an upgrade request: 101, or a refusal that says why (RFC 6455 section 4.2). */
void handshake_answer(struct client *client, struct request *request);

/* Takes what it can of the input, which it unmasks in place: how many bytes, 0 for "more is needed". */
size_t websocket_receive(struct client *client, uint8_t *bytes, size_t n);

/* Queues a message or control frame, in one frame; a message compressed, if that was agreed. */
void websocket_send(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n);

/* Sends a message that the client did not ask for: one that reads too slowly is closed instead. */
void websocket_publish(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n);

/* Starts the closing handshake, if the connection is open (RFC 6455 section 7.1.2). */
void websocket_close(struct client *client, enum close_code code, const char *reason);

/* Frees the message under way and the compression's memory. */
void websocket_free(struct client *client);

/* --- text.c: is this UTF-8 so far (RFC 3629 section 3), when it comes in pieces? ------------------- */

/* All zero is the start of a text. */
struct text {
    uint32_t point;         /* the code point's bits so far */
    uint8_t missing;        /* bytes of this character still to come */
    uint8_t length;         /* of how many in all */
};

/* Whether the text may go on with these n bytes. After false the text is over. */
bool text_accept(struct text *text, const uint8_t *bytes, size_t n);

/* --- deflate.c: permessage-deflate (RFC 7692) ----------------------------------------------------------
 *
 * The optional part: leave deflate.c and -lz out of the link, and the server never agrees to it. Hence these
 * are weak symbols, NULL where deflate.c is missing. Memory comes with the first message, so that agreeing
 * alone costs nothing. */

#define OPTIONAL __attribute__((weak))

/* Takes a parameter of an offer, and its value or NULL, into the terms and the text of the answer, which
 * has room. False: the offer cannot be granted. */
enum { DEFLATE_AGREED = 0x80 };     /* the terms of an offer without parameters */
OPTIONAL bool deflate_accept(unsigned *terms, const char *name, const char *value, char *answer);

/* A message deflated; the buffer is the caller's. */
OPTIONAL struct buffer *deflate_compress(struct client *client, const uint8_t *bytes, size_t n);

/* Inflates a piece of a message into the sink. False: this is no DEFLATE, or the sink said stop. */
OPTIONAL bool deflate_expand(struct client *client, uint8_t *bytes, size_t n, bool last,
                             bool (*sink)(struct client *client, const uint8_t *bytes, size_t n));

OPTIONAL void deflate_free(struct deflate *deflate);

#endif
