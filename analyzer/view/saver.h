/* SPDX-License-Identifier: MIT */
#ifndef WS101_SAVER_H
#define WS101_SAVER_H

/* saver - does what the screen "Save" asks for: creates the file, and fills it a piece a turn, so that no key
 * has to wait.
 *
 * Comes in:   the viewer's request: what, as what, to which file; where packets can be read once more.
 * Goes out:   a new file, and a line for the user. A file that exists stays as it is.
 * Ownership:  the saver is the caller's; viewer and source are borrowed until saver_release.
 */

#include "capture/capture.h"
#include "inputs.h"
#include "viewer.h"

struct saver;

struct saver_source {
    const struct inputs *again;    /* captures that hold the packets; none where they came only once */
    struct capture_writer *writer; /* what -w writes to, or NULL */
};

/* NULL when there is no memory. */
struct saver *saver_create(struct viewer *viewer);
void saver_destroy(struct saver *saver);

/* Begins with what viewer->save asks for; what was under way is broken off. */
void saver_start(struct saver *saver, const struct saver_source *source);

/* Breaks off what is under way: the store begins anew, or the program ends. */
void saver_cancel(struct saver *saver);

/* A piece of the work. False when there is nothing to do. */
bool saver_work(struct saver *saver);

#endif
