/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <sys/resource.h>

#include "server.h"

static _Noreturn void die(const char *what, const char *why, const char *advice)
{
    fprintf(stderr, "ws101-server: %s: %s; %s\n", what, why, advice);
    exit(3);
}

/* A socket that listens. Accepted ones inherit TCP_NODELAY: a frame is sent at once, however small. */
static int listen_on(const char *address, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found;
    int fault = getaddrinfo(address, port, &hints, &found), on = 1, fd;

    if (fault) {
        die(address, gai_strerror(fault), "give an address of this machine with --address");
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, SOMAXCONN)) {
        die("cannot listen", strerror(errno), "choose another --port or --address, or stop who has this one");
    }
    freeaddrinfo(found);
    return fd;
}

/* A server needs no rights once it listens. Root that may not change its groups, as in a user namespace of
 * one user, has no rights to give up and nobody to become. */
static void leave_root(const char *name)
{
    const struct passwd *user = getpwnam(name);

    if (geteuid() != 0 || (setgroups(0, NULL) && errno == EPERM)) {
        return;
    }
    if (!user || !user->pw_uid || setgid(user->pw_gid) || setuid(user->pw_uid)) {
        die("started as root", "cannot become another user", "name one with --user, or start as that user");
    }
    printf("Started as root, running as %s.\n", name);
}

static void greet(const char *address, int listener)
{
    struct sockaddr_in6 bound = { .sin6_port = 0 };
    socklen_t size = sizeof bound;
    char at[128];

    getsockname(listener, (struct sockaddr *)&bound, &size);    /* the port is at the same place for IPv4 */
    snprintf(at, sizeof at, strchr(address, ':') ? "[%s]:%u" : "%s:%u", address, ntohs(bound.sin6_port));
    printf("ws101-server listens on %s; Ctrl-C stops it.\n\n"
           "  http://%s/        all of it on a page: open it in a browser\n"
           "  ws://%s/echo      sends back what you send; try: wscat -c ws://%s/echo\n"
           "  ws://%s/chat      sends it to everyone there\n"
           "  ws://%s/feed      events as they happen\n"
           "  http://%s/events  the same events, server-sent; try: curl -N http://%s/events\n"
           "  http://%s/long    the same, long polling; what is new after event N: ?after=N\n"
           "  http://%s/poll    the same, short polling\n", at, at, at, at, at, at, at, at, at, at);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct server server;
    struct rlimit descriptors;

    options_read(&server.options, argc, argv);
    server.listener = listen_on(server.options.text[ADDRESS], server.options.text[PORT]);
    leave_root(server.options.text[USER]);
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;    /* every client is a descriptor */
    setrlimit(RLIMIT_NOFILE, &descriptors);
    greet(server.options.text[ADDRESS], server.listener);
    server_run(&server);
    return 0;
}
