/* SPDX-License-Identifier: MIT */
#include "series.h"

static void halve(struct series *series)
{
    for (int direction = C2S; direction <= S2C; direction++) {
        uint64_t *amounts = series->amounts[direction];

        for (size_t i = 0; i < SERIES_STEPS; i++) {
            amounts[i] = i < SERIES_STEPS / 2 ? amounts[2 * i] + amounts[2 * i + 1] : 0;
        }
    }
    series->step *= 2;
    series->count = (series->count + 1) / 2;
}

/* A time before the start, as captures of several interfaces have them, counts at the start. */
void series_add(struct series *series, int64_t time, enum direction direction, uint64_t amount)
{
    if (series->step == 0) {
        series->start = time;
        series->step = SERIES_FIRST;
    }
    uint64_t since = time > series->start ? (uint64_t)time - (uint64_t)series->start : 0;

    while (since / (uint64_t)series->step >= SERIES_STEPS) {
        halve(series);
    }
    size_t step = (size_t)(since / (uint64_t)series->step);

    series->count = step + 1 > series->count ? step + 1 : series->count;
    series->amounts[direction][step] += amount;
}

uint64_t series_column(const struct series *series, enum direction direction, size_t column, size_t columns)
{
    size_t from = column * series->count / columns, to = (column + 1) * series->count / columns;
    uint64_t most = 0;

    to = to > from ? to : from + 1;
    for (size_t i = from; i < to && i < series->count; i++) {
        uint64_t amount = series->amounts[direction][i];

        most = amount > most ? amount : most;
    }
    return most;
}
