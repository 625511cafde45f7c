/* SPDX-License-Identifier: MIT */
#include "ip.h"

#include "fragments.h"

#define IPV4_HEADER_MIN 20
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_FRAGMENT_OFFSET 0x1FFF
#define IPV6_HEADER 40
#define IPV6_FRAGMENT_HEADER 8
#define EXTENSIONS_MAX 16       /* RFC 8200 section 4.1 expects each header once, two of them twice */
#define JUMBO_OPTION 0xC2       /* RFC 2675 section 2 */

enum protocol_number {          /* IANA's, of what we follow besides TCP */
    HOP_BY_HOP = 0,
    IPV4_IN_IP = 4,
    UDP = 17,
    IPV6_IN_IP = 41,
    ROUTING = 43,
    FRAGMENT = 44,
    GRE = 47,
    AUTHENTICATION = 51,
    DESTINATION = 60,
};

enum tunnel_port {              /* UDP destinations: TS 29.281 section 4.4.2, RFC 7348, RFC 8926 */
    PORT_GTP_USER = 2152,
    PORT_VXLAN = 4789,
    PORT_GENEVE = 6081,
};

struct ip {
    struct memory *memory;
    struct fragments *fragments;
    bool reassembled;           /* the last packet came out of fragments */
};

static const uint8_t v4_mapped[12] = { [10] = 0xFF, [11] = 0xFF };

static uint16_t read_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static struct ip_address address_of_v4(const uint8_t *at)
{
    struct ip_address address;

    memcpy(address.bytes, v4_mapped, sizeof v4_mapped);
    memcpy(address.bytes + sizeof v4_mapped, at, 4);
    return address;
}

/* The payload has that length on the wire; what follows it in the frame is padding. */
static void set_payload(struct ip_packet *out, struct bytes captured, uint64_t length)
{
    out->payload = bytes_first(captured, length);
    out->cut = (uint32_t)(length - out->payload.length);
}

/* Drops a header that stands before the payload. */
static enum decoded skip_header(struct ip_packet *out, size_t size)
{
    if (size > out->payload.length) {
        return size - out->payload.length > out->cut ? DECODED_MALFORMED : DECODED_CUT;
    }
    out->payload = bytes_after(out->payload, size);
    return DECODED;
}

/* --- fragments ----------------------------------------------------------------------------------------- */

/* fragment comes with its place in the datagram; who sent it and its bytes are out's. */
static enum decoded reassemble(struct ip *ip, struct fragment *fragment, int64_t time, struct ip_packet *out)
{
    struct fragments_datagram datagram;

    if (out->cut > 0) {         /* it could never be completed */
        return DECODED_CUT;
    }
    memcpy(fragment->key.source, out->source.bytes, sizeof fragment->key.source);
    memcpy(fragment->key.destination, out->destination.bytes, sizeof fragment->key.destination);
    fragment->bytes = out->payload;

    enum decoded result = fragments_add(ip->fragments, fragment, time, &datagram);
    if (result == DECODED) {
        ip->reassembled = true;
        out->protocol = datagram.next_header;
        out->payload = datagram.bytes;
    }
    return result;
}

static enum decoded reassemble_v4(struct ip *ip, const uint8_t *header, int64_t time, struct ip_packet *out)
{
    uint16_t flags_offset = read_u16(header + 6);
    struct fragment fragment = {
        .key = { .identification = read_u16(header + 4),
                 .ethertype = ETHERTYPE_IPV4,
                 .protocol = out->protocol },
        .next_header = out->protocol,
        .offset = (flags_offset & IPV4_FRAGMENT_OFFSET) * 8U,
        .more = flags_offset & IPV4_MORE_FRAGMENTS,
    };

    return reassemble(ip, &fragment, time, out);
}

/* RFC 8200 section 4.5; a fragment that is the whole datagram needs no others (RFC 6946). */
static enum decoded reassemble_v6(struct ip *ip, int64_t time, struct ip_packet *out)
{
    struct cursor cursor = cursor_over(out->payload);
    struct fragment fragment = { .key.ethertype = ETHERTYPE_IPV6 };

    fragment.next_header = cursor_u8(&cursor);
    cursor_u8(&cursor);         /* reserved */
    uint16_t offset_flags = cursor_u16(&cursor);
    fragment.offset = offset_flags & 0xFFF8;
    fragment.more = offset_flags & 1;
    fragment.key.identification = cursor_u32(&cursor);

    enum decoded result = skip_header(out, IPV6_FRAGMENT_HEADER);
    if (result != DECODED) {
        return result;
    }
    if (fragment.offset == 0 && !fragment.more) {
        out->protocol = fragment.next_header;
        return DECODED;
    }
    return reassemble(ip, &fragment, time, out);
}

/* --- IPv4, RFC 791 section 3.1 -------------------------------------------------------------------------- */

static enum decoded decode_v4(struct ip *ip, const struct link_payload *link, int64_t time,
                              struct ip_packet *out)
{
    struct cursor cursor = cursor_over(link->bytes);
    const uint8_t *fixed = cursor_take(&cursor, IPV4_HEADER_MIN).data;

    if (cursor.failed) {
        return DECODED_CUT;
    }
    uint64_t on_wire = link->bytes.length + (uint64_t)link->cut;
    size_t header = (fixed[0] & 0x0FU) * 4;
    uint64_t total = read_u16(fixed + 2);
    if (total == 0) {           /* segmentation offload: longer than the field can say */
        total = on_wire;
    }
    if (fixed[0] >> 4 != 4 || header < IPV4_HEADER_MIN || header > total || header > on_wire) {
        return DECODED_MALFORMED;
    }
    if (header > link->bytes.length) {
        return DECODED_CUT;
    }
    out->source = address_of_v4(fixed + 12);
    out->destination = address_of_v4(fixed + 16);
    out->protocol = fixed[9];
    set_payload(out, bytes_after(link->bytes, header), total - header);
    if (read_u16(fixed + 6) & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)) {
        return reassemble_v4(ip, fixed, time, out);
    }
    return DECODED;
}

/* --- IPv6, RFC 8200 section 3 and 4 --------------------------------------------------------------------- */

/* A payload length of 0: a jumbo payload option in a hop-by-hop header has it (RFC 2675), or else
 * segmentation offload left it out, and the frame has it. */
static uint64_t find_jumbo_length(uint8_t next_header, struct bytes payload, uint64_t on_wire)
{
    struct cursor cursor = cursor_over(payload);

    if (next_header != HOP_BY_HOP) {
        return on_wire;
    }
    cursor_u8(&cursor);         /* next header */
    cursor = cursor_over(cursor_take(&cursor, cursor_u8(&cursor) * 8U + 6));
    while (cursor_left(&cursor) > 0) {
        uint8_t option = cursor_u8(&cursor);

        if (option == 0) {      /* Pad1: no length */
            continue;
        }
        uint8_t length = cursor_u8(&cursor);
        if (option == JUMBO_OPTION && length == 4) {
            uint32_t jumbo = cursor_u32(&cursor);

            return cursor.failed ? on_wire : jumbo;
        }
        cursor_take(&cursor, length);
    }
    return on_wire;
}

/* Headers whose second byte is a length: in units of that many bytes, without the first base bytes. */
static enum decoded skip_extension(struct ip_packet *out, size_t unit, size_t base)
{
    struct cursor cursor = cursor_over(out->payload);
    uint8_t next_header = cursor_u8(&cursor);
    size_t size = base + cursor_u8(&cursor) * unit;
    enum decoded result = skip_header(out, cursor.failed ? base : size);

    out->protocol = next_header;
    return result;
}

static enum decoded follow_extensions(struct ip *ip, int64_t time, struct ip_packet *out)
{
    for (int i = 0; i < EXTENSIONS_MAX; i++) {
        enum decoded result = DECODED;

        switch (out->protocol) {
        case HOP_BY_HOP:
        case ROUTING:
        case DESTINATION:
            result = skip_extension(out, 8, 8);
            break;
        case AUTHENTICATION:    /* RFC 4302 section 2.2 counts otherwise */
            result = skip_extension(out, 4, 8);
            break;
        case FRAGMENT:
            result = reassemble_v6(ip, time, out);
            break;
        default:
            return DECODED;
        }
        if (result != DECODED) {
            return result;
        }
    }
    return DECODED_TOO_DEEP;
}

static enum decoded decode_v6(struct ip *ip, const struct link_payload *link, int64_t time,
                              struct ip_packet *out)
{
    struct cursor cursor = cursor_over(link->bytes);
    const uint8_t *header = cursor_take(&cursor, IPV6_HEADER).data;

    if (cursor.failed) {
        return DECODED_CUT;
    }
    if (header[0] >> 4 != 6) {
        return DECODED_MALFORMED;
    }
    struct bytes rest = cursor_rest(&cursor);
    uint64_t length = read_u16(header + 4);

    out->protocol = header[6];
    if (length == 0) {
        length = find_jumbo_length(out->protocol, rest, rest.length + (uint64_t)link->cut);
    }
    memcpy(out->source.bytes, header + 8, 16);
    memcpy(out->destination.bytes, header + 24, 16);
    set_payload(out, rest, length);
    return out->protocol == IP_PROTOCOL_TCP ? DECODED : follow_extensions(ip, time, out);
}

/* --- tunnels -------------------------------------------------------------------------------------------- */

/* The tunnel's own header has been read: what it carries begins at the cursor. */
static enum decoded enter_tunnel(struct link_payload *inner, struct cursor *cursor, uint16_t ethertype)
{
    if (cursor->failed) {
        return DECODED_CUT;
    }
    inner->ethertype = ethertype;
    inner->bytes = cursor_rest(cursor);
    return DECODED;
}

/* RFC 2784 and 2890; version 1 is PPTP's, RFC 2637 section 4.1. */
static enum decoded open_gre(struct link_payload *inner, struct cursor *cursor)
{
    enum { CHECKSUM = 0x8000, ROUTES = 0x4000, KEY = 0x2000, SEQUENCE = 0x1000, ACKNOWLEDGMENT = 0x0080 };
    uint16_t flags = cursor_u16(cursor);
    uint16_t ethertype = cursor_u16(cursor);
    unsigned version = flags & 7;
    unsigned fields = version == 0 ? CHECKSUM | KEY | SEQUENCE : KEY | SEQUENCE | ACKNOWLEDGMENT;

    if (version > 1 || flags & ROUTES) {
        return DECODED_OTHER;
    }
    cursor_take(cursor, 4U * (unsigned)__builtin_popcount(flags & fields));
    return enter_tunnel(inner, cursor, ethertype);
}

/* TS 29.281 section 5.1 and 5.2: version 1, GTP; only a G-PDU carries a user's packet. */
static enum decoded open_gtp_user(struct link_payload *inner, struct cursor *cursor)
{
    enum { VERSION_TYPE_MASK = 0xF0, VERSION_TYPE = 0x30, EXTENSION = 0x04, OPTIONAL = 0x07, G_PDU = 0xFF };
    uint8_t flags = cursor_u8(cursor);
    uint8_t type = cursor_u8(cursor);

    cursor_u16(cursor);         /* length */
    cursor_u32(cursor);         /* tunnel */
    if (!cursor->failed && ((flags & VERSION_TYPE_MASK) != VERSION_TYPE || type != G_PDU)) {
        return DECODED_OTHER;
    }
    if (flags & OPTIONAL) {     /* any of the three brings all of them */
        cursor_u16(cursor);     /* sequence */
        cursor_u8(cursor);      /* N-PDU number */
        uint8_t next = cursor_u8(cursor);

        while (flags & EXTENSION && next != 0) {
            size_t size = cursor_u8(cursor) * 4U;   /* counts itself and the next header's type */

            if (size == 0) {
                return cursor->failed ? DECODED_CUT : DECODED_MALFORMED;
            }
            cursor_take(cursor, size - 2);
            next = cursor_u8(cursor);
        }
    }
    bool is_v6 = cursor_left(cursor) > 0 && cursor->at[0] >> 4 == 6;
    return enter_tunnel(inner, cursor, is_v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
}

/* RFC 8926 section 3.4. */
static enum decoded open_geneve(struct link_payload *inner, struct cursor *cursor)
{
    size_t options = (cursor_u8(cursor) & 0x3FU) * 4;

    cursor_u8(cursor);          /* flags */
    uint16_t ethertype = cursor_u16(cursor);
    cursor_take(cursor, 4 + options);
    return enter_tunnel(inner, cursor, ethertype);
}

static enum decoded open_udp(struct link_payload *inner, struct cursor *cursor)
{
    cursor_u16(cursor);         /* source port */
    uint16_t destination = cursor_u16(cursor);

    cursor_u32(cursor);         /* length, checksum */
    switch (destination) {
    case PORT_GTP_USER:
        return open_gtp_user(inner, cursor);
    case PORT_VXLAN:
        cursor_u64(cursor);     /* flags and network identifier, RFC 7348 section 5 */
        return enter_tunnel(inner, cursor, ETHERTYPE_TRANSPARENT_ETHERNET);
    case PORT_GENEVE:
        return open_geneve(inner, cursor);
    default:
        return DECODED_OTHER;
    }
}

static enum decoded open_tunnel(const struct ip_packet *packet, struct link_payload *inner)
{
    struct cursor cursor = cursor_over(packet->payload);

    inner->cut = packet->cut;
    switch (packet->protocol) {
    case IPV4_IN_IP:
        return enter_tunnel(inner, &cursor, ETHERTYPE_IPV4);
    case IPV6_IN_IP:
        return enter_tunnel(inner, &cursor, ETHERTYPE_IPV6);
    case GRE:
        return open_gre(inner, &cursor);
    case UDP:
        return open_udp(inner, &cursor);
    default:
        return DECODED_OTHER;
    }
}

/* To the IP packet inside, past whatever tags it has in there. */
static enum decoded descend(const struct ip_packet *packet, struct link_payload *inner)
{
    enum decoded result = open_tunnel(packet, inner);

    if (result != DECODED) {
        return result;
    }
    if (inner->depth == LINK_DEPTH) {
        return DECODED_TOO_DEEP;
    }
    inner->depth++;
    return link_decode_ethertype(inner);
}

/* --- what the header promises --------------------------------------------------------------------------- */

struct ip *ip_create(const struct limits *limits, struct memory *memory)
{
    struct ip *ip = memory_allocate(memory, sizeof *ip);

    if (ip == NULL) {
        return NULL;
    }
    ip->memory = memory;
    ip->fragments = fragments_create(limits, memory);
    if (ip->fragments == NULL) {
        ip_destroy(ip);
        return NULL;
    }
    return ip;
}

void ip_destroy(struct ip *ip)
{
    if (ip == NULL) {
        return;
    }
    fragments_destroy(ip->fragments);
    memory_release(ip->memory, ip, sizeof *ip);
}

static enum decoded decode_one(struct ip *ip, const struct link_payload *link, int64_t time,
                               struct ip_packet *out)
{
    return link->ethertype == ETHERTYPE_IPV4 ? decode_v4(ip, link, time, out)
                                             : decode_v6(ip, link, time, out);
}

enum decoded ip_decode(struct ip *ip, const struct link_payload *link, int64_t time, struct ip_packet *out)
{
    if (ip->reassembled) {
        fragments_release_finished(ip->fragments);
        ip->reassembled = false;
    }
    enum decoded result = decode_one(ip, link, time, out);
    if (result == DECODED && out->protocol != IP_PROTOCOL_TCP) {
        struct link_payload inner = *link;

        do {
            result = descend(out, &inner);
            if (result == DECODED) {
                result = decode_one(ip, &inner, time, out);
            }
        } while (result == DECODED && out->protocol != IP_PROTOCOL_TCP);
    }
    return result;
}

uint64_t ip_abandoned_datagrams(const struct ip *ip)
{
    return fragments_abandoned(ip->fragments);
}

bool ip_address_is_v4(const struct ip_address *address)
{
    return memcmp(address->bytes, v4_mapped, sizeof v4_mapped) == 0;
}
