/* SPDX-License-Identifier: MIT */
#include "parser.h"

static bool next_is_version(const struct parser *parser)
{
    const struct word *word = parser_peek(parser);

    return word != NULL && bytes_equal(bytes_first(word->text, 5), bytes_of_text("HTTP/"));
}

/* The lines below it that edit it or give its body belong to this head. */
static struct item_head *begin_head(struct parser *parser, struct item *item, enum head_form form)
{
    struct item_head *head = &item->head;

    item->kind = ITEM_HEAD;
    head->form = form;
    parser->head = head;
    parser->edits_end = &head->edits;
    parser->body_end = &head->body;
    return head;
}

/* [METHOD] [TARGET] [HTTP/x.y]; a target begins with / or holds ://, or is a string. */
static bool read_request(struct parser *parser, struct item *item, enum head_form form)
{
    struct item_head *head = begin_head(parser, item, form);
    const struct word *word = parser_peek(parser);

    if (word != NULL && !word->string && !next_is_version(parser) && memchr(word->text.data, '/',
        word->text.length) == NULL) {
        parser_take_text(parser, &head->method);
    }
    if (!next_is_version(parser)) {
        parser_take_text(parser, &head->target);
    }
    if (next_is_version(parser)) {
        parser_take_text(parser, &head->version);
    }
    return true;
}

static bool read_upgrade(struct parser *parser, struct item *item)
{
    return read_request(parser, item, HEAD_UPGRADE);
}

static bool read_http_request(struct parser *parser, struct item *item)
{
    return read_request(parser, item, HEAD_REQUEST);
}

/* [STATUS] ["reason"] [HTTP/x.y] */
static bool read_answer(struct parser *parser, struct item *item, enum head_form form, unsigned status)
{
    struct item_head *head = begin_head(parser, item, form);
    uint32_t given = status;

    if (parser_at_number(parser) && !parser_take_u32(parser, "a status code", 0, 999, &given)) {
        return false;
    }
    head->status = given;
    const struct word *word = parser_peek(parser);

    if (word != NULL && word->string) {
        parser_take_text(parser, &head->reason);
    }
    if (next_is_version(parser)) {
        parser_take_text(parser, &head->version);
    }
    return true;
}

static bool read_accept(struct parser *parser, struct item *item)
{
    return read_answer(parser, item, HEAD_ACCEPT, 101);
}

static bool read_response(struct parser *parser, struct item *item)
{
    return read_answer(parser, item, HEAD_RESPONSE, 200);
}

bool script_head_body(struct parser *parser, bool chunked)
{
    struct head_body *body = parser_allocate(parser, sizeof *body);

    if (parser->head == NULL) {
        return parser_fail(parser, "a body needs a request or response above it");
    }
    if (body == NULL) {
        return false;
    }
    *parser->body_end = body;
    parser->body_end = &body->next;
    parser->head->chunked = chunked;
    return parser_take_payload(parser, &body->bytes);
}

static struct bytes trim(struct bytes view)
{
    while (view.length > 0 && strchr(" \t\r", view.data[0]) != NULL && view.data[0] != 0) {
        view = bytes_after(view, 1);
    }
    while (view.length > 0 && strchr(" \t\r", view.data[view.length - 1]) != NULL &&
           view.data[view.length - 1] != 0) {
        view.length--;
    }
    return view;
}

static bool read_field(struct parser *parser, struct bytes text, struct head_edit *edit)
{
    const uint8_t *colon = memchr(text.data, ':', text.length);

    if (edit->kind == HEAD_REMOVE) {
        edit->name = trim(text);
        return true;
    }
    if (colon == NULL) {
        return parser_fail(parser, "a field is expected behind + or =, as in + Origin: http://example.com");
    }
    edit->name = bytes_first(text, (size_t)(colon - text.data));
    edit->value = trim(bytes_after(text, edit->name.length + 1));
    edit->name = trim(edit->name);
    return true;
}

static bool read_raw_line(struct parser *parser, struct bytes text, struct head_edit *edit)
{
    const char *wrong = words_split(text, &parser->words, &parser->conversation->arena);

    parser->at = 0;
    if (wrong != NULL) {
        return parser_fail(parser, "%s", wrong);
    }
    return parser_take_payload(parser, &edit->value) &&
           (parser_peek(parser) == NULL || parser_expected(parser, "a string with the line's bytes"));
}

static const char edit_marks[] = { [HEAD_ADD] = '+', [HEAD_REMOVE] = '-', [HEAD_REPLACE] = '=',
                                   [HEAD_RAW] = '!' };

bool script_head_is_edit(struct bytes line)
{
    line = trim(line);
    return line.length > 1 && (line.data[1] == ' ' || line.data[1] == '\t') &&
           memchr(edit_marks, line.data[0], sizeof edit_marks) != NULL;
}

bool script_head_edit(struct parser *parser, struct bytes line)
{
    struct head_edit *edit = parser_allocate(parser, sizeof *edit);
    struct bytes whole = trim(line), text = trim(bytes_after(whole, 1));
    const char *mark = memchr(edit_marks, whole.data[0], sizeof edit_marks);

    if (parser->head == NULL) {
        return parser_fail(parser, "a line with + - = or ! needs a request or response above it");
    }
    if (edit == NULL) {
        return false;
    }
    *parser->edits_end = edit;
    parser->edits_end = &edit->next;
    edit->kind = (enum head_edit_kind)(mark - edit_marks);
    return edit->kind == HEAD_RAW ? read_raw_line(parser, text, edit) : read_field(parser, text, edit);
}

static const struct verb verbs[] = {
    { "upgrade", read_upgrade, 0 },
    { "accept", read_accept, 0 },
    { "request", read_http_request, 0 },
    { "response", read_response, 0 },
};

const struct verb *script_head_verb(struct parser *parser)
{
    return parser_accept_verb(parser, verbs, sizeof verbs / sizeof verbs[0]);
}
