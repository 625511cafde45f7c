/* SPDX-License-Identifier: MIT */
#include "websocket.h"

/* The first code point that needs this many bytes; what stands below it is an overlong form. */
static const uint32_t first_point[] = { 0, 0, 0x80, 0x800, 0x10000 };

/* The bits read so far leave a range of code points: is one of them allowed? Asked after every byte, so
 * that F4 90 fails at its second byte and no sooner or later. */
static bool some_point_allowed(const struct text *text)
{
    uint32_t low = text->point << 6 * text->missing;
    uint32_t high = low | ((UINT32_C(1) << 6 * text->missing) - 1);

    return high >= first_point[text->length] && low <= 0x10FFFF && !(low >= 0xD800 && high <= 0xDFFF);
}

static bool accept_byte(struct text *text, uint8_t byte)
{
    bool valid = text->missing ? (byte & 0xC0) == 0x80 : byte < 0x80 || (byte >= 0xC0 && byte < 0xF8);

    if (!text->missing) {
        text->length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        text->missing = text->length;
        text->point = text->length == 1 ? byte : byte & (0x7Fu >> text->length);
    } else {
        text->point = text->point << 6 | (byte & 0x3F);
    }
    text->missing--;
    return valid && some_point_allowed(text);
}

bool text_accept(struct text *text, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint64_t eight = UINT64_MAX;

        if (!text->missing && n - i >= sizeof eight) {
            memcpy(&eight, bytes + i, sizeof eight);
        }
        if (!(eight & UINT64_C(0x8080808080808080))) {
            i += sizeof eight;
        } else if (!accept_byte(text, bytes[i++])) {
            return false;
        }
    }
    return true;
}
