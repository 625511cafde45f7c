/* SPDX-License-Identifier: MIT */
#include "hex_input.h"

#define DUMP_ROW 16 /* bytes in a line of a dump, at most */
#define DUMP_GAP 3  /* blanks that end the bytes of a line of a dump */

struct line {
    struct bytes text;
    size_t at;
};

static int peek(const struct line *line, size_t ahead)
{
    size_t at = line->at + ahead;

    return at < line->text.length ? line->text.data[at] : -1;
}

static bool is_blank(int character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

static bool is_separator(int character)
{
    return is_blank(character) || (character > 0 && strchr(",;:-", character) != NULL);
}

/* Passes blanks; returns how many. */
static size_t skip_blanks(struct line *line)
{
    size_t start = line->at;

    while (is_blank(peek(line, 0))) {
        line->at++;
    }
    return line->at - start;
}

/* Passes the offset that a dump's line begins with: four to eight digits, then a colon or two blanks. */
static bool skip_offset(struct line *line)
{
    size_t n = 0;

    skip_blanks(line);
    while (bytes_hex_digit(peek(line, n)) >= 0) {
        n++;
    }
    bool colon = peek(line, n) == ':';

    if (n < 4 || n > 8 || !is_blank(peek(line, n + 1)) || !(colon || is_blank(peek(line, n)))) {
        return false;
    }
    line->at += n + colon;
    return true;
}

/* Two digits, with "0x" or "\x" before them or without. False leaves the line at the bad character. */
static bool take_byte(struct line *line, uint8_t *out)
{
    if ((peek(line, 0) == '0' || peek(line, 0) == '\\') && (peek(line, 1) | 0x20) == 'x') {
        line->at += 2;
    }
    int high = bytes_hex_digit(peek(line, 0)), low = bytes_hex_digit(peek(line, 1));

    if (high < 0 || low < 0) {
        return false;
    }
    *out = (uint8_t)(high << 4 | low);
    line->at += 2;
    return true;
}

static bool take_bytes(struct line *line, uint8_t *out, size_t *length)
{
    for (;;) {
        while (is_separator(peek(line, 0))) {
            line->at++;
        }
        if (peek(line, 0) < 0) {
            return true;
        }
        if (!take_byte(line, out + *length)) {
            return false;
        }
        ++*length;
    }
}

/* What follows an offset, up to the characters that the bytes stand for. */
static bool take_dump(struct line *line, uint8_t *out, size_t *length)
{
    for (size_t n = 0; n < DUMP_ROW; n++) {
        size_t blanks = skip_blanks(line);

        if (peek(line, 0) < 0 || peek(line, 0) == '|' || (n > 0 && blanks >= DUMP_GAP)) {
            break;
        }
        if (!take_byte(line, out + *length)) {
            return false;
        }
        ++*length;
    }
    return true;
}

/* The last line of a dump may be an offset alone: where it ended. */
static bool is_last_offset(const struct line *line)
{
    size_t n = 0;

    while (bytes_hex_digit(peek(line, n)) >= 0) {
        n++;
    }
    return n >= 4 && n <= 8 && n == line->text.length;
}

bool hex_input_read(struct bytes text, uint8_t *out, size_t *length, size_t *bad)
{
    size_t start = 0;
    bool dump = false; /* the line before was one of a dump */

    *length = 0;
    while (start < text.length) {
        struct bytes rest = bytes_after(text, start);
        const uint8_t *end = memchr(rest.data, '\n', rest.length);
        struct line line = { .text = bytes_first(rest, end ? (size_t)(end - rest.data) : rest.length) };

        if (!dump || !is_last_offset(&line)) {
            dump = skip_offset(&line);
            if (!(dump ? take_dump : take_bytes)(&line, out, length)) {
                *bad = start + line.at;
                return false;
            }
        }
        start += line.text.length + 1;
    }
    return true;
}
