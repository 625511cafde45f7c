/* SPDX-License-Identifier: MIT */
#ifndef WS101_RUN_H
#define WS101_RUN_H

/* run - a command in a private network, watched as strace watches system calls.
 *
 * run_start enters the network, and starts a supervisor that waits until the capture listens, runs the
 * command, and tells us of its end. What is between run_start and run_finish captures on RUN_INTERFACE.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "capture/error.h"
#include "capture/namespace.h"

#define RUN_INTERFACE NAMESPACE_INTERFACE

struct run {
    pid_t supervisor;
    int leash;              /* closing it ends what still runs: signals are not allowed us by then */
    int output;             /* of the command, kept until the screen is ours again; -1: it goes to stderr */
};

/* keep_output: the terminal is needed for something else, so what the command writes is kept, and it reads
 * nothing. Otherwise its end ends this process's reading too, by SIGINT. */
bool run_start(struct run *run, char *const *command, size_t words, bool keep_output,
               struct error *error);

/* Ends what still runs, shows what was kept, and turns the command's end and ours into the exit status: the
 * command's own, 128+n where signal n ended it, unless we ended it or something went wrong here. */
int run_finish(struct run *run, int status);

#endif
