/* SPDX-License-Identifier: MIT */
#ifndef WS101_RECORDING_H
#define WS101_RECORDING_H

/* recording - the file that a played conversation becomes: packets with nanosecond times, little-endian. */

#include "buffer.h"
#include "conversation.h"

struct recording {
    struct buffer *out;         /* the caller's */
    enum link_form link;        /* these two are set before the first packet */
    uint32_t snap;
    uint64_t clock;             /* nanoseconds since the epoch; a packet takes a little of it */
    uint64_t packets;
};

/* The packet as the capture sees it now: cut to the snap length. */
void recording_put(struct recording *recording, struct bytes packet);

/* A file without packets still has its header. */
void recording_finish(struct recording *recording);

#endif
