/* SPDX-License-Identifier: MIT */
#include <grp.h>
#include <netdb.h>
#include <netinet/tcp.h>

#include "server.h"

static _Noreturn void die(int status, const char *what, const char *why, const char *advice)
{
    fprintf(stderr, "ws101-server: %s: %s; %s\n", what, why, advice);
    exit(status);
}

/* --- options --------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *value, *standard, *help;
    double scale, min, max;     /* 0 for a text */
} table[SETTINGS] = {
    [ADDRESS] = { "--address", "ADDR", "127.0.0.1", "where to listen; :: for every interface", 0, 0, 0 },
    [PORT] = { "--port", "N", "8101", "which port; 0 for any that is free", 1, 0, 65535 },
    [ORIGIN] = { "--origin", "ORIGIN", "own", "other pages that may connect; '*': all; repeatable", 0, 0, 0 },
    [RATE] = { "--feed", "RATE", "1", "events a second, on average", 1000, 0, 10000 },
    [SEED] = { "--seed", "N", "101", "what the random events follow from", 1, 0, 4294967295 },
    [BATCH] = { "--batch", "MS", "0", "milliseconds to collect events before telling them", 1000, 0, 60000 },
    [HEAD_MAX] = { "--head", "BYTES", "8192", "largest head of a request", 1, 128, 65536 },
    [FIELDS_MAX] = { "--fields", "N", "100", "most fields of a head, of a list its items", 1, 1, 256 },
    [MESSAGE_MAX] = { "--message", "BYTES", "1048576", "largest message, inflated", 1, 125, 1 << 30 },
    [QUEUE_MAX] = { "--queue", "BYTES", "1048576", "most that waits for a slow reader", 1, 1024, 1 << 30 },
    [CONTROLS_MAX] = { "--controls", "N", "1000", "most pings and pongs of a client a second", 1, 1, 60000 },
    [HEAD_TIME] = { "--head-time", "S", "10", "seconds for a head to arrive", 1e6, 0.1, 3600 },
    [WAIT_TIME] = { "--wait", "S", "25", "seconds that a long poll without events lasts", 1e6, 0.1, 3600 },
    [CLOSE_TIME] = { "--close-time", "S", "3", "seconds for a Close or FIN to be met", 1e6, 0.1, 60 },
};

/* Takes a value. False if it is none, or out of bounds. */
static bool set(int setting, const char *text)
{
    char *end = NULL;
    double number = text && table[setting].scale > 0 ? strtod(text, &end) : 0;
    bool in_bounds = number >= table[setting].min && number <= table[setting].max;
    bool valid = text && (!end || (end > text && !*end && in_bounds));

    server.text[setting] = text;
    server.number[setting] = valid ? (uint64_t)(number * table[setting].scale) : 0;
    if (setting == ORIGIN && server.origins_count < sizeof server.origins / sizeof *server.origins) {
        server.origins[server.origins_count++] = text;
    }
    return valid;
}

static _Noreturn void help(void)
{
    puts("ws101-server 1.0, a small and strict WebSocket server to learn from\n"
         "Usage: ws101-server [OPTION VALUE]...\n");
    for (int i = 0; i < SETTINGS; i++) {
        printf("  %-12s %-6s  %s [%s]\n", table[i].name, table[i].value, table[i].help, table[i].standard);
    }
    puts("  --help, --version\n\n"
         "Exit status: 0 stopped by a signal, 2 wrong usage, 3 the environment failed");
    exit(0);
}

/* Wrong usage ends the program with status 2. */
static void read_options(int count, char **arguments)
{
    server.number[FOREVER] = UINT64_MAX / 2;
    for (int i = 0; i < SETTINGS; i++) {
        set(i, table[i].standard);
    }
    for (int i = 1, setting; i < count; i += 2) {
        for (setting = 0; setting < SETTINGS && strcmp(arguments[i], table[setting].name) != 0; setting++) {
        }
        if (fnmatch("--@(help|version)", arguments[i], FNM_EXTMATCH) == 0) {
            help();
        }
        if (setting == SETTINGS || !set(setting, arguments[i + 1])) {
            die(2, arguments[i], "no such option, or no good value for it", "see --help");
        }
    }
}

/* --- from here to the loop -------------------------------------------------------------------------- */

/* A socket that listens. Those accepted inherit its options: a frame is sent at once, however small, and TCP
 * itself finds out, in hours, that a silent client is gone. */
static int listen_on(const char *address, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found;
    int fault = getaddrinfo(address, port, &hints, &found), on = 1, fd;

    if (fault) {
        die(3, address, gai_strerror(fault), "give an address of this machine with --address");
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, SOMAXCONN)) {
        die(3, "cannot listen", strerror(errno), "choose another --port or --address, or stop who has it");
    }
    freeaddrinfo(found);
    return fd;
}

/* A server needs no rights once it listens. Root that may not change its groups, as in a user namespace of
 * one user, has no rights to give up, and cannot become nobody (65534). */
int main(int argc, char **argv)
{
    struct sockaddr_in6 bound = { .sin6_port = 0 };     /* IPv4 has the port there too */
    socklen_t size = sizeof bound;
    char at[128];

    read_options(argc, argv);
    server.listener = listen_on(server.text[ADDRESS], server.text[PORT]);
    if (geteuid() == 0 && setgroups(0, NULL) == 0 && (setgid(65534) || setuid(65534))) {
        die(3, "started as root", "cannot become nobody", "start it as another user");
    }
    getsockname(server.listener, (struct sockaddr *)&bound, &size);
    snprintf(at, sizeof at, strchr(server.text[ADDRESS], ':') ? "[%s]:%u" : "%s:%u", server.text[ADDRESS],
             ntohs(bound.sin6_port));
    printf("ws101-server listens on %s; Ctrl-C stops it.\n\n", at);
    for (const struct endpoint *endpoint = endpoints; endpoint->path; endpoint++) {
        printf("  %s://%s%-8s %s\n", endpoint->scheme, at, endpoint->path, endpoint->about);
    }
    fflush(stdout);
    server_run();
    return 0;
}
