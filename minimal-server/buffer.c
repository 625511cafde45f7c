/* SPDX-License-Identifier: MIT */
#include <stdarg.h>

#include "server.h"

enum { SMALLEST = 960 };

void *buffer_allocate(void *old, size_t size)
{
    void *memory = realloc(old, size);

    if (!memory) {
        fputs("ws101-server: out of memory; lower --queue, --message or ulimit -n\n", stderr);
        exit(3);
    }
    return memory;
}

size_t buffer_size(const struct buffer *buffer)
{
    return buffer ? buffer->size : 0;
}

void buffer_append(struct buffer **buffer, const void *bytes, size_t n)
{
    size_t size = buffer_size(*buffer) + n;

    if (!n) {
        return;
    }
    if (!*buffer || (*buffer)->capacity < size) {
        *buffer = buffer_allocate(*buffer, sizeof **buffer + SMALLEST + 2 * size);
        (*buffer)->capacity = SMALLEST + 2 * size;
    }
    memcpy((*buffer)->bytes + size - n, bytes, n);
    (*buffer)->size = size;
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
    if (n < buffer_size(*buffer)) {
        (*buffer)->size -= n;
        memmove((*buffer)->bytes, (*buffer)->bytes + n, (*buffer)->size);
    } else {
        free(*buffer);
        *buffer = NULL;
    }
}
