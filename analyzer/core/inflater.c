/* SPDX-License-Identifier: MIT */
#include "inflater.h"

#include <limits.h>
#include <stdalign.h>

#define ZLIB_CONST              /* next_in points to const */
#include <zlib.h>

#define WINDOW_BITS 15
#define ZLIB_STATE (8 * 1024)   /* what zlib takes beside the window: 7 KiB or so, by its zconf.h */
#define CACHE_LINE 64
#define WORTH_FETCHING 128      /* bytes of input from which on fetch_window pays, as measured */

struct inflater {
    z_stream stream;
    struct memory *memory;
    struct bytes window;        /* where zlib keeps it, for fetch_window */
    bool may_end;               /* nothing has come, or nothing after a block with BFINAL */
    bool output_full;           /* zlib may hold more than the caller had room for */
};

/* zlib gives blocks back without their size, so each carries it in front. */
struct block {
    alignas(max_align_t) size_t size;
};

/* The window is what zlib asks for last, see begin_stream. */
static voidpf allocate_block(voidpf opaque, uInt items, uInt item_size)
{
    struct inflater *inflater = opaque;
    size_t length = (size_t)items * item_size;
    struct block *block = memory_allocate(inflater->memory, sizeof *block + length);

    if (block == NULL) {
        return Z_NULL;
    }
    block->size = sizeof *block + length;
    inflater->window = bytes_of((const uint8_t *)(block + 1), length);
    return block + 1;
}

static void release_block(voidpf opaque, voidpf address)
{
    struct inflater *inflater = opaque;
    struct block *block = (struct block *)address - 1;

    memory_release(inflater->memory, block, block->size);
}

/* A raw stream (negative window bits: neither zlib's header nor its checksum). An empty dictionary makes zlib
 * allocate the window now and not when the first message is half inflated. */
static bool begin_stream(struct inflater *inflater)
{
    static const Bytef nothing[1];
    z_stream *stream = &inflater->stream;

    stream->zalloc = allocate_block;
    stream->zfree = release_block;
    stream->opaque = inflater;
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
    inflater->memory = memory;
    if (!begin_stream(inflater)) {
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
 * not the message (RFC 7692 section 7.2.3.4): the next block may follow, and refers to the same window. */
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

/* Where many connections take turns, a window has left the processor's caches by its next message, and each
 * reference into it waits for memory, one after the other. Asked for beforehand, its lines come together; a
 * short message has too few references for that to pay. */
static void fetch_window(struct inflater *inflater)
{
    uInt filled = 0;

    inflateGetDictionary(&inflater->stream, Z_NULL, &filled);
    for (size_t at = 0; at < filled && at < inflater->window.length; at += CACHE_LINE) {
        __builtin_prefetch(inflater->window.data + at);
    }
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

    if (inflater->may_end && input->length >= WORTH_FETCHING) {
        fetch_window(inflater);
    }
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
