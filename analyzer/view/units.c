/* SPDX-License-Identifier: MIT */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define MICROSECOND 1000
#define MILLISECOND 1000000
#define SECOND      INT64_C(1000000000)
#define MINUTE      (60 * SECOND)
#define HOUR        (60 * MINUTE)
#define DAY         (24 * HOUR)

void units_size(char out[UNITS_MAX], uint64_t value)
{
    static const char letters[] = "kMGTPE";
    double scaled = (double)value;
    int letter = -1;

    while (scaled >= (letter < 0 ? 10000 : 999.95)) {
        scaled /= 1024;
        letter++;
    }
    if (letter < 0) {
        snprintf(out, UNITS_MAX, "%" PRIu64, value);
    } else {
        snprintf(out, UNITS_MAX, scaled < 99.95 ? "%.1f%c" : "%.0f%c", scaled, letters[letter]);
    }
}

/* Two units, the smaller one in two digits. */
static void two_units(char out[UNITS_MAX], int64_t value, int64_t large, int64_t small, const char *format)
{
    snprintf(out, UNITS_MAX, format, value / large, value % large / small);
}

static void fraction(char out[UNITS_MAX], double value, const char *unit)
{
    snprintf(out, UNITS_MAX, value < 9.95 ? "%.1f%s" : "%.0f%s", value, unit);
}

void units_duration(char out[UNITS_MAX], int64_t nanoseconds)
{
    int64_t value = nanoseconds < 0 ? 0 : nanoseconds;

    if (value < MICROSECOND) {
        snprintf(out, UNITS_MAX, "%" PRId64 "ns", value);
    } else if (value < MILLISECOND) {
        fraction(out, (double)value / MICROSECOND, "us");
    } else if (value < SECOND) {
        fraction(out, (double)value / MILLISECOND, "ms");
    } else if (value < MINUTE) {
        fraction(out, (double)value / (double)SECOND, "s");
    } else if (value < HOUR) {
        two_units(out, value, MINUTE, SECOND, "%" PRId64 "m%02" PRId64 "s");
    } else if (value < DAY) {
        two_units(out, value, HOUR, MINUTE, "%" PRId64 "h%02" PRId64 "m");
    } else {
        two_units(out, value, DAY, HOUR, "%" PRId64 "d%02" PRId64 "h");
    }
}

void units_seconds(char out[UNITS_MAX], int64_t nanoseconds)
{
    int64_t value = nanoseconds < 0 ? -nanoseconds : nanoseconds;

    snprintf(out, UNITS_MAX, "%s%" PRId64 ".%06" PRId64, nanoseconds < 0 ? "-" : "", value / SECOND,
             value % SECOND / MICROSECOND);
}

void units_clock(char out[UNITS_MAX], int64_t time)
{
    time_t seconds = (time_t)(time / SECOND);
    struct tm local;

    localtime_r(&seconds, &local);
    snprintf(out, UNITS_MAX, "%02d:%02d:%02d.%06d", local.tm_hour % 24, local.tm_min % 60, local.tm_sec % 61,
             (int)(time % SECOND / MICROSECOND) % MILLISECOND);
}

void units_count(char *out, size_t capacity, uint64_t count, const char *noun)
{
    snprintf(out, capacity, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}
