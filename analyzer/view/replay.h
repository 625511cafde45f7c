/* SPDX-License-Identifier: MIT */
#ifndef WS101_REPLAY_H
#define WS101_REPLAY_H

/* replay - a file at its own pace: where its clock stands, which packet is due, how long until the next one.
 *
 * Comes in:   what the keys wish; how much time has passed, from whoever has a clock; the packets' times.
 * Goes out:   whether a packet may be handed out now; the wish to read the file anew from its start.
 * The clock is the capture's, in nanoseconds since the epoch. It runs only while a packet waits for it:
 * reading what is due takes its time, and then the clock is late, not ahead. It never runs backwards; a
 * packet from before is due at once.
 */

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_SPEEDS  11
#define REPLAY_USUAL   3            /* the index of the file's own pace */
#define REPLAY_CAP     INT64_C(2000000000)      /* of waits, unless another is given */
#define REPLAY_FOREVER INT64_MAX

struct replay {
    bool on;
    bool playing;
    bool measured;              /* the whole file has been seen: last is its end */
    bool has_first;             /* a packet has been seen: first and last say something */
    bool waiting;               /* the packet at hand is not due yet: next is its time */
    bool over;                  /* all packets have been handed out */
    bool restart;               /* position lies before what was handed out: to be read anew up to it */
    int speed;                  /* index */
    unsigned steps;             /* packets that were asked for singly */
    int64_t first, last;        /* time of the first packet; latest time of any */
    int64_t position;           /* where the clock stands */
    int64_t reached;            /* the latest packet handed out */
    int64_t next;
    bool capped;                /* no wait is longer than cap, as it is felt */
    int64_t cap;
    int64_t waited;             /* since the packet before */
};

/* At the file's own pace, and off. */
void replay_init(struct replay *replay);

/* "x1/8", …, "x64", "max". */
const char *replay_speed_name(int speed);

/* The index of a speed written so, with or without the x; REPLAY_SPEEDS when there is none. */
int replay_speed_find(const char *text);

/* A packet was read: the capture is at least as long as that. */
void replay_note(struct replay *replay, int64_t time);

/* Plays, after everything up to that time has been shown at once; from the start with INT64_MIN. */
void replay_begin(struct replay *replay, int64_t from);

/* Plays or pauses; at the end, from the start again. */
void replay_toggle(struct replay *replay);

/* Pauses, and hands out one packet more. */
void replay_step(struct replay *replay);

/* So many steps faster, or slower. */
void replay_faster(struct replay *replay, int steps);

/* Goes to a time; forwards what lies between is due at once. */
void replay_jump(struct replay *replay, int64_t to);

/* The owner has begun to read the file anew, or could not: then all stays as it was. */
void replay_restarted(struct replay *replay, bool done);

/* So much time has passed, in nanoseconds as they are felt. */
void replay_advance(struct replay *replay, int64_t elapsed);

/* Whether the packet of that time may be handed out. If so it is taken as handed out. */
bool replay_due(struct replay *replay, int64_t time);

/* There are no more packets. */
void replay_ended(struct replay *replay);

/* Nanoseconds, as they are felt, until there is something to do; REPLAY_FOREVER when only a key helps. */
int64_t replay_wait(const struct replay *replay);

/* Where the clock stands in the whole, 0 to 1; -1 when its length is not known. */
double replay_part(const struct replay *replay);

/* The time at that part of the whole. */
int64_t replay_at(const struct replay *replay, double part);

/* Nothing is left to play. */
bool replay_is_over(const struct replay *replay);

#endif
