/* SPDX-License-Identifier: MIT */
#ifndef WS101_PARSER_H
#define WS101_PARSER_H

/* parser - one line of a script at a time: its words, taken from the front, and what to say of a wrong one.
 *
 * The language is spread over script_head (HTTP), script_frame, script_tcp and script_capture; each has a
 * table of verbs. Every take either moves on and is true, or leaves the error and is false. */

#include "conversation.h"
#include "script.h"
#include "words.h"

struct parser {
    struct conversation *conversation;
    struct script_error *error;
    struct words words;
    size_t at;                  /* the next word */
    unsigned line;
    struct item_head *head;     /* of the last request or response, for the lines that edit it */
    struct head_edit **edits_end;
    struct head_body **body_end;
};

struct verb {
    const char *name;
    bool (*read)(struct parser *parser, struct item *item);     /* NULL: the kind says it all */
    enum item_kind kind;
};

/* Both are false, so that a reader can return them. expected: what the next word should have been. */
bool parser_fail(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool parser_expected(struct parser *parser, const char *expected);

/* The next word, or NULL at the line's end. */
const struct word *parser_peek(const struct parser *parser);
bool parser_same_text(struct bytes text, const char *name);
bool parser_at_number(const struct parser *parser);

/* Whether the next word, unquoted, is that one; then it is taken. */
bool parser_accept(struct parser *parser, const char *name);
const struct verb *parser_accept_verb(struct parser *parser, const struct verb *table, size_t count);

/* Any word or string; false, without an error, at the line's end. */
bool parser_take_text(struct parser *parser, struct bytes *out);

/* what: the number's name in the error. */
bool parser_take_number(struct parser *parser, const char *what, uint64_t low, uint64_t high, uint64_t *out);
bool parser_take_u32(struct parser *parser, const char *what, uint32_t low, uint32_t high, uint32_t *out);
bool parser_take_offset(struct parser *parser, int64_t *out);
bool parser_take_sizes(struct parser *parser, uint32_t low, struct item_sizes *out);

/* None, one or several pieces: payload.h. */
bool parser_take_payload(struct parser *parser, struct bytes *out);

/* Memory of the conversation, or NULL with the error set. */
void *parser_allocate(struct parser *parser, size_t size);

/* Decimal, or hexadecimal behind 0x. */
bool parser_read_number(struct bytes text, uint64_t *out);

/* --- the parts of the language -------------------------------------------------------------------------- */

/* The verb that the next word is, taken; NULL: none of that part. The first three stand behind a side. */
const struct verb *script_head_verb(struct parser *parser);
const struct verb *script_frame_verb(struct parser *parser);
const struct verb *script_tcp_verb(struct parser *parser);
const struct verb *script_capture_verb(struct parser *parser);

/* body PAYLOAD and chunk PAYLOAD, for the head above. */
bool script_head_body(struct parser *parser, bool chunked);

/* A line that begins with + - = or ! and edits the head above. */
bool script_head_is_edit(struct bytes line);
bool script_head_edit(struct parser *parser, struct bytes line);

#endif
