/* SPDX-License-Identifier: MIT */
#ifndef WS101_OUTPUT_H
#define WS101_OUTPUT_H

/* output - where every report writes: one buffer before one descriptor, and numbers made quickly.
 *
 * Comes in:   our own text and numbers. What came from the wire goes through escape or object.
 * Goes out:   bytes, when the buffer is full or at output_flush.
 * Errors:     the first write that fails is remembered in error; from then on nothing is written and
 *             nothing fails again, so that callers look once, at the end or between two events.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"

#define OUTPUT_BUFFER (64 * 1024)

struct output {
    int descriptor;             /* the caller's; never closed here */
    int error;                  /* errno of the first write that failed, or 0 */
    bool ascii;                 /* the reader is a terminal that does not know UTF-8 */
    size_t used;
    char buffer[OUTPUT_BUFFER];
};

void output_init(struct output *output, int descriptor);

/* Whether everything so far has reached the descriptor. */
bool output_flush(struct output *output);

void output_bytes(struct output *output, const void *data, size_t n);
void output_text(struct output *output, const char *text);
void output_spaces(struct output *output, size_t n);

static inline void output_character(struct output *output, char character)
{
    if (output->used == OUTPUT_BUFFER) {
        output_flush(output);
    }
    output->buffer[output->used++] = character;
}

/* Decimal, with leading zeros up to that many digits; digits 0 or 1: none. */
void output_number(struct output *output, uint64_t value, unsigned digits);

/* Two lower-case hexadecimal digits a byte. */
void output_hex(struct output *output, struct bytes view);

/* Nanoseconds as seconds with that many decimals (0 to 9), the rest cut off: "12.345678", "-0.5". */
void output_seconds(struct output *output, int64_t nanoseconds, unsigned decimals);

/* From one time to another; the furthest that can be said where a capture's times are absurd. */
static inline int64_t output_elapsed(int64_t from, int64_t to)
{
    int64_t elapsed;

    if (__builtin_sub_overflow(to, from, &elapsed)) {
        return to < from ? INT64_MIN : INT64_MAX;
    }
    return elapsed;
}

/* As printf; at most 1 KiB of it. Not for what came from the wire. */
__attribute__((format(printf, 2, 3))) void output_format(struct output *output, const char *format, ...);

/* How many decimal digits the number has. */
unsigned output_digits(uint64_t value);

#endif
