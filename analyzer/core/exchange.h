/* SPDX-License-Identifier: MIT */
#ifndef WS101_EXCHANGE_H
#define WS101_EXCHANGE_H

/* exchange - HTTP on one connection: which answer belongs to which request, and when HTTP is over.
 *
 * Comes in:   the chunks of both directions' streams, gaps included, cause before effect.
 * Goes out:   EVENT_HTTP for each message whose body has ended, EVENT_HANDSHAKE for each upgrade request
 *             that was answered, EVENT_GAP; and the outcome: what the connection speaks from here on.
 * Ownership:  struct exchange is from struct memory. An upgrade request's head is kept until its answer, and
 *             what the client sends meanwhile is held, bounded, because the answer decides what it means.
 * RFC 9112 section 9.3 (persistence, pipelining), RFC 9110 sections 7.8 (Upgrade) and 9.3.6 (CONNECT).
 */

#include "emitter.h"
#include "resume.h"
#include "stream.h"

struct exchange;

enum exchange_outcome {
    EXCHANGE_GOES_ON,
    EXCHANGE_WEBSOCKET,         /* see struct exchange_upgrade */
    EXCHANGE_TUNNEL,            /* a 2xx to CONNECT: anything may follow */
    EXCHANGE_HTTP2,
    EXCHANGE_OTHER,             /* not HTTP any more, or never was */
};

/* With EXCHANGE_WEBSOCKET. */
struct exchange_upgrade {
    struct handshake_deflate deflate;
    bool other_extension;
    bool unasked;               /* the request was not captured */
    bool broken;                /* the handshake broke a rule */
    bool guessed;               /* the answer was not captured: what was agreed is not known */
    uint64_t gap;               /* the server's bytes that were lost with it */
};

/* lost: joined in mid-connection. NULL when there is no memory. */
struct exchange *exchange_create(bool lost, struct memory *memory);
void exchange_destroy(struct exchange *exchange, struct memory *memory);

/* The next chunk of one direction; alone: the other, or its beginning, was waited for in vain. After another
 * outcome than EXCHANGE_GOES_ON, *rest is what this direction's chunk holds beyond HTTP, and
 * exchange_held what the client had sent before the answer. */
enum exchange_outcome exchange_chunk(struct exchange *exchange, struct emitter *emitter,
                                     enum direction direction, const struct chunk *chunk, bool alone,
                                     struct bytes *rest, struct exchange_upgrade *upgrade);

/* What the client had sent before the outcome; good until exchange_destroy. */
struct exchange_held {
    struct bytes bytes;
    uint64_t offset;            /* of the first byte, or where it would be */
    uint64_t gap;               /* how many just before them were lost, or had no room */
    bool lost;                  /* they begin behind a loss: perhaps inside a frame */
};

struct exchange_held exchange_held(const struct exchange *exchange);

/* What the server sent behind an answer that was lost, until that was taken for a 101; or NULL. Good as
 * long. */
const struct resume *exchange_behind_answer(const struct exchange *exchange);

/* The direction's bytes have ended: a body that only the end delimits is told. by_fin: its sender has ended
 * them, and not the capture. */
void exchange_end(struct exchange *exchange, struct emitter *emitter, enum direction direction, bool by_fin);

/* The connection is over. EXCHANGE_WEBSOCKET when the upgrade's answer was never captured but the client's
 * frames show that it was accepted; else EXCHANGE_GOES_ON. */
enum exchange_outcome exchange_finish(struct exchange *exchange, struct emitter *emitter,
                                      struct exchange_upgrade *upgrade);

#endif
