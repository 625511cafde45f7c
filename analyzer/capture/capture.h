/* SPDX-License-Identifier: MIT */
#ifndef WS101_CAPTURE_H
#define WS101_CAPTURE_H

/* capture - where packets come from: a file, standard input, a live interface; and where -w writes them.
 *
 * Comes in:   a name and options. Files: pcap and pcapng, either of them gzipped or not, by readers of our
 *             own (pcapfile, pcapng) that copy nothing and can stop between two packets of a pipe. Interfaces
 *             and filters: libpcap.
 * Goes out:   one struct packet a call, its bytes valid until the next call.
 * Errors:     a text in struct error that says what is wrong and what to do, in one line, with nothing in
 *             it that a terminal could obey.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "error.h"

#define CAPTURE_PACKET_MAX (256U << 10) /* no tool writes longer packets; what claims to be one is damage */

struct capture;

struct capture_options {
    const char *file;           /* "-" is standard input; NULL: live */
    const char *interface;      /* live, or NULL */
    const char *filter;         /* BPF expression, or NULL */
    uint32_t snap_length;       /* live; 0: all */
    bool promiscuous;           /* live */
    uint32_t buffer_size;       /* live, the kernel's ring in bytes; 0: 16 MiB */
};

enum capture_result {
    CAPTURE_PACKET,
    CAPTURE_NOTHING,            /* live or a pipe: none has come yet; capture_wait, or poll the descriptor */
    CAPTURE_END,
    CAPTURE_CUT,                /* the file ends inside a packet: all whole ones were handed out */
    CAPTURE_FAILED,             /* reading failed, or the file is damaged: error says how */
};

/* NULL, with *error, when it cannot be opened. Of a file nothing is read yet: rights can be given up between
 * this and the first byte from outside. */
struct capture *capture_open(const struct capture_options *options, struct error *error);
void capture_close(struct capture *capture);

/* Reads a file's first bytes, unless that is done: CAPTURE_PACKET when it is a capture, CAPTURE_FAILED, with
 * *error, when it is none, CAPTURE_NOTHING when a pipe has not brought enough to tell. */
enum capture_result capture_start(struct capture *capture, struct error *error);

/* The next packet; never waits for one. Its number counts those that the filter left out, too, in a file.
 * After END, CUT or FAILED there are no more. error is set by CUT (a warning) and FAILED. */
enum capture_result capture_next(struct capture *capture, struct packet *packet, struct error *error);

/* Begins again at the first packet, as number 1. False, with *error and all as it was, for what can be read
 * only once: an interface, a pipe. */
bool capture_rewind(struct capture *capture, struct error *error);
bool capture_can_rewind(const struct capture *capture);

/* Waits until there may be a packet, at most so many milliseconds (-1: without end), or until capture_break.
 * Returns at once for regular files. */
void capture_wait(struct capture *capture, int milliseconds);

/* From now on capture_next says CAPTURE_END, and capture_wait returns; may be called in a signal handler. */
void capture_break(struct capture *capture);

/* Live and pipes: a descriptor to poll, or -1. */
int capture_descriptor(const struct capture *capture);

bool capture_is_live(const struct capture *capture);

/* The link type of the packets so far, or to come where none has; Ethernet where that is not known either. */
uint32_t capture_link_type(const struct capture *capture);

/* The name of a link type as tcpdump -y spells it, "EN10MB"; "unknown" for those without. */
const char *capture_link_name(uint32_t link_type);

struct capture_counts {
    uint64_t dropped_kernel;
    uint64_t dropped_interface;
};

/* What a live capture lost so far; zeros for files. */
struct capture_counts capture_counts(struct capture *capture);

/* How far a file has been read, 0 to 1; -1 where that is not known. */
double capture_progress(const struct capture *capture);

/* --- writing ------------------------------------------------------------------------------------------- */

/* Creates a file to write to: 0600, never through a symbolic link, never over another file unless overwrite.
 * Whatever ws101 writes is opened here. The descriptor, or -1 with *error and errno: EEXIST where only
 * overwrite would do. */
int capture_create(const char *file, bool overwrite, struct error *error);

/* -w: writes packets as they come, as pcapng, because only there may they have several link types, as those
 * read from a pcapng file may. However the program ends, the file ends with a whole packet; what
 * capture_writer_flush has not written yet may be missing. */
struct capture_writer;

/* "-" is standard output. NULL, with *error, when it cannot be created. Nothing is written yet. */
struct capture_writer *capture_writer_open(const char *file, bool overwrite, struct error *error);

/* Writes how the file begins; link_type is that of the first packets, since many readers want all to have the
 * same. Without this the first packet begins the file, or, where none comes, capture_writer_close, so that it
 * can be read all the same. False as capture_writer_packet. */
bool capture_writer_begin(struct capture_writer *writer, uint32_t link_type, struct error *error);

/* False, with *error, when the disk is full or the like; then nothing more can be written. */
bool capture_writer_packet(struct capture_writer *writer, const struct packet *packet, struct error *error);
bool capture_writer_flush(struct capture_writer *writer, struct error *error);

/* Flushes and frees, whatever it returns. */
bool capture_writer_close(struct capture_writer *writer, struct error *error);

#endif
