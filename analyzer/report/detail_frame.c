/* SPDX-License-Identifier: MIT */
#include "detail_build.h"

#include <inttypes.h>
#include <stdio.h>

#include "object.h"

#define UNMASKED_ROWS 16 /* rows of unmasking spelled out, a masking key's length of bytes each */

static void place_bits(struct detail_node *node, size_t byte, unsigned first_bit, unsigned bits)
{
    detail_place(node, byte, 1);
    node->first_bit = (uint8_t)first_bit;
    node->bits = (uint8_t)bits;
}

static struct detail_node *add_flag(struct detail *detail, const char *name, bool set, size_t byte,
                                    unsigned bit)
{
    struct detail_node *node = detail_add(detail, 1, name);

    detail_say(detail, node, "%d", set);
    place_bits(node, byte, bit, 1);
    return node;
}

/* The first byte: RFC 6455 section 5.2. */
static void add_first_byte(struct detail *detail, const struct event_frame *event)
{
    const struct frame *frame = event->frame;
    struct detail_node *node = add_flag(detail, "FIN", frame->fin, 0, 0);

    detail_explain(node, "fin");
    node = add_flag(detail, "RSV1", frame->rsv & FRAME_RSV1, 0, 1);
    node->purpose = event->compressed ? "Set on the first frame of a message that is compressed."
                                      : "Kept for extensions; permessage-deflate marks its messages with it.";
    node->section = "RFC 7692 6";
    node = add_flag(detail, "RSV2", frame->rsv & FRAME_RSV2, 0, 2);
    detail_explain(node, "rsv");
    node = add_flag(detail, "RSV3", frame->rsv & FRAME_RSV3, 0, 3);
    detail_explain(node, "rsv");
    node = detail_add(detail, 1, "opcode");
    detail_say(detail, node, "0x%x %s", frame->opcode, frame_opcode_name(frame->opcode));
    place_bits(node, 0, 4, 4);
    detail_explain(node, "opcode");
}

/* Seven bits, then 16 or 64 more where they say so. */
static void add_length(struct detail *detail, const struct frame *frame)
{
    unsigned seven = frame->header[1] & 0x7F;
    size_t extended = frame_extended_length(frame->header[1]);
    struct detail_node *node = detail_add(detail, 1, "Payload len");

    detail_say(detail, node, "%u", seven);
    place_bits(node, 1, 1, 7);
    node->purpose = seven == 127   ? "127: the length is in the next 64 bits."
                    : seven == 126 ? "126: the length is in the next 16 bits."
                                   : "Up to 125 it is the length itself; 126 and 127 announce a longer form.";
    node->section = "RFC 6455 5.2";
    if (extended > 0) {
        node = detail_add(detail, 1, "Extended payload length");
        detail_say(detail, node, "%" PRIu64, frame->length);
        detail_place(node, 2, extended);
        node->purpose = extended == 2 ? "The length as 16 bits, big-endian."
                                      : "The length as 64 bits, big-endian, the first of them 0.";
        node->section = "RFC 6455 5.2";
    }
}

static void add_mask(struct detail *detail, const struct frame *frame)
{
    struct detail_node *node = detail_add(detail, 1, "Masking-key");

    detail_say_hex(detail, node, bytes_of(frame->mask, sizeof frame->mask), sizeof frame->mask);
    detail_place(node, frame->header_length - sizeof frame->mask, sizeof frame->mask);
    node->purpose = "New and random for every frame, so that no script chooses the bytes on the wire.";
    node->section = "RFC 6455 5.3";
}

/* Section 5.3, a key's length of bytes to a row: as sent, the key, what it means. */
static void add_unmasking(struct detail *detail, struct bytes payload, const struct frame *frame)
{
    const uint8_t *key = frame->mask;

    for (size_t i = 0; i < payload.length && i < 4 * UNMASKED_ROWS; i += 4) {
        struct bytes clear = bytes_first(bytes_after(payload, i), 4);
        struct detail_node *node = detail_add(detail, 2, "unmasked");
        char row[64];
        size_t used = 0;

        for (size_t j = 0; j < clear.length; j++) {
            used += (size_t)snprintf(row + used, sizeof row - used, "%s%02x^%02x=%02x", j ? " " : "",
                                     clear.data[j] ^ key[j], key[j], clear.data[j]);
        }
        detail_say(detail, node, "%s", row);
        detail_place(node, frame->header_length + i, clear.length);
        if (i == 0) {
            node->purpose = "The byte as sent, XOR the key's byte number i modulo 4, is the byte meant.";
            node->section = "RFC 6455 5.3";
        }
    }
    if (payload.length > 4 * UNMASKED_ROWS) {
        detail_say(detail, detail_add(detail, 2, "unmasked"), "and so on, for %zu bytes more",
                   payload.length - 4 * UNMASKED_ROWS);
    }
}

/* Section 5.5.1: two bytes of code, then words. */
static void add_close_body(struct detail *detail, const struct event_frame *event)
{
    struct detail_node *node = detail_add(detail, 2, "code");

    detail_say(detail, node, "%u %s", event->close_code, frame_close_code_meaning(event->close_code));
    detail_place(node, event->frame->header_length, 2);
    detail_explain(node, "close.code");
    if (event->close_reason.length > 0) {
        node = detail_add(detail, 2, "reason");
        node->value = event->close_reason;
        detail_place(node, event->frame->header_length + 2U, event->close_reason.length);
        detail_explain(node, "close.reason");
    }
}

static void add_payload(struct detail *detail, const struct event_frame *event)
{
    const struct frame *frame = event->frame;
    struct bytes payload = event->payload;
    struct detail_node *node = detail_add(detail, 1, "Payload data");

    detail_say(detail, node, "%" PRIu64 " byte%s%s", frame->length, frame->length == 1 ? "" : "s",
               payload.length == frame->length ? ""
               : event->compressed             ? ", compressed: its message has the clear ones"
                                               : ", not all of them kept");
    detail_place(node, frame->header_length, payload.length);
    node->purpose = frame_is_control(frame->opcode)
                        ? "At most 125 bytes; a Pong repeats its Ping's."
                        : "What the application sent, behind what an extension may add.";
    node->section = frame_is_control(frame->opcode) ? "RFC 6455 5.5" : "RFC 6455 5.2";
    if (frame->masked) {
        add_unmasking(detail, payload, frame);
    }
    if (frame->opcode == FRAME_CLOSE && payload.length >= 2) {
        add_close_body(detail, event);
    } else if (payload.length > 0) {
        detail_payload(detail, 2, payload, object_is_text(payload));
    }
    if (frame->lost > 0) {
        node = detail_add(detail, 2, "lost");
        detail_say(detail, node, "%" PRIu64, frame->lost);
        detail_explain(node, "lost");
    }
}

static void add_context(struct detail *detail, const struct event_frame *event)
{
    struct detail_node *node = detail_add(detail, 1, "offset");

    detail_say(detail, node, "%" PRIu64, event->frame->offset);
    detail_explain(node, "offset");
    if (event->message > 0) {
        node = detail_add(detail, 1, "message");
        detail_say(detail, node, "%" PRIu64, event->message);
        detail_explain(node, "message.number");
    }
    if (event->frame->opcode == FRAME_PONG && event->round_trip >= 0) {
        node = detail_add(detail, 1, "round trip");
        detail_say(detail, node, "%.3f ms", (double)event->round_trip / 1e6);
        detail_explain(node, "round_trip");
    }
}

void detail_frame(struct detail *detail, const struct event *event)
{
    const struct frame *frame = event->frame.frame;
    const char *name = event->kind == EVENT_CUT ? "WebSocket frame, cut" : "WebSocket frame";
    struct detail_node *node = detail_add(detail, 0, name);

    detail->pieces[0] = bytes_of(frame->header, frame->header_length);
    detail->pieces[1] = event->frame.payload;
    detail->mask = frame->masked ? frame->mask : NULL;
    detail_say(detail, node, "%s, %u bytes of header and %" PRIu64 " of payload",
               frame_opcode_name(frame->opcode), frame->header_length, frame->length);
    detail_place(node, 0, detail_length(detail));
    add_first_byte(detail, &event->frame);
    node = add_flag(detail, "MASK", frame->masked, 1, 0);
    detail_explain(node, "masked");
    add_length(detail, frame);
    if (frame->masked) {
        add_mask(detail, frame);
    }
    add_payload(detail, &event->frame);
    add_context(detail, &event->frame);
}
