/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define DIGITS_MAX 20           /* of 2^64 - 1 */

void output_init(struct output *output, int descriptor)
{
    output->descriptor = descriptor;
    output->error = 0;
    output->ascii = false;
    output->used = 0;
}

static void write_all(struct output *output, const char *data, size_t n)
{
    while (n > 0 && output->error == 0) {
        ssize_t written = write(output->descriptor, data, n);

        if (written >= 0) {
            data += written;
            n -= (size_t)written;
        } else if (errno != EINTR) {
            output->error = errno;
        }
    }
}

bool output_flush(struct output *output)
{
    write_all(output, output->buffer, output->used);
    output->used = 0;
    return output->error == 0;
}

void output_bytes(struct output *output, const void *data, size_t n)
{
    if (n > OUTPUT_BUFFER - output->used) {
        output_flush(output);
        if (n >= OUTPUT_BUFFER) {
            write_all(output, data, n);
            return;
        }
    }
    if (n > 0) {
        memcpy(output->buffer + output->used, data, n);
        output->used += n;
    }
}

void output_text(struct output *output, const char *text)
{
    output_bytes(output, text, strlen(text));
}

void output_spaces(struct output *output, size_t n)
{
    while (n-- > 0) {
        output_character(output, ' ');
    }
}

void output_number(struct output *output, uint64_t value, unsigned digits)
{
    char text[DIGITS_MAX];
    size_t at = DIGITS_MAX;

    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || (DIGITS_MAX - at < digits && at > 0));
    output_bytes(output, text + at, DIGITS_MAX - at);
}

unsigned output_digits(uint64_t value)
{
    unsigned digits = 1;

    while (value >= 10) {
        value /= 10;
        digits++;
    }
    return digits;
}

void output_hex(struct output *output, struct bytes view)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < view.length; i++) {
        output_character(output, digits[view.data[i] >> 4]);
        output_character(output, digits[view.data[i] & 15]);
    }
}

void output_seconds(struct output *output, int64_t nanoseconds, unsigned decimals)
{
    static const uint32_t units[] = { 1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1 };
    uint64_t size = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;

    if (nanoseconds < 0) {
        output_character(output, '-');
    }
    output_number(output, size / units[0], 1);
    if (decimals > 0) {
        output_character(output, '.');
        output_number(output, size % units[0] / units[decimals], decimals);
    }
}

void output_format(struct output *output, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n > 0) {
        output_bytes(output, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    }
}
