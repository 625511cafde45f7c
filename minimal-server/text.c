/* SPDX-License-Identifier: MIT */
#include "server.h"

/* RFC 3629 section 4. What may follow a first byte rules out overlong forms, surrogates and all beyond
 * U+10FFFF at the second byte, so that F4 90 fails there and no later. */
static bool accept_byte(struct text *text, uint8_t byte)
{
    bool valid = text->missing ? byte >= text->low && byte <= text->high :
                                 byte < 0x80 || (byte >= 0xC2 && byte <= 0xF4);

    if (text->missing) {
        text->missing--;
    } else {
        text->missing = (uint8_t)((byte >= 0xC0) + (byte >= 0xE0) + (byte >= 0xF0));
    }
    text->low = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
    text->high = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
    return valid;
}

bool text_accept(struct text *text, const uint8_t *bytes, size_t n)
{
    bool valid = true;

    for (size_t i = 0; valid && i < n;) {
        uint64_t eight = UINT64_MAX;

        if (!text->missing && n - i >= sizeof eight) {
            memcpy(&eight, bytes + i, sizeof eight);
        }
        if (!(eight & UINT64_C(0x8080808080808080))) {
            i += sizeof eight;
        } else {
            valid = accept_byte(text, bytes[i++]);
        }
    }
    return valid;
}
