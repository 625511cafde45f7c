/* SPDX-License-Identifier: MIT */
#ifndef WS101_HEADER_BOX_H
#define WS101_HEADER_BOX_H

/* header_box - a frame's header as RFC 6455 section 5.2 draws it, 32 bits to a row, filled with its own bits.
 *
 * Comes in:   the bytes of a frame, whole or cut anywhere.
 * Goes out:   lines of 67 columns, in ASCII; bits that are missing are dots.
 */

#include "core/bytes.h"
#include "output.h"

void header_box_write(struct output *output, struct bytes frame, bool colour);

#endif
