/* SPDX-License-Identifier: MIT */
#ifndef WS101_WIDTH_H
#define WS101_WIDTH_H

/* width - how many columns of a terminal a character takes, whatever the locale says.
 *
 * Comes in:   a Unicode code point. Goes out: 0 for marks that sit on the character before, 2 for wide ones
 * (UAX #11), WIDTH_NONE for what must not reach a terminal: controls, format characters such as the
 * bidirectional overrides, line and paragraph separators, noncharacters.
 */

#include <stdint.h>

#define WIDTH_NONE (-1)

int width_of(uint32_t code_point);

#endif
