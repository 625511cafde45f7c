/* SPDX-License-Identifier: MIT */
#ifndef WS101_PLACE_H
#define WS101_PLACE_H

/* place - where a broken rule shows: the bytes of the frame, or the field of the head, to point at. */

#include "core/frame.h"
#include "core/handshake.h"

struct span {                   /* bytes from first up to, not including, end */
    size_t first, end;
};

/* Counted from the frame's first header byte; the payload follows the header. */
struct span place_in_frame(const struct frame *frame, enum frame_fault fault);

/* The field's name; NULL: the start line. */
const char *place_http_field(enum http_fault fault);
const char *place_handshake_field(enum handshake_fault fault);

#endif
