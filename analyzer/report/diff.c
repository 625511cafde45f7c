/* SPDX-License-Identifier: MIT */
#include "diff.h"

#include <stdlib.h>

/* In a grid, a's pieces run along x and b's along y. Right is a piece that goes, down one that comes, and a
 * diagonal one that stays. Diagonal k is x - y. reach[k] is how far right one gets on it with so many steps
 * off a diagonal: first those with none, then with one more each round. */
struct search {
    const struct bytes *a, *b;
    size_t a_count, b_count;
    size_t *reach;                      /* of the round under way, from diagonal -DIFF_EDITS_MAX - 1 on */
    size_t *rounds[DIFF_EDITS_MAX + 1]; /* what each round d began with: diagonals -d - 1 to d + 1 */
    uint64_t steps;
};

#define ZERO (DIFF_EDITS_MAX + 1) /* where diagonal 0 stands in reach */

static size_t follow_diagonal(struct search *search, size_t x, size_t y)
{
    while (x < search->a_count && y < search->b_count && bytes_equal(search->a[x], search->b[y])) {
        x++;
        y++;
        search->steps++;
    }
    return x;
}

/* Whether the best way to diagonal k in round d comes from above: by a piece that comes. */
static bool comes_down(const size_t *reach, int64_t k, int64_t d)
{
    return k == -d || (k != d && reach[-1] < reach[1]);
}

/* One round; true when the far corner is reached. */
static bool search_round(struct search *search, int64_t d)
{
    int64_t last = (int64_t)search->a_count - (int64_t)search->b_count;

    for (int64_t k = -d; k <= d; k += 2) {
        size_t *reach = &search->reach[ZERO + k];
        size_t x = d == 0 ? 0 : comes_down(reach, k, d) ? reach[1] : reach[-1] + 1;
        int64_t y = (int64_t)x - k;

        /* ways that leave the grid lead nowhere */
        *reach =
            x > search->a_count || y > (int64_t)search->b_count ? x : follow_diagonal(search, x, (size_t)y);
        search->steps++;
        if (k == last && *reach >= search->a_count) {
            return true;
        }
    }
    return false;
}

/* What the round begins with is kept, to find the way back. */
static bool keep_round(struct search *search, int64_t d)
{
    size_t size = (size_t)(2 * d + 3) * sizeof *search->reach;

    search->rounds[d] = malloc(size);
    if (search->rounds[d]) {
        memcpy(search->rounds[d], &search->reach[ZERO - d - 1], size);
    }
    return search->rounds[d] != NULL;
}

/* How many pieces differ; -1 when it takes too long, or more memory than there is. */
static int64_t count_edits(struct search *search)
{
    for (int64_t d = 0; d <= DIFF_EDITS_MAX && search->steps < DIFF_STEPS_MAX; d++) {
        if (!keep_round(search, d)) {
            return -1;
        }
        if (search_round(search, d)) {
            return d;
        }
    }
    return -1;
}

/* --- the runs ---------------------------------------------------------------------------------------- */

/* Found from the end to the beginning. */
static void put_before(struct diff *diff, enum diff_kind kind, size_t old, size_t fresh, size_t count)
{
    struct diff_run *last = diff->count > 0 ? &diff->runs[diff->count - 1] : NULL;

    if (count == 0) {
        return;
    }
    if (last && last->kind == kind) {
        last->old = old;
        last->fresh = fresh;
        last->count += count;
    } else {
        diff->runs[diff->count++] = (struct diff_run){ kind, old, fresh, count };
    }
}

/* From the far corner back: which round came from where. */
static void walk_back(const struct search *search, struct diff *diff, size_t skipped, int64_t edits)
{
    size_t x = search->a_count, y = search->b_count;

    for (int64_t d = edits; d > 0; d--) {
        int64_t k = (int64_t)x - (int64_t)y;
        const size_t *before = &search->rounds[d][k + d + 1];
        bool down = comes_down(before, k, d);
        size_t from_x = down ? before[1] : before[-1];
        size_t from_y = (size_t)((int64_t)from_x - (down ? k + 1 : k - 1));
        size_t start_x = down ? from_x : from_x + 1, start_y = down ? from_y + 1 : from_y;

        put_before(diff, DIFF_SAME, skipped + start_x, skipped + start_y, x - start_x);
        put_before(diff, down ? DIFF_NEW : DIFF_GONE, skipped + from_x, skipped + from_y, 1);
        x = from_x;
        y = from_y;
    }
    put_before(diff, DIFF_SAME, skipped, skipped, x);
}

static void reverse(struct diff *diff)
{
    for (size_t i = 0; i < diff->count / 2; i++) {
        struct diff_run run = diff->runs[i];

        diff->runs[i] = diff->runs[diff->count - 1 - i];
        diff->runs[diff->count - 1 - i] = run;
    }
}

/* Between the ends that the two have in common. */
static bool make_middle(struct search *search, struct diff *diff, size_t skipped)
{
    search->reach = calloc(2 * ZERO + 1, sizeof *search->reach);
    if (search->reach == NULL) {
        return false;
    }
    int64_t edits = count_edits(search);

    diff->gave_up = edits < 0;
    if (diff->gave_up) {
        put_before(diff, DIFF_NEW, skipped + search->a_count, skipped, search->b_count);
        put_before(diff, DIFF_GONE, skipped, skipped, search->a_count);
    } else {
        walk_back(search, diff, skipped, edits);
    }
    for (size_t d = 0; d <= DIFF_EDITS_MAX; d++) {
        free(search->rounds[d]);
    }
    free(search->reach);
    return true;
}

/* How many pieces the two have in common at their ends. */
static size_t common_start(const struct search *search)
{
    size_t count = 0;

    while (count < search->a_count && count < search->b_count &&
           bytes_equal(search->a[count], search->b[count])) {
        count++;
    }
    return count;
}

static size_t common_end(const struct search *search)
{
    size_t count = 0;

    while (count < search->a_count && count < search->b_count &&
           bytes_equal(search->a[search->a_count - 1 - count], search->b[search->b_count - 1 - count])) {
        count++;
    }
    return count;
}

#define RUNS_MAX (4 * DIFF_EDITS_MAX + 4)

bool diff_make(struct diff *diff, const struct bytes *a, size_t a_count, const struct bytes *b,
               size_t b_count)
{
    struct search *search = calloc(1, sizeof *search);

    *diff = (struct diff){ .runs = calloc(RUNS_MAX, sizeof *diff->runs) };
    if (search == NULL || diff->runs == NULL) {
        free(search);
        diff_release(diff);
        return false;
    }
    *search = (struct search){ .a = a, .b = b, .a_count = a_count, .b_count = b_count };
    size_t start = common_start(search);

    search->a += start;
    search->b += start;
    search->a_count -= start;
    search->b_count -= start;
    size_t end = common_end(search);

    search->a_count -= end;
    search->b_count -= end;
    put_before(diff, DIFF_SAME, a_count - end, b_count - end, end);
    bool good = make_middle(search, diff, start);

    put_before(diff, DIFF_SAME, 0, 0, start);
    reverse(diff);
    free(search);
    return good;
}

void diff_release(struct diff *diff)
{
    free(diff->runs);
    *diff = (struct diff){ .runs = NULL };
}
