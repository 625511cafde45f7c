/* SPDX-License-Identifier: MIT */
#ifndef WS101_PRIVILEGES_H
#define WS101_PRIVILEGES_H

/* privileges - given up for good once everything is open and before the first byte from outside is read.
 *
 * Goes out:   a process that is the user who called sudo or pkexec (nobody where root called it), in no other
 *             group, with no capability, and none to be had by running a program: capabilities(7),
 *             PR_SET_NO_NEW_PRIVS. For everybody, root or not, the sandbox is closed behind it.
 * Errors:     what could not be given up. What this kernel has no means for is told, and no error.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* Root of the machine, not of a namespace in which only we exist. */
bool privileges_is_root(void);

/* open(2), as the user who called sudo or pkexec: what that user may not make or change is not. */
int privileges_open(const char *path, int flags, mode_t mode);

/* The same rights as the user's, and no more to be had; but the sandbox stays open: for a process that reads
 * nothing from outside. False, with *error, as privileges_drop. */
bool privileges_leave_root(struct error *error);

/* directory: where files may still be made, as sandbox_close_files has it; or NULL.
 * False, with *error, when a right could not be given up: then nothing from outside may be read. Where root
 * gives up its own, *lacking says in a sentence what the kernel has no means for; else it is empty. */
bool privileges_drop(const char *directory, struct error *lacking, struct error *error);

#endif
