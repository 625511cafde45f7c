/* SPDX-License-Identifier: MIT */
#ifndef WS101_READING_H
#define WS101_READING_H

/* reading - from the options' files or interface to a sink: the loop that every command turns.
 *
 * Comes in:   options, and what the command wants of the dissector.
 * Goes out:   events to the sink; the totals, and how the reading ended.
 * Several files are read one after another as one input: packet numbers and connections go on.
 * SIGINT, SIGTERM and SIGHUP end the reading as the end of the capture does. Whenever no packet is waiting,
 * what the sink wrote is written out. Reading stops early when it cannot be.
 */

#include "core/dissector.h"
#include "options.h"
#include "report/output.h"

struct reading {
    event_sink *sink;
    void *context;
    unsigned wanted;            /* EVENT_BITs */
    bool no_payload;            /* messages need not carry any */
    struct output *output;      /* what the sink writes to */
    int64_t *first_time;        /* becomes the first packet's; or NULL */
    event_sink *witness;        /* is handed what -Y leaves out, too, and before the sink; or NULL */
    void *witness_context;
};

struct reading_result {
    struct totals totals;
    uint64_t dropped;           /* live: by the kernel and the interface */
    bool listened;              /* a live capture was open, though nothing may have come */
    int signal;                 /* the one that ended it, or 0 */
    int status;                 /* EXIT_FINE, or what went wrong and was told on standard error */
};

/* What the options ask of the dissector; the caller adds what it wants. The hash seed is random. */
struct dissector_options reading_dissector_options(const struct options *options, unsigned wanted);

void reading_run(const struct options *options, const struct reading *reading, struct reading_result *result);

/* Whether there is something to total: all went well, or not before packets had come. */
static inline bool reading_has_totals(const struct reading_result *result)
{
    return result->status == EXIT_FINE || result->listened || result->totals.packets > 0;
}

/* Writes out what is left and turns how it all went into the exit status; status is the command's own. A
 * reader that has gone away (EPIPE) is no fault. */
int reading_finish(const struct reading_result *result, struct output *output, int status);

/* One line on standard error, escaped: "ws101: ...". */
void reading_complain(const char *text);

#endif
