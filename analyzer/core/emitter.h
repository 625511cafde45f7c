/* SPDX-License-Identifier: MIT */
#ifndef WS101_EMITTER_H
#define WS101_EMITTER_H

/* emitter - what the layers above TCP work with: where events go, under which limits, at what moment.
 * One per dissector; the dissector sets the moment before each packet's bytes are handed on. */

#include "event.h"
#include "limits.h"
#include "memory.h"

struct emitter {
    event_sink *sink;
    void *context;
    unsigned wanted;            /* EVENT_BITs */
    const struct limits *limits;
    struct memory *memory;
    uint64_t windows;           /* bytes of compression windows in use */
    struct inflater *spare;     /* an idle one, for whoever needs one next */
    uint8_t *scratch;           /* MESSAGE_SCRATCH bytes */
    int64_t time;               /* of the packet at hand */
    uint64_t packet;
    const struct connection *connection;
};

static inline bool emitter_wants(const struct emitter *emitter, enum event_kind kind)
{
    return (emitter->wanted & EVENT_BIT(kind)) != 0;
}

/* Fills in the moment and the connection, and hands the event to the sink if it is wanted. */
static inline void emit(struct emitter *emitter, struct event *event)
{
    if (emitter_wants(emitter, event->kind)) {
        event->time = emitter->time;
        event->packet = emitter->packet;
        event->connection = emitter->connection;
        emitter->sink(emitter->context, event);
    }
}

/* A notice: something that belongs to no other event. */
static inline void emit_notice(struct emitter *emitter, enum direction direction, enum notice_fault fault,
                               uint64_t offset, uint64_t bytes)
{
    struct event event = { .kind = EVENT_NOTICE,
                           .direction = direction,
                           .faults = UINT64_C(1) << fault,
                           .notice = { .offset = offset, .bytes = bytes } };

    emit(emitter, &event);
}

/* Bytes that were never captured; skipped: how many behind them were, but could not be read. */
static inline void emit_gap(struct emitter *emitter, enum direction direction, uint64_t offset,
                            uint64_t bytes, uint64_t skipped, enum gap_resumed resumed)
{
    struct event event = { .kind = EVENT_GAP,
                           .direction = direction,
                           .gap = { .bytes = bytes,
                                    .offset = offset,
                                    .skipped = skipped,
                                    .resumed = resumed } };

    emit(emitter, &event);
}

#endif
