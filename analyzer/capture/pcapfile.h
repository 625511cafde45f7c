/* SPDX-License-Identifier: MIT */
#ifndef WS101_PCAPFILE_H
#define WS101_PCAPFILE_H

/* pcapfile - records of the classic pcap format: a header of 24 bytes, then 16 bytes before each packet.
 *
 * Comes in:   struct reader at the start of the file. Both byte orders, micro- and nanoseconds, and the form
 *             with 24 bytes before each packet that Alexey Kuznetzov's patches to libpcap wrote.
 * Goes out:   packets, their bytes a view of the reader's buffer: nothing is copied. This is why it is not
 *             libpcap's reader; the other reason is that a pipe can be left and taken up between two packets.
 * draft-ietf-opsawg-pcap.
 */

#include "capture.h"
#include "reader.h"

struct pcapfile {
    bool little_endian;
    bool swapped_lengths;       /* before version 2.4 some systems wrote the wire length first */
    uint8_t record_header;      /* bytes before each packet */
    int64_t fraction;           /* nanoseconds per unit of a time's second half */
    uint32_t link_type;
};

/* Whether a file that begins so is one. */
bool pcapfile_recognise(struct bytes start);

/* Reads the file's header. CAPTURE_PACKET when packets may follow, CAPTURE_NOTHING when a pipe has not
 * brought all of it yet, CAPTURE_FAILED with *error. */
enum capture_result pcapfile_open(struct pcapfile *file, struct reader *reader, struct error *error);

/* The next packet, but for its number. */
enum capture_result pcapfile_next(struct pcapfile *file, struct reader *reader, struct packet *packet,
                                  struct error *error);

#endif
