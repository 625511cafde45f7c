/* SPDX-License-Identifier: MIT */

/* One direction of HTTP, whole, cut as the input says, and byte by byte: whatever the bytes, all tell the
 * same. Then once more with every other piece lost: whatever is told, nothing is kept. The first byte chooses
 * the side, the second what a response answers, the third how large the pieces are. */

#include "core/http.h"

#include <assert.h>
#include <stdlib.h>

#define STEPS_MAX 4096

struct told {
    uint64_t digest;            /* FNV-1a over everything that was told */
    size_t steps;
};

static void tell(struct told *told, const void *data, size_t n)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < n; i++) {
        told->digest = (told->digest ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
}

static void tell_view(struct told *told, struct bytes view)
{
    tell(told, &view.length, sizeof view.length);
    tell(told, view.data, view.length);
}

static void tell_step(struct told *told, enum http_step step, const struct http_head *head)
{
    told->steps++;
    tell(told, &step, sizeof step);
    if (step != HTTP_HEAD && step != HTTP_END) {
        return;
    }
    assert(head->field_count <= HTTP_FIELDS_MAX);
    tell_view(told, head->raw);
    tell_view(told, head->method);
    tell_view(told, head->target);
    tell_view(told, head->reason);
    for (size_t i = 0; i < head->field_count; i++) {
        tell_view(told, head->fields[i].name);
        tell_view(told, head->fields[i].value);
    }
    tell(told, &head->framing, sizeof head->framing);
    tell(told, &head->faults, sizeof head->faults);
    if (step == HTTP_END) {
        tell(told, &head->body_length, sizeof head->body_length);
        tell(told, &head->complete, sizeof head->complete);
    }
}

/* Feeds a copy of the piece, so that a view kept too long is caught. False when it is no use to go on. */
static bool feed(struct http_reader *reader, struct bytes piece, bool segment_start, struct told *told,
                 struct memory *memory)
{
    static const struct limits limits = { .head = 2048 };
    uint8_t *copy = malloc(piece.length);
    struct bytes input = { copy, piece.length };
    struct http_head head;
    enum http_step step;

    memcpy(copy, piece.data, piece.length);
    do {
        bool at_start = segment_start && input.data == copy;

        step = http_step(reader, &input, at_start, &head, &limits, memory);
        if (step != HTTP_MORE) {
            tell_step(told, step, &head);
        }
    } while (step == HTTP_HEAD || step == HTTP_END);
    assert(step != HTTP_MORE || input.length == 0);
    assert(reader->capacity <= 2 * limits.head);
    free(copy);
    return step == HTTP_MORE;
}

static struct told read_all(struct bytes text, bool requests, uint8_t answer_to, size_t piece)
{
    struct told told = { .digest = UINT64_C(0xCBF29CE484222325) };
    struct memory memory = { .limit = 1 << 20 };
    struct http_reader reader;
    struct http_head head;
    bool going = true;

    http_reader_init(&reader, requests, false);
    reader.answer_to = answer_to;
    for (; going && text.length > 0; text = bytes_after(text, piece)) {
        going = feed(&reader, bytes_first(text, piece), false, &told, &memory);
    }
    if (going && http_finish(&reader, &head) == HTTP_END) {
        tell_step(&told, HTTP_END, &head);
    }
    http_reader_release(&reader, &memory);
    assert(memory.used == 0);
    return told;
}

static void read_with_losses(struct bytes text, bool requests, uint8_t answer_to, size_t piece)
{
    struct told told = { 0 };
    struct memory memory = { .limit = 4096 };
    struct http_reader reader;
    struct http_head head;
    bool going = true;

    http_reader_init(&reader, requests, false);
    reader.answer_to = answer_to;
    for (bool lost = false; going && text.length > 0; lost = !lost, text = bytes_after(text, piece)) {
        if (lost) {
            http_skip(&reader, bytes_first(text, piece).length, &memory);
        } else {
            going = feed(&reader, bytes_first(text, piece), true, &told, &memory);
        }
    }
    http_finish(&reader, &head);
    http_reader_release(&reader, &memory);
    assert(memory.used == 0 && told.steps < STEPS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > 8192) {
        return 0;
    }
    struct bytes text = { data + 3, size - 3 };
    bool requests = data[0] & 1;
    uint8_t answer_to = data[1] % (HTTP_ANSWER_TO_UNKNOWN + 1);
    struct told pieces = read_all(text, requests, answer_to, data[2] + (size_t)1);
    struct told one_by_one = read_all(text, requests, answer_to, 1);
    struct told whole = read_all(text, requests, answer_to, SIZE_MAX);

    assert(pieces.steps < STEPS_MAX && pieces.digest == one_by_one.digest && pieces.digest == whole.digest);
    read_with_losses(text, requests, answer_to, data[2] + (size_t)1);
    return 0;
}
