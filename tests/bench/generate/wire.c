/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define ETHERNET_HEADER 14
#define IPV4_HEADER 20
#define TCP_MOST_HEADER 40
#define START INT64_C(1767225600000000000)      /* 2026-01-01 00:00 UTC */
#define BUFFER_SIZE (1 << 20)

void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

void put64(uint8_t *at, uint64_t value)
{
    put32(at, (uint32_t)(value >> 32));
    put32(at + 4, (uint32_t)value);
}

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016). */
uint64_t wire_random(struct wire *wire)
{
    wire->dice ^= wire->dice >> 12;
    wire->dice ^= wire->dice << 25;
    wire->dice ^= wire->dice >> 27;
    return wire->dice * UINT64_C(0x2545F4914F6CDD1D);
}

uint32_t wire_between(struct wire *wire, uint32_t low, uint32_t high)
{
    return low + (uint32_t)((wire_random(wire) >> 32) * ((uint64_t)high - low + 1) >> 32);
}

bool wire_once_in(struct wire *wire, uint32_t n)
{
    return wire_between(wire, 1, n) == 1;
}

void wire_open(struct wire *wire, FILE *file, uint64_t seed)
{
    static const struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t zone, accuracy, snap_length, link_type;
    } header = { 0xa1b23c4d, 2, 4, 0, 0, 262144, 1 };

    *wire = (struct wire){ .file = file, .time = START, .dice = seed * 2 + 1 };
    setvbuf(file, NULL, _IOFBF, BUFFER_SIZE);
    fwrite(&header, sizeof header, 1, file);
}

bool wire_close(struct wire *wire)
{
    bool written = !ferror(wire->file);

    free(wire->underway);
    return fclose(wire->file) == 0 && written;
}

static void write_packet(struct wire *wire, const struct packet *packet)
{
    uint32_t record[4] = { (uint32_t)(wire->time / 1000000000), (uint32_t)(wire->time % 1000000000),
                           (uint32_t)packet->length, (uint32_t)packet->length };

    fwrite(record, sizeof record, 1, wire->file);
    fwrite(packet->bytes, packet->length, 1, wire->file);
    wire->packets++;
    wire->bytes += packet->length;
    wire->time += wire_between(wire, 1000, 20000);
}

void wire_disorder(struct wire *wire)
{
    wire->underway = calloc(DISORDER_MOST, sizeof *wire->underway);
    if (wire->underway == NULL) {
        abort();
    }
}

static void swap(uint8_t *a, uint8_t *b)
{
    uint8_t kept = *a;

    *a = *b;
    *b = kept;
}

/* A third of all bursts are disturbed, each packet in them with one chance in eight: it comes a few places
 * later (overtaken), at the very end (lost, and sent again), or a second time. */
void wire_shuffle(struct wire *wire)
{
    uint8_t order[2 * DISORDER_MOST];
    size_t count = wire->underway_count, again = 0;
    bool disturbed = wire_once_in(wire, 3);

    for (size_t i = 0; i < count; i++) {
        order[i] = (uint8_t)i;
    }
    for (size_t i = 0; disturbed && i < count; i++) {
        size_t later = i + wire_between(wire, 1, 5);

        switch (wire_between(wire, 1, 24)) {
        case 1:
            swap(&order[i], &order[later < count ? later : count - 1]);
            break;
        case 2:
            swap(&order[i], &order[count - 1]);
            break;
        case 3:
            order[count + again++] = order[i];
            break;
        default:
            break;
        }
    }
    for (size_t i = 0; i < count + again; i++) {
        write_packet(wire, &wire->underway[order[i]]);
    }
    wire->underway_count = 0;
}

static void send_packet(struct wire *wire, const struct packet *packet, bool may_wait)
{
    if (wire->underway == NULL || !may_wait) {
        write_packet(wire, packet);
        return;
    }
    if (wire->underway_count == DISORDER_MOST) {
        wire_shuffle(wire);
    }
    struct packet *slot = &wire->underway[wire->underway_count++];
    slot->length = packet->length;
    memcpy(slot->bytes, packet->bytes, packet->length);
}

static uint8_t *ethernet_header(struct packet *packet, uint16_t type)
{
    static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

    memcpy(packet->bytes, addresses, sizeof addresses);
    put16(packet->bytes + 12, type);
    return packet->bytes + ETHERNET_HEADER;
}

void wire_ethernet(struct wire *wire, uint16_t type, const void *payload, size_t length)
{
    struct packet packet;

    memcpy(ethernet_header(&packet, type), payload, length);
    packet.length = ETHERNET_HEADER + length;
    send_packet(wire, &packet, false);
}

/* RFC 1071. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < length; i += 2) {
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}

static uint8_t *ipv4_header(uint8_t *at, const struct ipv4 *header, size_t payload_length)
{
    memset(at, 0, IPV4_HEADER);
    at[0] = 0x45;
    put16(at + 2, (uint32_t)(IPV4_HEADER + payload_length));
    put16(at + 4, header->identification);
    put16(at + 6, header->fragment);
    at[8] = 64;
    at[9] = header->protocol;
    put32(at + 12, header->source);
    put32(at + 16, header->destination);
    put16(at + 10, checksum(at, IPV4_HEADER));
    return at + IPV4_HEADER;
}

void wire_ipv4(struct wire *wire, const struct ipv4 *header, const void *payload, size_t length)
{
    struct packet packet;
    uint8_t *at = ipv4_header(ethernet_header(&packet, 0x0800), header, length);

    memcpy(at, payload, length);
    packet.length = (size_t)(at - packet.bytes) + length;
    send_packet(wire, &packet, false);
}

/* Returns the options' length. RFC 9293 section 3.2, RFC 7323. */
static size_t tcp_options(struct wire *wire, uint8_t *at, bool syn)
{
    static const uint8_t on_syn[] = { 2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7 };
    size_t length = syn ? sizeof on_syn : 0;

    memcpy(at, on_syn, length);
    memcpy(at + length, (const uint8_t[]){ 1, 1, 8, 10 }, 4);
    put32(at + length + 4, (uint32_t)(wire->time / 1000000));
    put32(at + length + 8, (uint32_t)(wire->time / 1000000) - 1);
    length += 12;
    for (; length % 4 != 0; length++) {
        at[length] = 0;
    }
    return length;
}

void wire_tcp(struct wire *wire, const struct tcp *header, const void *payload, size_t length)
{
    struct packet packet;
    const struct ipv4 ip = { .source = header->source,
                             .destination = header->destination,
                             .protocol = 6,
                             .identification = (uint16_t)wire->packets,
                             .fragment = 0x4000 };
    uint8_t tcp[TCP_MOST_HEADER] = { 0 };
    size_t header_length = 20 + tcp_options(wire, tcp + 20, (header->flags & SYN) != 0);

    put16(tcp, header->source_port);
    put16(tcp + 2, header->destination_port);
    put32(tcp + 4, header->sequence);
    put32(tcp + 8, header->flags & ACK ? header->acknowledgment : 0);
    tcp[12] = (uint8_t)(header_length / 4 << 4);
    tcp[13] = header->flags;
    put16(tcp + 14, 0xfff0);
    uint8_t *at = ipv4_header(ethernet_header(&packet, 0x0800), &ip, header_length + length);
    memcpy(at, tcp, header_length);
    if (length > 0) {
        memcpy(at + header_length, payload, length);
    }
    packet.length = (size_t)(at - packet.bytes) + header_length + length;
    send_packet(wire, &packet, length > 0);
}
