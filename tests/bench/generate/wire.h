/* SPDX-License-Identifier: MIT */
#ifndef GENERATE_WIRE_H
#define GENERATE_WIRE_H

/* wire - packets into a capture file, and the dice that the traffic is made with.
 *
 * Everything follows from the seed: the same scenario, size and seed give the same file, byte for byte.
 * Shares no code with the analyzer that is judged by it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PACKET_MOST 65600               /* an IPv4 packet of the largest size, and its Ethernet header */
#define DISORDER_MOST 32                /* packets that are on their way at once */

struct packet {
    size_t length;
    uint8_t bytes[PACKET_MOST];
};

struct wire {
    FILE *file;
    uint64_t packets, bytes;            /* written so far; bytes on the wire, without the file's headers */
    int64_t time;                       /* of the next packet, nanoseconds since the epoch */
    uint64_t dice;
    struct packet *underway;            /* with disorder: packets that wait to be shuffled; else NULL */
    size_t underway_count;
};

/* Writes the file's header (pcap, nanoseconds, Ethernet). */
void wire_open(struct wire *wire, FILE *file, uint64_t seed);

/* False when the file could not be written. */
bool wire_close(struct wire *wire);

/* From here on packets with data wait until wire_shuffle. */
void wire_disorder(struct wire *wire);

/* What waits is written: late, twice, or in another order, but all of it. */
void wire_shuffle(struct wire *wire);

uint64_t wire_random(struct wire *wire);

/* A number from low to high, both included. */
uint32_t wire_between(struct wire *wire, uint32_t low, uint32_t high);

/* True once in n times. */
bool wire_once_in(struct wire *wire, uint32_t n);

/* One Ethernet frame with that payload. */
void wire_ethernet(struct wire *wire, uint16_t type, const void *payload, size_t length);

struct ipv4 {
    uint32_t source, destination;
    uint8_t protocol;
    uint16_t identification;
    uint16_t fragment;                  /* flags and offset, as in the header */
};

/* One IPv4 packet in one Ethernet frame. */
void wire_ipv4(struct wire *wire, const struct ipv4 *header, const void *payload, size_t length);

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct tcp {
    uint32_t source, destination;       /* addresses */
    uint16_t source_port, destination_port;
    uint32_t sequence, acknowledgment;
    uint8_t flags;
};

/* One TCP segment, with the timestamps option, and on a SYN the usual others. The checksum is left unfilled, as
 * captures on the sending host have it. */
void wire_tcp(struct wire *wire, const struct tcp *header, const void *payload, size_t length);

/* Big-endian numbers into bytes. */
void put16(uint8_t *at, uint32_t value);
void put32(uint8_t *at, uint32_t value);
void put64(uint8_t *at, uint64_t value);

#endif
