/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "address.h"
#include "core/rules.h"
#include "escape.h"
#include "object.h"
#include "outline.h"
#include "paint.h"

/* U+2500 twice and U+25B6, U+25C0 and U+2500 twice, U+2026. */
#define ARROW_C2S "\xE2\x94\x80\xE2\x94\x80\xE2\x96\xB6"
#define ARROW_S2C "\xE2\x97\x80\xE2\x94\x80\xE2\x94\x80"
#define ELLIPSIS  "\xE2\x80\xA6"

void text_init(struct text *text, struct output *output, const struct text_setting *setting)
{
    *text = (struct text){ .output = output, .setting = *setting };
}

/* --- pieces of a line --------------------------------------------------------------------------------- */

static void paint(struct text *text, const char *colour)
{
    if (text->setting.colour) {
        output_text(text->output, colour);
    }
}

/* Columns up to the terminal's edge. */
static size_t left(const struct text *text)
{
    if (text->setting.columns == 0) {
        return ESCAPE_ALL;
    }
    return text->setting.columns > text->column ? text->setting.columns - text->column : 0;
}

/* Printable ASCII of ours; what does not fit is left out. */
static void put(struct text *text, const char *ascii)
{
    size_t n = strnlen(ascii, left(text));

    output_bytes(text->output, ascii, n);
    text->column += n;
}

__attribute__((format(printf, 2, 3))) static void put_format(struct text *text, const char *format, ...)
{
    char piece[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    put(text, piece);
}

/* Right-aligned in at least so many columns, filled up with what is given. By hand: printf would be the
 * greater part of a line's time. */
static void put_right(struct text *text, uint64_t value, size_t columns, char filler)
{
    char piece[32], *end = piece + sizeof piece - 1, *begin = end;

    *end = '\0';
    do {
        *--begin = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while ((size_t)(end - begin) < columns) {
        *--begin = filler;
    }
    put(text, begin);
}

static void put_number(struct text *text, uint64_t value)
{
    put_right(text, value, 1, ' ');
}

/* A short word, and spaces up to that many columns, 12 at most. */
static void put_left(struct text *text, const char *word, size_t columns)
{
    static const char spaces[] = "            ";
    size_t length = strlen(word);

    put(text, word);
    put(text, spaces + sizeof spaces - 1 - (length < columns ? columns - length : 0));
}

static void put_hex_byte(struct text *text, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    put(text, (char[]){ digits[byte >> 4], digits[byte & 15], '\0' });
}

static void put_count(struct text *text, uint64_t count, const char *one)
{
    put_number(text, count);
    put(text, " ");
    put(text, one);
    put(text, count == 1 ? "" : "s");
}

/* Columns for something of the wire, so many kept free behind it. */
static size_t room(const struct text *text, size_t after)
{
    size_t most = left(text);
    size_t edge = most == ESCAPE_ALL ? most : most > after ? most - after : 0;

    return text->setting.preview > 0 && text->setting.preview < edge ? text->setting.preview : edge;
}

/* Something of the wire, escaped, in at most that many columns, the mark for what was cut included. */
static void put_wire(struct text *text, struct bytes view, size_t columns)
{
    size_t mark_columns = text->setting.arrows ? 1 : 3;

    if (columns < mark_columns) {
        return;
    }
    text->column += escape_write(text->output, &view, columns - mark_columns);
    if (view.length > 0) {
        output_text(text->output, text->setting.arrows ? ELLIPSIS : "...");
        text->column += mark_columns;
    }
}

static void put_quoted(struct text *text, struct bytes view)
{
    put(text, "\"");
    put_wire(text, view, room(text, 1));
    put(text, "\"");
}

/* "48 65 6c", three columns a byte, then three dots where not all of it is shown. */
static void put_hex(struct text *text, struct bytes view)
{
    size_t fitting = room(text, 3) / 3;
    size_t shown = text->setting.preview || fitting < TEXT_BINARY_SHOWN ? fitting : TEXT_BINARY_SHOWN;

    shown = shown < view.length ? shown : view.length;
    for (size_t i = 0; i < shown; i++) {
        put(text, i ? " " : "");
        put_hex_byte(text, view.data[i]);
    }
    put(text, shown < view.length ? shown > 0 ? " ..." : "..." : "");
}

/* A payload as text where it is, else as bytes. */
static void put_payload(struct text *text, struct bytes payload, bool is_text)
{
    put(text, "  ");
    if (is_text) {
        put_quoted(text, payload);
    } else {
        put_hex(text, payload);
    }
}

/* --- the columns before the kind's own words ---------------------------------------------------------- */

static void put_clock(struct text *text, int64_t time, bool utc, bool date)
{
    int64_t rest = time % 1000000000;
    time_t seconds = (time_t)(time / 1000000000 - (rest < 0));
    unsigned micros = (unsigned)((rest < 0 ? rest + 1000000000 : rest) / 1000);
    struct tm parts = { .tm_mday = 1 };
    char clock[48] = "";

    if ((utc ? gmtime_r : localtime_r)(&seconds, &parts)) {
        strftime(clock, sizeof clock, date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &parts);
    }
    put_format(text, "%s.%06u", clock, micros);
}

static void put_seconds(struct text *text, int64_t nanoseconds)
{
    uint64_t size = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;
    uint64_t micros = size / 1000;

    size_t used = output_digits(micros / 1000000) + (nanoseconds < 0);

    put(text, &"     "[used < 5 ? used : 5]);
    put(text, nanoseconds < 0 ? "-" : "");
    put_number(text, micros / 1000000);
    put(text, ".");
    put_right(text, micros % 1000000, 6, '0');
}

static void put_time(struct text *text, int64_t time)
{
    switch (text->setting.times) {
    case TEXT_TIMES_RELATIVE:
        put_seconds(text, output_elapsed(text->first, time));
        break;
    case TEXT_TIMES_DELTA:
        put_seconds(text, text->begun ? output_elapsed(text->previous, time) : 0);
        break;
    case TEXT_TIMES_EPOCH:
        put_seconds(text, time);
        break;
    case TEXT_TIMES_CLOCK:
    case TEXT_TIMES_DATE:
        put_clock(text, time, false, text->setting.times == TEXT_TIMES_DATE);
        break;
    case TEXT_TIMES_UTC:
    case TEXT_TIMES_UTC_DATE:
        put_clock(text, time, true, text->setting.times == TEXT_TIMES_UTC_DATE);
        break;
    }
}

/* Which kinds of event belong to one direction. */
static bool has_direction(enum event_kind kind)
{
    return kind != EVENT_CONNECTION && kind != EVENT_HANDSHAKE && kind != EVENT_CLOSE;
}

static const char *paint_of(const struct event *event)
{
    return !has_direction(event->kind) ? PAINT_BOLD : event->direction == C2S ? PAINT_C2S : PAINT_S2C;
}

static void put_direction(struct text *text, const struct event *event)
{
    bool c2s = event->direction == C2S;

    if (!has_direction(event->kind)) {
        put(text, "   ");
    } else if (text->setting.arrows && left(text) >= 3) {
        output_text(text->output, c2s ? ARROW_C2S : ARROW_S2C);
        text->column += 3;
    } else {
        put(text, c2s ? "c2s" : "s2c");
    }
}

static void begin_line(struct text *text, const struct event *event, const char *kind, const char *colour)
{
    text->column = 0;
    paint(text, PAINT_DIM);
    put_right(text, event->packet, 6, ' ');
    put(text, " ");
    put_time(text, event->time);
    text->previous = event->time;
    text->begun = true;
    put(text, " ");
    put_right(text, event->connection->id, 4, ' ');
    paint(text, PAINT_PLAIN);
    paint(text, colour);
    put(text, "  ");
    put_direction(text, event);
    put(text, "  ");
    put_left(text, kind, 12);
    if (event->kind == EVENT_FRAME) {
        paint(text, PAINT_PLAIN);
    }
}

static void end_line(struct text *text)
{
    paint(text, PAINT_PLAIN);
    output_character(text->output, '\n');
}

/* --- what each kind has to tell ----------------------------------------------------------------------- */

static void connection_line(struct text *text, const struct event *event)
{
    const struct connection *connection = event->connection;
    char address[ADDRESS_TEXT_MAX];

    address_format(address, &connection->client);
    put(text, address);
    put(text, " -> ");
    address_format(address, &connection->server);
    put(text, address);
    put(text, connection->midstream ? "  joined late" : "");
}

/* The version, as requests end with it, then what follows the start line. */
static void http_tail(char *out, size_t capacity, const struct http_head *head)
{
    char version[16] = "", body[48] = "";

    if (head->is_request) {
        snprintf(version, sizeof version, " HTTP/%u.%u", head->version_major, head->version_minor);
    }
    if (head->body_length > 0) {
        snprintf(body, sizeof body, "  body %" PRIu64 " byte%s", head->body_length,
                 head->body_length == 1 ? "" : "s");
    }
    snprintf(out, capacity, "%s  %zu field%s%s", version, head->field_count,
             head->field_count == 1 ? "" : "s", body);
}

static void http_line(struct text *text, const struct event *event)
{
    const struct http_head *head = event->http.head;
    char tail[128];

    http_tail(tail, sizeof tail, head);
    if (head->is_request) {
        put_wire(text, head->method, room(text, strlen(tail)));
        put(text, " ");
        put_wire(text, head->target, room(text, strlen(tail)));
    } else {
        put_format(text, "HTTP/%u.%u %u ", head->version_major, head->version_minor, head->status);
        put_wire(text, head->reason, room(text, strlen(tail)));
    }
    put(text, tail);
}

static void put_named(struct text *text, const char *name, struct bytes value)
{
    if (value.length > 0) {
        put(text, "  ");
        put(text, name);
        put(text, " ");
        put_wire(text, value, room(text, 0));
    }
}

static void handshake_line(struct text *text, const struct event *event)
{
    const struct handshake *handshake = event->handshake;

    put(text, event_verdict_name(handshake->verdict));
    if (handshake->verdict == HANDSHAKE_REFUSED && handshake->response) {
        put_format(text, " with %u", handshake->response->status);
    }
    put_named(text, "subprotocol", handshake->subprotocol);
    if (handshake->deflate.agreed) {
        put_format(text, "  permessage-deflate %u/%u bits%s%s", handshake->deflate.window_bits[C2S],
                   handshake->deflate.window_bits[S2C],
                   handshake->deflate.no_context_takeover[C2S] ? " client_no_context_takeover" : "",
                   handshake->deflate.no_context_takeover[S2C] ? " server_no_context_takeover" : "");
    }
    put_named(text, "origin", handshake->origin);
}

static void close_body(struct text *text, const struct event_frame *event)
{
    if (event->frame->length < 2) {
        return;
    }
    put_format(text, "  %u %s", event->close_code, frame_close_code_meaning(event->close_code));
    if (event->close_reason.length > 0) {
        put(text, "  ");
        put_quoted(text, event->close_reason);
    }
}

static void control_body(struct text *text, const struct event_frame *event)
{
    if (event->frame->opcode == FRAME_PONG && event->round_trip >= 0) {
        put_format(text, "  after %.3f ms", (double)event->round_trip / 1e6);
    }
    if (event->frame->opcode == FRAME_CLOSE) {
        close_body(text, event);
    } else if (event->payload.length > 0) {
        put_payload(text, event->payload, object_is_text(event->payload));
    }
}

static void frame_line(struct text *text, const struct event *event)
{
    const struct frame *frame = event->frame.frame;

    put_left(text, frame_opcode_name(frame->opcode), 12);
    put(text, frame->fin ? " FIN " : "     ");
    put(text, frame->rsv & FRAME_RSV1 ? "1" : "-");
    put(text, frame->rsv & FRAME_RSV2 ? "2" : "-");
    put(text, frame->rsv & FRAME_RSV3 ? "3 " : "- ");
    for (size_t i = 0; i < sizeof frame->mask && frame->masked; i++) {
        put_hex_byte(text, frame->mask[i]);
    }
    put(text, frame->masked ? " " : "unmasked ");
    put_count(text, frame->length, "byte");
    if (frame->lost > 0) {
        put(text, ", lost ");
        put_number(text, frame->lost);
    }
    if (frame_is_control(frame->opcode)) {
        control_body(text, &event->frame);
    } else {
        put(text, "  of message ");
        put_number(text, event->frame.message);
    }
}

static void message_line(struct text *text, const struct event *event)
{
    const struct message *message = event->message.message;
    bool clear = !message->compressed || message->inflated;

    put_left(text, frame_opcode_name(message->opcode), 12);
    put(text, " ");
    put_count(text, message->length, "byte");
    if (message->frames != 1) {
        put(text, " in ");
        put_count(text, message->frames, "frame");
    }
    if (message->compressed) {
        put(text, message->inflated ? ", from " : ", not inflated: ");
        put_number(text, message->wire_length);
    }
    put(text, message->complete ? "" : ", not whole");
    put_payload(text, message->payload, message->opcode == FRAME_TEXT && clear);
}

static void put_code(struct text *text, const char *who, uint16_t code)
{
    if (code) {
        put_format(text, "  %s%u %s", who, code, frame_close_code_meaning(code));
    }
}

/* What the applications saw: nearly always the same. */
static void put_codes(struct text *text, uint16_t client, uint16_t server)
{
    if (client == server) {
        put_code(text, "", client);
    } else {
        put_code(text, "client sees ", client);
        put_code(text, "server sees ", server);
    }
}

static void close_line(struct text *text, const struct event *event)
{
    const struct event_close *ending = &event->close;

    put(text, event_close_name(ending->how));
    if (ending->first_known) {
        put(text, ending->first == C2S ? "  client first" : "  server first");
    }
    put_codes(text, ending->api_code[C2S], ending->api_code[S2C]);
    if (ending->reason.length > 0) {
        put(text, "  ");
        put_quoted(text, ending->reason);
    }
    put_named(text, "TLS server name", ending->server_name);
}

static void gap_line(struct text *text, const struct event *event)
{
    static const char *const resumed[] = {
        [GAP_EXACT] = ", inside a payload: decoding goes on exactly",
        [GAP_GUESS] = ", decoding goes on at a header found by its form",
        [GAP_NO] = ", decoding does not go on",
    };

    put_count(text, event->gap.bytes, "byte");
    put(text, " never captured");
    put(text, resumed[event->gap.resumed]);
    if (event->gap.skipped > 0) {
        put(text, ", skipped ");
        put_number(text, event->gap.skipped);
    }
}

static void cut_line(struct text *text, const struct event *event)
{
    const struct frame *frame = event->frame.frame;

    put_format(text, "%s frame, ", frame_opcode_name(frame->opcode));
    put_number(text, event->frame.arrived);
    put(text, " of ");
    put_count(text, frame->length, "byte");
    put(text, " when the direction ended");
}

typedef void write_line(struct text *text, const struct event *event);

static write_line *const lines[EVENT_KINDS] = {
    [EVENT_CONNECTION] = connection_line,
    [EVENT_HTTP] = http_line,
    [EVENT_HANDSHAKE] = handshake_line,
    [EVENT_FRAME] = frame_line,
    [EVENT_MESSAGE] = message_line,
    [EVENT_CLOSE] = close_line,
    [EVENT_GAP] = gap_line,
    [EVENT_CUT] = cut_line,
};

/* The event taken apart, and its bytes, as far as they were asked for. */
static void more_lines(struct text *text, const struct event *event)
{
    struct outline_setting setting = { .columns = text->setting.columns, .colour = text->setting.colour };

    if (text->setting.fields || text->setting.bytes) {
        detail_make(text->detail, event, text->subprotocol);
    }
    if (text->setting.fields) {
        outline_write(text->output, text->detail, &setting);
    }
    if (text->setting.bytes) {
        outline_dump(text->output, text->detail, &setting);
    }
}

static void finding_line(struct text *text, const struct finding *finding)
{
    const struct rule *rule = finding->rule;

    begin_line(text, finding->event, "finding", paint_severity(rule->severity));
    put_format(text, "%s %s (%s, %s) ", rules_severity_word(rule->severity), rule->id,
               rules_side_name(finding->side), rule->section);
    put_wire(text, bytes_of_text(rule->text), room(text, 0));
    end_line(text);
    if (text->setting.fields) {
        output_format(text->output, "      instead: %s\n", rule->instead);
    }
}

void text_event(void *context, const struct event *event)
{
    struct text *text = context;
    struct finding finding;
    unsigned next = 0;

    if (lines[event->kind] && (text->setting.shown & EVENT_BIT(event->kind))) {
        begin_line(text, event, event_kind_name(event->kind), paint_of(event));
        lines[event->kind](text, event);
        end_line(text);
        more_lines(text, event);
    }
    while (event->faults && (text->setting.shown & EVENT_BIT(EVENT_NOTICE)) &&
           rules_next(event, &next, &finding)) {
        finding_line(text, &finding);
    }
}
