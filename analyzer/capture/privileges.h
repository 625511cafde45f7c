/* SPDX-License-Identifier: MIT */
#ifndef WS101_PRIVILEGES_H
#define WS101_PRIVILEGES_H

/* privileges - given up for good once everything is open and before the first packet is read.
 *
 * Goes out:   a process that is the user who called sudo (nobody where root called it), with no
 *             capability, none to be had by running a program, and a list of system calls that it can no
 *             longer make: capabilities(7), PR_SET_NO_NEW_PRIVS, seccomp(2). What the kernel lacks is told.
 */

#include <stdbool.h>

#include "error.h"

/* False, with *error, when a right could not be given up: then nothing from outside may be read. */
bool privileges_drop(struct error *error);

#endif
