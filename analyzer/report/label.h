/* SPDX-License-Identifier: MIT */
#ifndef WS101_LABEL_H
#define WS101_LABEL_H

/* label - an event in a few words of ours, and in between some of the wire's.
 *
 * Goes out:   a C string. What was of the wire in it has been through escape, which leaves it alone if it
 *             comes by a second time.
 * Limits:     LABEL_MAX bytes, LABEL_SHOWN for each piece of the wire; what has no room is left out.
 */

#include "core/bytes.h"

#define LABEL_MAX   256
#define LABEL_SHOWN 96

struct label {
    char text[LABEL_MAX]; /* zeroed by the caller */
    size_t used;
};

__attribute__((format(printf, 2, 3))) void label_say(struct label *label, const char *format, ...);

/* Something of the wire, escaped. */
void label_show(struct label *label, struct bytes view);

/* The same in quotes, a blank before them; at most so many bytes, and dots where it was longer. */
void label_quote(struct label *label, struct bytes view, size_t most);

#endif
