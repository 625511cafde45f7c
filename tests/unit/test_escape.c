/* SPDX-License-Identifier: MIT */
#include "report/escape.h"
#include "report/width.h"
#include "report.h"

/* Fault 71: what must not reach a terminal, and what it becomes. */
static const struct {
    const char *bytes;
    size_t n;
    const char *shown;
    size_t columns;
} rows[] = {
    { "plain text ~", 12, "plain text ~", 12 },
    { "", 0, "", 0 },
    { "\033[2Jx", 5, "\\x1b[2Jx", 8 },
    { "\033]52;c;eA==\a", 12, "\\x1b]52;c;eA==\\x07", 18 },
    { "a\tb\r\n", 5, "a\\tb\\r\\n", 8 },
    { "\0\b\x7F", 3, "\\x00\\x08\\x7f", 12 },
    { "\x9B" "2J", 3, "\\x9b2J", 6 },                           /* C1 as a byte */
    { "\xC2\x9B" "2J", 4, "\\u{9b}2J", 8 },                     /* C1 as UTF-8 */
    { "\xE2\x80\xAE" "abc", 6, "\\u{202e}abc", 11 },            /* right-to-left override */
    { "\xE2\x81\xA6", 3, "\\u{2066}", 8 },                      /* isolate */
    { "\xE2\x80\xA8", 3, "\\u{2028}", 8 },                      /* line separator */
    { "\xF3\xA0\x81\x81", 4, "\\u{e0041}", 9 },                 /* tag */
    { "\xEF\xBB\xBF", 3, "\\u{feff}", 8 },
    { "\xE6\x97\xA5\xE6\x9C\xAC", 6, "\xE6\x97\xA5\xE6\x9C\xAC", 4 },
    { "\xF0\x9F\x98\x80", 4, "\xF0\x9F\x98\x80", 2 },
    { "e\xCC\x81", 3, "e\xCC\x81", 1 },
    { "\xC3\xA9", 2, "\xC3\xA9", 1 },
    { "\xE6\x97", 2, "\\xe6\\x97", 8 },                         /* half a character */
    { "\xED\xA0\x80", 3, "\\xed\\xa0\\x80", 12 },               /* surrogate */
    { "\xC0\xAF", 2, "\\xc0\\xaf", 8 },                         /* overlong */
    { "a\\x1b", 5, "a\\x1b", 5 },                               /* a backslash stays */
};

START_TEST(each_becomes_what_it_should)
{
    struct bytes view = bytes_of(rows[_i].bytes, rows[_i].n);
    struct output output;

    report_open(&output);
    ck_assert_uint_eq(escape_write(&output, &view, ESCAPE_ALL), rows[_i].columns);
    ck_assert_uint_eq(view.length, 0);
    char *text = report_text(&output);

    ck_assert_str_eq(text, rows[_i].shown);
    free(text);
}
END_TEST

/* Whether a terminal that knows UTF-8 would only print this. */
static bool harmless(struct bytes view)
{
    while (view.length > 0) {
        uint32_t code_point = escape_code_point(&view);

        if (code_point == ESCAPE_INVALID || width_of(code_point) == WIDTH_NONE) {
            return false;
        }
    }
    return true;
}

/* Fault 71: random bytes, with the dangerous ones often among them. Escaping twice changes nothing. */
START_TEST(whatever_comes_in_is_harmless_and_settled)
{
    static const uint8_t favourites[] = {
        0x1B, 0x9B, 0xC2, 0x85, 0xE2, 0x80, 0xAE, 0x7F, 0xCC, 0x81, 'a', '\\',
    };
    char once[2048], twice[2048];

    srandom(71);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[64];
        size_t n = (size_t)random() % sizeof bytes;

        for (size_t i = 0; i < n; i++) {
            bytes[i] = random() % 2 ? (uint8_t)random() : favourites[(size_t)random() % sizeof favourites];
        }
        escape_copy(once, sizeof once, bytes_of(bytes, n));
        ck_assert(harmless(bytes_of_text(once)));
        escape_copy(twice, sizeof twice, bytes_of_text(once));
        ck_assert_str_eq(once, twice);
    }
}
END_TEST

/* Fault 71: ten thousand combining marks take bounded room above one character. */
START_TEST(floods_of_marks_are_told_apart)
{
    size_t marks = 10000;
    char *flood = malloc(1 + 2 * marks);
    struct bytes view = bytes_of(flood, 1 + 2 * marks);
    struct output output;

    ck_assert_ptr_nonnull(flood);
    flood[0] = 'Z';
    for (size_t i = 0; i < marks; i++) {
        memcpy(flood + 1 + 2 * i, "\xCC\x81", 2);
    }
    report_open(&output);
    ck_assert_uint_eq(escape_write(&output, &view, ESCAPE_ALL),
                      1 + (marks - ESCAPE_MARKS_MAX) * strlen("\\u{301}"));
    free(report_text(&output));
    free(flood);
}
END_TEST

/* A wide character that would stick out over the edge stays for the caller. */
START_TEST(never_wider_than_asked)
{
    struct bytes view = bytes_of_text("ab\xE6\x97\xA5" "c");
    struct output output;

    report_open(&output);
    ck_assert_uint_eq(escape_write(&output, &view, 3), 2);
    ck_assert_uint_eq(view.length, 4);
    ck_assert_uint_eq(escape_write(&output, &view, 2), 2);
    ck_assert_uint_eq(view.length, 1);
    char *text = report_text(&output);

    ck_assert_str_eq(text, "ab\xE6\x97\xA5");
    free(text);
}
END_TEST

/* Fault 73: a terminal without UTF-8 would take the bytes of a character for controls. */
START_TEST(an_ascii_terminal_gets_ascii)
{
    struct bytes view = bytes_of_text("\xE6\x97\xA5!");
    struct output output;

    report_open(&output);
    output.ascii = true;
    escape_write(&output, &view, ESCAPE_ALL);
    char *text = report_text(&output);

    ck_assert_str_eq(text, "\\u{65e5}!");
    free(text);
}
END_TEST

START_TEST(a_copy_ends_where_it_is_full)
{
    char small[8];

    escape_copy(small, sizeof small, bytes_of_text("abcde\033\033"));
    ck_assert_str_eq(small, "abcde");
    escape_copy(small, sizeof small, bytes_of_text("abcdefghij"));
    ck_assert_str_eq(small, "abcdefg");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("terminal");

    tcase_add_loop_test(tests, each_becomes_what_it_should, 0, (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tests, whatever_comes_in_is_harmless_and_settled);
    tcase_add_test(tests, floods_of_marks_are_told_apart);
    tcase_add_test(tests, never_wider_than_asked);
    tcase_add_test(tests, an_ascii_terminal_gets_ascii);
    tcase_add_test(tests, a_copy_ends_where_it_is_full);
    return report_run("escape", tests);
}
