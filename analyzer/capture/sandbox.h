/* SPDX-License-Identifier: MIT */
#ifndef WS101_SANDBOX_H
#define WS101_SANDBOX_H

/* sandbox - what this process may still ask of the kernel, whoever takes it over.
 *
 * Comes in:   a process of one thread that has set PR_SET_NO_NEW_PRIVS; nobody needs to be root for it.
 * Goes out:   the same process, in which no file can be opened any more, no program started, no socket made
 *             and no other process reached: landlock(7), and a list of the calls that are left, seccomp(2).
 *             What is open stays open. A call that is not left fails with EPERM.
 */

#include <stdbool.h>
#include <stddef.h>

/* Landlock's version in this kernel; 0: it has none, or it is switched off. */
int sandbox_landlock_version(void);

bool sandbox_has_seccomp(void);

/* directory: new files may be made there and below, while none that is there may be opened; NULL: no file at
 * all. False where the kernel does not do it. One holds without the other. */
bool sandbox_close_files(const char *directory);
bool sandbox_close_calls(const char *directory);

#endif
