/* SPDX-License-Identifier: MIT */

/* failalloc [-au] [-s STRIDE] ARGUMENTS...: runs ws101 with these arguments again and again, and each time
 * another of its allocations fails: the first, the second, and so on to the last. With -a all that follow fail
 * too; with -s only every so-manieth is tried; with -u a complaint about usage is an answer, too (-Y).
 *
 * ws101 is linked into this program, its main under another name and its calls of malloc, calloc, realloc and
 * strdup led here (the linker's --wrap). Each run is a child, so that the sanitizers see each one's end: a crash
 * is a signal, a leak an exit status that ws101 does not have. The leak checker looks on as a debugger does, which
 * ws101 forbids once it reads packets; so nothing is given up in here, and nowhere else are leaks looked for. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/privileges.h"

int ws101_main(int argc, char **argv);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
bool __wrap_privileges_drop(const char *directory, struct error *lacking, struct error *error);

#define EXIT_USAGE 2
#define EXIT_MOST  3            /* ws101 documents 0 to 3 */

static unsigned long *counted;  /* shared with the child under test */
static unsigned long failing;   /* 0: none */
static bool failing_on, usage_allowed;

static bool fails(void)
{
    ++*counted;
    if (failing > 0 && (*counted == failing || (failing_on && *counted > failing))) {
        errno = ENOMEM;
        return true;
    }
    return false;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

bool __wrap_privileges_drop(const char *directory, struct error *lacking, struct error *error)
{
    (void)directory;
    lacking->text[0] = error->text[0] = '\0';
    return true;
}

static void child(int argc, char **argv, unsigned long number)
{
    int nowhere = open("/dev/null", O_RDWR);

    failing = number;
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    exit(ws101_main(argc, argv));
}

/* The wait status of one run. */
static int run(int argc, char **argv, unsigned long number)
{
    int status;

    *counted = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        child(argc, argv, number);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0) {
        perror("failalloc");
        exit(3);
    }
    return status;
}

static bool ended_as_documented(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) <= EXIT_MOST &&
           (usage_allowed || WEXITSTATUS(status) != EXIT_USAGE);
}

int main(int argc, char **argv)
{
    unsigned long stride = 1, tried = 0, refused = 0, wrong = 0, all;
    int option;

    while ((option = getopt(argc, argv, "+aus:")) != -1) {
        failing_on |= option == 'a';
        usage_allowed |= option == 'u';
        stride = option == 's' ? strtoul(optarg, NULL, 10) : stride;
    }
    /* the arguments that are left are ws101's: our own name stands for its */
    argv += optind - 1;
    argc -= optind - 1;
    optind = 0;
    counted = mmap(NULL, sizeof *counted, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counted == MAP_FAILED || stride == 0) {
        return 3;
    }
    wrong += !ended_as_documented(run(argc, argv, 0));
    all = *counted;
    for (unsigned long number = 1; number <= all; number += stride, tried++) {
        int status = run(argc, argv, number);

        if (!ended_as_documented(status)) {
            printf("allocation %lu of %lu: wait status 0x%x\n", number, all, (unsigned)status);
            wrong++;
        }
        refused += WIFEXITED(status) && WEXITSTATUS(status) == 3;
    }
    printf("%lu allocations, %lu made to fail: %lu went on, %lu ended with status 3, %lu wrongly\n", all, tried,
           tried - refused - wrong, refused, wrong);
    return wrong > 0;
}
