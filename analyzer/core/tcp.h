/* SPDX-License-Identifier: MIT */
#ifndef WS101_TCP_H
#define WS101_TCP_H

/* tcp - one segment's header (RFC 9293 section 3.1), and sequence arithmetic (section 3.4).
 *
 * Comes in:   the payload of an IP packet. Goes out: struct segment by value, its payload a view of it.
 * Checksums are judged only when asked for: offload leaves them unfilled in what the sending host captures.
 */

#include "bytes.h"
#include "ip.h"

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
};

struct segment {
    struct endpoint source, destination;
    uint32_t sequence;          /* of the SYN, or of the first payload byte */
    uint32_t acknowledgment;    /* meaningful with TCP_ACK */
    uint16_t window;            /* as sent, unscaled */
    uint8_t flags;
    uint8_t window_scale;       /* the option of a SYN, 0 to 14; TCP_NO_SCALE without */
    struct bytes payload;
    uint32_t cut;               /* payload bytes on the wire but not captured; they follow payload */
};

#define TCP_NO_SCALE 255

/* DECODED; DECODED_CUT when not even the fixed 20 bytes were captured; DECODED_MALFORMED when the header
 * cannot have the length it names. Options that a snap length cut are missed, their payload is all in cut. */
enum decoded tcp_decode(const struct ip_packet *packet, struct segment *out);

/* Whether the checksum is right, pseudo-header included (RFC 9293 section 3.1, RFC 8200 section 8.1). True
 * where not all that it covers was captured, and where it was left to a network card. */
bool tcp_checksum_holds(const struct ip_packet *packet);

/* How far a lies after b: RFC 9293 section 3.4, modulo 2^32, as the signed difference. */
static inline int32_t tcp_distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

#endif
