/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

/* hex - packets written as text: "45 00 00 2A" and string literals one after the other. Each is a block of
 * its own and exactly as long as the bytes, so that the address sanitizer sees a read one past the end. */

#include "core/bytes.h"

#include <check.h>
#include <stdlib.h>

static void *hex_blocks[256];
static size_t hex_block_count;

static inline uint8_t *hex_allocate(size_t size)
{
    ck_assert_uint_lt(hex_block_count, sizeof hex_blocks / sizeof hex_blocks[0]);
    uint8_t *block = malloc(size ? size : 1);

    ck_assert_ptr_nonnull(block);
    hex_blocks[hex_block_count++] = block;
    return block;
}

/* Frees all of them: the teardown of a test case. */
static inline void hex_release(void)
{
    while (hex_block_count > 0) {
        free(hex_blocks[--hex_block_count]);
    }
}

/* The same bytes, or the first n of them, in a block of their own. */
static inline struct bytes hex_copy(struct bytes view, size_t n)
{
    view = bytes_first(view, n);
    uint8_t *block = hex_allocate(view.length);

    if (view.length > 0) {
        memcpy(block, view.data, view.length);
    }
    return bytes_of(block, view.length);
}

static inline struct bytes hex(const char *text)
{
    uint8_t *block = hex_allocate(strlen(text) / 2);
    size_t length = 0;

    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        char digits[3] = { text[0], text[1], '\0' };
        char *end;

        block[length++] = (uint8_t)strtoul(digits, &end, 16);
        ck_assert_msg(*end == '\0' && text[1] != '\0', "not hexadecimal: %s", text);
        text += 2;
    }
    return hex_copy(bytes_of(block, length), length);
}

#endif
