/* SPDX-License-Identifier: MIT */
#ifndef WS101_SERIES_H
#define WS101_SERIES_H

/* series - how much happened when, over any length of time, in a fixed number of steps.
 *
 * When time goes past the last step, every two steps become one and the steps twice as long: seconds or days,
 * the whole of it is always there, and no earlier amount is looked at again.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"

#define SERIES_STEPS 256
#define SERIES_FIRST 1000000        /* nanoseconds: the shortest step */

struct series {
    int64_t start;                  /* of the first step; times in nanoseconds */
    int64_t step;                   /* 0: nothing yet */
    size_t count;                   /* steps up to the latest time */
    uint64_t amounts[2][SERIES_STEPS];      /* [C2S], [S2C] */
};

void series_add(struct series *series, int64_t time, enum direction direction, uint64_t amount);

/* When all of it is drawn over so many columns: the highest of the steps that fall into that column. */
uint64_t series_column(const struct series *series, enum direction direction, size_t column, size_t columns);

#endif
