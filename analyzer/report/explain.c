/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/frame.h"
#include "core/inflater.h"
#include "core/rules.h"
#include "escape.h"
#include "header_box.h"
#include "object.h"
#include "paint.h"
#include "wrap.h"

#define COLUMNS        80
#define UNMASKED_ROWS  48  /* payload bytes whose unmasking is spelled out */
#define TEXT_COLUMNS   400 /* of a payload */
#define HEX_SHOWN      64
#define INFLATED_SHOWN 1024

/* What is known of a side's message from the frames so far. */
enum sequence {
    SEQUENCE_UNKNOWN,
    SEQUENCE_BETWEEN, /* a message has ended */
    SEQUENCE_INSIDE,  /* one is under way */
};

struct explain {
    struct output *output;
    const struct explain_setting *setting;
    enum sequence sequence[2]; /* [C2S], [S2C] */
    uint64_t number;           /* of the frame, from 1 */
};

static void paint(const struct explain *explain, const char *colour)
{
    output_text(explain->output, explain->setting->colour ? colour : "");
}

/* --- the header, a line per field ----------------------------------------------------------------------- */

/* name, bits as they were sent, what they mean, section */
__attribute__((format(printf, 5, 6))) static void field(const struct explain *explain, const char *name,
                                                        const char *bits, const char *section,
                                                        const char *format, ...)
{
    char meaning[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(meaning, sizeof meaning, format, arguments);
    va_end(arguments);
    output_format(explain->output, "  %-11s  %-11s  %s", name, bits, meaning);
    paint(explain, PAINT_DIM);
    output_format(explain->output, section[0] ? " (%s)" : "%s", section);
    paint(explain, PAINT_PLAIN);
    output_character(explain->output, '\n');
}

static void bits_text(char *out, uint8_t byte, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        *out++ = byte & 0x80 >> (first + i) ? '1' : '0';
    }
    *out = '\0';
}

static void explain_reserved(const struct explain *explain, const struct frame *frame)
{
    char bits[4];

    bits_text(bits, frame->header[0], 1, 3);
    if (frame->rsv == 0) {
        field(explain, "RSV1-3", bits, "5.2", "no extension changes this frame");
    } else if (frame->rsv == FRAME_RSV1) {
        field(explain, "RSV1-3", bits, "RFC 7692 6", "RSV1: compressed, if that was agreed on");
    } else {
        field(explain, "RSV1-3", bits, "5.2", "all 0 unless an agreed extension uses them");
    }
}

static const char *opcode_meaning(uint8_t opcode)
{
    static const char *const meanings[16] = {
        [FRAME_CONTINUATION] = "continuation: more of a message under way",
        [FRAME_TEXT] = "text: a message of UTF-8 text begins here",
        [FRAME_BINARY] = "binary: a message of any bytes begins here",
        [FRAME_CLOSE] = "close: the sender has no more to say",
        [FRAME_PING] = "ping: a pong must carry its payload back",
        [FRAME_PONG] = "pong: answers a ping, or is a sign of life",
    };

    if (meanings[opcode]) {
        return meanings[opcode];
    }
    return frame_is_control(opcode) ? "reserved for more control frames" : "reserved for more data frames";
}

static const char *opcode_section(uint8_t opcode)
{
    static const char *const sections[16] = {
        [FRAME_CONTINUATION] = "5.4", [FRAME_TEXT] = "5.6",   [FRAME_BINARY] = "5.6",
        [FRAME_CLOSE] = "5.5.1",      [FRAME_PING] = "5.5.2", [FRAME_PONG] = "5.5.3",
    };

    return sections[opcode] ? sections[opcode] : "5.2";
}

/* The longer forms, with the arithmetic: big-endian, 16 or 64 bits. */
static void explain_extended(const struct explain *explain, const struct frame *frame, unsigned bytes)
{
    char hex[3 * 8 + 1];

    for (unsigned i = 0; i < bytes; i++) {
        snprintf(hex + 3 * i, 4, "%02x ", frame->header[2 + i]);
    }
    if (bytes == 2) {
        field(explain, "+ 16 bits", hex, "", "0x%02x * 256 + 0x%02x = %u * 256 + %u = %" PRIu64,
              frame->header[2], frame->header[3], frame->header[2], frame->header[3], frame->length);
    } else {
        field(explain, "+ 64 bits", hex, "", "= %" PRIu64, frame->length);
    }
}

static void explain_length(const struct explain *explain, const struct frame *frame)
{
    unsigned seven = frame->header[1] & 0x7F;
    char bits[8];

    bits_text(bits, frame->header[1], 1, 7);
    if (seven == 127) {
        field(explain, "Payload len", bits, "5.2", "127: the length is in the next 64 bits");
        explain_extended(explain, frame, 8);
    } else if (seven == 126) {
        field(explain, "Payload len", bits, "5.2", "126: the length is in the next 16 bits");
        explain_extended(explain, frame, 2);
    } else {
        field(explain, "Payload len", bits, "5.2", "%u: up to 125 this is the length itself", seven);
    }
}

static void explain_mask(const struct explain *explain, const struct frame *frame)
{
    char key[3 * 4 + 1];

    field(explain, "MASK", frame->masked ? "1" : "0", "5.1", "%s",
          frame->masked ? "masked, as a client's frames must be"
                        : "not masked, as a server's frames must be");
    explain_length(explain, frame);
    if (frame->masked) {
        snprintf(key, sizeof key, "%02x %02x %02x %02x", frame->mask[0], frame->mask[1], frame->mask[2],
                 frame->mask[3]);
        field(explain, "Masking-key", key, "5.3", "new and unpredictable for every frame");
    }
}

static void explain_header(const struct explain *explain, const struct frame *frame)
{
    char bits[5];

    field(explain, "FIN", frame->fin ? "1" : "0", "5.2", "%s",
          frame->fin ? "the message ends with this frame" : "more frames of this message follow");
    explain_reserved(explain, frame);
    bits_text(bits, frame->header[0], 4, 4);
    field(explain, "opcode", bits, opcode_section(frame->opcode), "0x%x %s", frame->opcode,
          opcode_meaning(frame->opcode));
    explain_mask(explain, frame);
    field(explain, "in all", "", "", "%u bytes of header, %" PRIu64 " of payload", frame->header_length,
          frame->length);
}

/* --- the payload ---------------------------------------------------------------------------------------- */

/* The character that begins at the byte, quoted; nothing in the midst of one. */
static void put_character(const struct explain *explain, struct bytes clear, size_t at)
{
    struct bytes rest = bytes_after(clear, at);
    uint8_t byte = rest.data[0];
    size_t columns = 0;

    if ((byte & 0xC0) != 0x80) {
        struct bytes left = rest;
        bool valid = escape_code_point(&left) != ESCAPE_INVALID;
        struct bytes character = bytes_first(rest, valid ? rest.length - left.length : 1);

        columns = escape_write(explain->output, &character, 8);
    }
    output_spaces(explain->output, columns < 8 ? 8 - columns : 1);
}

static void unmask_row(const struct explain *explain, const uint8_t key[4], struct bytes clear, size_t i)
{
    uint8_t meant = clear.data[i], of_key = key[i % 4], sent = meant ^ of_key;
    char sent_bits[9], key_bits[9], meant_bits[9];

    bits_text(sent_bits, sent, 0, 8);
    bits_text(key_bits, of_key, 0, 8);
    bits_text(meant_bits, meant, 0, 8);
    output_format(explain->output, "  %6zu      %02x    %02x [%zu]     ", i, sent, of_key, i % 4);
    paint(explain, PAINT_CLEAR);
    output_format(explain->output, "%02x", meant);
    paint(explain, PAINT_PLAIN);
    output_text(explain->output, "  ");
    put_character(explain, clear, i);
    paint(explain, PAINT_DIM);
    output_format(explain->output, "%s ^ %s = %s", sent_bits, key_bits, meant_bits);
    paint(explain, PAINT_PLAIN);
    output_character(explain->output, '\n');
}

static void explain_unmasking(const struct explain *explain, const struct frame *frame, struct bytes clear)
{
    output_text(explain->output, "\n    byte    sent   key        clear            bit by bit: XOR");
    paint(explain, PAINT_DIM);
    output_text(explain->output, " (5.3)\n");
    paint(explain, PAINT_PLAIN);
    for (size_t i = 0; i < clear.length && i < UNMASKED_ROWS; i++) {
        unmask_row(explain, frame->mask, clear, i);
    }
    if (clear.length > UNMASKED_ROWS) {
        output_format(explain->output, "          and %zu bytes more\n", clear.length - UNMASKED_ROWS);
    }
}

static void put_quoted(const struct explain *explain, const char *name, struct bytes text)
{
    output_format(explain->output, "\n  %-11s  \"", name);
    paint(explain, PAINT_CLEAR);
    escape_write(explain->output, &text, TEXT_COLUMNS);
    paint(explain, PAINT_PLAIN);
    output_character(explain->output, '"');
    if (text.length > 0) {
        output_format(explain->output, " and %zu bytes more", text.length);
    }
    output_character(explain->output, '\n');
}

static void put_bytes(const struct explain *explain, const char *name, struct bytes view)
{
    struct bytes shown = bytes_first(view, HEX_SHOWN);

    for (size_t i = 0; i < shown.length; i++) {
        if (i % 16 == 0) {
            output_format(explain->output, "\n  %-11s ", i == 0 ? name : "");
        }
        output_format(explain->output, " %02x", shown.data[i]);
    }
    output_character(explain->output, '\n');
    if (view.length > shown.length) {
        output_format(explain->output, "  %-11s  and %zu bytes more\n", "", view.length - shown.length);
    }
}

static void explain_close(const struct explain *explain, struct bytes clear)
{
    struct cursor cursor = cursor_over(clear);
    uint16_t code = cursor_u16(&cursor);

    output_character(explain->output, '\n');
    if (cursor.failed) {
        field(explain, "code", "none", "7.1.5", "%s",
              clear.length == 0 ? "the application sees 1005" : "one byte is no code");
        return;
    }
    field(explain, "code", "", "7.4", "0x%04x = %u: %s", code, code, frame_close_code_meaning(code));
    if (cursor_left(&cursor) > 0) {
        put_quoted(explain, "reason", cursor_rest(&cursor));
    }
}

/* What a compressed message says where it is its sender's first: with an empty window (RFC 7692 7.2.2). */
static void explain_compressed(const struct explain *explain, struct bytes clear)
{
    struct memory memory = { .limit = UINT64_C(1) << 20 };
    struct inflater *inflater = inflater_create(&memory);
    uint8_t out[INFLATED_SHOWN];
    size_t produced = 0;

    put_bytes(explain, "compressed", clear);
    if (!inflater) {
        return;
    }
    enum inflater_step step = inflater_step(inflater, &clear, out, sizeof out, &produced);

    if (step == INFLATER_MORE && inflater_finish(inflater)) {
        put_quoted(explain, "inflated", bytes_of(out, produced));
    } else if (step == INFLATER_OUTPUT) {
        put_quoted(explain, "begins", bytes_of(out, produced));
    } else {
        output_text(explain->output, "  it does not inflate by itself: earlier messages may be needed\n");
    }
    inflater_destroy(inflater, &memory);
}

static void explain_payload(const struct explain *explain, const struct frame *frame, struct bytes clear)
{
    bool begins = frame->opcode == FRAME_TEXT || frame->opcode == FRAME_BINARY;
    bool compressed = frame->rsv == FRAME_RSV1 && begins && frame->fin;

    if (frame->masked && clear.length > 0) {
        explain_unmasking(explain, frame, clear);
    }
    if (frame->opcode == FRAME_CLOSE) {
        explain_close(explain, clear);
    } else if (compressed && clear.length == frame->length) {
        explain_compressed(explain, clear);
    } else if (clear.length > 0 && frame->opcode != FRAME_BINARY && object_is_text(clear)) {
        put_quoted(explain, frame->opcode == FRAME_TEXT ? "text" : "payload", clear);
    } else if (clear.length > 0) {
        put_bytes(explain, "payload", clear);
    }
}

/* --- findings ------------------------------------------------------------------------------------------- */

static enum direction direction_of(const struct explain *explain, const struct frame *frame)
{
    if (explain->setting->sender == EXPLAIN_BY_MASK) {
        return frame->masked ? C2S : S2C;
    }
    return explain->setting->sender == EXPLAIN_CLIENT ? C2S : S2C;
}

/* Section 5.4, as far as the frames before this one tell. */
static uint64_t sequence_faults(struct explain *explain, const struct frame *frame, enum direction direction)
{
    enum sequence before = explain->sequence[direction];
    bool continues = frame->opcode == FRAME_CONTINUATION;

    if (frame->opcode > FRAME_BINARY) {
        return 0;
    }
    explain->sequence[direction] = frame->fin ? SEQUENCE_BETWEEN : SEQUENCE_INSIDE;
    if (continues && before == SEQUENCE_BETWEEN) {
        return UINT64_C(1) << FRAME_CONTINUATION_ORPHAN;
    }
    return !continues && before == SEQUENCE_INSIDE ? UINT64_C(1) << FRAME_MESSAGE_INTERRUPTED : 0;
}

static uint64_t frame_faults(struct explain *explain, const struct frame *frame, struct bytes clear,
                             enum direction direction)
{
    uint64_t faults = frame_header_faults(frame) | sequence_faults(explain, frame, direction);

    if (frame->masked != (direction == C2S)) {
        faults |= UINT64_C(1) << (frame->masked ? FRAME_MASKED : FRAME_NOT_MASKED);
    }
    if (frame->opcode == FRAME_CLOSE && clear.length == frame->length) {
        faults |= frame_close_faults(clear, direction);
    }
    return faults;
}

static void put_findings(const struct explain *explain, const struct event *event)
{
    struct finding finding;
    unsigned next = 0;

    while (event->faults && rules_next(event, &next, &finding)) {
        const struct rule *rule = finding.rule;

        output_text(explain->output, "\n  ");
        paint(explain, paint_severity(rule->severity));
        output_format(explain->output, "%s %s", rules_severity_word(rule->severity), rule->id);
        paint(explain, PAINT_PLAIN);
        output_format(explain->output, " (%s, %s)\n", rules_side_name(finding.side), rule->section);
        output_text(explain->output, "    seen     ");
        wrap_write(explain->output, rule->text, 13, 13, COLUMNS);
        output_text(explain->output, "\n    instead  ");
        wrap_write(explain->output, rule->instead, 13, 13, COLUMNS);
        output_character(explain->output, '\n');
    }
}

/* A text message that is whole here is judged as UTF-8 (section 8.1). */
static bool is_bad_text(const struct frame *frame, struct bytes clear)
{
    bool plain = frame->opcode == FRAME_TEXT && frame->rsv == 0;

    return plain && frame->fin && clear.length == frame->length && !object_is_text(clear);
}

static void explain_findings(struct explain *explain, const struct frame *frame, struct bytes clear)
{
    struct event event = { .kind = EVENT_FRAME, .direction = direction_of(explain, frame) };

    event.faults = frame_faults(explain, frame, clear, event.direction);
    put_findings(explain, &event);
    if (is_bad_text(frame, clear)) {
        event.kind = EVENT_MESSAGE;
        event.faults = UINT64_C(1) << MESSAGE_NOT_UTF8;
        put_findings(explain, &event);
    }
}

/* --- one frame after the other -------------------------------------------------------------------------- */

static void title(struct explain *explain, const char *name)
{
    output_text(explain->output, explain->number++ > 0 ? "\n\n" : "");
    paint(explain, PAINT_BOLD);
    output_format(explain->output, "Frame %" PRIu64 ": %s", explain->number, name);
    paint(explain, PAINT_PLAIN);
    output_text(explain->output, "\n\n");
}

static void explain_missing(const struct explain *explain, const char *what, uint64_t n, bool or_more)
{
    output_format(explain->output, "\n  The %s is cut: it needs %s%" PRIu64 " more byte%s.\n", what,
                  or_more ? "at least " : "", n, n == 1 ? "" : "s");
}

/* A header without its end: what there is of it, and how much it lacks. */
static void explain_cut_header(struct explain *explain, struct bytes header)
{
    bool judged = header.length > 1;
    uint8_t second = judged ? header.data[1] : 0;
    uint64_t whole = 2 + frame_extended_length(second) + (second & 0x80 ? 4U : 0);

    title(explain, frame_opcode_name(header.data[0] & 0xF));
    header_box_write(explain->output, header, explain->setting->colour);
    explain_missing(explain, "header", whole - header.length, !judged);
}

static void explain_frame(struct explain *explain, const struct frame *frame, struct bytes clear)
{
    explain_payload(explain, frame, clear);
    explain_findings(explain, frame, clear);
    if (clear.length < frame->length) {
        explain_missing(explain, "payload", frame->length - clear.length, false);
    }
}

/* Takes the next frame from the front of *bytes. */
static void next_frame(struct explain *explain, struct bytes *bytes, uint8_t *scratch)
{
    struct bytes start = *bytes, slice;
    struct frame_reader reader;

    frame_reader_init(&reader, 0);
    if (frame_step(&reader, bytes, &slice) != FRAME_BEGIN) {
        explain_cut_header(explain, start);
        return;
    }
    const struct frame *frame = &reader.frame;
    size_t length = frame->length < bytes->length ? (size_t)frame->length : bytes->length;

    title(explain, frame_opcode_name(frame->opcode));
    header_box_write(explain->output, bytes_first(start, frame->header_length + length),
                     explain->setting->colour);
    output_character(explain->output, '\n');
    explain_header(explain, frame);
    frame_unmask(scratch, bytes->data, length, frame->mask, 0);
    explain_frame(explain, frame, bytes_of(scratch, length));
    *bytes = bytes_after(*bytes, length);
}

void explain_write(struct output *output, struct bytes bytes, uint8_t *scratch,
                   const struct explain_setting *setting)
{
    struct explain explain = { .output = output, .setting = setting };

    while (bytes.length > 0) {
        next_frame(&explain, &bytes, scratch);
    }
}
