/* SPDX-License-Identifier: MIT */
#include "inflater.h"

#include <limits.h>
#include <stdalign.h>

#define ZLIB_CONST              /* next_in points to const */
#include <zlib.h>

#define WINDOW_BITS 15
#define ZLIB_STATE (8 * 1024)   /* what zlib takes beside the window: 7 KiB or so, by its zconf.h */

struct inflater {
    z_stream stream;
    bool may_end;               /* nothing has come, or nothing after a block with BFINAL */
    bool output_full;           /* zlib may hold more than the caller had room for */
};

/* zlib gives blocks back without their size, so each carries it in front. */
struct block {
    alignas(max_align_t) size_t size;
};

static voidpf allocate_block(voidpf opaque, uInt items, uInt item_size)
{
    size_t size = sizeof(struct block) + (size_t)items * item_size;
    struct block *block = memory_allocate(opaque, size);

    if (block == NULL) {
        return Z_NULL;
    }
    block->size = size;
    return block + 1;
}

static void release_block(voidpf opaque, voidpf address)
{
    struct block *block = (struct block *)address - 1;

    memory_release(opaque, block, block->size);
}

/* A raw stream (negative window bits: neither zlib's header nor its checksum). An empty dictionary makes zlib
 * allocate the window now and not when the first message is half inflated. */
static bool begin_stream(z_stream *stream, struct memory *memory)
{
    static const Bytef nothing[1];

    stream->zalloc = allocate_block;
    stream->zfree = release_block;
    stream->opaque = memory;
    if (inflateInit2(stream, -WINDOW_BITS) != Z_OK) {
        return false;
    }
    if (inflateSetDictionary(stream, nothing, 0) != Z_OK) {
        inflateEnd(stream);
        return false;
    }
    return true;
}

struct inflater *inflater_create(struct memory *memory)
{
    struct inflater *inflater = memory_allocate(memory, sizeof *inflater);

    if (inflater == NULL) {
        return NULL;
    }
    if (!begin_stream(&inflater->stream, memory)) {
        memory_release(memory, inflater, sizeof *inflater);
        return NULL;
    }
    inflater->may_end = true;
    return inflater;
}

void inflater_destroy(struct inflater *inflater, struct memory *memory)
{
    if (inflater != NULL) {
        inflateEnd(&inflater->stream);
        memory_release(memory, inflater, sizeof *inflater);
    }
}

size_t inflater_size(void)
{
    return sizeof(struct inflater) + ((size_t)1 << WINDOW_BITS) + ZLIB_STATE;
}

void inflater_reset(struct inflater *inflater)
{
    inflateReset(&inflater->stream);
    inflater->may_end = true;
    inflater->output_full = false;
}

/* One call of zlib; false when it refuses the data. A block with BFINAL ends what zlib calls a stream, but
 * not the message (RFC 7692 section 7.2.3.5): the next block may follow, and refers to the same window. */
static bool inflate_more(struct inflater *inflater)
{
    z_stream *stream = &inflater->stream;
    uInt input = stream->avail_in, room = stream->avail_out;
    int status = inflate(stream, Z_SYNC_FLUSH);

    if (status == Z_STREAM_END) {
        inflateResetKeep(stream);
        inflater->may_end = true;
        return true;
    }
    if (stream->avail_in != input || stream->avail_out != room) {
        inflater->may_end = false;
    }
    return status == Z_OK || status == Z_BUF_ERROR;
}

static enum inflater_step refusal(const z_stream *stream)
{
    bool too_far = stream->msg != NULL && strcmp(stream->msg, "invalid distance too far back") == 0;

    return too_far ? INFLATER_MISSING : INFLATER_CORRUPT;
}

static uInt at_most_uint(size_t n)
{
    return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

enum inflater_step inflater_step(struct inflater *inflater, struct bytes *input,
                                 uint8_t *out, size_t capacity, size_t *produced)
{
    z_stream *stream = &inflater->stream;
    bool good = true;

    stream->next_out = out;
    stream->avail_out = at_most_uint(capacity);
    while (good && stream->avail_out > 0 && (input->length > 0 || inflater->output_full)) {
        uInt offered = at_most_uint(input->length);

        stream->next_in = input->data;
        stream->avail_in = offered;
        inflater->output_full = false;
        good = inflate_more(inflater);
        *input = bytes_after(*input, offered - stream->avail_in);
    }
    *produced = (size_t)(stream->next_out - out);
    if (!good) {
        return refusal(stream);
    }
    inflater->output_full = stream->avail_out == 0;
    return inflater->output_full ? INFLATER_OUTPUT : INFLATER_MORE;
}

/* Section 7.2.1: the sender ended with an empty stored block and took its last four bytes off. So zlib waits
 * for just these, and takes the next message as if it had seen them. After a block with BFINAL a sender may
 * have left the empty one out: nothing is missing then. */
bool inflater_finish(struct inflater *inflater)
{
    bool whole = inflater->may_end || inflateSyncPoint(&inflater->stream) > 0;

    inflateResetKeep(&inflater->stream);
    inflater->may_end = true;
    return whole;
}
