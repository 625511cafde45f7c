/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

#define LOOK_AGAIN     5        /* milliseconds */
#define WAIT_FOR_START 5000     /* for the capture to listen */
#define LINGER         300      /* after the command's end: its last packets are still on their way to us */

static void sleep_milliseconds(long milliseconds)
{
    nanosleep(&(struct timespec){ milliseconds / 1000, milliseconds % 1000 * 1000000 }, NULL);
}

/* Every packet socket of this network has a line there, below the heading: sk RefCnt Type Proto Iface R ...
 * R is 1 from when it is bound: before, packets pass it by. */
static bool capture_listens(void)
{
    FILE *sockets = fopen("/proc/self/net/packet", "re");
    char line[256];
    int running = 0;

    while (sockets && running == 0 && fgets(line, sizeof line, sockets)) {
        if (sscanf(line, "%*s %*d %*d %*x %*d %d", &running) != 1) {
            running = 0;
        }
    }
    if (sockets) {
        fclose(sockets);
    }
    return running != 0;
}

static void wait_for_capture(void)
{
    for (int waited = 0; !capture_listens() && waited < WAIT_FOR_START; waited += LOOK_AGAIN) {
        sleep_milliseconds(LOOK_AGAIN);
    }
}

_Noreturn static void become_command(const struct run *run, char **command)
{
    int input = open("/dev/null", O_RDONLY);

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (run->output >= 0) {
        dup2(input, STDIN_FILENO);
        dup2(run->output, STDOUT_FILENO);
        dup2(run->output, STDERR_FILENO);
    } else {
        dup2(STDERR_FILENO, STDOUT_FILENO);
    }
    execvp(command[0], command);
    fprintf(stderr, "ws101: cannot run the command: %s\n", strerror(errno));
    _exit(127);
}

/* All that the command has started, which is a group of its own, and the supervisor with it. */
static void end_group(int number)
{
    signal(number, SIG_DFL);
    kill(0, number);
}

/* The supervisor's whole life. Its exit status is the command's. */
_Noreturn static void supervise(const struct run *run, char **command, pid_t parent)
{
    int status = 0;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (run->output >= 0) {
        setpgid(0, 0);
        signal(SIGTERM, end_group);
    }
    wait_for_capture();
    pid_t child = fork();

    if (child == 0) {
        signal(SIGTERM, SIG_DFL);
        become_command(run, command);
    }
    signal(SIGINT, SIG_IGN);
    waitpid(child, &status, 0);
    if (run->output < 0) {
        sleep_milliseconds(LINGER);
        signal(SIGTERM, SIG_IGN);       /* for the parent lets go of its leash now */
        kill(parent, SIGINT);
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static char **copy_words(char *const *command, size_t words)
{
    char **copy = calloc(words + 1, sizeof *copy);

    for (size_t i = 0; copy && i < words; i++) {
        copy[i] = strdup(command[i]);
    }
    return copy;
}

/* The kernel sends SIGTERM when the pipe's other end is closed, whoever closes it and however. */
static void hold(int pipe_end, pid_t supervisor)
{
    fcntl(pipe_end, F_SETOWN, supervisor);
    fcntl(pipe_end, F_SETSIG, SIGTERM);
    fcntl(pipe_end, F_SETFL, O_ASYNC);
    close(pipe_end);
}

/* Whether execvp(3) would find it. */
static bool can_be_run(const char *name)
{
    const char *path = getenv("PATH");
    char file[PATH_MAX];

    if (strchr(name, '/')) {
        return access(name, X_OK) == 0;
    }
    for (const char *at = path ? path : "/bin:/usr/bin";; at++) {
        size_t length = strcspn(at, ":");

        snprintf(file, sizeof file, "%.*s%s%s", (int)length, at, length > 0 ? "/" : "", name);
        if (access(file, X_OK) == 0) {
            return true;
        }
        at += length;
        if (*at == '\0') {
            return false;
        }
    }
}

bool run_start(struct run *run, char *const *command, size_t words, bool keep_output,
               struct error *error)
{
    pid_t parent = getpid();
    int ends[2];

    if (!can_be_run(command[0])) {
        error_set(error, "cannot run the command: %s: %s", command[0], strerror(errno));
        return false;
    }
    if (!namespace_enter(error)) {
        return false;
    }
    run->output = keep_output ? memfd_create("output", MFD_CLOEXEC) : -1;
    run->supervisor = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (run->supervisor < 0) {
        error_set(error, "cannot start the command: %s", strerror(errno));
        return false;
    }
    run->leash = ends[1];
    if (run->supervisor == 0) {
        close(run->leash);
        supervise(run, copy_words(command, words), parent);
    }
    hold(ends[0], run->supervisor);
    return true;
}

static void show_output(int output)
{
    char block[4096];
    ssize_t length;

    lseek(output, 0, SEEK_SET);
    while ((length = read(output, block, sizeof block)) > 0) {
        if (write(STDERR_FILENO, block, (size_t)length) != length) {
            break;
        }
    }
    close(output);
}

int run_finish(struct run *run, int status)
{
    int ended = 0;
    bool had_ended = waitpid(run->supervisor, &ended, WNOHANG) == run->supervisor;

    close(run->leash);
    if (!had_ended) {
        waitpid(run->supervisor, &ended, 0);
    }
    if (run->output >= 0) {
        show_output(run->output);
    }
    bool went_well = status == EXIT_FINE || status == EXIT_SIGNAL + SIGINT;

    return went_well && WIFEXITED(ended) ? WEXITSTATUS(ended) : status;
}
