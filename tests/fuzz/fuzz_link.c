/* SPDX-License-Identifier: MIT */
/* Any bytes as packets of any link type, through link, ip and tcp: link type, length, bytes, again and again,
 * so that fragments of one packet meet those of another. */
#include "core/ip.h"
#include "core/tcp.h"

#include <stdlib.h>

static const uint32_t link_types[] = {
    LINK_NULL,  LINK_ETHERNET,  LINK_PPP,  LINK_RAW,  LINK_PPP_ETHER,  LINK_LOOP,
    LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_IPV4, LINK_IPV6, 147,
};

/* Reads every byte, so that a view that is too long is seen. */
static void touch(struct bytes view)
{
    volatile uint8_t sum = 0;

    for (size_t i = 0; i < view.length; i++) {
        sum = (uint8_t)(sum ^ view.data[i]);
    }
}

static void decode(struct ip *ip, const struct packet *packet)
{
    struct link_payload link;
    struct ip_packet inner;
    struct segment segment;

    if (link_decode(packet, &link) != DECODED) {
        return;
    }
    touch(link.bytes);
    if (ip_decode(ip, &link, packet->time, &inner) != DECODED) {
        return;
    }
    touch(inner.payload);
    if (tcp_decode(&inner, &segment) == DECODED) {
        touch(segment.payload);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct limits limits = LIMITS_DEFAULT;
    struct memory memory = { .limit = 1 << 20 };
    struct cursor cursor = cursor_over(bytes_of(data, size));

    limits.fragments = 4;
    struct ip *ip = ip_create(&limits, &memory);
    while (cursor_left(&cursor) > 0) {
        uint32_t link_type = link_types[cursor_u8(&cursor) % (sizeof link_types / sizeof link_types[0])];
        size_t length = cursor_u8(&cursor);
        size_t left = cursor_left(&cursor);
        struct packet packet = {
            .link_type = link_type,
            .time = (int64_t)left * 1000000000,
            .captured = cursor_take(&cursor, length < left ? length : left),
        };

        packet.wire_length = (uint32_t)length;
        decode(ip, &packet);
    }
    ip_destroy(ip);
    if (memory.used != 0) {
        abort();
    }
    return 0;
}
