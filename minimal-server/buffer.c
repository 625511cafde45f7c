/* SPDX-License-Identifier: MIT */
#include <stdarg.h>

#include "server.h"

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
    enum { SMALLEST = 960 };
    size_t size = buffer_size(*buffer);

    if (n && (!*buffer || (*buffer)->capacity - size < n)) {
        size_t capacity = size + n < SMALLEST ? SMALLEST : (size + n) * 2;

        *buffer = buffer_allocate(*buffer, sizeof **buffer + capacity);
        (*buffer)->capacity = capacity;
    }
    if (n) {
        memcpy((*buffer)->bytes + size, bytes, n);
        (*buffer)->size = size + n;
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
    if (n < buffer_size(*buffer)) {
        (*buffer)->size -= n;
        memmove((*buffer)->bytes, (*buffer)->bytes + n, (*buffer)->size);
    } else {
        free(*buffer);
        *buffer = NULL;
    }
}
