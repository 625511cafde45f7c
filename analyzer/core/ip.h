/* SPDX-License-Identifier: MIT */
#ifndef WS101_IP_H
#define WS101_IP_H

/* ip - from an IP packet to the TCP segment's bytes: lengths, extension headers, fragments, tunnels.
 *
 * Comes in:   what link found. Tunnels (IP in IP, GRE, GTP-U) are opened to LINK_DEPTH.
 * Goes out:   struct ip_packet, valid until ip_decode is called again: its payload is a view of the packet,
 *             or of the datagram just put together.
 * RFC 791, RFC 8200, RFC 2675 (jumbograms), RFC 2784 (GRE), RFC 2003 and 4213 (IP in IP),
 * 3GPP TS 29.281 (GTP-U), RFC 7348 (VXLAN), RFC 8926 (Geneve). Fragments are put together in fragments.h.
 */

#include "bytes.h"
#include "limits.h"
#include "link.h"
#include "memory.h"

/* IPv4 stands as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that both compare and hash alike. */
struct ip_address {
    uint8_t bytes[16];
};

struct endpoint {
    struct ip_address address;
    uint16_t port;              /* host byte order */
};

#define IP_PROTOCOL_TCP 6

struct ip_packet {
    struct ip_address source, destination;
    uint8_t protocol;
    struct bytes payload;       /* what was captured of it: never more than the IP length says */
    uint32_t cut;               /* bytes of it that were on the wire but not captured (snap length) */
};

struct ip;                      /* the datagrams being put together; bounded by limits and memory */

/* NULL when there is no memory. The pointers must outlive it. */
struct ip *ip_create(const struct limits *limits, struct memory *memory);
void ip_destroy(struct ip *ip);

/* One IP packet; time in nanoseconds ages the fragments. A fragment that completes nothing is
 * DECODED_OTHER. A length of 0 (segmentation offload) is taken from the frame's length on the wire. */
enum decoded ip_decode(struct ip *ip, const struct link_payload *link, int64_t time, struct ip_packet *out);

/* How many fragmented datagrams were given up unfinished: too old, or too many at once. */
uint64_t ip_abandoned_datagrams(const struct ip *ip);

bool ip_address_is_v4(const struct ip_address *address);

#endif
