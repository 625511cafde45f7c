/* SPDX-License-Identifier: MIT */
#ifndef WS101_UNITS_H
#define WS101_UNITS_H

/* units - numbers in few columns: sizes, durations, times of day. */

#include <stddef.h>
#include <stdint.h>

#define UNITS_MAX 24

/* "0" to "9999", then "12.3k", "4.0M", "1.2G": powers of 1024, five columns at most. */
void units_size(char out[UNITS_MAX], uint64_t value);

/* "850ns", "1.2ms", "45s", "3m07s", "5h12m", "4d03h": six columns at most. */
void units_duration(char out[UNITS_MAX], int64_t nanoseconds);

/* Seconds with six decimals. */
void units_seconds(char out[UNITS_MAX], int64_t nanoseconds);

/* The local time of day, with microseconds. */
void units_clock(char out[UNITS_MAX], int64_t time);

/* "1 connection", "2 connections". */
void units_count(char *out, size_t capacity, uint64_t count, const char *noun);

#endif
