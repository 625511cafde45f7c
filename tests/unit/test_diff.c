/* SPDX-License-Identifier: MIT */
#include "report/diff.h"

#include <check.h>
#include <stdlib.h>

#define PIECES_MAX 40

static uint32_t random_state;

static uint32_t random_below(uint32_t most)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % most;
}

/* A text of few letters, each a piece. */
static size_t pieces_of(const char *text, struct bytes *out)
{
    size_t count = strlen(text);

    for (size_t i = 0; i < count; i++) {
        out[i] = bytes_of(text + i, 1);
    }
    return count;
}

static void random_text(char *out, size_t most)
{
    size_t length = random_below((uint32_t)most);

    for (size_t i = 0; i < length; i++) {
        out[i] = (char)('a' + random_below(3));
    }
    out[length] = '\0';
}

/* The length of the longest common subsequence, by the book. */
static size_t longest_common(const char *a, const char *b)
{
    size_t table[PIECES_MAX + 1][PIECES_MAX + 1] = { { 0 } };

    for (size_t i = 1; a[i - 1]; i++) {
        for (size_t j = 1; b[j - 1]; j++) {
            size_t left = table[i][j - 1], above = table[i - 1][j];

            table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : left > above ? left : above;
        }
    }
    return table[strlen(a)][strlen(b)];
}

/* What the runs say of both texts: each is told from end to end, in order, and what is the same is the same.
 * Returns how many pieces stayed. */
static size_t assert_tells_both(const struct diff *diff, const char *a, const char *b)
{
    size_t x = 0, y = 0, same = 0;

    for (size_t i = 0; i < diff->count; i++) {
        const struct diff_run *run = &diff->runs[i];

        ck_assert_uint_gt(run->count, 0);
        if (run->kind != DIFF_NEW) {
            ck_assert_uint_eq(run->old, x);
            x += run->count;
        }
        if (run->kind != DIFF_GONE) {
            ck_assert_uint_eq(run->fresh, y);
            y += run->count;
        }
        if (run->kind == DIFF_SAME) {
            ck_assert_int_eq(memcmp(a + run->old, b + run->fresh, run->count), 0);
            same += run->count;
        }
    }
    ck_assert_uint_eq(x, strlen(a));
    ck_assert_uint_eq(y, strlen(b));
    return same;
}

static const struct {
    const char *a, *b;
} pairs[] = {
    { "", "" },         { "a", "" },       { "", "a" },       { "abc", "abc" },
    { "abcabba", "cbabac" },                /* the paper's example: five differ */
    { "aaaa", "bbbb" }, { "abab", "baba" }, { "aab", "aaab" }, { "xabcy", "xcbay" },
};

START_TEST(pairs_are_told)
{
    struct bytes a[PIECES_MAX], b[PIECES_MAX];
    struct diff diff;

    ck_assert(diff_make(&diff, a, pieces_of(pairs[_i].a, a), b, pieces_of(pairs[_i].b, b)));
    ck_assert_uint_eq(assert_tells_both(&diff, pairs[_i].a, pairs[_i].b),
                      longest_common(pairs[_i].a, pairs[_i].b));
    ck_assert(!diff.gave_up);
    diff_release(&diff);
}
END_TEST

START_TEST(nothing_shorter_could_be_found)
{
    char left[PIECES_MAX], right[PIECES_MAX];
    struct bytes a[PIECES_MAX], b[PIECES_MAX];
    struct diff diff;

    random_state = 7;
    for (int i = 0; i < 3000; i++) {
        random_text(left, PIECES_MAX);
        random_text(right, PIECES_MAX);
        ck_assert(diff_make(&diff, a, pieces_of(left, a), b, pieces_of(right, b)));
        ck_assert_uint_eq(assert_tells_both(&diff, left, right), longest_common(left, right));
        diff_release(&diff);
    }
}
END_TEST

/* Two long lists with nothing in common but their ends cost a bounded time, and that is told. */
START_TEST(it_gives_up_in_time)
{
    enum { COUNT = 200000 };
    struct bytes *a = calloc(COUNT, sizeof *a), *b = calloc(COUNT, sizeof *b);
    struct diff diff;

    for (size_t i = 0; i < COUNT; i++) {
        bool end = i < 10 || i >= COUNT - 5;

        a[i] = bytes_of_text(end ? "end" : i % 2 ? "a" : "aa");
        b[i] = bytes_of_text(end ? "end" : i % 3 ? "b" : "bb");
    }
    ck_assert(diff_make(&diff, a, COUNT, b, COUNT));
    ck_assert(diff.gave_up);
    ck_assert_uint_eq(diff.count, 4);
    ck_assert(diff.runs[0].kind == DIFF_SAME && diff.runs[0].count == 10);
    ck_assert(diff.runs[1].kind == DIFF_GONE && diff.runs[1].count == COUNT - 15);
    ck_assert(diff.runs[2].kind == DIFF_NEW && diff.runs[2].fresh == 10);
    ck_assert(diff.runs[3].kind == DIFF_SAME && diff.runs[3].old == COUNT - 5);
    diff_release(&diff);
    free(a);
    free(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diff");
    TCase *all = tcase_create("diff");
    SRunner *runner = srunner_create(suite);

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, pairs_are_told, 0, (int)(sizeof pairs / sizeof pairs[0]));
    tcase_add_test(all, nothing_shorter_could_be_found);
    tcase_add_test(all, it_gives_up_in_time);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
