/* SPDX-License-Identifier: MIT */
/* The verdict is that of a decoder written another way: code points by arithmetic (RFC 3629 section 3). */
#include "core/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of the character at data, 0 where there is no valid one. */
static size_t decode(const uint8_t *data, size_t size)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t first = data[0];
    size_t n = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;

    if (n == 0 || n > size) {
        return 0;
    }
    uint32_t point = n == 1 ? first : first & (0x7Fu >> n);

    for (size_t i = 1; i < n; i++) {
        if (data[i] >> 6 != 2) {
            return 0;
        }
        point = point << 6 | (data[i] & 0x3F);
    }
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;

    return point < smallest[n] || point > 0x10FFFF || surrogate ? 0 : n;
}

/* Where the first character that is none begins; size where all are good. */
static size_t first_bad_character(const uint8_t *data, size_t size)
{
    size_t at = 0, n;

    while (at < size && (n = decode(data + at, size - at)) > 0) {
        at += n;
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    size_t piece = (size_t)data[0] % 16 + 1;
    struct utf8 text;

    data++;
    size--;
    utf8_init(&text);
    for (size_t at = 0; at < size; at += piece) {
        utf8_feed(&text, data + at, size - at < piece ? size - at : piece);
    }
    size_t good = first_bad_character(data, size);

    if (utf8_complete(&text) != (good == size)) {
        abort();
    }
    if (text.failed && (text.offset < good || text.offset > good + 3)) {
        abort();
    }
    return 0;
}
