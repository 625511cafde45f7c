/* SPDX-License-Identifier: MIT */
#ifndef WS101_ERROR_H
#define WS101_ERROR_H

/* error - what went wrong outside the program, as one line for a person: what, and what to do about it.
 *
 * Ownership: struct error is the caller's. Names of files and interfaces come from outside, so every byte
 * that is not printable ASCII stands as \xNN in the text: a terminal finds nothing in it to obey.
 */

struct error {
    char text[512];
};

/* Sets the text, as printf. */
void error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before it. */
void error_prefix(struct error *error, const char *prefix);

#endif
