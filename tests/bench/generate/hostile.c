/* SPDX-License-Identifier: MIT */
#include "scenarios.h"

#include <stdlib.h>
#include <string.h>

#define ALL SIZE_MAX
#define TEXT 1
#define BINARY 2
#define FIN_BINARY 0x82
#define SEGMENT_MOST 60000              /* as a host with segmentation offload records them */
#define BOMB_INFLATED (10 << 20)

static void one_connection(struct traffic *traffic, struct connection *connection)
{
    connection_init(traffic, connection);
    connection_upgrade(traffic, connection, false);
}

/* SYNs that nobody answers. */
static void make_syns(struct traffic *traffic)
{
    for (uint32_t i = 0; i < traffic->count; i++) {
        struct connection connection;

        connection_init(traffic, &connection);
        connection_segment(traffic, &connection, C2S, SYN, NULL, 0);
    }
}

/* First fragments of datagrams that never become whole. */
static void make_fragments(struct traffic *traffic)
{
    uint8_t piece[1480] = { 0 };

    for (uint32_t i = 0; i < traffic->count; i++) {
        const struct ipv4 header = { .source = 0x0a010001 + i / 65536,
                                     .destination = 0xc0000250,
                                     .protocol = 6,
                                     .identification = (uint16_t)i,
                                     .fragment = 0x2000 };

        wire_ipv4(&traffic->wire, &header, piece, i % 2 ? sizeof piece : 8);
    }
}

/* One segment is lost; `count` segments follow that nobody acknowledges. */
static void make_hole(struct traffic *traffic)
{
    struct connection connection;

    one_connection(traffic, &connection);
    connection.next[S2C] += 100;
    for (uint32_t i = 0; i < traffic->count; i++) {
        connection_segment(traffic, &connection, S2C, ACK, traffic->text + i % 1000, MSS);
    }
    connection_release(&connection);
}

/* One message, byte by byte, the last byte first. */
static void make_backwards(struct traffic *traffic)
{
    struct connection connection;
    uint32_t count = traffic->count < TEXT_MOST ? traffic->count : TEXT_MOST;

    one_connection(traffic, &connection);
    connection_message(traffic, &connection, S2C, TEXT, traffic->text, count, 1);
    struct queue queue = connection.queues[S2C];
    uint32_t first = connection.next[S2C];
    for (size_t i = queue.length; i > 0; i--) {
        connection.next[S2C] = first + (uint32_t)i - 1;
        connection_segment(traffic, &connection, S2C, ACK, queue.data + i - 1, 1);
    }
    connection.next[S2C] = first + (uint32_t)queue.length;
    connection_segment(traffic, &connection, C2S, ACK, NULL, 0);
    connection_release(&connection);
}

/* Empty messages, as many to a segment as it can hold. */
static void make_empty(struct traffic *traffic)
{
    struct connection connection;

    one_connection(traffic, &connection);
    for (uint32_t i = 0; i < traffic->count; i++) {
        struct queue *queue = &connection.queues[S2C];

        connection_message(traffic, &connection, S2C, TEXT, NULL, 0, 1);
        if (queue->length >= SEGMENT_MOST || i + 1 == traffic->count) {
            connection_segment(traffic, &connection, S2C, ACK, queue->data, queue->length);
            connection_segment(traffic, &connection, C2S, ACK, NULL, 0);
            queue->length = 0;
        }
    }
    connection_release(&connection);
}

/* One frame of `count` MiB. */
static void make_huge(struct traffic *traffic)
{
    struct connection connection;
    struct side_totals *totals;
    uint64_t length = (uint64_t)traffic->count << 20;
    uint8_t header[10] = { FIN_BINARY, 127 };

    one_connection(traffic, &connection);
    put64(header + 2, length);
    connection_segment(traffic, &connection, S2C, ACK, header, sizeof header);
    for (uint64_t left = length; left > 0;) {
        size_t piece = left < SEGMENT_MOST ? (size_t)left : SEGMENT_MOST;

        connection_segment(traffic, &connection, S2C, ACK, traffic->text, piece);
        connection_segment(traffic, &connection, C2S, ACK, NULL, 0);
        left -= piece;
    }
    totals = &traffic->totals.sides[S2C];
    totals->frames[BINARY]++;
    totals->binary++;
    totals->payload_bytes += length;
    totals->message_bytes += length;
    connection_release(&connection);
}

/* `count` connections, each sent 10 MiB of zeros compressed to some 10 KiB, segment by segment in turns, and then
 * one small message. */
static void make_bombs(struct traffic *traffic)
{
    struct connection *all = calloc(traffic->count, sizeof *all);
    uint8_t *zeros = calloc(1, BOMB_INFLATED);
    bool more = all && zeros;

    for (uint32_t i = 0; more && i < traffic->count; i++) {
        connection_init(traffic, &all[i]);
        connection_upgrade(traffic, &all[i], true);
        connection_message(traffic, &all[i], S2C, BINARY, zeros, BOMB_INFLATED, 1);
        connection_message(traffic, &all[i], S2C, TEXT, traffic->text, 100, 1);
    }
    while (more) {
        more = false;
        for (uint32_t i = 0; i < traffic->count; i++) {
            if (all[i].queues[S2C].length > 0) {
                more |= !connection_flush(traffic, &all[i], S2C, 1);
            }
        }
    }
    for (uint32_t i = 0; all && i < traffic->count; i++) {
        connection_release(&all[i]);
    }
    free(zeros);
    free(all);
}

const struct scenario hostile_scenarios[] = {
    { "syns", "--count SYNs that nobody answers", make_syns, 1000000 },
    { "fragments", "--count IP datagrams that never become whole", make_fragments, 1000000 },
    { "hole", "a hole, and --count segments after it", make_hole, 100000 },
    { "backwards", "--count bytes, one a segment, the last first", make_backwards, 100000 },
    { "empty", "--count messages of no bytes", make_empty, 1000000 },
    { "huge", "one frame of --count MiB", make_huge, 1024 },
    { "bombs", "--count connections that inflate a thousandfold", make_bombs, 100 },
    { NULL, NULL, NULL, 0 },
};
