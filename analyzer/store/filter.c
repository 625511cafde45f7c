/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include "core/fields.h"
#include "pattern.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

/* Grammar, loosest first:
 *     either   = both { ("or" | "||") both }
 *     both     = negated { ("and" | "&&") negated }
 *     negated  = { "not" | "!" } ( "(" either ")" | test )
 *     test     = field [ "[" text "]" ] [ operator literal | "in" "{" literal [".." literal] ... "}" ]
 */

#define TEXT_MAX 4000
#define DEPTH_MAX 64
#define NANOSECONDS 1000000000

enum node_kind {
    NODE_OR, NODE_AND, NODE_NOT, NODE_EXISTS, NODE_EQUAL, NODE_DIFFERENT, NODE_LESS, NODE_LESS_EQUAL,
    NODE_GREATER, NODE_GREATER_EQUAL, NODE_CONTAINS, NODE_MATCHES, NODE_IN
};

struct literal {
    uint64_t number, last;      /* the same, but for a range */
    struct bytes text;
    bool is_number;             /* of a numbered name */
    struct ip_address address;
    unsigned prefix;            /* bits of the address that count */
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
    /* Three pools, each with room for one more than the source has characters: every node and literal, and
     * every byte of text kept, takes at least one of them. */
    struct node *nodes;
    size_t node_count;
    struct literal *literals;
    size_t literal_count;
    char *texts;
    size_t texts_length;
};

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN };

struct token {
    enum token_kind kind;
    struct bytes text;          /* a quoted text without its quotes and escapes */
    size_t column;
};

struct parser {
    const char *source;
    struct cursor in;
    struct token token;         /* the next one */
    struct filter *filter;
    struct filter_error *error;
    bool failed;
    unsigned depth;
};

/* --- errors ---------------------------------------------------------------------------------------- */

static void fail_at(struct parser *parser, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Keeps the first. What the user typed may hold anything: only ASCII goes into the sentence. */
static void fail_at(struct parser *parser, size_t column, const char *format, ...)
{
    struct filter_error *error = parser->error;
    va_list arguments;

    if (parser->failed) {
        return;
    }
    parser->failed = true;
    error->column = column;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    for (char *at = error->text; *at; at++) {
        *at = *at < ' ' || *at > '~' ? '?' : *at;
    }
}

#define SHOWN(view) (int)((view).length < 40 ? (view).length : 40), (const char *)(view).data

/* --- tokens ---------------------------------------------------------------------------------------- */

static int peek_byte(const struct parser *parser)
{
    return cursor_left(&parser->in) ? *parser->in.at : -1;
}

static bool in_word(int byte)
{
    return byte >= 0 && (isalnum(byte) || byte >= 0x80 || strchr("_.:/+-%", byte) != NULL) && byte != 0;
}

/* Words end before "..", so that 1000..1015 is a range. */
static struct bytes read_word(struct parser *parser)
{
    const uint8_t *start = parser->in.at;

    while (in_word(peek_byte(parser))) {
        bool range = cursor_left(&parser->in) > 1 && parser->in.at[0] == '.' && parser->in.at[1] == '.';

        if (range && parser->in.at > start) {
            break;
        }
        cursor_take(&parser->in, range ? 2 : 1);
        if (range) {
            break;
        }
    }
    return bytes_of(start, (size_t)(parser->in.at - start));
}

static char unescape(struct parser *parser, uint8_t letter)
{
    static const char hex[] = "0123456789abcdef";

    switch (letter) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'x': {
        uint8_t high = cursor_u8(&parser->in), low = cursor_u8(&parser->in);

        if (!isxdigit(high) || !isxdigit(low)) {
            fail_at(parser, parser->token.column, "\\x needs two hexadecimal digits");
            return 0;
        }
        return (char)((strchr(hex, tolower(high)) - hex) << 4 | (strchr(hex, tolower(low)) - hex));
    }
    default:
        return (char)letter;
    }
}

/* What follows the quote. raw: a pattern, whose escapes (but \") are its own. */
static struct bytes read_quoted(struct parser *parser, bool raw)
{
    struct filter *filter = parser->filter;
    char *start = filter->texts + filter->texts_length;
    size_t length = 0;

    while (cursor_left(&parser->in) > 0 && *parser->in.at != '"') {
        uint8_t byte = cursor_u8(&parser->in);

        if (byte == '\\' && raw && peek_byte(parser) != '"') {
            start[length++] = (char)byte;
            byte = cursor_u8(&parser->in);
        } else if (byte == '\\') {
            byte = (uint8_t)unescape(parser, cursor_u8(&parser->in));
        }
        start[length++] = (char)byte;
    }
    if (cursor_left(&parser->in) == 0) {
        fail_at(parser, parser->token.column, "the text that begins here has no closing \"");
    }
    cursor_u8(&parser->in);
    filter->texts_length += length;
    return bytes_of(start, length);
}

static const char *const signs[] = { "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "~",
                                     "(",  ")",  "{",  "}",  "[",  "]",  "," };

static struct bytes read_sign(struct parser *parser)
{
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        struct bytes sign = bytes_of_text(signs[i]);

        if (bytes_equal(bytes_first(bytes_of(parser->in.at, cursor_left(&parser->in)), sign.length), sign)) {
            return cursor_take(&parser->in, sign.length);
        }
    }
    fail_at(parser, parser->token.column, "nothing here begins with \"%c\"", peek_byte(parser));
    return cursor_rest(&parser->in);
}

static void next_token_as(struct parser *parser, bool raw)
{
    struct token *token = &parser->token;

    while (peek_byte(parser) >= 0 && isspace(peek_byte(parser))) {
        cursor_u8(&parser->in);
    }
    token->column = (size_t)((const char *)parser->in.at - parser->source);
    if (peek_byte(parser) < 0) {
        *token = (struct token){ .kind = TOKEN_END, .text = bytes_of_text(""), .column = token->column };
    } else if (peek_byte(parser) == '"') {
        cursor_u8(&parser->in);
        token->kind = TOKEN_QUOTED;
        token->text = read_quoted(parser, raw);
    } else if (in_word(peek_byte(parser))) {
        token->kind = TOKEN_WORD;
        token->text = read_word(parser);
    } else {
        token->kind = TOKEN_SIGN;
        token->text = read_sign(parser);
    }
}

static void next_token(struct parser *parser)
{
    next_token_as(parser, false);
}

static bool token_is(const struct parser *parser, const char *text)
{
    return parser->token.kind != TOKEN_QUOTED && parser->token.kind != TOKEN_END &&
           bytes_equal(parser->token.text, bytes_of_text(text));
}

static bool accept_token(struct parser *parser, const char *text)
{
    if (!token_is(parser, text)) {
        return false;
    }
    next_token(parser);
    return true;
}

static void expect(struct parser *parser, const char *text)
{
    if (!accept_token(parser, text)) {
        fail_at(parser, parser->token.column, "here a \"%s\" is missing", text);
    }
}

/* --- literals, by the type of the field that they are compared with ---------------------------------- */

struct unit {
    const char *name;
    uint64_t size;
};

static const struct unit sizes[] = {
    { "", 1 }, { "k", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 }, { "K", 1 << 10 }, { NULL, 0 },
};

static const struct unit durations[] = {
    { "", NANOSECONDS }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", NANOSECONDS },
    { "m", UINT64_C(60) * NANOSECONDS }, { "h", UINT64_C(3600) * NANOSECONDS }, { NULL, 0 },
};

/* That many billionths of it, with nothing overflowing. */
static uint64_t fraction_of(uint64_t size, uint64_t billionths)
{
    return size > NANOSECONDS ? size / 1000 * (billionths / 1000) / 1000 : size * billionths / NANOSECONDS;
}

/* A decimal, with a fraction where the unit has room for one: exact, since binary fractions would not be. */
static bool read_decimal(const char *text, const struct unit *units, uint64_t *out)
{
    char *end;
    uint64_t fraction = 0, place = NANOSECONDS, whole;

    errno = 0;
    whole = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || errno != 0) {
        return false;
    }
    if (*end == '.') {
        for (end++; isdigit((unsigned char)*end); end++) {
            place /= 10;
            fraction += (uint64_t)(*end - '0') * place;
        }
    }
    while (units->name && strcmp(units->name, end) != 0) {
        units++;
    }
    if (units->name == NULL || whole > (UINT64_MAX >> 1) / units->size) {
        return false;
    }
    *out = whole * units->size + fraction_of(units->size, fraction);
    return true;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && isxdigit((unsigned char)text[2])) {
        errno = 0;
        *out = strtoull(text, &end, 16);
        return *end == '\0' && errno == 0;
    }
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (isdigit((unsigned char)*text) && *end == '\0' && errno == 0) {
        return true;
    }
    return strchr(text, '.') == NULL && read_decimal(text, sizes, out);
}

/* 2026-11-21 22:30:00.5, in UTC; or seconds since the epoch. */
static bool read_time(const char *text, uint64_t *out)
{
    struct tm date = { .tm_sec = 0 };
    uint64_t fraction = 0;
    const char *rest = strptime(text, "%Y-%m-%d", &date);

    if (rest == NULL) {
        return read_decimal(text, durations, out);
    }
    if (*rest == 'T' || *rest == ' ') {
        rest = strptime(rest + 1, "%H:%M", &date);
        if (rest && *rest == ':') {
            rest = strptime(rest + 1, "%S", &date);
        }
    }
    if (rest && *rest == '.') {
        char decimal[40];

        snprintf(decimal, sizeof decimal, "0%.30s", rest);
        rest = read_decimal(decimal, durations, &fraction) ? "" : NULL;
    }
    time_t seconds = timegm(&date);

    if (rest == NULL || *rest != '\0' || seconds < 0) {
        return false;
    }
    *out = (uint64_t)seconds * NANOSECONDS + fraction;
    return true;
}

static bool read_flag(const char *text, uint64_t *out)
{
    *out = strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcasecmp(text, "yes") == 0;
    return *out || strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0 || strcasecmp(text, "no") == 0;
}

static bool read_prefix(const char *text, unsigned most, unsigned *prefix)
{
    uint64_t bits;

    if (!read_number(text, &bits) || bits > most) {
        return false;
    }
    *prefix = (unsigned)bits;
    return true;
}

/* An address, or a network as 10.0.0.0/8. IPv4 is kept as the core keeps it: ::ffff:a.b.c.d. */
static bool read_address(const char *text, struct literal *out)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    unsigned given = 128;

    if (length >= sizeof address) {
        return false;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    uint8_t *bytes = out->address.bytes;
    bool v4 = inet_pton(AF_INET, address, bytes + 12) == 1;

    if (v4) {
        memset(bytes, 0, 10);
        memset(bytes + 10, 0xFF, 2);
        given = 32;
    } else if (inet_pton(AF_INET6, address, bytes) != 1) {
        return false;
    }
    if (slash && !read_prefix(slash + 1, given, &given)) {
        return false;
    }
    out->prefix = v4 ? 96 + given : given;
    return true;
}

/* aa:bb:cc, where a text is wanted and no quotes stand: those bytes. */
static bool read_hex(struct filter *filter, struct bytes word, struct bytes *out)
{
    uint8_t *start = (uint8_t *)filter->texts + filter->texts_length;
    size_t length = 0;

    if (word.length % 3 != 2 || word.length < 5) {
        return false;
    }
    for (size_t i = 0; i < word.length; i += 3) {
        char pair[3] = { (char)word.data[i], (char)word.data[i + 1], '\0' };

        if (!isxdigit(word.data[i]) || !isxdigit(word.data[i + 1]) ||
            (i + 2 < word.length && word.data[i + 2] != ':')) {
            return false;
        }
        start[length++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    filter->texts_length += length;
    *out = bytes_of(start, length);
    return true;
}

/* An unquoted word is a view of the source, which does not outlive the call. */
static struct bytes keep_text(struct filter *filter, struct bytes text)
{
    char *place = filter->texts + filter->texts_length;

    memcpy(place, text.data, text.length);
    filter->texts_length += text.length;
    return bytes_of(place, text.length);
}

/* The name as the table writes it, whatever case the user wrote. */
static bool read_name(const struct field *field, struct bytes text, struct bytes *out)
{
    struct bytes word;

    for (size_t i = 0; (word = fields_word(field, i)).length > 0; i++) {
        if (word.length == text.length &&
            strncasecmp((const char *)word.data, (const char *)text.data, word.length) == 0) {
            *out = word;
            return true;
        }
    }
    return false;
}

static void fail_name(struct parser *parser, const struct field *field)
{
    struct bytes text = parser->token.text;

    if (*field->names) {
        fail_at(parser, parser->token.column, "%s is never \"%.*s\"; it can be: %s", field->name, SHOWN(text),
                field->names);
    } else {
        fail_at(parser, parser->token.column, "%s is never \"%.*s\"; the command `rules` lists them",
                field->name, SHOWN(text));
    }
}

static const char *const wanted[FIELD_TYPES] = {
    [FIELD_FLAG] = "true or false",
    [FIELD_NUMBER] = "a number such as 125, 0x7d or 64k",
    [FIELD_DURATION] = "a duration such as 20ms, 1.5 (seconds) or 2m",
    [FIELD_TIME] = "a time such as \"2026-01-31 12:00:00\" (UTC) or seconds since the epoch",
    [FIELD_ADDRESS] = "an address such as 10.0.0.1, 10.0.0.0/8 or ::1",
};

static bool read_typed(const struct field *field, const char *text, struct literal *out)
{
    switch (field->type) {
    case FIELD_FLAG:
        return read_flag(text, &out->number);
    case FIELD_NUMBER:
        return read_number(text, &out->number);
    case FIELD_DURATION:
        return read_decimal(text, durations, &out->number);
    case FIELD_TIME:
        return read_time(text, &out->number);
    default:
        return read_address(text, out);
    }
}

static bool is_text(const struct field *field)
{
    return field->type == FIELD_TEXT || field->type == FIELD_INDEXED_TEXT;
}

static bool is_name(const struct field *field)
{
    return field->type == FIELD_NAME || field->type == FIELD_NUMBERED_NAME;
}

/* The next token as something that field can be compared with. */
static struct literal parse_literal(struct parser *parser, const struct field *field)
{
    struct literal literal = { .number = 0 };
    struct token token = parser->token;
    char text[64] = "";

    if (token.kind != TOKEN_WORD && token.kind != TOKEN_QUOTED) {
        fail_at(parser, token.column, "here something to compare %s with is missing", field->name);
        return literal;
    }
    memcpy(text, token.text.data, token.text.length < 63 ? token.text.length : 63);
    if (is_text(field)) {
        bool plain = token.kind == TOKEN_QUOTED || !read_hex(parser->filter, token.text, &literal.text);

        if (plain) {
            literal.text = token.kind == TOKEN_QUOTED ? token.text : keep_text(parser->filter, token.text);
        }
    } else if (field->type == FIELD_NUMBERED_NAME && read_number(text, &literal.number)) {
        literal.is_number = true;
    } else if (is_name(field)) {
        if (!read_name(field, token.text, &literal.text)) {
            fail_name(parser, field);
        }
    } else if (token.text.length >= sizeof text || !read_typed(field, text, &literal)) {
        fail_at(parser, token.column, "%s is compared with %s", field->name, wanted[field->type]);
    }
    literal.last = literal.number;
    next_token(parser);
    return literal;
}

/* --- the tree -------------------------------------------------------------------------------------- */

static struct node *make_node(struct parser *parser, enum node_kind kind, struct node *left,
                              struct node *right)
{
    struct node *node = &parser->filter->nodes[parser->filter->node_count++];

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

static enum node_kind parse_operator(struct parser *parser)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (token_is(parser, operators[i].sign)) {
            next_token_as(parser, operators[i].kind == NODE_MATCHES);
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
        return is_text(field) || is_name(field);
    default:
        return true;
    }
}

static void parse_pattern(struct parser *parser, struct node *test)
{
    const char *problem = NULL;

    if (parser->token.kind != TOKEN_QUOTED && parser->token.kind != TOKEN_WORD) {
        fail_at(parser, parser->token.column, "here a pattern in quotes is missing");
        return;
    }
    test->pattern = pattern_compile(parser->token.text, &problem);
    if (test->pattern == NULL) {
        fail_at(parser, parser->token.column, "in the pattern that begins here, %s", problem);
    }
    next_token(parser);
}

/* One element of a set: a literal, or two as a range. */
static struct literal parse_element(struct parser *parser, const struct field *field)
{
    struct literal element = parse_literal(parser, field);
    size_t column = parser->token.column;

    if (accept_token(parser, "..")) {
        struct literal last = parse_literal(parser, field);

        if (!operator_fits(field, NODE_LESS)) {
            fail_at(parser, column, "%s has no order, so no ranges either", field->name);
        }
        element.last = last.number;
        element.is_number = element.is_number && last.is_number;
    }
    return element;
}

static void add_literal(struct parser *parser, struct node *test, struct literal literal)
{
    test->literals[test->literal_count++] = literal;
    parser->filter->literal_count++;
}

static void parse_set(struct parser *parser, struct node *test)
{
    expect(parser, "{");
    while (!parser->failed && !token_is(parser, "}")) {
        add_literal(parser, test, parse_element(parser, test->field));
        accept_token(parser, ",");
    }
    expect(parser, "}");
}

static void fail_unknown(struct parser *parser)
{
    struct token *token = &parser->token;
    const struct field *nearest = fields_nearest(token->text);

    if (token->kind != TOKEN_WORD) {
        fail_at(parser, token->column, "here the name of a field is missing");
    } else if (nearest) {
        fail_at(parser, token->column, "there is no field \"%.*s\"; did you mean \"%s\"?", SHOWN(token->text),
                nearest->name);
    } else {
        fail_at(parser, token->column, "there is no field \"%.*s\"", SHOWN(token->text));
    }
}

static void parse_index(struct parser *parser, struct node *test)
{
    if (test->field->type != FIELD_INDEXED_TEXT || !accept_token(parser, "[")) {
        return;
    }
    if (parser->token.kind != TOKEN_QUOTED || parser->token.text.length == 0) {
        fail_at(parser, parser->token.column, "here a name in quotes is missing");
    }
    test->index = parser->token.text;
    next_token(parser);
    expect(parser, "]");
}

static struct node *parse_test(struct parser *parser)
{
    struct node *test = make_node(parser, NODE_EXISTS, NULL, NULL);
    const struct field *field = parser->token.kind == TOKEN_WORD ? fields_find(parser->token.text) : NULL;

    if (field == NULL) {
        fail_unknown(parser);
        return test;
    }
    next_token(parser);
    test->field = field;
    test->literals = parser->filter->literals + parser->filter->literal_count;
    parse_index(parser, test);
    size_t column = parser->token.column;

    test->kind = parse_operator(parser);
    if (!operator_fits(field, test->kind)) {
        fail_at(parser, column, "%s", is_text(field) || is_name(field)
                    ? "only numbers and times have an order" : "only text contains or matches something");
    } else if (test->kind == NODE_MATCHES) {
        parse_pattern(parser, test);
    } else if (test->kind == NODE_IN) {
        parse_set(parser, test);
    } else if (test->kind == NODE_CONTAINS && is_name(field)) {
        add_literal(parser, test, (struct literal){ .text = keep_text(parser->filter, parser->token.text) });
        next_token(parser);
    } else if (test->kind != NODE_EXISTS) {
        add_literal(parser, test, parse_literal(parser, field));
    }
    return test;
}

static struct node *parse_either(struct parser *parser);

static struct node *parse_negated(struct parser *parser)
{
    struct node *node;

    if (parser->depth == DEPTH_MAX) {
        fail_at(parser, parser->token.column, "too many parentheses or nots inside each other");
        return make_node(parser, NODE_EXISTS, NULL, NULL);
    }
    parser->depth++;
    if (accept_token(parser, "not") || accept_token(parser, "!")) {
        struct node *negated = parse_negated(parser);

        node = make_node(parser, NODE_NOT, negated, NULL);
    } else if (accept_token(parser, "(")) {
        node = parse_either(parser);
        expect(parser, ")");
    } else {
        node = parse_test(parser);
    }
    parser->depth--;
    return node;
}

static struct node *parse_both(struct parser *parser)
{
    struct node *node = parse_negated(parser);

    while (!parser->failed && (accept_token(parser, "and") || accept_token(parser, "&&"))) {
        struct node *right = parse_negated(parser);

        node = make_node(parser, NODE_AND, node, right);
    }
    return node;
}

static struct node *parse_either(struct parser *parser)
{
    struct node *node = parse_both(parser);

    while (!parser->failed && (accept_token(parser, "or") || accept_token(parser, "||"))) {
        struct node *right = parse_both(parser);

        node = make_node(parser, NODE_OR, node, right);
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

static void parse_all(struct parser *parser)
{
    next_token(parser);
    parser->filter->root = parse_either(parser);
    if (!parser->failed && parser->token.kind != TOKEN_END) {
        fail_at(parser, parser->token.column, "here \"and\", \"or\" or the end was expected, not \"%.*s\"",
                SHOWN(parser->token.text));
    }
}

struct filter *filter_parse(const char *text, struct filter_error *error)
{
    size_t length = strlen(text);
    struct parser parser = { .source = text, .in = cursor_over(bytes_of(text, length)), .error = error };

    if (length > TEXT_MAX) {
        fail_at(&parser, 0, "a filter has %d characters at most", TEXT_MAX);
        return NULL;
    }
    parser.filter = filter_allocate(length);
    if (parser.filter == NULL) {
        fail_at(&parser, 0, "there is no memory for the filter");
        return NULL;
    }
    parse_all(&parser);
    if (parser.failed) {
        filter_free(parser.filter);
        return NULL;
    }
    return parser.filter;
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

static bool same_network(const struct ip_address *address, const struct literal *literal)
{
    size_t whole = literal->prefix / 8;
    unsigned rest = literal->prefix % 8;

    return memcmp(address->bytes, literal->address.bytes, whole) == 0 &&
           (rest == 0 || (address->bytes[whole] ^ literal->address.bytes[whole]) >> (8 - rest) == 0);
}

static bool equals(const struct field *field, const struct field_value *value, const struct literal *literal)
{
    if (field->type == FIELD_ADDRESS) {
        return same_network(value->address, literal);
    }
    if (is_text(field) || (is_name(field) && !literal->is_number)) {
        return bytes_equal(value->text, literal->text);
    }
    return value->number >= literal->number && value->number <= literal->last;
}

static bool equals_any(const struct node *test, const struct field_value *value)
{
    for (size_t i = 0; i < test->literal_count; i++) {
        if (equals(test->field, value, &test->literals[i])) {
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
