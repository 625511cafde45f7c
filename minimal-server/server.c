/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "websocket.h"

enum { AT_ONCE = 64, TICK_MS = 250, STOP_MS = 1500 };

/* Out of descriptors, the listener would stay ready and the loop spin: it rests until a client has left. */
void server_listen(struct server *server, bool on)
{
    struct epoll_event event = { .events = on ? EPOLLIN : 0, .data.ptr = &server->listener };

    if (on != server->listening && !server->stop_at) {
        epoll_ctl(server->epoll, EPOLL_CTL_MOD, server->listener, &event);
        server->listening = on;
    }
}

static void accept_clients(struct server *server)
{
    for (int i = 0; i < AT_ONCE && server->listening; i++) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            client_open(server, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            server_listen(server, false);
        }
    }
}

/* RFC 6455 section 7.4.1: 1001, going away, to every WebSocket. Every other client has had its answer. */
static void stop(struct server *server)
{
    close(server->listener);
    server->stop_at = server->now + STOP_MS;
    for (size_t kind = 0; kind < DEADLINES - 1; kind++) {
        while (!TAILQ_EMPTY(&server->deadlines[kind])) {
            struct client *client = TAILQ_FIRST(&server->deadlines[kind]);

            websocket_close(client, CLOSE_GOING_AWAY, "server is shutting down");
            if (client->state == CLOSING) {
                client_flush(client);
            } else {
                client_finish(client);
            }
        }
    }
}

static void dispatch(struct server *server, const struct epoll_event *event)
{
    struct client *client = event->data.ptr;

    if (event->data.ptr == &server->listener) {
        accept_clients(server);
    } else if (event->data.ptr == &server->signals) {
        struct signalfd_siginfo signal;

        if (read(server->signals, &signal, sizeof signal) > 0 && !server->stop_at) {
            stop(server);
        }
    } else if (client->state != DEAD && event->events & EPOLLIN) {
        client_read(client);
    } else if (client->state != DEAD && event->events & EPOLLOUT) {
        client_flush(client);
        client_resume(client);
    } else if (client->state != DEAD) {
        client_kill(client);    /* EPOLLERR or EPOLLHUP, and nothing left to read */
    }
}

static void read_clock(struct server *server)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    server->now = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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

static void start(struct server *server)
{
    struct epoll_event listener = { .events = EPOLLIN, .data.ptr = &server->listener };
    struct epoll_event signals = { .events = EPOLLIN, .data.ptr = &server->signals };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    server->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &listener);
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->signals, &signals);
    server->listening = true;
    TAILQ_INIT(&server->dead);
    for (size_t i = 0; i < DEADLINES; i++) {
        TAILQ_INIT(&server->deadlines[i]);
    }
    for (size_t i = 0; i < ROOMS; i++) {
        TAILQ_INIT(&server->rooms[i]);
    }
    read_clock(server);
    feed_start(server);
}

void server_run(struct server *server)
{
    start(server);
    while (!server->stop_at || (server->clients && server->now < server->stop_at)) {
        struct epoll_event ready[AT_ONCE];
        int n = epoll_wait(server->epoll, ready, AT_ONCE, feed_wait(server, TICK_MS));

        read_clock(server);
        for (int i = 0; i < n; i++) {
            dispatch(server, &ready[i]);
        }
        expire_deadlines(server);
        feed_turn(server);
        client_free_dead(server);
        server_listen(server, server->listening || n == 0);
    }
}
