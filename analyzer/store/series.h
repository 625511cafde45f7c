/* SPDX-License-Identifier: MIT */
#ifndef WS101_SERIES_H
#define WS101_SERIES_H

/* series - how much passed when, over any length of time, in a fixed number of steps, for a few parts of the
 * traffic: which parts, the caller knows.
 *
 * When time goes past the last step, every two steps become one and the steps twice as long: seconds or days,
 * the whole of it is always there, and no earlier amount is looked at again.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"

#define SERIES_STEPS 256
#define SERIES_FIRST 1000000        /* nanoseconds: the shortest step */
#define SERIES_PARTS 8

enum measure { MEASURE_MESSAGES, MEASURE_BYTES, MEASURES };

struct series {
    int64_t start;                  /* of the first step; times in nanoseconds */
    int64_t step;                   /* 0: nothing yet */
    size_t count;                   /* steps up to the latest time */
    uint64_t amounts[SERIES_PARTS][2][MEASURES][SERIES_STEPS];      /* [part][direction][measure] */
};

/* Which of its amounts are looked at, added up. */
struct series_choice {
    unsigned parts;                 /* 1 << part */
    unsigned directions;            /* 1 << direction */
    enum measure measure;
};

#define SERIES_ALL_PARTS ((1U << SERIES_PARTS) - 1)
#define SERIES_BOTH ((1U << C2S) | (1U << S2C))

/* One message of so many bytes. */
void series_add(struct series *series, int64_t time, unsigned part, enum direction direction, uint64_t bytes);

/* Begins as that one did, and reaches as far, with nothing in it: their columns are the same times. */
void series_begin_like(struct series *series, const struct series *other);

/* Reaches at least as far as the other one, which began at the same time. */
void series_reach(struct series *series, const struct series *other);

uint64_t series_sum(const struct series *series, const struct series_choice *choice);

/* When all of it is drawn over so many columns: the highest of the steps that fall into that column. */
uint64_t series_column(const struct series *series, const struct series_choice *choice, size_t column,
                       size_t columns);

/* The highest of all columns. */
uint64_t series_highest(const struct series *series, const struct series_choice *choice, size_t columns);

#endif
