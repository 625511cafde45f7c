/* SPDX-License-Identifier: MIT */
/* feed - the same events over every transport, as JSON: {"number":1,"born":1700000000000.000,"value":42}
 *
 * born is when the event came to be, in milliseconds since the epoch, so that latency can be measured. The
 * gaps between events are exponential (a Poisson process) and follow from the seed alone, like the values. */
#include <math.h>

#include "server.h"

enum { KEPT = 256 };        /* events, for those who ask again */

static struct {
    char json[KEPT][96];    /* event n stands at n % KEPT */
    uint64_t made;          /* the newest event's number */
    double next, due;       /* when that after it happens, and when it is told; as server.now */
} feed;

int feed_wait(int limit)
{
    return (int)fmin(limit, fmax(0, ceil((feed.due - (double)server.now) / 1000)));
}

/* Tells a client the events after this number, over whatever it is connected by. */
static void tell(struct client *client, uint64_t after)
{
    struct buffer *text = NULL;

    for (uint64_t i = after + KEPT < feed.made ? feed.made - KEPT + 1 : after + 1; i <= feed.made; i++) {
        const char *json = feed.json[i % KEPT];

        if (client->state == OPEN_FEED) {
            websocket_publish(client, TEXT, (const uint8_t *)json, strlen(json));
        } else if (client->state == STREAMING) {
            buffer_print(&client->output, "id: %zu\ndata: %s\n\n", (size_t)i, json);
        } else {
            buffer_print(&text, "%s%s", text ? ",\n" : "[", json);
        }
    }
    if (client->state == REQUEST || client->state == WAITING) {
        buffer_print(&text, text ? "]\n" : "[]\n");
        http_respond(client, "200 OK", "Content-Type: application/json\r\nCache-Control: no-store\r\n",
                     text->bytes, text->size);
    } else if (client->state == STREAMING && buffer_size(client->output) > server.number[QUEUE_MAX]) {
        client_finish(client);      /* too slow a reader; it may come back with Last-Event-ID */
    }
    free(text);
    client_flush(client);
}

/* An answered client may ask again at once and be last in its list a second time: it is told once. */
static void tell_all(enum state state, uint64_t after)
{
    struct client *client = TAILQ_FIRST(&server.clients[state]), *next;
    struct client *last = TAILQ_LAST(&server.clients[state], clients);

    for (; client; client = client == last ? NULL : next) {
        next = TAILQ_NEXT(client, in_state);
        tell(client, after);
        client_receive(client, false);
    }
}

/* Events that are due come to be when they are to be told, each with the time at which it happened. After a
 * pause they are told in portions no greater than what is kept, so that nobody who listens misses one. */
void feed_turn(void)
{
    double now = (double)server.now, mean = 1e9 / (double)server.number[RATE];
    double epoch = (double)server_clock(CLOCK_REALTIME) - (double)server_clock(CLOCK_MONOTONIC);
    uint64_t after = feed.made;

    if (feed.due == 0) {
        srand48((long)server.number[SEED]);     /* what follows is laid down by POSIX */
        feed.next = now - log(1 - drand48()) * mean;
    }
    while (now >= feed.due && now >= feed.next && feed.made < after + KEPT) {
        feed.made++;
        sprintf(feed.json[feed.made % KEPT], "{\"number\":%zu,\"born\":%.3f,\"value\":%d}", (size_t)feed.made,
                (epoch + feed.next) / 1000, (int)(drand48() * 100));
        feed.next -= log(1 - drand48()) * mean;
    }
    if (feed.made > after) {
        tell_all(OPEN_FEED, after);
        tell_all(STREAMING, after);
        tell_all(WAITING, after);
    }
    if (now >= feed.due && now < feed.next) {
        feed.due = fmax(feed.next, now + (double)server.number[BATCH]);
    }
}

/* What is new after N (?after=N, Last-Event-ID: N): at once, when there is something, or as it comes. A
 * number from the future was given by a server before this one: then all is news. Without one a poll gets the
 * newest event, the others what comes from now on. */
void feed_get(struct client *client, struct request *request)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Cache-Control: no-store\r\nConnection: close\r\n\r\n";
    const char *last = http_field(request, "Last-Event-ID");
    const char *given = strncmp(request->query, "after=", 6) == 0 ? request->query + 6 : last;
    enum state state = client->head_only ? REQUEST : client->endpoint->state;
    uint64_t newest = feed.made - (state == REQUEST && feed.made > 0);
    uint64_t after = given ? strtoull(given, NULL, 10) : newest;

    after = after > feed.made ? 0 : after;
    if (given && !http_is_only(given, DIGITS)) {
        http_refuse(client, "400 The number of an event is expected");
        return;
    }
    if (state == STREAMING) {
        buffer_append(&client->output, head, sizeof head - 1);
    }
    if (state == STREAMING || (state == WAITING && after == feed.made)) {
        client_become(client, state);
    }
    if (client->state != WAITING) {
        tell(client, after);
    }
}
