/* SPDX-License-Identifier: MIT */
#ifndef WS101_WIRE_H
#define WS101_WIRE_H

/* wire - plays a conversation between two hosts that do not exist, and writes what a capture would have seen.
 *
 * Comes in:   a conversation.
 * Goes out:   a pcap file with nanosecond times: every run gives the same bytes. TCP behaves as RFC 9293 says
 *             (sequence numbers, acknowledgments, FIN) but where the script wants something else.
 * Ownership:  the buffer is the caller's. */

#include "buffer.h"
#include "conversation.h"

struct wire_error {
    unsigned line;
    const char *text;
};

/* Appends the file to out. False, with *error, when it grows beyond out's limit or memory ends, or when an
 * item makes no sense where it stands. */
bool wire_write(const struct conversation *conversation, struct buffer *out, struct wire_error *error);

#endif
