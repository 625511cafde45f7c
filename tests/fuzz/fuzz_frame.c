/* SPDX-License-Identifier: MIT */
/* Any bytes are frames, and the same ones however they are cut: the first byte of the input chooses the cuts.
 * A gap never takes the reader past the payload it is in. */
#include "core/frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct summary {
    uint64_t frames, payload, lengths, faults, sum;
};

static void take_data(struct summary *summary, const struct frame_reader *reader, struct bytes slice)
{
    uint8_t *clear = malloc(slice.length);

    frame_unmask(clear, slice.data, slice.length, reader->frame.mask, reader->position - slice.length);
    for (size_t i = 0; i < slice.length; i++) {
        summary->sum = summary->sum * 31 + clear[i];
    }
    summary->payload += slice.length;
    if (reader->frame.opcode == FRAME_CLOSE) {
        frame_close_faults(bytes_of(clear, slice.length), slice.length & 1 ? C2S : S2C);
    }
    free(clear);
}

static void take_chunk(struct frame_reader *reader, const uint8_t *data, size_t size, struct summary *summary)
{
    uint8_t *chunk = malloc(size);
    struct bytes input = bytes_of(chunk, size), slice;
    enum frame_step step;

    memcpy(chunk, data, size);
    while ((step = frame_step(reader, &input, &slice)) != FRAME_MORE) {
        if (step == FRAME_DATA) {
            take_data(summary, reader, slice);
        } else if (step == FRAME_BEGIN) {
            summary->frames++;
            summary->lengths = summary->lengths * 31 + reader->frame.length;
            summary->faults = summary->faults * 31 + frame_header_faults(&reader->frame);
        } else if (reader->position != reader->frame.length) {
            abort();
        }
    }
    free(chunk);
}

static void check_gap(const struct frame_reader *reader, uint64_t gap)
{
    struct frame_reader copy = *reader;
    uint64_t left = copy.in_payload ? copy.frame.length - copy.position : 0;
    uint64_t over = frame_skip(&copy, gap);

    if (over != (gap > left ? gap - left : 0) || (copy.in_payload && copy.position > copy.frame.length)) {
        abort();
    }
}

static struct summary read_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    struct summary summary = { 0 };
    struct frame_reader reader;

    frame_reader_init(&reader, 0);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < piece ? size - at : piece;

        take_chunk(&reader, data + at, n, &summary);
        check_gap(&reader, UINT64_MAX >> (at % 64));
        at += n;
    }
    return summary;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct summary whole = read_in_pieces(data + 1, size - 1, size);
    struct summary cut = read_in_pieces(data + 1, size - 1, (size_t)data[0] % 40 + 1);

    if (memcmp(&whole, &cut, sizeof whole) != 0) {
        abort();
    }
    return 0;
}
