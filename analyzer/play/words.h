/* SPDX-License-Identifier: MIT */
#ifndef WS101_WORDS_H
#define WS101_WORDS_H

/* words - one line of a script, cut into words and strings; a # outside a string begins a comment.
 *
 * Strings are quoted with " and know \n \r \t \e \0 \\ \" \xHH and \u{HEX}, which is written as UTF-8.
 * Ownership: the text of the words lives in the arena. */

#include "arena.h"

#define WORDS_MAX 128

struct word {
    struct bytes text;
    bool string;                /* was quoted */
};

struct words {
    struct word word[WORDS_MAX];
    size_t count;
};

/* NULL, or what is wrong with the line. */
const char *words_split(struct bytes line, struct words *out, struct arena *arena);

#endif
