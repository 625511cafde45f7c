/* SPDX-License-Identifier: MIT */
#ifndef WS101_OUTLINE_H
#define WS101_OUTLINE_H

/* outline - a detail as lines of text: what print -v and -x put under an event's line.
 *
 * Comes in:   a detail. Goes out: a line for each node, with its bytes, its bits, its value and what it is
 * for; or the bytes as a dump, sixteen to a line, and beside those of a masked payload what they mean.
 */

#include "detail.h"
#include "output.h"

struct outline_setting {
    size_t columns; /* where lines end and sentences go to the next one; 0: no terminal */
    bool colour;
};

/* Findings are left out: they have lines of their own. */
void outline_write(struct output *output, const struct detail *detail, const struct outline_setting *setting);

/* At most OUTLINE_DUMPED bytes; of the rest it says how many. */
void outline_dump(struct output *output, const struct detail *detail, const struct outline_setting *setting);

#define OUTLINE_DUMPED 4096

#endif
