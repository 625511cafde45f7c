/* SPDX-License-Identifier: MIT */
#ifndef WS101_JOINING_H
#define WS101_JOINING_H

/* joining - what does this connection speak? Asked at its first bytes, and when we join it later.
 *
 * Comes in:   the first chunks of both directions.
 * Goes out:   a verdict. Until there is one the bytes are held, bounded; then the caller hands them on.
 * Ownership:  struct joining is from struct memory.
 * A connection seen from its start is judged by its first bytes. One joined in the middle is WebSocket when
 * both directions read as frames, one masked and the other not, beyond what chance explains.
 */

#include "memory.h"
#include "stream.h"

struct joining;

enum joining_protocol {
    JOINING_WAIT,               /* not enough bytes yet */
    JOINING_HTTP,
    JOINING_WEBSOCKET,
    JOINING_TLS,
    JOINING_OTHER,
};

struct joining_verdict {
    enum joining_protocol protocol;
    bool swapped;               /* client and server are the other way round than assumed */
};

/* fresh: the connection was seen from its first byte. NULL when there is no memory. */
struct joining *joining_create(bool fresh, struct memory *memory);
void joining_destroy(struct joining *joining, struct memory *memory);

/* The next chunk of one direction; a gap starts that direction's evidence anew. guess: whether WebSocket may
 * be recognised without a handshake. */
struct joining_verdict joining_chunk(struct joining *joining, enum direction direction,
                                     const struct chunk *chunk, bool guess, struct memory *memory);

/* Judges once more at the connection's end, when nothing will follow. */
struct joining_verdict joining_finish(const struct joining *joining, bool guess);

/* What was held of a direction, chunk by chunk as it came: *at is 0 at the first. False at the end. Good
 * until joining_destroy. */
bool joining_next(const struct joining *joining, enum direction direction, size_t *at, struct chunk *out);

/* All that is held of a direction in one view; false where nothing is. */
bool joining_whole(const struct joining *joining, enum direction direction, struct bytes *out);

/* Whether the connection is still judged as one seen from its first byte: no gap came between. */
bool joining_is_fresh(const struct joining *joining);

/* What a direction has lost so far: how many bytes, and the offset of the first; false where nothing is. */
bool joining_lost(const struct joining *joining, enum direction direction, uint64_t *offset, uint64_t *bytes);

/* The offset of the first byte held of a direction; false where nothing is. */
bool joining_offset(const struct joining *joining, enum direction direction, uint64_t *offset);

#endif
