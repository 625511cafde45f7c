/* SPDX-License-Identifier: MIT */
#include <signal.h>

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

/* RFC 6455 section 7.4.1: 1001, going away, to every WebSocket. Every other client has had its answer. */
static void stop(void)
{
    close(server.listener);
    server.stop_at = server.now + STOP_TIME;
    for (enum state state = OPEN_ECHO; state < DRAINING; state++) {
        for (EACH(client, state)) {
            websocket_close(client, "1001 server is shutting down");
            client_become(client, client->state == CLOSING ? CLOSING : DRAINING);
            client_flush(client);
        }
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
    server.now = server_clock(CLOCK_MONOTONIC);
    while (!server.stop_at || (server.now < server.stop_at && !(TAILQ_EMPTY(&server.clients[CLOSING]) &&
                                                                TAILQ_EMPTY(&server.clients[DRAINING])))) {
        int n = epoll_wait(server.epoll, ready, EVENTS, feed_turn(TICK_MS));

        server.now = server_clock(CLOCK_MONOTONIC);
        for (int i = 0; i < n; i++) {
            struct client *client = ready[i].data.ptr;

            if (!client) {
                client_accept();
            } else if (client->state != DEAD) {
                client_flush(client);
                client_receive(client, ready[i].events & ~(unsigned)EPOLLOUT);
            }
        }
        if (n == 0 && !server.stop_at) {
            client_accept();
        }
        if (stop_asked && !server.stop_at) {
            stop();
        }
        for (enum state state = OPEN_ECHO; state < STATES; state++) {
            while ((first = TAILQ_FIRST(&server.clients[state])) && first->deadline <= server.now) {
                client_expire(first);
            }
        }
    }
}
