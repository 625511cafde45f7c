/* SPDX-License-Identifier: MIT */
#ifndef WS101_SERVER_H
#define WS101_SERVER_H

/* server - one thread, one epoll loop, and what it knows of each client.
 *
 * Comes in:   the command line (options.c); what epoll reports (server.c); a socket's bytes (client.c).
 * Goes out:   input to http.h or websocket.h, by the state the client is in; output in order, as fast as the
 *             client takes it; at the end FIN, never a reset that would destroy what it has not read yet.
 * Ownership:  the server owns its clients. One that is killed stays allocated until the end of the loop's
 *             turn, for epoll's events and the caller may still name it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* --- buffer.c: bytes that wait --------------------------------------------------------------------- */

/* Whoever holds the pointer owns the buffer. One that is empty is NULL: ten thousand idle clients own
 * none. */
struct buffer {
    size_t size, capacity;
    uint8_t bytes[];
};

/* Memory that is there, or the program has ended, with exit status 3. */
void *buffer_allocate(void *old, size_t size);

size_t buffer_size(const struct buffer *buffer);

/* Adds n bytes at the end; or text as printf makes it, at most 1023 bytes. */
void buffer_append(struct buffer **buffer, const void *bytes, size_t n);
void buffer_print(struct buffer **buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops n bytes from the beginning; with the last byte goes the buffer. */
void buffer_consume(struct buffer **buffer, size_t n);

/* --- options.c: one number or text for each -------------------------------------------------------- */

enum setting {
    ADDRESS, PORT, USER, ORIGIN, FEED, SEED, BATCH, DEFLATE, HEAD_MAX, FIELDS_MAX, MESSAGE_MAX, QUEUE_MAX,
    CONTROLS_MAX, HEAD_TIME, KEEP_ALIVE_TIME, WAIT_TIME, IDLE_TIME, CLOSE_TIME, SETTINGS,
    GONE = SETTINGS     /* a clock too, but no setting: clients to be freed when this turn is over */
};

struct options {
    const char *text[SETTINGS];             /* as given, or the default */
    uint64_t number[SETTINGS + 1];          /* its value: bytes, milliseconds, events in 1000 seconds */
    const char *origins[16];
    size_t origins_count;
};

/* Reads the command line. Answers --help and --version itself; wrong usage ends the program with status 2. */
void options_read(struct options *options, int count, char **arguments);

/* --- server.c -------------------------------------------------------------------------------------- */

/* The clocks, from HEAD_TIME to GONE. */
enum { DEADLINES = GONE - HEAD_TIME + 1 };

/* Clients that are told the same things; every client is in one. */
enum room { NO_ROOM, ROOM_CHAT, ROOM_FEED, ROOM_EVENTS, ROOM_LONG, ROOMS };

TAILQ_HEAD(clients, client);

/* feed.c: the events, of which the last 256 are kept for those who ask again. */
enum { FEED_KEPT = 256 };

struct feed {
    struct event {
        double born;                    /* milliseconds since the epoch */
        unsigned value;
    } kept[FEED_KEPT];                  /* event n stands at n % FEED_KEPT */
    uint64_t made, published;           /* the newest numbers; they differ while a batch is collected */
    double next_event, next_batch;      /* on the server's clock */
};

struct server {
    struct options options;
    int epoll, listener;
    bool listening;                     /* false while descriptors have run out */
    unsigned clients;
    uint64_t now;                       /* monotonic milliseconds, read once a turn */
    uint64_t stop_at;                   /* 0 until asked to stop */
    struct clients deadlines[DEADLINES], rooms[ROOMS];
    struct feed feed;
    uint8_t input[1 << 17];             /* every client's: what is not used at once moves to its own buffer */
};

/* Serves until SIGTERM or SIGINT, then tells every client and returns. The listener is bound already. */
void server_run(struct server *server);

/* Whether to look for new clients; off while descriptors have run out. */
void server_listen(struct server *server, bool on);

/* --- client.c -------------------------------------------------------------------------------------- */

enum state {
    REQUEST,        /* HTTP: the next head is awaited or under way */
    WAITING,        /* HTTP: the answer is due when there is an event (long polling) */
    STREAMING,      /* HTTP: the answer never ends (server-sent events) */
    OPEN,           /* WebSocket */
    CLOSING,        /* WebSocket: our Close is sent, the client's is awaited (RFC 6455 section 7.1.2) */
    DRAINING,       /* the last bytes are queued, then FIN, then read on until the client's FIN */
    DEAD,
};

struct client {
    TAILQ_ENTRY(client) by_deadline, in_room;
    uint64_t deadline;
    struct server *server;
    struct buffer *held;                /* input that is not whole yet, or whose turn has not come */
    struct buffer *output;              /* what the socket did not take yet */
    struct incoming *incoming;          /* websocket.c: the message under way */
    struct deflate *deflate;            /* deflate.c: the compression's memory, once used */
    const struct endpoint *endpoint;
    int fd;
    uint16_t control_second, controls;  /* pings and pongs counted in this second */
    uint8_t state, room;
    uint8_t deadline_kind;              /* which clock runs */
    uint8_t interest;                   /* the epoll events asked for */
    bool ended : 1;                     /* the client has sent its FIN */
    bool keep_alive : 1, head_only : 1; /* of the request being answered */
    uint16_t deflate_terms;             /* as deflate.c has agreed them; 0: no compression */
};

/* A client on a new socket, which it owns from now on. */
void client_open(struct server *server, int fd);

/* Reads what there is, if the socket is readable, and acts on it and on input that had to wait, such as
 * requests sent before the last one was answered. */
void client_receive(struct client *client, bool readable);

/* Sends what waits, as far as the socket takes it. */
void client_flush(struct client *client);

/* Ends the connection: when what waits is sent and the client has ended it too, or now. */
void client_finish(struct client *client);
void client_kill(struct client *client);

/* Changes the state, and with it the room the client is in and the clock that runs. */
void client_become(struct client *client, enum state state, enum room room, enum setting deadline);

/* Starts the clock of this kind, in place of the one that ran; what happens when it has run out. */
void client_set_deadline(struct client *client, enum setting kind);
void client_expire(struct client *client);

/* --- feed.c ---------------------------------------------------------------------------------------- */

/* Makes the events that are due and tells them, or their batch. */
void feed_turn(struct server *server);

/* Milliseconds until there is something to do, at most limit. */
int feed_wait(const struct server *server, int limit);

/* A client has waited long enough: that there are no events is an answer too. */
void feed_pause(struct client *client);

#endif
