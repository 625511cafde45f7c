/* SPDX-License-Identifier: MIT */
#ifndef WS101_LEGS_H
#define WS101_LEGS_H

/* legs - two connections that carry one conversation: the client's to a proxy, and the proxy's to the server.
 *
 * Comes in:   each connection's events, in order. Goes out: what says that two connections are such legs.
 * No packet says so, hence it takes evidence, and the evidence is told with the claim: an equal key, which is
 * random; or, where a proxy makes its own, addresses that meet, the same target, and messages that are the
 * same in the same order. Whatever contradicts it (another message, times that do not overlap) settles that
 * it is not so.
 * Limits:     the first LEG_MESSAGES messages of each direction are compared.
 */

#include "core/event.h"
#include "label.h"

#define LEG_MESSAGES 32
#define LEG_KEY_MAX  32

struct leg {
    uint64_t connection; /* 0: none */
    struct endpoint client, server;
    int64_t asked, last; /* when the upgrade was asked for, and the latest event's time */
    uint8_t key[LEG_KEY_MAX];
    uint8_t key_length; /* 0: no upgrade was asked for in view */
    uint32_t target;    /* its digest */
    uint32_t messages[2][LEG_MESSAGES];
    uint32_t count[2]; /* of messages, up to LEG_MESSAGES */
};

/* What speaks for it. */
struct legs_evidence {
    bool key, target, addresses;
    uint32_t messages; /* alike, in both directions */
};

/* The event passes; the first one says whose leg it is. */
void leg_event(struct leg *leg, const struct event *event);

/* Whether front, the client's, and back go together; the evidence is set where they do. */
bool legs_match(const struct leg *front, const struct leg *back, struct legs_evidence *evidence);

/* Whether it is beyond doubt: the key is random. Without it there must be no second candidate. */
static inline bool legs_are_certain(const struct legs_evidence *evidence)
{
    return evidence->key;
}

/* "same Sec-WebSocket-Key, same path, 8 messages alike" */
void legs_explain(struct label *label, const struct legs_evidence *evidence);

#endif
