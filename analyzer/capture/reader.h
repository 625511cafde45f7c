/* SPDX-License-Identifier: MIT */
#ifndef WS101_READER_H
#define WS101_READER_H

/* reader - the bytes of a capture file, from a file, a pipe or standard input, gzipped or not.
 *
 * Goes out:   a view of what lies buffered, at least as long as asked for; valid until the next reader_need.
 * Ownership:  struct reader owns descriptor and buffers until reader_close.
 * A pipe is read as far as bytes are there; whoever reads records stops with READER_WAIT in front of a record
 * that is not whole, and goes on when there are more. gzip: RFC 1952, several members are one file.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"
#include "capture.h"

#define READER_NEED_MAX (512U << 10)    /* the most that reader_need can be asked for */

enum reader_result {
    READER_READY,               /* as many bytes as needed are there */
    READER_WAIT,                /* a pipe has no more yet */
    READER_END,                 /* the file ends before that; reader_view is what is left */
    READER_CUT,                 /* the same, and the compressed data ends in mid-air */
    READER_FAILED,              /* reading or decompressing failed: error says how */
};

struct gzip;

struct reader {
    int descriptor;
    bool is_regular;            /* a file that can be read at any time, as opposed to a pipe */
    bool recognised;            /* compressed or not, which the first bytes say */
    size_t unrecognised;        /* bytes in the buffer until then, for nobody to see */
    uint8_t *buffer;
    size_t begin, end;          /* what is buffered and not consumed */
    uint64_t offset;            /* of buffer[begin] in the file, decompressed */
    uint64_t bytes_read;        /* of the file as it lies there */
    uint64_t size;              /* of a regular file */
    struct gzip *gzip;          /* NULL: not compressed */
};

/* What whoever reads records returns where reader_need does not say READER_READY: a clean end where nothing
 * is left, else a cut, with *error. */
enum capture_result reader_stop_result(enum reader_result result, const struct reader *reader,
                                       struct error *error);

/* "-" is standard input. NULL, with *error, when it cannot be opened. Nothing is read yet. */
struct reader *reader_open(const char *file, struct error *error);
void reader_close(struct reader *reader);

/* Begins again at the first byte. False, with *error, for a pipe. */
bool reader_rewind(struct reader *reader, struct error *error);

/* Everything buffered. */
static inline struct bytes reader_view(const struct reader *reader)
{
    return bytes_of(reader->buffer + reader->begin, reader->end - reader->begin);
}

static inline void reader_consume(struct reader *reader, size_t n)
{
    reader->begin += n;
    reader->offset += n;
}

enum reader_result reader_fill(struct reader *reader, size_t n, struct error *error);

/* Sees to it that reader_view has n bytes. error is set by READER_FAILED (what is compressed by
 * anything but gzip is that, too) and READER_CUT. */
static inline enum reader_result reader_need(struct reader *reader, size_t n, struct error *error)
{
    return reader->end - reader->begin >= n ? READER_READY : reader_fill(reader, n, error);
}

#endif
