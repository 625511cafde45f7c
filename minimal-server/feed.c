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
        client_become(client, DRAINING);        /* too slow a reader; it may come back with Last-Event-ID */
    }
    free(text);
}

/* A client that was answered may have asked again already, and is told no second time. */
static void tell_all(enum state state, uint64_t after)
{
    for (EACH(client, state)) {
        tell(client, after);
        client_receive(client, false);
    }
}

/* Events that are due come to be when they are to be told, each with the time at which it happened. After a
 * pause they are told in portions no greater than what is kept, so that nobody who listens misses one. */
int feed_turn(int limit)
{
    double now = (double)server.now, mean = 1e9 / (double)server.number[RATE];
    uint64_t after = feed.made;

    if (feed.due == 0) {
        srand48((long)server.number[SEED]);     /* what follows is laid down by POSIX */
        feed.next = now - log(1 - drand48()) * mean;
    }
    while (now >= feed.due && now >= feed.next && feed.made < after + KEPT) {
        double epoch = (double)server_clock(CLOCK_REALTIME) - (double)server_clock(CLOCK_MONOTONIC);

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
    return (int)fmin(limit, fmax(0, ceil((feed.due - now) / 1000)));
}

/* What is new after N (?after=N, Last-Event-ID: N): at once, when there is something, or as it comes. A
 * number from the future was given by a server before this one: then all is news. Without one a poll gets the
 * newest event, the others what comes from now on. */
void feed_get(struct client *client, struct request *request)
{
    bool asks = request->query && strncmp(request->query, "after=", 6) == 0;
    const char *given = asks ? request->query + 6 : http_field(request, "Last-Event-ID");
    enum state state = client->head_only ? REQUEST : client->endpoint->state;
    uint64_t after = given ? strtoull(given, NULL, 10) : feed.made - (state == REQUEST && feed.made > 0);

    after = after > feed.made ? 0 : after;
    if (given && !http_is_only(given, DIGITS)) {
        http_refuse(client, "400 The number of an event is expected");
        return;
    }
    if (state == STREAMING) {
        buffer_print(&client->output, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                      "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
        client_become(client, STREAMING);
    }
    if (state == WAITING && after == feed.made) {
        client_become(client, WAITING);
    } else {
        tell(client, after);
    }
}
