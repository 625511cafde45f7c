/* SPDX-License-Identifier: MIT */
#include "server.h"

_Static_assert(sizeof(struct client) <= 96, "ten thousand idle clients are to cost about a megabyte");

/* With this much waiting for the client, nothing more is read from it: TCP then slows it down. */
enum { OUTPUT_HIGH = 1 << 16 };

/* Out of descriptors, clients stay in the kernel's queue. */
void client_accept(void)
{
    int fd;

    while ((fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct client *client = buffer_allocate(NULL, sizeof *client);
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

        *client = (struct client){ .fd = fd, .interest = EPOLLIN, .state = DEAD };
        TAILQ_INSERT_TAIL(&server.clients[DEAD], client, in_state);
        client_become(client, REQUEST);
        epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

void client_become(struct client *client, enum state state)
{
    static const enum setting lasts[STATES] = { FOREVER, FOREVER, FOREVER, CLOSE_TIME, HEAD_TIME, WAIT_TIME,
                                                FOREVER, CLOSE_TIME, AT_ONCE };

    TAILQ_REMOVE(&server.clients[client->state], client, in_state);
    TAILQ_INSERT_TAIL(&server.clients[state], client, in_state);
    client->state = (uint8_t)state;
    client->deadline = server.now + server.number[lasts[state]];
}

/* Every client's input comes here first; what cannot be used at once is held in a buffer of its own. */
void client_receive(struct client *client, bool readable)
{
    uint8_t *input = server.input;
    size_t n = buffer_size(client->held), used = 0, step = 1;
    ssize_t got = readable ? recv(client->fd, input + n, sizeof server.input - n, 0) : 0;

    if (readable && got == 0) {
        client->ended = true;
        client_become(client, DRAINING);
    }
    memcpy(input, client->held ? client->held->bytes : input, n);
    buffer_consume(&client->held, n);
    n += got > 0 ? (size_t)got : 0;
    while (used < n && step > 0 && client->state <= REQUEST &&
           buffer_size(client->output) < OUTPUT_HIGH) {
        step = (client->state == REQUEST ? http_receive : websocket_receive)(client, input + used, n - used);
        used += step;
        if (buffer_size(client->output) >= OUTPUT_HIGH) {
            client_flush(client);
        }
    }
    buffer_append(&client->held, input + used, client->state <= WAITING ? n - used : 0);
    client_flush(client);
}

/* Epoll is told what to wait for next. Most turns change nothing and cost no system call for that. */
void client_flush(struct client *client)
{
    struct epoll_event event = { .data.ptr = client };
    ssize_t sent = 0;
    bool reads;

    if (client->output && client->state != DEAD) {
        sent = send(client->fd, client->output->bytes, client->output->size, MSG_NOSIGNAL);
        buffer_consume(&client->output, sent > 0 ? (size_t)sent : 0);
    }
    if (client->state == DRAINING && !client->output) {
        shutdown(client->fd, SHUT_WR);
    }
    reads = client->state <= REQUEST ? buffer_size(client->output) < OUTPUT_HIGH : client->state != WAITING;
    event.events = (reads && !client->ended ? EPOLLIN : 0u) | (client->output ? EPOLLOUT : 0u);
    if ((sent < 0 && errno != EAGAIN) || (client->state == DRAINING && !event.events)) {
        client_become(client, DEAD);
    } else if (client->state != DEAD && event.events != client->interest) {
        client->interest = (uint8_t)event.events;
        epoll_ctl(server.epoll, EPOLL_CTL_MOD, client->fd, &event);
    }
}

void client_expire(struct client *client)
{
    if (client->state == REQUEST && client->held) {
        http_refuse(client, "408 The head did not arrive in time");
        client_flush(client);
    } else if (client->state == WAITING) {
        http_respond(client, "200 OK", "Content-Type: application/json\r\n", "[]\n", 3);
        client_receive(client, false);
    } else if (client->state != DEAD) {
        client_become(client, DEAD);
    } else {
        TAILQ_REMOVE(&server.clients[DEAD], client, in_state);
        close(client->fd);
        free(client->message);
        free(client->held);
        free(client->output);
        free(client);
    }
}
