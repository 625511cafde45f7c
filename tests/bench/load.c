/* SPDX-License-Identifier: MIT */
/* load - WebSocket clients that ask for echoes, or that only sit there.
 *
 *   load echo PORT PATH SIZE IN_FLIGHT CONNECTIONS ECHOES   prints: echoes, seconds
 *   load idle PORT PATH CONNECTIONS                         prints "ready", holds them until its stdin ends
 *
 * Each connection keeps IN_FLIGHT binary messages of SIZE bytes under way. Answers are read frame by frame;
 * one that is no data frame, or of another size, ends the run: fast and wrong does not count.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

struct connection {
    int fd;
    uint8_t header[14];
    size_t header_size;         /* bytes of the next header that are here */
    uint64_t left;              /* payload of the frame under way that is still to come */
    uint64_t payload;           /* of the message under way, so far */
};

struct load {
    size_t size, in_flight;
    uint64_t wanted, sent, received;
    uint8_t *batch;             /* in_flight frames in a row */
    size_t frame_size;
};

static _Noreturn void die(const char *why)
{
    fprintf(stderr, "load: %s\n", why);
    exit(1);
}

static int connect_to(int port, const char *path)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    char request[512], answer[4096];
    size_t size = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
        die("cannot connect");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             "Sec-WebSocket-Version: 13\r\n\r\n", path, port);
    if (send(fd, request, strlen(request), 0) < 0) {
        die("cannot send");
    }
    do {
        ssize_t got = recv(fd, answer + size, 1, 0);      /* a byte at a time: what follows is frames */

        if (got <= 0 || ++size == sizeof answer) {
            die("no handshake");
        }
    } while (size < 4 || memcmp(answer + size - 4, "\r\n\r\n", 4) != 0);
    if (memcmp(answer, "HTTP/1.1 101", 12) != 0) {
        die("the handshake was refused");
    }
    return fd;
}

static void make_batch(struct load *load)
{
    size_t n = load->size, length_bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;

    load->frame_size = 2 + length_bytes + 4 + n;
    load->batch = malloc(load->frame_size * load->in_flight);
    for (size_t i = 0; i < load->in_flight; i++) {
        uint8_t *frame = load->batch + i * load->frame_size;

        frame[0] = 0x82;
        frame[1] = (uint8_t)(0x80 | (n < 126 ? n : n < 65536 ? 126 : 127));
        for (size_t j = 0; j < length_bytes; j++) {
            frame[1 + length_bytes - j] = (uint8_t)((uint64_t)n >> 8 * j);
        }
        for (size_t j = 2 + length_bytes; j < load->frame_size; j++) {
            frame[j] = (uint8_t)(j * 7 + 1);
        }
    }
}

static void send_batch(struct load *load, const struct connection *connection, size_t frames)
{
    size_t size = frames * load->frame_size, done = 0;

    while (done < size) {
        ssize_t sent = send(connection->fd, load->batch + done, size - done, 0);

        if (sent < 0) {
            die("cannot send");
        }
        done += (size_t)sent;
    }
    load->sent += frames;
}

/* How long the header is, as far as its bytes tell. */
static size_t header_length(const struct connection *c)
{
    size_t form = c->header_size < 2 ? 0 : c->header[1] & 0x7F;

    return form == 127 ? 10 : form == 126 ? 4 : 2;
}

/* A header is whole: what does it announce? */
static void begin_frame(struct connection *c)
{
    c->left = c->header_size == 2 ? c->header[1] & 0x7F : 0;
    for (size_t i = 2; i < c->header_size; i++) {
        c->left = c->left << 8 | c->header[i];
    }
    c->payload += c->left;
}

/* A frame is whole: is it the last of an echo? */
static size_t end_frame(const struct load *load, struct connection *c)
{
    bool fin = c->header[0] & 0x80;

    if (c->header[0] & 0x08 || (fin && c->payload != load->size)) {
        die("that was no echo");
    }
    c->header_size = 0;
    c->payload = fin ? 0 : c->payload;
    return fin;
}

/* Takes bytes of frames; how many messages ended. */
static size_t take(const struct load *load, struct connection *c, const uint8_t *bytes, size_t n)
{
    size_t messages = 0;

    while (n) {
        if (c->header_size < header_length(c)) {
            c->header[c->header_size++] = *bytes++;
            n--;
            if (c->header_size < header_length(c)) {
                continue;
            }
            begin_frame(c);
        }
        size_t step = n < c->left ? n : (size_t)c->left;

        bytes += step;
        n -= step;
        c->left -= step;
        messages += c->left ? 0 : end_frame(load, c);
    }
    return messages;
}

static void echo(struct load *load, struct connection *connections, size_t count)
{
    static uint8_t input[1 << 18];
    int epoll = epoll_create1(0);
    struct timespec start, end;

    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };

        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
    }
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t i = 0; i < count; i++) {
        send_batch(load, &connections[i], load->in_flight);
    }
    while (load->received < load->wanted) {
        struct epoll_event ready[64];
        int n = epoll_wait(epoll, ready, 64, 10000);

        if (n <= 0) {
            die("no echo for ten seconds");
        }
        for (int i = 0; i < n; i++) {
            struct connection *connection = ready[i].data.ptr;
            ssize_t got = recv(connection->fd, input, sizeof input, 0);
            size_t messages = got > 0 ? take(load, connection, input, (size_t)got) : 0;

            if (got <= 0) {
                die("the server left");
            }
            load->received += messages;
            if (messages && load->sent < load->wanted) {
                send_batch(load, connection, messages);
            }
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%llu %.3f\n", (unsigned long long)load->received,
           (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
}

int main(int argc, char **argv)
{
    struct rlimit descriptors;
    struct load load = { 0 };
    bool idle = argc == 5 && strcmp(argv[1], "idle") == 0;
    size_t count;
    struct connection *connections;

    if (!idle && !(argc == 8 && strcmp(argv[1], "echo") == 0)) {
        die("echo PORT PATH SIZE IN_FLIGHT CONNECTIONS ECHOES, or idle PORT PATH CONNECTIONS");
    }
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    count = strtoul(argv[idle ? 4 : 6], NULL, 10);
    connections = calloc(count, sizeof *connections);
    for (size_t i = 0; i < count; i++) {
        connections[i].fd = connect_to(atoi(argv[2]), argv[3]);
    }
    if (idle) {
        puts("ready");
        fflush(stdout);
        while (getchar() != EOF) {
        }
        return 0;
    }
    load.size = strtoul(argv[4], NULL, 10);
    load.in_flight = strtoul(argv[5], NULL, 10);
    load.wanted = strtoull(argv[7], NULL, 10);
    make_batch(&load);
    echo(&load, connections, count);
    return 0;
}
