/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include <zlib.h>

#include "server.h"

struct deflate {
    z_stream compressor, expander;
};

/* RFC 7692 section 7.1. A parameter's place is its bit in the client's terms; the server's window bits stand
 * above. The first two have no value, the third must have one, the last may. */
enum { SERVER_FRESH, CLIENT_FRESH, SERVER_BITS, CLIENT_BITS, PARAMETERS, BITS_SHIFT = 8, BITS_MAX = 15 };

static const char *const parameters[PARAMETERS] = { "server_no_context_takeover", "client_no_context_takeover",
                                                    "server_max_window_bits", "client_max_window_bits" };

/* A parameter that is unknown, there already or has a wrong value declines the offer (RFC 7692 section
 * 7.1). So does server_max_window_bits=8, with which zlib cannot deflate. Any client_max_window_bits will
 * do. */
bool deflate_accept(unsigned *terms, const char *name, const char *value, char *answer)
{
    unsigned bits = value && http_is_number(value) && *value != '0' ? (unsigned)atoi(value) : 0, i = 0;

    while (i < PARAMETERS && (strcmp(name, parameters[i]) != 0 || *terms & 1u << i)) {
        i++;
    }
    if (i == PARAMETERS || (value && (i < SERVER_BITS || bits < 8 || bits > BITS_MAX)) ||
        (i == SERVER_BITS && bits <= 8)) {
        return false;
    }
    *terms |= 1u << i | (i == SERVER_BITS ? bits << BITS_SHIFT : 0);
    if (i != CLIENT_BITS) {
        sprintf(answer + strlen(answer), bits ? "; %s=%u" : "; %s", name, bits);
    }
    return true;
}

static struct deflate *get_memory(struct client *client)
{
    int bits = client->deflate_terms & 1u << SERVER_BITS ? client->deflate_terms >> BITS_SHIFT : BITS_MAX;
    struct deflate *memory = client->deflate;

    if (!memory) {
        client->deflate = memory = buffer_allocate(NULL, sizeof *memory);
        memset(memory, 0, sizeof *memory);
        if (deflateInit2(&memory->compressor, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -bits, 8,
                         Z_DEFAULT_STRATEGY) || inflateInit2(&memory->expander, -BITS_MAX)) {
            buffer_allocate(NULL, SIZE_MAX);    /* that fails, and says so */
        }
    }
    return memory;
}

/* RFC 7692 section 7.2.1. An empty message is an empty block (section 7.2.3.6), which zlib would not
 * repeat. */
struct buffer *deflate_compress(struct client *client, const uint8_t *bytes, size_t n)
{
    z_stream *stream = &get_memory(client)->compressor;
    size_t capacity = deflateBound(stream, n) + 16;
    struct buffer *message = buffer_allocate(NULL, sizeof *message + capacity);

    stream->next_in = bytes;
    stream->avail_in = (unsigned)n;
    stream->next_out = message->bytes;
    stream->avail_out = (unsigned)capacity;
    message->bytes[0] = 0;
    deflate(stream, n ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    message->size = n ? capacity - stream->avail_out - 4 : 1;   /* without 00 00 FF FF, which would end it */
    if (client->deflate_terms & 1u << SERVER_FRESH) {
        deflateReset(stream);
    }
    return message;
}

/* RFC 7692 section 7.2.2. Stops when the message has become too big; it is for the caller to see that. */
bool deflate_expand(struct client *client, struct buffer **message)
{
    enum { BETWEEN_BLOCKS = 128 };      /* in zlib's data_type: the message did not end in mid-block */
    z_stream *stream = &get_memory(client)->expander;
    struct buffer *expanded = NULL;
    uint8_t chunk[1 << 15];
    unsigned window = 0;
    int status;

    buffer_append(message, "\x00\x00\xFF\xFF", 4);
    stream->next_in = (*message)->bytes;
    stream->avail_in = (unsigned)(*message)->size;
    do {
        stream->next_out = chunk;
        stream->avail_out = sizeof chunk;
        status = inflate(stream, Z_SYNC_FLUSH);
        buffer_append(&expanded, chunk, sizeof chunk - stream->avail_out);
        if (status == Z_STREAM_END) {   /* a last block is not the end: RFC 7692 section 7.2.3.4 */
            inflateGetDictionary(stream, chunk, &window);
            inflateReset(stream);
            inflateSetDictionary(stream, chunk, window);
        }
    } while (status >= 0 && (stream->avail_in || !stream->avail_out) &&
             buffer_size(expanded) <= server.number[MESSAGE_MAX]);
    free(*message);
    *message = expanded;
    if (client->deflate_terms & 1u << CLIENT_FRESH) {
        inflateReset(stream);
    }
    return (status >= 0 || status == Z_BUF_ERROR) && stream->data_type & BETWEEN_BLOCKS;
}

void deflate_free(struct deflate *memory)
{
    deflateEnd(&memory->compressor);
    inflateEnd(&memory->expander);
    free(memory);
}
