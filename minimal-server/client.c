/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "websocket.h"

_Static_assert(sizeof(struct client) <= 128, "ten thousand idle clients are to cost about a megabyte");

/* With this much waiting for the client, nothing more is read from it: TCP then slows it down. */
enum { OUTPUT_HIGH = 1 << 16 };

static bool may_go_on(const struct client *client)
{
    bool has_turn = client->state == REQUEST || client->state == OPEN || client->state == CLOSING;

    return has_turn && buffer_size(client->output) < OUTPUT_HIGH;
}

/* Tells epoll what to wait for. Most turns change nothing and cost no system call. */
static void watch(struct client *client)
{
    uint64_t held_max = client->server->options.number[HEAD_MAX];
    bool waits = client->state == WAITING && buffer_size(client->held) < held_max;
    bool reads = waits || may_go_on(client) || client->state == STREAMING || client->state == DRAINING;
    unsigned interest = (reads && !client->ended ? EPOLLIN : 0u) | (client->output ? EPOLLOUT : 0u);
    struct epoll_event event = { .events = interest, .data.ptr = client };

    if (client->state != DEAD && interest != client->interest) {
        client->interest = (uint8_t)interest;
        epoll_ctl(client->server->epoll, EPOLL_CTL_MOD, client->fd, &event);
    }
}

void client_open(struct server *server, int fd)
{
    struct client *client = buffer_allocate(NULL, sizeof *client);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

    *client = (struct client){ .server = server, .fd = fd, .interest = EPOLLIN, .deadline_kind = GONE };
    TAILQ_INSERT_TAIL(&server->deadlines[GONE - HEAD_TIME], client, by_deadline);
    TAILQ_INSERT_TAIL(&server->rooms[NO_ROOM], client, in_room);
    client_set_deadline(client, HEAD_TIME);
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
    server->clients++;
}

void client_set_deadline(struct client *client, enum setting kind)
{
    struct server *server = client->server;

    TAILQ_REMOVE(&server->deadlines[client->deadline_kind - HEAD_TIME], client, by_deadline);
    TAILQ_INSERT_TAIL(&server->deadlines[kind - HEAD_TIME], client, by_deadline);
    client->deadline_kind = (uint8_t)kind;
    client->deadline = server->now + server->options.number[kind];
}

void client_become(struct client *client, enum state state, enum room room, enum setting deadline)
{
    TAILQ_REMOVE(&client->server->rooms[client->room], client, in_room);
    TAILQ_INSERT_TAIL(&client->server->rooms[room], client, in_room);
    client->room = (uint8_t)room;
    client->state = (uint8_t)state;
    client_set_deadline(client, deadline);
}

/* Every client's input comes here first; what cannot be used at once is held in a buffer of its own. */
void client_receive(struct client *client, bool readable)
{
    uint8_t *input = client->server->input;
    size_t n = buffer_size(client->held), used = 0, step = 1;
    ssize_t got = 0;

    memcpy(input, client->held ? client->held->bytes : input, n);
    if (readable) {
        got = recv(client->fd, input + n, sizeof client->server->input - n, 0);
        client->ended = got == 0;
    }
    if (client->ended || (got < 0 && errno != EAGAIN)) {
        (client->ended ? client_finish : client_kill)(client);
        return;
    }
    buffer_consume(&client->held, n);
    n += got > 0 ? (size_t)got : 0;
    while (used < n && step && may_go_on(client)) {
        step = (client->state == REQUEST ? http_receive : websocket_receive)(client, input + used, n - used);
        used += step;
        if (buffer_size(client->output) >= OUTPUT_HIGH) {
            client_flush(client);
        }
    }
    if (client->state < DRAINING && client->state != STREAMING) {
        buffer_append(&client->held, input + used, n - used);
    }
    if (client->state == OPEN && got > 0) {
        client_set_deadline(client, IDLE_TIME);
    } else if (client->state == REQUEST && client->held && client->deadline_kind == KEEP_ALIVE_TIME) {
        client_set_deadline(client, HEAD_TIME);
    }
    client_flush(client);
}

void client_flush(struct client *client)
{
    ssize_t sent = 0;

    if (client->output && client->state != DEAD) {
        sent = send(client->fd, client->output->bytes, client->output->size, MSG_NOSIGNAL);
        if (sent > 0) {
            buffer_consume(&client->output, (size_t)sent);
        }
    }
    if ((sent < 0 && errno != EAGAIN) || (client->state == DRAINING && !client->output && client->ended)) {
        client_kill(client);
    } else if (client->state == DRAINING && !client->output) {
        shutdown(client->fd, SHUT_WR);
    }
    watch(client);
}

void client_finish(struct client *client)
{
    if (client->state < DRAINING) {
        client_become(client, DRAINING, NO_ROOM, CLOSE_TIME);
    }
    client_flush(client);
}

void client_kill(struct client *client)
{
    if (client->state != DEAD) {
        close(client->fd);
        client_become(client, DEAD, NO_ROOM, GONE);
        client->server->clients--;
        server_listen(client->server, true);
    }
}

void client_expire(struct client *client)
{
    if (client->state == DEAD) {
        TAILQ_REMOVE(&client->server->deadlines[GONE - HEAD_TIME], client, by_deadline);
        TAILQ_REMOVE(&client->server->rooms[NO_ROOM], client, in_room);
        websocket_free(client);
        free(client->held);
        free(client->output);
        free(client);
    } else if (client->state == REQUEST && client->held) {
        http_refuse(client, "408 The head did not arrive in time");
    } else if (client->state == REQUEST) {
        client_finish(client);
    } else if (client->state == WAITING || client->state == STREAMING) {
        feed_pause(client);
    } else if (client->state == OPEN && client->deadline_kind == IDLE_TIME) {
        websocket_send(client, PING, NULL, 0);
        client_set_deadline(client, CLOSE_TIME);
        client_flush(client);
    } else {
        client_kill(client);
    }
}
