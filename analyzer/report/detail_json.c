/* SPDX-License-Identifier: MIT */
#include "detail_build.h"

/* JSON (RFC 8259) in a message: a node for each value, named by its member or its place in the list. The text
 * is walked twice, first without a detail to see whether it is JSON at all. */

#define DEPTH_MAX  32  /* of lists and objects in each other */
#define VALUES_MAX 200 /* shown; the rest is in the text */

struct walk {
    struct detail *detail; /* NULL: only looking */
    const uint8_t *at, *end;
    unsigned depth; /* of the value under way, below the first */
    unsigned base;  /* depth of the first value's node */
    size_t values;
};

static bool walk_value(struct walk *walk, struct detail_node *node);

/* --- the grammar's pieces ------------------------------------------------------------------------------- */

static int peek(const struct walk *walk)
{
    return walk->at < walk->end ? *walk->at : -1;
}

static bool take(struct walk *walk, char character)
{
    bool there = peek(walk) == character;

    walk->at += there;
    return there;
}

static void skip_blanks(struct walk *walk)
{
    while (peek(walk) == ' ' || peek(walk) == '\t' || peek(walk) == '\n' || peek(walk) == '\r') {
        walk->at++;
    }
}

static bool take_digits(struct walk *walk)
{
    const uint8_t *start = walk->at;

    while (peek(walk) >= '0' && peek(walk) <= '9') {
        walk->at++;
    }
    return walk->at > start;
}

/* Section 6: no leading zeros, a digit on either side of the point. */
static bool take_number(struct walk *walk)
{
    take(walk, '-');
    if (!take(walk, '0') && !take_digits(walk)) {
        return false;
    }
    if (take(walk, '.') && !take_digits(walk)) {
        return false;
    }
    if (take(walk, 'e') || take(walk, 'E')) {
        if (!take(walk, '+')) {
            take(walk, '-');
        }
        return take_digits(walk);
    }
    return true;
}

static bool take_escape(struct walk *walk)
{
    int character = peek(walk);

    if (character <= 0 || !strchr("\"\\/bfnrtu", character)) {
        return false;
    }
    walk->at++;
    for (int i = 0; character == 'u' && i < 4; i++, walk->at++) {
        if (peek(walk) <= 0 || !strchr("0123456789abcdefABCDEF", peek(walk))) {
            return false;
        }
    }
    return true;
}

/* Section 7; the view is without the quotes. */
static bool take_string(struct walk *walk, struct bytes *out)
{
    if (!take(walk, '"')) {
        return false;
    }
    const uint8_t *start = walk->at;

    while (peek(walk) >= ' ' && peek(walk) != '"') {
        if (*walk->at++ == '\\' && !take_escape(walk)) {
            return false;
        }
    }
    *out = bytes_of(start, (size_t)(walk->at - start));
    return take(walk, '"');
}

static bool take_word(struct walk *walk)
{
    static const char *const words[] = { "true", "false", "null" };
    struct bytes rest = bytes_of(walk->at, (size_t)(walk->end - walk->at));

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);

        if (bytes_equal(bytes_first(rest, length), bytes_of_text(words[i]))) {
            walk->at += length;
            return true;
        }
    }
    return false;
}

/* --- values become nodes -------------------------------------------------------------------------------- */

/* NULL where nothing is to be added. */
static struct detail_node *add_value(struct walk *walk)
{
    if (!walk->detail || walk->values >= VALUES_MAX) {
        return NULL;
    }
    walk->values++;
    return detail_add(walk->detail, walk->base + walk->depth,
                      walk->values == VALUES_MAX ? "and more" : "JSON");
}

static void show_value(struct walk *walk, struct detail_node *node, const uint8_t *start)
{
    if (node) {
        detail_show(walk->detail, node, bytes_of(start, (size_t)(walk->at - start)));
    }
}

static bool take_member(struct walk *walk)
{
    struct detail_node *node = add_value(walk);
    struct bytes name;

    if (!take_string(walk, &name)) {
        return false;
    }
    if (node && walk->values < VALUES_MAX) {
        node->name = name;
    }
    skip_blanks(walk);
    return take(walk, ':') && walk_value(walk, node);
}

static bool take_element(struct walk *walk, size_t nth)
{
    struct detail_node *node = add_value(walk);

    if (node && walk->values < VALUES_MAX) {
        detail_say(walk->detail, node, "[%zu]", nth);
        node->name = node->value;
    }
    return walk_value(walk, node);
}

/* What stands between the brackets of either kind. */
static bool take_inside(struct walk *walk, char end)
{
    skip_blanks(walk);
    if (take(walk, end)) {
        return true;
    }
    for (size_t nth = 0;; nth++) {
        skip_blanks(walk);
        if (!(end == '}' ? take_member(walk) : take_element(walk, nth))) {
            return false;
        }
        skip_blanks(walk);
        if (!take(walk, ',')) {
            return take(walk, end);
        }
    }
}

static bool take_container(struct walk *walk, char end)
{
    if (walk->depth == DEPTH_MAX) {
        return false;
    }
    walk->depth++;
    bool whole = take_inside(walk, end);

    walk->depth--;
    return whole;
}

static bool walk_value(struct walk *walk, struct detail_node *node)
{
    struct bytes string;
    bool whole;

    skip_blanks(walk);
    const uint8_t *start = walk->at;

    if (take(walk, '{')) {
        whole = take_container(walk, '}');
    } else if (take(walk, '[')) {
        whole = take_container(walk, ']');
    } else if (peek(walk) == '"') {
        whole = take_string(walk, &string);
    } else {
        whole = peek(walk) == '-' || (peek(walk) >= '0' && peek(walk) <= '9') ? take_number(walk)
                                                                              : take_word(walk);
    }
    show_value(walk, node, start);
    return whole;
}

void detail_json(struct detail *detail, unsigned depth, struct bytes text)
{
    struct walk look = { .at = text.data, .end = text.length ? text.data + text.length : text.data };
    struct walk walk = look;

    skip_blanks(&look);
    if (peek(&look) != '{' && peek(&look) != '[') { /* a word or a number by itself needs no tree */
        return;
    }
    bool whole = walk_value(&look, NULL);

    skip_blanks(&look);
    if (!whole || look.at != look.end) {
        return;
    }
    walk.detail = detail;
    walk.base = depth;
    struct detail_node *node = add_value(&walk);

    node->purpose = "The text is JSON: each of its values.";
    node->section = "RFC 8259 2";
    walk_value(&walk, node);
}
