/* SPDX-License-Identifier: MIT */
#include "extract.h"

#include <stdio.h>

#include "report.h"

#define LINK_TYPE_RAW 101       /* packets begin with the IP header */
#define HEADERS       40        /* IPv4 and TCP without options */
#define PACKETS_MAX   64

static char directory[40];

static char *path_of(const char *name)
{
    static char path[100];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

/* --- captures made here ------------------------------------------------------------------------------ */

/* From 10.0.0.FROM to 10.0.0.TO; a piece of a larger datagram where flags_and_offset says so. */
struct made {
    uint8_t from, to;
    uint16_t from_port, to_port;
    uint16_t flags_and_offset;
};

static void write_packet(struct capture_writer *writer, uint64_t number, const struct made *made)
{
    uint8_t bytes[HEADERS] = { 0x45, 0, 0, HEADERS, 0, 1, (uint8_t)(made->flags_and_offset >> 8),
                               (uint8_t)made->flags_and_offset, 64, 6, 0, 0, 10, 0, 0, made->from,
                               10, 0, 0, made->to, (uint8_t)(made->from_port >> 8), (uint8_t)made->from_port,
                               (uint8_t)(made->to_port >> 8), (uint8_t)made->to_port };
    struct packet packet = { .number = number, .time = (int64_t)number, .link_type = LINK_TYPE_RAW,
                             .wire_length = HEADERS, .captured = bytes_of(bytes, HEADERS) };
    struct error error;

    bytes[32] = 0x50;           /* the TCP header's length: 20 bytes */
    bytes[33] = 0x10;           /* ACK */
    ck_assert_msg(capture_writer_packet(writer, &packet, &error), "%s", error.text);
}

/* A packet's time is its number, so that it can be known again. */
static struct capture *make_capture(const char *name, uint64_t first, const struct made *made, size_t count)
{
    struct error error;
    struct capture_writer *writer = capture_writer_open(path_of(name), false, &error);

    ck_assert_msg(writer != NULL, "%s", error.text);
    for (size_t i = 0; i < count; i++) {
        write_packet(writer, first + i, &made[i]);
    }
    ck_assert(capture_writer_close(writer, &error));
    struct capture *capture = capture_open(&(struct capture_options){ .file = path_of(name) }, &error);

    ck_assert_msg(capture != NULL, "%s", error.text);
    return capture;
}

/* The times of the packets in a file. */
static size_t read_times(const char *name, uint64_t times[PACKETS_MAX])
{
    struct error error;
    struct capture *capture = capture_open(&(struct capture_options){ .file = path_of(name) }, &error);
    struct packet packet;
    size_t count = 0;

    ck_assert_msg(capture != NULL, "%s", error.text);
    while (count < PACKETS_MAX && capture_next(capture, &packet, &error) == CAPTURE_PACKET) {
        times[count++] = (uint64_t)packet.time;
    }
    capture_close(capture);
    return count;
}

/* --- what is found in them --------------------------------------------------------------------------- */

static struct extract_connection connection(uint8_t client, uint16_t client_port, uint8_t server,
                                            uint16_t server_port, uint64_t first, bool wanted)
{
    return (struct extract_connection){ report_endpoint(client, client_port),
                                        report_endpoint(server, server_port), first, wanted };
}

static void extract_all(struct capture *const *captures, size_t capture_count,
                        const struct extract_connection *connections, size_t count)
{
    struct error error;
    struct extract *extract = extract_start(captures, capture_count, connections, count, &error);
    struct capture_writer *writer = capture_writer_open(path_of("found"), false, &error);
    enum extract_result result;

    ck_assert_msg(extract != NULL && writer != NULL, "%s", error.text);
    while ((result = extract_step(extract, writer, 1, &error)) == EXTRACT_MORE) {
    }
    ck_assert_int_eq(result, EXTRACT_DONE);
    ck_assert(capture_writer_close(writer, &error));
    extract_destroy(extract);
}

static void assert_found(const uint64_t *wanted, size_t count)
{
    uint64_t times[PACKETS_MAX];

    ck_assert_uint_eq(read_times("found", times), count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(times[i], wanted[i]);
    }
}

static void make_directory(void)
{
    snprintf(directory, sizeof directory, "/tmp/ws101-extract-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static const struct made talk[] = {
    { 1, 2, 4000, 80, 0 },      /* 1: the wanted one */
    { 2, 1, 80, 4000, 0 },
    { 1, 2, 4001, 80, 0 },      /* 3: another port */
    { 3, 2, 4000, 80, 0 },      /* 4: another host */
    { 1, 2, 4000, 80, 0 },
    { 1, 2, 80, 4000, 0 },      /* 6: the ports the other way round */
    { 1, 2, 4000, 80, 0 },      /* 7: the same ends, a new connection */
    { 2, 1, 80, 4000, 0 },
    { 1, 2, 4000, 80, 0x2000 }, /* 9: the first piece, with ports */
    { 2, 1, 0, 0, 0x0005 },     /* 10: a last piece, without */
    { 3, 2, 4000, 80, 0x2000 },
};

#define TALK (sizeof talk / sizeof talk[0])

/* A connection is over where the next one with the same ends begins. Pieces go along between its hosts. */
START_TEST(packets_of_one_connection)
{
    const struct extract_connection connections[] = {
        connection(1, 4000, 2, 80, 1, true), connection(1, 4001, 2, 80, 3, false),
        connection(3, 4000, 2, 80, 4, false), connection(1, 4000, 2, 80, 7, false),
    };

    make_directory();
    struct capture *capture = make_capture("talk", 1, talk, TALK);

    extract_all(&capture, 1, connections, 4);
    assert_found((const uint64_t[]){ 1, 2, 5, 9, 10 }, 5);
    capture_close(capture);
    remove_directory();
}
END_TEST

START_TEST(packets_of_several)
{
    const struct extract_connection connections[] = {
        connection(1, 4000, 2, 80, 7, true), connection(3, 4000, 2, 80, 4, true),
        connection(1, 4000, 2, 80, 1, false),
    };

    make_directory();
    struct capture *capture = make_capture("talk", 1, talk, TALK);

    extract_all(&capture, 1, connections, 3);
    assert_found((const uint64_t[]){ 4, 7, 8, 9, 10, 11 }, 6);
    capture_close(capture);
    remove_directory();
}
END_TEST

/* Several captures are one: the second's first packet has the number behind the first's last. */
START_TEST(numbers_go_on_over_captures)
{
    const struct extract_connection connections[] = {
        connection(1, 4000, 2, 80, 1, false), connection(1, 4000, 2, 80, 7, true),
    };

    make_directory();
    struct capture *captures[] = { make_capture("a", 1, talk, 4), make_capture("b", 5, talk + 4, 4) };

    extract_all(captures, 2, connections, 2);
    assert_found((const uint64_t[]){ 7, 8 }, 2);
    capture_close(captures[0]);
    capture_close(captures[1]);
    remove_directory();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("extract");

    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, packets_of_one_connection);
    tcase_add_test(tests, packets_of_several);
    tcase_add_test(tests, numbers_go_on_over_captures);
    return report_run("extract", tests);
}
