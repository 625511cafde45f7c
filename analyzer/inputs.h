/* SPDX-License-Identifier: MIT */
#ifndef WS101_INPUTS_H
#define WS101_INPUTS_H

/* inputs - everything that a command reads from and writes packets to, opened before rights are given up.
 *
 * Comes in:   options: files, standard input or an interface; -w.
 * Goes out:   open captures in the order in which they were named, and the writer. Of the files nothing has
 *             been read yet.
 * Ownership:  struct inputs owns all of it until inputs_close, but for captures that were taken out.
 */

#include <stdbool.h>
#include <stddef.h>

#include "capture/capture.h"
#include "options.h"

struct inputs {
    struct capture **captures;          /* NULL: taken */
    size_t count;
    struct capture_writer *writer;      /* or NULL */
};

/* Opens all of them. False, with *error, when one cannot be opened: then none is. */
bool inputs_open(struct inputs *inputs, const struct options *options, struct error *error);

/* The same captures once more, for packets that are wanted a second time, when nothing can be opened any
 * longer: the files; for what comes only once, the file that -w writes; none where there is neither. */
bool inputs_open_again(struct inputs *again, const struct options *options, struct error *error);

/* The name of one of them, as it was given. */
const char *inputs_name(const struct options *options, size_t index);

/* One of them, from now on the caller's. */
struct capture *inputs_take(struct inputs *inputs, size_t index);

/* Closes what is left, and the writer, whatever becomes of what it still had. */
void inputs_close(struct inputs *inputs);

#endif
