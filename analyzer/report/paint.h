/* SPDX-License-Identifier: MIT */
#ifndef WS101_PAINT_H
#define WS101_PAINT_H

/* paint - the colours that reports have on a terminal: the same for the same thing in all of them. Each is a
 * sequence to be written before what it paints, and PAINT_PLAIN behind it (ECMA-48 section 8.3.117). */

#include "core/rules.h"

#define PAINT_PLAIN "\033[0m"
#define PAINT_BOLD  "\033[1m"
#define PAINT_DIM   "\033[2m"
#define PAINT_C2S   "\033[36m"
#define PAINT_S2C   "\033[35m"
#define PAINT_CLEAR "\033[1;32m" /* bytes that were unmasked */
#define PAINT_BITS  "\033[36m"   /* what they mean */

static inline const char *paint_severity(enum rule_severity severity)
{
    static const char *const paints[] = {
        [RULE_MUST] = "\033[1;31m",
        [RULE_SHOULD] = "\033[33m",
        [RULE_NOTE] = "\033[34m",
    };

    return paints[severity];
}

#endif
