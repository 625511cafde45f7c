/* SPDX-License-Identifier: MIT */
#ifndef WS101_PATTERN_CODE_H
#define WS101_PATTERN_CODE_H

/* pattern_code - the program that a pattern is made into: an instruction reads a byte, or leads to others.
 *
 * Comes in:   the pattern's text, as pattern.h has it.
 * Goes out:   code that ends with OP_MATCH. It runs from its start.
 * Limits:     PATTERN_INSTRUCTIONS, PATTERN_SETS.
 */

#include "pattern.h"

#define PATTERN_SETS 128

enum operation {
    OP_BYTE,                    /* reads that byte */
    OP_SET,                     /* reads one of a set */
    OP_SPLIT,                   /* goes on in two places */
    OP_JUMP,
    OP_BEGIN,                   /* goes on where the text begins, */
    OP_END,                     /* or ends */
    OP_MATCH,
};

/* Jumps are relative, so that code can be moved and copied. */
struct instruction {
    uint8_t operation;
    uint8_t operand;            /* OP_BYTE: the byte; OP_SET: which set */
    int16_t first, second;      /* OP_SPLIT, OP_JUMP */
};

struct byte_set {
    uint32_t bits[8];
};

struct pattern {
    struct instruction code[PATTERN_INSTRUCTIONS];
    size_t length;
    struct byte_set sets[PATTERN_SETS];
    size_t set_count;
    struct byte_set start;      /* bytes that a match can begin with */
    bool starts_anywhere;       /* it can match no byte at all, or depends on the place */
};

static inline bool byte_set_has(const struct byte_set *set, uint8_t byte)
{
    return set->bits[byte / 32] >> byte % 32 & 1;
}

static inline void byte_set_add(struct byte_set *set, int first, int last)
{
    for (int byte = first; byte <= last; byte++) {
        set->bits[byte / 32] |= UINT32_C(1) << byte % 32;
    }
}

static inline void byte_set_add_all(struct byte_set *set, const struct byte_set *others)
{
    for (int i = 0; i < 8; i++) {
        set->bits[i] |= others->bits[i];
    }
}

/* Fills in code and sets of a zeroed pattern. False, with what is wrong in *problem, when that cannot be. */
bool pattern_code_compile(struct pattern *pattern, struct bytes text, const char **problem);

#endif
