/* SPDX-License-Identifier: MIT */
#ifndef WS101_PACKET_H
#define WS101_PACKET_H

/* packet - one TCP segment as a whole packet: link header, IP header, TCP header, checksums.
 *
 * RFC 9293 section 3.1, RFC 791 section 3.1, RFC 8200 section 3, IEEE 802.1Q. */

#include "buffer.h"
#include "conversation.h"

struct packet_form {
    enum link_form link;
    const struct item_sizes *vlans;     /* Ethernet: tags, the outer one first; or NULL */
};

struct packet_segment {
    struct endpoint source, destination;    /* IPv4 where both are; else IPv6, mapped where need be */
    uint32_t sequence, acknowledgment;
    uint8_t flags;              /* enum tcp_flag */
    uint16_t window, urgent;
    uint16_t identification;    /* IPv4 */
    struct bytes options;       /* of TCP, a multiple of four bytes, at most 40 */
    struct bytes payload;
};

/* LINKTYPE_ of the pcap format. */
uint32_t packet_link_type(enum link_form link);

void packet_put(const struct packet_form *form, const struct packet_segment *segment, struct buffer *out);

#endif
