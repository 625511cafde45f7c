/* SPDX-License-Identifier: MIT */
#ifndef WS101_SAVING_H
#define WS101_SAVING_H

/* saving - what the store keeps of some connections or messages, written as JSON, text, HAR or a ladder.
 *
 * Comes in:   the store, and which of it.
 * Goes out:   the report, to the caller's output, some records a call, so that nothing else has to wait.
 * Ownership:  the choice is copied; the store and the output are borrowed until saving_destroy. The store may
 *             go on filling: what came after saving_start is left out.
 * What the store no longer keeps is counted, and said in the report itself.
 */

#include "report/output.h"
#include "store/store.h"

#define WS101_VERSION "0.1"

enum saving_form {
    SAVING_JSON, /* as `json` */
    SAVING_TEXT, /* as `print` */
    SAVING_HAR,
    SAVING_LADDER,
    SAVING_SVG, /* the ladder as a drawing */
};

struct saving_choice {
    enum saving_form form;
    const uint64_t *connections; /* ids, ascending */
    size_t connection_count;
    const uint64_t *records; /* ids, ascending: only these; NULL: all of the connections' */
    size_t record_count;
    bool partial; /* the store was given a part of the events only: what else there was is not missing */
};

struct saving;

/* NULL when there is no memory. */
struct saving *saving_start(const struct store *store, const struct saving_choice *choice,
                            struct output *output);
void saving_destroy(struct saving *saving);

/* Looks at about that many records. False when all is written, or the output has failed. */
bool saving_step(struct saving *saving, unsigned records);

/* How many messages of the connections are not in the report because the store had no room for them. */
uint64_t saving_gone(const struct saving *saving);

#endif
