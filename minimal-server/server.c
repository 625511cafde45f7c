/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

enum { EVENTS = 64, TICK_MS = 250, STOP_TIME = 1500000 };

struct server server;
static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal)
{
    stop_asked = signal;
}

uint64_t server_clock(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* Out of descriptors, clients stay in the kernel's queue. Epoll reports the listener only once for each, so
 * the loop does not spin; it tries again when there is another, or nothing else to do. */
static void accept_clients(void)
{
    int fd;

    while ((fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        client_open(fd);
    }
}

/* RFC 6455 section 7.4.1: 1001, going away, to every WebSocket. Every other client has had its answer. */
static void stop(void)
{
    close(server.listener);
    server.stop_at = server.now + STOP_TIME;
    for (enum state state = OPEN_ECHO; state < DRAINING; state++) {
        for (struct client *client = TAILQ_FIRST(&server.clients[state]), *next; client; client = next) {
            next = TAILQ_NEXT(client, in_state);
            websocket_close(client, "1001 server is shutting down");
            (client->state == CLOSING ? client_flush : client_finish)(client);
        }
    }
}

static void act(struct client *client, unsigned events)
{
    if (!client) {
        accept_clients();
    } else if (client->state != DEAD && events & (EPOLLIN | EPOLLOUT)) {
        client_flush(client);
        client_receive(client, events & EPOLLIN);
    } else {
        client_kill(client);    /* EPOLLERR or EPOLLHUP, and nothing left to read */
    }
}

/* A state lasts equally long for all its clients, so a list in the order in which they entered it is in the
 * order in which they are due: no heap, no scan. */
void server_run(void)
{
    struct client *first;
    struct epoll_event listener = { .events = EPOLLIN | EPOLLET, .data.ptr = NULL }, ready[EVENTS];

    signal(SIGTERM, ask_to_stop);
    signal(SIGINT, ask_to_stop);
    server.epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.listener, &listener);
    for (enum state state = OPEN_ECHO; state < STATES; state++) {
        TAILQ_INIT(&server.clients[state]);
    }
    while (!server.stop_at || (server.count && server.now < server.stop_at)) {
        int n = epoll_wait(server.epoll, ready, EVENTS, feed_wait(TICK_MS));

        server.now = server_clock(CLOCK_MONOTONIC);
        for (int i = 0; i < n; i++) {
            act(ready[i].data.ptr, ready[i].events);
        }
        if (n == 0 && !server.stop_at) {
            accept_clients();
        }
        if (stop_asked && !server.stop_at) {
            stop();
        }
        feed_turn();
        for (enum state state = OPEN_ECHO; state < STATES; state++) {
            while ((first = TAILQ_FIRST(&server.clients[state])) && first->deadline <= server.now) {
                client_expire(first);
            }
        }
    }
}
