/* SPDX-License-Identifier: MIT */
#ifndef WS101_INFLATER_H
#define WS101_INFLATER_H

/* inflater - one direction of permessage-deflate (RFC 7692 section 7.2), by zlib.
 *
 * Comes in:   the unmasked payload of compressed messages, in pieces.
 * Goes out:   pieces of the clear payload, in the caller's buffer.
 * Ownership:  the inflater owns its window; memory is asked from struct memory and bounded by limits.
 * After a loss the window starts empty again. zlib refuses a reference to before it, so a message that
 * inflates is right, and one that does not is said to be lost: nothing is right by luck.
 */

#include "bytes.h"
#include "memory.h"

struct inflater;

enum inflater_step {
    INFLATER_MORE,              /* the input is used up */
    INFLATER_OUTPUT,            /* *out holds clear bytes: call again */
    INFLATER_MISSING,           /* a reference to before the window that we know: bytes lost earlier */
    INFLATER_CORRUPT,           /* not deflate data */
};

/* window_bits 8 to 15. NULL when there is no memory. */
struct inflater *inflater_create(uint8_t window_bits, struct memory *memory);
void inflater_destroy(struct inflater *inflater, struct memory *memory);

/* Memory that one takes for that many window bits, to hold against limits.inflate_windows. */
size_t inflater_size(uint8_t window_bits);

/* Takes bytes from the front of *input and puts clear ones at out. */
enum inflater_step inflater_step(struct inflater *inflater, struct bytes *input,
                                 uint8_t *out, size_t capacity, size_t *produced);

/* The message has ended: feeds the 00 00 FF FF that the sender took off (section 7.2.2), with the same
 * answers as inflater_step; call until INFLATER_MORE. */
enum inflater_step inflater_finish(struct inflater *inflater, uint8_t *out, size_t capacity, size_t *produced);

/* Forgets the window: no context takeover, or bytes were lost. known: whether the true window is empty here
 * too (a new connection, no takeover), so that a reference to before it is the sender's fault. */
void inflater_reset(struct inflater *inflater, bool known);

#endif
