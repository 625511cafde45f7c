/* SPDX-License-Identifier: MIT */
#include "payload.h"

#define TOO_LARGE "the payload is larger than a script's memory"

static bool is_word(const struct payload_words *words, const char *text)
{
    return words->left > 0 && !words->word->string && bytes_equal(words->word->text, bytes_of_text(text));
}

static void next(struct payload_words *words)
{
    words->word++;
    words->left--;
}

static const char *take_count(struct payload_words *words, size_t *out)
{
    uint64_t value = 0;

    if (words->left == 0 || words->word->string || words->word->text.length > 10) {
        return "a number of bytes or repetitions is expected";
    }
    for (size_t i = 0; i < words->word->text.length; i++) {
        uint8_t digit = (uint8_t)(words->word->text.data[i] - '0');

        if (digit > 9) {
            return "a number of bytes or repetitions is expected";
        }
        value = value * 10 + digit;
    }
    next(words);
    *out = (size_t)value;
    return NULL;
}

static const char *take_hex(struct payload_words *words, struct bytes *out, struct arena *arena)
{
    if (words->left == 0) {
        return "hex is followed by digits, as in hex 81fe or hex \"81 fe\"";
    }
    struct bytes text = words->word->text;
    uint8_t *bytes = arena_allocate(arena, text.length / 2 + 1);
    size_t digits = 0;

    if (bytes == NULL) {
        return TOO_LARGE;
    }
    for (size_t i = 0; i < text.length; i++) {
        int digit = bytes_hex_digit(text.data[i]);

        if (digit < 0 && text.data[i] != ' ') {
            return "hex is followed by digits, as in hex 81fe or hex \"81 fe\"";
        }
        if (digit >= 0) {
            bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | digit);
            digits++;
        }
    }
    next(words);
    *out = bytes_of(bytes, digits / 2);
    return digits % 2 ? "hex needs two digits for every byte" : NULL;
}

/* Random to look at and to compress, the same in every run. */
static void fill_random(uint8_t *out, size_t n)
{
    uint32_t state = 101;

    for (size_t i = 0; i < n; i++) {
        state = state * 1664525 + 1013904223;
        out[i] = (uint8_t)(state >> 24);
    }
}

static void fill_zeros(uint8_t *out, size_t n)
{
    memset(out, 0, n);
}

static void fill_letters(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)('a' + i % 26);
    }
}

static const struct {
    const char *name;
    void (*fill)(uint8_t *out, size_t n);
} fillers[] = {
    { "zeros", fill_zeros },
    { "letters", fill_letters },
    { "random", fill_random },
};
#define FILLERS (sizeof fillers / sizeof fillers[0])

static size_t filler_of(const struct payload_words *words)
{
    size_t i = 0;

    while (i < FILLERS && !is_word(words, fillers[i].name)) {
        i++;
    }
    return i;
}

static const char *take_filled(struct payload_words *words, struct bytes *out, struct arena *arena)
{
    size_t filler = filler_of(words), n;

    next(words);
    const char *wrong = take_count(words, &n);
    uint8_t *bytes = wrong ? NULL : arena_allocate(arena, n);

    if (wrong != NULL || bytes == NULL) {
        return wrong ? wrong : TOO_LARGE;
    }
    fillers[filler].fill(bytes, n);
    *out = bytes_of(bytes, n);
    return NULL;
}

static const char *take_simple(struct payload_words *words, struct bytes *out, struct arena *arena)
{
    if (words->word->string) {
        *out = words->word->text;
        next(words);
        return NULL;
    }
    if (is_word(words, "hex")) {
        next(words);
        return take_hex(words, out, arena);
    }
    return take_filled(words, out, arena);
}

/* a and then n times b. */
static const char *join(struct bytes a, struct bytes b, size_t n, struct bytes *out, struct arena *arena)
{
    if (b.length != 0 && n > (SIZE_MAX / 2 - a.length) / b.length) {
        return TOO_LARGE;
    }
    uint8_t *bytes = arena_allocate(arena, a.length + n * b.length);

    if (bytes == NULL) {
        return TOO_LARGE;
    }
    *out = bytes_of(bytes, a.length + n * b.length);
    if (a.length > 0) {
        memcpy(bytes, a.data, a.length);
    }
    for (bytes += a.length; b.length > 0 && n > 0; n--, bytes += b.length) {
        memcpy(bytes, b.data, b.length);
    }
    return NULL;
}

static const char *take_piece(struct payload_words *words, struct bytes *out, struct arena *arena)
{
    struct bytes piece = bytes_of(NULL, 0);
    size_t times;
    const char *wrong = take_simple(words, &piece, arena);

    *out = piece;
    if (wrong == NULL && is_word(words, "*")) {
        next(words);
        wrong = take_count(words, &times);
        wrong = wrong ? wrong : join(bytes_of(NULL, 0), piece, times, out, arena);
    }
    return wrong;
}

bool payload_begins(const struct payload_words *words)
{
    return words->left > 0 && (words->word->string || is_word(words, "hex") || filler_of(words) < FILLERS);
}

const char *payload_take(struct payload_words *words, struct bytes *out, struct arena *arena)
{
    const char *wrong = NULL;

    *out = bytes_of(NULL, 0);
    while (wrong == NULL && payload_begins(words)) {
        struct bytes piece = bytes_of(NULL, 0);

        wrong = take_piece(words, &piece, arena);
        if (wrong == NULL && out->length > 0) {
            wrong = join(*out, piece, 1, out, arena);
        } else {
            *out = piece;
        }
    }
    return wrong;
}
