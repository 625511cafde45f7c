/* SPDX-License-Identifier: MIT */
#ifndef WS101_RESUME_H
#define WS101_RESUME_H

/* resume - is this the start of a WebSocket frame? For bytes that come after a loss, or that we joined late.
 *
 * Comes in:   bytes in order whose meaning is not known, and where TCP segments began in them.
 * Goes out:   the first place from which the bytes read as a run of frames so consistently that chance is
 *             no explanation; or that there is none yet, or none at all. A place inside a segment needs more
 *             evidence than one where a segment begins.
 * Ownership:  struct resume and its buffer are from struct memory; the buffer holds RESUME_BUFFER bytes at
 *             most: beyond that the oldest are passed over.
 *
 * The evidence is counted in bits: a header that random bytes would show once in 2^n times is worth n.
 */

#include "bytes.h"
#include "memory.h"
#include "stream.h"

#define RESUME_BUFFER (256 * 1024)
#define RESUME_STARTS 128
#define RESUME_CANDIDATES 64

/* Bits of evidence that are enough: for a connection known to be WebSocket, and for one that may be not. */
#define RESUME_PROOF        22
#define RESUME_PROOF_JOINED 32
#define RESUME_PROOF_END    16  /* nothing will follow, and all there is reads as frames to the last byte */

enum resume_mask {
    RESUME_MASK_EITHER,
    RESUME_MASKED,              /* a client's frames */
    RESUME_UNMASKED,            /* a server's */
};

struct resume;

struct resume_verdict {
    bool possible;              /* at least one place is not ruled out */
    unsigned bits;              /* evidence for the best place */
    unsigned frames;            /* whole headers read from there */
    size_t at;                  /* where it is, in the buffer */
    bool masked;
};

/* NULL when there is no memory. offset: of the first byte to come in its stream. */
struct resume *resume_create(uint64_t offset, struct memory *memory);
void resume_destroy(struct resume *resume, struct memory *memory);

/* Adds the next bytes. False when memory is spent: they are passed over, and what was held with them. */
bool resume_add(struct resume *resume, struct bytes bytes, bool segment_start, struct memory *memory);

/* Judges all that was added so far. ended: nothing more will come. */
struct resume_verdict resume_judge(struct resume *resume, enum resume_mask mask, bool ended);

/* The bytes held, and the stream offset of the first. */
struct bytes resume_bytes(const struct resume *resume);
uint64_t resume_offset(const struct resume *resume);

/* Bytes that were passed over because the buffer was full. */
uint64_t resume_passed(const struct resume *resume);

/* What is held, chunk by chunk as it was added: *at is 0 at the first. False at the end. */
bool resume_next(const struct resume *resume, size_t *at, struct chunk *out);

#endif
