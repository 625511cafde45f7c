/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>

#include "websocket.h"

enum { AT_ONCE = 64, TICK_MS = 250, STOP_MS = 1500 };

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

/* Out of descriptors, the listener would stay ready and the loop spin: it rests until a client has left,
 * or for a quiet tick. */
void server_listen(struct server *server, bool on)
{
    struct epoll_event event = { .events = on ? EPOLLIN : 0, .data.ptr = NULL };

    if (on != server->listening && !server->stop_at) {
        epoll_ctl(server->epoll, EPOLL_CTL_MOD, server->listener, &event);
        server->listening = on;
    }
}

/* RFC 6455 section 7.4.1: 1001, going away, to every WebSocket. Every other client has had its answer. */
static void stop(struct server *server)
{
    close(server->listener);
    server->stop_at = server->now + STOP_MS;
    for (size_t kind = 0; kind < GONE - HEAD_TIME; kind++) {
        for (struct client *client = TAILQ_FIRST(&server->deadlines[kind]), *next; client; client = next) {
            next = TAILQ_NEXT(client, by_deadline);
            websocket_close(client, CLOSE_GOING_AWAY, "server is shutting down");
            (client->state == CLOSING ? client_flush : client_finish)(client);
        }
    }
}

/* Every client has one deadline. Those of a kind last equally long, so a list in the order they were set is
 * in the order they fall due: no heap, no scan. Together the lists hold every client. */
static void expire_deadlines(struct server *server)
{
    for (size_t kind = 0; kind < DEADLINES; kind++) {
        struct client *first;

        while ((first = TAILQ_FIRST(&server->deadlines[kind])) && first->deadline <= server->now) {
            client_expire(first);
        }
    }
}

static void act(struct server *server, struct client *client, unsigned events)
{
    if (!client) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            client_open(server, fd);
        } else if (errno != EAGAIN) {
            server_listen(server, false);
        }
    } else if (client->state != DEAD && events & EPOLLIN) {
        client_receive(client, true);
    } else if (client->state != DEAD && events & EPOLLOUT) {
        client_flush(client);
        client_receive(client, false);
    } else {
        client_kill(client);    /* EPOLLERR or EPOLLHUP, and nothing left to read */
    }
}

void server_run(struct server *server)
{
    struct epoll_event listener = { .events = EPOLLIN, .data.ptr = NULL }, ready[AT_ONCE];

    signal(SIGTERM, ask_to_stop);
    signal(SIGINT, ask_to_stop);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &listener);
    server->listening = true;
    for (size_t i = 0; i < DEADLINES; i++) {
        TAILQ_INIT(&server->deadlines[i]);
    }
    for (size_t i = 0; i < ROOMS; i++) {
        TAILQ_INIT(&server->rooms[i]);
    }
    while (!server->stop_at || (server->clients && server->now < server->stop_at)) {
        int n = epoll_wait(server->epoll, ready, AT_ONCE, feed_wait(server, TICK_MS));
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        server->now = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
        for (int i = 0; i < n; i++) {
            act(server, ready[i].data.ptr, ready[i].events);
        }
        if (stop_asked && !server->stop_at) {
            stop(server);
        }
        feed_turn(server);
        expire_deadlines(server);
        server_listen(server, server->listening || n == 0);
    }
}
