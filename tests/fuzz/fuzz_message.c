/* SPDX-License-Identifier: MIT */
/* Frames of any bytes, with a gap between, under every agreement on compression and every limit: the messages
 * are the same however the chunks are cut, views die with their chunk, and nothing leaks. */
#include "core/message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct summary {
    uint64_t messages, sum, faults;
};

struct receiver {
    struct memory memory;
    struct limits limits;
    struct handshake_deflate deflate;
    struct message_context context;
    struct message_setting setting;
    struct message_joiner joiner;
    struct frame_reader reader;
    uint64_t windows;
    struct inflater *spare;
    uint8_t scratch[MESSAGE_SCRATCH];
    struct summary summary;
};

static void add(struct receiver *receiver, uint64_t value)
{
    receiver->summary.sum = receiver->summary.sum * 31 + value;
}

static void add_bytes(struct receiver *receiver, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        add(receiver, bytes.data[i]);
    }
}

static void take_message(struct receiver *receiver, const struct message *message)
{
    receiver->summary.messages++;
    add(receiver, message->number);
    add(receiver, message->frames);
    add(receiver, message->wire_length);
    add(receiver, message->length);
    add(receiver, message->faults);
    add(receiver, message->utf8_offset);
    add(receiver, message->complete * 4U + message->truncated * 2U + message->inflated);
    add_bytes(receiver, message->payload);
    if (message->payload.length > receiver->limits.message_kept ||
        (!message->truncated && message->payload.length != message->length)) {
        abort();
    }
}

static void take_step(struct receiver *receiver, enum frame_step step, struct bytes slice)
{
    const struct frame *frame = &receiver->reader.frame;
    struct message_joiner *joiner = &receiver->joiner;
    struct message message;

    if (frame_is_control(frame->opcode)) {
        return;
    }
    if (step == FRAME_BEGIN) {
        if (frame->opcode - 1U < 2 && message_interrupt(joiner, &receiver->setting, &message)) {
            take_message(receiver, &message);
        }
        receiver->summary.faults |= message_frame_begin(joiner, &receiver->setting, frame);
    } else if (step == FRAME_DATA) {
        message_frame_data(joiner, &receiver->setting, frame, slice,
                           receiver->reader.position - slice.length);
    } else {
        if (message_frame_end(joiner, &receiver->setting, frame, &message)) {
            take_message(receiver, &message);
        }
        add_bytes(receiver, message_frame_payload(joiner));
    }
}

static void take_chunk(struct receiver *receiver, struct bytes data)
{
    uint8_t *chunk = malloc(data.length);
    struct bytes input = bytes_of(chunk, data.length), slice = bytes_of(NULL, 0);
    enum frame_step step;

    memcpy(chunk, data.data, data.length);
    while ((step = frame_step(&receiver->reader, &input, &slice)) != FRAME_MORE) {
        take_step(receiver, step, slice);
    }
    message_keep(&receiver->joiner, &receiver->setting);
    memset(receiver->scratch, 0xA5, sizeof receiver->scratch);
    free(chunk);
}

/* What the input asks for beside bytes: at most once, after half of them. */
static void lose(struct receiver *receiver, uint64_t gap)
{
    struct bytes none = bytes_of(NULL, 0), slice = none;
    enum frame_step step;
    uint64_t over = frame_skip(&receiver->reader, gap);

    message_frame_lost(&receiver->joiner, &receiver->setting, gap - over);
    while ((step = frame_step(&receiver->reader, &none, &slice)) != FRAME_MORE) {
        take_step(receiver, step, slice);
    }
    if (over > 0) {
        message_resync(&receiver->joiner, &receiver->setting);
        frame_reader_init(&receiver->reader, receiver->reader.offset);
    }
}

static void take_pieces(struct receiver *receiver, struct bytes data, size_t piece)
{
    while (data.length > 0) {
        take_chunk(receiver, bytes_first(data, piece));
        data = bytes_after(data, piece);
    }
}

static void receiver_init(struct receiver *receiver, uint8_t choice)
{
    memset(receiver, 0, sizeof *receiver);
    receiver->memory.limit = choice & 1 ? 1 << 20 : 45000;
    receiver->limits = (struct limits)LIMITS_DEFAULT;
    receiver->limits.message_kept = choice & 2 ? 0 : choice & 4 ? 50 : 4000;
    receiver->limits.message_inflated = choice & 8 ? 100 : 100000;
    receiver->deflate.agreed = choice & 16;
    receiver->deflate.no_context_takeover[C2S] = choice & 32;
    receiver->setting = (struct message_setting){
        .direction = C2S,
        .deflate = &receiver->deflate,
        .limits = &receiver->limits,
        .memory = &receiver->memory,
        .windows = &receiver->windows,
        .spare = choice & 64 ? &receiver->spare : NULL,
        .scratch = receiver->scratch,
        .context = &receiver->context,
    };
    message_joiner_init(&receiver->joiner);
    frame_reader_init(&receiver->reader, 0);
}

static struct summary read_stream(uint8_t choice, uint8_t gap, struct bytes data, size_t piece)
{
    static struct receiver receiver;
    struct message message;
    size_t half = data.length / 2;

    receiver_init(&receiver, choice);
    take_pieces(&receiver, bytes_first(data, half), piece);
    if (gap > 0) {
        lose(&receiver, gap);
    }
    take_pieces(&receiver, bytes_after(data, half), piece);
    if (message_interrupt(&receiver.joiner, &receiver.setting, &message)) {
        take_message(&receiver, &message);
    }
    message_joiner_release(&receiver.joiner, &receiver.setting);
    message_context_release(&receiver.context, &receiver.setting);
    message_spare_release(&receiver.setting);
    if (receiver.memory.used != 0 || receiver.windows != 0) {
        abort();
    }
    return receiver.summary;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) {
        return 0;
    }
    struct bytes stream = bytes_of(data + 3, size - 3);
    struct summary whole = read_stream(data[0], data[1], stream, size);
    struct summary cut = read_stream(data[0], data[1], stream, (size_t)data[2] % 40 + 1);
    bool plenty = data[0] & 1;      /* where memory runs out depends on the cuts */

    if (plenty && memcmp(&whole, &cut, sizeof whole) != 0) {
        abort();
    }
    return 0;
}
