/* SPDX-License-Identifier: MIT */
#ifndef WS101_WRAP_H
#define WS101_WRAP_H

/* wrap - a sentence of ours in lines that end before an edge. */

#include "output.h"

/* Writes the sentence's words. column: where the first one begins; indent: where those of further lines do;
 * columns: the edge, 0 for none. Returns the column behind the last word. */
size_t wrap_write(struct output *output, const char *sentence, size_t column, size_t indent, size_t columns);

#endif
