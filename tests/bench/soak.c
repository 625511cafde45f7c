/* SPDX-License-Identifier: MIT */
/* soak - WebSocket over a wire that loses and reorders, for as long as one likes, and what was sent.
 *
 *   soak SECONDS FRAMES CONNECTIONS SEED
 *
 * To be started in a network namespace of its own. The client is there, at 10.99.0.1 on a TUN device `near`; the
 * server is in a second namespace, at 10.99.0.2 on `far`; this process is the wire between them. Both sides send
 * FRAMES frames a second, spread over CONNECTIONS connections that end with a Close after a while and begin anew.
 * TCP is the kernels'. Says "ready" when `near` is up, begins when a line comes on standard input, and says at
 * the end in one line of JSON what each side has sent; the devices stay until standard input ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT            8101
#define CONNECTIONS_MAX 256
#define LIFE            60000           /* milliseconds that a connection lives, on average */
#define PAYLOAD_MAX     6000
#define LOST            10              /* in a thousand packets */
#define LATE            30
#define DELAY           2               /* milliseconds on the wire; late ones take up to LATER more */
#define LATER           10
#define UNDER_WAY       4096            /* packets on the wire at once */
#define GUID            "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY             "dGhlIHNhbXBsZSBub25jZQ=="

struct sent {
    uint64_t opcodes[16], payload, handshakes;
};

struct connection {
    int fd;                             /* -1: none */
    bool open;                          /* the handshake is done */
    bool closing;                       /* our Close is sent */
    bool fragmented;                    /* a message is under way */
    uint8_t out[PAYLOAD_MAX + 256];
    size_t used, done;                  /* of out */
    uint64_t ends;                      /* when it says Close */
};

struct side {
    bool client;
    unsigned frames;                    /* a second */
    size_t connections;
    struct sent *sent;
    struct connection connection[CONNECTIONS_MAX];
    int listener;
    uint64_t chance;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "soak: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* xorshift64*, Vigna 2016 */
static uint64_t any(uint64_t *state, uint64_t below)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (*state * UINT64_C(0x2545F4914F6CDD1D) >> 33) % below;
}

/* --- the devices ---------------------------------------------------------------------------------------- */

static int make_device(const char *name, const char *address)
{
    struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)&request.ifr_addr;
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int control = socket(AF_INET, SOCK_DGRAM, 0);

    memcpy(request.ifr_name, name, strlen(name));
    if (device < 0 || control < 0 || ioctl(device, TUNSETIFF, &request)) {
        die("TUN device");
    }
    memset(&request.ifr_addr, 0, sizeof request.ifr_addr);
    in->sin_family = AF_INET;
    inet_pton(AF_INET, address, &in->sin_addr);
    if (ioctl(control, SIOCSIFADDR, &request)) {
        die("address");
    }
    inet_pton(AF_INET, "255.255.255.0", &in->sin_addr);
    if (ioctl(control, SIOCSIFNETMASK, &request) || ioctl(control, SIOCGIFFLAGS, &request)) {
        die("netmask");
    }
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    if (ioctl(control, SIOCSIFFLAGS, &request)) {
        die("up");
    }
    close(control);
    return device;
}

/* --- the wire ------------------------------------------------------------------------------------------- */

struct packet {
    uint64_t due;
    int to;
    ssize_t length;
    uint8_t bytes[1500];
};

struct wire {
    struct packet packets[UNDER_WAY];
    size_t count;
    uint64_t chance, carried, lost, late;
};

static void take_from(struct wire *wire, int from, int to)
{
    while (wire->count < UNDER_WAY) {
        struct packet *packet = &wire->packets[wire->count];
        uint64_t fate = any(&wire->chance, 1000);

        packet->length = read(from, packet->bytes, sizeof packet->bytes);
        if (packet->length <= 0) {
            return;
        }
        if (fate < LOST) {
            wire->lost++;
            continue;
        }
        bool late = fate < LOST + LATE;

        packet->to = to;
        packet->due = now() + DELAY + (late ? any(&wire->chance, LATER) + 1 : 0);
        wire->late += late;
        wire->count++;
    }
}

/* In the order in which they were taken, as far as they are due. */
static void deliver(struct wire *wire)
{
    uint64_t time = now();
    size_t kept = 0;

    for (size_t i = 0; i < wire->count; i++) {
        if (wire->packets[i].due > time) {
            if (kept != i) {
                wire->packets[kept] = wire->packets[i];
            }
            kept++;
        } else if (write(wire->packets[i].to, wire->packets[i].bytes, (size_t)wire->packets[i].length) > 0) {
            wire->carried++;
        }
    }
    wire->count = kept;
}

/* Until the client has ended. */
static void carry(struct wire *wire, int near, int far, pid_t client)
{
    int status;

    while (waitpid(client, &status, WNOHANG) == 0) {
        struct pollfd polled[] = { { near, POLLIN, 0 }, { far, POLLIN, 0 } };

        poll(polled, 2, wire->count ? 1 : 100);
        take_from(wire, near, far);
        take_from(wire, far, near);
        deliver(wire);
    }
    if (status != 0) {
        die("the client failed");
    }
}

/* --- frames --------------------------------------------------------------------------------------------- */

static void put(struct connection *connection, const void *bytes, size_t length)
{
    memcpy(connection->out + connection->used, bytes, length);
    connection->used += length;
}

static void put_frame(struct side *side, struct connection *connection, unsigned first, size_t length)
{
    uint8_t head[4] = { (uint8_t)first, (uint8_t)(length < 126 ? length : 126), (uint8_t)(length >> 8),
                        (uint8_t)length };
    uint8_t mask[4] = { 0 };
    uint8_t *payload;

    head[1] |= side->client ? 0x80 : 0;
    put(connection, head, length < 126 ? 2 : 4);
    if (side->client) {
        uint64_t random = any(&side->chance, UINT32_MAX);

        memcpy(mask, &random, sizeof mask);
        put(connection, mask, sizeof mask);
    }
    payload = connection->out + connection->used;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = (first & 0x0F) == 8 ? (uint8_t)(i == 0 ? 1000 >> 8 : 1000 & 0xFF)
                                           : (uint8_t)('a' + (i + length) % 26);

        payload[i] = byte ^ mask[i % 4];
    }
    connection->used += length;
    side->sent->opcodes[first & 0x0F]++;
    side->sent->payload += length;
}

static size_t some_length(struct side *side)
{
    uint64_t kind = any(&side->chance, 100);

    return (size_t)any(&side->chance, kind < 60 ? 126 : kind < 98 ? 1300 : PAYLOAD_MAX);
}

/* Whole messages, some in fragments with a ping between them. */
static void say_something(struct side *side, struct connection *connection)
{
    uint64_t kind = any(&side->chance, 100);

    if (kind < 3) {
        put_frame(side, connection, 0x89, 8);
    } else if (connection->fragmented) {
        connection->fragmented = kind < 40;
        put_frame(side, connection, connection->fragmented ? 0x00 : 0x80, some_length(side));
    } else {
        connection->fragmented = kind < 10;
        put_frame(side, connection, (connection->fragmented ? 0u : 0x80u) | (kind % 4 ? 1u : 2u),
                  some_length(side));
    }
}

/* --- connections ---------------------------------------------------------------------------------------- */

static void begin(struct side *side, struct connection *connection, int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    memset(connection, 0, sizeof *connection);
    connection->fd = fd;
    connection->ends = now() + LIFE / 2 + any(&side->chance, LIFE);
}

static void forget(struct connection *connection)
{
    close(connection->fd);
    connection->fd = -1;
}

static void dial(struct side *side, struct connection *connection)
{
    static const char request[] = "GET /soak HTTP/1.1\r\nHost: 10.99.0.2:8101\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n";
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet_pton(AF_INET, "10.99.0.2", &address.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
        die("connect");
    }
    begin(side, connection, fd);
    put(connection, request, sizeof request - 1);
    side->sent->handshakes++;
}

static void answer_handshake(struct connection *connection)
{
    uint8_t digest[SHA_DIGEST_LENGTH], accept[32];
    char answer[256];

    SHA1((const unsigned char *)KEY GUID, sizeof KEY GUID - 1, digest);
    EVP_EncodeBlock(accept, digest, sizeof digest);
    put(connection, answer, (size_t)snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", (char *)accept));
}

static void write_out(struct connection *connection)
{
    while (connection->done < connection->used) {
        ssize_t n = write(connection->fd, connection->out + connection->done,
                          connection->used - connection->done);

        if (n < 0) {
            return;                     /* full, or gone, which reading will tell */
        }
        connection->done += (size_t)n;
    }
    connection->done = connection->used = 0;
}

/* What comes is thrown away. False when the other side has ended. The first bytes are the handshake, which both
 * sides send alone and in one packet. */
static bool drain(struct side *side, struct connection *connection)
{
    static uint8_t bytes[65536];
    ssize_t n;

    while ((n = read(connection->fd, bytes, sizeof bytes)) > 0) {
        if (!connection->open) {
            connection->open = true;
            if (!side->client) {
                answer_handshake(connection);
            }
        }
    }
    return n < 0 && errno == EAGAIN;
}

static void say_close(struct side *side, struct connection *connection)
{
    if (connection->fragmented) {       /* a message begun is ended */
        connection->fragmented = false;
        put_frame(side, connection, 0x80, 0);
    }
    put_frame(side, connection, 0x88, 2);
    connection->closing = true;
}

/* The client says Close when its time has come and ends its half; the server, at that end, says Close too. */
static void close_some(struct side *side, bool all)
{
    for (size_t i = 0; i < side->connections; i++) {
        struct connection *connection = &side->connection[i];

        if (connection->fd < 0 || connection->used > 0) {
            continue;
        }
        if (connection->closing) {
            shutdown(connection->fd, SHUT_WR);
            if (!side->client) {
                forget(connection);
            }
        } else if (side->client && connection->open && (all || now() > connection->ends)) {
            say_close(side, connection);
            write_out(connection);
        }
    }
}

static void look_at(struct side *side, struct connection *connection)
{
    if (connection->fd < 0) {
        return;
    }
    write_out(connection);
    if (!drain(side, connection)) {
        if (side->client) {
            forget(connection);
        } else if (!connection->closing && connection->used == 0) {
            say_close(side, connection);
        }
    }
    write_out(connection);
}

static struct connection *free_place(struct side *side)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (side->connection[i].fd < 0) {
            return &side->connection[i];
        }
    }
    errno = ENOBUFS;
    die("connections");
}

static void renew(struct side *side)
{
    if (side->client) {
        for (size_t i = 0; i < side->connections; i++) {
            if (side->connection[i].fd < 0) {
                dial(side, &side->connection[i]);
            }
        }
    } else {
        int fd;

        while ((fd = accept(side->listener, NULL, NULL)) >= 0) {
            begin(side, free_place(side), fd);
        }
    }
}

/* So many frames, over the connections that have nothing waiting. */
static void speak(struct side *side, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        struct connection *connection = &side->connection[any(&side->chance, side->connections)];

        if (connection->fd >= 0 && connection->open && !connection->closing && connection->used == 0) {
            say_something(side, connection);
            write_out(connection);
        }
    }
}

static bool is_idle(const struct side *side)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (side->connection[i].fd >= 0) {
            return false;
        }
    }
    return true;
}

/* A turn every five milliseconds. The server's life ends with the wire's. */
static void live(struct side *side, uint64_t milliseconds)
{
    uint64_t start = now(), said = 0;

    for (;;) {
        uint64_t passed = now() - start, due = passed * side->frames / 1000;
        bool over = side->client && passed > milliseconds;

        if (over && is_idle(side)) {
            return;
        }
        if (!over) {
            renew(side);
            speak(side, (unsigned)(due - said));
        }
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            look_at(side, &side->connection[i]);
        }
        close_some(side, over);
        said = due;
        nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
    }
}

static pid_t start_side(struct side *side, uint64_t milliseconds, int begin_when)
{
    pid_t pid = fork();
    char byte;

    if (pid != 0) {
        return pid;
    }
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        side->connection[i].fd = -1;
    }
    if (!side->client) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };

        side->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (bind(side->listener, (struct sockaddr *)&address, sizeof address) || listen(side->listener, 64)) {
            die("listen");
        }
    } else if (read(begin_when, &byte, 1) != 1) {
        exit(1);
    }
    live(side, milliseconds);
    exit(0);
}

static void tell(const char *name, const struct sent *sent)
{
    printf("\"%s\": { \"continuation\": %llu, \"text\": %llu, \"binary\": %llu, \"close\": %llu, \"ping\": %llu, "
           "\"payload_bytes\": %llu }", name, (unsigned long long)sent->opcodes[0],
           (unsigned long long)sent->opcodes[1], (unsigned long long)sent->opcodes[2],
           (unsigned long long)sent->opcodes[8], (unsigned long long)sent->opcodes[9],
           (unsigned long long)sent->payload);
}

int main(int argc, char **argv)
{
    static struct side client = { .client = true }, server;
    static struct wire wire;
    int begin_when[2];
    char byte;

    if (argc != 5) {
        fprintf(stderr, "usage: soak SECONDS FRAMES CONNECTIONS SEED\n");
        return 2;
    }
    struct sent *sent = mmap(NULL, sizeof *sent * 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t milliseconds = strtoull(argv[1], NULL, 10) * 1000;

    client.frames = server.frames = (unsigned)strtoul(argv[2], NULL, 10);
    client.connections = server.connections = strtoul(argv[3], NULL, 10) % CONNECTIONS_MAX;
    client.chance = strtoull(argv[4], NULL, 10) * 2 + 1;
    server.chance = client.chance + 1000;
    wire.chance = client.chance + 2000;
    client.sent = &sent[0];
    server.sent = &sent[1];
    if (sent == MAP_FAILED || pipe2(begin_when, O_CLOEXEC)) {
        die("memory");
    }
    int near = make_device("near", "10.99.0.1");
    pid_t client_pid = start_side(&client, milliseconds, begin_when[0]);

    if (unshare(CLONE_NEWNET)) {
        die("a second network");
    }
    int far = make_device("far", "10.99.0.2");
    pid_t server_pid = start_side(&server, milliseconds, -1);

    puts("ready");
    fflush(stdout);
    if (read(STDIN_FILENO, &byte, 1) != 1 || write(begin_when[1], "", 1) != 1) {
        return 1;
    }
    carry(&wire, near, far, client_pid);
    kill(server_pid, SIGKILL);
    printf("{ \"connections\": %llu, ", (unsigned long long)sent[0].handshakes);
    tell("c2s", &sent[0]);
    printf(", ");
    tell("s2c", &sent[1]);
    printf(", \"carried\": %llu, \"lost\": %llu, \"late\": %llu }\n", (unsigned long long)wire.carried,
           (unsigned long long)wire.lost, (unsigned long long)wire.late);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0;
}
