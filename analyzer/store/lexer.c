/* SPDX-License-Identifier: MIT */
#include "lexer.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

void lexer_fail_at(struct lexer *lexer, size_t column, const char *format, ...)
{
    struct filter_error *error = lexer->error;
    va_list arguments;

    if (lexer->failed) {
        return;
    }
    lexer->failed = true;
    error->column = column;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    for (char *at = error->text; *at; at++) {
        *at = *at < ' ' || *at > '~' ? '?' : *at;
    }
}

static int peek_byte(const struct lexer *lexer)
{
    return cursor_left(&lexer->in) ? *lexer->in.at : -1;
}

static bool in_word(int byte)
{
    return byte >= 0 && (isalnum(byte) || byte >= 0x80 || strchr("_.:/+-%", byte) != NULL) && byte != 0;
}

/* Words end before "..", so that 1000..1015 is a range. */
static struct bytes read_word(struct lexer *lexer)
{
    const uint8_t *start = lexer->in.at;

    while (in_word(peek_byte(lexer))) {
        bool range = cursor_left(&lexer->in) > 1 && lexer->in.at[0] == '.' && lexer->in.at[1] == '.';

        if (range && lexer->in.at > start) {
            break;
        }
        cursor_take(&lexer->in, range ? 2 : 1);
        if (range) {
            break;
        }
    }
    return bytes_of(start, (size_t)(lexer->in.at - start));
}

static uint8_t unescape(struct lexer *lexer, uint8_t letter)
{
    switch (letter) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'x': {
        int high = bytes_hex_digit(cursor_u8(&lexer->in));
        int low = bytes_hex_digit(cursor_u8(&lexer->in));

        if (high < 0 || low < 0) {
            lexer_fail_at(lexer, lexer->token.column, "\\x needs two hexadecimal digits");
            return 0;
        }
        return (uint8_t)(high << 4 | low);
    }
    default:
        return letter;
    }
}

/* What follows the quote. raw: a pattern, whose escapes (but \") are its own. */
static struct bytes read_quoted(struct lexer *lexer, bool raw)
{
    uint8_t *start = lexer->room + lexer->room_used;
    size_t length = 0;

    while (cursor_left(&lexer->in) > 0 && *lexer->in.at != '"') {
        uint8_t byte = cursor_u8(&lexer->in);

        if (byte == '\\' && raw && peek_byte(lexer) != '"') {
            start[length++] = byte;
            byte = cursor_u8(&lexer->in);
        } else if (byte == '\\') {
            byte = unescape(lexer, cursor_u8(&lexer->in));
        }
        start[length++] = byte;
    }
    if (cursor_left(&lexer->in) == 0) {
        lexer_fail_at(lexer, lexer->token.column, "the text that begins here has no closing \"");
    }
    cursor_u8(&lexer->in);
    lexer->room_used += length;
    return bytes_of(start, length);
}

static const char *const signs[] = { "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "~",
                                     "(",  ")",  "{",  "}",  "[",  "]",  "," };

static struct bytes read_sign(struct lexer *lexer)
{
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        struct bytes sign = bytes_of_text(signs[i]);

        if (bytes_equal(bytes_first(bytes_of(lexer->in.at, cursor_left(&lexer->in)), sign.length), sign)) {
            return cursor_take(&lexer->in, sign.length);
        }
    }
    lexer_fail_at(lexer, lexer->token.column, "nothing here begins with \"%c\"", peek_byte(lexer));
    return cursor_rest(&lexer->in);
}

static void read_token(struct lexer *lexer, bool raw)
{
    struct token *token = &lexer->token;

    while (peek_byte(lexer) >= 0 && isspace(peek_byte(lexer))) {
        cursor_u8(&lexer->in);
    }
    token->column = (size_t)((const char *)lexer->in.at - lexer->source);
    if (peek_byte(lexer) < 0) {
        *token = (struct token){ .kind = TOKEN_END, .text = bytes_of_text(""), .column = token->column };
    } else if (peek_byte(lexer) == '"') {
        cursor_u8(&lexer->in);
        token->kind = TOKEN_QUOTED;
        token->text = read_quoted(lexer, raw);
    } else if (in_word(peek_byte(lexer))) {
        token->kind = TOKEN_WORD;
        token->text = read_word(lexer);
    } else {
        token->kind = TOKEN_SIGN;
        token->text = read_sign(lexer);
    }
}

void lexer_next(struct lexer *lexer)
{
    read_token(lexer, false);
}

void lexer_next_raw(struct lexer *lexer)
{
    read_token(lexer, true);
}

void lexer_init(struct lexer *lexer, const char *source, uint8_t *room, struct filter_error *error)
{
    *lexer = (struct lexer){ .source = source, .room = room, .error = error };
    lexer->in = cursor_over(bytes_of_text(source));
    lexer_next(lexer);
}

bool lexer_sees(const struct lexer *lexer, const char *text)
{
    return lexer->token.kind != TOKEN_QUOTED && lexer->token.kind != TOKEN_END &&
           bytes_equal(lexer->token.text, bytes_of_text(text));
}

bool lexer_accept(struct lexer *lexer, const char *text)
{
    if (!lexer_sees(lexer, text)) {
        return false;
    }
    lexer_next(lexer);
    return true;
}

void lexer_expect(struct lexer *lexer, const char *text)
{
    if (!lexer_accept(lexer, text)) {
        lexer_fail_at(lexer, lexer->token.column, "here a \"%s\" is missing", text);
    }
}
