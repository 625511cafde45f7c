/* SPDX-License-Identifier: MIT */
#include "tcp.h"

#define HEADER_MIN 20
#define CHECKSUM_AT 16
#define FLAGS (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG)
#define WINDOW_SCALE_MAX 14     /* RFC 7323 section 2.3: larger ones are taken as 14 */

enum option {                   /* RFC 9293 section 3.2, RFC 7323 section 2.2 */
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_WINDOW_SCALE = 3,
};

static uint8_t find_window_scale(struct bytes options)
{
    struct cursor cursor = cursor_over(options);

    while (cursor_left(&cursor) > 0) {
        uint8_t kind = cursor_u8(&cursor);

        if (kind == OPTION_END) {
            break;
        }
        if (kind == OPTION_NOP) {
            continue;
        }
        uint8_t length = cursor_u8(&cursor);
        struct bytes value = length < 2 ? bytes_of(NULL, 0) : cursor_take(&cursor, length - 2U);

        if (length < 2 || cursor.failed) {
            break;
        }
        if (kind == OPTION_WINDOW_SCALE && value.length == 1) {
            return value.data[0] < WINDOW_SCALE_MAX ? value.data[0] : WINDOW_SCALE_MAX;
        }
    }
    return TCP_NO_SCALE;
}

/* What follows the header; a snap length may have cut the options away, and all of the payload with them. */
static void take_payload(const struct ip_packet *packet, size_t header, struct segment *out)
{
    size_t captured = packet->payload.length;

    out->payload = bytes_after(packet->payload, header);
    out->cut = packet->cut - (header > captured ? (uint32_t)(header - captured) : 0);
}

enum decoded tcp_decode(const struct ip_packet *packet, struct segment *out)
{
    struct cursor cursor = cursor_over(packet->payload);
    struct bytes fixed = cursor_take(&cursor, HEADER_MIN);

    if (cursor.failed) {
        return DECODED_CUT;
    }
    size_t header = (size_t)(fixed.data[12] >> 4) * 4;
    if (header < HEADER_MIN || header > packet->payload.length + packet->cut) {
        return DECODED_MALFORMED;
    }
    cursor = cursor_over(fixed);
    out->source.address = packet->source;
    out->source.port = cursor_u16(&cursor);
    out->destination.address = packet->destination;
    out->destination.port = cursor_u16(&cursor);
    out->sequence = cursor_u32(&cursor);
    out->acknowledgment = cursor_u32(&cursor);
    out->flags = cursor_u16(&cursor) & FLAGS;
    out->window = cursor_u16(&cursor);
    out->window_scale = TCP_NO_SCALE;
    if (out->flags & TCP_SYN) {
        struct bytes whole = bytes_first(packet->payload, header);

        out->window_scale = find_window_scale(bytes_after(whole, HEADER_MIN));
    }
    take_payload(packet, header, out);
    return DECODED;
}

/* --- the checksum: RFC 1071 ------------------------------------------------------------------------- */

/* Added to the sum as 16-bit words in network order; an odd byte at the end counts as the upper half. */
static uint64_t sum_of(struct bytes view)
{
    uint64_t sum = 0;

    for (size_t i = 0; i + 1 < view.length; i += 2) {
        sum += (uint64_t)view.data[i] << 8 | view.data[i + 1];
    }
    return view.length % 2 ? sum + ((uint64_t)view.data[view.length - 1] << 8) : sum;
}

/* The upper half of ::ffff:a.b.c.d adds 0xffff, which is 0 in this arithmetic: one sum serves both. */
static uint64_t sum_of_pseudo_header(const struct ip_packet *packet)
{
    return packet->payload.length + IP_PROTOCOL_TCP +
           sum_of(bytes_of(packet->source.bytes, sizeof packet->source.bytes)) +
           sum_of(bytes_of(packet->destination.bytes, sizeof packet->destination.bytes));
}

/* A sender that leaves the rest to its network card has put the pseudo-header's sum there. */
bool tcp_checksum_holds(const struct ip_packet *packet)
{
    uint64_t pseudo = sum_of_pseudo_header(packet);
    uint64_t left = sum_of(bytes_first(bytes_after(packet->payload, CHECKSUM_AT), 2));

    return packet->cut > 0 || (pseudo + sum_of(packet->payload)) % 0xFFFF == 0 ||
           pseudo % 0xFFFF == left % 0xFFFF;
}
