/* SPDX-License-Identifier: MIT */
#include "escape.h"

#include <stdio.h>

#include "core/utf8.h"
#include "width.h"

#define UTF8_LONGEST 4

size_t escape_plain_run(struct bytes view)
{
    size_t n = 0;

    while (n < view.length && view.data[n] >= 0x20 && view.data[n] < 0x7F) {
        n++;
    }
    return n;
}

/* The length of the well-formed character at the front; 0 where there is none. */
static size_t character_length(struct bytes view)
{
    struct utf8 text;

    utf8_init(&text);
    for (size_t n = 0; n < view.length && n < UTF8_LONGEST; n++) {
        if (!utf8_feed(&text, view.data + n, 1)) {
            return 0;
        }
        if (utf8_complete(&text)) {
            return n + 1;
        }
    }
    return 0;
}

uint32_t escape_code_point(struct bytes *view)
{
    static const uint8_t lead_bits[UTF8_LONGEST + 1] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    size_t length = character_length(*view);
    uint32_t code_point = view->data[0] & lead_bits[length];

    for (size_t i = 1; i < length; i++) {
        code_point = code_point << 6 | (view->data[i] & 0x3F);
    }
    *view = bytes_after(*view, length ? length : 1);
    return length ? code_point : ESCAPE_INVALID;
}

static void unit_escape(struct escape_unit *unit, uint32_t value, bool is_byte)
{
    static const char *const short_forms[] = { ['\t'] = "\\t", ['\n'] = "\\n", ['\r'] = "\\r" };
    const char *short_form = value <= '\r' ? short_forms[value] : NULL;
    const char *format = is_byte || value < 0x80 ? "\\x%02x" : "\\u{%x}";

    if (short_form) {
        snprintf(unit->form, sizeof unit->form, "%s", short_form);
    } else {
        snprintf(unit->form, sizeof unit->form, format, value);
    }
    unit->text = unit->form;
    unit->length = unit->columns = strlen(unit->form);
}

bool escape_next(struct bytes *view, bool ascii, unsigned *marks, struct escape_unit *unit)
{
    const uint8_t *start = view->data;

    if (view->length == 0) {
        return false;
    }
    uint32_t code_point = escape_code_point(view);
    int width = code_point == ESCAPE_INVALID ? WIDTH_NONE : width_of(code_point);

    *marks = width == 0 ? *marks + 1 : 0;
    if (code_point == ESCAPE_INVALID) {
        unit_escape(unit, start[0], true);
    } else if (width == WIDTH_NONE || *marks > ESCAPE_MARKS_MAX || (ascii && code_point >= 0x80)) {
        unit_escape(unit, code_point, false);
    } else {
        unit->text = (const char *)start;
        unit->length = (size_t)(view->data - start);
        unit->columns = (size_t)width;
    }
    return true;
}

size_t escape_write(struct output *output, struct bytes *view, size_t columns)
{
    struct escape_unit unit;
    unsigned marks = 0;
    size_t used = 0;

    for (;;) {
        size_t plain = escape_plain_run(bytes_first(*view, columns - used));

        if (plain > 0) {
            output_bytes(output, view->data, plain);
            *view = bytes_after(*view, plain);
            used += plain;
            marks = 0;
        }
        struct bytes rest = *view;

        if (!escape_next(&rest, output->ascii, &marks, &unit) || unit.columns > columns - used) {
            return used;
        }
        output_bytes(output, unit.text, unit.length);
        used += unit.columns;
        *view = rest;
    }
}

void escape_copy(char *out, size_t capacity, struct bytes view)
{
    struct escape_unit unit;
    unsigned marks = 0;
    size_t used = 0;

    while (escape_next(&view, false, &marks, &unit) && used + unit.length < capacity) {
        memcpy(out + used, unit.text, unit.length);
        used += unit.length;
    }
    out[used] = '\0';
}
