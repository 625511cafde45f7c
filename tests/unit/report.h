/* SPDX-License-Identifier: MIT */
#ifndef WS101_TEST_REPORT_H
#define WS101_TEST_REPORT_H

/* report - what the suites of the reports share: events made by hand, and an output that can be read. */

#include <check.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/event.h"
#include "report/output.h"

/* An output into memory; report_text gives what was written, as a C string to be freed, and closes it. */
static inline void report_open(struct output *output)
{
    output_init(output, memfd_create("report", 0));
    ck_assert_int_ge(output->descriptor, 0);
}

static inline char *report_text(struct output *output)
{
    ck_assert(output_flush(output));
    off_t length = lseek(output->descriptor, 0, SEEK_END);
    char *text = calloc(1, (size_t)length + 1);

    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(pread(output->descriptor, text, (size_t)length, 0), length);
    close(output->descriptor);
    return text;
}

/* 10.0.0.n and its port. */
static inline struct endpoint report_endpoint(uint8_t n, uint16_t port)
{
    return (struct endpoint){ .address.bytes = { [10] = 0xFF, 0xFF, 10, 0, 0, n }, .port = port };
}

/* Connection 7, from 10.0.0.1:4000 to 10.0.0.2:80, with frames and messages counted. */
static inline struct connection report_connection(void)
{
    return (struct connection){
        .id = 7,
        .client = report_endpoint(1, 4000),
        .server = report_endpoint(2, 80),
        .opened = INT64_C(1700000000000000000),
        .opened_packet = 1,
        .sent = { [C2S] = { 500, 3, 2, 40 }, [S2C] = { 900, 5, 4, 80 } },
        .protocol = PROTOCOL_WEBSOCKET,
    };
}

static inline struct event report_event(enum event_kind kind, enum direction direction,
                                        const struct connection *connection)
{
    return (struct event){
        .kind = kind,
        .direction = direction,
        .time = INT64_C(1700000001000000005),
        .packet = 12,
        .connection = connection,
    };
}

/* A masked text frame of 5 bytes, as in RFC 6455 section 5.7. */
static inline struct frame report_frame(uint8_t opcode, uint64_t length)
{
    return (struct frame){
        .length = length,
        .header = { (uint8_t)(0x80 | opcode), 0x85, 0x37, 0xFA, 0x21, 0x3D },
        .header_length = 6,
        .opcode = opcode,
        .fin = true,
        .masked = true,
        .mask = { 0x37, 0xFA, 0x21, 0x3D },
    };
}

static inline struct message report_message(uint8_t opcode, struct bytes payload)
{
    return (struct message){
        .number = 2,
        .opcode = opcode,
        .complete = true,
        .frames = 1,
        .wire_length = payload.length,
        .length = payload.length,
        .payload = payload,
    };
}

/* Runs the one test case of a suite. */
static inline int report_run(const char *name, TCase *tests)
{
    Suite *suite = suite_create(name);
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
