/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "capture/privileges.h"
#include "inputs.h"
#include "report/escape.h"
#include "store/filter.h"

#define WAIT_MILLISECONDS 200   /* live: how often time is told to the dissector when nothing comes */

/* The signal that asked us to stop, and the capture that may be waiting for a packet. */
static volatile sig_atomic_t stop_signal;
static struct capture *volatile waiting;

struct loop {
    const struct options *options;
    struct output *output;
    struct reading_result *result;
    struct dissector *dissector;
    struct inputs inputs;
    struct capture *capture;    /* the one that is read */
    int64_t *first_time;        /* or NULL */
    uint64_t packets_before;    /* numbers given in the files already read */
    uint64_t packets;           /* number of the last packet */
};

/* Between dissector and sink where -Y was given, or somebody wants to see all. */
struct filtered {
    struct filter *filter;      /* or NULL */
    const struct reading *reading;
};

static void filtered_event(void *context, const struct event *event)
{
    const struct filtered *filtered = context;
    const struct reading *reading = filtered->reading;

    if (reading->witness) {
        reading->witness(reading->witness_context, event);
    }
    if (filtered->filter == NULL || filter_matches(filtered->filter, event)) {
        reading->sink(reading->context, event);
    }
}

void reading_complain(const char *text)
{
    char line[1024];

    escape_copy(line, sizeof line, bytes_of_text(text));
    fprintf(stderr, "ws101: %s\n", line);
}

/* What was decoded so far is written before the complaint, so that both stand in order. */
static void warn(struct loop *loop, const char *text)
{
    output_flush(loop->output);
    reading_complain(text);
}

static void fail(struct loop *loop, const struct error *error)
{
    if (loop->result->status == EXIT_FINE) {
        warn(loop, error->text);
    }
    loop->result->status = EXIT_INPUT;
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
}

/* --- the loop ----------------------------------------------------------------------------------------- */

static bool stopped(const struct loop *loop)
{
    return stop_signal != 0 || loop->output->error != 0 || loop->result->status != EXIT_FINE;
}

static void take_packet(struct loop *loop, struct packet *packet)
{
    struct error error;

    packet->number += loop->packets_before;
    if (loop->packets == 0 && loop->first_time) {
        *loop->first_time = packet->time;
    }
    loop->packets = packet->number;
    if (loop->inputs.writer && !capture_writer_packet(loop->inputs.writer, packet, &error)) {
        fail(loop, &error);
    }
    dissector_packet(loop->dissector, packet);
}

/* No packet is at hand: what is known is shown before waiting for more. */
static void rest(struct loop *loop)
{
    struct timespec now;
    struct error error;

    output_flush(loop->output);
    if (loop->inputs.writer && !capture_writer_flush(loop->inputs.writer, &error)) {
        fail(loop, &error);
    }
    if (capture_is_live(loop->capture)) {
        clock_gettime(CLOCK_REALTIME, &now);
        dissector_tick(loop->dissector, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    }
    capture_wait(loop->capture, WAIT_MILLISECONDS);
}

static void read_packets(struct loop *loop)
{
    enum capture_result step = CAPTURE_NOTHING;
    struct packet packet;
    struct error error = { "" };

    while (!stopped(loop) && (step == CAPTURE_PACKET || step == CAPTURE_NOTHING)) {
        step = capture_next(loop->capture, &packet, &error);
        if (step == CAPTURE_PACKET) {
            take_packet(loop, &packet);
        } else if (step == CAPTURE_NOTHING) {
            rest(loop);
        }
    }
    if (step == CAPTURE_FAILED) {
        fail(loop, &error);
    } else if (step == CAPTURE_CUT) {
        warn(loop, error.text);
    }
}

static void read_capture(struct loop *loop, struct capture *capture)
{
    loop->capture = capture;
    waiting = capture;
    read_packets(loop);

    struct capture_counts counts = capture_counts(capture);

    loop->result->dropped += counts.dropped_kernel + counts.dropped_interface;
    waiting = NULL;
    capture_close(capture);
    loop->packets_before = loop->packets;
}

/* Before a byte from outside is looked at, all that is needed is open, and all that is not is given up. */
static bool open_all(struct loop *loop)
{
    struct error lacking, error;

    if (!inputs_open(&loop->inputs, loop->options, &error)) {
        fail(loop, &error);
        return false;
    }
    loop->result->listened = loop->options->interface != NULL;
    tzset();                    /* reads a file, which local times want */
    if (!privileges_drop(NULL, &lacking, &error)) {
        fail(loop, &error);
        return false;
    }
    if (lacking.text[0]) {
        warn(loop, lacking.text);
    }
    return true;
}

static void read_all(struct loop *loop)
{
    if (!open_all(loop)) {
        return;
    }
    for (size_t i = 0; i < loop->inputs.count && !stopped(loop); i++) {
        read_capture(loop, inputs_take(&loop->inputs, i));
    }
}

struct dissector_options reading_dissector_options(const struct options *options, unsigned wanted)
{
    struct dissector_options settings = {
        .limits = options->limits,
        .wanted = wanted,
        .guess = options->no_guess ? DISSECTOR_NEVER_GUESS : DISSECTOR_GUESS,
        .websocket_ports = options->ports,
        .websocket_port_count = options->port_count,
        .verify_checksums = options->verify_checksums,
    };

    if (getrandom(&settings.hash_seed, sizeof settings.hash_seed, GRND_NONBLOCK) < 0) {
        settings.hash_seed = (uint64_t)getpid();
    }
    return settings;
}

static struct dissector *make_dissector(const struct options *options, const struct reading *reading,
                                        struct filtered *filtered)
{
    struct dissector_options settings = reading_dissector_options(options, reading->wanted);

    if (reading->no_payload) {
        settings.limits.message_kept = 0;
    }
    bool direct = filtered->filter == NULL && reading->witness == NULL;

    return direct ? dissector_create(&settings, reading->sink, reading->context)
                  : dissector_create(&settings, filtered_event, filtered);
}

static void close_writer(struct loop *loop)
{
    struct capture_writer *writer = loop->inputs.writer;
    struct error error;

    loop->inputs.writer = NULL;
    if (writer && !capture_writer_close(writer, &error)) {
        fail(loop, &error);
    }
}

/* What was not decoded is said, once, at the end. */
static void tell_leftovers(const struct reading_result *result)
{
    const struct totals *totals = &result->totals;
    uint64_t unknown = totals->decoded[DECODED_UNKNOWN_LINK];
    char line[128];

    if (unknown > 0) {
        snprintf(line, sizeof line, "%" PRIu64 " of %" PRIu64 " packets not decoded: link type %u (%s)",
                 unknown, totals->packets, (unsigned)totals->unknown_link,
                 capture_link_name(totals->unknown_link));
        reading_complain(line);
    }
    if (totals->decoded[DECODED_CHECKSUM] > 0) {
        snprintf(line, sizeof line,
                 "%" PRIu64 " of %" PRIu64 " packets passed over: their TCP checksum is wrong",
                 totals->decoded[DECODED_CHECKSUM], totals->packets);
        reading_complain(line);
    }
    if (result->dropped > 0) {
        snprintf(line, sizeof line, "%" PRIu64 " packets dropped by the kernel; -B makes its buffer larger",
                 result->dropped);
        reading_complain(line);
    }
    if (totals->packets == 0 && result->status == EXIT_FINE) {
        reading_complain("0 packets");
    }
}

static void run_loop(struct loop *loop, const struct reading *reading, struct filtered *filtered)
{
    loop->dissector = make_dissector(loop->options, reading, filtered);
    if (!loop->dissector) {
        fail(loop, &(struct error){ "no memory: --memory is too small" });
        return;
    }
    catch_signals();
    read_all(loop);
    dissector_finish(loop->dissector);
    close_writer(loop);
    loop->result->totals = *dissector_totals(loop->dissector);
    loop->result->signal = stop_signal;
    inputs_close(&loop->inputs);
    dissector_destroy(loop->dissector);
    output_flush(loop->output);
    tell_leftovers(loop->result);
}

void reading_run(const struct options *options, const struct reading *reading, struct reading_result *result)
{
    struct loop loop = {
        .options = options,
        .output = reading->output,
        .result = result,
        .first_time = reading->first_time,
    };
    struct filtered filtered = { .reading = reading };
    struct error error;

    *result = (struct reading_result){ .status = EXIT_FINE };
    if (options->display_filter) {
        filtered.filter = filter_compile(options->display_filter, error.text, sizeof error.text);
        if (!filtered.filter) {
            reading_complain(error.text);
            result->status = EXIT_USAGE;
            return;
        }
    }
    run_loop(&loop, reading, &filtered);
    filter_free(filtered.filter);
}

int reading_finish(const struct reading_result *result, struct output *output, int status)
{
    if (!output_flush(output) && output->error != EPIPE) {
        char line[128];

        snprintf(line, sizeof line, "cannot write standard output: %s", strerror(output->error));
        reading_complain(line);
        return EXIT_INPUT;
    }
    if (result->status != EXIT_FINE) {
        return result->status;
    }
    return result->signal ? EXIT_SIGNAL + result->signal : status;
}
