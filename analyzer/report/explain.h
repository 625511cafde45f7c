/* SPDX-License-Identifier: MIT */
#ifndef WS101_EXPLAIN_H
#define WS101_EXPLAIN_H

/* explain - frames from bytes alone: each header drawn bit by bit, its payload unmasked byte by byte.
 *
 * Comes in:   the bytes of one side, from a frame's first one on.
 * Goes out:   for each frame a drawing, a line per field, the unmasking, what it says, the rules that it
 *             breaks; for one that is cut, how many bytes are missing. 80 columns, ASCII of ours.
 * Ownership:  scratch is the caller's and as long as the bytes: payloads are unmasked there.
 * Without a handshake nothing is known of extensions, so reserved bits are explained and not judged.
 * RFC 6455 sections 5.2 to 5.6 and 7.4, RFC 7692 section 6.
 */

#include "core/bytes.h"
#include "output.h"

enum explain_sender {                  /* whose frames they are, to judge the mask */
                      EXPLAIN_BY_MASK, /* the client's where masked, else the server's */
                      EXPLAIN_CLIENT,
                      EXPLAIN_SERVER,
};

struct explain_setting {
    enum explain_sender sender;
    bool colour;
};

void explain_write(struct output *output, struct bytes bytes, uint8_t *scratch,
                   const struct explain_setting *setting);

#endif
