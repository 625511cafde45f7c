/* SPDX-License-Identifier: MIT */
#include "link.h"

#define ETHERNET_HEADER 14

enum ppp_protocol {             /* RFC 1332, 5072 and 3032 section 4.3 */
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
    PPP_MPLS_MULTICAST = 0x0283,
};

/* The last reads decide: with all of them inside the frame, out goes on behind them. */
static enum decoded advance(struct link_payload *out, struct cursor *cursor, uint16_t ethertype)
{
    if (cursor->failed) {
        return DECODED_CUT;
    }
    out->ethertype = ethertype;
    out->bytes = cursor_rest(cursor);
    return DECODED;
}

/* Where nothing names the network protocol, the version in the first four bits does. */
static enum decoded open_raw(struct link_payload *out)
{
    if (out->bytes.length == 0) {
        return DECODED_CUT;
    }
    switch (out->bytes.data[0] >> 4) {
    case 4:
        out->ethertype = ETHERTYPE_IPV4;
        return DECODED;
    case 6:
        out->ethertype = ETHERTYPE_IPV6;
        return DECODED;
    default:
        return DECODED_OTHER;
    }
}

static enum decoded open_ethernet(struct link_payload *out)
{
    struct cursor cursor = cursor_over(out->bytes);
    struct bytes header = cursor_take(&cursor, ETHERNET_HEADER);

    if (cursor.failed) {
        return DECODED_CUT;
    }
    return advance(out, &cursor, (uint16_t)(header.data[12] << 8 | header.data[13]));
}

static enum decoded open_vlan(struct link_payload *out)
{
    struct cursor cursor = cursor_over(out->bytes);

    cursor_u16(&cursor);        /* priority and VLAN identifier */
    return advance(out, &cursor, cursor_u16(&cursor));
}

/* One label stack entry. Only the last has the bottom bit, and then the payload has to speak for itself. */
static enum decoded open_mpls(struct link_payload *out)
{
    struct cursor cursor = cursor_over(out->bytes);
    bool bottom = cursor_u32(&cursor) & 0x100;
    enum decoded result = advance(out, &cursor, out->ethertype);

    return result == DECODED && bottom ? open_raw(out) : result;
}

static enum decoded open_ppp(struct link_payload *out)
{
    struct cursor cursor = cursor_over(out->bytes);

    if (out->bytes.length >= 2 && out->bytes.data[0] == 0xFF && out->bytes.data[1] == 0x03) {
        cursor_u16(&cursor);    /* address and control, unless compressed away: RFC 1661 section 6.6 */
    }
    uint16_t protocol = cursor_u8(&cursor);
    if ((protocol & 1) == 0) {  /* an odd first byte is the whole field, compressed: section 6.5 */
        protocol = (uint16_t)(protocol << 8 | cursor_u8(&cursor));
    }
    switch (protocol) {
    case PPP_IPV4:
        return advance(out, &cursor, ETHERTYPE_IPV4);
    case PPP_IPV6:
        return advance(out, &cursor, ETHERTYPE_IPV6);
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        return advance(out, &cursor, ETHERTYPE_MPLS);
    default:
        return cursor.failed ? DECODED_CUT : DECODED_OTHER;
    }
}

/* RFC 2516 section 4: version and type 1, code 0 in the session stage. */
static enum decoded open_pppoe(struct link_payload *out)
{
    struct cursor cursor = cursor_over(out->bytes);
    uint16_t version_type_code = cursor_u16(&cursor);

    cursor_u16(&cursor);        /* session */
    cursor_u16(&cursor);        /* length: that of the IP packet says the same */
    if (!cursor.failed && version_type_code != 0x1100) {
        return DECODED_OTHER;
    }
    enum decoded result = advance(out, &cursor, ETHERTYPE_PPP);
    return result == DECODED ? open_ppp(out) : result;
}

/* One header inside another: a step of link_decode_ethertype. */
static enum decoded open_nested(struct link_payload *out)
{
    switch (out->ethertype) {
    case ETHERTYPE_VLAN:
    case ETHERTYPE_QINQ:
    case ETHERTYPE_VLAN_OLD:
        return open_vlan(out);
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
        return open_mpls(out);
    case ETHERTYPE_PPPOE_SESSION:
        return open_pppoe(out);
    case ETHERTYPE_PPP:
        return open_ppp(out);
    case ETHERTYPE_TRANSPARENT_ETHERNET:
        return open_ethernet(out);
    default:
        return DECODED_OTHER;
    }
}

enum decoded link_decode_ethertype(struct link_payload *out)
{
    while (out->ethertype != ETHERTYPE_IPV4 && out->ethertype != ETHERTYPE_IPV6) {
        bool full = out->depth == LINK_DEPTH;
        enum decoded result = open_nested(out);

        if (result != DECODED) {
            return result;
        }
        if (full) {
            return DECODED_TOO_DEEP;
        }
        out->depth++;
    }
    return DECODED;
}

/* The address family of NULL and LOOP: the capturing host's number, in its byte order. */
static enum decoded open_family(struct link_payload *out)
{
    struct cursor cursor = cursor_over(out->bytes);
    uint32_t family = cursor_u32(&cursor);

    if (cursor.failed) {
        return DECODED_CUT;
    }
    if (family > 0xFFFF) {      /* no family is as large: the host was little-endian */
        family = __builtin_bswap32(family);
    }
    switch (family) {
    case 2:
        return advance(out, &cursor, ETHERTYPE_IPV4);
    case 10:                    /* Linux */
    case 24:                    /* NetBSD, OpenBSD */
    case 28:                    /* FreeBSD */
    case 30:                    /* macOS */
        return advance(out, &cursor, ETHERTYPE_IPV6);
    default:
        return DECODED_OTHER;
    }
}

/* Linux's cooked headers: SLL ends with the protocol, SLL2 begins with it. */
static enum decoded open_cooked(struct link_payload *out, size_t length, size_t protocol_at)
{
    struct cursor cursor = cursor_over(out->bytes);
    struct bytes header = cursor_take(&cursor, length);

    if (cursor.failed) {
        return DECODED_CUT;
    }
    return advance(out, &cursor, (uint16_t)(header.data[protocol_at] << 8 | header.data[protocol_at + 1]));
}

/* The outermost header, by link type; what it names may still be a tag. */
static enum decoded open_outermost(uint32_t link_type, struct link_payload *out)
{
    switch (link_type) {
    case LINK_ETHERNET:
        return open_ethernet(out);
    case LINK_NULL:
    case LINK_LOOP:
        return open_family(out);
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_IPV4:
    case LINK_IPV6:
        return open_raw(out);
    case LINK_LINUX_SLL:
        return open_cooked(out, 16, 14);
    case LINK_LINUX_SLL2:
        return open_cooked(out, 20, 0);
    case LINK_PPP:
        return open_ppp(out);
    case LINK_PPP_ETHER:
        return open_pppoe(out);
    default:
        return DECODED_UNKNOWN_LINK;
    }
}

bool link_known(uint32_t link_type)
{
    struct link_payload nothing = { .depth = 0 };

    return open_outermost(link_type, &nothing) != DECODED_UNKNOWN_LINK;
}

enum decoded link_decode(const struct packet *packet, struct link_payload *out)
{
    size_t captured = packet->captured.length;

    *out = (struct link_payload){
        .bytes = bytes_of(packet->captured.data, captured),
        .cut = packet->wire_length > captured ? packet->wire_length - (uint32_t)captured : 0,
    };
    enum decoded result = open_outermost(packet->link_type, out);
    return result == DECODED ? link_decode_ethertype(out) : result;
}
