/* SPDX-License-Identifier: MIT */
#include "core/ended.h"
#include "unit/report.h"

#define SECOND INT64_C(1000000000)

static struct memory memory;
static struct ended ended;

static void start(uint64_t limit)
{
    memory = (struct memory){ .limit = limit };
    ended_init(&ended, &memory);
}

static void end(void)
{
    ended_release(&ended);
    ck_assert_uint_eq(memory.used, 0);
}

/* Any hash, good in all bits. */
static uint64_t hash_of(uint64_t n)
{
    n = (n + 1) * UINT64_C(0x9E3779B97F4A7C15);
    n = (n ^ n >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return n ^ n >> 32;
}

START_TEST(nothing_has_ended_to_begin_with)
{
    start(1 << 20);
    ck_assert(!ended_has(&ended, hash_of(1), 0));
    end();
}
END_TEST

START_TEST(a_hundred_thousand_that_end_at_once_are_all_known)
{
    start(4 << 20);
    for (uint64_t n = 0; n < 100000; n++) {
        ended_add(&ended, hash_of(n), SECOND + (int64_t)n);
    }
    for (uint64_t n = 0; n < 100000; n++) {
        ck_assert_msg(ended_has(&ended, hash_of(n), 2 * SECOND), "%llu is not known", (unsigned long long)n);
        ck_assert(!ended_has(&ended, hash_of(n + 100000), 2 * SECOND));
    }
    end();
}
END_TEST

/* Known for ENDED_TIME at least and twice that at most, whether others end meanwhile or not. */
START_TEST(each_is_forgotten_in_time)
{
    start(1 << 20);
    for (int64_t tenths = 0; tenths < 200; tenths++) {
        ended_add(&ended, hash_of((uint64_t)tenths), tenths * SECOND / 10);
        if (tenths >= 20) {
            ck_assert(ended_has(&ended, hash_of((uint64_t)tenths - 20), tenths * SECOND / 10));
        }
        if (tenths > 41) {
            ck_assert(!ended_has(&ended, hash_of((uint64_t)tenths - 42), tenths * SECOND / 10));
        }
    }
    ck_assert(!ended_has(&ended, hash_of(199), 30 * SECOND));
    ended_add(&ended, hash_of(200), 1000 * SECOND);
    ck_assert(!ended_has(&ended, hash_of(199), 1000 * SECOND));
    ck_assert_uint_le(memory.used, 1024 * sizeof(uint64_t));
    end();
}
END_TEST

START_TEST(without_memory_they_are_forgotten)
{
    start(1024 * sizeof(uint64_t));
    for (uint64_t n = 0; n < 5000; n++) {
        ended_add(&ended, hash_of(n), 0);
    }
    ck_assert(ended_has(&ended, hash_of(0), 0));
    ck_assert(!ended_has(&ended, hash_of(4999), 0));
    end();
}
END_TEST

START_TEST(memory_is_bounded)
{
    start(UINT64_MAX);
    for (uint64_t n = 0; n < 4 * ENDED_MOST; n++) {
        ended_add(&ended, hash_of(n), 0);
    }
    ck_assert(ended_has(&ended, hash_of(4 * ENDED_MOST - ENDED_MOST), 0));
    ck_assert_uint_le(memory.used, 32 << 20);
    end();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ended");

    tcase_add_test(tests, nothing_has_ended_to_begin_with);
    tcase_add_test(tests, a_hundred_thousand_that_end_at_once_are_all_known);
    tcase_add_test(tests, each_is_forgotten_in_time);
    tcase_add_test(tests, without_memory_they_are_forgotten);
    tcase_add_test(tests, memory_is_bounded);
    return report_run("ended", tests);
}
