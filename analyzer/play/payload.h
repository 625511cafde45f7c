/* SPDX-License-Identifier: MIT */
#ifndef WS101_PAYLOAD_H
#define WS101_PAYLOAD_H

/* payload - the bytes that a script writes: "text", hex 0102, zeros 5, letters 5, random 5, each of them
 * times a number ("ab" * 3), one behind the other. */

#include "words.h"

struct payload_words {
    const struct word *word;
    size_t left;
};

/* Whether the next word begins a piece of payload. */
bool payload_begins(const struct payload_words *words);

/* Takes as many pieces as follow, none included. NULL, or what is wrong. */
const char *payload_take(struct payload_words *words, struct bytes *out, struct arena *arena);

#endif
