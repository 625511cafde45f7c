/* SPDX-License-Identifier: MIT */
#ifndef WS101_EXPLAINING_H
#define WS101_EXPLAINING_H

/* explaining - the command explain: hexadecimal words, or standard input, to explained frames. */

#include "options.h"
#include "report/output.h"

/* The exit status: EXIT_USAGE, and one line that names the place, where something is no byte. */
int explaining_run(const struct options *options, struct output *output, bool colour);

#endif
