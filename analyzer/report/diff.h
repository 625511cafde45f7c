/* SPDX-License-Identifier: MIT */
#ifndef WS101_DIFF_H
#define WS101_DIFF_H

/* diff - what has to go from one list of pieces, and what has to come, so that it becomes another.
 *
 * Comes in:   two lists of pieces: lines, words, rows of bytes.
 * Goes out:   runs of pieces that stayed, went and came, in order; as few went and came as can be: Myers, "An
 *             O(ND) Difference Algorithm and Its Variations", 1986.
 * Ownership:  pieces are the caller's and looked at only during the call; the runs stay until diff_release.
 * Bounds:     beyond DIFF_EDITS_MAX pieces that differ, or DIFF_STEPS_MAX comparisons, it gives up: what the
 *             two do not have in common at their ends then counts as gone and come.
 */

#include "core/bytes.h"

#define DIFF_EDITS_MAX 1000
#define DIFF_STEPS_MAX 20000000

enum diff_kind { DIFF_SAME, DIFF_GONE, DIFF_NEW };

/* count pieces from a, from old on (same, gone), or from b, from fresh on (same, new). */
struct diff_run {
    enum diff_kind kind;
    size_t old, fresh, count;
};

struct diff {
    struct diff_run *runs;
    size_t count;
    bool gave_up;
};

/* False when there is no memory. */
bool diff_make(struct diff *diff, const struct bytes *a, size_t a_count, const struct bytes *b,
               size_t b_count);
void diff_release(struct diff *diff);

#endif
