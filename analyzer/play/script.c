/* SPDX-License-Identifier: MIT */
#include "script.h"

#include "parser.h"

static struct item *add_item(struct parser *parser)
{
    struct conversation *conversation = parser->conversation;
    struct item *item = parser_allocate(parser, sizeof *item);

    if (item != NULL) {
        item->line = parser->line;
        *(conversation->last ? &conversation->last->next : &conversation->first) = item;
        conversation->last = item;
    }
    return item;
}

static bool read_item(struct parser *parser, const struct verb *verb, enum direction side)
{
    struct item *item = add_item(parser);

    if (item == NULL) {
        return false;
    }
    item->kind = verb->kind;
    item->side = side;
    parser->head = NULL;
    return (verb->read == NULL || verb->read(parser, item)) &&
           (parser_peek(parser) == NULL || parser_expected(parser, "the end of the line"));
}

static bool read_side(struct parser *parser, enum direction side)
{
    const struct verb *verb = script_head_verb(parser);

    verb = verb ? verb : script_frame_verb(parser);
    verb = verb ? verb : script_tcp_verb(parser);
    if (verb == NULL) {
        return parser_expected(parser, "what the side does (upgrade, accept, text, binary, close, fin, ...)");
    }
    return read_item(parser, verb, side);
}

static bool read_statement(struct parser *parser)
{
    if (parser_accept(parser, "client")) {
        return read_side(parser, C2S);
    }
    if (parser_accept(parser, "server")) {
        return read_side(parser, S2C);
    }
    if (parser_accept(parser, "body")) {
        return script_head_body(parser, false);
    }
    if (parser_accept(parser, "chunk")) {
        return script_head_body(parser, true);
    }
    const struct verb *verb = script_capture_verb(parser);

    if (verb == NULL) {
        return parser_expected(parser, "client, server, or a word such as connection or wait");
    }
    return read_item(parser, verb, C2S);
}

static bool read_line(struct parser *parser, struct bytes line)
{
    if (script_head_is_edit(line)) {
        return script_head_edit(parser, line);
    }
    const char *wrong = words_split(line, &parser->words, &parser->conversation->arena);

    parser->at = 0;
    if (wrong != NULL) {
        return parser_fail(parser, "%s", wrong);
    }
    return parser->words.count == 0 || read_statement(parser);
}

static bool read_lines(struct parser *parser, struct bytes text)
{
    bool good = true;

    while (good && text.length > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.length);
        size_t length = end ? (size_t)(end - text.data) : text.length;

        parser->line++;
        good = read_line(parser, bytes_first(text, length));
        text = bytes_after(text, length + 1);
    }
    return good;
}

bool script_read(struct bytes text, size_t memory, struct conversation *out, struct script_error *error)
{
    struct parser parser = { .conversation = out, .error = error };

    *error = (struct script_error){ 0 };
    *out = (struct conversation){ .arena = { .limit = memory } };
    uint8_t *copy = arena_allocate(&out->arena, text.length);

    if (copy == NULL) {
        return parser_fail(&parser, "the script is too long");
    }
    if (text.length > 0) {
        memcpy(copy, text.data, text.length);
    }
    if (!read_lines(&parser, bytes_of(copy, text.length))) {
        conversation_release(out);
        return false;
    }
    return true;
}
