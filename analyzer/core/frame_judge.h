/* SPDX-License-Identifier: MIT */
#ifndef WS101_FRAME_JUDGE_H
#define WS101_FRAME_JUDGE_H

/* frame_judge - what is wrong with a frame that its header alone cannot tell: who sent it, what was agreed
 * on, what came before it.
 *
 * Comes in:   the frames of one direction, in order, as soon as their headers are whole.
 * Goes out:   faults, as bits; and whether these can be frames at all.
 * Ownership:  struct frame_judge is the caller's, one per direction, zeroed at the start.
 * RFC 6455 sections 5.2, 5.3, 5.5.1, 5.8 and 7.1.7. How the frames of a message follow each other, message
 * judges.
 */

#include "frame.h"

struct frame_judge {
    uint8_t mask[4];            /* of the last masked frame */
    bool masked_before;
    uint8_t suspicion;          /* breaches in the headers just before, where each had several */
};

/* What frames may do, as far as it is known. */
struct frame_terms {
    bool deflate;               /* RSV1 is permessage-deflate's */
    bool other_extension;       /* agreed on one that cannot be read here */
    bool guessed;               /* no handshake was seen: nobody knows what was agreed on */
};

/* after_close: the sender has sent its Close before. */
uint64_t frame_judge_header(struct frame_judge *judge, const struct frame *frame, enum direction direction,
                            const struct frame_terms *terms, bool after_close);

/* Whether what reads as a header with these faults can be one: garbage shows several breaches at once. */
bool frame_judge_believes(struct frame_judge *judge, uint64_t faults, const struct frame_terms *terms);

/* The faults that an unknown extension may allow. */
uint64_t frame_judge_excused(const struct frame_terms *terms);

/* Those after which the receiver has to fail the connection, and looks at nothing that follows. */
uint64_t frame_judge_breaches(uint64_t faults);

#endif
