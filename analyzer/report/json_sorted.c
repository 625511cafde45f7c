/* SPDX-License-Identifier: MIT */
#include "json_sorted.h"

#include <stdlib.h>

#include "json_reader.h"

#define INDENT 2

/* The text so far; failed for good when it cannot grow. */
struct text {
    char *bytes;
    size_t length, capacity;
    bool failed;
};

struct member {
    struct bytes name, value;
    size_t place; /* among the members, as they came */
};

static void add(struct text *text, const void *bytes, size_t length)
{
    size_t wanted = text->length + length;

    if (wanted > JSON_SORTED_MAX || text->failed) {
        text->failed = true;
        return;
    }
    if (wanted > text->capacity) {
        size_t capacity = wanted + wanted / 2 + 64;
        char *larger = realloc(text->bytes, capacity);

        if (larger == NULL) {
            text->failed = true;
            return;
        }
        text->bytes = larger;
        text->capacity = capacity;
    }
    if (length > 0) {
        memcpy(text->bytes + text->length, bytes, length);
        text->length += length;
    }
}

static void add_line(struct text *text, unsigned depth)
{
    static const char blanks[JSON_DEPTH_MAX * INDENT + 1] =
        "                                                                ";

    add(text, "\n", 1);
    add(text, blanks, depth * INDENT);
}

static int compare_members(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    size_t shorter = a->name.length < b->name.length ? a->name.length : b->name.length;
    int order = shorter ? memcmp(a->name.data, b->name.data, shorter) : 0;

    if (order == 0 && a->name.length != b->name.length) {
        return a->name.length < b->name.length ? -1 : 1;
    }
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static void add_value(struct text *text, struct bytes value, unsigned depth);

static void add_name(struct text *text, struct bytes name)
{
    add(text, "\"", 1);
    add(text, name.data, name.length);
    add(text, "\": ", 3);
}

static void add_members(struct text *text, const struct member *members, size_t count, bool named,
                        unsigned depth)
{
    for (size_t i = 0; i < count; i++) {
        add(text, ",", i > 0);
        add_line(text, depth);
        if (named) {
            add_name(text, members[i].name);
        }
        add_value(text, members[i].value, depth);
    }
}

/* An object or a list; an empty one stays on its line. */
static void add_container(struct text *text, struct bytes value, unsigned depth)
{
    bool named = json_reader_is_object(value);
    size_t count = json_reader_count(value), found = 0;
    struct member *members = calloc(count + 1, sizeof *members);
    struct json_reader reader;

    if (members == NULL || !json_reader_open(&reader, value)) {
        text->failed = true;
        free(members);
        return;
    }
    while (found < count && json_reader_next(&reader, &members[found].name, &members[found].value)) {
        members[found].place = found;
        found++;
    }
    if (named) {
        qsort(members, found, sizeof *members, compare_members);
    }
    add(text, named ? "{" : "[", 1);
    add_members(text, members, found, named, depth + 1);
    if (found > 0) {
        add_line(text, depth);
    }
    add(text, named ? "}" : "]", 1);
    free(members);
}

static void add_value(struct text *text, struct bytes value, unsigned depth)
{
    if (text->failed) {
        return;
    }
    if (json_reader_is_object(value) || json_reader_is_list(value)) {
        add_container(text, value, depth);
    } else {
        add(text, value.data, value.length);
    }
}

char *json_sorted(struct bytes text, size_t *length)
{
    struct text sorted = { .bytes = NULL };
    struct bytes value, mistake;

    if (!json_reader_whole(text, &value, &mistake)) {
        return NULL;
    }
    add_value(&sorted, value, 0);
    if (sorted.failed) {
        free(sorted.bytes);
        return NULL;
    }
    *length = sorted.length;
    return sorted.bytes;
}
