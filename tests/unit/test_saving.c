/* SPDX-License-Identifier: MIT */
#include "saving.h"

#include <inttypes.h>
#include <stdio.h>

#include "report.h"

static struct store *store;
static struct connection connection;
static uint64_t messages;       /* stored so far */

/* One message of that many bytes, in one frame, from the client. */
static void add_message(uint8_t opcode, const char *payload, size_t length)
{
    struct event event = report_event(EVENT_FRAME, C2S, &connection);
    struct frame frame = { .fin = true, .opcode = opcode, .masked = true, .length = length,
                           .header_length = 8 };
    struct message message = { .number = ++messages, .opcode = opcode, .complete = true, .frames = 1,
                               .wire_length = length, .length = length,
                               .payload = bytes_of(payload, length) };

    connection.sent[C2S].frames = connection.sent[C2S].messages = messages;
    event.frame = (struct event_frame){ .frame = &frame, .payload = message.payload, .message = messages,
                                        .round_trip = -1 };
    store_event(store, &event);
    event.kind = EVENT_MESSAGE;
    event.message.message = &message;
    store_event(store, &event);
}

static void add_many(int count)
{
    static char payload[1000];

    memset(payload, 'x', sizeof payload);
    while (count-- > 0) {
        add_message(FRAME_TEXT, payload, sizeof payload);
    }
}

static void open_store(void)
{
    connection = report_connection();
    connection.id = 1;
    memset(connection.sent, 0, sizeof connection.sent);
    messages = 0;
    store = store_create(STORE_LEAST);
}

static struct saving *start(struct output *output, enum saving_form form, const uint64_t *records,
                            size_t count)
{
    static const uint64_t first = 1;
    struct saving_choice choice = { form, &first, 1, records, count, false };

    report_open(output);
    return saving_start(store, &choice, output);
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at++) {
        count++;
    }
    return count;
}

static const struct {
    enum saving_form form;
    const char *message, *gone;     /* what stands in each message; how the others are told of */
} forms[] = {
    { SAVING_JSON, "\"type\":\"message\"", "\"type\":\"gone\",\"time\":\"1700000000.000000000\",\"conn\":1,"
                                           "\"packet\":1,\"messages\":%" PRIu64 "}" },
    { SAVING_TEXT, "  message  ", "connection 1: %" PRIu64 " messages are missing" },
    { SAVING_HAR, "\"type\":\"send\"", "\"comment\":\"%" PRIu64 " messages are missing" },
    { SAVING_LADDER, "text 1000 bytes", "connection 1: %" PRIu64 " messages are missing" },
};

/* What was overwritten is told of, also what is overwritten while the report is written. */
START_TEST(what_is_gone_is_told)
{
    struct output output;
    char gone[200];

    open_store();
    add_many(1500);
    struct saving *saving = start(&output, forms[_i].form, NULL, 0);
    uint64_t there = messages;

    for (int i = 0; saving_step(saving, 20); i++) {
        add_many(i % 3);
    }
    char *text = report_text(&output);
    uint64_t written = count_of(text, forms[_i].message);

    snprintf(gone, sizeof gone, forms[_i].gone, there - written);
    ck_assert_uint_gt(written, 0);
    ck_assert_uint_eq(saving_gone(saving), there - written);
    ck_assert_msg(strstr(text, gone) != NULL, "%s is missing in: %s", gone, text + strlen(text) - 200);
    saving_destroy(saving);
    store_destroy(store);
    free(text);
}
END_TEST

/* A connection counts its frames as they are now; each frame has the number that it had then. */
START_TEST(frames_keep_their_numbers)
{
    struct output output;
    char last[40];

    open_store();
    add_many(1500);
    struct saving *saving = start(&output, SAVING_JSON, NULL, 0);

    while (saving_step(saving, 100)) {
    }
    char *text = report_text(&output);
    uint64_t first = messages - count_of(text, "\"type\":\"frame\"") + 1;

    for (uint64_t number = first; number <= messages; number += 97) {
        snprintf(last, sizeof last, "\"frame\":%" PRIu64 ",", number);
        ck_assert_uint_eq(count_of(text, last), 1);
    }
    saving_destroy(saving);
    store_destroy(store);
    free(text);
}
END_TEST

/* Only the records that were chosen; then nothing is missing. */
START_TEST(chosen_records_alone)
{
    static const uint64_t chosen[] = { 2, 6 };
    struct output output;

    open_store();
    add_message(FRAME_TEXT, "one", 3);
    add_message(FRAME_TEXT, "two", 3);
    add_message(FRAME_BINARY, "\0\xff", 2);
    struct saving *saving = start(&output, forms[_i].form, chosen, 2);

    while (saving_step(saving, 1)) {
    }
    char *text = report_text(&output);

    ck_assert_uint_eq(saving_gone(saving), 0);
    ck_assert_ptr_null(strstr(text, "two"));
    ck_assert(strstr(text, "one") || forms[_i].form == SAVING_LADDER);
    ck_assert_ptr_null(strstr(text, "missing"));
    saving_destroy(saving);
    store_destroy(store);
    free(text);
}
END_TEST

/* faults 85: a full disk ends the work; nothing is tried for ever. */
START_TEST(a_failed_output_ends_it)
{
    struct output output;

    open_store();
    add_many(100);
    struct saving *saving = start(&output, SAVING_JSON, NULL, 0);

    output.error = 28;
    ck_assert(!saving_step(saving, 10));
    saving_destroy(saving);
    store_destroy(store);
    close(output.descriptor);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("saving");
    TCase *all = tcase_create("saving");
    SRunner *runner = srunner_create(suite);

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, what_is_gone_is_told, 0, (int)(sizeof forms / sizeof forms[0]));
    tcase_add_test(all, frames_keep_their_numbers);
    tcase_add_loop_test(all, chosen_records_alone, 0, (int)(sizeof forms / sizeof forms[0]));
    tcase_add_test(all, a_failed_output_ends_it);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
