/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <stdlib.h>

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){ .limit = buffer->limit };
}

static bool make_room(struct buffer *buffer, size_t n)
{
    size_t limit = buffer->limit ? buffer->limit : BUFFER_LIMIT;
    size_t wanted = buffer->capacity ? buffer->capacity : 256;

    if (n > limit - buffer->length) {
        return false;
    }
    while (wanted < buffer->length + n) {
        wanted *= 2;
    }
    uint8_t *data = realloc(buffer->data, wanted);

    if (data == NULL) {
        return false;
    }
    buffer->data = data;
    buffer->capacity = wanted;
    return true;
}

uint8_t *buffer_extend(struct buffer *buffer, size_t n)
{
    if (buffer->failed || (n > buffer->capacity - buffer->length && !make_room(buffer, n))) {
        buffer->failed = true;
        return NULL;
    }
    buffer->length += n;
    return buffer->data + buffer->length - n;
}

void buffer_put(struct buffer *buffer, struct bytes bytes)
{
    uint8_t *at = bytes.length ? buffer_extend(buffer, bytes.length) : NULL;

    if (at != NULL) {
        memcpy(at, bytes.data, bytes.length);
    }
}

void buffer_put_text(struct buffer *buffer, const char *text)
{
    buffer_put(buffer, bytes_of_text(text));
}

void buffer_put_byte(struct buffer *buffer, uint8_t byte)
{
    buffer_put(buffer, bytes_of(&byte, 1));
}

void buffer_put_big(struct buffer *buffer, uint64_t value, size_t n)
{
    while (n-- > 0) {
        buffer_put_byte(buffer, (uint8_t)(value >> (8 * n)));
    }
}
