/* SPDX-License-Identifier: MIT */
#include "resume.h"

#include "frame.h"
#include "utf8.h"

struct resume {
    uint64_t offset;            /* of buffer[0] in the stream */
    uint64_t passed;
    uint8_t *buffer;
    size_t length, capacity;
    size_t starts[RESUME_STARTS];
    size_t start_count;
};

/* What a piece of evidence is worth: about -log2 of how often random bytes would show it. */
enum {
    BITS_HEADER = 4,            /* a defined opcode, RSV in use, FIN as the opcode wants it, MASK as expected */
    BITS_CLOSE_CODE = 8,
    BITS_ALIGNED = 5,           /* the frame ends where a segment does */
    BITS_TEXT_MOST = 12,        /* valid, printable UTF-8: one bit a byte, up to this */
};

#define FRAMES_LEAST 2          /* one header alone proves nothing unless all bytes agree with it */
#define JUDGE_FRAMES 64         /* enough to be sure; a longer run is not read again and again */

struct resume *resume_create(uint64_t offset, struct memory *memory)
{
    struct resume *resume = memory_allocate(memory, sizeof *resume);

    if (resume) {
        resume->offset = offset;
    }
    return resume;
}

void resume_destroy(struct resume *resume, struct memory *memory)
{
    if (resume) {
        memory_release(memory, resume->buffer, resume->capacity);
        memory_release(memory, resume, sizeof *resume);
    }
}

/* Passes over the first n bytes. */
static void drop(struct resume *resume, size_t n)
{
    size_t kept = 0;

    memmove(resume->buffer, resume->buffer + n, resume->length - n);
    resume->length -= n;
    resume->offset += n;
    resume->passed += n;
    for (size_t i = 0; i < resume->start_count; i++) {
        if (resume->starts[i] >= n) {
            resume->starts[kept++] = resume->starts[i] - n;
        }
    }
    resume->start_count = kept;
}

/* Room for n more bytes; when the buffer is at its largest, the older half makes way. */
static bool make_room(struct resume *resume, size_t n, struct memory *memory)
{
    size_t capacity = resume->capacity ? resume->capacity : 512;

    if (resume->length + n > RESUME_BUFFER) {
        size_t spare = resume->length + n - RESUME_BUFFER;

        drop(resume, spare > RESUME_BUFFER / 2 || resume->length < RESUME_BUFFER / 2
                         ? (spare < resume->length ? spare : resume->length)
                         : RESUME_BUFFER / 2);
    }
    while (capacity < resume->length + n) {
        capacity *= 2;
    }
    if (capacity == resume->capacity) {
        return true;
    }
    uint8_t *wider = memory_resize(memory, resume->buffer, resume->capacity, capacity);
    if (wider == NULL) {
        return false;
    }
    resume->buffer = wider;
    resume->capacity = capacity;
    return true;
}

/* One candidate's run of frames, while it is followed. */
struct run {
    bool masked, mask_known;
    bool in_message, order_known;   /* fragmentation, as far as it is known */
    bool told;                      /* something other than a bare continuation was seen */
    unsigned bits, frames;
};

static bool opcode_defined(uint8_t opcode)
{
    return opcode <= FRAME_BINARY || (opcode >= FRAME_CLOSE && opcode <= FRAME_PONG);
}

/* Continuations only inside a message, new messages only outside. Unknown until the first data frame. */
static bool order_fits(struct run *run, const struct frame *frame)
{
    if (frame_is_control(frame->opcode)) {
        return true;
    }
    bool continues = frame->opcode == FRAME_CONTINUATION;
    bool fits = !run->order_known || continues == run->in_message;

    run->order_known = true;
    run->in_message = !frame->fin;
    return fits;
}

static bool header_fits(struct run *run, const struct frame *frame)
{
    uint64_t faults = frame_header_faults(frame);
    bool compressed = frame->rsv == 4 && (frame->opcode == FRAME_TEXT || frame->opcode == FRAME_BINARY);

    if (faults != 0 || !opcode_defined(frame->opcode) || (frame->rsv != 0 && !compressed)) {
        return false;
    }
    if (run->mask_known && frame->masked != run->masked) {
        return false;
    }
    run->mask_known = true;
    run->masked = frame->masked;
    run->told |= frame->opcode != FRAME_CONTINUATION;
    return order_fits(run, frame);
}

/* Random bytes are rarely printable text: each that is counts one bit, the first that is not refutes. */
static bool text_bits(const struct frame *frame, struct bytes payload, unsigned *bits)
{
    struct utf8 text;
    unsigned printable = 0;

    if (frame->opcode != FRAME_TEXT || frame->rsv != 0) {
        return true;
    }
    utf8_init(&text);
    for (size_t i = 0; i < payload.length && i < 64; i++) {
        uint8_t byte = payload.data[i] ^ frame->mask[i % 4];

        if (!utf8_feed(&text, &byte, 1)) {
            return false;
        }
        printable += byte >= 0x20 || byte == '\n' || byte == '\t' || byte == '\r';
    }
    *bits += printable < BITS_TEXT_MOST ? printable : BITS_TEXT_MOST;
    return true;
}

static bool close_bits(const struct frame *frame, struct bytes payload, unsigned *bits)
{
    if (frame->opcode != FRAME_CLOSE || payload.length < 2) {
        return frame->opcode != FRAME_CLOSE || frame->length != 1;
    }
    unsigned code = (unsigned)(payload.data[0] ^ frame->mask[0]) << 8 | (payload.data[1] ^ frame->mask[1]);

    *bits += BITS_CLOSE_CODE;
    return code >= 1000 && code < 5000;
}

static bool is_start(const struct resume *resume, size_t at)
{
    for (size_t i = 0; i < resume->start_count; i++) {
        if (resume->starts[i] == at) {
            return true;
        }
    }
    return false;
}

/* Follows the run from one place. False when it is ruled out. */
static bool follow(const struct resume *resume, size_t at, bool ended, struct run *run)
{
    while (run->frames < JUDGE_FRAMES) {
        struct frame_reader reader;
        struct bytes input = bytes_of(resume->buffer + at, resume->length - at), slice;

        frame_reader_init(&reader, 0);
        if (frame_step(&reader, &input, &slice) != FRAME_BEGIN) {
            return !ended || input.length == 0;
        }
        const struct frame *frame = &reader.frame;
        struct bytes payload = bytes_first(input, frame->length < input.length ? (size_t)frame->length
                                                                               : input.length);
        if (!header_fits(run, frame) || !text_bits(frame, payload, &run->bits) ||
            !close_bits(frame, payload, &run->bits)) {
            return false;
        }
        run->frames++;
        run->bits += BITS_HEADER;
        if (frame->length > input.length) {
            return !ended;
        }
        at += frame->header_length + (size_t)frame->length;
        if (at == resume->length || is_start(resume, at)) {
            run->bits += BITS_ALIGNED;
        }
        if (at == resume->length) {
            return true;
        }
    }
    return true;
}

/* Many small segments: places where no run of frames can begin make way for new ones. */
static void forget_refuted(struct resume *resume)
{
    size_t kept = 0;

    for (size_t i = 0; i < resume->start_count; i++) {
        struct run run = { 0 };

        if (follow(resume, resume->starts[i], false, &run)) {
            resume->starts[kept++] = resume->starts[i];
        }
    }
    resume->start_count = kept;
}

bool resume_add(struct resume *resume, struct bytes bytes, bool segment_start, struct memory *memory)
{
    if (bytes.length > RESUME_BUFFER / 2) {
        bytes = bytes_first(bytes, RESUME_BUFFER / 2);
    }
    if (!make_room(resume, bytes.length, memory)) {
        drop(resume, resume->length);
        resume->offset += bytes.length;
        resume->passed += bytes.length;
        return false;
    }
    if (segment_start) {
        if (resume->start_count == RESUME_STARTS) {
            forget_refuted(resume);
        }
        if (resume->start_count < RESUME_STARTS) {
            resume->starts[resume->start_count++] = resume->length;
        }
    }
    memcpy(resume->buffer + resume->length, bytes.data, bytes.length);
    resume->length += bytes.length;
    return true;
}

struct resume_verdict resume_judge(const struct resume *resume, enum resume_mask mask, bool ended)
{
    struct resume_verdict best = { 0 };

    for (size_t i = 0; i < resume->start_count; i++) {
        struct run run = { .mask_known = mask != RESUME_MASK_EITHER, .masked = mask == RESUME_MASKED };

        if (resume->starts[i] >= resume->length || !follow(resume, resume->starts[i], ended, &run)) {
            continue;
        }
        best.possible = true;
        if (run.told && run.bits > best.bits &&
            (run.frames >= FRAMES_LEAST || (ended && run.bits >= RESUME_PROOF))) {
            best.bits = run.bits;
            best.frames = run.frames;
            best.at = resume->starts[i];
            best.masked = run.masked;
        }
    }
    return best;
}

struct bytes resume_bytes(const struct resume *resume)
{
    return bytes_of(resume->buffer, resume->length);
}

uint64_t resume_offset(const struct resume *resume)
{
    return resume->offset;
}

uint64_t resume_passed(const struct resume *resume)
{
    return resume->passed;
}

bool resume_next(const struct resume *resume, size_t *at, struct chunk *out)
{
    size_t end = resume->length;

    if (*at >= resume->length) {
        return false;
    }
    for (size_t i = 0; i < resume->start_count; i++) {
        if (resume->starts[i] > *at) {
            end = resume->starts[i];
            break;
        }
    }
    *out = (struct chunk){ .offset = resume->offset + *at,
                           .bytes = bytes_of(resume->buffer + *at, end - *at),
                           .segment_start = is_start(resume, *at) };
    *at = end;
    return true;
}
