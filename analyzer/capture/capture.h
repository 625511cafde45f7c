/* SPDX-License-Identifier: MIT */
#ifndef WS101_CAPTURE_H
#define WS101_CAPTURE_H

/* capture - where packets come from: a file, standard input, a live interface.
 *
 * Comes in:   a name and options. pcap in both byte orders, micro- and nanoseconds, and live interfaces
 *             through libpcap; pcapng by our own reader, since libpcap's gives up where interfaces differ;
 *             either of them gzipped or not.
 * Goes out:   one struct packet a call, its bytes valid until the next call.
 * Errors:     a text in struct error that says what is wrong and what to do, in one line, with nothing in
 *             it that a terminal could obey.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"

struct error {
    char text[512];
};

struct capture;

struct capture_options {
    const char *file;           /* "-" is standard input; NULL: live */
    const char *interface;      /* live, or NULL */
    const char *filter;         /* BPF expression, or NULL */
    uint32_t snap_length;       /* live; 0: all */
    bool promiscuous;           /* live */
    uint32_t buffer_size;       /* live, the kernel's ring; 0: libpcap's default */
};

enum capture_result {
    CAPTURE_PACKET,
    CAPTURE_NOTHING,            /* live: no packet within the timeout */
    CAPTURE_END,
    CAPTURE_CUT,                /* the file ends inside a packet: all whole ones were handed out */
    CAPTURE_FAILED,             /* reading failed: error says how */
};

/* NULL, with *error, when it cannot be opened. */
struct capture *capture_open(const struct capture_options *options, struct error *error);
void capture_close(struct capture *capture);

/* The next packet. After END, CUT or FAILED there are no more. error is set by CUT (a warning) and FAILED. */
enum capture_result capture_next(struct capture *capture, struct packet *packet, struct error *error);

/* Makes a pending capture_next return soon; from a signal handler too. */
void capture_break(struct capture *capture);

/* Live: a descriptor to poll, or -1. */
int capture_descriptor(const struct capture *capture);

struct capture_counts {
    uint64_t dropped_kernel;
    uint64_t dropped_interface;
};

/* What a live capture lost so far; zeros for files. */
struct capture_counts capture_counts(struct capture *capture);

/* How far a file has been read, 0 to 1; -1 where that is not known. */
double capture_progress(const struct capture *capture);

/* -w: writes packets as they come, as pcap with nanosecond times. The file is created 0600, never through
 * a symbolic link, never over an existing file unless overwrite. */
struct capture_writer;
struct capture_writer *capture_writer_open(const char *file, uint32_t link_type, bool overwrite,
                                           struct error *error);
bool capture_writer_packet(struct capture_writer *writer, const struct packet *packet, struct error *error);
bool capture_writer_close(struct capture_writer *writer, struct error *error);

#endif
