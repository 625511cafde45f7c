/* SPDX-License-Identifier: MIT */
/* blast - WebSocket packets onto an interface at a given rate.
 *
 *   blast IFACE PACKETS_PER_SECOND SECONDS SIZE CONNECTIONS
 *
 * SIZE is that of a packet with its Ethernet header, 64 to 1514. Each packet after the handshakes is one TCP segment
 * with one frame, in turn from the client and from the server, acknowledging all that came before. Prints how many
 * packets went out, how many of them frames, and in how many seconds. No TCP stack takes part.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEADERS 54
#define BATCH   32
#define PACKET  1514
#define CLIENT  0x0A000001
#define SERVER  0x0A000002

struct connection {
    uint32_t next[2];               /* sequence numbers: client's, server's */
    uint16_t port;
};

struct batch {
    int socket;
    unsigned count;
    uint64_t sent;
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    uint8_t packets[BATCH][PACKET];
};

static const char request[] = "GET /blast HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char response[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void flush(struct batch *batch)
{
    unsigned done = 0;

    while (done < batch->count) {
        int n = sendmmsg(batch->socket, batch->messages + done, batch->count - done, 0);

        if (n > 0) {
            done += (unsigned)n;
        } else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
            die("send");
        }
    }
    batch->sent += batch->count;
    batch->count = 0;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xFFFF);
}

static void send_segment(struct batch *batch, struct connection *connection, bool server, unsigned flags,
                         const void *payload, size_t length)
{
    uint8_t *packet = batch->packets[batch->count];

    memset(packet, 0, HEADERS);
    memcpy(packet, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0\x45", 15);
    put16(packet + 16, (unsigned)(40 + length));
    packet[22] = 64;
    packet[23] = 6;
    put32(packet + 26, server ? SERVER : CLIENT);
    put32(packet + 30, server ? CLIENT : SERVER);
    put16(packet + 34, server ? 80 : connection->port);
    put16(packet + 36, server ? connection->port : 80);
    put32(packet + 38, connection->next[server]);
    put32(packet + 42, flags == 2 ? 0 : connection->next[!server]);
    packet[46] = 0x50;
    packet[47] = (uint8_t)flags;
    put16(packet + 48, 65535);
    memcpy(packet + HEADERS, payload, length);
    connection->next[server] += (uint32_t)length + (flags >> 1 & 1);
    batch->vectors[batch->count] = (struct iovec){ packet, HEADERS + length };
    batch->messages[batch->count].msg_hdr = (struct msghdr){ .msg_iov = &batch->vectors[batch->count],
                                                             .msg_iovlen = 1 };
    if (++batch->count == BATCH) {
        flush(batch);
    }
}

static void shake_hands(struct batch *batch, struct connection *connection)
{
    send_segment(batch, connection, false, 0x02, "", 0);
    send_segment(batch, connection, true, 0x12, "", 0);
    send_segment(batch, connection, false, 0x18, request, sizeof request - 1);
    send_segment(batch, connection, true, 0x18, response, sizeof response - 1);
}

/* Masked with zeros, so that both directions carry the same text. */
static size_t make_frame(uint8_t *frame, bool server, size_t room)
{
    size_t head = 2 + (server ? 0 : 4), length = room - head;

    if (length > 125) {
        length -= 2;
        head += 2;
    }
    memset(frame, 0, head);
    frame[0] = 0x81;
    frame[1] = (uint8_t)((server ? 0 : 0x80) | (length > 125 ? 126 : length));
    if (length > 125) {
        put16(frame + 2, (unsigned)length);
    }
    memset(frame + head, 'a', length);
    return head + length;
}

static int open_interface(const char *name)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name) };
    int packets = socket(AF_PACKET, SOCK_RAW, 0);

    if (packets < 0 || bind(packets, (struct sockaddr *)&address, sizeof address)) {
        die(name);
    }
    return packets;
}

int main(int argc, char **argv)
{
    static struct batch batch;
    uint8_t frames[2][PACKET];
    size_t sizes[2];

    if (argc != 6) {
        fprintf(stderr, "usage: blast IFACE PACKETS_PER_SECOND SECONDS SIZE CONNECTIONS\n");
        return 2;
    }
    double rate = strtod(argv[2], NULL), seconds = strtod(argv[3], NULL);
    size_t count = strtoul(argv[5], NULL, 10), size = strtoul(argv[4], NULL, 10);
    struct connection *connections = calloc(count + 1, sizeof *connections);

    if (count == 0 || size < 64 || size > PACKET || !connections) {
        die("arguments");
    }
    for (int side = 0; side < 2; side++) {
        sizes[side] = make_frame(frames[side], side == 1, size - HEADERS);
    }
    batch.socket = open_interface(argv[1]);
    for (size_t i = 0; i < count; i++) {
        connections[i] = (struct connection){ { 1000, 5000 }, (uint16_t)(10000 + i) };
        shake_hands(&batch, &connections[i]);
    }
    flush(&batch);

    uint64_t shaken = batch.sent, wanted = (uint64_t)(rate * seconds);
    double start = now();

    for (uint64_t i = 0; i < wanted; i++) {
        send_segment(&batch, &connections[i / 2 % count], i % 2, 0x18, frames[i % 2], sizes[i % 2]);
        if (batch.count == 0) {         /* just sent: not earlier than due */
            double ahead = (double)i / rate - (now() - start);

            if (ahead > 0.0005) {
                nanosleep(&(struct timespec){ 0, (long)(ahead * 1e9) % 1000000000 }, NULL);
            }
        }
    }
    flush(&batch);
    printf("%llu %llu %.3f\n", (unsigned long long)batch.sent, (unsigned long long)(batch.sent - shaken),
           now() - start);
    return 0;
}
