/* SPDX-License-Identifier: MIT */
#ifndef WS101_DETAIL_H
#define WS101_DETAIL_H

/* detail - one event taken apart: a tree of fields, each with its bytes, what it is for and its RFC section.
 *
 * Comes in:   an event of any kind; for a message, how its connection's messages are to be read.
 * Goes out:   nodes in reading order, parents before their children, the event itself first and its findings
 *             last; and the bytes that they were read from: a frame's header and payload, a head, both heads
 *             of a handshake, a message's payload.
 * Ownership:  struct detail is the caller's (about 130 KiB, nothing is allocated). Its views are views of the
 *             event, or of the detail itself: good as long as both are, and as the detail is not moved.
 * Limits:     of more than DETAIL_NODES_MAX fields the last node says that there are more.
 */

#include "core/event.h"
#include "core/rules.h"
#include "subprotocol.h"

#define DETAIL_NODES_MAX 1024
#define DETAIL_TEXT_MAX  (32 * 1024)

struct detail_node {
    struct bytes name;       /* the RFC's term, or a header field's name as it was sent: escape it */
    struct bytes value;      /* what stands there, or what it means; may be of the wire, too */
    const char *purpose;     /* one sentence: what it is for, or what to send instead of a fault; or "" */
    const char *section;     /* "RFC 6455 5.2", or "" */
    const struct rule *rule; /* of a finding; else NULL */
    size_t from, length;     /* its bytes; length 0: it has none of its own */
    uint8_t first_bit, bits; /* within the byte at from, 0 the highest; bits 0: whole bytes */
    uint8_t depth;
};

struct detail {
    struct detail_node nodes[DETAIL_NODES_MAX];
    size_t count;
    struct bytes pieces[2]; /* the bytes: header and clear payload, request and response, one alone */
    const uint8_t *mask;    /* of a frame: XORed with the second piece when it was sent; or NULL */
    size_t text_used;
    char text[DETAIL_TEXT_MAX]; /* values that were written here */
};

/* subprotocol: as it is before the event; NULL where nothing is known. */
void detail_make(struct detail *detail, const struct event *event, const struct subprotocol *subprotocol);

/* How many bytes there are. */
size_t detail_length(const struct detail *detail);

/* The byte as it crossed the wire, masked where it was; and what it means. */
uint8_t detail_byte_sent(const struct detail *detail, size_t at);
uint8_t detail_byte_clear(const struct detail *detail, size_t at);

/* The deepest node that the byte belongs to, findings aside; NULL where there is none. */
const struct detail_node *detail_node_at(const struct detail *detail, size_t at);

#endif
