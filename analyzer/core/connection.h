/* SPDX-License-Identifier: MIT */
#ifndef WS101_CONNECTION_H
#define WS101_CONNECTION_H

/* connection - one connection: what its two streams hold goes to what it speaks, in an order that both sides
 * could have seen, until it ends.
 *
 * Comes in:   struct pass: a flow, and what the segment at hand brings to it.
 * Goes out:   the events of what is spoken, and EVENT_CLOSE.
 * Ownership:  the flow stays its caller's; connection_close gives back what hangs on it.
 * Which connections there are, and which are given up, is the dissector's business.
 */

#include "protocol.h"

/* Hands on all that is there: what has arrived, and whatever waited for it in either direction. */
void connection_hand_on(struct pass *pass);

/* A packet has passed: holes that were waited for long enough are given up. */
void connection_wait(struct pass *pass);

/* Live: time has passed without a packet. The same, and who speaks is announced though nothing was said. */
void connection_tick(struct pass *pass, int64_t now);

/* That direction was the first to end, unless one was before. */
void connection_note_end(struct flow *flow, enum direction direction);

/* How it ended, as far as TCP tells; otherwise where it tells nothing. */
enum close_how connection_tcp_end(const struct flow *flow, enum close_how otherwise);

/* Everything under way is told, then the close; the state goes, the flow stays for late packets. */
void connection_close(struct pass *pass, enum close_how how);

#endif
