/* SPDX-License-Identifier: MIT */
#include "words.h"

static bool is_blank(uint8_t character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* Any number up to 2^21 - 1 in the form of UTF-8, surrogates included: a script may want what is invalid. */
static size_t put_code_point(uint8_t *out, uint32_t point)
{
    static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t i = n; i-- > 1; point >>= 6) {
        out[i] = (uint8_t)(0x80 | (point & 0x3F));
    }
    out[0] = (uint8_t)(n == 1 ? point : lead[n] | point);
    return n;
}

/* \u{HEX}, the cursor behind the u. */
static const char *take_code_point(struct cursor *line, uint8_t *out, size_t *length)
{
    uint32_t point = 0;
    unsigned digits = 0;
    bool opened = cursor_u8(line) == '{';
    uint8_t character = cursor_u8(line);

    for (; digits < 6 && bytes_hex_digit(character) >= 0; digits++) {
        point = point << 4 | (uint32_t)bytes_hex_digit(character);
        character = cursor_u8(line);
    }
    if (!opened || character != '}' || digits == 0 || point >= 1U << 21) {
        return "\\u is followed by a code point in braces, as in \\u{20ac}";
    }
    *length += put_code_point(out + *length, point);
    return NULL;
}

static const char *take_escape(struct cursor *line, uint8_t *out, size_t *length)
{
    static const char from[] = "nrte0\\\"", to[] = "\n\r\t\033\0\\\"";
    uint8_t character = cursor_u8(line);
    const char *found = character ? strchr(from, character) : NULL;

    if (found != NULL) {
        out[(*length)++] = (uint8_t)to[found - from];
        return NULL;
    }
    if (character == 'u') {
        return take_code_point(line, out, length);
    }
    if (character == 'x') {
        int high = bytes_hex_digit(cursor_u8(line));
        int low = bytes_hex_digit(cursor_u8(line));

        if (high < 0 || low < 0) {
            return "\\x is followed by two hexadecimal digits";
        }
        out[(*length)++] = (uint8_t)(high << 4 | low);
        return NULL;
    }
    return "unknown escape: \\n \\r \\t \\e \\0 \\\\ \\\" \\xHH and \\u{HEX} are known";
}

/* The rest of a string, the cursor behind its opening quote. No escape is longer decoded than written, so
 * what the line has left is room enough. */
static const char *take_string(struct cursor *line, struct word *word, struct arena *arena)
{
    uint8_t *out = arena_allocate(arena, cursor_left(line) + 1);
    size_t length = 0;

    if (out == NULL) {
        return "the script is too long";
    }
    while (cursor_left(line) > 0) {
        uint8_t character = cursor_u8(line);

        if (character == '"') {
            *word = (struct word){ .text = bytes_of(out, length), .string = true };
            return NULL;
        }
        if (character != '\\') {
            out[length++] = character;
            continue;
        }
        const char *wrong = take_escape(line, out, &length);

        if (wrong != NULL) {
            return wrong;
        }
    }
    return "the string has no closing quote";
}

static void take_bare(struct cursor *line, struct word *word)
{
    const uint8_t *start = line->at;

    while (line->at < line->end && !is_blank(*line->at) && *line->at != '"') {
        line->at++;
    }
    *word = (struct word){ .text = bytes_of(start, (size_t)(line->at - start)) };
}

static void skip_blanks(struct cursor *line)
{
    while (line->at < line->end && is_blank(*line->at)) {
        line->at++;
    }
}

const char *words_split(struct bytes line, struct words *out, struct arena *arena)
{
    struct cursor cursor = cursor_over(line);

    out->count = 0;
    skip_blanks(&cursor);
    while (cursor.at < cursor.end && *cursor.at != '#') {
        const char *wrong = NULL;

        if (out->count == WORDS_MAX) {
            return "too many words in one line";
        }
        if (*cursor.at == '"') {
            cursor.at++;
            wrong = take_string(&cursor, &out->word[out->count], arena);
        } else {
            take_bare(&cursor, &out->word[out->count]);
        }
        if (wrong != NULL) {
            return wrong;
        }
        out->count++;
        skip_blanks(&cursor);
    }
    return NULL;
}
