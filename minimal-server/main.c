/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "server.h"

static _Noreturn void die(const char *what, const char *why, const char *advice)
{
    fprintf(stderr, "ws101-server: %s: %s; %s\n", what, why, advice);
    exit(3);
}

/* A socket that listens. Those accepted inherit its options: a frame is sent at once, however small, and TCP
 * itself finds out, in hours, that a silent client is gone. */
static int listen_on(const char *address, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found;
    int fault = getaddrinfo(address, port, &hints, &found), on = 1, fd;

    if (fault) {
        die(address, gai_strerror(fault), "give an address of this machine with --address");
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, SOMAXCONN)) {
        die("cannot listen", strerror(errno), "choose another --port or --address, or stop who has this one");
    }
    freeaddrinfo(found);
    return fd;
}

static void greet(const char *address)
{
    struct sockaddr_in6 bound = { .sin6_port = 0 };
    socklen_t size = sizeof bound;
    char at[128];

    getsockname(server.listener, (struct sockaddr *)&bound, &size);     /* IPv4 has the port there too */
    snprintf(at, sizeof at, strchr(address, ':') ? "[%s]:%u" : "%s:%u", address, ntohs(bound.sin6_port));
    printf("ws101-server listens on %s; Ctrl-C stops it.\n\n", at);
    for (const struct endpoint *endpoint = endpoints; endpoint->path; endpoint++) {
        printf("  %s://%s%-8s %s\n", endpoint->scheme, at, endpoint->path, endpoint->about);
    }
    fflush(stdout);
}

/* A server needs no rights once it listens. Root that may not change its groups, as in a user namespace of
 * one user, has no rights to give up and nobody to become. */
int main(int argc, char **argv)
{
    enum { NOBODY = 65534 };

    options_read(argc, argv);
    server.listener = listen_on(server.text[ADDRESS], server.text[PORT]);
    if (geteuid() == 0 && setgroups(0, NULL) == 0 && (setgid(NOBODY) || setuid(NOBODY))) {
        die("started as root", "cannot become nobody", "start it as another user");
    }
    greet(server.text[ADDRESS]);
    server_run();
    return 0;
}
