/* SPDX-License-Identifier: MIT */
#ifndef WS101_PCAPNG_H
#define WS101_PCAPNG_H

/* pcapng - packets of the pcapng format, whose blocks may come from many interfaces.
 *
 * Comes in:   struct reader at the start of the file; several sections, each in a byte order of its own;
 *             interfaces with different link types and resolutions, which libpcap's reader refuses.
 * Goes out:   packets (of Enhanced, Simple and obsolete Packet Blocks), each with its interface's link type,
 *             their bytes a view of the reader's buffer. All other blocks are passed over.
 * draft-ietf-opsawg-pcapng sections 3 and 4.
 */

#include "capture.h"
#include "reader.h"

struct pcapng_interface {
    uint32_t link_type;
    uint32_t snap_length;       /* 0: no limit */
    uint64_t units;             /* of time, per second */
    uint64_t unit;              /* one of them in nanoseconds; 0 where that is no whole number */
    int64_t offset;             /* seconds, added to every time */
};

struct pcapng {
    bool little_endian;         /* the section */
    struct pcapng_interface *interfaces;
    uint32_t interface_count, interface_capacity;
    uint64_t skip;              /* bytes left of a block to pass over */
    int64_t last_time;          /* of the packet before: a Simple Packet Block has none */
};

bool pcapng_recognise(struct bytes start);

/* Looks at the first section's header. CAPTURE_PACKET when packets may follow, CAPTURE_NOTHING when a pipe
 * has not brought all of it yet, CAPTURE_FAILED with *error. */
enum capture_result pcapng_open(struct pcapng *file, struct reader *reader, struct error *error);
void pcapng_close(struct pcapng *file);

/* The next packet, but for its number. */
enum capture_result pcapng_next(struct pcapng *file, struct reader *reader, struct packet *packet,
                                struct error *error);

/* Nanoseconds since the epoch, at most PACKET_TIME_MAX before or after it. */
int64_t pcapng_time(const struct pcapng_interface *interface, uint64_t units);

#endif
