/* SPDX-License-Identifier: MIT */
#include "parser.h"

#include "payload.h"

#include <stdarg.h>
#include <stdio.h>

bool parser_fail(struct parser *parser, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(parser->error->text, sizeof parser->error->text, format, arguments);
    va_end(arguments);
    parser->error->line = parser->line;
    return false;
}

#define SHOWN_MAX 32

/* The next word for a message: printable, and no longer than a message needs. */
static const char *shown(const struct parser *parser, char out[SHOWN_MAX + 1])
{
    struct bytes text = bytes_of_text("the end of the line");

    if (parser->at < parser->words.count) {
        text = bytes_first(parser->words.word[parser->at].text, SHOWN_MAX);
    }
    for (size_t i = 0; i < text.length; i++) {
        out[i] = text.data[i] >= ' ' && text.data[i] < 0x7F ? (char)text.data[i] : '?';
    }
    out[text.length] = '\0';
    return out;
}

bool parser_expected(struct parser *parser, const char *expected)
{
    char word[SHOWN_MAX + 1];

    return parser_fail(parser, "%s is expected, not %s", expected, shown(parser, word));
}

bool parser_same_text(struct bytes text, const char *name)
{
    return bytes_equal(text, bytes_of_text(name));
}

const struct word *parser_peek(const struct parser *parser)
{
    return parser->at < parser->words.count ? &parser->words.word[parser->at] : NULL;
}

bool parser_accept(struct parser *parser, const char *name)
{
    const struct word *word = parser_peek(parser);
    bool same = word != NULL && !word->string && parser_same_text(word->text, name);

    parser->at += same;
    return same;
}

bool parser_read_number(struct bytes text, uint64_t *out)
{
    bool hex = text.length > 2 && text.data[0] == '0' && text.data[1] == 'x';
    unsigned base = hex ? 16 : 10;
    uint64_t value = 0;

    for (size_t i = hex ? 2 : 0; i < text.length; i++) {
        int digit = bytes_hex_digit(text.data[i]);

        if (digit < 0 || digit >= (int)base || value > (UINT64_MAX - (unsigned)digit) / base) {
            return false;
        }
        value = value * base + (unsigned)digit;
    }
    *out = value;
    return text.length > 0;
}

bool parser_at_number(const struct parser *parser)
{
    const struct word *word = parser_peek(parser);
    uint64_t value;

    return word != NULL && !word->string && parser_read_number(word->text, &value);
}

bool parser_take_number(struct parser *parser, const char *what, uint64_t low, uint64_t high, uint64_t *out)
{
    if (!parser_at_number(parser)) {
        return parser_expected(parser, what);
    }
    parser_read_number(parser_peek(parser)->text, out);
    if (*out < low || *out > high) {
        return parser_fail(parser, "%s lies between %llu and %llu", what, (unsigned long long)low,
                    (unsigned long long)high);
    }
    parser->at++;
    return true;
}

bool parser_take_u32(struct parser *parser, const char *what, uint32_t low, uint32_t high, uint32_t *out)
{
    uint64_t value = 0;
    bool taken = parser_take_number(parser, what, low, high, &value);

    *out = (uint32_t)value;
    return taken;
}

/* A number with an optional sign. */
bool parser_take_offset(struct parser *parser, int64_t *out)
{
    const struct word *word = parser_peek(parser);
    bool sign = word != NULL && !word->string && word->text.length > 1 &&
                (word->text.data[0] == '-' || word->text.data[0] == '+');
    uint64_t value;

    if (word == NULL || word->string || !parser_read_number(bytes_after(word->text, sign), &value) ||
        value > UINT32_MAX) {
        return parser_expected(parser, "an offset such as -1 or +5000");
    }
    *out = sign && word->text.data[0] == '-' ? -(int64_t)value : (int64_t)value;
    parser->at++;
    return true;
}

bool parser_take_payload(struct parser *parser, struct bytes *out)
{
    struct payload_words words = { .word = parser->words.word + parser->at,
                                   .left = parser->words.count - parser->at };
    const char *wrong = payload_take(&words, out, &parser->conversation->arena);

    parser->at = parser->words.count - words.left;
    return wrong == NULL || parser_fail(parser, "%s", wrong);
}

bool parser_take_sizes(struct parser *parser, uint32_t low, struct item_sizes *out)
{
    uint32_t *size = parser_allocate(parser, WORDS_MAX * sizeof *size);

    if (size == NULL) {
        return false;
    }
    *out = (struct item_sizes){ .size = size };
    do {
        if (!parser_take_u32(parser, "a size in bytes", low, UINT32_MAX, &size[out->count++])) {
            return false;
        }
    } while (parser_at_number(parser));
    return true;
}


bool parser_take_text(struct parser *parser, struct bytes *out)
{
    const struct word *word = parser_peek(parser);

    if (word == NULL) {
        return false;
    }
    *out = word->text;
    parser->at++;
    return true;
}

const struct verb *parser_accept_verb(struct parser *parser, const struct verb *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parser_accept(parser, table[i].name)) {
            return &table[i];
        }
    }
    return NULL;
}

void *parser_allocate(struct parser *parser, size_t size)
{
    void *block = arena_allocate(&parser->conversation->arena, size);

    if (block == NULL) {
        parser_fail(parser, "the script is too long");
    }
    return block;
}
