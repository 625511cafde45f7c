/* SPDX-License-Identifier: MIT */
#include "http_text.h"

#include <endian.h>

/* Section 5.6.2: digits, letters and !#$%&'*+-.^_`|~ */
static const bool token_characters[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1,
    ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1,
    ['9'] = 1,
    ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1,
    ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1,
    ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,
    ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1,
    ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1,
    ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

static uint8_t lower_case(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_space(uint8_t c)
{
    return http_is_blank(c) || c == '\r' || c == '\n';
}

struct bytes http_trim(struct bytes text)
{
    while (text.length > 0 && is_space(text.data[0])) {
        text = bytes_after(text, 1);
    }
    while (text.length > 0 && is_space(text.data[text.length - 1])) {
        text.length--;
    }
    return text;
}

size_t http_token_length(struct bytes text)
{
    size_t n = 0;

    while (n < text.length && token_characters[text.data[n]]) {
        n++;
    }
    return n;
}

bool http_is_token(struct bytes view)
{
    return view.length > 0 && http_token_length(view) == view.length;
}

/* The first letter tells most texts apart, and most senders write names as the RFCs do: so two quick looks
 * come first. */
bool http_same_letters(struct bytes a, struct bytes b)
{
    if (a.length != b.length || (a.length > 0 && ((a.data[0] ^ b.data[0]) & 0xDF) != 0)) {
        return false;
    }
    if (bytes_equal(a, b)) {
        return true;
    }
    for (size_t i = 0; i < a.length; i++) {
        if (lower_case(a.data[i]) != lower_case(b.data[i])) {
            return false;
        }
    }
    return true;
}

/* Eight bytes at once: below ' ' a subtraction sets the top bit, at DEL an addition. The first byte so found
 * is right; those above it may only have been borrowed from. */
size_t http_plain_length(struct bytes text)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    size_t i = 0;

    for (uint64_t word; text.length - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text.data + i, sizeof word);
        word = le64toh(word);           /* the first byte lowest */
        uint64_t found = ((word - each * ' ') | ((word & each * 0x7F) + each)) & ~word & each * 0x80;

        if (found != 0) {
            return i + (size_t)__builtin_ctzll(found) / 8;
        }
    }
    while (i < text.length && text.data[i] >= ' ' && text.data[i] != 0x7F) {
        i++;
    }
    return i;
}

/* How far it is to the separator, or to the end, quoted strings passed over (RFC 9110 section 5.6.4). */
static size_t length_before(struct bytes text, uint8_t separator)
{
    bool quoted = false;
    size_t n = 0;

    for (; n < text.length && (quoted || text.data[n] != separator); n++) {
        if (text.data[n] == '"') {
            quoted = !quoted;
        } else if (quoted && text.data[n] == '\\') {
            n++;    /* quoted-pair: at the very end, it is half a pair */
        }
    }
    return n < text.length ? n : text.length;
}

bool http_split(struct bytes *text, uint8_t separator, struct bytes *piece)
{
    if (text->length == 0) {
        return false;
    }
    const uint8_t *at = memchr(text->data, separator, text->length);
    size_t n = at ? (size_t)(at - text->data) : text->length;

    if (memchr(text->data, '"', n) != NULL) {
        n = length_before(*text, separator);
    }
    *piece = http_trim(bytes_first(*text, n));
    *text = bytes_after(*text, n + 1);
    return true;
}

bool http_list_next(struct bytes *list, struct bytes *element)
{
    while (http_split(list, ',', element)) {
        if (element->length > 0) {
            return true;
        }
    }
    return false;
}
