/* SPDX-License-Identifier: MIT */
#ifndef WS101_LIVE_H
#define WS101_LIVE_H

/* live - packets of a network interface, through libpcap.
 *
 * Goes out:   packets in libpcap's ring; valid until the next live_next.
 * Errors:     without the right to capture, or without such an interface, error says what to do.
 */

#include "capture.h"

struct live;

/* NULL, with *error, when the interface cannot be captured. */
struct live *live_open(const struct capture_options *options, struct error *error);
void live_close(struct live *live);

/* Never waits. CAPTURE_FAILED when the interface went down or away. */
enum capture_result live_next(struct live *live, struct packet *packet, struct error *error);

int live_descriptor(const struct live *live);
uint32_t live_link_type(const struct live *live);
struct capture_counts live_counts(struct live *live);

#endif
