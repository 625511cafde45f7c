/* SPDX-License-Identifier: MIT */
#include "message.h"

#define FAULT(bit) (UINT64_C(1) << (bit))

/* The scratch while a compressed message passes: what was unmasked in front, what was inflated behind. */
#define SCRATCH_UNMASKED (16 * 1024)
#define SCRATCH_INFLATED (MESSAGE_SCRATCH - SCRATCH_UNMASKED)

#define CANNOT_INFLATE                                                                                       \
    (FAULT(MESSAGE_DEFLATE_CORRUPT) | FAULT(MESSAGE_WINDOW_LOST) | FAULT(MESSAGE_INFLATE_MEMORY))

#define KEPT_FIRST 256          /* bytes that the first copy of a payload has room for */

/* --- inflaters ------------------------------------------------------------------------------------ */

/* Without context takeover a direction needs its inflater only while a message is under way: the spare one
 * then goes from hand to hand, so that idle connections hold no window and busy ones allocate none. */
static struct inflater *take_spare(const struct message_setting *setting)
{
    if (setting->spare == NULL || *setting->spare == NULL) {
        return NULL;
    }
    struct inflater *inflater = *setting->spare;

    *setting->spare = NULL;
    inflater_reset(inflater);
    return inflater;
}

static struct inflater *obtain_inflater(const struct message_setting *setting)
{
    struct inflater *inflater = take_spare(setting);
    uint64_t limit = setting->limits->inflate_windows;

    if (inflater != NULL) {
        return inflater;
    }
    if (*setting->windows > limit || inflater_size() > limit - *setting->windows) {
        return NULL;
    }
    inflater = inflater_create(setting->memory);
    *setting->windows += inflater != NULL ? inflater_size() : 0;
    return inflater;
}

static void destroy_inflater(struct inflater *inflater, const struct message_setting *setting)
{
    if (inflater != NULL) {
        *setting->windows -= inflater_size();
        inflater_destroy(inflater, setting->memory);
    }
}

void message_context_release(struct message_context *context, const struct message_setting *setting)
{
    if (setting->spare != NULL && *setting->spare == NULL) {
        *setting->spare = context->inflater;
    } else {
        destroy_inflater(context->inflater, setting);
    }
    context->inflater = NULL;
}

void message_spare_release(const struct message_setting *setting)
{
    if (setting->spare != NULL) {
        destroy_inflater(*setting->spare, setting);
        *setting->spare = NULL;
    }
}

static bool takes_context_over(const struct message_setting *setting)
{
    return !setting->deflate->no_context_takeover[setting->direction];
}

/* The sender's window goes on with bytes that we do not have: ours starts again, empty. */
static void forget_window(struct message_context *context)
{
    if (context->inflater != NULL) {
        inflater_reset(context->inflater);
    }
    context->window_unknown = true;
}

/* --- what is kept of the payload -------------------------------------------------------------------- */

static struct bytes payload_so_far(const struct message_joiner *joiner)
{
    return joiner->kept != NULL ? bytes_of(joiner->kept, joiner->kept_length) : joiner->view;
}

/* Bytes that may still be kept. */
static size_t room_left(const struct message_joiner *joiner, const struct message_setting *setting)
{
    size_t have = payload_so_far(joiner).length;
    uint64_t limit = setting->limits->message_kept;

    return joiner->keeping && have < limit ? (size_t)(limit - have) : 0;
}

/* Grows by doubling, and never by what a header announces. */
static bool make_room(struct message_joiner *joiner, struct memory *memory, size_t wanted)
{
    size_t capacity = joiner->kept_capacity > 0 ? joiner->kept_capacity : KEPT_FIRST;

    if (wanted <= joiner->kept_capacity) {
        return true;
    }
    while (capacity < wanted) {
        capacity *= 2;
    }
    uint8_t *kept = memory_resize(memory, joiner->kept, joiner->kept_capacity, capacity);

    if (kept == NULL) {
        return false;
    }
    joiner->kept = kept;
    joiner->kept_capacity = capacity;
    return true;
}

static void copy_to_kept(struct message_joiner *joiner, const struct message_setting *setting,
                         struct bytes clear)
{
    if (clear.length == 0) {
        return;
    }
    if (!make_room(joiner, setting->memory, joiner->kept_length + clear.length)) {
        joiner->keeping = false;
        return;
    }
    memcpy(joiner->kept + joiner->kept_length, clear.data, clear.length);
    joiner->kept_length += clear.length;
}

void message_keep(struct message_joiner *joiner, const struct message_setting *setting)
{
    struct bytes view = joiner->view;

    joiner->view = bytes_of(NULL, 0);
    if (joiner->under_way) {
        copy_to_kept(joiner, setting, view);
    }
}

/* The first piece needs no copy as long as nothing follows it. */
static void keep_piece(struct message_joiner *joiner, const struct message_setting *setting,
                       struct bytes clear)
{
    struct bytes piece = bytes_first(clear, room_left(joiner, setting));

    if (payload_so_far(joiner).length == 0) {
        joiner->view = piece;
    } else {
        message_keep(joiner, setting);
        copy_to_kept(joiner, setting, piece);
    }
}

/* --- the clear payload ------------------------------------------------------------------------------ */

/* Section 8.1 of RFC 6455, as far as the text is known without a hole. */
static bool judges_text(const struct message_joiner *joiner)
{
    return joiner->opcode == FRAME_TEXT && !joiner->damaged && !joiner->foreign && !joiner->text.failed;
}

static void take_clear(struct message_joiner *joiner, const struct message_setting *setting,
                       struct bytes clear)
{
    if (judges_text(joiner)) {
        utf8_feed(&joiner->text, clear.data, clear.length);
    }
    keep_piece(joiner, setting, clear);
}

/* The next piece of a slice, unmasked: the slice itself where it was not masked, else through the scratch, at
 * most limit bytes. */
static struct bytes next_clear(const struct message_setting *setting, const struct frame *frame,
                               struct bytes *slice, uint64_t *position, size_t limit)
{
    struct bytes piece = frame->masked ? bytes_first(*slice, limit) : *slice;

    if (frame->masked) {
        frame_unmask(setting->scratch, piece.data, piece.length, frame->mask, *position);
    }
    *slice = bytes_after(*slice, piece.length);
    *position += piece.length;
    return frame->masked ? bytes_of(setting->scratch, piece.length) : piece;
}

/* A payload that nobody wants to see, as when messages are only counted, is not even unmasked. */
static void take_plain(struct message_joiner *joiner, const struct message_setting *setting,
                       const struct frame *frame, struct bytes slice, uint64_t position)
{
    while (slice.length > 0 && (judges_text(joiner) || room_left(joiner, setting) > 0)) {
        message_keep(joiner, setting);
        take_clear(joiner, setting, next_clear(setting, frame, &slice, &position, MESSAGE_SCRATCH));
    }
}

/* --- inflating -------------------------------------------------------------------------------------- */

/* What was inflated so far stays: it is right. The rest of the message passes by. */
static void give_up_inflating(struct message_joiner *joiner, const struct message_setting *setting,
                              enum message_fault fault)
{
    joiner->inflating = false;
    joiner->faults |= FAULT(fault);
    forget_window(setting->context);
}

/* Bytes that were inflated, as many as one message may have. */
static void take_inflated(struct message_joiner *joiner, const struct message_setting *setting,
                          struct bytes clear)
{
    uint64_t room = setting->limits->message_inflated - joiner->inflated_length;
    struct bytes counted = room < clear.length ? bytes_first(clear, (size_t)room) : clear;

    joiner->inflated_length += counted.length;
    take_clear(joiner, setting, counted);
    if (counted.length < clear.length) {
        give_up_inflating(joiner, setting, MESSAGE_INFLATE_LIMIT);
    }
}

/* A reference to before our window is the capture's fault or ours where the true window is unknown, and the
 * sender's where it is known. What is doubtful need not even be permessage-deflate. */
static enum message_fault fault_of_refusal(const struct message_setting *setting, enum inflater_step step)
{
    bool lost = setting->doubtful || (step == INFLATER_MISSING && setting->context->window_unknown);

    return lost ? MESSAGE_WINDOW_LOST : MESSAGE_DEFLATE_CORRUPT;
}

static void inflate_piece(struct message_joiner *joiner, const struct message_setting *setting,
                          struct bytes input)
{
    struct message_context *context = setting->context;
    uint8_t *out = setting->scratch + SCRATCH_UNMASKED;
    enum inflater_step step;
    size_t produced;

    do {
        message_keep(joiner, setting);      /* what is in view stands where the output goes */
        step = inflater_step(context->inflater, &input, out, SCRATCH_INFLATED, &produced);
        take_inflated(joiner, setting, bytes_of(out, produced));
    } while (joiner->inflating && step == INFLATER_OUTPUT);
    if (joiner->inflating && step != INFLATER_MORE) {
        give_up_inflating(joiner, setting, fault_of_refusal(setting, step));
    }
}

static void take_compressed(struct message_joiner *joiner, const struct message_setting *setting,
                            const struct frame *frame, struct bytes slice, uint64_t position)
{
    while (slice.length > 0 && joiner->inflating) {
        inflate_piece(joiner, setting, next_clear(setting, frame, &slice, &position, SCRATCH_UNMASKED));
    }
}

static void begin_inflating(struct message_joiner *joiner, const struct message_setting *setting)
{
    struct message_context *context = setting->context;

    joiner->inflating = true;
    if (context->inflater == NULL) {
        context->inflater = obtain_inflater(setting);
    }
    if (context->inflater == NULL) {
        give_up_inflating(joiner, setting, MESSAGE_INFLATE_MEMORY);
    } else if (!takes_context_over(setting)) {
        context->window_unknown = false;        /* RFC 7692 section 7.1.1: the sender's is as empty as ours */
    }
}

static void end_inflating(struct message_joiner *joiner, const struct message_setting *setting)
{
    if (joiner->inflating && !inflater_finish(setting->context->inflater)) {
        give_up_inflating(joiner, setting, fault_of_refusal(setting, INFLATER_CORRUPT));
    }
    if (joiner->compressed && !takes_context_over(setting)) {
        message_context_release(setting->context, setting);
    }
}

/* --- a message begins, loses bytes, ends ------------------------------------------------------------- */

void message_joiner_init(struct message_joiner *joiner)
{
    joiner->under_way = joiner->reserved = joiner->interrupted = joiner->compressed = false;
    joiner->kept = NULL;
    joiner->kept_length = joiner->kept_capacity = 0;
    joiner->view = bytes_of(NULL, 0);
}

void message_joiner_release(struct message_joiner *joiner, const struct message_setting *setting)
{
    memory_release(setting->memory, joiner->kept, joiner->kept_capacity);
    message_joiner_init(joiner);
}

/* RFC 7692 section 6: RSV1 of the first frame speaks for the whole message. */
static bool starts_compressed(const struct message_setting *setting, const struct frame *frame)
{
    return setting->deflate->agreed && (frame->rsv & FRAME_RSV1) && frame->opcode != FRAME_CONTINUATION;
}

static void begin_message(struct message_joiner *joiner, const struct message_setting *setting,
                          const struct frame *frame)
{
    struct message unfinished;      /* which the caller should have fetched */

    message_interrupt(joiner, setting, &unfinished);
    message_joiner_release(joiner, setting);
    joiner->under_way = true;
    joiner->opcode = frame->opcode;
    joiner->compressed = starts_compressed(setting, frame);
    joiner->inflating = false;
    joiner->damaged = frame->opcode == FRAME_CONTINUATION;
    joiner->foreign = setting->other_extension || (frame->rsv != 0 && !joiner->compressed);
    joiner->keeping = true;
    joiner->frames = joiner->wire_length = joiner->inflated_length = joiner->faults = 0;
    utf8_init(&joiner->text);
    setting->context->number++;
    if (joiner->compressed) {
        begin_inflating(joiner, setting);
    }
}

/* Which rule of section 5.4 a frame breaks by where it stands. */
static uint64_t order_faults(const struct message_joiner *joiner, const struct message_setting *setting,
                             const struct frame *frame)
{
    bool continues = frame->opcode == FRAME_CONTINUATION;

    if (setting->context->frames_lost) {
        return 0;
    }
    if (continues) {
        return joiner->under_way ? 0 : FAULT(FRAME_CONTINUATION_ORPHAN);
    }
    return joiner->under_way || joiner->interrupted ? FAULT(FRAME_MESSAGE_INTERRUPTED) : 0;
}

static bool is_reserved(uint8_t opcode)
{
    return opcode > FRAME_BINARY;
}

uint64_t message_frame_begin(struct message_joiner *joiner, const struct message_setting *setting,
                             const struct frame *frame)
{
    joiner->reserved = is_reserved(frame->opcode);
    if (joiner->reserved) {
        return 0;
    }
    bool continues = frame->opcode == FRAME_CONTINUATION;
    uint64_t faults = order_faults(joiner, setting, frame);

    setting->context->frames_lost = false;
    if (continues && (frame->rsv & FRAME_RSV1) && setting->deflate->agreed) {
        faults |= FAULT(FRAME_RSV1_ON_CONTINUATION);
    }
    if (!continues || !joiner->under_way) {
        begin_message(joiner, setting, frame);
    }
    joiner->frames++;
    joiner->frame_start = payload_so_far(joiner).length;
    return faults;
}

void message_frame_data(struct message_joiner *joiner, const struct message_setting *setting,
                        const struct frame *frame, struct bytes slice, uint64_t position)
{
    if (joiner->reserved) {
        return;
    }
    joiner->wire_length += slice.length;
    if (joiner->compressed) {
        take_compressed(joiner, setting, frame, slice, position);
    } else {
        take_plain(joiner, setting, frame, slice, position);
    }
}

/* From here on what is kept would have a hole, and no text is judged across one. */
static void damage(struct message_joiner *joiner, const struct message_setting *setting)
{
    joiner->damaged = true;
    joiner->keeping = false;
    if (joiner->inflating) {
        give_up_inflating(joiner, setting, MESSAGE_WINDOW_LOST);
    }
}

void message_frame_lost(struct message_joiner *joiner, const struct message_setting *setting, uint64_t gap)
{
    if (gap > 0 && joiner->under_way && !joiner->reserved) {
        damage(joiner, setting);
    }
}

void message_context_resync(struct message_context *context)
{
    forget_window(context);
    context->frames_lost = true;
}

void message_resync(struct message_joiner *joiner, const struct message_setting *setting)
{
    if (joiner->under_way) {
        damage(joiner, setting);
    }
    message_context_resync(setting->context);
}

/* Whether text that was judged to here may not stand: a bad byte, or half a character at the end. */
static bool text_is_bad(const struct message_joiner *joiner, bool whole)
{
    return joiner->opcode == FRAME_TEXT && (joiner->text.failed || (whole && !utf8_complete(&joiner->text)));
}

static void describe(const struct message_joiner *joiner, const struct message_setting *setting, bool ended,
                     struct message *out)
{
    bool inflated = joiner->compressed && ended && !(joiner->faults & CANNOT_INFLATE);
    bool limited = (joiner->faults & FAULT(MESSAGE_INFLATE_LIMIT)) != 0;
    bool complete = ended && !joiner->damaged;
    bool whole = complete && (inflated || !joiner->compressed) && !limited;

    *out = (struct message){
        .number = setting->context->number,
        .opcode = joiner->opcode,
        .compressed = joiner->compressed,
        .complete = complete,
        .inflated = inflated,
        .frames = joiner->frames,
        .wire_length = joiner->wire_length,
        .length = inflated ? joiner->inflated_length : joiner->wire_length,
        .payload = payload_so_far(joiner),
        .faults = joiner->faults,
    };
    out->truncated = limited || (joiner->compressed && !inflated) || out->payload.length < out->length;
    if (text_is_bad(joiner, whole)) {
        out->faults |= FAULT(MESSAGE_NOT_UTF8);
        out->utf8_offset = joiner->text.offset;
    }
}

bool message_interrupt(struct message_joiner *joiner, const struct message_setting *setting,
                       struct message *out)
{
    if (!joiner->under_way) {
        return false;
    }
    describe(joiner, setting, false, out);
    if (joiner->inflating) {
        forget_window(setting->context);
    }
    joiner->under_way = false;
    joiner->inflating = false;
    joiner->interrupted = true;
    return true;
}

bool message_frame_end(struct message_joiner *joiner, const struct message_setting *setting,
                       const struct frame *frame, struct message *out)
{
    if (joiner->reserved || !joiner->under_way || !frame->fin) {
        return false;
    }
    end_inflating(joiner, setting);
    describe(joiner, setting, true, out);
    joiner->under_way = false;
    return true;
}

struct bytes message_frame_payload(const struct message_joiner *joiner)
{
    if (joiner->compressed || joiner->reserved) {
        return bytes_of(NULL, 0);
    }
    return bytes_after(payload_so_far(joiner), joiner->frame_start);
}
