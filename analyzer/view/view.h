/* SPDX-License-Identifier: MIT */
#ifndef WS101_VIEW_H
#define WS101_VIEW_H

/* view - the command: packets into the store, keys into the viewer, the canvas onto the terminal.
 *
 * One thread and one loop. A turn reads packets for a few milliseconds, handles every key that waits and
 * draws the answer, and works on lists for a few milliseconds; what comes without a key is drawn at most
 * thirty times a second. The kernel's ring holds packets meanwhile, and what it drops is shown.
 */

#include <sys/types.h>

#include "options.h"

struct view_settings {
    bool colour;
    const char *filter;         /* a display filter, or NULL */
    pid_t command;              /* what is watched: its end is told; 0 for none */
};

/* The exit status. */
int view_run(const struct options *options, const struct view_settings *settings);

#endif
