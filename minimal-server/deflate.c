/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "websocket.h"

struct deflate {
    z_stream compressor, expander;
};

enum { SERVER_FRESH, CLIENT_FRESH, SERVER_BITS, CLIENT_BITS, PARAMETERS, BITS_MAX = 15 };

/* RFC 7692 section 7.1: which must have a number of window bits, and which may. */
static const struct {
    const char *name;
    bool may_be_bare, may_have_bits;
} parameters[PARAMETERS] = {
    [SERVER_FRESH] = { "server_no_context_takeover", true, false },
    [CLIENT_FRESH] = { "client_no_context_takeover", true, false },
    [SERVER_BITS] = { "server_max_window_bits", false, true },
    [CLIENT_BITS] = { "client_max_window_bits", true, true },
};

/* 8 to 15, without a leading zero (RFC 7692 section 7.1.2), may be a quoted token; 0 for anything else. */
static uint8_t window_bits(struct slice value)
{
    uint64_t bits = 0;

    if (value.size > 2 && *value.at == '"') {
        value = (struct slice){ value.at + 1, value.size - 2 };
    }
    return slice_number(value, &bits) && *value.at != '0' && bits >= 8 && bits <= BITS_MAX ? (uint8_t)bits : 0;
}

/* A parameter that is unknown, twice there or has a wrong value declines the offer (RFC 7692 section 7.1). So
 * does server_max_window_bits=8, with which zlib cannot deflate. Any client_max_window_bits will do. */
bool deflate_accept(struct client *client, struct slice offer)
{
    unsigned seen = 0;

    client->deflate_bits = BITS_MAX;
    while (offer.size) {
        struct slice value = slice_cut(&offer, ';');
        struct slice name = slice_cut(&value, '=');
        uint8_t bits = window_bits(value);
        size_t i = 0;

        while (i < PARAMETERS && (!slice_is(name, parameters[i].name) || seen & 1u << i)) {
            i++;
        }
        if (i == PARAMETERS || !(value.size ? parameters[i].may_have_bits && bits : parameters[i].may_be_bare) ||
            (i == SERVER_BITS && bits == 8)) {
            return false;
        }
        seen |= 1u << i;
        client->deflate_bits = i == SERVER_BITS ? bits : client->deflate_bits;
    }
    client->deflate_parameters = (uint8_t)seen;
    return true;
}

void deflate_print(const struct client *client, struct buffer **answer)
{
    unsigned agreed = client->deflate_parameters;

    buffer_print(answer, "Sec-WebSocket-Extensions: permessage-deflate%s%s",
                 agreed & 1u << SERVER_FRESH ? "; server_no_context_takeover" : "",
                 agreed & 1u << CLIENT_FRESH ? "; client_no_context_takeover" : "");
    if (agreed & 1u << SERVER_BITS) {
        buffer_print(answer, "; server_max_window_bits=%u", client->deflate_bits);
    }
    buffer_append(answer, "\r\n", 2);
}

static struct deflate *get_memory(struct client *client)
{
    struct deflate *memory = client->deflate;

    if (!memory) {
        client->deflate = memory = buffer_allocate(NULL, sizeof *memory);
        *memory = (struct deflate){ .compressor = { .next_in = NULL } };
        if (deflateInit2(&memory->compressor, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -client->deflate_bits, 8,
                         Z_DEFAULT_STRATEGY) || inflateInit2(&memory->expander, -BITS_MAX)) {
            buffer_allocate(NULL, SIZE_MAX);    /* that fails, and says so */
        }
    }
    return memory;
}

/* RFC 7692 section 7.2.1. An empty message is an empty block (section 7.2.3.6), which zlib would not repeat. */
void deflate_compress(struct client *client, const uint8_t *bytes, size_t n, struct buffer **to)
{
    z_stream *stream = &get_memory(client)->compressor;
    uint8_t chunk[4096];

    stream->next_in = bytes;
    stream->avail_in = (unsigned)n;
    buffer_append(to, "\0\0\0\xFF\xFF", n ? 0 : 5);
    do {
        stream->next_out = chunk;
        stream->avail_out = sizeof chunk;
        deflate(stream, n ? Z_SYNC_FLUSH : Z_NO_FLUSH);
        buffer_append(to, chunk, sizeof chunk - stream->avail_out);
    } while (!stream->avail_out);
    (*to)->end -= 4;        /* 00 00 FF FF, which ends every message, is not sent */
    if (client->deflate_parameters & 1u << SERVER_FRESH) {
        deflateReset(stream);
    }
}

static bool expand(struct client *client, z_stream *stream, uint8_t *bytes, size_t n,
                   bool (*sink)(struct client *client, const uint8_t *bytes, size_t n))
{
    uint8_t chunk[1 << 15];

    stream->next_in = bytes;
    stream->avail_in = (unsigned)n;
    do {
        int status;

        stream->next_out = chunk;
        stream->avail_out = sizeof chunk;
        status = inflate(stream, Z_SYNC_FLUSH);
        if ((status < 0 && status != Z_BUF_ERROR) || !sink(client, chunk, sizeof chunk - stream->avail_out)) {
            return false;
        }
        if (status == Z_STREAM_END) {   /* a last block is not the end: RFC 7692 section 7.2.3.4 */
            unsigned window = 0;

            inflateGetDictionary(stream, chunk, &window);
            inflateReset(stream);
            inflateSetDictionary(stream, chunk, window);
        }
    } while (stream->avail_in || !stream->avail_out);
    return true;
}

bool deflate_expand(struct client *client, uint8_t *bytes, size_t n, bool last,
                    bool (*sink)(struct client *client, const uint8_t *bytes, size_t n))
{
    enum { BETWEEN_BLOCKS = 128 };      /* in zlib's data_type: the message did not end in mid-block */
    z_stream *stream = &get_memory(client)->expander;
    uint8_t tail[] = { 0x00, 0x00, 0xFF, 0xFF };
    bool valid = expand(client, stream, bytes, n, sink) &&
                 (!last || (expand(client, stream, tail, sizeof tail, sink) && stream->data_type & BETWEEN_BLOCKS));

    if (last && valid && client->deflate_parameters & 1u << CLIENT_FRESH) {
        inflateReset(stream);
    }
    return valid;
}

void deflate_free(struct deflate *memory)
{
    deflateEnd(&memory->compressor);
    inflateEnd(&memory->expander);
    free(memory);
}
