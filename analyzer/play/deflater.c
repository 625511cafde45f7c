/* SPDX-License-Identifier: MIT */
#include "deflater.h"

#include <stdlib.h>
#include <zlib.h>

struct deflater {
    z_stream stream;
    bool takeover;
};

#define LEVEL 6
#define TAIL_LENGTH 4           /* the 00 00 ff ff of an empty stored block */

static const uint8_t empty_block[1 + TAIL_LENGTH] = { 0x00, 0x00, 0x00, 0xFF, 0xFF };

struct deflater *deflater_create(const struct item_compress *setting)
{
    struct deflater *deflater = calloc(1, sizeof *deflater);
    /* zlib has no raw window of 8 bits. Its 9-bit window reaches back 250 bytes, which 8 bits allow. */
    int bits = setting->window_bits < 9 ? 9 : setting->window_bits;

    if (deflater == NULL) {
        return NULL;
    }
    deflater->takeover = setting->takeover;
    if (deflateInit2(&deflater->stream, LEVEL, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(deflater);
        return NULL;
    }
    return deflater;
}

void deflater_destroy(struct deflater *deflater)
{
    if (deflater != NULL) {
        deflateEnd(&deflater->stream);
        free(deflater);
    }
}

/* All of the piece, and all that zlib holds back, go to out. */
static void put_all(z_stream *stream, struct bytes piece, int flush, struct buffer *out)
{
    uint8_t room[4096];

    stream->next_in = (Bytef *)(uintptr_t)piece.data;
    stream->avail_in = (uInt)piece.length;
    do {
        stream->next_out = room;
        stream->avail_out = sizeof room;
        deflate(stream, flush);
        buffer_put(out, bytes_of(room, sizeof room - stream->avail_out));
    } while (stream->avail_out == 0 && !out->failed);
}

/* RFC 7692 section 7.2.3.4: a final block is followed by an empty one, whose first byte stays. */
static void put_final(struct deflater *deflater, struct bytes piece, struct buffer *out)
{
    put_all(&deflater->stream, piece, Z_FINISH, out);
    buffer_put_byte(out, 0x00);
    deflateReset(&deflater->stream);
}

/* Between messages nothing is held back, so a change of level writes nothing; zlib wants room for it. */
static void set_level(z_stream *stream, int level)
{
    uint8_t room[16];

    stream->next_in = NULL;
    stream->avail_in = 0;
    stream->next_out = room;
    stream->avail_out = sizeof room;
    deflateParams(stream, level, Z_DEFAULT_STRATEGY);
}

static void put_stored(struct deflater *deflater, struct bytes piece, struct buffer *out)
{
    set_level(&deflater->stream, Z_NO_COMPRESSION);
    put_all(&deflater->stream, piece, Z_SYNC_FLUSH, out);
    set_level(&deflater->stream, LEVEL);
}

void deflater_put(struct deflater *deflater, enum frame_compress how, struct bytes piece, bool last,
                  struct buffer *out)
{
    size_t start = out->length;

    if (how == COMPRESS_FINAL) {
        put_final(deflater, piece, out);
    } else if (how == COMPRESS_STORED) {
        put_stored(deflater, piece, out);
    } else {
        put_all(&deflater->stream, piece, Z_SYNC_FLUSH, out);
    }
    if (out->length == start) {     /* nothing to compress, and zlib does not flush twice */
        buffer_put(out, bytes_of(empty_block, sizeof empty_block));
    }
    if (last && how != COMPRESS_FINAL && out->length - start >= TAIL_LENGTH) {
        out->length -= TAIL_LENGTH;
    }
    if (last && !deflater->takeover) {
        deflateReset(&deflater->stream);
    }
}
