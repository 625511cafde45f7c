/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include "core/fields.h"
#include "literal.h"
#include "pattern.h"

#include <stdio.h>
#include <stdlib.h>

/* Grammar, loosest first:
 *     either   = both { ("or" | "||") both }
 *     both     = negated { ("and" | "&&") negated }
 *     negated  = { "not" | "!" } ( "(" either ")" | test )
 *     test     = field [ "[" text "]" ] [ operator literal | "in" "{" literal [".." literal] ... "}" ]
 */

#define TEXT_MAX 4000
#define DEPTH_MAX 64

enum node_kind {
    NODE_OR, NODE_AND, NODE_NOT, NODE_EXISTS, NODE_EQUAL, NODE_DIFFERENT, NODE_LESS, NODE_LESS_EQUAL,
    NODE_GREATER, NODE_GREATER_EQUAL, NODE_CONTAINS, NODE_MATCHES, NODE_IN
};

struct node {
    enum node_kind kind;
    struct node *left, *right;
    const struct field *field;
    struct bytes index;
    struct literal *literals;
    size_t literal_count;
    struct pattern *pattern;
};

struct filter {
    struct node *root;
    /* Three pools, each with room for as many as the source has characters: every node and literal, and
     * every byte of text kept, takes at least one of them. */
    struct node *nodes;
    size_t node_count;
    struct literal *literals;
    size_t literal_count;
    uint8_t *texts;
};

/* --- literals -------------------------------------------------------------------------------------- */

/* An unquoted word is a view of the source, which does not outlive the call. aa:bb:cc means those bytes. */
static struct bytes keep_word(struct lexer *in, struct bytes word)
{
    uint8_t *place = in->room + in->room_used;
    size_t length = literal_read_hex(word, place);

    if (length == 0) {
        memcpy(place, word.data, word.length);
        length = word.length;
    }
    in->room_used += length;
    return bytes_of(place, length);
}

static void fail_literal(struct lexer *in, const struct field *field)
{
    struct bytes text = in->token.text;
    size_t column = in->token.column;

    if (!fields_is_name(field)) {
        lexer_fail_at(in, column, "%s is compared with %s", field->name, literal_wanted(field));
    } else if (*field->names) {
        lexer_fail_at(in, column, "%s is never \"%.*s\"; it can be: %s", field->name, LEXER_SHOWN(text),
                      field->names);
    } else {
        lexer_fail_at(in, column, "%s is never \"%.*s\"; the command `rules` lists them", field->name,
                      LEXER_SHOWN(text));
    }
}

/* The text of the next token. Quoted texts are kept already; keep says whether a word has to be, too. */
static struct bytes literal_text(struct lexer *in, const struct field *field, bool keep)
{
    const struct token *token = &in->token;

    if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED) {
        lexer_fail_at(in, token->column, "here something to compare %s with is missing", field->name);
        return bytes_of_text("");
    }
    return keep && token->kind == TOKEN_WORD ? keep_word(in, token->text) : token->text;
}

static struct literal parse_literal(struct lexer *in, const struct field *field)
{
    struct bytes text = literal_text(in, field, fields_is_text(field));
    struct literal literal;

    if (!literal_read(field, text, &literal)) {
        fail_literal(in, field);
    }
    lexer_next(in);
    return literal;
}

/* What a name contains need not be a whole one. */
static struct literal parse_part_of_name(struct lexer *in, const struct field *field)
{
    struct literal part = { .text = literal_text(in, field, true) };

    lexer_next(in);
    return part;
}

/* --- the tree -------------------------------------------------------------------------------------- */

static struct node *make_node(struct filter *filter, enum node_kind kind, struct node *left,
                              struct node *right)
{
    struct node *node = &filter->nodes[filter->node_count++];

    node->kind = kind;
    node->left = left;
    node->right = right;
    return node;
}

static const struct {
    const char *sign;
    enum node_kind kind;
} operators[] = {
    { "==", NODE_EQUAL },         { "eq", NODE_EQUAL },
    { "!=", NODE_DIFFERENT },     { "ne", NODE_DIFFERENT },
    { "<", NODE_LESS },           { "lt", NODE_LESS },
    { "<=", NODE_LESS_EQUAL },    { "le", NODE_LESS_EQUAL },
    { ">", NODE_GREATER },        { "gt", NODE_GREATER },
    { ">=", NODE_GREATER_EQUAL }, { "ge", NODE_GREATER_EQUAL },
    { "contains", NODE_CONTAINS },
    { "matches", NODE_MATCHES },  { "~", NODE_MATCHES },
    { "in", NODE_IN },
};

static enum node_kind parse_operator(struct lexer *in)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (lexer_sees(in, operators[i].sign)) {
            (operators[i].kind == NODE_MATCHES ? lexer_next_raw : lexer_next)(in);
            return operators[i].kind;
        }
    }
    return NODE_EXISTS;
}

/* Order needs numbers; contains and matches need text. */
static bool operator_fits(const struct field *field, enum node_kind kind)
{
    switch (kind) {
    case NODE_LESS:
    case NODE_LESS_EQUAL:
    case NODE_GREATER:
    case NODE_GREATER_EQUAL:
        return field->type == FIELD_NUMBER || field->type == FIELD_DURATION || field->type == FIELD_TIME ||
               field->type == FIELD_NUMBERED_NAME;
    case NODE_CONTAINS:
    case NODE_MATCHES:
        return fields_is_text(field) || fields_is_name(field);
    default:
        return true;
    }
}

static void parse_pattern(struct lexer *in, struct node *test)
{
    const char *problem = NULL;

    if (in->token.kind != TOKEN_QUOTED && in->token.kind != TOKEN_WORD) {
        lexer_fail_at(in, in->token.column, "here a pattern in quotes is missing");
        return;
    }
    test->pattern = pattern_compile(in->token.text, &problem);
    if (test->pattern == NULL) {
        lexer_fail_at(in, in->token.column, "in the pattern that begins here, %s", problem);
    }
    lexer_next(in);
}

/* One element of a set: a literal, or two as a range. */
static struct literal parse_element(struct lexer *in, const struct field *field)
{
    struct literal element = parse_literal(in, field);
    size_t column = in->token.column;

    if (lexer_accept(in, "..")) {
        struct literal last = parse_literal(in, field);

        if (!operator_fits(field, NODE_LESS)) {
            lexer_fail_at(in, column, "%s has no order, so no ranges either", field->name);
        }
        element.last = last.number;
        element.is_number = element.is_number && last.is_number;
    }
    return element;
}

static void add_literal(struct filter *filter, struct node *test, struct literal literal)
{
    test->literals[test->literal_count++] = literal;
    filter->literal_count++;
}

static void parse_set(struct filter *filter, struct lexer *in, struct node *test)
{
    lexer_expect(in, "{");
    while (!in->failed && !lexer_sees(in, "}")) {
        add_literal(filter, test, parse_element(in, test->field));
        lexer_accept(in, ",");
    }
    lexer_expect(in, "}");
}

static void fail_unknown(struct lexer *in)
{
    struct token *token = &in->token;
    const struct field *nearest = fields_nearest(token->text);

    if (token->kind != TOKEN_WORD) {
        lexer_fail_at(in, token->column, "here the name of a field is missing");
    } else if (nearest) {
        lexer_fail_at(in, token->column, "there is no field \"%.*s\"; did you mean \"%s\"?",
                      LEXER_SHOWN(token->text), nearest->name);
    } else {
        lexer_fail_at(in, token->column, "there is no field \"%.*s\"", LEXER_SHOWN(token->text));
    }
}

static void parse_index(struct lexer *in, struct node *test)
{
    if (test->field->type != FIELD_INDEXED_TEXT || !lexer_accept(in, "[")) {
        return;
    }
    if (in->token.kind != TOKEN_QUOTED || in->token.text.length == 0) {
        lexer_fail_at(in, in->token.column, "here a name in quotes is missing");
    }
    test->index = in->token.text;
    lexer_next(in);
    lexer_expect(in, "]");
}

static struct node *parse_test(struct filter *filter, struct lexer *in)
{
    struct node *test = make_node(filter, NODE_EXISTS, NULL, NULL);
    const struct field *field = in->token.kind == TOKEN_WORD ? fields_find(in->token.text) : NULL;

    if (field == NULL) {
        fail_unknown(in);
        return test;
    }
    lexer_next(in);
    test->field = field;
    test->literals = filter->literals + filter->literal_count;
    parse_index(in, test);
    size_t column = in->token.column;

    test->kind = parse_operator(in);
    if (!operator_fits(field, test->kind)) {
        lexer_fail_at(in, column, "%s", fields_is_text(field) || fields_is_name(field)
                    ? "only numbers and times have an order" : "only text contains or matches something");
    } else if (test->kind == NODE_MATCHES) {
        parse_pattern(in, test);
    } else if (test->kind == NODE_IN) {
        parse_set(filter, in, test);
    } else if (test->kind == NODE_CONTAINS && fields_is_name(field)) {
        add_literal(filter, test, parse_part_of_name(in, field));
    } else if (test->kind != NODE_EXISTS) {
        add_literal(filter, test, parse_literal(in, field));
    }
    return test;
}

static struct node *parse_either(struct filter *filter, struct lexer *in, unsigned depth);

static struct node *parse_negated(struct filter *filter, struct lexer *in, unsigned depth)
{
    struct node *node;

    if (depth == DEPTH_MAX) {
        lexer_fail_at(in, in->token.column, "too many parentheses or nots inside each other");
        return make_node(filter, NODE_EXISTS, NULL, NULL);
    }
    if (lexer_accept(in, "not") || lexer_accept(in, "!")) {
        node = parse_negated(filter, in, depth + 1);
        return make_node(filter, NODE_NOT, node, NULL);
    }
    if (lexer_accept(in, "(")) {
        node = parse_either(filter, in, depth + 1);
        lexer_expect(in, ")");
        return node;
    }
    return parse_test(filter, in);
}

static struct node *parse_both(struct filter *filter, struct lexer *in, unsigned depth)
{
    struct node *node = parse_negated(filter, in, depth);

    while (!in->failed && (lexer_accept(in, "and") || lexer_accept(in, "&&"))) {
        struct node *right = parse_negated(filter, in, depth);

        node = make_node(filter, NODE_AND, node, right);
    }
    return node;
}

static struct node *parse_either(struct filter *filter, struct lexer *in, unsigned depth)
{
    struct node *node = parse_both(filter, in, depth);

    while (!in->failed && (lexer_accept(in, "or") || lexer_accept(in, "||"))) {
        struct node *right = parse_both(filter, in, depth);

        node = make_node(filter, NODE_OR, node, right);
    }
    return node;
}

static struct filter *filter_allocate(size_t length)
{
    struct filter *filter = calloc(1, sizeof *filter);

    if (filter == NULL) {
        return NULL;
    }
    filter->nodes = calloc(length + 2, sizeof *filter->nodes);
    filter->literals = calloc(length + 2, sizeof *filter->literals);
    filter->texts = calloc(length + 2, 1);
    if (filter->nodes == NULL || filter->literals == NULL || filter->texts == NULL) {
        filter_free(filter);
        return NULL;
    }
    return filter;
}

static void parse_all(struct filter *filter, struct lexer *in)
{
    filter->root = parse_either(filter, in, 0);
    if (in->token.kind != TOKEN_END) {
        lexer_fail_at(in, in->token.column, "here \"and\", \"or\" or the end was expected, not \"%.*s\"",
                      LEXER_SHOWN(in->token.text));
    }
}

struct filter *filter_parse(const char *text, struct filter_error *error)
{
    size_t length = strlen(text);
    struct filter *filter;
    struct lexer in;

    *error = (struct filter_error){ .column = 0 };
    if (length > TEXT_MAX) {
        snprintf(error->text, sizeof error->text, "a filter has %d characters at most", TEXT_MAX);
        return NULL;
    }
    filter = filter_allocate(length);
    if (filter == NULL) {
        snprintf(error->text, sizeof error->text, "there is no memory for the filter");
        return NULL;
    }
    lexer_init(&in, text, filter->texts, error);
    parse_all(filter, &in);
    if (in.failed) {
        filter_free(filter);
        return NULL;
    }
    return filter;
}

struct filter *filter_compile(const char *text, char *error, size_t capacity)
{
    struct filter_error found;
    struct filter *filter = filter_parse(text, &found);

    if (filter == NULL) {
        snprintf(error, capacity, "filter, column %zu: %s", found.column + 1, found.text);
    }
    return filter;
}

void filter_free(struct filter *filter)
{
    if (filter == NULL) {
        return;
    }
    for (size_t i = 0; i < filter->node_count; i++) {
        pattern_free(filter->nodes[i].pattern);
    }
    free(filter->nodes);
    free(filter->literals);
    free(filter->texts);
    free(filter);
}

/* --- matching -------------------------------------------------------------------------------------- */

static bool equals_any(const struct node *test, const struct field_value *value)
{
    for (size_t i = 0; i < test->literal_count; i++) {
        if (literal_equals(test->field, value, &test->literals[i])) {
            return true;
        }
    }
    return false;
}

static bool contains(struct bytes text, struct bytes part)
{
    return part.length == 0 ||
           (text.length > 0 && memmem(text.data, text.length, part.data, part.length) != NULL);
}

static bool value_fits(const struct node *test, const struct field_value *value)
{
    uint64_t number = test->literal_count ? test->literals[0].number : 0;

    switch (test->kind) {
    case NODE_EQUAL:
    case NODE_DIFFERENT:
    case NODE_IN:
        return equals_any(test, value);
    case NODE_LESS:
        return value->number < number;
    case NODE_LESS_EQUAL:
        return value->number <= number;
    case NODE_GREATER:
        return value->number > number;
    case NODE_GREATER_EQUAL:
        return value->number >= number;
    case NODE_CONTAINS:
        return contains(value->text, test->literals[0].text);
    case NODE_MATCHES:
        return pattern_matches(test->pattern, value->text);
    default:
        return test->field->type != FIELD_FLAG || value->number != 0;
    }
}

/* One value that fits is enough; for !=, one that is equal is too many. */
static bool test_matches(const struct node *test, const struct event *event)
{
    struct field_value value;
    size_t nth = 0;

    while (fields_get(test->field, test->index, event, nth, &value)) {
        if (value_fits(test, &value)) {
            return test->kind != NODE_DIFFERENT;
        }
        nth++;
    }
    return test->kind == NODE_DIFFERENT && nth > 0;
}

static bool node_matches(const struct node *node, const struct event *event)
{
    switch (node->kind) {
    case NODE_OR:
        return node_matches(node->left, event) || node_matches(node->right, event);
    case NODE_AND:
        return node_matches(node->left, event) && node_matches(node->right, event);
    case NODE_NOT:
        return !node_matches(node->left, event);
    default:
        return test_matches(node, event);
    }
}

bool filter_matches(const struct filter *filter, const struct event *event)
{
    return node_matches(filter->root, event);
}
