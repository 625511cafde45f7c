/* SPDX-License-Identifier: MIT */
#ifndef WS101_ESCAPE_H
#define WS101_ESCAPE_H

/* escape - the one way from the wire, and from names of files and interfaces, to a terminal.
 *
 * Comes in:   any bytes.
 * Goes out:   printable characters only. A control becomes \n, \r, \t or \xNN, a byte that is not UTF-8
 *             \xNN, a character that would steer the terminal or hide (C1, bidirectional controls, tags)
 *             \u{NNNN}, and so do marks beyond the fourth on one character.
 * A backslash stays as it is, so that what has been escaped once passes unchanged a second time.
 */

#include <stddef.h>

#include "core/bytes.h"
#include "output.h"

#define ESCAPE_ALL SIZE_MAX
#define ESCAPE_MARKS_MAX 4
#define ESCAPE_UNIT_MAX 12

/* One character of the result. */
struct escape_unit {
    const char *text;           /* of the input where nothing had to change, else of form */
    size_t length;
    size_t columns;
    char form[ESCAPE_UNIT_MAX];
};

/* Takes the next character from the front of *view; false when it is empty. *marks counts marks on the
 * character before, and is 0 at the start. ascii: what is not ASCII is escaped too. */
bool escape_next(struct bytes *view, bool ascii, unsigned *marks, struct escape_unit *unit);

/* Takes from the front of *view as much as fits into that many columns, and writes it; what did not fit
 * stays. Returns the columns used. */
size_t escape_write(struct output *output, struct bytes *view, size_t columns);

/* Into a C string, cut where it is full. */
void escape_copy(char *out, size_t capacity, struct bytes view);

/* Takes one character of well-formed UTF-8 (RFC 3629) from the front of *view, which is not empty; the code
 * point, or ESCAPE_INVALID and one byte taken. */
uint32_t escape_code_point(struct bytes *view);

#define ESCAPE_INVALID UINT32_MAX

/* How many of the bytes, from the front, are ASCII from 20 to 7E. */
size_t escape_plain_run(struct bytes view);

#endif
