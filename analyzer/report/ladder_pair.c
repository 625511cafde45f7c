/* SPDX-License-Identifier: MIT */
#include "ladder_pair.h"

void ladder_pair_event(struct ladder_legs *legs, const struct event *event)
{
    struct leg *leg = &legs->slots[event->connection->id % LADDER_LEGS_MAX].leg;

    if (leg->connection == 0 || leg->connection == event->connection->id) {
        leg_event(leg, event);
    }
}

/* --- which go together --------------------------------------------------------------------------------- */

static bool is_free(const struct ladder_legs *legs, size_t slot)
{
    return legs->slots[slot].leg.key_length > 0 && legs->slots[slot].pair == 0;
}

static bool match(const struct ladder_legs *legs, size_t front, size_t back, bool certain)
{
    struct legs_evidence evidence;

    return front != back && is_free(legs, front) && is_free(legs, back) &&
           legs_match(&legs->slots[front].leg, &legs->slots[back].leg, &evidence) &&
           legs_are_certain(&evidence) == certain;
}

/* The candidate that was asked for first; *count of how many. LADDER_LEGS_MAX where there is none. */
static size_t find_back(const struct ladder_legs *legs, size_t front, bool certain, size_t *count)
{
    size_t found = LADDER_LEGS_MAX;

    *count = 0;
    for (size_t back = 0; back < LADDER_LEGS_MAX; back++) {
        if (match(legs, front, back, certain)) {
            ++*count;
            if (found == LADDER_LEGS_MAX || legs->slots[back].leg.asked < legs->slots[found].leg.asked) {
                found = back;
            }
        }
    }
    return found;
}

static size_t count_fronts(const struct ladder_legs *legs, size_t back)
{
    size_t count = 0;

    for (size_t front = 0; front < LADDER_LEGS_MAX; front++) {
        count += match(legs, front, back, false);
    }
    return count;
}

static void join(struct ladder_legs *legs, size_t front, size_t back)
{
    struct ladder_pair *pair = &legs->pairs[legs->count++];
    struct legs_evidence evidence;

    *pair = (struct ladder_pair){
        .front = legs->slots[front].leg.connection,
        .back = legs->slots[back].leg.connection,
    };
    legs_match(&legs->slots[front].leg, &legs->slots[back].leg, &evidence);
    legs_explain(&pair->evidence, &evidence);
    legs->slots[front].pair = legs->slots[back].pair = legs->count;
    legs->slots[back].is_back = true;
}

static void find_pairs(struct ladder_legs *legs, bool certain)
{
    for (size_t front = 0; front < LADDER_LEGS_MAX; front++) {
        size_t count = 0,
               back = is_free(legs, front) ? find_back(legs, front, certain, &count) : LADDER_LEGS_MAX;

        if (back < LADDER_LEGS_MAX && (certain || (count == 1 && count_fronts(legs, back) == 1))) {
            join(legs, front, back);
        }
    }
}

/* --- their rows ---------------------------------------------------------------------------------------- */

static void tell_row(struct ladder_legs *legs, struct ladder_row *row)
{
    size_t slot = (size_t)(row->connection % LADDER_LEGS_MAX);

    if (legs->slots[slot].leg.connection != row->connection || legs->slots[slot].pair == 0) {
        return;
    }
    row->pair = legs->slots[slot].pair - 1;
    row->leg = legs->slots[slot].is_back ? LADDER_BACK : LADDER_FRONT;
    row->connection = legs->pairs[row->pair].front;
    if (row->shape == LADDER_TITLE && row->leg == LADDER_BACK) {
        legs->pairs[row->pair].back_title = row->label;
    }
}

void ladder_pair_rows(struct ladder_legs *legs, struct ladder_row *rows, size_t count)
{
    find_pairs(legs, true);
    find_pairs(legs, false);
    for (size_t i = 0; i < count; i++) {
        tell_row(legs, &rows[i]);
    }
}

/* What a client says enters the proxy on the front leg, what a server says on the back one. */
struct ladder_row *ladder_pair_crossing(struct ladder_row *rows, size_t place)
{
    const struct ladder_row *row = &rows[place];
    enum ladder_leg entered = row->shape == LADDER_C2S ? LADDER_FRONT : LADDER_BACK;
    struct ladder_row *found = NULL;

    if (row->leg == LADDER_ALONE || row->leg == entered || row->digest == 0) {
        return NULL;
    }
    for (size_t i = place;
         i-- > 0 && place - i <= LADDER_CROSSING && rows[i].connection == row->connection;) {
        if (rows[i].leg == entered && rows[i].digest == row->digest) {
            found = &rows[i]; /* the oldest: what comes first leaves first */
        }
    }
    if (found) {
        found->digest = 0;
    }
    return found;
}
