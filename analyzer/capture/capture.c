/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include "packet_filter.h"
#include "reader.h"
#include "live.h"
#include "pcapfile.h"
#include "pcapng.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum source {
    SOURCE_NOT_RECOGNISED,      /* a pipe whose first bytes have not come yet */
    SOURCE_PCAP,
    SOURCE_PCAPNG,
    SOURCE_LIVE,
};

struct capture {
    enum source source;
    char *name;                 /* of the file or interface, for messages */
    uint64_t packets;           /* read so far */
    uint32_t link_type;
    bool ended;
    volatile sig_atomic_t broken;
    int break_event;            /* readable after capture_break */
    struct packet_filter *filter;       /* of a file, or NULL; the kernel filters what is live */
    struct reader *reader;      /* NULL: live */
    struct live *live;
    union {
        struct pcapfile pcapfile;
        struct pcapng pcapng;
    };
};

/* --- opening -------------------------------------------------------------------------------------------- */

static void explain_format(struct bytes start, struct error *error)
{
    if (start.length == 0) {
        error_set(error, "empty; not even a capture without packets is");
    } else if (start.length < 4) {
        error_set(error, "too short for a capture: %zu bytes", start.length);
    } else {
        error_set(error, "not a capture: neither pcap nor pcapng begins with %02x %02x %02x %02x",
                  start.data[0], start.data[1], start.data[2], start.data[3]);
    }
}

static enum capture_result open_pcap(struct capture *capture, struct error *error)
{
    enum capture_result result = pcapfile_open(&capture->pcapfile, capture->reader, error);

    if (result == CAPTURE_PACKET) {
        capture->source = SOURCE_PCAP;
        capture->link_type = capture->pcapfile.link_type;
    }
    /* what can be said against a filter before there is a packet is said now */
    if (result == CAPTURE_PACKET && capture->filter != NULL &&
        !packet_filter_compile(capture->filter, capture->link_type, error)) {
        return CAPTURE_FAILED;
    }
    return result;
}

static enum capture_result open_pcapng(struct capture *capture, struct error *error)
{
    enum capture_result result = pcapng_open(&capture->pcapng, capture->reader, error);

    if (result == CAPTURE_PACKET) {
        capture->source = SOURCE_PCAPNG;
    }
    return result;
}

/* CAPTURE_PACKET when it is a capture, CAPTURE_NOTHING when not enough of it is there to tell. */
static enum capture_result recognise(struct capture *capture, struct error *error)
{
    enum reader_result result = reader_need(capture->reader, 4, error);
    struct bytes start = reader_view(capture->reader);

    if (result == READER_WAIT || result == READER_FAILED) {
        return reader_stop_result(result, capture->reader, error);
    }
    if (pcapfile_recognise(start)) {
        return open_pcap(capture, error);
    }
    if (pcapng_recognise(start)) {
        return open_pcapng(capture, error);
    }
    explain_format(start, error);
    return CAPTURE_FAILED;
}

static bool open_file(struct capture *capture, const struct capture_options *options, struct error *error)
{
    if (options->filter != NULL) {
        capture->filter = packet_filter_open(options->filter, error);
        if (capture->filter == NULL) {
            return false;
        }
    }
    capture->reader = reader_open(options->file, error);
    if (capture->reader == NULL) {
        error_prefix(error, capture->name);
        return false;
    }
    return true;
}

static bool open_interface(struct capture *capture, const struct capture_options *options,
                           struct error *error)
{
    capture->source = SOURCE_LIVE;
    capture->live = live_open(options, error);
    if (capture->live == NULL) {
        return false;
    }
    capture->link_type = live_link_type(capture->live);
    return true;
}

struct capture *capture_open(const struct capture_options *options, struct error *error)
{
    struct capture *capture = calloc(1, sizeof *capture);
    const char *name = options->file == NULL ? options->interface : options->file;

    if (capture == NULL) {
        error_set(error, "no memory");
        return NULL;
    }
    capture->link_type = DLT_EN10MB;
    capture->name = strdup(strcmp(name, "-") == 0 ? "standard input" : name);
    capture->break_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool open = false;
    if (capture->name == NULL || capture->break_event < 0) {
        error_set(error, "%s: %s", name, strerror(errno));
    } else {
        open = options->file != NULL ? open_file(capture, options, error)
                                     : open_interface(capture, options, error);
    }
    if (!open) {
        capture_close(capture);
        return NULL;
    }
    return capture;
}

void capture_close(struct capture *capture)
{
    if (capture == NULL) {
        return;
    }
    if (capture->source == SOURCE_PCAPNG) {
        pcapng_close(&capture->pcapng);
    }
    packet_filter_close(capture->filter);
    reader_close(capture->reader);
    live_close(capture->live);
    if (capture->break_event >= 0) {
        close(capture->break_event);
    }
    free(capture->name);
    free(capture);
}

/* --- reading -------------------------------------------------------------------------------------------- */

static enum capture_result next_of_source(struct capture *capture, struct packet *packet, struct error *error)
{
    switch (capture->source) {
    case SOURCE_PCAP:
        return pcapfile_next(&capture->pcapfile, capture->reader, packet, error);
    case SOURCE_PCAPNG:
        return pcapng_next(&capture->pcapng, capture->reader, packet, error);
    default:
        return live_next(capture->live, packet, error);
    }
}

/* The last word of a capture, with its name and how far it got. */
static enum capture_result end(struct capture *capture, enum capture_result result, struct error *error)
{
    char text[sizeof error->text];

    capture->ended = true;
    if (result == CAPTURE_END) {
        return result;
    }
    memcpy(text, error->text, sizeof text);
    error_set(error, "%.150s: %.250s", capture->name, text);
    if (capture->source != SOURCE_NOT_RECOGNISED) {
        memcpy(text, error->text, sizeof text);
        error_set(error, "%.410s; read up to there: %llu packet%s", text,
                  (unsigned long long)capture->packets, capture->packets == 1 ? "" : "s");
    }
    return result;
}

enum capture_result capture_start(struct capture *capture, struct error *error)
{
    if (capture->source != SOURCE_NOT_RECOGNISED) {
        return CAPTURE_PACKET;
    }
    enum capture_result result = recognise(capture, error);

    return result == CAPTURE_PACKET || result == CAPTURE_NOTHING ? result : end(capture, result, error);
}

enum capture_result capture_next(struct capture *capture, struct packet *packet, struct error *error)
{
    bool accepted = true;

    do {
        if (capture->broken || capture->ended) {
            return CAPTURE_END;
        }
        enum capture_result started = capture_start(capture, error);
        if (started != CAPTURE_PACKET) {
            return started;
        }
        enum capture_result result = next_of_source(capture, packet, error);
        if (result == CAPTURE_NOTHING) {
            return result;
        }
        if (result != CAPTURE_PACKET) {
            return end(capture, result, error);
        }
        packet->number = ++capture->packets;
        capture->link_type = packet->link_type;
        if (capture->filter != NULL && !packet_filter_accepts(capture->filter, packet, &accepted, error)) {
            return end(capture, CAPTURE_FAILED, error);
        }
    } while (!accepted);
    return CAPTURE_PACKET;
}

bool capture_can_rewind(const struct capture *capture)
{
    return capture->reader != NULL && capture->reader->is_regular;
}

bool capture_rewind(struct capture *capture, struct error *error)
{
    if (capture->reader == NULL) {
        error_set(error, "%s: live, and packets come only once; -w saves them to a file", capture->name);
        return false;
    }
    if (!reader_rewind(capture->reader, error)) {
        error_prefix(error, capture->name);
        return false;
    }
    if (capture->source == SOURCE_PCAPNG) {
        pcapng_close(&capture->pcapng);
    }
    capture->source = SOURCE_NOT_RECOGNISED;
    capture->packets = 0;
    capture->ended = false;
    return true;
}

int capture_descriptor(const struct capture *capture)
{
    if (capture->live != NULL) {
        return live_descriptor(capture->live);
    }
    return capture->reader->is_regular ? -1 : capture->reader->descriptor;
}

void capture_wait(struct capture *capture, int milliseconds)
{
    struct pollfd polled[] = {
        { .fd = capture_descriptor(capture), .events = POLLIN },
        { .fd = capture->break_event, .events = POLLIN },
    };

    if (polled[0].fd >= 0) {
        poll(polled, 2, milliseconds);
    }
}

void capture_break(struct capture *capture)
{
    int saved = errno;
    const uint64_t one = 1;

    capture->broken = 1;
    if (write(capture->break_event, &one, sizeof one) < 0) {
        capture->broken = 1;    /* the event is set already, which is all that a full counter means */
    }
    errno = saved;
}

bool capture_is_live(const struct capture *capture)
{
    return capture->live != NULL;
}

uint32_t capture_link_type(const struct capture *capture)
{
    return capture->link_type;
}

const char *capture_link_name(uint32_t link_type)
{
    const char *name = pcap_datalink_val_to_name(packet_filter_datalink(link_type));

    return name != NULL ? name : "unknown";
}

struct capture_counts capture_counts(struct capture *capture)
{
    struct capture_counts none = { .dropped_kernel = 0 };

    return capture->live != NULL ? live_counts(capture->live) : none;
}

double capture_progress(const struct capture *capture)
{
    if (capture->reader == NULL || capture->reader->size == 0) {
        return -1;
    }
    double part = (double)capture->reader->bytes_read / (double)capture->reader->size;
    return part < 1 ? part : 1;
}
