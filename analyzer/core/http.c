/* SPDX-License-Identifier: MIT */
#include "http.h"

#define BIT(fault) (1U << (fault))
#define PREFIX_MAX 64       /* bytes of an unfinished start line that are looked at for plausibility */

_Static_assert(HTTP_FAULTS <= 32, "struct http_reader keeps them in 32 bits");

/* --- gathering heads --- */

void http_reader_init(struct http_reader *reader, bool requests, bool lost)
{
    *reader = (struct http_reader){
        .is_request = requests,
        .state = lost ? HTTP_STATE_LOST : HTTP_STATE_HEAD,
    };
}

void http_reader_release(struct http_reader *reader, struct memory *memory)
{
    memory_release(memory, reader->buffer, reader->capacity);
    reader->buffer = NULL;
    reader->buffered = reader->capacity = reader->line_start = 0;
}

/* Adds to the buffer, which doubles as it grows: a head that arrives byte by byte costs linear time. */
static bool buffer_append(struct http_reader *reader, struct bytes bytes, struct memory *memory)
{
    size_t needed = reader->buffered + bytes.length;
    size_t capacity = reader->capacity * (size_t)2;

    if (needed > UINT32_MAX / 2) {
        return false;
    }
    if (needed > reader->capacity) {
        capacity = capacity > needed ? capacity : needed;
        uint8_t *grown = memory_resize(memory, reader->buffer, reader->capacity, capacity);

        if (grown == NULL) {
            return false;
        }
        reader->buffer = grown;
        reader->capacity = (uint32_t)capacity;
    }
    memcpy(reader->buffer + reader->buffered, bytes.data, bytes.length);
    reader->buffered = (uint32_t)needed;
    return true;
}

static void lose(struct http_reader *reader, struct memory *memory)
{
    http_reader_release(reader, memory);
    reader->state = HTTP_STATE_LOST;
}

/* Not HTTP. Where the start line was a guess, the guess was wrong. */
static enum http_step refuse(struct http_reader *reader, enum http_step why, struct memory *memory)
{
    if (reader->resuming) {
        lose(reader, memory);
        return HTTP_MORE;
    }
    http_reader_release(reader, memory);
    reader->state = HTTP_STATE_REFUSED;
    return why;
}

static enum http_step begin_message(struct http_reader *reader, struct http_head *head, struct memory *memory)
{
    static const uint8_t body_states[] = {
        [HTTP_NO_BODY] = HTTP_STATE_END,
        [HTTP_BY_LENGTH] = HTTP_STATE_BODY,
        [HTTP_CHUNKED] = HTTP_STATE_CHUNK_SIZE,
        [HTTP_UNTIL_CLOSE] = HTTP_STATE_UNTIL_CLOSE,
    };

    if (reader->resuming && head->faults & BIT(HTTP_FIELD_NAME)) {
        return refuse(reader, HTTP_REFUSED, memory);
    }
    http_answers(head, reader->answer_to);
    reader->framing = (uint8_t)head->framing;
    reader->faults = (uint32_t)head->faults;
    reader->remaining = head->framing == HTTP_BY_LENGTH ? head->content_length : 0;
    reader->body_length = 0;
    reader->line_length = 0;
    reader->state = body_states[head->framing];
    reader->state_after = HTTP_STATE_HEAD;
    reader->cut = reader->resuming = reader->after_cr = false;
    reader->head_current = true;
    reader->perhaps_bodiless = !reader->is_request && reader->answer_to == HTTP_ANSWER_TO_UNKNOWN;
    return HTTP_HEAD;
}

/* Whether the line that has just become whole is the empty one that ends a head. */
static bool last_line_is_empty(const struct http_reader *reader)
{
    uint32_t length = reader->buffered - reader->line_start;

    return length == 1 || (length == 2 && reader->buffer[reader->line_start] == '\r');
}

/* A piece has been added to a head that is not whole: can it still become one? */
static bool still_plausible(struct http_reader *reader, size_t piece)
{
    struct bytes view = bytes_of(reader->buffer, reader->buffered);
    bool in_start_line = reader->line_start == 0, ends_line = view.data[view.length - 1] == '\n';

    if (ends_line) {
        reader->line_start = reader->buffered;
    }
    return !in_start_line || (!ends_line && view.length - piece >= PREFIX_MAX) ||
           http_plausible_start(view, reader->is_request);
}

/* A head that did not arrive whole is put together line by line, so that no byte behind it is copied. */
static enum http_step gather_head(struct http_reader *reader, struct bytes *input, struct http_head *head,
                                  const struct limits *limits, struct memory *memory)
{
    while (input->length > 0 && reader->buffered < limits->head) {
        struct bytes piece = bytes_first(*input, limits->head - reader->buffered);
        const uint8_t *lf = memchr(piece.data, '\n', piece.length);

        if (lf != NULL) {
            piece.length = (size_t)(lf - piece.data) + 1;
        }
        *input = bytes_after(*input, piece.length);
        if (!buffer_append(reader, piece, memory)) {
            lose(reader, memory);
            return HTTP_MORE;
        }
        if (lf != NULL && last_line_is_empty(reader)) {
            http_parse_head(bytes_of(reader->buffer, reader->buffered), reader->is_request, head);
            return begin_message(reader, head, memory);
        }
        if (!still_plausible(reader, piece.length)) {
            return refuse(reader, HTTP_REFUSED, memory);
        }
    }
    return reader->buffered < limits->head ? HTTP_MORE : refuse(reader, HTTP_HEAD_TOO_LONG, memory);
}

static enum http_step read_head(struct http_reader *reader, struct bytes *input, struct http_head *head,
                                const struct limits *limits, struct memory *memory)
{
    if (reader->buffered > 0) {
        return gather_head(reader, input, head, limits, memory);
    }
    http_pass_empty_lines(input);
    if (input->length == 0) {
        return HTTP_MORE;
    }
    switch (http_parse_head(bytes_first(*input, limits->head), reader->is_request, head)) {
    case HTTP_HEAD:
        *input = bytes_after(*input, head->raw.length);
        return begin_message(reader, head, memory);
    case HTTP_MORE:
        return gather_head(reader, input, head, limits, memory);
    default:
        return refuse(reader, HTTP_REFUSED, memory);
    }
}

static void pass_all(struct bytes *input)
{
    *input = bytes_after(*input, input->length);
}

/* After a loss: a start line at the start of a segment is believed, for now. */
static bool find_start(struct http_reader *reader, struct bytes *input, bool segment_start)
{
    if (!segment_start || input->length == 0 || !http_plausible_start(*input, reader->is_request)) {
        pass_all(input);
        return false;
    }
    reader->resuming = true;
    reader->state = HTTP_STATE_HEAD;
    return true;
}

/* Any text begins with a word and a blank: a line that its segment did not finish was no start line. */
static bool guess_failed(const struct http_reader *reader, bool segment_start)
{
    return segment_start && reader->resuming && reader->buffered > 0 && reader->line_start == 0;
}

/* --- passing over bodies (RFC 9112 sections 6 and 7) ------------------------------------------
 * One function per state. Each takes what it can from the input and sets the state that follows; false when
 * the input is used up before. */

/* The rest of the body cannot be told from what follows it. */
static bool break_message(struct http_reader *reader)
{
    reader->faults |= BIT(HTTP_CHUNK_MALFORMED);
    reader->cut = true;
    reader->state_after = HTTP_STATE_LOST;
    reader->state = HTTP_STATE_END;
    return true;
}

static bool begin_line(struct http_reader *reader, enum http_state state)
{
    reader->line_length = 0;
    reader->after_cr = false;
    reader->state = (uint8_t)state;
    return true;
}

static bool line_is_empty(const struct http_reader *reader)
{
    return reader->line_length == 0 || (reader->line_length == 1 && reader->after_cr);
}

static void count_line(struct http_reader *reader, size_t n)
{
    reader->line_length = n < 2 && reader->line_length + n < 2 ? (uint8_t)(reader->line_length + n) : 2;
}

/* Takes bytes through the next LF; true when it has come. */
static bool pass_line(struct http_reader *reader, struct bytes *input)
{
    const uint8_t *lf = input->length ? memchr(input->data, '\n', input->length) : NULL;
    size_t n = lf ? (size_t)(lf - input->data) : input->length;

    if (n > 0) {
        reader->after_cr = input->data[n - 1] == '\r';
        count_line(reader, n);
    }
    *input = bytes_after(*input, n);
    if (lf == NULL) {
        return false;
    }
    *input = bytes_after(*input, 1);
    if (!reader->after_cr) {
        reader->faults |= BIT(HTTP_BARE_LF);
    }
    return true;
}

static bool pass_content(struct http_reader *reader, struct bytes *input)
{
    uint64_t n = reader->remaining < input->length ? reader->remaining : input->length;

    *input = bytes_after(*input, (size_t)n);
    reader->remaining -= n;
    reader->body_length += n;
    return reader->remaining == 0;
}

/* chunk-size = 1*HEXDIG, here at most 2^64 - 1. */
static bool pass_chunk_size(struct http_reader *reader, struct bytes *input)
{
    for (; input->length > 0; *input = bytes_after(*input, 1)) {
        uint8_t c = input->data[0];
        int digit = bytes_hex_digit(c);

        if (digit < 0) {
            bool ends_size = http_is_blank(c) || c == ';' || c == '\r' || c == '\n';

            reader->state = HTTP_STATE_CHUNK_EXTENSION;
            return ends_size && reader->line_length > 0 ? true : break_message(reader);
        }
        if (reader->remaining >> 60 != 0) {
            return break_message(reader);
        }
        reader->remaining = reader->remaining << 4 | (unsigned)digit;
        count_line(reader, 1);
    }
    return false;
}

static bool pass_chunk_extension(struct http_reader *reader, struct bytes *input)
{
    if (!pass_line(reader, input)) {
        return false;
    }
    return begin_line(reader, reader->remaining > 0 ? HTTP_STATE_CHUNK_DATA : HTTP_STATE_TRAILER);
}

static bool pass_chunk_end(struct http_reader *reader, struct bytes *input)
{
    for (; input->length > 0; *input = bytes_after(*input, 1)) {
        if (input->data[0] == '\n') {
            return pass_line(reader, input) && begin_line(reader, HTTP_STATE_CHUNK_SIZE);
        }
        if (input->data[0] != '\r' || reader->after_cr) {
            return break_message(reader);
        }
        reader->after_cr = true;
    }
    return false;
}

static bool pass_trailer(struct http_reader *reader, struct bytes *input)
{
    if (!pass_line(reader, input)) {
        return false;
    }
    return begin_line(reader, line_is_empty(reader) ? HTTP_STATE_END : HTTP_STATE_TRAILER);
}

static bool pass_body(struct http_reader *reader, struct bytes *input)
{
    switch (reader->state) {
    case HTTP_STATE_BODY:
        return pass_content(reader, input) && begin_line(reader, HTTP_STATE_END);
    case HTTP_STATE_CHUNK_SIZE:
        return pass_chunk_size(reader, input);
    case HTTP_STATE_CHUNK_EXTENSION:
        return pass_chunk_extension(reader, input);
    case HTTP_STATE_CHUNK_DATA:
        return pass_content(reader, input) && begin_line(reader, HTTP_STATE_CHUNK_END);
    case HTTP_STATE_CHUNK_END:
        return pass_chunk_end(reader, input);
    case HTTP_STATE_TRAILER:
        return pass_trailer(reader, input);
    default:    /* HTTP_STATE_UNTIL_CLOSE */
        reader->body_length += input->length;
        pass_all(input);
        return false;
    }
}

/* --- steps --- */

static bool in_body(const struct http_reader *reader)
{
    return reader->state >= HTTP_STATE_BODY && reader->state <= HTTP_STATE_UNTIL_CLOSE;
}

/* An answer to HEAD announces a body and has none: the next answer stands in its place. */
static bool turns_out_bodiless(const struct http_reader *reader, struct bytes input, bool segment_start)
{
    return reader->perhaps_bodiless && in_body(reader) && reader->body_length == 0 &&
           reader->line_length == 0 && segment_start && input.length > 0 &&
           http_plausible_start(input, false);
}

/* The input that *head is a view of is about to go, and its body is still arriving. Without memory the
 * HTTP_END will come without a head. */
static enum http_step keep_head(struct http_reader *reader, const struct http_head *head,
                                struct memory *memory)
{
    if (reader->head_current && reader->buffered == 0) {
        buffer_append(reader, head->raw, memory);
    }
    reader->head_current = false;
    return HTTP_MORE;
}

/* States that can be left without another byte are. */
static void settle(struct http_reader *reader)
{
    struct bytes nothing = bytes_of(NULL, 0);

    while (in_body(reader) && pass_body(reader, &nothing)) {
        continue;
    }
}

static enum http_step end_message(struct http_reader *reader, struct http_head *head)
{
    if (!reader->head_current) {
        http_parse_head(bytes_of(reader->buffer, reader->buffered), reader->is_request, head);
    }
    head->framing = reader->framing;
    head->faults = reader->faults;
    head->body_length = reader->body_length;
    head->complete = !reader->cut;
    reader->state = HTTP_STATE_OVER;
    return HTTP_END;
}

static void forget_message(struct http_reader *reader, struct memory *memory)
{
    http_reader_release(reader, memory);
    reader->head_current = false;
    reader->state = reader->state_after;
}

enum http_step http_step(struct http_reader *reader, struct bytes *input, bool segment_start,
                         struct http_head *head, const struct limits *limits, struct memory *memory)
{
    enum http_step step;

    for (;;) {
        switch (reader->state) {
        case HTTP_STATE_OVER:
            forget_message(reader, memory);
            break;
        case HTTP_STATE_LOST:
            if (!find_start(reader, input, segment_start)) {
                return HTTP_MORE;
            }
            break;
        case HTTP_STATE_HEAD:
            if (guess_failed(reader, segment_start)) {
                lose(reader, memory);
                break;
            }
            step = read_head(reader, input, head, limits, memory);
            if (reader->state == HTTP_STATE_LOST) {
                pass_all(input);
            }
            return step;
        case HTTP_STATE_END:
            return end_message(reader, head);
        case HTTP_STATE_REFUSED:
            return HTTP_REFUSED;
        default:
            if (turns_out_bodiless(reader, *input, segment_start)) {
                reader->framing = HTTP_NO_BODY;
                reader->state_after = HTTP_STATE_LOST;
                reader->state = HTTP_STATE_END;
            } else if (!pass_body(reader, input)) {
                return keep_head(reader, head, memory);
            }
        }
    }
}

/* What is under way ends here, and where the next message begins is not known. */
static bool skip_past_message(struct http_reader *reader)
{
    reader->cut = true;
    reader->state_after = HTTP_STATE_LOST;
    reader->state = HTTP_STATE_END;
    return false;
}

bool http_skip(struct http_reader *reader, uint64_t gap, struct memory *memory)
{
    settle(reader);
    switch (reader->state) {
    case HTTP_STATE_BODY:
    case HTTP_STATE_CHUNK_DATA:
        if (gap > reader->remaining) {
            return skip_past_message(reader);
        }
        reader->remaining -= gap;
        reader->body_length += gap;
        return true;
    case HTTP_STATE_UNTIL_CLOSE:
        reader->body_length += gap;
        return true;
    case HTTP_STATE_END:
        reader->state_after = HTTP_STATE_LOST;
        return false;
    case HTTP_STATE_REFUSED:
        return false;
    case HTTP_STATE_HEAD:
    case HTTP_STATE_LOST:
    case HTTP_STATE_OVER:
        lose(reader, memory);
        return false;
    default:    /* between chunks */
        return skip_past_message(reader);
    }
}

bool http_is_lost(const struct http_reader *reader)
{
    bool cut_off = reader->state == HTTP_STATE_END || reader->state == HTTP_STATE_OVER;

    return reader->state == HTTP_STATE_LOST || (cut_off && reader->state_after == HTTP_STATE_LOST);
}

enum http_step http_finish(struct http_reader *reader, struct http_head *head)
{
    settle(reader);
    if (in_body(reader)) {
        if (reader->state != HTTP_STATE_UNTIL_CLOSE) {
            reader->cut = true;
            reader->faults |= BIT(HTTP_BODY_CUT);       /* RFC 9112 section 8 */
        }
        reader->state = HTTP_STATE_END;
    }
    return reader->state == HTTP_STATE_END ? end_message(reader, head) : HTTP_MORE;
}
