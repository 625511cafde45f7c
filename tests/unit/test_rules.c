/* SPDX-License-Identifier: MIT */
#include "core/rules.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

/* One per kind of event; the counts are those of the layers' enumerations. */
static const struct {
    enum event_kind kind;
    size_t rows;
} tables[] = {
    { EVENT_CONNECTION, 0 },
    { EVENT_HTTP, HTTP_FAULTS },
    { EVENT_HANDSHAKE, HANDSHAKE_FAULTS },
    { EVENT_FRAME, FRAME_FAULTS },
    { EVENT_MESSAGE, MESSAGE_FAULTS },
    { EVENT_CLOSE, CLOSE_FAULTS },
    { EVENT_GAP, 0 },
    { EVENT_NOTICE, NOTICE_FAULTS },
    { EVENT_SEGMENT, 0 },
};
#define TABLES ((int)(sizeof tables / sizeof tables[0]))

static void assert_sentence(const char *text)
{
    size_t n = strlen(text);

    ck_assert_uint_gt(n, 20);
    ck_assert_msg(isupper((unsigned char)text[0]) && text[n - 1] == '.', "not a sentence: %s", text);
}

START_TEST(every_fault_has_a_whole_row)
{
    size_t count;
    const struct rule *rows = rules_of(tables[_i].kind, &count);

    ck_assert_uint_eq(count, tables[_i].rows);
    ck_assert((rows == NULL) == (count == 0));
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(rows[i].id != NULL, "%s: no row %zu", event_kind_name(tables[_i].kind), i);
        ck_assert_uint_eq(strspn(rows[i].id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(rows[i].id));
        ck_assert_msg(strncmp(rows[i].section, "RFC ", 4) == 0, "%s: %s", rows[i].id, rows[i].section);
        assert_sentence(rows[i].text);
        assert_sentence(rows[i].instead);
    }
}
END_TEST

static const struct rule *row_of(size_t n)
{
    for (int t = 0; t < TABLES; t++) {
        size_t count;
        const struct rule *rows = rules_of(tables[t].kind, &count);

        if (n < count) {
            return &rows[n];
        }
        n -= count;
    }
    return NULL;
}

START_TEST(ids_are_unique_and_many)
{
    size_t n = 0;

    for (; row_of(n) != NULL; n++) {
        for (size_t other = 0; other < n; other++) {
            ck_assert_str_ne(row_of(n)->id, row_of(other)->id);
        }
    }
    ck_assert_uint_ge(n, 60);
}
END_TEST

START_TEST(what_we_or_the_capture_did_is_a_note)
{
    for (size_t n = 0; row_of(n) != NULL; n++) {
        const struct rule *rule = row_of(n);

        ck_assert_msg(rule->side != RULE_CAPTURE || rule->severity == RULE_NOTE, "%s", rule->id);
    }
}
END_TEST

START_TEST(findings_are_the_set_bits_in_order)
{
    struct event event = { .kind = EVENT_FRAME, .direction = S2C };
    unsigned next = 0;
    struct finding finding;

    ck_assert(!rules_next(&event, &next, &finding));
    event.faults = UINT64_C(1) << FRAME_RSV_UNAGREED | UINT64_C(1) << FRAME_MASKED |
                   UINT64_C(1) << (FRAME_FAULTS - 1);

    ck_assert(rules_next(&event, &next, &finding));
    ck_assert_str_eq(finding.rule->id, "frame-rsv-unagreed");
    ck_assert_int_eq(finding.side, RULE_SERVER);
    ck_assert_ptr_eq(finding.event, &event);
    ck_assert(rules_next(&event, &next, &finding));
    ck_assert_str_eq(finding.rule->id, "frame-masked");
    ck_assert(rules_next(&event, &next, &finding));
    ck_assert_str_eq(finding.rule->id, "frame-pong-unsolicited");
    ck_assert(!rules_next(&event, &next, &finding));
}
END_TEST

/* A rule about whoever sent it takes the side from the direction; the others name theirs. */
START_TEST(the_side_is_the_senders_or_the_rules)
{
    struct event event = { .kind = EVENT_FRAME, .direction = C2S };
    struct finding finding;
    unsigned next = 0;

    event.faults = UINT64_C(1) << FRAME_CONTROL_TOO_LONG;
    ck_assert(rules_next(&event, &next, &finding));
    ck_assert_int_eq(finding.side, RULE_CLIENT);

    next = 0;
    event = (struct event){ .kind = EVENT_HANDSHAKE, .faults = UINT64_C(1) << HANDSHAKE_ACCEPT_WRONG };
    ck_assert(rules_next(&event, &next, &finding));
    ck_assert_int_eq(finding.side, RULE_SERVER);
}
END_TEST

/* Bit 63 is as far as the set goes: the walk has to end there too. */
START_TEST(the_walk_ends_at_the_last_bit)
{
    struct event event = { .kind = EVENT_FRAME, .faults = UINT64_MAX };
    struct finding finding;
    unsigned next = 64;

    ck_assert(!rules_next(&event, &next, &finding));
}
END_TEST

START_TEST(names_are_those_of_the_outputs)
{
    ck_assert_str_eq(rules_severity_name(RULE_MUST), "must");
    ck_assert_str_eq(rules_severity_name(RULE_SHOULD), "should");
    ck_assert_str_eq(rules_severity_name(RULE_NOTE), "note");
    ck_assert_str_eq(rules_side_name(RULE_SENDER), "sender");
    ck_assert_str_eq(rules_side_name(RULE_CLIENT), "client");
    ck_assert_str_eq(rules_side_name(RULE_SERVER), "server");
    ck_assert_str_eq(rules_side_name(RULE_CAPTURE), "capture");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules");
    TCase *rules = tcase_create("the table and its walk");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(rules, every_fault_has_a_whole_row, 0, TABLES);
    tcase_add_test(rules, ids_are_unique_and_many);
    tcase_add_test(rules, what_we_or_the_capture_did_is_a_note);
    tcase_add_test(rules, findings_are_the_set_bits_in_order);
    tcase_add_test(rules, the_side_is_the_senders_or_the_rules);
    tcase_add_test(rules, the_walk_ends_at_the_last_bit);
    tcase_add_test(rules, names_are_those_of_the_outputs);
    suite_add_tcase(suite, rules);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
