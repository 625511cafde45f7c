/* SPDX-License-Identifier: MIT */
/* Two texts and what differs: the runs tell each of them from end to end, and what they call the same is. JSON
 * that has been sorted is JSON, and sorted. The first byte says where the one ends and the other begins. */
#include "report/diff.h"
#include "report/json_sorted.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static struct bytes *cut(struct bytes text, size_t piece, size_t *count)
{
    struct bytes *pieces = calloc(text.length / piece + 1, sizeof *pieces);

    for (*count = 0; text.length > 0; text = bytes_after(text, piece)) {
        pieces[(*count)++] = bytes_first(text, piece);
    }
    return pieces;
}

static void check_runs(const struct diff *diff, const struct bytes *a, size_t a_count, const struct bytes *b,
                       size_t b_count)
{
    size_t x = 0, y = 0;

    for (size_t i = 0; i < diff->count; i++) {
        const struct diff_run *run = &diff->runs[i];

        for (size_t k = 0; k < run->count; k++) {
            require(run->kind != DIFF_SAME || bytes_equal(a[run->old + k], b[run->fresh + k]));
        }
        require(run->kind == DIFF_NEW || run->old == x);
        require(run->kind == DIFF_GONE || run->fresh == y);
        x += run->kind == DIFF_NEW ? 0 : run->count;
        y += run->kind == DIFF_GONE ? 0 : run->count;
    }
    require(x == a_count && y == b_count);
}

static void compare(struct bytes first, struct bytes second, size_t piece)
{
    size_t a_count, b_count;
    struct bytes *a = cut(first, piece, &a_count), *b = cut(second, piece, &b_count);
    struct diff diff;

    require(diff_make(&diff, a, a_count, b, b_count));
    check_runs(&diff, a, a_count, b, b_count);
    diff_release(&diff);
    free(a);
    free(b);
}

static void sort(struct bytes text)
{
    size_t length, again;
    char *sorted = json_sorted(text, &length);
    char *twice = sorted ? json_sorted(bytes_of(sorted, length), &again) : NULL;

    require(sorted == NULL || (twice && bytes_equal(bytes_of(sorted, length), bytes_of(twice, again))));
    free(sorted);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct bytes text = bytes_of(data + 1, size - 1);
    size_t middle = text.length * data[0] / 256;

    compare(bytes_first(text, middle), bytes_after(text, middle), 1 + data[0] % 3);
    sort(text);
    return 0;
}
