/* SPDX-License-Identifier: MIT */
/* The least that an echo over TCP costs here: one connection, and for each message of 64 bytes an
 * epoll_wait, a recv and a send, with no look at what was sent. What a server costs above this is its own. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    static uint8_t input[4096], echo[66] = { 0x82, 64 };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[argc - 1])) };
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 8)) {
        return 1;
    }
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        struct epoll_event event = { .events = EPOLLIN };

        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        if (recv(fd, input, sizeof input, 0) > 0 && send(fd, answer, strlen(answer), MSG_NOSIGNAL) > 0) {
            while (epoll_wait(epoll, &event, 1, -1) > 0 && recv(fd, input, sizeof input, 0) > 0) {
                send(fd, echo, sizeof echo, MSG_NOSIGNAL);
            }
        }
        close(fd);
    }
}
