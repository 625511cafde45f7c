/* SPDX-License-Identifier: MIT */
#ifndef WS101_EXTRACT_H
#define WS101_EXTRACT_H

/* extract - the packets of some connections, out of the captures that they came from, into a new one.
 *
 * Comes in:   captures, which are read a second time, since packets are not kept; all connections, and
 *             which are wanted.
 * Goes out:   the packets of these, whole, in order, to the caller's writer, some a call.
 * Ownership:  connections are copied; the captures are borrowed until extract_destroy.
 * A packet belongs to a connection when its addresses and ports are the connection's and its number lies
 * between the connection's first packet and the next connection's with the same. Of a fragmented one the
 * ports stand only in the first piece, so that all IPv4 fragments between the two hosts go along.
 */

#include "capture/capture.h"
#include "core/ip.h"

struct extract_connection {
    struct endpoint client, server;
    uint64_t first; /* number of its first packet, over all captures */
    bool wanted;    /* the others only tell where a wanted one with the same ends is over */
};

struct extract;

/* Begins at the captures' first packets. NULL, with *error, when one cannot be read again, or there is no
 * memory. */
struct extract *extract_start(struct capture *const *captures, size_t capture_count,
                              const struct extract_connection *connections, size_t connection_count,
                              struct error *error);
void extract_destroy(struct extract *extract);

enum extract_result {
    EXTRACT_MORE,
    EXTRACT_DONE,
    EXTRACT_FAILED, /* *error says why; what was written until then stays */
};

/* Looks at about that many packets. */
enum extract_result extract_step(struct extract *extract, struct capture_writer *writer, unsigned packets,
                                 struct error *error);

/* How many packets have been written. */
uint64_t extract_written(const struct extract *extract);

#endif
