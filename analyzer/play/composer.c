/* SPDX-License-Identifier: MIT */
#include "composer.h"

#include "core/frame.h"

void composer_init(struct composer *composer, uint64_t seed)
{
    static const struct item_compress full = { .window_bits = 15, .takeover = true };

    *composer = (struct composer){ .random = seed, .compress = { full, full } };
}

void composer_release(struct composer *composer)
{
    deflater_destroy(composer->deflater[C2S]);
    deflater_destroy(composer->deflater[S2C]);
    composer->deflater[C2S] = composer->deflater[S2C] = NULL;
}

/* splitmix64: every run of a script draws the same keys. */
static uint32_t draw(struct composer *composer)
{
    uint64_t value = composer->random += UINT64_C(0x9E3779B97F4A7C15);

    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)(value >> 32);
}

/* --- frames: RFC 6455 section 5.2 ----------------------------------------------------------------------- */

static uint8_t length_bits_for(const struct item_frame *frame, uint64_t length)
{
    if (frame->length_bits != 0) {
        return frame->length_bits;
    }
    return length <= 125 ? 7 : length <= UINT16_MAX ? 16 : 64;
}

static void put_length(const struct item_frame *frame, uint64_t length, bool masked, struct buffer *out)
{
    uint8_t mask_bit = masked ? 0x80 : 0;

    switch (length_bits_for(frame, length)) {
    case 7:
        buffer_put_byte(out, (uint8_t)(mask_bit | (length & 0x7F)));
        break;
    case 16:
        buffer_put_byte(out, mask_bit | 126);
        buffer_put_big(out, length, 2);
        break;
    default:
        buffer_put_byte(out, mask_bit | 127);
        buffer_put_big(out, length, 8);
    }
}

static bool is_masked(const struct item_frame *frame, enum direction side)
{
    return frame->mask == MASK_BY_SIDE ? side == C2S : frame->mask != MASK_NONE;
}

static void choose_key(struct composer *composer, const struct item_frame *frame, uint8_t key[4])
{
    uint32_t value = draw(composer);
    uint8_t drawn[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                         (uint8_t)value };

    memcpy(key, frame->mask == MASK_GIVEN ? frame->key : drawn, sizeof drawn);
}

/* One frame with that part of the payload. */
static void put_frame(struct composer *composer, const struct item_frame *frame, enum direction side,
                      struct bytes payload, struct buffer *out)
{
    bool masked = is_masked(frame, side);
    uint8_t key[4] = { 0 };

    buffer_put_byte(out, (uint8_t)(frame->fin << 7 | frame->rsv << 4 | frame->opcode));
    put_length(frame, frame->announced_given ? frame->announced : payload.length, masked, out);
    if (masked) {
        choose_key(composer, frame, key);
        buffer_put(out, bytes_of(key, sizeof key));
    }
    uint8_t *at = payload.length ? buffer_extend(out, payload.length) : NULL;

    for (size_t i = 0; at != NULL && i < payload.length; i++) {
        at[i] = payload.data[i] ^ key[i % 4];
    }
}

/* Section 5.4: the first frame has the opcode (and RSV1), the others continue, the last may have FIN. */
static void put_fragments(struct composer *composer, const struct item_frame *whole, enum direction side,
                          struct bytes payload, struct buffer *out)
{
    struct item_frame frame = *whole;

    for (size_t i = 0; i < whole->fragments.count; i++) {
        frame.fin = false;
        put_frame(composer, &frame, side, bytes_first(payload, whole->fragments.size[i]), out);
        payload = bytes_after(payload, whole->fragments.size[i]);
        frame.opcode = FRAME_CONTINUATION;
        frame.rsv = 0;
    }
    frame.fin = whole->fin;
    put_frame(composer, &frame, side, payload, out);
}

static struct deflater *deflater_of(struct composer *composer, enum direction side)
{
    if (composer->deflater[side] == NULL) {
        composer->deflater[side] = deflater_create(&composer->compress[side]);
    }
    return composer->deflater[side];
}

/* RSV1 marks the first frame of a compressed message (RFC 7692 section 6). */
static void put_compressed(struct composer *composer, const struct item_frame *given, enum direction side,
                           struct buffer *out)
{
    struct item_frame frame = *given;
    struct deflater *deflater = deflater_of(composer, side);
    struct buffer packed = { .limit = out->limit };

    if (deflater == NULL) {
        out->failed = true;
        return;
    }
    deflater_put(deflater, frame.compress, frame.payload, frame.fin, &packed);
    if (!frame.rsv_given && frame.opcode != FRAME_CONTINUATION) {
        frame.rsv = 4;
    }
    put_fragments(composer, &frame, side, buffer_view(&packed), out);
    out->failed |= packed.failed;
    buffer_release(&packed);
}

static void put_frames(struct composer *composer, const struct item_frame *frame, enum direction side,
                       struct buffer *out)
{
    for (uint32_t i = 0; i < frame->times && !out->failed; i++) {
        size_t start = out->length;

        if (frame->compress != COMPRESS_NONE) {
            put_compressed(composer, frame, side, out);
        } else {
            put_fragments(composer, frame, side, frame->payload, out);
        }
        if (out->length - start > frame->only) {
            out->length = start + frame->only;
        }
    }
}

static void set_compress(struct composer *composer, const struct item *item)
{
    composer->compress[item->side] = item->compress;
    deflater_destroy(composer->deflater[item->side]);
    composer->deflater[item->side] = NULL;
}

void composer_put(struct composer *composer, const struct item *item, struct buffer *out)
{
    switch (item->kind) {
    case ITEM_HEAD:
        compose_head(&composer->key, &item->head, out);
        break;
    case ITEM_FRAME:
        put_frames(composer, &item->frame, item->side, out);
        break;
    case ITEM_BYTES:
        buffer_put(out, item->bytes);
        break;
    case ITEM_COMPRESS:
        set_compress(composer, item);
        break;
    default:
        break;
    }
}
