/* SPDX-License-Identifier: MIT */
#ifndef GENERATE_SCENARIOS_H
#define GENERATE_SCENARIOS_H

/* scenarios - what the captures are of. Ordinary traffic grows by size, hostile traffic by count. */

#include "connection.h"

struct scenario {
    const char *name;
    const char *help;
    void (*make)(struct traffic *traffic);
    uint32_t count;                     /* unless told otherwise; 0 where it does not matter */
};

extern const struct scenario ordinary_scenarios[], hostile_scenarios[];    /* each ends with a NULL name */

#endif
