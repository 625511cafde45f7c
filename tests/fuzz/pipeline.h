/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_PIPELINE_H
#define FUZZ_PIPELINE_H

/* pipeline - a sink that judges events against each other, for the targets that drive the whole core.
 *
 * Whatever the packets: a connection is announced first, once, and closed last, once; its frames stand at
 * growing offsets; its tallies are what was told; no view is longer than what it shows; every fault has its
 * rule. Every event goes on to the reports, whose text and JSON go nowhere. */

#include "core/dissector.h"
#include "core/rules.h"
#include "report/check.h"
#include "report/json.h"
#include "report/stats.h"
#include "report/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define PIPELINE_CONNECTIONS 64         /* judged; those after them only pass */

struct pipeline_connection {
    bool announced, closed;
    uint64_t frames[2], messages[2], payload[2];
    uint64_t next_offset[2];            /* no frame may begin below it */
};

struct pipeline {
    struct pipeline_connection connections[PIPELINE_CONNECTIONS];
    uint64_t digest;                    /* FNV-1a over what was told */
    uint64_t packet;                    /* the one at hand */
    bool reporting;
    struct text text;
    struct json json;
    struct check check;
    struct stats *stats;
    struct output output;
};

#define PIPELINE_REQUIRE(condition)                                                                          \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                          \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static inline void pipeline_number(struct pipeline *pipeline, uint64_t number)
{
    pipeline->digest = (pipeline->digest ^ number) * UINT64_C(0x100000001B3);
}

/* Reads every byte, so that a view that is too long is seen. */
static inline void pipeline_view(struct pipeline *pipeline, struct bytes view)
{
    pipeline_number(pipeline, view.length);
    for (size_t i = 0; i < view.length; i++) {
        pipeline_number(pipeline, view.data[i]);
    }
}

static inline void pipeline_frame(struct pipeline *pipeline, struct pipeline_connection *connection,
                                  const struct event *event)
{
    const struct frame *frame = event->frame.frame;
    enum direction direction = event->direction;

    PIPELINE_REQUIRE(frame->header_length >= 2 && frame->header_length <= FRAME_HEADER_MAX);
    PIPELINE_REQUIRE(frame->lost <= frame->length);
    PIPELINE_REQUIRE(event->frame.payload.length <= frame->length - frame->lost || frame->lost > 0);
    PIPELINE_REQUIRE(event->frame.payload.length <= frame->length);
    PIPELINE_REQUIRE(event->frame.close_reason.length <= 123);
    PIPELINE_REQUIRE(frame->offset >= connection->next_offset[direction]);
    connection->next_offset[direction] = frame->offset + frame->header_length + frame->length;
    connection->frames[direction]++;
    connection->payload[direction] += frame->length - frame->lost;
    pipeline_number(pipeline, frame->offset);
    pipeline_number(pipeline, frame->length);
    pipeline_view(pipeline, event->frame.payload);
    pipeline_view(pipeline, event->frame.close_reason);
}

static inline void pipeline_message(struct pipeline *pipeline, struct pipeline_connection *connection,
                                    const struct event *event)
{
    const struct message *message = event->message.message;

    PIPELINE_REQUIRE(message->payload.length <= message->length || (message->compressed && !message->inflated));
    PIPELINE_REQUIRE(message->truncated || !message->complete || message->payload.length == message->length);
    connection->messages[event->direction] += message->complete && message->opcode != FRAME_CONTINUATION;
    pipeline_number(pipeline, message->number);
    pipeline_number(pipeline, message->length);
    pipeline_view(pipeline, message->payload);
}

static inline void pipeline_close(struct pipeline *pipeline, struct pipeline_connection *judged,
                                  const struct event *event)
{
    const struct connection *connection = event->connection;

    PIPELINE_REQUIRE(!judged->closed);
    judged->closed = true;
    for (int side = C2S; side <= S2C; side++) {
        PIPELINE_REQUIRE(connection->sent[side].frames == judged->frames[side]);
        PIPELINE_REQUIRE(connection->sent[side].messages == judged->messages[side]);
        PIPELINE_REQUIRE(connection->sent[side].payload == judged->payload[side]);
        PIPELINE_REQUIRE(connection->sent[side].payload <= connection->sent[side].bytes);
        pipeline_number(pipeline, connection->sent[side].bytes);
    }
    pipeline_number(pipeline, event->close.how);
    pipeline_view(pipeline, event->close.reason);
    pipeline_view(pipeline, event->close.server_name);
}

static inline void pipeline_judge(struct pipeline *pipeline, const struct event *event)
{
    uint64_t id = event->connection->id;
    struct pipeline_connection passing = { .announced = true };
    struct pipeline_connection *connection = id < PIPELINE_CONNECTIONS ? &pipeline->connections[id] : &passing;

    PIPELINE_REQUIRE(id > 0);
    PIPELINE_REQUIRE(connection->announced == (event->kind != EVENT_CONNECTION) || connection == &passing);
    PIPELINE_REQUIRE(!connection->closed || event->kind == EVENT_NOTICE);
    switch (event->kind) {
    case EVENT_CONNECTION:
        connection->announced = true;
        break;
    case EVENT_HTTP:
        PIPELINE_REQUIRE(event->http.head->field_count <= HTTP_FIELDS_MAX);
        pipeline_view(pipeline, event->http.head->raw);
        break;
    case EVENT_FRAME:
        pipeline_frame(pipeline, connection, event);
        break;
    case EVENT_MESSAGE:
        pipeline_message(pipeline, connection, event);
        break;
    case EVENT_GAP:
        PIPELINE_REQUIRE(event->gap.bytes > 0);
        pipeline_number(pipeline, event->gap.bytes);
        pipeline_number(pipeline, event->gap.resumed);
        break;
    case EVENT_CLOSE:
        if (connection != &passing) {
            pipeline_close(pipeline, connection, event);
        }
        break;
    default:
        break;
    }
}

static inline void pipeline_report(struct pipeline *pipeline, const struct event *event)
{
    text_event(&pipeline->text, event);
    json_event(&pipeline->json, event);
    check_event(&pipeline->check, event);
    stats_event(pipeline->stats, event);
    pipeline->output.used = 0;
}

/* The event_sink; context is a struct pipeline. */
static inline void pipeline_event(void *context, const struct event *event)
{
    struct pipeline *pipeline = context;
    size_t rules;

    rules_of(event->kind, &rules);
    PIPELINE_REQUIRE(event->faults == 0 || (rules > 0 && event->faults >> (rules - 1) <= 1));
    PIPELINE_REQUIRE(event->packet <= pipeline->packet);
    pipeline_number(pipeline, event->kind);
    pipeline_number(pipeline, event->direction);
    pipeline_number(pipeline, event->packet);
    pipeline_number(pipeline, event->faults);
    pipeline_judge(pipeline, event);
    if (pipeline->reporting) {
        pipeline_report(pipeline, event);
    }
}

static inline struct pipeline *pipeline_create(bool reporting)
{
    static int nowhere = -1;            /* one of each for all runs: */
    static struct stats *stats;         /* these are large */
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    const struct text_setting setting = { .shown = EVENT_ALL_BUT_SEGMENTS, .columns = reporting ? 80 : 0 };

    if (nowhere < 0) {
        nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        stats = stats_create(NULL);
    }
    PIPELINE_REQUIRE(pipeline && stats && nowhere >= 0);
    pipeline->reporting = reporting;
    pipeline->digest = UINT64_C(0xCBF29CE484222325);
    output_init(&pipeline->output, nowhere);
    text_init(&pipeline->text, &pipeline->output, &setting);
    pipeline->json = (struct json){ .output = &pipeline->output, .shown = EVENT_ALL_BUT_SEGMENTS };
    pipeline->check = (struct check){ .output = &pipeline->output };
    pipeline->stats = stats;
    return pipeline;
}

static inline void pipeline_destroy(struct pipeline *pipeline, struct dissector *dissector)
{
    dissector_finish(dissector);
    for (size_t i = 0; i < PIPELINE_CONNECTIONS; i++) {
        PIPELINE_REQUIRE(pipeline->connections[i].announced == pipeline->connections[i].closed);
    }
    dissector_destroy(dissector);
    free(pipeline);
}

#endif
