/* SPDX-License-Identifier: MIT */
#include "scenarios.h"

#include <stdlib.h>
#include <string.h>

#define POOL_MOST 64
#define ALL SIZE_MAX
#define TEXT 1
#define BINARY 2
#define FIN_PING 0x89
#define FIN_PONG 0x8a

static bool enough(const struct traffic *traffic)
{
    return traffic->wire.bytes >= traffic->size;
}

/* So many bytes from anywhere in the text. */
static const uint8_t *quote(struct traffic *traffic, size_t length)
{
    return traffic->text + wire_between(&traffic->wire, 0, (uint32_t)(TEXT_MOST - length));
}

static enum side any_side(struct traffic *traffic)
{
    return wire_once_in(&traffic->wire, 2) ? C2S : S2C;
}

static void pool_open(struct traffic *traffic, struct connection *pool, size_t count, bool deflate)
{
    for (size_t i = 0; i < count; i++) {
        connection_init(traffic, &pool[i]);
        connection_upgrade(traffic, &pool[i], deflate);
    }
}

static void pool_close(struct traffic *traffic, struct connection *pool, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        connection_flush(traffic, &pool[i], C2S, ALL);
        connection_flush(traffic, &pool[i], S2C, ALL);
        connection_close(traffic, &pool[i]);
        connection_release(&pool[i]);
    }
}

static void ping_and_pong(struct traffic *traffic, struct connection *connection)
{
    uint8_t payload[8];

    put64(payload, wire_random(&traffic->wire));
    connection_frame(traffic, connection, S2C, FIN_PING, payload, sizeof payload);
    connection_flush(traffic, connection, S2C, ALL);
    connection_frame(traffic, connection, C2S, FIN_PONG, payload, sizeof payload);
    connection_flush(traffic, connection, C2S, ALL);
}

/* Chat and ticks: 20 to 60 bytes, one frame a segment, now and then a Ping. */
static void make_small(struct traffic *traffic)
{
    struct connection pool[50];

    pool_open(traffic, pool, 50, false);
    while (!enough(traffic)) {
        struct connection *connection = &pool[wire_between(&traffic->wire, 0, 49)];
        enum side side = any_side(traffic);
        size_t length = wire_between(&traffic->wire, 20, 60);
        uint8_t opcode = wire_once_in(&traffic->wire, 5) ? BINARY : TEXT;

        connection_message(traffic, connection, side, opcode, quote(traffic, length), length, 1);
        connection_flush(traffic, connection, side, ALL);
        if (wire_once_in(&traffic->wire, 500)) {
            ping_and_pong(traffic, connection);
        }
    }
    pool_close(traffic, pool, 50);
}

/* Messages of 64 KiB to 1 MiB, some in several frames, sent in bursts that take turns. */
static void bulk_bursts(struct traffic *traffic, size_t count)
{
    struct connection pool[8];

    pool_open(traffic, pool, count, false);
    while (!enough(traffic)) {
        struct connection *connection = &pool[wire_between(&traffic->wire, 0, (uint32_t)count - 1)];
        enum side side = any_side(traffic);

        if (connection->queues[side].length == 0) {
            size_t length = wire_between(&traffic->wire, 64 << 10, 1 << 20);
            unsigned frames = wire_once_in(&traffic->wire, 4) ? wire_between(&traffic->wire, 2, 5) : 1;

            connection_message(traffic, connection, side, wire_once_in(&traffic->wire, 2) ? TEXT : BINARY,
                               quote(traffic, length), length, frames);
        }
        connection_flush(traffic, connection, side, wire_between(&traffic->wire, 1, 30));
    }
    pool_close(traffic, pool, count);
}

static void make_bulk(struct traffic *traffic)
{
    bulk_bursts(traffic, 8);
}

/* The same, and every burst may be overtaken, lost and sent again, or doubled. */
static void make_lossy(struct traffic *traffic)
{
    wire_disorder(&traffic->wire);
    bulk_bursts(traffic, 8);
}

/* The recorder misses a segment inside one message in two: the peers do not notice. */
static void make_holes(struct traffic *traffic)
{
    struct connection pool[8];

    pool_open(traffic, pool, 8, false);
    while (!enough(traffic)) {
        struct connection *connection = &pool[wire_between(&traffic->wire, 0, 7)];
        enum side side = any_side(traffic);
        size_t length = wire_between(&traffic->wire, 20 * MSS, 40 * MSS);

        if (wire_once_in(&traffic->wire, 2)) {
            connection_message(traffic, connection, side, BINARY, quote(traffic, length), length, 1);
            connection_flush(traffic, connection, side, ALL);
        } else {
            connection_frame(traffic, connection, side, 0x80 | BINARY, quote(traffic, length), length);
            connection_flush_hole(traffic, connection, side, wire_between(&traffic->wire, 1, 18));
        }
    }
    pool_close(traffic, pool, 8);
}

/* Ticks as JSON under permessage-deflate, each side's window kept from message to message. */
static size_t ticks(struct traffic *traffic, char *out, size_t capacity)
{
    size_t length = 0;

    for (uint32_t left = wire_between(&traffic->wire, 1, 20); left > 0 && length + 128 < capacity; left--) {
        length += (size_t)snprintf(out + length, capacity - length,
                                   "{\"symbol\":\"S%03u\",\"price\":%u.%02u,\"volume\":%u,\"note\":\"%.16s\"}",
                                   wire_between(&traffic->wire, 0, 999), wire_between(&traffic->wire, 10, 500),
                                   wire_between(&traffic->wire, 0, 99), wire_between(&traffic->wire, 1, 100000),
                                   (const char *)quote(traffic, 16));
    }
    return length;
}

static void make_compressed(struct traffic *traffic)
{
    struct connection pool[20];
    char text[4096];

    pool_open(traffic, pool, 20, true);
    while (!enough(traffic)) {
        struct connection *connection = &pool[wire_between(&traffic->wire, 0, 19)];
        enum side side = any_side(traffic);
        size_t length = ticks(traffic, text, sizeof text);
        unsigned frames = wire_once_in(&traffic->wire, 20) ? 3 : 1;

        connection_message(traffic, connection, side, TEXT, (const uint8_t *)text, length, frames);
        connection_flush(traffic, connection, side, ALL);
    }
    pool_close(traffic, pool, 20);
}

/* --- many short connections --- */

/* One step of a connection's life; true after the last. */
static bool short_step(struct traffic *traffic, struct connection *connection)
{
    switch (connection->step++) {
    case 0:
        connection_init(traffic, connection);
        connection->step = 1;
        connection_open(traffic, connection);
        connection_ask(traffic, connection, false);
        connection_flush(traffic, connection, C2S, ALL);
        return false;
    case 1:
        connection_accept(traffic, connection, false);
        connection_flush(traffic, connection, S2C, ALL);
        return false;
    case 2:
        connection_message(traffic, connection, C2S, TEXT, quote(traffic, 40), 40, 1);
        connection_flush(traffic, connection, C2S, ALL);
        return false;
    case 3:
        connection_message(traffic, connection, S2C, TEXT, quote(traffic, 200), 200, 1);
        connection_flush(traffic, connection, S2C, ALL);
        return false;
    default:
        connection_close(traffic, connection);
        connection_release(connection);
        connection->step = 0;
        return true;
    }
}

static void make_short(struct traffic *traffic)
{
    struct connection pool[POOL_MOST] = { 0 };

    while (!enough(traffic)) {
        short_step(traffic, &pool[wire_between(&traffic->wire, 0, POOL_MOST - 1)]);
    }
    for (size_t i = 0; i < POOL_MOST; i++) {
        while (pool[i].step > 0 && !short_step(traffic, &pool[i])) {
        }
    }
}

/* --- polling: HTTP requests on kept connections --- */

static void poll_request(struct traffic *traffic, struct connection *connection)
{
    char head[1024];
    bool post = wire_once_in(&traffic->wire, 4);
    size_t body = post ? wire_between(&traffic->wire, 1, 2000) : 0;
    int length = snprintf(head, sizeof head,
                          "%s /poll?since=%u HTTP/1.1\r\nHost: feed.example\r\n"
                          "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Generate/1.0\r\nAccept: */*\r\n"
                          "Accept-Language: en\r\nCookie: session=%08x%08x\r\nConnection: keep-alive\r\n",
                          post ? "POST" : "GET", connection->count,
                          wire_between(&traffic->wire, 0, UINT32_MAX - 1), connection->address[C2S]);

    length += post ? snprintf(head + length, sizeof head - (size_t)length, "Content-Length: %zu\r\n\r\n", body)
                   : snprintf(head + length, sizeof head - (size_t)length, "\r\n");
    connection_say(connection, C2S, head, (size_t)length);
    connection_say(connection, C2S, quote(traffic, body), body);
    connection_flush(traffic, connection, C2S, ALL);
    traffic->totals.requests++;
}

static void say_chunked(struct traffic *traffic, struct connection *connection, size_t body)
{
    char line[16];

    while (body > 0) {
        size_t chunk = wire_between(&traffic->wire, 1, (uint32_t)body);
        int length = snprintf(line, sizeof line, "%zx\r\n", chunk);

        connection_say(connection, S2C, line, (size_t)length);
        connection_say(connection, S2C, quote(traffic, chunk), chunk);
        connection_say(connection, S2C, "\r\n", 2);
        body -= chunk;
    }
    connection_say(connection, S2C, "0\r\n\r\n", 5);
}

static void poll_response(struct traffic *traffic, struct connection *connection)
{
    char head[512];
    bool chunked = wire_once_in(&traffic->wire, 2);
    size_t body = wire_between(&traffic->wire, 50, 5000);
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: generate\r\n"
                          "Content-Type: text/plain\r\nCache-Control: no-store\r\n");

    length += chunked
        ? snprintf(head + length, sizeof head - (size_t)length, "Transfer-Encoding: chunked\r\n\r\n")
        : snprintf(head + length, sizeof head - (size_t)length, "Content-Length: %zu\r\n\r\n", body);
    connection_say(connection, S2C, head, (size_t)length);
    if (chunked) {
        say_chunked(traffic, connection, body);
    } else {
        connection_say(connection, S2C, quote(traffic, body), body);
    }
    connection_flush(traffic, connection, S2C, ALL);
    traffic->totals.responses++;
    traffic->totals.status_200++;
}

static void poll_end(struct traffic *traffic, struct connection *connection)
{
    connection_fin(traffic, connection, C2S);
    connection_release(connection);
}

static void poll_begin(struct traffic *traffic, struct connection *connection)
{
    connection_init(traffic, connection);
    connection_open(traffic, connection);
}

static void make_polling(struct traffic *traffic)
{
    struct connection pool[20];

    for (size_t i = 0; i < 20; i++) {
        poll_begin(traffic, &pool[i]);
    }
    while (!enough(traffic)) {
        struct connection *connection = &pool[wire_between(&traffic->wire, 0, 19)];

        poll_request(traffic, connection);
        poll_response(traffic, connection);
        if (++connection->count == 100) {
            poll_end(traffic, connection);
            poll_begin(traffic, connection);
        }
    }
    for (size_t i = 0; i < 20; i++) {
        poll_end(traffic, &pool[i]);
    }
}

/* --- many open connections --- */

/* `count` of them, opened one after the other, then three rounds of one message each, in mixed order. */
static void make_open(struct traffic *traffic)
{
    struct connection *all = calloc(traffic->count, sizeof *all);

    for (uint32_t i = 0; all && i < traffic->count; i++) {
        connection_init(traffic, &all[i]);
        connection_upgrade(traffic, &all[i], false);
    }
    for (uint64_t i = 0; all && i < 3 * (uint64_t)traffic->count; i++) {
        /* a step that shares no factor with the count visits all in a scattered order */
        struct connection *connection = &all[i * 7919 % traffic->count];

        connection_message(traffic, connection, S2C, TEXT, quote(traffic, 60), 60, 1);
        connection_flush(traffic, connection, S2C, ALL);
    }
    free(all);
}

/* --- traffic that is none of ours --- */

/* TLS records by their look: a handshake's, or application data. */
static void tls_record(struct traffic *traffic, struct connection *connection, enum side side, bool handshake)
{
    uint8_t record[1400] = { handshake ? 22 : 23, 3, 3 };
    size_t length = wire_between(&traffic->wire, 100, sizeof record - 5);

    put16(record + 3, (uint32_t)length);
    for (size_t i = 5; i < length + 5; i++) {
        record[i] = (uint8_t)wire_random(&traffic->wire);
    }
    if (handshake) {
        memcpy(record + 5, (const uint8_t[]){ side == C2S ? 1 : 2, 0 }, 2);
        put16(record + 7, (uint32_t)length - 4);
        memcpy(record + 9, (const uint8_t[]){ 3, 3 }, 2);
    }
    connection_segment(traffic, connection, side, PSH | ACK, record, length + 5);
}

static void tls_connection(struct traffic *traffic, bool from_start)
{
    struct connection connection;

    connection_init(traffic, &connection);
    connection.port[S2C] = 443;
    if (from_start) {
        connection_open(traffic, &connection);
        tls_record(traffic, &connection, C2S, true);
        tls_record(traffic, &connection, S2C, true);
    }
    for (uint32_t left = wire_between(&traffic->wire, 4, 40); left > 0; left--) {
        tls_record(traffic, &connection, any_side(traffic), false);
    }
    connection_fin(traffic, &connection, C2S);
}

static void banner_connection(struct traffic *traffic)
{
    static const char banner[] = "SSH-2.0-OpenSSH_9.2\r\n";
    struct connection connection;
    uint8_t block[512];

    connection_init(traffic, &connection);
    connection.port[S2C] = 22;
    connection_open(traffic, &connection);
    connection_segment(traffic, &connection, S2C, PSH | ACK, banner, sizeof banner - 1);
    connection_segment(traffic, &connection, C2S, PSH | ACK, banner, sizeof banner - 1);
    for (uint32_t left = wire_between(&traffic->wire, 4, 40); left > 0; left--) {
        for (size_t i = 0; i < sizeof block; i++) {
            block[i] = (uint8_t)wire_random(&traffic->wire);
        }
        connection_segment(traffic, &connection, any_side(traffic), PSH | ACK, block,
                           wire_between(&traffic->wire, 16, sizeof block));
    }
    connection_fin(traffic, &connection, C2S);
}

static void datagrams(struct traffic *traffic)
{
    const struct ipv4 header = { .source = 0x0a010001, .destination = 0x08080808, .protocol = 17 };
    uint8_t datagram[1200];

    for (int i = 0; i < 20; i++) {
        size_t length = wire_between(&traffic->wire, 20, sizeof datagram);

        memcpy(datagram, quote(traffic, length), length);
        put16(datagram, 40000);
        put16(datagram + 2, i % 2 ? 53 : 443);
        put16(datagram + 4, (uint32_t)length);
        wire_ipv4(&traffic->wire, &header, datagram, length);
    }
}

static void who_has(struct traffic *traffic)
{
    uint8_t request[28] = { 0, 1, 8, 0, 6, 4, 0, 1 };

    put32(request + 14, 0x0a010001);
    put32(request + 24, 0x0a010000 | wire_between(&traffic->wire, 1, 254));
    wire_ethernet(&traffic->wire, 0x0806, request, sizeof request);
}

static void make_unrelated(struct traffic *traffic)
{
    while (!enough(traffic)) {
        switch (wire_between(&traffic->wire, 0, 4)) {
        case 0:
            tls_connection(traffic, true);
            break;
        case 1:
            tls_connection(traffic, false);
            break;
        case 2:
            banner_connection(traffic);
            break;
        case 3:
            datagrams(traffic);
            break;
        default:
            who_has(traffic);
            break;
        }
    }
}

const struct scenario ordinary_scenarios[] = {
    { "small", "messages of 20 to 60 bytes, one a segment", make_small, 0 },
    { "bulk", "messages of 64 KiB to 1 MiB in full segments", make_bulk, 0 },
    { "compressed", "permessage-deflate with context takeover", make_compressed, 0 },
    { "short", "connections of two messages", make_short, 0 },
    { "polling", "HTTP requests on kept connections", make_polling, 0 },
    { "lossy", "segments late, doubled, sent again", make_lossy, 0 },
    { "holes", "segments that the recorder missed", make_holes, 0 },
    { "open", "--count connections that stay open", make_open, 100000 },
    { "unrelated", "TLS, SSH, UDP, ARP, joined late or not", make_unrelated, 0 },
    { NULL, NULL, NULL, 0 },
};
