/* SPDX-License-Identifier: MIT */
#ifndef WS101_ARCHIVING_H
#define WS101_ARCHIVING_H

/* archiving - `json --har`: the whole input as one HTTP Archive.
 *
 * An archive lists a request with everything that followed from it, so it can only be written when all has
 * been read: the messages are kept meanwhile. */

#include "options.h"
#include "report/output.h"

/* The exit status. */
int archiving_run(const struct options *options, struct output *output);

#endif
