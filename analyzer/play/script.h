/* SPDX-License-Identifier: MIT */
#ifndef WS101_SCRIPT_H
#define WS101_SCRIPT_H

/* script - reads the conversation language; README.md beside this file describes it.
 *
 * Comes in:   the text of a script.
 * Goes out:   the conversation, which copies what it needs.
 * Errors:     the line and one sentence: what is wrong and what was expected. What the sentence quotes of
 *             the script is printable ASCII. */

#include "conversation.h"

struct script_error {
    unsigned line;
    char text[256];
};

#define SCRIPT_MEMORY ((size_t)512 << 20)

/* memory: the most that the conversation may take. On false it has been released already. */
bool script_read(struct bytes text, size_t memory, struct conversation *out, struct script_error *error);

#endif
