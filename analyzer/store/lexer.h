/* SPDX-License-Identifier: MIT */
#ifndef WS101_LEXER_H
#define WS101_LEXER_H

/* lexer - the words, quoted texts and signs that a display filter is made of.
 *
 * Comes in:   the text of the filter.
 * Goes out:   one token ahead, and the first mistake with its column.
 * Ownership:  a word or sign is a view of the source; a quoted text is one of the room, where it stands
 *             without its escapes. The room is the caller's and needs as many bytes as the source.
 */

#include "core/bytes.h"

struct filter_error {
    size_t column;          /* of the text, from 0: where a caret belongs */
    char text[200];         /* one line, printable */
};

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN };

struct token {
    enum token_kind kind;
    struct bytes text;          /* a quoted text without its quotes and escapes */
    size_t column;
};

struct lexer {
    const char *source;
    struct cursor in;
    struct token token;         /* the next one */
    uint8_t *room;
    size_t room_used;
    struct filter_error *error;
    bool failed;
};

/* Reads the first token. */
void lexer_init(struct lexer *lexer, const char *source, uint8_t *room, struct filter_error *error);

/* Goes on to the next token. raw: a quoted one is a pattern, whose escapes (but \") are its own. */
void lexer_next(struct lexer *lexer);
void lexer_next_raw(struct lexer *lexer);

/* Whether the next token is that word or sign; take it where it is; complain where it is not. */
bool lexer_sees(const struct lexer *lexer, const char *text);
bool lexer_accept(struct lexer *lexer, const char *text);
void lexer_expect(struct lexer *lexer, const char *text);

/* Notes a mistake at that column; the first stays. What the user typed may hold anything: only ASCII goes
 * into the sentence. */
void lexer_fail_at(struct lexer *lexer, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The two arguments of %.*s for a view in such a sentence. */
#define LEXER_SHOWN(view) (int)((view).length < 40 ? (view).length : 40), (const char *)(view).data

#endif
