/* SPDX-License-Identifier: MIT */
#ifndef WS101_FILTER_H
#define WS101_FILTER_H

/* filter - the display filter (-Y): an expression over the fields of an event.
 *
 * Comes in:   text such as
 *                 opcode == ping && dir == c2s
 *                 text matches "(?i)error" or severity == must
 *                 close.code in {1002, 1006 .. 1011} and not midstream
 *                 http.header["Origin"] contains "example"
 * Goes out:   yes or no for every event.
 * Ownership:  the filter is the caller's until filter_free; it keeps no view of the text.
 *
 * A field alone is true where the event has it (a flag: where it is set). Comparisons are false where the
 * event has no such field, != included. Where a field has several values one that fits is enough, but for
 * !=, which no value may contradict. The operators' names are tshark's: eq ne lt le gt ge ~ as well.
 */

#include "core/event.h"
#include "lexer.h"

struct filter;

/* NULL, with *error, when the text is not a filter. */
struct filter *filter_parse(const char *text, struct filter_error *error);

/* The same, with the place named in the sentence. */
struct filter *filter_compile(const char *text, char *error, size_t capacity);

bool filter_matches(const struct filter *filter, const struct event *event);
void filter_free(struct filter *filter);

#endif
