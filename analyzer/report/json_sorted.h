/* SPDX-License-Identifier: MIT */
#ifndef WS101_JSON_SORTED_H
#define WS101_JSON_SORTED_H

/* json_sorted - JSON in one layout, so that texts which say the same look the same.
 *
 * Comes in:   any bytes. Goes out: where they are JSON, a line per value, indented, members in the order of
 *             their names (of equal ones, as they came); strings and numbers stand as they were sent.
 * Ownership:  the text is the caller's, to be freed.
 */

#include "core/bytes.h"

#define JSON_SORTED_MAX (16 << 20) /* bytes of the result */

/* NULL where it is not JSON, becomes longer than that, or there is no memory. */
char *json_sorted(struct bytes text, size_t *length);

#endif
