/* SPDX-License-Identifier: MIT */
#ifndef WS101_NAMESPACE_H
#define WS101_NAMESPACE_H

/* namespace - a private network, for which nobody needs to be root: user_namespaces(7).
 *
 * Comes in:   a process of one thread.
 * Goes out:   the same process, with a loopback interface of its own that is up and has Ethernet's MTU, and
 *             the right to capture there. Its children inherit it. Nothing of the machine's network can be
 *             reached from it, nor the other way round.
 */

#include <stdbool.h>

#include "error.h"

#define NAMESPACE_INTERFACE "lo"
#define NAMESPACE_MTU       1500    /* loopback's 65536 would show no segment as a network sends it */

/* False, with *error, where the system does not allow it. */
bool namespace_enter(struct error *error);

#endif
