/* SPDX-License-Identifier: MIT */
#include "core/pings.h"
#include "unit/report.h"

static struct memory memory;
static struct pings *pings;

static void start(void)
{
    memory = (struct memory){ .limit = 1 << 20 };
    pings = NULL;
}

static void end(void)
{
    pings_release(&pings, &memory);
    ck_assert_uint_eq(memory.used, 0);
}

static void ping(const char *payload, int64_t time)
{
    pings_sent(&pings, C2S, bytes_of_text(payload), time, &memory);
}

static int64_t pong(const char *payload, int64_t time)
{
    return pings_answered(&pings, C2S, bytes_of_text(payload), time, &memory);
}

START_TEST(a_pong_answers_the_ping_with_its_payload)
{
    ck_assert_int_eq(pong("a", 1), -1);
    ping("a", 10);
    ck_assert_int_eq(pong("b", 20), -1);
    ck_assert_int_eq(pings_answered(&pings, S2C, bytes_of_text("a"), 20, &memory), -1);
    ck_assert_int_eq(pong("a", 25), 15);
    ck_assert_int_eq(pong("a", 26), -1);
    ck_assert_ptr_null(pings);          /* nothing is outstanding, and nothing kept for it */
}
END_TEST

/* RFC 6455 section 5.5.3: only the latest Ping needs an answer. */
START_TEST(a_pong_settles_all_pings_before_its_own)
{
    ping("a", 10);
    ping("b", 20);
    ping("c", 30);
    ck_assert_int_eq(pong("b", 40), 20);
    ck_assert_int_eq(pong("a", 41), -1);
    ck_assert_int_eq(pong("c", 42), 12);
}
END_TEST

START_TEST(pings_alike_are_answered_in_turn_and_excused)
{
    ping("", 10);
    ping("", 20);
    ck_assert(pings_overdue(pings, C2S, 11));
    ck_assert_int_eq(pong("", 30), 20);
    ck_assert(!pings_overdue(pings, C2S, 1000));        /* that Pong may have been for both */
    ck_assert_int_eq(pong("", 40), 20);
}
END_TEST

START_TEST(an_answer_is_overdue_only_after_its_time)
{
    ck_assert(!pings_overdue(pings, C2S, 1000));
    ping("a", 10);
    ck_assert(!pings_overdue(pings, C2S, 10));
    ck_assert(pings_overdue(pings, C2S, 11));
    ck_assert(!pings_overdue(pings, S2C, 11));
}
END_TEST

START_TEST(too_many_at_once_are_forgotten_and_that_is_known)
{
    static const char *const payloads[PINGS_MOST + 1] = { "0", "1", "2", "3", "4" };

    for (int i = 0; i < PINGS_MOST; i++) {
        ping(payloads[i], i);
    }
    ck_assert(!pings_forgotten(pings, C2S));
    ping(payloads[PINGS_MOST], PINGS_MOST);
    ck_assert(pings_forgotten(pings, C2S));
    ck_assert(!pings_forgotten(pings, S2C));
    ck_assert_int_eq(pong("0", 100), -1);
    ck_assert_int_eq(pong("1", 100), 99);
}
END_TEST

START_TEST(a_clock_set_back_makes_no_negative_round_trip)
{
    ping("a", 10);
    ck_assert_int_eq(pong("a", 5), 0);
}
END_TEST

START_TEST(without_memory_nothing_is_matched)
{
    memory.limit = 0;
    ping("a", 10);
    ck_assert_int_eq(pong("a", 20), -1);
    ck_assert(!pings_overdue(pings, C2S, 1000));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pings");

    tcase_add_checked_fixture(tests, start, end);
    tcase_add_test(tests, a_pong_answers_the_ping_with_its_payload);
    tcase_add_test(tests, a_pong_settles_all_pings_before_its_own);
    tcase_add_test(tests, pings_alike_are_answered_in_turn_and_excused);
    tcase_add_test(tests, an_answer_is_overdue_only_after_its_time);
    tcase_add_test(tests, too_many_at_once_are_forgotten_and_that_is_known);
    tcase_add_test(tests, a_clock_set_back_makes_no_negative_round_trip);
    tcase_add_test(tests, without_memory_nothing_is_matched);
    return report_run("pings", tests);
}
