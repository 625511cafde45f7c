/* SPDX-License-Identifier: MIT */
#include "object.h"

#include "core/utf8.h"
#include "escape.h"
#include "width.h"

static void member(struct object *object, const char *name)
{
    if (object->filled) {
        output_character(object->output, ',');
    }
    object->filled = true;
    if (name) {
        output_character(object->output, '"');
        output_text(object->output, name);
        output_bytes(object->output, "\":", 2);
    }
}

void object_begin(struct object *object, struct output *output)
{
    *object = (struct object){ .output = output };
    output_character(output, '{');
}

void object_end(struct object *object)
{
    output_bytes(object->output, "}\n", 2);
}

static void open_with(struct object *object, const char *name, char bracket)
{
    member(object, name);
    output_character(object->output, bracket);
    object->filled = false;
}

static void close_with(struct object *object, char bracket)
{
    output_character(object->output, bracket);
    object->filled = true;
}

void object_open(struct object *object, const char *name)
{
    open_with(object, name, '{');
}

void object_close(struct object *object)
{
    close_with(object, '}');
}

void object_open_list(struct object *object, const char *name)
{
    open_with(object, name, '[');
}

void object_close_list(struct object *object)
{
    close_with(object, ']');
}

void object_number(struct object *object, const char *name, uint64_t value)
{
    member(object, name);
    output_number(object->output, value, 1);
}

void object_decimal(struct object *object, const char *name, uint64_t value, unsigned decimals)
{
    uint64_t unit = 1;

    for (unsigned i = 0; i < decimals; i++) {
        unit *= 10;
    }
    member(object, name);
    output_number(object->output, value / unit, 1);
    output_character(object->output, '.');
    output_number(object->output, value % unit, decimals);
}

void object_bool(struct object *object, const char *name, bool value)
{
    member(object, name);
    output_text(object->output, value ? "true" : "false");
}

void object_null(struct object *object, const char *name)
{
    member(object, name);
    output_text(object->output, "null");
}

void object_text(struct object *object, const char *name, const char *text)
{
    if (text) {
        object_string(object, name, bytes_of_text(text));
    } else {
        object_null(object, name);
    }
}

void object_seconds(struct object *object, const char *name, int64_t nanoseconds)
{
    member(object, name);
    output_character(object->output, '"');
    output_seconds(object->output, nanoseconds, 9);
    output_character(object->output, '"');
}

void object_open_string(struct object *object, const char *name)
{
    member(object, name);
    output_character(object->output, '"');
}

void object_close_string(struct object *object)
{
    output_character(object->output, '"');
}

void object_hex(struct object *object, const char *name, struct bytes view)
{
    member(object, name);
    output_character(object->output, '"');
    output_hex(object->output, view);
    output_character(object->output, '"');
}

/* RFC 4648 section 4: three bytes are four characters, the last group filled up with '='. */
static void base64_group(struct output *output, const uint8_t *data, size_t n)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t group = (uint32_t)data[0] << 16;
    char text[4];

    if (n > 1) {
        group |= (uint32_t)data[1] << 8;
    }
    if (n > 2) {
        group |= data[2];
    }
    text[0] = alphabet[group >> 18];
    text[1] = alphabet[group >> 12 & 63];
    text[2] = n > 1 ? alphabet[group >> 6 & 63] : '=';
    text[3] = n > 2 ? alphabet[group & 63] : '=';
    output_bytes(output, text, sizeof text);
}

void object_base64(struct object *object, const char *name, struct bytes view)
{
    member(object, name);
    output_character(object->output, '"');
    for (size_t i = 0; i < view.length; i += 3) {
        base64_group(object->output, view.data + i, view.length - i < 3 ? view.length - i : 3);
    }
    output_character(object->output, '"');
}

bool object_is_text(struct bytes view)
{
    struct utf8 text;

    utf8_init(&text);
    return utf8_feed(&text, view.data, view.length) && utf8_complete(&text);
}

struct bytes object_whole_characters(struct bytes payload)
{
    struct utf8 text;

    utf8_init(&text);
    if (utf8_feed(&text, payload.data, payload.length) && text.pending) {
        while ((payload.data[payload.length - 1] & 0xC0) == 0x80) {
            payload.length--;
        }
        payload.length--;
    }
    return payload;
}

/* RFC 8259 section 7: beyond U+FFFF, \u takes the two surrogates of UTF-16. */
static void escaped_character(struct output *output, uint32_t code_point)
{
    static const char *const short_forms[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r",
        ['"'] = "\\\"", ['\\'] = "\\\\",
    };

    if (code_point <= '\\' && short_forms[code_point]) {
        output_text(output, short_forms[code_point]);
    } else if (code_point < 0x10000) {
        output_format(output, "\\u%04x", code_point);
    } else {
        output_format(output, "\\u%04x\\u%04x", 0xD7C0 + (code_point >> 10), 0xDC00 + (code_point & 0x3FF));
    }
}

/* How many of the bytes, from the front, stand for themselves in a JSON string. */
static size_t literal_run(struct bytes view)
{
    size_t n = 0;

    while (n < view.length && view.data[n] >= 0x20 && view.data[n] < 0x7F && view.data[n] != '"' &&
           view.data[n] != '\\') {
        n++;
    }
    return n;
}

static void string_of_utf8(struct output *output, struct bytes view)
{
    while (view.length > 0) {
        size_t run = literal_run(view);

        output_bytes(output, view.data, run);
        view = bytes_after(view, run);
        if (view.length == 0) {
            return;
        }
        const uint8_t *start = view.data;
        uint32_t code_point = escape_code_point(&view);

        if (code_point < 0x80 || output->ascii || width_of(code_point) == WIDTH_NONE) {
            escaped_character(output, code_point);
        } else {
            output_bytes(output, start, (size_t)(view.data - start));
        }
    }
}

static void string_of_bytes(struct output *output, struct bytes view)
{
    for (size_t i = 0; i < view.length; i++) {
        uint8_t byte = view.data[i];

        if (literal_run(bytes_of(&byte, 1)) == 1) {
            output_character(output, (char)byte);
        } else {
            escaped_character(output, byte);
        }
    }
}

void object_string(struct object *object, const char *name, struct bytes view)
{
    member(object, name);
    output_character(object->output, '"');
    if (object_is_text(view)) {
        string_of_utf8(object->output, view);
    } else {
        string_of_bytes(object->output, view);
    }
    output_character(object->output, '"');
}
