/* SPDX-License-Identifier: MIT */
#ifndef WS101_BUFFER_H
#define WS101_BUFFER_H

/* buffer - bytes that grow as they are written.
 *
 * Ownership: whoever has the struct releases it.
 * Errors:    a write past the limit, or without memory, sets failed for good; test it once, after the writes.
 */

#include "core/bytes.h"

struct buffer {
    uint8_t *data;
    size_t length;
    size_t capacity;
    size_t limit;               /* it never grows beyond; 0: BUFFER_LIMIT */
    bool failed;
};

#define BUFFER_LIMIT ((size_t)1 << 30)

void buffer_release(struct buffer *buffer);

/* Room for n more bytes, counted as written: where they go, or NULL. */
uint8_t *buffer_extend(struct buffer *buffer, size_t n);

void buffer_put(struct buffer *buffer, struct bytes bytes);
void buffer_put_text(struct buffer *buffer, const char *text);
void buffer_put_byte(struct buffer *buffer, uint8_t byte);

/* The lowest n bytes of value, big-endian. */
void buffer_put_big(struct buffer *buffer, uint64_t value, size_t n);

static inline struct bytes buffer_view(const struct buffer *buffer)
{
    return bytes_of(buffer->data, buffer->length);
}

#endif
