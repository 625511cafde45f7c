/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include "core/link.h"
#include "core/tcp.h"

#define ADDRESS_V4 12           /* where the IPv4 address stands in a mapped one */
#define IPV4_HEADER 20
#define TCP_HEADER 20
#define HOPS 64

static bool is_v4(const struct ip_address *address)
{
    static const uint8_t mapped[ADDRESS_V4] = { [10] = 0xFF, [11] = 0xFF };

    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

static struct bytes address_bytes(const struct ip_address *address, bool v4)
{
    size_t skip = v4 ? ADDRESS_V4 : 0;

    return bytes_of(address->bytes + skip, sizeof address->bytes - skip);
}

/* RFC 1071: the sum of 16-bit words, an odd last byte taken for the high half of one. */
static uint64_t sum_words(struct bytes view)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < view.length; i++) {
        sum += (uint64_t)view.data[i] << (i % 2 ? 0 : 8);
    }
    return sum;
}

/* Writes the complement of the sum at that place of what was put since start. */
static void set_checksum(struct buffer *out, size_t start, size_t place, uint64_t pseudo_header)
{
    if (out->failed) {
        return;
    }
    uint64_t sum = pseudo_header + sum_words(bytes_after(buffer_view(out), start));

    while (sum >> 16) {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    out->data[start + place] = (uint8_t)(~sum >> 8);
    out->data[start + place + 1] = (uint8_t)~sum;
}

uint32_t packet_link_type(enum link_form link)
{
    static const uint32_t types[] = {
        [LINK_FORM_ETHERNET] = LINK_ETHERNET,
        [LINK_FORM_RAW] = LINK_RAW,
        [LINK_FORM_NULL] = LINK_NULL,
    };

    return types[link];
}

/* Locally administered addresses that end in the TCP port, so that the two sides differ. */
static void put_mac(uint16_t port, struct buffer *out)
{
    buffer_put_big(out, 0x02000000, 4);
    buffer_put_big(out, port, 2);
}

static void put_ethernet(const struct packet_form *form, const struct packet_segment *segment, bool v4,
                         struct buffer *out)
{
    put_mac(segment->destination.port, out);
    put_mac(segment->source.port, out);
    for (size_t i = 0; form->vlans != NULL && i < form->vlans->count; i++) {
        bool innermost = i + 1 == form->vlans->count;

        buffer_put_big(out, innermost ? ETHERTYPE_VLAN : ETHERTYPE_QINQ, 2);
        buffer_put_big(out, form->vlans->size[i] & 0x0FFF, 2);
    }
    buffer_put_big(out, v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, 2);
}

static void put_link(const struct packet_form *form, const struct packet_segment *segment, bool v4,
                     struct buffer *out)
{
    static const uint8_t family[2][4] = { { 30, 0, 0, 0 }, { 2, 0, 0, 0 } };    /* BSD's AF_INET6, AF_INET */

    if (form->link == LINK_FORM_ETHERNET) {
        put_ethernet(form, segment, v4, out);
    } else if (form->link == LINK_FORM_NULL) {
        buffer_put(out, bytes_of(family[v4], sizeof family[v4]));
    }
}

static void put_ipv4(const struct packet_segment *segment, size_t length, struct buffer *out)
{
    size_t start = out->length;

    buffer_put_big(out, 0x4500, 2);
    buffer_put_big(out, IPV4_HEADER + length, 2);
    buffer_put_big(out, segment->identification, 2);
    buffer_put_big(out, 0x4000, 2);                     /* do not fragment */
    buffer_put_byte(out, HOPS);
    buffer_put_byte(out, IP_PROTOCOL_TCP);
    buffer_put_big(out, 0, 2);
    buffer_put(out, address_bytes(&segment->source.address, true));
    buffer_put(out, address_bytes(&segment->destination.address, true));
    set_checksum(out, start, 10, 0);
}

static void put_ipv6(const struct packet_segment *segment, size_t length, struct buffer *out)
{
    buffer_put_big(out, 0x60000000, 4);
    buffer_put_big(out, length, 2);
    buffer_put_byte(out, IP_PROTOCOL_TCP);
    buffer_put_byte(out, HOPS);
    buffer_put(out, address_bytes(&segment->source.address, false));
    buffer_put(out, address_bytes(&segment->destination.address, false));
}

static void put_tcp(const struct packet_segment *segment, size_t length, bool v4, struct buffer *out)
{
    size_t start = out->length;
    size_t words = (TCP_HEADER + segment->options.length) / 4;
    uint64_t pseudo_header = sum_words(address_bytes(&segment->source.address, v4)) +
                             sum_words(address_bytes(&segment->destination.address, v4)) +
                             IP_PROTOCOL_TCP + length;

    buffer_put_big(out, segment->source.port, 2);
    buffer_put_big(out, segment->destination.port, 2);
    buffer_put_big(out, segment->sequence, 4);
    buffer_put_big(out, segment->flags & TCP_ACK ? segment->acknowledgment : 0, 4);
    buffer_put_byte(out, (uint8_t)(words << 4));
    buffer_put_byte(out, segment->flags);
    buffer_put_big(out, segment->window, 2);
    buffer_put_big(out, 0, 2);
    buffer_put_big(out, segment->urgent, 2);
    buffer_put(out, segment->options);
    buffer_put(out, segment->payload);
    set_checksum(out, start, 16, pseudo_header);
}

void packet_put(const struct packet_form *form, const struct packet_segment *segment, struct buffer *out)
{
    bool v4 = is_v4(&segment->source.address) && is_v4(&segment->destination.address);
    size_t length = TCP_HEADER + segment->options.length + segment->payload.length;

    put_link(form, segment, v4, out);
    if (v4) {
        put_ipv4(segment, length, out);
    } else {
        put_ipv6(segment, length, out);
    }
    put_tcp(segment, length, v4, out);
}
