/* SPDX-License-Identifier: MIT */
#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "report.h"

static const struct {
    int64_t nanoseconds;
    unsigned decimals;
    const char *text;
} seconds[] = {
    { 0, 9, "0.000000000" },
    { 1, 9, "0.000000001" },
    { INT64_C(1700000001000000005), 9, "1700000001.000000005" },
    { INT64_C(1700000001999999999), 6, "1700000001.999999" },
    { 1500000000, 0, "1" },
    { -1500000000, 1, "-1.5" },
    { INT64_MIN, 9, "-9223372036.854775808" },
    { INT64_MAX, 9, "9223372036.854775807" },
};

START_TEST(seconds_are_exact)
{
    struct output output;

    report_open(&output);
    output_seconds(&output, seconds[_i].nanoseconds, seconds[_i].decimals);
    char *text = report_text(&output);

    ck_assert_str_eq(text, seconds[_i].text);
    free(text);
}
END_TEST

START_TEST(numbers_are_as_printf_has_them)
{
    static const uint64_t numbers[] = { 0, 9, 10, 99, 100, 4294967296, UINT64_MAX };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct output output;
        char expected[64];

        snprintf(expected, sizeof expected, "%" PRIu64 " %06" PRIu64, numbers[i], numbers[i]);
        report_open(&output);
        output_number(&output, numbers[i], 1);
        output_character(&output, ' ');
        output_number(&output, numbers[i], 6);
        char *text = report_text(&output);

        ck_assert_str_eq(text, expected);
        ck_assert_uint_eq(output_digits(numbers[i]), strcspn(text, " "));
        free(text);
    }
}
END_TEST

/* Pieces of every size around the buffer's come out in order and whole. */
START_TEST(nothing_is_lost_at_the_buffers_edge)
{
    static const size_t sizes[] = { 1, OUTPUT_BUFFER - 1, OUTPUT_BUFFER, 3, OUTPUT_BUFFER + 1, 2, 200000, 7 };
    struct output output;
    size_t at = 0;

    report_open(&output);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *piece = malloc(sizes[i]);

        ck_assert_ptr_nonnull(piece);
        for (size_t j = 0; j < sizes[i]; j++) {
            piece[j] = (char)('a' + (at + j) % 23);
        }
        output_bytes(&output, piece, sizes[i]);
        at += sizes[i];
        free(piece);
    }
    char *text = report_text(&output);

    ck_assert_uint_eq(strlen(text), at);
    for (size_t i = 0; i < at; i++) {
        ck_assert_int_eq(text[i], 'a' + (char)(i % 23));
    }
    free(text);
}
END_TEST

/* Fault 75: the first failure is remembered, and what follows is dropped. */
START_TEST(a_full_device_is_remembered)
{
    struct output output;

    output_init(&output, open("/dev/full", O_WRONLY));
    for (int i = 0; i < 3 * OUTPUT_BUFFER; i++) {
        output_character(&output, 'x');
    }
    ck_assert(!output_flush(&output));
    ck_assert_int_eq(output.error, ENOSPC);
    close(output.descriptor);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("output");

    tcase_add_loop_test(tests, seconds_are_exact, 0, (int)(sizeof seconds / sizeof seconds[0]));
    tcase_add_test(tests, numbers_are_as_printf_has_them);
    tcase_add_test(tests, nothing_is_lost_at_the_buffers_edge);
    tcase_add_test(tests, a_full_device_is_remembered);
    return report_run("output", tests);
}
