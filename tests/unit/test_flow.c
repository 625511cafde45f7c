/* SPDX-License-Identifier: MIT */
#include "core/flow.h"
#include "unit/report.h"

static struct memory memory;
static struct flow_table table;

static void start(void)
{
    memory = (struct memory){ .limit = 64 << 20 };
    flow_table_init(&table, 0x1011, &memory);
}

static void end(void)
{
    uint32_t position = 0;

    for (struct flow *flow; (flow = flow_walk(&table, &position)); position = 0) {
        flow_remove(&table, flow);
        memory_release(&memory, flow, sizeof *flow);
    }
    flow_table_release(&table);
    ck_assert_uint_eq(memory.used, 0);
}

/* The segment of conversation n: one of 64 hosts to one of 4 ports. */
static struct segment segment_of(uint32_t n)
{
    return (struct segment){ .source = report_endpoint((uint8_t)(1 + n % 64), (uint16_t)(1024 + n / 64)),
                             .destination = report_endpoint(200, (uint16_t)(80 + n % 4)) };
}

static struct segment reversed(struct segment segment)
{
    return (struct segment){ .source = segment.destination, .destination = segment.source };
}

static struct flow *find(uint32_t n)
{
    struct segment segment = segment_of(n), answer = reversed(segment);
    enum direction there = S2C, back = C2S;
    struct flow *flow = flow_find(&table, &segment, &there);

    if (flow != flow_find(&table, &answer, &back) || (flow && (there != C2S || back != S2C))) {
        ck_abort_msg("connection %u looks different from its other side", n);
    }
    return flow;
}

static struct flow *add(uint32_t n)
{
    struct segment segment = segment_of(n);
    struct flow *flow = flow_add(&table, &segment);

    if (flow == NULL) {
        ck_abort_msg("no flow %u", n);
    }
    return flow;
}

static void drop(struct flow *flow)
{
    flow_remove(&table, flow);
    memory_release(&memory, flow, sizeof *flow);
}

/* Adding, finding and removing at random, held against an array: through growth, and through runs of slots
 * that a removal has to close. */
START_TEST(it_is_a_table)
{
    enum { MANY = 3000 };
    static struct flow *model[MANY];
    uint64_t random = 1;
    uint32_t count = 0;

    for (int step = 0; step < 60000; step++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint32_t n = (uint32_t)(random >> 33) % MANY;

        if (find(n) != model[n]) {
            ck_abort_msg("step %d: connection %u is not what it was", step, n);
        }
        if (model[n] && (random >> 20) % 5 < (step / 20000 == 1 ? 4 : 2)) {
            drop(model[n]);
            model[n] = NULL;
            count--;
        } else if (model[n] == NULL) {
            model[n] = add(n);
            count++;
        }
    }
    ck_assert_uint_eq(table.count, count);
    ck_assert_uint_gt(table.capacity, count);
    for (uint32_t n = 0; n < MANY; n++) {
        ck_assert_msg(find(n) == model[n], "connection %u", n);
    }
}
END_TEST

START_TEST(the_walk_meets_each_once)
{
    uint32_t position = 0, met = 0;

    for (uint32_t n = 0; n < 1000; n++) {
        add(n)->last = 0;
    }
    for (struct flow *flow; (flow = flow_walk(&table, &position)); met++) {
        ck_assert_int_eq(flow->last, 0);
        flow->last = 1;
    }
    ck_assert_uint_eq(met, 1000);
}
END_TEST

START_TEST(the_seed_moves_them)         /* faults.md 33: no sender can choose who collides */
{
    struct flow_table other;
    struct segment segment = segment_of(1);
    unsigned same = 0;

    flow_table_init(&other, 0x1012, &memory);
    for (uint32_t n = 0; n < 256; n++) {
        segment = segment_of(n);
        struct flow *flow = flow_add(&other, &segment);

        same += (flow->hash & 255) == (add(n)->hash & 255);
        flow_remove(&other, flow);
        memory_release(&memory, flow, sizeof *flow);
    }
    ck_assert_uint_lt(same, 16);
    flow_table_release(&other);
}
END_TEST

/* Addresses and ports that differ in few bits spread all the same: no long runs of slots. */
START_TEST(neighbours_spread)           /* faults.md 33 */
{
    uint32_t run = 0, longest = 0;

    for (uint32_t n = 0; n < 3000; n++) {
        add(n);
    }
    for (uint32_t i = 0; i < table.capacity; i++) {
        run = table.slots[i] ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    ck_assert_uint_lt(longest, 200);
}
END_TEST

START_TEST(the_victim_is_over_or_silent)
{
    for (uint32_t n = 0; n < 6; n++) {
        add(n)->last = 1000 + n;
    }
    find(3)->last = 3;
    ck_assert_ptr_eq(flow_victim(&table), find(3));
    find(5)->closed = true;
    ck_assert_ptr_eq(flow_victim(&table), find(5));
    drop(find(5));
    drop(find(3));
    ck_assert_ptr_eq(flow_victim(&table), find(0));
}
END_TEST

START_TEST(no_victim_among_none)
{
    ck_assert_ptr_null(flow_victim(&table));
    drop(add(1));
    ck_assert_ptr_null(flow_victim(&table));
    ck_assert_ptr_null(find(1));
}
END_TEST

START_TEST(roles_swap_with_all_that_is_counted)
{
    struct flow *flow = add(1);
    struct segment segment = segment_of(1);
    enum direction direction;

    flow->connection.sent[C2S].bytes = 5;
    flow->streams[C2S].next = 77;
    flow->fin_acknowledgment[S2C] = 9;
    flow->first_end = C2S;
    flow_swap_roles(flow);
    ck_assert_ptr_eq(flow_find(&table, &segment, &direction), flow);
    ck_assert_int_eq(direction, S2C);
    ck_assert_uint_eq(flow->connection.sent[S2C].bytes, 5);
    ck_assert_uint_eq(flow->connection.sent[C2S].bytes, 0);
    ck_assert_uint_eq(flow->streams[S2C].next, 77);
    ck_assert_uint_eq(flow->fin_acknowledgment[C2S], 9);
    ck_assert_int_eq(flow->first_end, S2C);
    drop(flow);
    ck_assert_ptr_null(flow_find(&table, &segment, &direction));
}
END_TEST

/* Both ends on one host, and even on one port: the order of the two still tells the direction. */
START_TEST(a_host_talks_to_itself)
{
    struct segment segment = { .source = report_endpoint(1, 9), .destination = report_endpoint(1, 8) };
    struct segment answer = reversed(segment);
    enum direction direction;
    struct flow *flow = flow_add(&table, &segment);

    ck_assert_ptr_eq(flow_find(&table, &answer, &direction), flow);
    ck_assert_int_eq(direction, S2C);
}
END_TEST

START_TEST(without_memory_there_is_no_flow)
{
    struct segment segment = segment_of(1);

    memory.limit = 0;
    ck_assert_ptr_null(flow_add(&table, &segment));
    memory.limit = 256 * sizeof(struct flow *);         /* for the slots, not for the flow */
    ck_assert_ptr_null(flow_add(&table, &segment));
    ck_assert_ptr_null(find(1));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("flow");

    tcase_add_checked_fixture(tests, start, end);
    tcase_add_test(tests, it_is_a_table);
    tcase_add_test(tests, the_walk_meets_each_once);
    tcase_add_test(tests, the_seed_moves_them);
    tcase_add_test(tests, neighbours_spread);
    tcase_add_test(tests, the_victim_is_over_or_silent);
    tcase_add_test(tests, no_victim_among_none);
    tcase_add_test(tests, roles_swap_with_all_that_is_counted);
    tcase_add_test(tests, a_host_talks_to_itself);
    tcase_add_test(tests, without_memory_there_is_no_flow);
    return report_run("flow", tests);
}
