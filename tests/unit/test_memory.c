/* SPDX-License-Identifier: MIT */
#include "core/memory.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

START_TEST(what_is_handed_out_is_zero_and_counted)
{
    struct memory memory = { .limit = 100 };
    uint8_t *block = memory_allocate(&memory, 60);

    ck_assert_ptr_nonnull(block);
    for (int i = 0; i < 60; i++) {
        ck_assert_uint_eq(block[i], 0);
    }
    ck_assert_uint_eq(memory.used, 60);
    memory_release(&memory, block, 60);
    ck_assert_uint_eq(memory.used, 0);
    ck_assert_uint_eq(memory.refused, 0);
}
END_TEST

START_TEST(the_ceiling_holds_to_the_byte)
{
    struct memory memory = { .limit = 100 };
    void *most = memory_allocate(&memory, 99);

    ck_assert_ptr_null(memory_allocate(&memory, 2));
    ck_assert_uint_eq(memory.refused, 1);
    void *last = memory_allocate(&memory, 1);
    ck_assert_ptr_nonnull(last);
    ck_assert_uint_eq(memory.used, 100);
    memory_release(&memory, most, 99);
    memory_release(&memory, last, 1);
}
END_TEST

/* Sums that would wrap must not pass for small ones. */
START_TEST(no_size_is_too_large_to_be_refused)
{
    struct memory memory = { .limit = UINT64_MAX };
    void *block = memory_allocate(&memory, 10);

    ck_assert_ptr_null(memory_allocate(&memory, SIZE_MAX - 5));
    memory.limit = 1000;
    ck_assert_ptr_null(memory_allocate(&memory, SIZE_MAX));
    ck_assert_ptr_null(memory_resize(&memory, block, 10, SIZE_MAX));
    ck_assert_uint_eq(memory.used, 10);
    ck_assert_uint_eq(memory.refused, 3);
    memory_release(&memory, block, 10);
}
END_TEST

START_TEST(a_refused_resize_leaves_the_block)
{
    struct memory memory = { .limit = 100 };
    uint8_t *block = memory_allocate(&memory, 50);

    block[49] = 7;
    ck_assert_ptr_null(memory_resize(&memory, block, 50, 101));
    ck_assert_uint_eq(block[49], 7);
    ck_assert_uint_eq(memory.used, 50);

    block = memory_resize(&memory, block, 50, 100);
    ck_assert_uint_eq(block[49], 7);
    ck_assert_uint_eq(memory.used, 100);
    block = memory_resize(&memory, block, 100, 1);
    ck_assert_uint_eq(memory.used, 1);
    memory_release(&memory, block, 1);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

START_TEST(resizing_nothing_allocates_and_releasing_nothing_does_nothing)
{
    struct memory memory = { .limit = 100 };
    void *block = memory_resize(&memory, NULL, 0, 10);

    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(memory.used, 10);
    memory_release(&memory, NULL, 50);
    memory_release(&memory, block, 10);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *account = tcase_create("the account");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(account, what_is_handed_out_is_zero_and_counted);
    tcase_add_test(account, the_ceiling_holds_to_the_byte);
    tcase_add_test(account, no_size_is_too_large_to_be_refused);
    tcase_add_test(account, a_refused_resize_leaves_the_block);
    tcase_add_test(account, resizing_nothing_allocates_and_releasing_nothing_does_nothing);
    suite_add_tcase(suite, account);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
