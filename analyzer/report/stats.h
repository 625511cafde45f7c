/* SPDX-License-Identifier: MIT */
#ifndef WS101_STATS_H
#define WS101_STATS_H

/* stats - a sink: counts, and as text one row for each connection when it ends.
 *
 * Comes in:   events of STATS_WANTED; no payload is needed, so limits.message_kept may be 0.
 * Goes out:   rows while the input is read (nothing is kept of a connection), the totals at the end.
 */

#include "core/dissector.h"
#include "core/event.h"
#include "output.h"

#define STATS_WANTED (EVENT_ALL_BUT_SEGMENTS & ~EVENT_BIT(EVENT_CONNECTION))

struct stats;

/* rows: where each connection's row goes, or NULL. NULL when there is no memory. */
struct stats *stats_create(struct output *rows);
void stats_destroy(struct stats *stats);

/* An event_sink; context is a struct stats. */
void stats_event(void *context, const struct event *event);

/* The totals, as text or as one JSON object. by_kernel: packets that the kernel dropped. */
void stats_text(const struct stats *stats, struct output *output, const struct totals *totals,
                uint64_t by_kernel);
void stats_json(const struct stats *stats, struct output *output, const struct totals *totals,
                uint64_t by_kernel);

#endif
