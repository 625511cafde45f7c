/* SPDX-License-Identifier: MIT */
#include "detail_build.h"
#include "json_reader.h"

/* JSON (RFC 8259) in a message: a node for each value, named by its member or its place in the list. */

#define VALUES_MAX 200 /* shown; the rest is in the text */

struct tree {
    struct detail *detail;
    size_t values;
};

static void add_children(struct tree *tree, unsigned depth, struct bytes container);

/* NULL where no more are shown; the last one says that there are more. */
static struct detail_node *add_value(struct tree *tree, unsigned depth)
{
    if (tree->values == VALUES_MAX) {
        return NULL;
    }
    tree->values++;
    return detail_add(tree->detail, depth, tree->values == VALUES_MAX ? "and more" : "JSON");
}

static void name_value(struct tree *tree, struct detail_node *node, struct bytes name, size_t nth)
{
    if (name.data) {
        node->name = name;
    } else {
        detail_say(tree->detail, node, "[%zu]", nth);
        node->name = node->value;
    }
}

/* Nesting is as deep as json_reader allows. */
static void add_children(struct tree *tree, unsigned depth, struct bytes container)
{
    struct json_reader reader;
    struct bytes name, value;

    if (!json_reader_open(&reader, container)) {
        return;
    }
    for (size_t nth = 0; tree->values < VALUES_MAX && json_reader_next(&reader, &name, &value); nth++) {
        struct detail_node *node = add_value(tree, depth);

        if (node && tree->values < VALUES_MAX) {
            name_value(tree, node, name, nth);
            detail_show(tree->detail, node, value);
            add_children(tree, depth + 1, value);
        }
    }
}

struct detail_node *detail_json_value(struct detail *detail, unsigned depth, const char *name,
                                      struct bytes value)
{
    struct tree tree = { .detail = detail, .values = 1 };
    struct detail_node *node = detail_add(detail, depth, name);

    detail_show(detail, node, value);
    add_children(&tree, depth + 1, value);
    return node;
}

void detail_json(struct detail *detail, unsigned depth, struct bytes text)
{
    struct bytes value, mistake;

    /* a word or a number by itself needs no tree */
    if (json_reader_whole(text, &value, &mistake) && (value.data[0] == '{' || value.data[0] == '[')) {
        struct detail_node *node = detail_json_value(detail, depth, "JSON", value);

        node->purpose = "The text is JSON: each of its values.";
        node->section = "RFC 8259 2";
    }
}
