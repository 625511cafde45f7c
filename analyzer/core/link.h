/* SPDX-License-Identifier: MIT */
#ifndef WS101_LINK_H
#define WS101_LINK_H

/* link - from the captured bytes to the network layer's packet.
 *
 * Comes in:   one packet and its link type (Ethernet, 802.1Q/802.1ad, NULL and LOOP in both byte orders,
 *             raw IP, Linux SLL and SLL2, PPP and PPPoE, MPLS).
 * Goes out:   an EtherType and a view of what it names; Ethernet padding is still on it, the IP length
 *             decides. Nothing is kept. VLAN and tunnel identifiers are no part of a connection: what a
 *             capture shows twice (on two VLANs, on "any") is a retransmission to TCP.
 * IEEE 802.1Q clause 9 (tags), RFC 3032 (MPLS), RFC 1661 and 1662 (PPP), RFC 2516 (PPPoE).
 */

#include "bytes.h"

enum link_type {                /* the LINKTYPE_ numbers that we read */
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_PPP_ETHER = 51,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_LINUX_SLL2 = 276,
};

enum ethertype {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_TRANSPARENT_ETHERNET = 0x6558,
    ETHERTYPE_IPV6 = 0x86DD,
    ETHERTYPE_PPP = 0x880B,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_MULTICAST = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_QINQ = 0x88A8,
    ETHERTYPE_VLAN_OLD = 0x9100,
};

/* What became of a packet below TCP. All but DECODED are counted, none is an error. */
enum decoded {
    DECODED,                    /* here it is */
    DECODED_OTHER,              /* well formed, but nothing that we follow (ARP, UDP, a fragment kept) */
    DECODED_CUT,                /* the snap length or the sender left it too short to read */
    DECODED_MALFORMED,          /* contradicts itself */
    DECODED_TOO_DEEP,           /* more tags or tunnels inside each other than we open */
    DECODED_UNKNOWN_LINK,       /* a link type that we do not know */
    DECODED_CHECKSUM,           /* its checksum is wrong, and that was asked for */
    DECODED_KINDS
};

#define LINK_DEPTH 4            /* tags, labels and tunnels that are opened, all together */

struct link_payload {
    uint16_t ethertype;         /* ETHERTYPE_IPV4 or _IPV6 after DECODED */
    uint8_t depth;              /* tags, labels and tunnels opened so far, up to LINK_DEPTH */
    struct bytes bytes;
    uint32_t cut;               /* bytes that were on the wire but not captured; they follow bytes */
};

/* Whether packets of that link type can be read at all. */
bool link_known(uint32_t link_type);

/* Finds the IP packet in a captured one. */
enum decoded link_decode(const struct packet *packet, struct link_payload *out);

/* The same from an EtherType on (tags, labels, PPPoE, and the Ethernet frames and PPP that tunnels carry):
 * out is where to start, and its depth counts on. */
enum decoded link_decode_ethertype(struct link_payload *out);

#endif
