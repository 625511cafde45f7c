/* SPDX-License-Identifier: MIT */
/* feed - the same events over every transport, as JSON: {"number":1,"born":1700000000000.000,"value":42}
 *
 * born is when the event came to be, in milliseconds since the epoch, so that latency can be measured. The
 * gaps between events are exponential (a Poisson process) and follow from the seed alone, like the values. */
#include <inttypes.h>
#include <math.h>

#include "websocket.h"

static double next_gap(const struct server *server)
{
    return -log(1 - drand48()) * 1e6 / (double)server->options.number[FEED];
}

int feed_wait(const struct server *server, int limit)
{
    const struct feed *feed = &server->feed;
    bool collecting = feed->made > feed->published && feed->next_batch < feed->next_event;
    double wait = ceil((collecting ? feed->next_batch : feed->next_event) - (double)server->now);

    return wait < 0 ? 0 : wait < limit ? (int)wait : limit;
}

/* A client gets the published events after a number. One from the future was given by a server before this
 * one: then all is news. */
static void tell(struct client *client, uint64_t after)
{
    const struct feed *feed = &client->server->feed;
    uint64_t oldest = feed->made > FEED_KEPT ? feed->made - FEED_KEPT + 1 : 1;
    uint64_t queue_max = client->server->options.number[QUEUE_MAX];
    uint64_t first = after > feed->published ? 1 : after + 1;
    struct buffer *text = NULL;

    for (uint64_t i = first > oldest ? first : oldest; i <= feed->published; i++) {
        const struct event *event = &feed->kept[i % FEED_KEPT];
        char json[96];

        sprintf(json, "{\"number\":%" PRIu64 ",\"born\":%.3f,\"value\":%u}", i, event->born, event->value);
        if (client->state == OPEN) {
            websocket_publish(client, TEXT, (uint8_t *)json, strlen(json));
        } else if (client->state == STREAMING) {
            buffer_print(&client->output, "id: %" PRIu64 "\ndata: %s\n\n", i, json);
        } else {
            buffer_print(&text, "%s%s", text ? ",\n" : "[", json);
        }
    }
    if (client->state < STREAMING) {
        buffer_print(&text, text ? "]\n" : "[]\n");
        http_respond(client, "200 OK", "Content-Type: application/json\r\nCache-Control: no-store\r\n",
                     text->bytes, text->size);
    } else if (client->state == STREAMING && buffer_size(client->output) > queue_max) {
        client_finish(client);      /* too slow a reader; it may come back with Last-Event-ID */
    }
    free(text);
    client_flush(client);
}

/* An answered client may ask again at once and be last in its room a second time: it is told once. */
static void publish(struct server *server)
{
    uint64_t after = server->feed.published;

    server->feed.published = server->feed.made;
    for (enum room room = ROOM_FEED; room <= ROOM_LONG; room++) {
        struct client *client = TAILQ_FIRST(&server->rooms[room]), *next;
        struct client *last = TAILQ_LAST(&server->rooms[room], clients);

        for (; client; client = client == last ? NULL : next) {
            next = TAILQ_NEXT(client, in_room);
            tell(client, after);
            client_receive(client, false);
        }
    }
}

void feed_turn(struct server *server)
{
    struct feed *feed = &server->feed;
    double now = (double)server->now;
    struct timespec born;

    if (feed->next_event == 0) {
        srand48((long)server->options.number[SEED]);    /* what follows is laid down by POSIX */
        feed->next_event = now + next_gap(server);
    }
    clock_gettime(CLOCK_REALTIME, &born);
    for (int i = 0; i < FEED_KEPT && feed->next_event <= now; i++) {
        feed->kept[++feed->made % FEED_KEPT] = (struct event){
            .born = (double)born.tv_sec * 1e3 + (double)born.tv_nsec / 1e6,
            .value = (unsigned)(drand48() * 100),
        };
        feed->next_event += next_gap(server);
    }
    if (now >= feed->next_batch && feed->made > feed->published) {
        publish(server);
        feed->next_batch = now + (double)server->options.number[BATCH];
    }
}

/* What is new after N (?after=N, Last-Event-ID: N): at once, when there is something, or as it comes.
 * Without a number a poll gets the newest event, the others what comes from now on. */
void feed_get(struct client *client, struct request *request)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Cache-Control: no-store\r\nConnection: close\r\n\r\n";
    const char *last = http_field(request, "Last-Event-ID");
    const char *given = strncmp(request->query, "after=", 6) == 0 ? request->query + 6 : last;
    enum room room = client->endpoint->room;
    uint64_t published = client->server->feed.published, after = published - (published && room == NO_ROOM);

    if (given && !http_is_number(given)) {
        http_refuse(client, "400 The number of an event is expected");
        return;
    }
    after = given ? strtoull(given, NULL, 10) : after;
    if (client->head_only || room == NO_ROOM || (room == ROOM_LONG && after != published)) {
        tell(client, after);
    } else {
        client_become(client, room == ROOM_LONG ? WAITING : STREAMING, room, WAIT_TIME);
        if (room == ROOM_EVENTS) {
            buffer_append(&client->output, head, sizeof head - 1);
            tell(client, after);
        }
    }
}

void feed_pause(struct client *client)
{
    client_set_deadline(client, WAIT_TIME);
    if (client->state == STREAMING) {
        buffer_append(&client->output, ":\n\n", 3);     /* a comment keeps proxies from closing */
        client_flush(client);
    } else {
        tell(client, client->server->feed.published);
        client_receive(client, false);
    }
}
