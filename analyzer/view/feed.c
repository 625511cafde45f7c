/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <stdio.h>
#include <time.h>

#include "reading.h"

#define PACKETS_AT_ONCE 16          /* between two looks at the clock */
#define MEMORY_DEFAULT  (UINT64_C(512) << 20)

static int64_t clock_now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t feed_now(void)
{
    return clock_now(CLOCK_MONOTONIC);
}

/* --- opening --------------------------------------------------------------------------------------- */

static struct dissector *make_dissector(const struct options *options, struct store *store)
{
    struct dissector_options settings =
        reading_dissector_options(options, EVENT_ALL_BUT_SEGMENTS | EVENT_BIT(EVENT_SEGMENT));

    settings.limits.memory -= options->memory / 8 * 7;
    return dissector_create(&settings, store_event_sparsely, store);
}

/* The ceiling is divided: an eighth for what is under way, the rest for what is kept. */
static uint64_t store_memory(const struct options *options)
{
    return (options->memory ? options->memory : MEMORY_DEFAULT) / 8 * 7;
}

bool feed_init(struct feed *feed, const struct options *options)
{
    *feed = (struct feed){ .options = options, .store = store_create(store_memory(options)) };
    feed->dissector = feed->store ? make_dissector(options, feed->store) : NULL;
    return feed->dissector != NULL;
}

static struct capture *current(const struct feed *feed)
{
    return feed->inputs.captures[feed->current];
}

static void go_to(struct feed *feed, size_t index)
{
    struct viewer_source *source = &feed->viewer->source;

    feed->current = index;
    source->name = inputs_name(feed->options, index);
    source->live = capture_is_live(current(feed));
}

static void start_replay(const struct options *options, struct replay *replay)
{
    replay->capped = options->max_wait > 0;
    replay->cap = options->max_wait > 0 ? options->max_wait : REPLAY_CAP;
    if (options->replay) {
        replay_begin(replay, INT64_MIN);
        replay->speed = options->speed;
    }
}

bool feed_open(struct feed *feed, struct viewer *viewer, struct error *error)
{
    feed->viewer = viewer;
    if (!inputs_open(&feed->inputs, feed->options, error)) {
        return false;
    }
    for (size_t i = 0; i < feed->inputs.count; i++) {
        viewer->source.once |= !capture_can_rewind(feed->inputs.captures[i]);
    }
    start_replay(feed->options, &viewer->replay);
    go_to(feed, 0);
    return true;
}

bool feed_start(struct feed *feed, struct error *error)
{
    return capture_start(current(feed), error) != CAPTURE_FAILED;
}

/* --- reading --------------------------------------------------------------------------------------- */

static void note_trouble(struct feed *feed, const struct error *error, bool failed)
{
    feed->trouble = *error;
    feed->failed |= failed;
    feed->viewer->source.trouble = feed->trouble.text;
    viewer_note(feed->viewer, true, "%s", error->text);
}

void feed_look(struct feed *feed)
{
    struct capture_counts counts = capture_counts(current(feed));
    struct viewer_source *source = &feed->viewer->source;

    source->progress = capture_progress(current(feed));
    source->dropped_kernel = counts.dropped_kernel;
    source->dropped_interface = counts.dropped_interface;
}

/* The capture has ended: the next one, or the end of all. */
static void end_capture(struct feed *feed)
{
    feed_look(feed);
    feed->packets_before = feed->viewer->source.packets;
    if (feed->current + 1 < feed->inputs.count) {
        go_to(feed, feed->current + 1);
    } else {
        if (!feed->measuring) {
            dissector_finish(feed->dissector);
        }
        feed->ended = true;
        feed->viewer->source.ended = true;
        replay_ended(&feed->viewer->replay);
    }
    feed->changed = true;
}

static void stop_writing(struct feed *feed, const struct error *why)
{
    struct error error;

    note_trouble(feed, why, true);
    capture_writer_close(feed->inputs.writer, &error);
    feed->inputs.writer = NULL;
}

static void write_packet(struct feed *feed, const struct packet *packet)
{
    struct error error;

    if (feed->inputs.writer == NULL || packet->number <= feed->written) {
        return;
    }
    feed->written = packet->number;
    if (!capture_writer_packet(feed->inputs.writer, packet, &error)) {
        stop_writing(feed, &error);
    }
}

static void take_packet(struct feed *feed)
{
    const struct packet *packet = &feed->packet;

    feed->holds_packet = false;
    feed->viewer->source.packets = packet->number;
    write_packet(feed, packet);
    if (!feed->measuring) {
        dissector_packet(feed->dissector, packet);
        feed->viewer->source.bytes += packet->wire_length;
    }
    feed->changed = true;
}

/* Nothing has come for now: what was written can be read by others, and live the time goes on. */
static void rest(struct feed *feed)
{
    struct error error;

    if (feed->inputs.writer && !capture_writer_flush(feed->inputs.writer, &error)) {
        stop_writing(feed, &error);
    }
    if (capture_is_live(current(feed))) {
        dissector_tick(feed->dissector, clock_now(CLOCK_REALTIME));
    }
}

/* False when nothing is to be had for now. */
static bool fetch(struct feed *feed)
{
    struct error error = { "" };
    enum capture_result result = capture_next(current(feed), &feed->packet, &error);

    switch (result) {
    case CAPTURE_PACKET:
        feed->packet.number += feed->packets_before;
        feed->holds_packet = true;
        replay_note(&feed->viewer->replay, feed->packet.time);
        return true;
    case CAPTURE_NOTHING:
        rest(feed);
        return false;
    default:
        if (result != CAPTURE_END) {
            note_trouble(feed, &error, result == CAPTURE_FAILED);
        }
        end_capture(feed);
        return true;
    }
}

/* --- again from the start -------------------------------------------------------------------------- */

static bool rewind_all(struct feed *feed, struct error *error)
{
    for (size_t i = 0; i < feed->inputs.count; i++) {
        if (!capture_rewind(feed->inputs.captures[i], error)) {
            return false;
        }
    }
    go_to(feed, 0);
    return true;
}

static bool start_again(struct feed *feed, struct error *error)
{
    struct dissector *dissector = make_dissector(feed->options, feed->store);

    if (dissector == NULL) {
        error_set(error, "no memory to read it again");
        return false;
    }
    if (!rewind_all(feed, error)) {
        dissector_destroy(dissector);
        return false;
    }
    dissector_destroy(feed->dissector);
    feed->dissector = dissector;
    store_clear(feed->store);
    feed->packets_before = 0;
    feed->holds_packet = feed->ended = feed->measuring = false;
    viewer_restart(feed->viewer);
    return true;
}

/* A replay needs to know how long the input is. What has not been seen of it is measured first. */
static void answer_restart(struct feed *feed)
{
    struct replay *replay = &feed->viewer->replay;
    struct error error = { "" };

    if (!replay->measured && !feed->viewer->source.once) {
        feed->measuring = true;
    } else {
        bool done = feed->viewer->source.once ? !replay->has_first : start_again(feed, &error);

        replay_restarted(replay, done);
        if (error.text[0]) {
            note_trouble(feed, &error, true);
        }
    }
    feed->viewer->source.measuring = feed->measuring;
    feed->changed = true;
}

static bool is_due(struct feed *feed)
{
    return feed->measuring || replay_due(&feed->viewer->replay, feed->packet.time);
}

bool feed_read(struct feed *feed, int64_t until)
{
    if (feed->viewer->replay.restart) {
        answer_restart(feed);
    }
    for (unsigned i = 1; !feed->ended; i++) {
        if (!feed->holds_packet && !fetch(feed)) {
            return false;
        }
        if (feed->holds_packet && !is_due(feed)) {
            return false;
        }
        if (feed->holds_packet) {
            take_packet(feed);
        }
        if (i % PACKETS_AT_ONCE == 0 && feed_now() > until) {
            return true;
        }
    }
    return false;
}

int feed_descriptor(const struct feed *feed)
{
    return feed->ended || feed->holds_packet ? -1 : capture_descriptor(current(feed));
}

/* --- the end --------------------------------------------------------------------------------------- */

bool feed_finish_writing(struct feed *feed, struct error *error)
{
    struct capture_writer *writer = feed->inputs.writer;

    feed->inputs.writer = NULL;
    return writer == NULL || capture_writer_close(writer, error);
}

void feed_close(struct feed *feed)
{
    inputs_close(&feed->inputs);
    dissector_destroy(feed->dissector);
    store_destroy(feed->store);
}
