/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS_PER_ADDRESS 28000
#define PORT_FIRST 32768
#define FLAG_FIN 0x80
#define FLAG_RSV1 0x40
#define NEVER SIZE_MAX

static void *must(void *block)
{
    if (block == NULL) {
        fputs("generate: no memory\n", stderr);
        exit(3);
    }
    return block;
}

void connection_init(struct traffic *traffic, struct connection *connection)
{
    uint32_t index = (uint32_t)traffic->totals.connections++;

    *connection = (struct connection){
        .address = { 0x0a010001 + index / CLIENTS_PER_ADDRESS, 0xc0000250 },
        .port = { (uint16_t)(PORT_FIRST + index % CLIENTS_PER_ADDRESS), 80 },
        .next = { (uint32_t)wire_random(&traffic->wire), (uint32_t)wire_random(&traffic->wire) },
    };
}

static void queue_release(struct queue *queue)
{
    free(queue->data);
    *queue = (struct queue){ 0 };
}

void connection_release(struct connection *connection)
{
    for (int side = C2S; side <= S2C; side++) {
        queue_release(&connection->queues[side]);
        if (connection->deflate[side]) {
            deflateEnd(connection->deflate[side]);
            free(connection->deflate[side]);
        }
    }
}

void connection_say(struct connection *connection, enum side side, const void *data, size_t length)
{
    struct queue *queue = &connection->queues[side];

    if (queue->length + length > queue->capacity) {
        queue->capacity = 2 * (queue->length + length);
        queue->data = must(realloc(queue->data, queue->capacity));
    }
    if (length > 0) {
        memcpy(queue->data + queue->length, data, length);
    }
    queue->length += length;
}

/* --- TCP --- */

void connection_segment(struct traffic *traffic, struct connection *connection, enum side side, uint8_t flags,
                        const void *payload, size_t length)
{
    enum side other = side == C2S ? S2C : C2S;
    const struct tcp header = { .source = connection->address[side],
                                .destination = connection->address[other],
                                .source_port = connection->port[side],
                                .destination_port = connection->port[other],
                                .sequence = connection->next[side],
                                .acknowledgment = connection->next[other],
                                .flags = flags };

    wire_tcp(&traffic->wire, &header, payload, length);
    connection->next[side] += (uint32_t)length + ((flags & (SYN | FIN)) != 0);
}

void connection_open(struct traffic *traffic, struct connection *connection)
{
    connection_segment(traffic, connection, C2S, SYN, NULL, 0);
    connection_segment(traffic, connection, S2C, SYN | ACK, NULL, 0);
    connection_segment(traffic, connection, C2S, ACK, NULL, 0);
}

void connection_fin(struct traffic *traffic, struct connection *connection, enum side first)
{
    enum side second = first == C2S ? S2C : C2S;

    connection_segment(traffic, connection, first, FIN | ACK, NULL, 0);
    connection_segment(traffic, connection, second, FIN | ACK, NULL, 0);
    connection_segment(traffic, connection, first, ACK, NULL, 0);
}

static void acknowledge(struct traffic *traffic, struct connection *connection, enum side by)
{
    connection_segment(traffic, connection, by, ACK, NULL, 0);
    connection->unacknowledged = 0;
}

static void end_flush(struct traffic *traffic, struct connection *connection, enum side side)
{
    struct queue *queue = &connection->queues[side];

    if (traffic->wire.underway) {
        wire_shuffle(&traffic->wire);
        acknowledge(traffic, connection, side == C2S ? S2C : C2S);
    }
    if (queue->sent == queue->length) {
        queue_release(queue);
    }
}

static bool flush(struct traffic *traffic, struct connection *connection, enum side side, size_t segments,
                  size_t hole)
{
    struct queue *queue = &connection->queues[side];

    for (size_t i = 0; i < segments && queue->sent < queue->length; i++) {
        size_t left = queue->length - queue->sent, length = left < MSS ? left : MSS;

        if (i == hole) {
            connection->next[side] += (uint32_t)length;
        } else {
            connection_segment(traffic, connection, side, (uint8_t)(left == length ? PSH | ACK : ACK),
                               queue->data + queue->sent, length);
        }
        queue->sent += length;
        if (++connection->unacknowledged >= 2 && traffic->wire.underway == NULL) {
            acknowledge(traffic, connection, side == C2S ? S2C : C2S);
        }
    }
    bool empty = queue->sent == queue->length;
    end_flush(traffic, connection, side);
    return empty;
}

bool connection_flush(struct traffic *traffic, struct connection *connection, enum side side, size_t segments)
{
    return flush(traffic, connection, side, segments, NEVER);
}

void connection_flush_hole(struct traffic *traffic, struct connection *connection, enum side side, size_t n)
{
    flush(traffic, connection, side, SIZE_MAX, n);
    traffic->totals.gaps++;
    traffic->totals.gap_bytes += MSS;
    traffic->totals.sides[side].payload_bytes -= MSS;
}

/* --- the handshake --- */

void connection_ask(struct traffic *traffic, struct connection *connection, bool deflate)
{
    char head[512];
    uint8_t key[16];

    put64(key, wire_random(&traffic->wire));
    put64(key + 8, wire_random(&traffic->wire));
    EVP_EncodeBlock((uint8_t *)connection->key, key, sizeof key);
    int length = snprintf(head, sizeof head,
                          "GET /feed HTTP/1.1\r\nHost: feed.example\r\nUser-Agent: generate/1\r\n"
                          "Origin: http://feed.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n",
                          connection->key, deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
    connection_say(connection, C2S, head, (size_t)length);
    traffic->totals.requests++;
}

/* RFC 6455 section 4.2.2, item 5.4. */
static void accept_of(const char *key, char accept[29])
{
    char text[64];
    uint8_t digest[SHA_DIGEST_LENGTH];
    int length = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);

    SHA1((const uint8_t *)text, (size_t)length, digest);
    EVP_EncodeBlock((uint8_t *)accept, digest, sizeof digest);
}

static z_stream *deflater(void)
{
    z_stream *stream = must(calloc(1, sizeof *stream));

    if (deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        must(NULL);
    }
    return stream;
}

void connection_accept(struct traffic *traffic, struct connection *connection, bool deflate)
{
    char head[512], accept[29];

    accept_of(connection->key, accept);
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                          accept, deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
    connection_say(connection, S2C, head, (size_t)length);
    if (deflate) {
        connection->deflate[C2S] = deflater();
        connection->deflate[S2C] = deflater();
    }
    traffic->totals.accepted++;
    traffic->totals.responses++;
    traffic->totals.status_101++;
}

void connection_upgrade(struct traffic *traffic, struct connection *connection, bool deflate)
{
    connection_open(traffic, connection);
    connection_ask(traffic, connection, deflate);
    connection_flush(traffic, connection, C2S, SIZE_MAX);
    connection_accept(traffic, connection, deflate);
    connection_flush(traffic, connection, S2C, SIZE_MAX);
}

/* --- frames and messages --- */

static uint32_t next_mask(struct traffic *traffic, struct connection *connection)
{
    uint32_t mask;

    do {
        mask = (uint32_t)wire_random(&traffic->wire);
    } while (mask == 0 || mask == connection->mask);
    connection->mask = mask;
    return mask;
}

static size_t length_field(uint8_t *at, size_t length)
{
    if (length < 126) {
        at[0] = (uint8_t)length;
        return 1;
    }
    if (length < 65536) {
        at[0] = 126;
        put16(at + 1, (uint32_t)length);
        return 3;
    }
    at[0] = 127;
    put64(at + 1, length);
    return 9;
}

void connection_frame(struct traffic *traffic, struct connection *connection, enum side side, uint8_t first_byte,
                      const uint8_t *payload, size_t length)
{
    struct queue *queue = &connection->queues[side];
    struct side_totals *totals = &traffic->totals.sides[side];
    uint8_t header[14] = { first_byte };
    size_t header_length = 1 + length_field(header + 1, length);

    if (side == C2S) {
        header[1] |= 0x80;
        put32(header + header_length, next_mask(traffic, connection));
        header_length += 4;
    }
    connection_say(connection, side, header, header_length);
    connection_say(connection, side, payload, length);
    for (size_t i = 0; side == C2S && i < length; i++) {
        queue->data[queue->length - length + i] ^= header[header_length - 4 + i % 4];
    }
    totals->frames[first_byte & 15]++;
    totals->payload_bytes += length;
}

/* RFC 7692 section 7.2.1: the message ends with an empty block, whose last four bytes are left away. */
static uint8_t *deflated(z_stream *stream, const uint8_t *payload, size_t length, size_t *out_length)
{
    size_t capacity = deflateBound(stream, length) + 16;
    uint8_t *out = must(malloc(capacity));

    stream->next_in = (uint8_t *)(uintptr_t)payload;
    stream->avail_in = (uInt)length;
    stream->next_out = out;
    stream->avail_out = (uInt)capacity;
    deflate(stream, Z_SYNC_FLUSH);
    *out_length = capacity - stream->avail_out - 4;
    return out;
}

static void count_message(struct side_totals *totals, uint8_t opcode, size_t length, unsigned frames,
                          bool compressed)
{
    totals->text += opcode == 1;
    totals->binary += opcode == 2;
    totals->fragmented += frames > 1;
    totals->compressed += compressed;
    totals->message_bytes += length;
}

void connection_message(struct traffic *traffic, struct connection *connection, enum side side, uint8_t opcode,
                        const uint8_t *payload, size_t length, unsigned frames)
{
    bool compressed = connection->deflate[side] != NULL;
    uint8_t *owned = NULL;

    count_message(&traffic->totals.sides[side], opcode, length, frames, compressed);
    if (compressed) {
        payload = owned = deflated(connection->deflate[side], payload, length, &length);
    }
    for (unsigned i = 0; i < frames; i++) {
        size_t from = length * i / frames, to = length * (i + 1) / frames;
        uint8_t first_byte = (uint8_t)((i == 0 ? opcode : 0) | (i + 1 == frames ? FLAG_FIN : 0) |
                                       (i == 0 && compressed ? FLAG_RSV1 : 0));

        connection_frame(traffic, connection, side, first_byte, payload + from, to - from);
    }
    free(owned);
}

void connection_close(struct traffic *traffic, struct connection *connection)
{
    static const uint8_t code[] = { 0x03, 0xe8 };       /* 1000 */

    for (int side = C2S; side <= S2C; side++) {
        connection_frame(traffic, connection, (enum side)side, FLAG_FIN | 8, code, sizeof code);
        connection_flush(traffic, connection, (enum side)side, SIZE_MAX);
        traffic->totals.sides[side].closed_normally++;
    }
    connection_fin(traffic, connection, S2C);
}
