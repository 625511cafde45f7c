/* SPDX-License-Identifier: MIT */
#ifndef WS101_COMPOSER_H
#define WS101_COMPOSER_H

/* composer - the items of a conversation become the bytes that their side sends.
 *
 * Comes in:   heads, frames and bytes, in order, of one connection.
 * Goes out:   HTTP/1.1 heads, frames (RFC 6455 section 5), compressed payloads (RFC 7692 section 7.2.1).
 * What it writes is what the core's decoders are judged by, so it shares no encoding or sum with them. */

#include "compose_head.h"
#include "deflater.h"

struct composer {
    uint64_t random;            /* state of the generator that draws masking keys */
    struct head_key key;
    struct item_compress compress[2];
    struct deflater *deflater[2];   /* by side; made at the first compressed message */
};

void composer_init(struct composer *composer, uint64_t seed);
void composer_release(struct composer *composer);

/* Appends the bytes of a head, frame or bytes item; takes note of a compress item; passes over others. */
void composer_put(struct composer *composer, const struct item *item, struct buffer *out);

#endif
