/* SPDX-License-Identifier: MIT */
#include "core/utf8.h"

#include <check.h>
#include <stdlib.h>

/* RFC 3629 section 4 at its borders. bad is the offset of the first bad byte; -1 where all are good. */
static const struct {
    const char *bytes;
    size_t n;
    int bad;
    bool complete;
} texts[] = {
    { "", 0, -1, true },
    { "plain ASCII, longer than a word", 31, -1, true },
    { "\xC2\x80", 2, -1, true },
    { "\xC1\xBF", 2, 0, false },                    /* overlong */
    { "\xE0\x9F\xBF", 3, 1, false },                /* overlong */
    { "\xED\x9F\xBF", 3, -1, true },
    { "\xED\xA0\x80", 3, 1, false },                /* surrogate */
    { "\xF4\x8F\xBF\xBF", 4, -1, true },            /* U+10FFFF */
    { "\xF4\x90\x80\x80", 4, 1, false },            /* beyond it */
    { "\xE6\x97", 2, -1, false },                   /* half a character */
    { "12345678\xE6\x97\xA5z\xFF", 13, 12, false },
};

/* However the text is cut in two, the verdict and the place are the same. */
START_TEST(verdict_does_not_depend_on_where_the_text_is_cut)
{
    size_t n = texts[_i].n;

    for (size_t cut = 0; cut <= n; cut++) {
        const uint8_t *bytes = (const uint8_t *)texts[_i].bytes;
        struct utf8 text;

        utf8_init(&text);
        utf8_feed(&text, bytes, cut);
        bool good = utf8_feed(&text, bytes + cut, n - cut);

        ck_assert_int_eq(good, texts[_i].bad < 0);
        ck_assert_int_eq((int)text.offset, texts[_i].bad < 0 ? (int)n : texts[_i].bad);
        ck_assert_int_eq(utf8_complete(&text), texts[_i].complete);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *borders = tcase_create("borders of RFC 3629");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(borders, verdict_does_not_depend_on_where_the_text_is_cut, 0,
                        (int)(sizeof texts / sizeof texts[0]));
    suite_add_tcase(suite, borders);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
