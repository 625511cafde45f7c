/* SPDX-License-Identifier: MIT */
/* Any bytes inflate to the same, or are refused at the same place for the same reason, however input and
 * output are cut. The first two bytes choose the cuts; the rest are messages, their length in front. */
#include "core/inflater.h"

#include <stdlib.h>

#define OUTPUT_MAX (1 << 20)    /* of one message: the fuzzer is not to wait for bombs */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct summary {
    uint64_t length, sum, refused, unfinished;
};

static enum inflater_step take_piece(struct inflater *inflater, struct bytes input, size_t capacity,
                                     struct summary *summary)
{
    uint8_t *out = malloc(capacity);
    enum inflater_step step;
    size_t produced;

    do {
        step = inflater_step(inflater, &input, out, capacity, &produced);
        for (size_t i = 0; i < produced; i++) {
            summary->sum = summary->sum * 31 + out[i];
        }
        summary->length += produced;
    } while (step == INFLATER_OUTPUT && summary->length < OUTPUT_MAX);
    free(out);
    return step;
}

static void take_message(struct inflater *inflater, struct bytes message, size_t piece, size_t capacity,
                         struct summary *summary)
{
    enum inflater_step step = INFLATER_MORE;

    while (message.length > 0 && step == INFLATER_MORE) {
        step = take_piece(inflater, bytes_first(message, piece), capacity, summary);
        message = bytes_after(message, piece);
    }
    if (step == INFLATER_MORE) {
        summary->unfinished = summary->unfinished * 2 + !inflater_finish(inflater);
        return;
    }
    summary->refused = summary->refused * 4 + step;
    inflater_reset(inflater);
}

static struct summary read_messages(struct bytes data, size_t piece, size_t capacity)
{
    struct memory memory = { .limit = 1 << 20 };
    struct inflater *inflater = inflater_create(&memory);
    struct summary summary = { 0 };

    while (data.length > 0 && summary.length < OUTPUT_MAX) {
        struct bytes message = bytes_first(bytes_after(data, 1), data.data[0]);

        take_message(inflater, message, piece, capacity, &summary);
        data = bytes_after(data, 1 + message.length);
    }
    inflater_destroy(inflater, &memory);
    if (memory.used != 0) {
        abort();
    }
    return summary;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    struct bytes messages = bytes_of(data + 2, size - 2);
    struct summary whole = read_messages(messages, size, 65536);
    struct summary cut = read_messages(messages, (size_t)data[0] % 32 + 1, (size_t)data[1] % 300 + 1);

    if (whole.length < OUTPUT_MAX && memcmp(&whole, &cut, sizeof whole) != 0) {
        abort();
    }
    return 0;
}
