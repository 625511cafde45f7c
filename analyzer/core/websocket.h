/* SPDX-License-Identifier: MIT */
#ifndef WS101_WEBSOCKET_H
#define WS101_WEBSOCKET_H

/* websocket - one WebSocket connection: two directions of frames, and what ties them together.
 *
 * Comes in:   the chunks of both directions' streams, gaps included.
 * Goes out:   EVENT_FRAME, EVENT_MESSAGE, EVENT_GAP and notices, through the emitter.
 * Ownership:  struct websocket is from struct memory. Between frames it is small; a frame or message that
 *             stays under way over a chunk's end is kept apart until it is whole.
 * RFC 6455 sections 5 to 7: what one direction alone cannot tell - masks against the side, Pong against
 * Ping, Close against Close.
 */

#include "emitter.h"
#include "stream.h"

struct websocket;

/* What was agreed; the struct is copied. other_extension: so was one that we cannot read, and what it does to
 * payloads is not undone. guessed: no handshake was seen, so that compression is believed when RSV1 shows it,
 * and its windows are unknown. NULL when there is no memory. */
struct websocket *websocket_create(const struct handshake_deflate *deflate, bool other_extension,
                                   bool guessed, struct memory *memory);

/* The handshake broke a rule: a client that hangs up without a frame has failed the connection before it was
 * established, and owes no Close (section 7.1.7). */
void websocket_handshake_broken(struct websocket *websocket);

/* Gives everything back; messages under way are dropped without an event. */
void websocket_destroy(struct websocket *websocket, struct emitter *emitter);

/* The next chunk of one direction. peer_saw: the offset in the other direction up to which the sender of
 * this chunk had acknowledged, 0 where that is not known. sent: this direction's tally. */
void websocket_chunk(struct websocket *websocket, struct emitter *emitter, enum direction direction,
                     const struct chunk *chunk, uint64_t peer_saw, struct tally *sent);

/* The direction's bytes have ended: what is under way is told. */
void websocket_end(struct websocket *websocket, struct emitter *emitter, enum direction direction,
                   struct tally *sent);

/* Frames were lost, or we joined, before the next byte of this direction: its offset. */
void websocket_lost(struct websocket *websocket, struct emitter *emitter, enum direction direction,
                    uint64_t offset, uint64_t gap);

/* How TCP ended a direction. */
struct websocket_end {
    bool seen;                  /* its packets were captured at all */
    bool fin;                   /* with a FIN, all its bytes seen */
    bool followed;              /* and that FIN acknowledged the other's */
    uint64_t peer_saw;          /* the FIN's sender had that much of the other direction: an offset in it */
};

/* How the connection looks at its end: given how TCP ended, fills in close codes, first and how (where Close
 * frames tell), cut, and the faults that only the end shows. */
void websocket_summary(const struct websocket *websocket, const struct websocket_end ends[2],
                       struct event_close *close, uint64_t *faults);

#endif
