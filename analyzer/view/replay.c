/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <string.h>

/* The last one does not wait at all. */
static const struct {
    const char *name;
    double factor;
} speeds[REPLAY_SPEEDS] = {
    { "x1/8", 0.125 }, { "x1/4", 0.25 }, { "x1/2", 0.5 }, { "x1", 1 },   { "x2", 2 },  { "x4", 4 },
    { "x8", 8 },       { "x16", 16 },    { "x32", 32 },   { "x64", 64 }, { "max", 0 },
};

#define FASTEST (REPLAY_SPEEDS - 1)

void replay_init(struct replay *replay)
{
    *replay = (struct replay){ .speed = REPLAY_USUAL, .cap = REPLAY_CAP };
}

const char *replay_speed_name(int speed)
{
    return speeds[speed].name;
}

int replay_speed_find(const char *text)
{
    int speed = 0;

    while (speed < REPLAY_SPEEDS && strcmp(text, speeds[speed].name) != 0 &&
           strcmp(text, speeds[speed].name + 1) != 0) {
        speed++;
    }
    return speed;
}

void replay_note(struct replay *replay, int64_t time)
{
    if (!replay->has_first) {
        replay->has_first = true;
        replay->first = replay->last = time;
        replay->position = replay->reached = time;
    }
    replay->last = time > replay->last ? time : replay->last;
}

/* --- wishes ---------------------------------------------------------------------------------------- */

void replay_begin(struct replay *replay, int64_t from)
{
    replay->on = replay->playing = replay->restart = true;
    replay->steps = 0;
    replay->position = from > replay->first ? from : replay->first;
}

bool replay_is_over(const struct replay *replay)
{
    return replay->over && !replay->restart;
}

void replay_toggle(struct replay *replay)
{
    if (replay_is_over(replay)) {
        replay_begin(replay, replay->first);
    } else {
        replay->playing = !replay->playing;
    }
}

void replay_step(struct replay *replay)
{
    replay->playing = false;
    replay->steps++;
}

void replay_faster(struct replay *replay, int steps)
{
    int speed = replay->speed + steps;

    replay->speed = speed < 0 ? 0 : speed > FASTEST ? FASTEST : speed;
}

void replay_jump(struct replay *replay, int64_t to)
{
    int64_t most = replay->measured ? replay->last : INT64_MAX / 2;

    to = to < replay->first ? replay->first : to > most ? most : to;
    replay->steps = 0;
    replay->restart = replay->restart || to < replay->reached;
    replay->position = to;
}

void replay_restarted(struct replay *replay, bool done)
{
    replay->restart = replay->waiting = false;
    replay->waited = 0;
    if (done) {
        replay->position = replay->position > replay->first ? replay->position : replay->first;
        replay->reached = replay->first;
        replay->over = false;
    } else {
        replay->position = replay->reached;
    }
}

/* --- the clock ------------------------------------------------------------------------------------- */

/* What a speed makes of so much time; no more than there is until limit. */
static int64_t scaled(double elapsed, double factor, int64_t limit)
{
    double result = elapsed * factor;

    return result < (double)limit ? (int64_t)result : limit;
}

void replay_advance(struct replay *replay, int64_t elapsed)
{
    if (!replay->on || !replay->playing || !replay->waiting || elapsed <= 0) {
        return;
    }
    int64_t end = replay->measured ? replay->last : INT64_MAX / 2;

    replay->waited += elapsed;
    if (replay->capped && replay->waited >= replay->cap) {
        replay->position = replay->next;
    } else {
        replay->position += scaled((double)elapsed, speeds[replay->speed].factor, end - replay->position);
    }
}

static bool is_due(struct replay *replay, int64_t time)
{
    if (!replay->on || time <= replay->position || (replay->playing && replay->speed == FASTEST)) {
        return true;
    }
    if (replay->steps > 0) {
        replay->steps--;
        return true;
    }
    return false;
}

bool replay_due(struct replay *replay, int64_t time)
{
    bool due = is_due(replay, time);

    if (due) {
        replay->position = time > replay->position ? time : replay->position;
        replay->reached = time > replay->reached ? time : replay->reached;
        replay->waited = 0;
    }
    replay->waiting = !due;
    replay->next = time;
    return due;
}

void replay_ended(struct replay *replay)
{
    replay->measured = replay->over = true;
    replay->waiting = false;
    replay->steps = 0;
    replay->position = replay->restart ? replay->position : replay->last;
}

int64_t replay_wait(const struct replay *replay)
{
    if (!replay->on || !replay->playing || !replay->waiting) {
        return REPLAY_FOREVER;
    }
    double factor = speeds[replay->speed].factor;
    double left = (double)(replay->next - replay->position);
    int64_t wait = factor > 0 ? scaled(left, 1 / factor, REPLAY_FOREVER) : 0;
    int64_t most = replay->capped ? replay->cap - replay->waited : REPLAY_FOREVER;

    wait = wait < most ? wait : most;
    return wait > 0 ? wait : 0;
}

/* --- the whole ------------------------------------------------------------------------------------- */

double replay_part(const struct replay *replay)
{
    double length = (double)replay->last - (double)replay->first;
    double done = (double)replay->position - (double)replay->first;

    if (!replay->measured) {
        return -1;
    }
    return length <= 0 || done > length ? 1 : done < 0 ? 0 : done / length;
}

int64_t replay_at(const struct replay *replay, double part)
{
    double length = (double)replay->last - (double)replay->first;
    double within = part < 0 ? 0 : part > 1 ? 1 : part;

    return within < 1 ? replay->first + (int64_t)(within * length) : replay->last;
}
