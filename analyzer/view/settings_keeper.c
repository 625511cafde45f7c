/* SPDX-License-Identifier: MIT */
#include "settings_keeper.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/privileges.h"

/* --- in the keeper ----------------------------------------------------------------------------------- */

/* It ends when the viewer does, and not by keys. */
static void ignore_signals(void)
{
    static const int numbers[] = { SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGPIPE };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        signal(numbers[i], SIG_IGN);
    }
}

/* The answer is a sentence; nothing in it: all went well. */
static void answer(int socket, struct bytes text, bool allowed, struct error *error)
{
    struct settings settings = settings_usual();
    char complaint[200];

    if (allowed) {
        error->text[0] = '\0';
        settings_parse(&settings, text, complaint, sizeof complaint);
        settings_save(&settings, error);
    }
    (void)!write(socket, error->text, strlen(error->text) + 1);
}

__attribute__((noreturn)) static void keep(int socket)
{
    char text[SETTINGS_TEXT_MAX];
    struct error error = { "" };
    ssize_t length;

    ignore_signals();
    bool allowed = privileges_leave_root(&error);

    while ((length = read(socket, text, sizeof text)) > 0) {
        answer(socket, bytes_of(text, (size_t)length), allowed, &error);
    }
    _exit(0);
}

/* --- in the viewer ----------------------------------------------------------------------------------- */

/* Each message of the socket is whole: a packet. */
void settings_keeper_start(struct settings_keeper *keeper)
{
    int sockets[2];

    keeper->socket = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
        return;
    }
    keeper->process = fork();
    if (keeper->process == 0) {
        close(sockets[0]);
        keep(sockets[1]);
    }
    close(sockets[1]);
    if (keeper->process < 0) {
        close(sockets[0]);
        return;
    }
    keeper->socket = sockets[0];
}

bool settings_keeper_save(struct settings_keeper *keeper, const struct settings *settings,
                          struct error *error)
{
    char text[SETTINGS_TEXT_MAX];
    size_t length = settings_format(settings, text);
    ssize_t got = -1;

    if (keeper->socket >= 0 && write(keeper->socket, text, length) == (ssize_t)length) {
        do {
            got = read(keeper->socket, error->text, sizeof error->text - 1);
        } while (got < 0 && errno == EINTR);
    }
    if (got <= 0) {
        error_set(error, "settings are not saved: the process that keeps them is gone");
        return false;
    }
    error->text[got] = '\0';
    return error->text[0] == '\0';
}

void settings_keeper_stop(struct settings_keeper *keeper)
{
    if (keeper->socket >= 0) {
        close(keeper->socket);
        waitpid(keeper->process, NULL, 0);
        keeper->socket = -1;
    }
}
