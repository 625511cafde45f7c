/* SPDX-License-Identifier: MIT */
#ifndef WS101_DEFLATER_H
#define WS101_DEFLATER_H

/* deflater - one side's compression of messages (RFC 7692 section 7.2.1), by zlib.
 *
 * Comes in:   payload, a piece per frame that the script writes.
 * Goes out:   raw DEFLATE, with the last four bytes 00 00 ff ff taken off where the message ends. */

#include "buffer.h"
#include "conversation.h"

struct deflater;

/* NULL without memory. */
struct deflater *deflater_create(const struct item_compress *setting);
void deflater_destroy(struct deflater *deflater);

/* Appends one piece, compressed. last: it ends the message. A failure shows as out->failed. */
void deflater_put(struct deflater *deflater, enum frame_compress how, struct bytes piece, bool last,
                  struct buffer *out);

#endif
