/* SPDX-License-Identifier: MIT */
#ifndef SERVER_BUFFER_H
#define SERVER_BUFFER_H

/* buffer - bytes that wait.
 *
 * Comes in:   bytes at the end.
 * Goes out:   the same bytes from the beginning.
 * Ownership:  whoever holds the pointer owns the buffer. An empty buffer is NULL, so ten thousand idle
 *             connections own none. Running out of memory ends the program, with exit status 3.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    size_t begin, end;      /* the waiting bytes are bytes[begin] to bytes[end - 1] */
    size_t capacity;
    uint8_t bytes[];
};

/* Memory that is there, or the program has ended. */
void *buffer_allocate(void *old, size_t size);

/* How many bytes wait. */
size_t buffer_size(const struct buffer *buffer);

/* Adds n bytes at the end. */
void buffer_append(struct buffer **buffer, const void *bytes, size_t n);

/* Adds text at the end, at most 1023 bytes, as printf makes it. */
void buffer_print(struct buffer **buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops n bytes from the beginning; with the last byte goes the buffer. */
void buffer_consume(struct buffer **buffer, size_t n);

#endif
