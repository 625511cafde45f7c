/* SPDX-License-Identifier: MIT */
#include "pattern_code.h"

#include <ctype.h>

#define GROUPS_MAX 32           /* parentheses inside each other */
#define REPEAT_MAX 255          /* in { } */

struct compiler {
    struct pattern *pattern;
    struct cursor in;
    bool ignore_case;
    unsigned groups;
    const char *problem;
};

/* --- sets ------------------------------------------------------------------------------------------ */

static void set_invert(struct byte_set *set)
{
    for (int i = 0; i < 8; i++) {
        set->bits[i] = ~set->bits[i];
    }
}

static void set_add_class(struct byte_set *set, int (*is_member)(int))
{
    for (int byte = 0; byte < 128; byte++) {
        if (is_member(byte)) {
            byte_set_add(set, byte, byte);
        }
    }
}

static void set_add_other_case(struct byte_set *set)
{
    for (int letter = 'a'; letter <= 'z'; letter++) {
        int upper = letter - 'a' + 'A';

        if (byte_set_has(set, (uint8_t)letter) || byte_set_has(set, (uint8_t)upper)) {
            byte_set_add(set, letter, letter);
            byte_set_add(set, upper, upper);
        }
    }
}

/* --- compiling: each parser leaves the code of what it read at the end ------------------------------- */

static int peek(const struct compiler *compiler)
{
    return cursor_left(&compiler->in) ? *compiler->in.at : -1;
}

static bool accept_byte(struct compiler *compiler, int wanted)
{
    if (peek(compiler) != wanted) {
        return false;
    }
    cursor_u8(&compiler->in);
    return true;
}

static void fail(struct compiler *compiler, const char *problem)
{
    if (compiler->problem == NULL) {
        compiler->problem = problem;
    }
}

/* Makes room for n instructions at that place; what stood there moves up. */
static struct instruction *insert(struct compiler *compiler, size_t at, size_t n)
{
    struct pattern *pattern = compiler->pattern;

    if (n >= PATTERN_INSTRUCTIONS - pattern->length) {
        fail(compiler, "the pattern is too large");
        return NULL;
    }
    memmove(&pattern->code[at + n], &pattern->code[at], (pattern->length - at) * sizeof pattern->code[0]);
    pattern->length += n;
    return &pattern->code[at];
}

static void emit(struct compiler *compiler, struct instruction instruction)
{
    struct instruction *place = insert(compiler, compiler->pattern->length, 1);

    if (place) {
        *place = instruction;
    }
}

static void emit_set(struct compiler *compiler, struct byte_set set)
{
    struct pattern *pattern = compiler->pattern;

    if (compiler->ignore_case) {
        set_add_other_case(&set);
    }
    if (pattern->set_count == PATTERN_SETS) {
        fail(compiler, "the pattern has too many sets");
        return;
    }
    pattern->sets[pattern->set_count] = set;
    emit(compiler, (struct instruction){ .operation = OP_SET, .operand = (uint8_t)pattern->set_count });
    pattern->set_count++;
}

static void emit_byte(struct compiler *compiler, uint8_t byte)
{
    if (compiler->ignore_case && isalpha(byte)) {
        struct byte_set set = { { 0 } };

        byte_set_add(&set, byte, byte);
        emit_set(compiler, set);
    } else {
        emit(compiler, (struct instruction){ .operation = OP_BYTE, .operand = byte });
    }
}

/* \d and its like; false when the letter names no class. */
static bool add_escape_class(struct byte_set *set, int letter)
{
    struct byte_set class = { { 0 } };

    switch (tolower(letter)) {
    case 'd':
        set_add_class(&class, isdigit);
        break;
    case 's':
        set_add_class(&class, isspace);
        break;
    case 'w':
        set_add_class(&class, isalnum);
        byte_set_add(&class, '_', '_');
        break;
    default:
        return false;
    }
    if (isupper(letter)) {
        set_invert(&class);
    }
    byte_set_add_all(set, &class);
    return true;
}

static int hex_digit(struct compiler *compiler)
{
    int digit = bytes_hex_digit(peek(compiler));

    if (digit < 0) {
        fail(compiler, "\\x needs two hexadecimal digits");
        return 0;
    }
    cursor_u8(&compiler->in);
    return digit;
}

/* The byte that follows a backslash. */
static uint8_t escaped_byte(struct compiler *compiler)
{
    if (cursor_left(&compiler->in) == 0) {
        fail(compiler, "nothing follows the last \\");
        return 0;
    }
    uint8_t letter = cursor_u8(&compiler->in);

    switch (letter) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'x': {
        int high = hex_digit(compiler);

        return (uint8_t)(high * 16 + hex_digit(compiler));
    }
    default:
        return letter;
    }
}

static void compile_escape(struct compiler *compiler)
{
    struct byte_set set = { { 0 } };

    if (add_escape_class(&set, peek(compiler) < 0 ? 0 : peek(compiler))) {
        cursor_u8(&compiler->in);
        emit_set(compiler, set);
    } else {
        emit_byte(compiler, escaped_byte(compiler));
    }
}

static const struct {
    const char *name;
    int (*is_member)(int);
} classes[] = {
    { "[:alpha:]", isalpha }, { "[:digit:]", isdigit }, { "[:alnum:]", isalnum }, { "[:upper:]", isupper },
    { "[:lower:]", islower }, { "[:space:]", isspace }, { "[:punct:]", ispunct }, { "[:xdigit:]", isxdigit },
    { "[:print:]", isprint }, { "[:cntrl:]", iscntrl }, { "[:blank:]", isblank },
};

static bool add_named_class(struct compiler *compiler, struct byte_set *set)
{
    struct bytes rest = bytes_of(compiler->in.at, cursor_left(&compiler->in));

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        struct bytes name = bytes_of_text(classes[i].name);

        if (bytes_equal(bytes_first(rest, name.length), name)) {
            cursor_take(&compiler->in, name.length);
            set_add_class(set, classes[i].is_member);
            return true;
        }
    }
    return false;
}

static uint8_t member_of_set(struct compiler *compiler)
{
    return accept_byte(compiler, '\\') ? escaped_byte(compiler) : cursor_u8(&compiler->in);
}

/* One byte or range between the brackets. */
static void add_member(struct compiler *compiler, struct byte_set *set)
{
    struct cursor *in = &compiler->in;

    if (peek(compiler) == '\\' && cursor_left(in) > 1 && add_escape_class(set, in->at[1])) {
        cursor_take(in, 2);
        return;
    }
    uint8_t first = member_of_set(compiler);
    uint8_t last = first;

    if (peek(compiler) == '-' && cursor_left(in) > 1 && in->at[1] != ']') {
        cursor_u8(in);
        last = member_of_set(compiler);
    }
    if (last < first) {
        fail(compiler, "a range in [ ] runs backwards");
    }
    byte_set_add(set, first, last);
}

/* What follows "[". A ] right at the start is a member, as POSIX has it. */
static void compile_set(struct compiler *compiler)
{
    struct byte_set set = { { 0 } };
    bool inverted = accept_byte(compiler, '^');

    if (accept_byte(compiler, ']')) {
        byte_set_add(&set, ']', ']');
    }
    while (peek(compiler) != ']' && cursor_left(&compiler->in) > 0) {
        if (!add_named_class(compiler, &set)) {
            add_member(compiler, &set);
        }
    }
    if (!accept_byte(compiler, ']')) {
        fail(compiler, "a [ is not closed");
    }
    if (inverted) {
        set_invert(&set);
    }
    emit_set(compiler, set);
}

static void compile_alternatives(struct compiler *compiler);

static void compile_group(struct compiler *compiler)
{
    if (compiler->groups == GROUPS_MAX) {
        fail(compiler, "too many parentheses inside each other");
        return;
    }
    compiler->groups++;
    compile_alternatives(compiler);
    compiler->groups--;
    if (!accept_byte(compiler, ')')) {
        fail(compiler, "a ( is not closed");
    }
}

static void compile_atom(struct compiler *compiler)
{
    uint8_t byte = cursor_u8(&compiler->in);
    struct byte_set any = { { 0 } };

    switch (byte) {
    case '(':
        compile_group(compiler);
        break;
    case '[':
        compile_set(compiler);
        break;
    case '\\':
        compile_escape(compiler);
        break;
    case '.':
        set_invert(&any);
        emit_set(compiler, any);
        break;
    case '^':
        emit(compiler, (struct instruction){ .operation = OP_BEGIN });
        break;
    case '$':
        emit(compiler, (struct instruction){ .operation = OP_END });
        break;
    case '*':
    case '+':
    case '?':
        fail(compiler, "nothing stands before a repetition");
        break;
    default:
        emit_byte(compiler, byte);
        break;
    }
}

/* The code from start on becomes optional. */
static void make_optional(struct compiler *compiler, size_t start)
{
    int16_t skip = (int16_t)(compiler->pattern->length - start + 1);
    struct instruction *split = insert(compiler, start, 1);

    if (split) {
        *split = (struct instruction){ .operation = OP_SPLIT, .first = 1, .second = skip };
    }
}

/* The code from start on may be gone through again. */
static void make_repeatable(struct compiler *compiler, size_t start)
{
    int16_t back = (int16_t)(start - compiler->pattern->length);

    emit(compiler, (struct instruction){ .operation = OP_SPLIT, .first = back, .second = 1 });
}

/* Another copy, at the end, of the code from start to start + length. */
static size_t append_copy(struct compiler *compiler, size_t start, size_t length)
{
    size_t place = compiler->pattern->length;
    struct instruction *copy = insert(compiler, place, length);

    if (copy) {
        memcpy(copy, &compiler->pattern->code[start], length * sizeof *copy);
    }
    return place;
}

static bool read_count(struct compiler *compiler, unsigned *count)
{
    bool any = false;

    *count = 0;
    while (peek(compiler) >= '0' && peek(compiler) <= '9') {
        *count = *count * 10 + (unsigned)(cursor_u8(&compiler->in) - '0');
        any = true;
        if (*count > REPEAT_MAX) {
            fail(compiler, "a repetition in { } goes to 255 at most");
            return true;
        }
    }
    return any;
}

/* x{least,most} is written out: least copies, and then optional ones, or a loop without a most. */
static void write_out(struct compiler *compiler, size_t start, unsigned fewest, unsigned most, bool endless)
{
    size_t length = compiler->pattern->length - start;
    size_t last = start;

    for (unsigned i = 1; i < fewest || i < most; i++) {
        last = append_copy(compiler, start, length);
        if (i >= fewest) {
            make_optional(compiler, last);
        }
        if (compiler->problem) {
            return;
        }
    }
    if (endless) {
        make_repeatable(compiler, last);
    }
    if (fewest == 0) {
        make_optional(compiler, start);
    }
    if (fewest == 0 && most == 0 && !endless) {
        compiler->pattern->length = start;
    }
}

static void compile_counts(struct compiler *compiler, size_t start)
{
    unsigned fewest, most;
    bool endless = false;

    if (!read_count(compiler, &fewest)) {
        fail(compiler, "a { needs a number: {2}, {2,} or {2,5}");
    }
    most = fewest;
    if (accept_byte(compiler, ',')) {
        endless = !read_count(compiler, &most);
        most = endless ? fewest : most;
    }
    if (!accept_byte(compiler, '}')) {
        fail(compiler, "a { is not closed");
    }
    if (most < fewest) {
        fail(compiler, "the counts in { } run backwards");
    }
    if (compiler->problem == NULL) {
        write_out(compiler, start, fewest, most, endless);
    }
}

static void compile_repeated(struct compiler *compiler)
{
    size_t start = compiler->pattern->length;

    compile_atom(compiler);
    while (compiler->problem == NULL) {
        if (accept_byte(compiler, '*')) {
            make_repeatable(compiler, start);
            make_optional(compiler, start);
        } else if (accept_byte(compiler, '+')) {
            make_repeatable(compiler, start);
        } else if (accept_byte(compiler, '?')) {
            make_optional(compiler, start);
        } else if (accept_byte(compiler, '{')) {
            compile_counts(compiler, start);
        } else {
            return;
        }
    }
}

static void compile_sequence(struct compiler *compiler)
{
    while (compiler->problem == NULL && peek(compiler) >= 0 && peek(compiler) != '|' &&
           peek(compiler) != ')') {
        compile_repeated(compiler);
    }
}

/* a|b is: split to a and b, a, jump behind b, b. */
static void compile_alternatives(struct compiler *compiler)
{
    struct pattern *pattern = compiler->pattern;
    size_t start = pattern->length;

    compile_sequence(compiler);
    if (compiler->problem || !accept_byte(compiler, '|')) {
        return;
    }
    emit(compiler, (struct instruction){ .operation = OP_JUMP });
    make_optional(compiler, start);
    size_t jump = pattern->length - 1;

    compile_alternatives(compiler);
    if (compiler->problem == NULL) {
        pattern->code[jump].first = (int16_t)(pattern->length - jump);
    }
}

bool pattern_code_compile(struct pattern *pattern, struct bytes text, const char **problem)
{
    static const char ignore_case[] = "(?i)";
    struct compiler compiler = { .pattern = pattern, .in = cursor_over(text) };

    if (bytes_equal(bytes_first(text, 4), bytes_of_text(ignore_case))) {
        compiler.ignore_case = true;
        cursor_take(&compiler.in, 4);
    }
    compile_alternatives(&compiler);
    if (cursor_left(&compiler.in) > 0) {
        fail(&compiler, "a ) closes nothing");
    }
    emit(&compiler, (struct instruction){ .operation = OP_MATCH });
    *problem = compiler.problem;
    return compiler.problem == NULL;
}
