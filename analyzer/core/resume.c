/* SPDX-License-Identifier: MIT */
#include "resume.h"

#include "frame.h"
#include "utf8.h"

struct resume {
    uint64_t offset;            /* of buffer[0] in the stream */
    uint64_t passed;
    uint8_t *buffer;
    size_t length, capacity;
    size_t starts[RESUME_STARTS];       /* where segments began */
    size_t start_count;
    size_t candidates[RESUME_CANDIDATES];       /* places that nothing refutes yet, in order */
    size_t candidate_count;
    size_t scanned;             /* places before it are candidates or refuted */
};

/* What a piece of evidence is worth: about -log2 of how often random bytes would show it. */
enum {
    BITS_HEADER = 4,            /* a defined opcode, RSV in use, FIN and MASK as they have to be */
    BITS_CLOSE_CODE = 8,
    BITS_ALIGNED = 5,           /* the frame ends where a segment does */
    BITS_ANYWHERE = 16,         /* taken off where no segment begins: so many places are tried */
    BITS_TEXT_MOST = 12,        /* valid, printable UTF-8: one bit a byte, up to this */
    BITS_LEAD = 16,             /* what the first frames of a run that begins anywhere have to show */
};

#define FRAMES_LEAST 2          /* one header alone proves nothing unless all bytes agree with it */
#define CAPACITY_FIRST 512
#define TEXT_JUDGED  64         /* bytes of a text: BITS_TEXT_MOST are there sooner or not at all */
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

/* Places before n go, the others move down. How many are left. */
static size_t shift_places(size_t *places, size_t count, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (places[i] >= n) {
            places[kept++] = places[i] - n;
        }
    }
    return kept;
}

/* Passes over the first n bytes. */
static void drop(struct resume *resume, size_t n)
{
    if (n == 0) {
        return;
    }
    memmove(resume->buffer, resume->buffer + n, resume->length - n);
    resume->length -= n;
    resume->offset += n;
    resume->passed += n;
    resume->scanned = resume->scanned > n ? resume->scanned - n : 0;
    resume->start_count = shift_places(resume->starts, resume->start_count, n);
    resume->candidate_count = shift_places(resume->candidates, resume->candidate_count, n);
}

/* Room for n more bytes; when the buffer is at its largest, the older half makes way. */
static bool make_room(struct resume *resume, size_t n, struct memory *memory)
{
    size_t capacity = resume->capacity ? resume->capacity : CAPACITY_FIRST;

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
    bool closed;                    /* a Close was: it is the last frame */
    uint8_t before[2];              /* what the frame before began with */
    uint8_t mask[4];
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
    bool begins = frame->opcode == FRAME_TEXT || frame->opcode == FRAME_BINARY;
    bool compressed = frame->rsv == FRAME_RSV1 && begins;

    if (run->closed || faults != 0 || !opcode_defined(frame->opcode) || (frame->rsv != 0 && !compressed)) {
        return false;
    }
    if (run->mask_known && frame->masked != run->masked) {
        return false;
    }
    run->mask_known = true;
    run->masked = frame->masked;
    run->told |= frame->opcode != FRAME_CONTINUATION;
    run->closed = frame->opcode == FRAME_CLOSE;
    return order_fits(run, frame);
}

/* Random bytes are rarely printable text: each that is counts one bit, each control takes one off, and the
 * first that is no UTF-8 refutes. */
static bool text_bits(const struct frame *frame, struct bytes payload, unsigned *bits)
{
    struct utf8 text;
    unsigned printable = 0, controls = 0;

    if (frame->opcode != FRAME_TEXT || frame->rsv != 0) {
        return true;
    }
    utf8_init(&text);
    for (size_t i = 0; i < payload.length && i < TEXT_JUDGED; i++) {
        uint8_t byte = payload.data[i] ^ frame->mask[i % 4];

        if (!utf8_feed(&text, &byte, 1)) {
            return false;
        }
        bool plain = byte >= 0x20 || byte == '\n' || byte == '\t' || byte == '\r';

        printable += plain;
        controls += !plain;
    }
    printable = printable > controls ? printable - controls : 0;
    *bits += printable < BITS_TEXT_MOST ? printable : BITS_TEXT_MOST;
    return true;
}

/* Codes lie between 1000 and 4999: section 7.4.2. */
static bool close_bits(const struct frame *frame, struct bytes payload, unsigned *bits)
{
    if (frame->opcode != FRAME_CLOSE || payload.length < 2) {
        return frame->opcode != FRAME_CLOSE || frame->length != 1;
    }
    unsigned code = (unsigned)(payload.data[0] ^ frame->mask[0]) << 8 | (payload.data[1] ^ frame->mask[1]);

    *bits += BITS_CLOSE_CODE;
    return code >= 1000 && code < 5000;
}

/* Asked once for each frame of each run: the starts are in order. */
static bool is_start(const struct resume *resume, size_t at)
{
    size_t low = 0, high = resume->start_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (resume->starts[middle] < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < resume->start_count && resume->starts[low] == at;
}

/* Fragments in the middle of a message: zeros read as empty ones without end, and a protocol that puts two
 * bytes of length before each message as longer ones. */
static bool proves_nothing(const struct frame *frame)
{
    return frame->opcode == FRAME_CONTINUATION && !frame->fin;
}

/* Payloads that repeat themselves, counters or zeros once they are masked, read as frame after frame of one
 * kind. But a mask is drawn anew each time, or always the same; and it does not begin anew with a header. */
static bool repeats(const struct run *run, const struct frame *frame)
{
    unsigned same = 0;

    for (size_t i = 0; i < sizeof run->mask; i++) {
        same += frame->mask[i] == run->mask[i];
    }
    if (same == sizeof run->mask && memcmp(frame->mask + 2, frame->header, 2) != 0) {
        return false;
    }
    return frame->masked && run->frames > 0 && same > 0 &&
           memcmp(frame->header, run->before, sizeof run->before) == 0;
}

/* What its header is worth, and that it ends where a segment does. */
static unsigned frame_bits(const struct run *run, const struct frame *frame, bool aligned)
{
    if (proves_nothing(frame) || repeats(run, frame)) {
        return 0;
    }
    return BITS_HEADER + (aligned ? BITS_ALIGNED : 0);
}

static void note_frame(struct run *run, const struct frame *frame)
{
    run->frames++;
    memcpy(run->before, frame->header, sizeof run->before);
    memcpy(run->mask, frame->mask, sizeof run->mask);
}

static struct run run_of(enum resume_mask mask)
{
    return (struct run){ .mask_known = mask != RESUME_MASK_EITHER, .masked = mask == RESUME_MASKED };
}

enum step {
    STEP_REFUTED,
    STEP_OPEN,                  /* the rest of the frame is still to come */
    STEP_ON,                    /* *at is behind it */
};

/* One more frame of a run. */
static enum step follow_frame(const struct resume *resume, size_t *at, struct run *run)
{
    struct frame_reader reader;
    struct bytes input = bytes_of(resume->buffer + *at, resume->length - *at), slice;

    frame_reader_init(&reader, 0);
    if (frame_step(&reader, &input, &slice) != FRAME_BEGIN) {
        return STEP_OPEN;
    }
    const struct frame *frame = &reader.frame;
    struct bytes payload = bytes_first(input, frame->length < input.length ? (size_t)frame->length
                                                                           : input.length);
    if (!header_fits(run, frame) || !text_bits(frame, payload, &run->bits) ||
        !close_bits(frame, payload, &run->bits)) {
        return STEP_REFUTED;
    }
    bool open = frame->length > input.length;
    size_t end = *at + frame->header_length + (size_t)frame->length;

    run->bits += frame_bits(run, frame, !open && (end == resume->length || is_start(resume, end)));
    note_frame(run, frame);
    *at = open ? *at : end;
    return open ? STEP_OPEN : STEP_ON;
}

/* Follows the run from one place. False when it is ruled out. */
static bool follow(const struct resume *resume, size_t at, bool ended, struct run *run)
{
    while (run->frames < JUDGE_FRAMES && at < resume->length) {
        switch (follow_frame(resume, &at, run)) {
        case STEP_REFUTED:
            return false;
        case STEP_OPEN:
            return !ended;
        case STEP_ON:
            break;
        }
    }
    return true;
}

/* The end of a payload may read as a frame or two that happen to end where true ones begin, and borrow the
 * proof from those. So the first frames of a run that begins anywhere must show something themselves, or
 * they are passed over. */
static size_t pass_lead(const struct resume *resume, size_t at, enum resume_mask mask)
{
    struct run run = run_of(mask);
    size_t next = at;

    while (!is_start(resume, at) && follow_frame(resume, &next, &run) == STEP_ON && run.bits < BITS_LEAD) {
        at = next;
    }
    return at;
}

static bool add_piece(struct resume *resume, struct bytes bytes, bool segment_start, struct memory *memory)
{
    if (!make_room(resume, bytes.length, memory)) {
        drop(resume, resume->length);
        resume->offset += bytes.length;
        resume->passed += bytes.length;
        return false;
    }
    if (segment_start) {
        if (resume->start_count == RESUME_STARTS) {
            resume->start_count--;
            memmove(resume->starts, resume->starts + 1, resume->start_count * sizeof resume->starts[0]);
        }
        resume->starts[resume->start_count++] = resume->length;
    }
    memcpy(resume->buffer + resume->length, bytes.data, bytes.length);
    resume->length += bytes.length;
    return true;
}

bool resume_add(struct resume *resume, struct bytes bytes, bool segment_start, struct memory *memory)
{
    bool kept = true;

    while (bytes.length > 0) {
        struct bytes piece = bytes_first(bytes, RESUME_BUFFER / 2);

        kept &= add_piece(resume, piece, segment_start, memory);
        bytes = bytes_after(bytes, piece.length);
        segment_start = false;
    }
    return kept;
}

/* What a glance at two bytes tells: nearly all places end here. */
static bool may_begin(const uint8_t *bytes)
{
    uint8_t opcode = bytes[0] & 0xF, rsv = bytes[0] & 0x70;

    if (frame_is_control(opcode)) {
        return opcode <= FRAME_PONG && (bytes[0] & 0xF0) == 0x80 && (bytes[1] & 0x7F) <= FRAME_CONTROL_MAX;
    }
    return opcode <= FRAME_BINARY && (rsv == 0 || (rsv == 0x40 && opcode != FRAME_CONTINUATION));
}

/* Every place is looked at once; those that may begin a run stay candidates until refuted. */
static void scan(struct resume *resume)
{
    size_t kept = 0;

    for (size_t i = 0; i < resume->candidate_count; i++) {
        struct run run = run_of(RESUME_MASK_EITHER);

        if (follow(resume, resume->candidates[i], false, &run)) {
            resume->candidates[kept++] = resume->candidates[i];
        }
    }
    resume->candidate_count = kept;
    for (; resume->scanned + 1 < resume->length; resume->scanned++) {
        struct run run = run_of(RESUME_MASK_EITHER);

        if (resume->candidate_count < RESUME_CANDIDATES && may_begin(resume->buffer + resume->scanned) &&
            follow(resume, resume->scanned, false, &run)) {
            resume->candidates[resume->candidate_count++] = resume->scanned;
        }
    }
}

/* The evidence for a run from that place; 0 where it is refuted or too little of it is there. */
static unsigned bits_of(const struct resume *resume, size_t at, enum resume_mask mask, bool ended,
                        struct run *run)
{
    bool aligned = is_start(resume, at);

    *run = run_of(mask);
    if (!follow(resume, at, ended, run) || !run->told) {
        return 0;
    }
    if (run->frames < FRAMES_LEAST && !(ended && aligned)) {
        return 0;
    }
    return aligned ? run->bits : run->bits > BITS_ANYWHERE ? run->bits - BITS_ANYWHERE : 0;
}

/* The earliest place with proof, and the strongest evidence of all. */
struct resume_verdict resume_judge(struct resume *resume, enum resume_mask mask, bool ended)
{
    struct resume_verdict best = { 0 };

    scan(resume);
    for (size_t i = 0; i < resume->candidate_count; i++) {
        struct run run;
        unsigned bits = bits_of(resume, resume->candidates[i], mask, ended, &run);

        best.possible = true;
        if (bits > best.bits) {
            if (best.bits < RESUME_PROOF) {
                best.at = resume->candidates[i];
                best.masked = run.masked;
            }
            best.bits = bits;
            best.frames = run.frames;
        }
    }
    if (best.bits > 0) {
        best.at = pass_lead(resume, best.at, mask);
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
