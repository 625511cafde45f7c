/* SPDX-License-Identifier: MIT */
#include "view/replay.h"

#include "report.h"

#define SECOND INT64_C(1000000000)

static struct replay replay;

/* A file from 100 to 110 seconds, measured, read anew and playing. */
static void begin(void)
{
    replay_init(&replay);
    replay_note(&replay, 100 * SECOND);
    replay_note(&replay, 110 * SECOND);
    replay_begin(&replay, INT64_MIN);
    replay_ended(&replay);
    replay_restarted(&replay, true);
}

START_TEST(off_it_holds_nothing_back)
{
    replay_init(&replay);
    replay_note(&replay, 5 * SECOND);
    ck_assert(replay_due(&replay, 5 * SECOND));
    ck_assert(replay_due(&replay, 500 * SECOND));
    ck_assert_int_eq(replay_wait(&replay), REPLAY_FOREVER);
}
END_TEST

START_TEST(a_packet_waits_for_its_time)
{
    begin();
    ck_assert(replay_due(&replay, 100 * SECOND));
    ck_assert(!replay_due(&replay, 103 * SECOND));
    ck_assert_int_eq(replay_wait(&replay), 3 * SECOND);
    replay_advance(&replay, 2 * SECOND);
    ck_assert(!replay_due(&replay, 103 * SECOND));
    ck_assert_int_eq(replay_wait(&replay), SECOND);
    ck_assert(replay_part(&replay) > 0.199 && replay_part(&replay) < 0.201);
    replay_advance(&replay, SECOND);
    ck_assert(replay_due(&replay, 103 * SECOND));
}
END_TEST

static const struct {
    const char *name;
    int64_t felt;               /* for eight seconds of the file */
} paces[] = {
    { "1/8", 64 * SECOND }, { "x1/4", 32 * SECOND }, { "1", 8 * SECOND },
    { "4", 2 * SECOND },    { "x64", SECOND / 8 },
    { "max", 0 },
};

START_TEST(speed_divides_the_wait)
{
    begin();
    replay.speed = replay_speed_find(paces[_i].name);
    ck_assert(replay_due(&replay, 100 * SECOND));
    ck_assert(replay_due(&replay, 108 * SECOND) == (paces[_i].felt == 0));
    if (paces[_i].felt > 0) {
        ck_assert_int_eq(replay_wait(&replay), paces[_i].felt);
        replay_advance(&replay, paces[_i].felt - 1000);
        ck_assert(!replay_due(&replay, 108 * SECOND));
        replay_advance(&replay, 1000);
        ck_assert(replay_due(&replay, 108 * SECOND));
    }
}
END_TEST

/* However long a turn took, what happened in it is due, and the clock is not late. */
START_TEST(a_turn_may_be_longer_than_a_wait)
{
    begin();
    ck_assert(!replay_due(&replay, 101 * SECOND));
    replay_advance(&replay, 3 * SECOND);
    ck_assert(replay_due(&replay, 101 * SECOND));
    ck_assert(replay_due(&replay, 102 * SECOND));
    ck_assert(!replay_due(&replay, 104 * SECOND));
    ck_assert_int_eq(replay_wait(&replay), SECOND);
    replay_advance(&replay, 100 * SECOND);
    ck_assert_int_eq(replay.position, 110 * SECOND);
}
END_TEST

START_TEST(speeds_have_names_and_ends)
{
    begin();
    replay_faster(&replay, 100);
    ck_assert_str_eq(replay_speed_name(replay.speed), "max");
    replay_faster(&replay, -100);
    ck_assert_str_eq(replay_speed_name(replay.speed), "x1/8");
    ck_assert_int_eq(replay_speed_find("3"), REPLAY_SPEEDS);
    ck_assert_int_eq(replay_speed_find(""), REPLAY_SPEEDS);
    ck_assert_int_eq(replay_speed_find("1"), REPLAY_USUAL);
}
END_TEST

/* The clock neither follows a packet from before nor stops for it. */
START_TEST(time_that_goes_backwards_does_not_stall)
{
    begin();
    ck_assert(replay_due(&replay, 104 * SECOND) == false);
    replay_advance(&replay, 4 * SECOND);
    ck_assert(replay_due(&replay, 104 * SECOND));
    ck_assert(replay_due(&replay, 2 * SECOND));
    ck_assert(replay_due(&replay, -5 * SECOND));
    ck_assert_int_eq(replay.position, 104 * SECOND);
    ck_assert(!replay_due(&replay, 105 * SECOND));
    ck_assert_int_eq(replay_wait(&replay), SECOND);
}
END_TEST

START_TEST(paused_it_steps)
{
    begin();
    ck_assert(replay_due(&replay, 100 * SECOND));
    replay_toggle(&replay);
    ck_assert(!replay_due(&replay, 101 * SECOND));
    replay_advance(&replay, 50 * SECOND);
    ck_assert(!replay_due(&replay, 101 * SECOND));
    ck_assert_int_eq(replay_wait(&replay), REPLAY_FOREVER);
    replay_step(&replay);
    ck_assert(replay_due(&replay, 101 * SECOND));
    ck_assert_int_eq(replay.position, 101 * SECOND);
    ck_assert(!replay_due(&replay, 102 * SECOND));
}
END_TEST

START_TEST(long_waits_can_be_cut)
{
    begin();
    replay.capped = true;
    replay.cap = SECOND;
    ck_assert(!replay_due(&replay, 109 * SECOND));
    ck_assert_int_eq(replay_wait(&replay), SECOND);
    replay_advance(&replay, SECOND / 2);
    ck_assert_int_eq(replay_wait(&replay), SECOND / 2);
    ck_assert(!replay_due(&replay, 109 * SECOND));
    replay_advance(&replay, SECOND / 2);
    ck_assert(replay_due(&replay, 109 * SECOND));
    ck_assert_int_eq(replay.position, 109 * SECOND);
}
END_TEST

START_TEST(forwards_needs_no_new_reading_and_back_does)
{
    begin();
    ck_assert(replay_due(&replay, 100 * SECOND));
    replay_jump(&replay, 105 * SECOND);
    ck_assert(!replay.restart);
    ck_assert(replay_due(&replay, 104 * SECOND));
    ck_assert(!replay_due(&replay, 106 * SECOND));
    replay_jump(&replay, 104 * SECOND + 1);         /* nothing was handed out since */
    ck_assert(!replay.restart);
    replay_jump(&replay, 103 * SECOND);
    ck_assert(replay.restart);
    replay_restarted(&replay, true);
    ck_assert_int_eq(replay.position, 103 * SECOND);
    ck_assert(replay_due(&replay, 102 * SECOND));
    ck_assert(!replay_due(&replay, 104 * SECOND));
    replay_jump(&replay, 0);
    ck_assert_int_eq(replay.position, 100 * SECOND);
    replay_restarted(&replay, false);               /* what cannot be read anew stays */
    ck_assert_int_eq(replay.position, 102 * SECOND);
    replay_jump(&replay, INT64_MAX);
    ck_assert_int_eq(replay.position, 110 * SECOND);
}
END_TEST

START_TEST(at_its_end_it_can_begin_again)
{
    begin();
    replay_jump(&replay, replay_at(&replay, 1));
    ck_assert(replay_due(&replay, 110 * SECOND));
    replay_ended(&replay);
    ck_assert(replay_is_over(&replay));
    ck_assert_int_eq(replay_wait(&replay), REPLAY_FOREVER);
    ck_assert(replay_part(&replay) == 1);
    replay_toggle(&replay);
    ck_assert(replay.restart && replay.playing && !replay_is_over(&replay));
    replay_restarted(&replay, true);
    ck_assert_int_eq(replay.position, 100 * SECOND);
    ck_assert(!replay_is_over(&replay));
}
END_TEST

/* The wish to begin outlives the measuring. */
START_TEST(a_place_can_be_chosen_before_the_whole_is_known)
{
    replay_init(&replay);
    replay_note(&replay, 100 * SECOND);
    replay_begin(&replay, 103 * SECOND);
    replay_note(&replay, 110 * SECOND);
    ck_assert(replay_part(&replay) == -1);
    replay_ended(&replay);
    replay_restarted(&replay, true);
    ck_assert_int_eq(replay.position, 103 * SECOND);
}
END_TEST

START_TEST(times_at_the_ends_of_what_can_be_said)
{
    replay_init(&replay);
    replay_note(&replay, -(INT64_MAX / 2));
    replay_note(&replay, INT64_MAX / 2);
    replay_begin(&replay, INT64_MIN);
    replay_ended(&replay);
    replay_restarted(&replay, true);
    ck_assert(replay_due(&replay, -(INT64_MAX / 2)));
    ck_assert(!replay_due(&replay, INT64_MAX / 2));
    for (int speed = -3; speed < 12; speed++) {
        replay.speed = 0;
        replay_faster(&replay, speed);
        ck_assert_int_ge(replay_wait(&replay), 0);
        replay_advance(&replay, INT64_MAX / 128);
        replay_jump(&replay, replay_at(&replay, 0.5));
    }
    ck_assert(replay_part(&replay) >= 0 && replay_part(&replay) <= 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay");
    TCase *tests = tcase_create("pace");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tests, off_it_holds_nothing_back);
    tcase_add_test(tests, a_packet_waits_for_its_time);
    tcase_add_loop_test(tests, speed_divides_the_wait, 0, (int)(sizeof paces / sizeof paces[0]));
    tcase_add_test(tests, a_turn_may_be_longer_than_a_wait);
    tcase_add_test(tests, speeds_have_names_and_ends);
    tcase_add_test(tests, time_that_goes_backwards_does_not_stall);
    tcase_add_test(tests, paused_it_steps);
    tcase_add_test(tests, long_waits_can_be_cut);
    tcase_add_test(tests, forwards_needs_no_new_reading_and_back_does);
    tcase_add_test(tests, at_its_end_it_can_begin_again);
    tcase_add_test(tests, a_place_can_be_chosen_before_the_whole_is_known);
    tcase_add_test(tests, times_at_the_ends_of_what_can_be_said);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
