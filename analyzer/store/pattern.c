/* SPDX-License-Identifier: MIT */
#include "pattern.h"

#include "pattern_code.h"

#include <stdlib.h>

/* A set of places in the code: a place is in it when where[place] names an entry that names it back. */
struct threads {
    uint16_t places[PATTERN_INSTRUCTIONS];
    uint16_t where[PATTERN_INSTRUCTIONS];
    size_t count;
};

static bool threads_add(struct threads *threads, size_t place)
{
    size_t entry = threads->where[place];

    if (entry < threads->count && threads->places[entry] == place) {
        return false;
    }
    threads->where[place] = (uint16_t)threads->count;
    threads->places[threads->count++] = (uint16_t)place;
    return true;
}

static size_t target(size_t place, int16_t jump)
{
    return (size_t)((ptrdiff_t)place + jump);
}

/* Adds every place that is reached from the entries without reading a byte. True: one of them is the end. */
static bool follow(const struct pattern *pattern, struct threads *threads, bool at_begin, bool at_end)
{
    bool matched = false;

    for (size_t i = 0; i < threads->count; i++) {
        size_t place = threads->places[i];
        const struct instruction *instruction = &pattern->code[place];

        switch (instruction->operation) {
        case OP_SPLIT:
            threads_add(threads, target(place, instruction->second));
            threads_add(threads, target(place, instruction->first));
            break;
        case OP_JUMP:
            threads_add(threads, target(place, instruction->first));
            break;
        case OP_BEGIN:
            if (at_begin) {
                threads_add(threads, place + 1);
            }
            break;
        case OP_END:
            if (at_end) {
                threads_add(threads, place + 1);
            }
            break;
        case OP_MATCH:
            matched = true;
            break;
        }
    }
    return matched;
}

static bool takes(const struct pattern *pattern, const struct instruction *instruction, uint8_t byte)
{
    return (instruction->operation == OP_BYTE && instruction->operand == byte) ||
           (instruction->operation == OP_SET && byte_set_has(&pattern->sets[instruction->operand], byte));
}

static void advance(const struct pattern *pattern, const struct threads *from, struct threads *to,
                    uint8_t byte)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        size_t place = from->places[i];

        if (takes(pattern, &pattern->code[place], byte)) {
            threads_add(to, place + 1);
        }
    }
}

bool pattern_matches(const struct pattern *pattern, struct bytes text)
{
    struct threads threads[2] = { { .count = 0 }, { .count = 0 } };
    struct threads *now = &threads[0], *next = &threads[1];

    for (size_t i = 0; i <= text.length; i++) {
        bool at_end = i == text.length;

        if (pattern->starts_anywhere || (!at_end && byte_set_has(&pattern->start, text.data[i]))) {
            threads_add(now, 0);
        }
        if (now->count == 0) {
            continue;
        }
        if (follow(pattern, now, i == 0, at_end)) {
            return true;
        }
        if (!at_end) {
            advance(pattern, now, next, text.data[i]);
            struct threads *swap = now;

            now = next;
            next = swap;
        }
    }
    return false;
}

/* What a match can begin with, so that bytes which begin none cost one test. */
static void find_start(struct pattern *pattern)
{
    struct threads threads = { .count = 0 };

    threads_add(&threads, 0);
    pattern->starts_anywhere = follow(pattern, &threads, true, true);
    for (size_t i = 0; i < threads.count; i++) {
        const struct instruction *instruction = &pattern->code[threads.places[i]];

        if (instruction->operation == OP_BYTE) {
            byte_set_add(&pattern->start, instruction->operand, instruction->operand);
        }
        if (instruction->operation == OP_SET) {
            byte_set_add_all(&pattern->start, &pattern->sets[instruction->operand]);
        }
    }
}

struct pattern *pattern_compile(struct bytes text, const char **problem)
{
    struct pattern *pattern = calloc(1, sizeof *pattern);

    if (pattern == NULL) {
        *problem = "there is no memory for the pattern";
        return NULL;
    }
    if (!pattern_code_compile(pattern, text, problem)) {
        free(pattern);
        return NULL;
    }
    find_start(pattern);
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    free(pattern);
}
