/* SPDX-License-Identifier: MIT */
#include "parser.h"

static bool read_connection(struct parser *parser, struct item *item)
{
    item->kind = ITEM_CONNECTION;
    return parser_take_text(parser, &item->bytes) || parser_expected(parser, "a name for the connection");
}

#define MOST_OF_A_UNIT 10000000     /* 19 years of minutes: 64 bits of nanoseconds hold them */

/* A number with a unit. */
static bool duration_of(struct bytes text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t nanoseconds;
    } units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "min", INT64_C(60000000000) },
                  { "s", 1000000000 } };
    struct bytes digits = text;
    uint64_t value;

    while (digits.length > 0 && digits.data[digits.length - 1] > '9') {
        digits.length--;
    }
    if (!parser_read_number(digits, &value) || value > MOST_OF_A_UNIT) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (parser_same_text(bytes_after(text, digits.length), units[i].unit)) {
            *out = (int64_t)value * units[i].nanoseconds;
            return true;
        }
    }
    return false;
}

static bool read_wait(struct parser *parser, struct item *item)
{
    struct bytes text = { 0 };

    item->kind = ITEM_WAIT;
    if (!parser_take_text(parser, &text) || !duration_of(text, &item->number)) {
        parser->at -= text.length > 0;
        return parser_expected(parser, "a time with its unit, such as 20ms or 30s,");
    }
    return true;
}

static bool read_clock(struct parser *parser, struct item *item)
{
    uint64_t seconds;

    item->kind = ITEM_CLOCK;
    if (!parser_take_number(parser, "seconds since 1970", 0, UINT32_MAX, &seconds)) {
        return false;
    }
    item->number = (int64_t)seconds * 1000000000;
    return true;
}

static bool read_link(struct parser *parser, struct item *item)
{
    static const char *const names[] = {
        [LINK_FORM_ETHERNET] = "ethernet",
        [LINK_FORM_RAW] = "raw",
        [LINK_FORM_NULL] = "null",
    };

    item->kind = ITEM_LINK;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (parser_accept(parser, names[i])) {
            item->link = (enum link_form)i;
            return true;
        }
    }
    return parser_expected(parser, "ethernet, raw or null");
}

static bool read_vlan(struct parser *parser, struct item *item)
{
    item->kind = ITEM_VLAN;
    return parser_take_sizes(parser, 0, &item->sizes);
}

static bool read_snap(struct parser *parser, struct item *item)
{
    uint64_t value;

    item->kind = ITEM_SNAP;
    if (!parser_take_number(parser, "a snap length", 1, 262144, &value)) {
        return false;
    }
    item->number = (int64_t)value;
    return true;
}

static bool read_seed(struct parser *parser, struct item *item)
{
    uint64_t value;

    item->kind = ITEM_SEED;
    if (!parser_take_number(parser, "a seed", 0, INT64_MAX, &value)) {
        return false;
    }
    item->number = (int64_t)value;
    return true;
}

static bool read_packet(struct parser *parser, struct item *item)
{
    item->kind = ITEM_PACKET;
    return parser_take_payload(parser, &item->bytes);
}

static const struct verb verbs[] = {
    { "connect", NULL, ITEM_CONNECT },
    { "established", NULL, ITEM_ESTABLISHED },
    { "reopen", NULL, ITEM_REOPEN },
    { "connection", read_connection, 0 },
    { "wait", read_wait, 0 },
    { "clock", read_clock, 0 },
    { "link", read_link, 0 },
    { "vlan", read_vlan, 0 },
    { "snap", read_snap, 0 },
    { "seed", read_seed, 0 },
    { "packet", read_packet, 0 },
};

const struct verb *script_capture_verb(struct parser *parser)
{
    return parser_accept_verb(parser, verbs, sizeof verbs / sizeof verbs[0]);
}
