/* SPDX-License-Identifier: MIT */
#ifndef WS101_SERVER_H
#define WS101_SERVER_H

/* server - one thread, one epoll loop, and what it knows of each client. The files stand in reading order.
 *
 * Comes in:   the command line (main.c); what epoll reports (server.c); a socket's bytes (client.c).
 * Goes out:   requests and messages to the endpoint of their path (endpoint.c); output in order, as fast as
 *             the client takes it; at the end FIN, never a reset that would destroy what it has not read.
 * Ownership:  the server owns its clients. One that is DEAD stays allocated until the end of the loop's
 *             turn, for epoll's events and the caller may still name it. Every function's bytes and strings
 *             are borrowed until it returns.
 */

#include <errno.h>
#include <fnmatch.h>
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

/* --- main.c: one number or text for each setting --------------------------------------------------- */

enum setting {
    ADDRESS, PORT, ORIGIN, RATE, SEED, BATCH, HEAD_MAX, FIELDS_MAX, MESSAGE_MAX, QUEUE_MAX, CONTROLS_MAX,
    HEAD_TIME, WAIT_TIME, CLOSE_TIME, SETTINGS,
    AT_ONCE = SETTINGS, FOREVER     /* times too, but nothing to set */
};

/* --- server.c -------------------------------------------------------------------------------------- */

/* What a client is doing. Input is used in the states up to REQUEST; then it waits, or is ignored. */
enum state {
    OPEN_ECHO, OPEN_CHAT, OPEN_FEED,    /* WebSocket, by path */
    CLOSING,        /* WebSocket: our Close is sent, the client's is awaited (RFC 6455 section 7.1.2) */
    REQUEST,        /* HTTP: the next head is awaited or under way */
    WAITING,        /* HTTP: the answer is due when there is an event (long polling) */
    STREAMING,      /* HTTP: the answer never ends (server-sent events) */
    DRAINING,       /* the last bytes are queued, then FIN, then read on until the client's FIN */
    DEAD,           /* its socket is closed, and it is freed, when this turn is over */
    STATES
};

TAILQ_HEAD(clients, client);

/* for (EACH(client, state)) meets every client in a state. What is done with one may change its state, and no
 * other's; one that is back at the end of the list is not met again. */
#define EACH(client, state)                                                                                 \
    struct client *client = TAILQ_FIRST(&server.clients[state]), *next,                                     \
                  *last = TAILQ_LAST(&server.clients[state], clients);                                      \
    client && (next = TAILQ_NEXT(client, in_state), true); client = client == last ? NULL : next

extern struct server {
    const char *text[SETTINGS];         /* each setting as given, or its default */
    uint64_t number[FOREVER + 1];       /* its value: bytes, microseconds, events in 1000 seconds */
    const char *origins[16];
    size_t origins_count;
    int epoll, listener;
    uint64_t now, stop_at;              /* monotonic, read once a turn; stop_at is 0 until asked to stop */
    struct clients clients[STATES];     /* by state, each list in the order in which they are due */
    uint8_t input[1 << 17];             /* every client's: what is not used at once moves to its own buffer */
} server;

/* Serves until SIGTERM or SIGINT, then tells every client and returns. The listener is bound already. */
void server_run(void);

/* What this clock says, in microseconds. */
uint64_t server_clock(clockid_t clock);

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

/* --- client.c: one connection ---------------------------------------------------------------------- */

/* How far a text is that comes in pieces, in UTF-8 (RFC 3629 section 4); all zero is its start. */
struct text {
    uint8_t missing, low, high;     /* bytes of this character to come; between which the next must lie */
};

struct client {
    TAILQ_ENTRY(client) in_state;
    uint64_t deadline;
    struct buffer *held, *output;       /* input whose turn has not come; what the socket did not take yet */
    struct buffer *message;             /* websocket.c: what is there of the message under way */
    const struct endpoint *endpoint;
    uint64_t left;                      /* payload bytes to come of the frame under way */
    uint32_t key;                       /* its masking key, turned so that the first byte is next */
    int fd;
    uint16_t control_second, controls;  /* pings and pongs counted in this second */
    uint8_t deflate_bits;               /* the agreed window of what is sent; 0: no compression */
    struct text text;                   /* of the message under way */
    uint8_t opcode, first;              /* of it: TEXT or BINARY, else 0; of the frame: the first byte */
    uint8_t state, interest;            /* interest: the epoll events asked for */
    bool compressed : 1;                /* the message under way */
    bool keep_alive : 1, head_only : 1; /* of the request being answered */
    bool ended : 1;                     /* the client has sent its FIN */
};

/* Takes all clients that wait to be accepted. */
void client_accept(void);

/* Reads what there is, if the socket is readable, and acts on it and on input that had to wait, such as
 * requests sent before the last one was answered. */
void client_receive(struct client *client, bool readable);

/* Sends what waits, as far as the socket takes it. */
void client_flush(struct client *client);

/* Changes the state, and starts its clock; so to end a connection is to make it DRAINING. Sends nothing yet:
 * the caller, or who called that, flushes. What happens when the clock has run out. */
void client_become(struct client *client, enum state state);
void client_expire(struct client *client);

/* --- http.c: requests in, answers out (RFC 9110, RFC 9112) ------------------------------------------
 *
 * Strict where leniency is how requests get smuggled: CRLF only, no folded fields, one Host, no content. */

/* A request is strings in the input, cut up in place. Every field is taken for a list, its items divided by
 * commas, as fields of one name are (RFC 9110 section 5.3): no field that must be single may hold a comma.
 * There is room for as many items as --fields allows, and the one that is too much. */
struct request {
    const char *method, *path, *query;      /* query: NULL if there is none */
    size_t count;
    char *names[256 + 1], *values[256 + 1];
};

/* Takes one request from the input and answers it: how many bytes it had, 0 for "not whole yet". */
size_t http_receive(struct client *client, uint8_t *bytes, size_t n);

/* Answers. status is "200 OK"; fields are further lines, each with its CRLF; bytes are the content. */
void http_respond(struct client *client, const char *status, const char *fields, const void *bytes, size_t n);

/* Answers with a status and why, such as "400 Host is missing", and ends the connection. Fields may follow
 * after a CRLF. The reason phrase is free (RFC 9112 section 4): it speaks to whoever debugs the client. */
void http_refuse(struct client *client, const char *status);

/* The value of a field; NULL if it is not there, "," if there are several. */
const char *http_field(const struct request *request, const char *name);

/* The next item of a field, NULL after the last; starts with *i = 0. Empty ones are to be ignored (RFC 9110
 * section 5.6.1.2). */
char *http_next_item(const struct request *request, const char *name, size_t *i);

/* Whether this is an item of the field, in any case. */
bool http_has(const struct request *request, const char *name, const char *item);

/* Cuts what stands before the separator out of the text, without blanks around; *text is NULL after the
 * last. */
char *http_cut(char **text, const char *separator);

/* Whether this is one or more of these characters: a token (RFC 9110 section 5.6.2), a number. */
#define DIGITS "0123456789"
#define ALPHANUMERIC DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define TOKEN ALPHANUMERIC "!#$%&'*+-.^_`|~"
bool http_is_only(const char *text, const char *characters);

/* --- handshake.c, websocket.c: the upgrade, then frames (RFC 6455) ---------------------------------- */

enum opcode { CONTINUATION = 0x0, TEXT = 0x1, BINARY = 0x2, CLOSE = 0x8, PING = 0x9, PONG = 0xA };

/* Answers an upgrade request: 101, or a refusal that says why (RFC 6455 section 4.2). */
void handshake_answer(struct client *client, struct request *request);

/* Takes what it can of the input, which it unmasks in place: how many bytes, 0 for "more is needed". */
size_t websocket_receive(struct client *client, uint8_t *bytes, size_t n);

/* Queues a message or control frame, in one frame; a message compressed, if that was agreed. */
void websocket_send(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n);

/* Sends a message that the client did not ask for: one that reads too slowly is closed instead. */
void websocket_publish(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n);

/* Starts the closing handshake, if the connection is open (RFC 6455 section 7.1.2). The reason begins with
 * the code of section 7.4.1, as in "1001 server is shutting down". */
void websocket_close(struct client *client, const char *reason);

/* --- deflate.c: permessage-deflate (RFC 7692) ----------------------------------------------------------
 *
 * The optional part: leave deflate.c and -lz out of the link, and the server never agrees to it. Hence these
 * are weak symbols, NULL where deflate.c is missing. Each message is compressed for itself, so that no client
 * costs memory between messages. */

#define OPTIONAL __attribute__((weak))

/* Judges the offers: what is wrong with them, or NULL. Sets the client's deflate_bits and writes the field of
 * the answer, which has room for 192 characters, if one is granted. */
OPTIONAL const char *deflate_negotiate(struct client *client, const struct request *request, char *answer);

/* A message deflated; the buffer is the caller's. */
OPTIONAL struct buffer *deflate_compress(const struct client *client, const uint8_t *bytes, size_t n);

/* Inflates a message, but not far beyond the limit of messages: NULL, or why the connection must fail. */
OPTIONAL const char *deflate_expand(struct buffer **message);

/* --- feed.c: the same events over every transport -------------------------------------------------- */

/* Makes the events that are due and tells them. How many milliseconds the next can wait, at most limit. */
int feed_turn(int limit);

/* Answers a request for events. */
void feed_get(struct client *client, struct request *request);

/* --- endpoint.c: what a path stands for ------------------------------------------------------------- */

struct endpoint {
    const char *path;                       /* without the slash: the subprotocol that is spoken there */
    const char *scheme, *about;
    void (*get)(struct client *client, struct request *request);
    enum state state;                       /* of a client that was answered, or waits for it */
    void (*receive)(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n);    /* or NULL */
};

extern const struct endpoint endpoints[];   /* ends with a row without a path */

#endif
