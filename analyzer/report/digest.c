/* SPDX-License-Identifier: MIT */
#include "digest.h"

#define DIGESTED_MAX 4096 /* bytes of a payload that tell it from others, beside its length */

/* FNV-1a. */
uint32_t digest_bytes(uint32_t digest, struct bytes view)
{
    for (size_t i = 0; i < view.length; i++) {
        digest = (digest ^ view.data[i]) * 16777619U;
    }
    return digest;
}

static uint32_t digest_number(uint32_t digest, uint64_t number)
{
    return digest_bytes(digest, bytes_of(&number, sizeof number));
}

/* A proxy rewrites heads, so of them only what it has to leave alone; compression and fragments are each
 * leg's own. */
uint32_t digest_event(const struct event *event)
{
    uint32_t digest = digest_number(DIGEST_START, (uint64_t)event->direction);

    switch (event->kind) {
    case EVENT_HTTP:
        digest = digest_bytes(digest_number(digest, event->http.head->status), event->http.head->method);
        break;
    case EVENT_FRAME:
        digest = digest_number(digest_number(digest, event->frame.frame->opcode), event->frame.frame->length);
        digest = digest_bytes(digest, event->frame.payload);
        break;
    case EVENT_MESSAGE:
        digest = digest_number(digest_number(digest, event->message.message->opcode),
                               event->message.message->length);
        digest = digest_bytes(digest, bytes_first(event->message.message->payload, DIGESTED_MAX));
        break;
    default:
        return 0;
    }
    return digest ? digest : 1;
}
