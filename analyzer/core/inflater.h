/* SPDX-License-Identifier: MIT */
#ifndef WS101_INFLATER_H
#define WS101_INFLATER_H

/* inflater - one direction of permessage-deflate (RFC 7692 section 7.2.2), by zlib.
 *
 * Comes in:   the unmasked payload of compressed messages, in pieces.
 * Goes out:   pieces of the clear payload, in the caller's buffer.
 * Ownership:  the inflater owns its window; all of its memory is asked for when it is created, so that it
 *             cannot run out in the middle of a message.
 * After a loss the window starts empty again. zlib refuses a reference to before it, so a message that
 * inflates is right, and one that does not is said to be lost: nothing is right by luck.
 * The window is 32 KiB whatever was agreed on: with a smaller one zlib takes or refuses a reference that is
 * too far back for it by how the input happens to be cut, and the cuts are not the sender's.
 */

#include "bytes.h"
#include "memory.h"

struct inflater;

enum inflater_step {
    INFLATER_MORE,              /* the input is used up */
    INFLATER_OUTPUT,            /* out is full: call again */
    INFLATER_MISSING,           /* a reference to before the window that we have */
    INFLATER_CORRUPT,           /* not deflate data */
};

/* The window is empty. NULL when there is no memory. */
struct inflater *inflater_create(struct memory *memory);
void inflater_destroy(struct inflater *inflater, struct memory *memory);

/* Memory that one takes, rounded up, to hold against limits.inflate_windows. */
size_t inflater_size(void);

/* Takes bytes from the front of *input and puts *produced clear ones at out, right ones at every answer.
 * After MISSING and CORRUPT only inflater_reset helps. */
enum inflater_step inflater_step(struct inflater *inflater, struct bytes *input,
                                 uint8_t *out, size_t capacity, size_t *produced);

/* The message has ended. False where it may not end there, because something is missing: then, too, only
 * inflater_reset helps. */
bool inflater_finish(struct inflater *inflater);

/* Forgets the window: no context takeover, or bytes were lost. */
void inflater_reset(struct inflater *inflater);

#endif
