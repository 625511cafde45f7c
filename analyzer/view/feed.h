/* SPDX-License-Identifier: MIT */
#ifndef WS101_FEED_H
#define WS101_FEED_H

/* feed - packets from the inputs into the store: as fast as they come, or as the viewer's replay wants them.
 *
 * Comes in:   open inputs; the viewer's replay, which says what is due and when to begin again.
 * Goes out:   events into the store; what is known of the input into the viewer's source; -w's file.
 * Ownership:  inputs, dissector and store are the feed's until feed_close.
 * What goes wrong while reading is trouble: shown, and said again at the end; what was read stays. Nothing is
 * opened here: files are read again from where they begin.
 */

#include "core/dissector.h"
#include "inputs.h"
#include "viewer.h"

struct feed {
    const struct options *options;
    struct viewer *viewer;
    struct store *store;
    struct dissector *dissector;
    struct inputs inputs;
    size_t current;                     /* which of them is being read */
    uint64_t packets_before;            /* in those before it */
    uint64_t written;                   /* the number of the last packet that -w had: none is written twice */
    struct packet packet;               /* read, and not due yet */
    bool holds_packet;
    bool ended;                         /* there is nothing more to read */
    bool measuring;                     /* packets are read for their times only */
    bool changed;                       /* something was handed out; whoever has drawn it says false */
    bool failed;                        /* and trouble says how */
    struct error trouble;
};

/* False when there is no memory for the store or the dissector. */
bool feed_init(struct feed *feed, const struct options *options);

/* Opens all inputs, and -w's file, for this viewer. False with *error. */
bool feed_open(struct feed *feed, struct viewer *viewer, struct error *error);

/* Reads the first bytes: false, with *error, when they are no capture's. */
bool feed_start(struct feed *feed, struct error *error);

/* Reads what is due until the monotonic time until, in nanoseconds. True when more is at hand. */
bool feed_read(struct feed *feed, int64_t until);

/* A descriptor to poll for packets, or -1. */
int feed_descriptor(const struct feed *feed);

/* Asks the input how far it is and what it has lost. */
void feed_look(struct feed *feed);

/* Ends -w's file. False, with *error, when it could not be written to its end. */
bool feed_finish_writing(struct feed *feed, struct error *error);
void feed_close(struct feed *feed);

/* Monotonic, in nanoseconds. */
int64_t feed_now(void);

#endif
