/* SPDX-License-Identifier: MIT */
#include "parser.h"

#include "core/tcp.h"

#include <arpa/inet.h>

static bool read_bytes(struct parser *parser, struct item *item)
{
    item->kind = ITEM_BYTES;
    return parser_take_payload(parser, &item->bytes);
}

static bool read_syn(struct parser *parser, struct item *item)
{
    item->kind = ITEM_SYN;
    return parser_take_payload(parser, &item->bytes);
}

static bool read_again(struct parser *parser, struct item *item)
{
    item->kind = ITEM_AGAIN;
    return parser_take_payload(parser, &item->bytes);
}

static bool read_rst(struct parser *parser, struct item *item)
{
    item->kind = ITEM_RST;
    return parser_peek(parser) == NULL || parser_take_offset(parser, &item->number);
}

static bool take_flags(struct parser *parser, uint8_t *flags)
{
    static const struct {
        char letter;
        uint8_t flag;
    } letters[] = { { 'S', TCP_SYN }, { 'A', TCP_ACK }, { 'F', TCP_FIN },
                    { 'R', TCP_RST }, { 'P', TCP_PSH }, { 'U', TCP_URG } };
    struct bytes text;

    *flags = 0;
    if (!parser_take_text(parser, &text)) {
        return parser_expected(parser, "flags, letters of SAFRPU");
    }
    for (size_t i = 0; i < text.length; i++) {
        size_t k = 0;

        while (k < sizeof letters / sizeof letters[0] && letters[k].letter != (char)text.data[i]) {
            k++;
        }
        if (k == sizeof letters / sizeof letters[0]) {
            parser->at--;
            return parser_expected(parser, "flags, letters of SAFRPU,");
        }
        *flags |= letters[k].flag;
    }
    return true;
}

/* segment OFFSET [payload] [flags LETTERS] [urgent N] */
static bool read_segment(struct parser *parser, struct item *item)
{
    item->kind = ITEM_SEGMENT;
    item->segment.flags = TCP_ACK;
    if (!parser_take_offset(parser, &item->segment.offset) ||
        !parser_take_payload(parser, &item->segment.payload)) {
        return false;
    }
    while (parser_peek(parser) != NULL) {
        uint32_t urgent;

        if (parser_accept(parser, "flags")) {
            if (!take_flags(parser, &item->segment.flags)) {
                return false;
            }
        } else if (parser_accept(parser, "urgent")) {
            if (!parser_take_u32(parser, "an urgent pointer", 0, UINT16_MAX, &urgent)) {
                return false;
            }
            item->segment.flags |= TCP_URG;
            item->segment.urgent = (uint16_t)urgent;
        } else {
            return parser_expected(parser, "payload, flags or urgent");
        }
    }
    return true;
}

/* A segment one byte before the next: RFC 9293 section 3.8.4. */
static bool read_keepalive(struct parser *parser, struct item *item)
{
    item->kind = ITEM_SEGMENT;
    item->segment.flags = TCP_ACK;
    item->segment.offset = -1;
    return parser_take_payload(parser, &item->segment.payload);
}

static bool read_segment_sizes(struct parser *parser, struct item *item)
{
    item->kind = ITEM_SIZES;
    return parser_take_sizes(parser, 1, &item->sizes);
}

/* lose [N], twice [N]: the Nth data segment from here. late [N]: the next one, behind N others.
 * reverse N, shuffle N: the next N. */
static bool read_batch(struct parser *parser, struct item *item, enum batch_kind kind)
{
    item->kind = ITEM_BATCH;
    item->batch.kind = kind;
    item->batch.segments = 1;
    if (parser_at_number(parser) &&
        !parser_take_u32(parser, "a number of segments", 1, 100000, &item->batch.segments)) {
        return false;
    }
    item->batch.segments += kind == BATCH_LATE;
    return true;
}

static bool read_lose(struct parser *parser, struct item *item)
{
    return read_batch(parser, item, BATCH_LOSE);
}

static bool read_twice(struct parser *parser, struct item *item)
{
    return read_batch(parser, item, BATCH_TWICE);
}

static bool read_late(struct parser *parser, struct item *item)
{
    return read_batch(parser, item, BATCH_LATE);
}

static bool read_reverse(struct parser *parser, struct item *item)
{
    return read_batch(parser, item, BATCH_REVERSE);
}

static bool read_shuffle(struct parser *parser, struct item *item)
{
    return read_batch(parser, item, BATCH_SHUFFLE);
}

static bool read_acks(struct parser *parser, struct item *item)
{
    item->kind = ITEM_ACKS;
    item->number = parser_accept(parser, "on");
    return item->number || parser_accept(parser, "off") || parser_expected(parser, "on or off");
}

static bool read_sequence(struct parser *parser, struct item *item)
{
    uint64_t value;

    item->kind = ITEM_SEQUENCE;
    if (!parser_take_number(parser, "a sequence number", 0, UINT32_MAX, &value)) {
        return false;
    }
    item->number = (int64_t)value;
    return true;
}

static bool address_of(const char *text, struct ip_address *out)
{
    static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };

    memcpy(out->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, out->bytes + sizeof mapped) == 1 ||
           inet_pton(AF_INET6, text, out->bytes) == 1;
}

/* ADDRESS:PORT, an IPv6 address in brackets. */
static bool endpoint_of(struct bytes text, struct endpoint *out)
{
    char address[64];
    struct bytes host = text;
    uint64_t port;

    while (host.length > 0 && host.data[host.length - 1] != ':') {
        host.length--;
    }
    if (host.length < 2 || host.length >= sizeof address ||
        !parser_read_number(bytes_after(text, host.length), &port) || port > UINT16_MAX) {
        return false;
    }
    host.length--;
    if (host.data[0] == '[' && host.data[host.length - 1] == ']') {
        host = bytes_of(host.data + 1, host.length - 2);
    }
    memcpy(address, host.data, host.length);
    address[host.length] = '\0';
    out->port = (uint16_t)port;
    return address_of(address, &out->address);
}

static bool read_at(struct parser *parser, struct item *item)
{
    struct bytes text = { 0 };

    item->kind = ITEM_AT;
    if (!parser_take_text(parser, &text) || !endpoint_of(text, &item->endpoint)) {
        parser->at -= text.length > 0;
        return parser_expected(parser, "an address and port such as 10.0.0.1:80 or [fd00::1]:80");
    }
    return true;
}

static const struct verb verbs[] = {
    { "bytes", read_bytes, 0 },
    { "hold", NULL, ITEM_HOLD },
    { "send", NULL, ITEM_SEND },
    { "segments", read_segment_sizes, 0 },
    { "lose", read_lose, 0 },
    { "twice", read_twice, 0 },
    { "late", read_late, 0 },
    { "reverse", read_reverse, 0 },
    { "shuffle", read_shuffle, 0 },
    { "again", read_again, 0 },
    { "keepalive", read_keepalive, 0 },
    { "segment", read_segment, 0 },
    { "syn", read_syn, 0 },
    { "ack", NULL, ITEM_ACK },
    { "fin", NULL, ITEM_FIN },
    { "rst", read_rst, 0 },
    { "acks", read_acks, 0 },
    { "unseen", NULL, ITEM_UNSEEN },
    { "seen", NULL, ITEM_SEEN },
    { "at", read_at, 0 },
    { "sequence", read_sequence, 0 },
};

const struct verb *script_tcp_verb(struct parser *parser)
{
    return parser_accept_verb(parser, verbs, sizeof verbs / sizeof verbs[0]);
}
