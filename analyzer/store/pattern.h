/* SPDX-License-Identifier: MIT */
#ifndef WS101_PATTERN_H
#define WS101_PATTERN_H

/* pattern - regular expressions over bytes, in time that grows no faster than the text.
 *
 * Comes in:   a pattern: . [a-z] [^x] [[:alpha:]] \d \w \s ( ) | * + ? {m,n} ^ $, \x41 for a byte, any other
 *             character after \ for itself, and (?i) in front to ignore the case of ASCII letters.
 * Goes out:   whether it matches somewhere in a text. Bytes, not characters: . is one byte, any byte.
 * Ownership:  the pattern is the caller's until pattern_free.
 *
 * All threads of the automaton advance together, byte by byte (Thompson's construction), so there is no
 * backtracking to blow up: the time is at most PATTERN_INSTRUCTIONS steps for each byte of the text.
 */

#include "core/bytes.h"

#define PATTERN_INSTRUCTIONS 1000

struct pattern;

/* NULL, with what is wrong in *problem, when it cannot be compiled. */
struct pattern *pattern_compile(struct bytes text, const char **problem);
void pattern_free(struct pattern *pattern);

bool pattern_matches(const struct pattern *pattern, struct bytes text);

#endif
