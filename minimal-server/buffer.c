/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 960 };

void *buffer_allocate(void *old, size_t size)
{
    void *memory = realloc(old, size);

    if (!memory) {
        fputs("ws101-server: out of memory; lower --queue or --message, or limit descriptors (ulimit -n)\n", stderr);
        exit(3);
    }
    return memory;
}

size_t buffer_size(const struct buffer *buffer)
{
    return buffer ? buffer->end - buffer->begin : 0;
}

void buffer_append(struct buffer **buffer, const void *bytes, size_t n)
{
    struct buffer *b = *buffer;
    size_t size = buffer_size(b);

    if (n && (!b || b->capacity - b->end < n)) {
        size_t capacity = size + n < SMALLEST ? SMALLEST : (size + n) * 2;

        b = buffer_allocate(b, sizeof *b + capacity);
        memmove(b->bytes, b->bytes + (size ? b->begin : 0), size);
        *b = (struct buffer){ .end = size, .capacity = capacity };
        *buffer = b;
    }
    if (n) {
        memcpy(b->bytes + b->end, bytes, n);
        b->end += n;
    }
}

void buffer_print(struct buffer **buffer, const char *format, ...)
{
    char text[1024];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    buffer_append(buffer, text, strlen(text));
}

void buffer_consume(struct buffer **buffer, size_t n)
{
    if (*buffer && ((*buffer)->begin += n) == (*buffer)->end) {
        free(*buffer);
        *buffer = NULL;
    }
}
