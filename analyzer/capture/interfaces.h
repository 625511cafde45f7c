/* SPDX-License-Identifier: MIT */
#ifndef WS101_INTERFACES_H
#define WS101_INTERFACES_H

/* interfaces - which network interfaces there are to capture on, as libpcap knows them.
 *
 * Goes out:   a list by value, those that are up first; nobody needs any right to see it. What libpcap offers
 *             besides (USB, Bluetooth, netfilter's queues) has no TCP and is left out.
 * Names and addresses are the system's, printable; whoever shows them escapes them all the same.
 */

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define INTERFACES_MAX 64

struct interface {
    char name[32];
    char addresses[160];        /* separated by blanks, as many as fit */
    char description[80];       /* or empty */
    bool up, loopback;
};

/* Returns how many; 0, with *error, when there is none or they cannot be asked for. */
size_t interfaces_list(struct interface list[INTERFACES_MAX], struct error *error);

#endif
