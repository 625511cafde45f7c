/* SPDX-License-Identifier: MIT */
#include "series.h"

#include <string.h>

static void halve_row(uint64_t *amounts)
{
    for (size_t i = 0; i < SERIES_STEPS; i++) {
        amounts[i] = i < SERIES_STEPS / 2 ? amounts[2 * i] + amounts[2 * i + 1] : 0;
    }
}

static void halve(struct series *series)
{
    for (size_t part = 0; part < SERIES_PARTS; part++) {
        for (int direction = C2S; direction <= S2C; direction++) {
            for (size_t measure = 0; measure < MEASURES; measure++) {
                halve_row(series->amounts[part][direction][measure]);
            }
        }
    }
    series->step *= 2;
    series->count = (series->count + 1) / 2;
}

/* The step of a time; one before the start, as captures of several interfaces have it, is in the first. */
static size_t step_of(struct series *series, int64_t time)
{
    uint64_t since = time > series->start ? (uint64_t)time - (uint64_t)series->start : 0;

    while (since / (uint64_t)series->step >= SERIES_STEPS) {
        halve(series);
    }
    size_t step = (size_t)(since / (uint64_t)series->step);

    series->count = step + 1 > series->count ? step + 1 : series->count;
    return step;
}

void series_add(struct series *series, int64_t time, unsigned part, enum direction direction, uint64_t bytes)
{
    if (series->step == 0) {
        series->start = time;
        series->step = SERIES_FIRST;
    }
    size_t step = step_of(series, time);

    series->amounts[part][direction][MEASURE_MESSAGES][step]++;
    series->amounts[part][direction][MEASURE_BYTES][step] += bytes;
}

void series_begin_like(struct series *series, const struct series *other)
{
    memset(series->amounts, 0, sizeof series->amounts);
    series->start = other->start;
    series->step = other->step;
    series->count = other->count;
}

void series_reach(struct series *series, const struct series *other)
{
    while (series->step < other->step) {
        halve(series);
    }
    series->count = other->count > series->count ? other->count : series->count;
}

static uint64_t amount_at(const struct series *series, const struct series_choice *choice, size_t step)
{
    uint64_t amount = 0;

    for (size_t part = 0; part < SERIES_PARTS; part++) {
        for (int direction = C2S; direction <= S2C; direction++) {
            if ((choice->parts >> part & 1) && (choice->directions >> direction & 1)) {
                amount += series->amounts[part][direction][choice->measure][step];
            }
        }
    }
    return amount;
}

uint64_t series_sum(const struct series *series, const struct series_choice *choice)
{
    uint64_t sum = 0;

    for (size_t step = 0; step < series->count; step++) {
        sum += amount_at(series, choice, step);
    }
    return sum;
}

uint64_t series_column(const struct series *series, const struct series_choice *choice, size_t column,
                       size_t columns)
{
    size_t from = column * series->count / columns, to = (column + 1) * series->count / columns;
    uint64_t most = 0;

    to = to > from ? to : from + 1;
    for (size_t step = from; step < to && step < series->count; step++) {
        uint64_t amount = amount_at(series, choice, step);

        most = amount > most ? amount : most;
    }
    return most;
}

uint64_t series_highest(const struct series *series, const struct series_choice *choice, size_t columns)
{
    uint64_t most = 0;

    for (size_t column = 0; column < columns; column++) {
        uint64_t amount = series_column(series, choice, column, columns);

        most = amount > most ? amount : most;
    }
    return most;
}
