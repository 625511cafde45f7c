/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/escape.h"

/* The signal that asked us to stop, and the capture that may be waiting for a packet. */
static volatile sig_atomic_t stop_signal;
static struct capture *volatile waiting;

struct reading {
    const struct options *options;
    struct output *output;
    struct input_result *result;
    struct dissector *dissector;
    struct capture *capture;
    struct capture_writer *writer;
    uint32_t writer_link_type;
    uint64_t packets_before;    /* in the files already read */
    bool eager;                 /* somebody waits: write out as soon as no packet is at hand */
};

void input_complain(const char *text)
{
    char line[1024];

    escape_copy(line, sizeof line, bytes_of_text(text));
    fprintf(stderr, "ws101: %s\n", line);
}

static void fail(struct reading *reading, const struct error *error)
{
    if (!reading->result->failed) {
        output_flush(reading->output);
        input_complain(error->text);
    }
    reading->result->failed = true;
}

/* --- signals ------------------------------------------------------------------------------------------ */

static void on_signal(int number)
{
    struct capture *capture = waiting;

    stop_signal = number;
    if (capture) {
        capture_break(capture);
    }
}

static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    stop_signal = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* --- the loop ----------------------------------------------------------------------------------------- */

static bool stopped(const struct reading *reading)
{
    return stop_signal != 0 || reading->output->error != 0 || reading->result->failed;
}

static bool packet_waiting(const struct reading *reading)
{
    struct pollfd poll_of = { .fd = capture_descriptor(reading->capture), .events = POLLIN };

    return poll_of.fd >= 0 && poll(&poll_of, 1, 0) > 0;
}

static void write_packet(struct reading *reading, const struct packet *packet)
{
    struct error error;

    if (!reading->writer) {
        reading->writer_link_type = packet->link_type;
        reading->writer = capture_writer_open(reading->options->write_file, packet->link_type,
                                              reading->options->overwrite, &error);
        if (!reading->writer) {
            fail(reading, &error);
            return;
        }
    }
    if (packet->link_type != reading->writer_link_type) {
        snprintf(error.text, sizeof error.text, "-w: packets of link types %u and %u cannot go into one file",
                 (unsigned)reading->writer_link_type, (unsigned)packet->link_type);
        fail(reading, &error);
    } else if (!capture_writer_packet(reading->writer, packet, &error)) {
        fail(reading, &error);
    }
}

static void take_packet(struct reading *reading, struct packet *packet)
{
    packet->number += reading->packets_before;
    if (reading->options->write_file) {
        write_packet(reading, packet);
    }
    dissector_packet(reading->dissector, packet);
    if (reading->eager && reading->output->used > 0 && !packet_waiting(reading)) {
        output_flush(reading->output);
    }
}

static void tick(struct reading *reading)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    dissector_tick(reading->dissector, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    output_flush(reading->output);
}

static void read_packets(struct reading *reading)
{
    enum capture_result step = CAPTURE_NOTHING;
    struct packet packet;
    struct error error = { "" };

    while (!stopped(reading)) {
        step = capture_next(reading->capture, &packet, &error);
        if (step == CAPTURE_PACKET) {
            take_packet(reading, &packet);
        } else if (step == CAPTURE_NOTHING) {
            tick(reading);
        } else {
            break;
        }
    }
    if (step == CAPTURE_FAILED) {
        fail(reading, &error);
    } else if (step == CAPTURE_CUT) {
        output_flush(reading->output);
        input_complain(error.text);
    }
}

static void read_capture(struct reading *reading, const char *file)
{
    const struct options *options = reading->options;
    struct capture_options from = {
        .file = file,
        .interface = options->interface,
        .filter = options->capture_filter,
        .snap_length = (uint32_t)options->snap_length,
        .promiscuous = options->promiscuous,
        .buffer_size = (uint32_t)options->ring_size,
    };
    struct error error;
    struct stat status;

    reading->capture = capture_open(&from, &error);
    if (!reading->capture) {
        fail(reading, &error);
        return;
    }
    waiting = reading->capture;
    reading->eager = !file || (strcmp(file, "-") == 0 && fstat(STDIN_FILENO, &status) == 0 &&
                               !S_ISREG(status.st_mode));
    read_packets(reading);
    waiting = NULL;
    struct capture_counts counts = capture_counts(reading->capture);

    reading->result->dropped += counts.dropped_kernel + counts.dropped_interface;
    capture_close(reading->capture);
    reading->packets_before = dissector_totals(reading->dissector)->packets;
}

static void read_all(struct reading *reading)
{
    const struct options *options = reading->options;

    if (options->interface) {
        read_capture(reading, NULL);
    }
    if (options->read_file) {
        read_capture(reading, options->read_file);
    }
    for (size_t i = 0; i < options->argument_count && !stopped(reading); i++) {
        read_capture(reading, options->arguments[i]);
    }
}

static struct dissector *make_dissector(const struct options *options, const struct input *input)
{
    struct dissector_options settings = {
        .limits = options->limits,
        .wanted = input->wanted,
        .guess = options->no_guess ? DISSECTOR_NEVER_GUESS : DISSECTOR_GUESS,
        .websocket_ports = options->ports,
        .websocket_port_count = options->port_count,
    };

    if (input->no_payload) {
        settings.limits.message_kept = 0;
    }
    if (getrandom(&settings.hash_seed, sizeof settings.hash_seed, GRND_NONBLOCK) < 0) {
        settings.hash_seed = (uint64_t)getpid();
    }
    return dissector_create(&settings, input->sink, input->context);
}

static void close_writer(struct reading *reading)
{
    struct error error;

    if (reading->writer && !capture_writer_close(reading->writer, &error)) {
        fail(reading, &error);
    }
}

/* What was not decoded is said, once, at the end. */
static void tell_leftovers(const struct input_result *result)
{
    const struct totals *totals = &result->totals;
    uint64_t unknown = totals->decoded[DECODED_UNKNOWN_LINK];
    struct error line;

    if (unknown > 0) {
        snprintf(line.text, sizeof line.text,
                 "%" PRIu64 " of %" PRIu64 " packets not decoded: link type %u is not known", unknown,
                 totals->packets, (unsigned)totals->unknown_link);
        input_complain(line.text);
    }
    if (result->dropped > 0) {
        snprintf(line.text, sizeof line.text,
                 "%" PRIu64 " packets were dropped by the kernel; -B makes its buffer larger",
                 result->dropped);
        input_complain(line.text);
    }
    if (totals->packets == 0 && !result->failed) {
        input_complain("0 packets");
    }
}

void input_read(const struct options *options, const struct input *input, struct input_result *result)
{
    struct reading reading = { .options = options, .output = input->output, .result = result };

    *result = (struct input_result){ .failed = false };
    reading.dissector = make_dissector(options, input);
    if (!reading.dissector) {
        fail(&reading, &(struct error){ "no memory: --memory is too small" });
        return;
    }
    catch_signals();
    read_all(&reading);
    dissector_finish(reading.dissector);
    close_writer(&reading);
    result->totals = *dissector_totals(reading.dissector);
    result->signal = stop_signal;
    dissector_destroy(reading.dissector);
    output_flush(input->output);
    tell_leftovers(result);
}

int input_finish(const struct input_result *result, struct output *output, int status)
{
    if (!output_flush(output) && output->error != EPIPE) {
        struct error line;

        snprintf(line.text, sizeof line.text, "cannot write standard output: %s", strerror(output->error));
        input_complain(line.text);
        return EXIT_INPUT;
    }
    if (result->failed) {
        return EXIT_INPUT;
    }
    return result->signal ? EXIT_SIGNAL + result->signal : status;
}
