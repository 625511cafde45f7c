/* SPDX-License-Identifier: MIT */
#include "extract.h"

#include <stdlib.h>

#include "core/tcp.h"

#define FRAGMENT_MEMORY (8 << 20)

struct extract {
    struct extract_connection *connections; /* in the order of compare_connections */
    size_t connection_count;
    struct capture *const *captures; /* those still to be read */
    size_t capture_count;
    uint64_t packets_before, packets; /* in the captures already read; up to the last packet */
    uint64_t written;
    struct limits limits;
    struct memory memory;
    struct ip *ip;
};

/* --- whose packet it is ------------------------------------------------------------------------------ */

static int compare_endpoints(const struct endpoint *a, const struct endpoint *b)
{
    int order = memcmp(&a->address, &b->address, sizeof a->address);

    return order ? order : (int)a->port - (int)b->port;
}

static int compare_connections(const void *left, const void *right)
{
    const struct extract_connection *a = left, *b = right;
    int order = compare_endpoints(&a->client, &b->client);

    order = order ? order : compare_endpoints(&a->server, &b->server);
    return order ? order : (a->first > b->first) - (a->first < b->first);
}

/* Whether the latest connection between the two that had begun by then is wanted. */
static bool is_between(const struct extract *extract, const struct endpoint *client,
                       const struct endpoint *server, uint64_t number)
{
    struct extract_connection wanted = { *client, *server, number, true };
    size_t low = 0, high = extract->connection_count;

    while (low < high) { /* the first that is greater than the wanted one */
        size_t middle = low + (high - low) / 2;

        if (compare_connections(&extract->connections[middle], &wanted) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct extract_connection *found = low > 0 ? &extract->connections[low - 1] : NULL;

    return found && found->wanted && compare_endpoints(&found->client, client) == 0 &&
           compare_endpoints(&found->server, server) == 0;
}

static bool is_between_hosts(const struct extract *extract, const struct ip_address *a,
                             const struct ip_address *b)
{
    for (size_t i = 0; i < extract->connection_count; i++) {
        const struct extract_connection *connection = &extract->connections[i];
        const struct ip_address *client = &connection->client.address, *server = &connection->server.address;

        if (!connection->wanted) {
            continue;
        }
        if ((memcmp(client, a, sizeof *a) == 0 && memcmp(server, b, sizeof *b) == 0) ||
            (memcmp(client, b, sizeof *b) == 0 && memcmp(server, a, sizeof *a) == 0)) {
            return true;
        }
    }
    return false;
}

#define ETHERTYPE_IPV4 0x0800
#define MORE_OR_OFFSET 0x3FFF /* RFC 791 section 3.1: more fragments, and where this one belongs */

/* A piece of an IPv4 datagram, and between whom. */
static bool is_fragment(const struct link_payload *link, struct ip_address *source,
                        struct ip_address *destination)
{
    static const struct ip_address mapped = { { [10] = 0xFF, [11] = 0xFF } };
    struct cursor cursor = cursor_over(link->bytes);

    cursor_take(&cursor, 6);
    bool piece = (cursor_u16(&cursor) & MORE_OR_OFFSET) != 0;

    cursor_take(&cursor, 4);
    struct bytes from = cursor_take(&cursor, 4), to = cursor_take(&cursor, 4);

    if (link->ethertype != ETHERTYPE_IPV4 || cursor.failed || !piece) {
        return false;
    }
    *source = *destination = mapped;
    memcpy(source->bytes + 12, from.data, 4);
    memcpy(destination->bytes + 12, to.data, 4);
    return true;
}

static bool is_wanted(struct extract *extract, const struct packet *packet)
{
    struct ip_address source, destination;
    struct link_payload link;
    struct ip_packet ip;
    struct segment segment;

    if (link_decode(packet, &link) != DECODED) {
        return false;
    }
    if (is_fragment(&link, &source, &destination)) {
        return is_between_hosts(extract, &source, &destination);
    }
    return ip_decode(extract->ip, &link, packet->time, &ip) == DECODED &&
           tcp_decode(&ip, &segment) == DECODED &&
           (is_between(extract, &segment.source, &segment.destination, packet->number) ||
            is_between(extract, &segment.destination, &segment.source, packet->number));
}

/* --- reading ----------------------------------------------------------------------------------------- */

static enum extract_result take_packet(struct extract *extract, struct packet *packet,
                                       struct capture_writer *writer, struct error *error)
{
    packet->number += extract->packets_before;
    extract->packets = packet->number;
    if (!is_wanted(extract, packet)) {
        return EXTRACT_MORE;
    }
    extract->written++;
    return capture_writer_packet(writer, packet, error) ? EXTRACT_MORE : EXTRACT_FAILED;
}

/* A capture that ends within a packet was read up to there the first time, too. */
static enum extract_result step(struct extract *extract, struct capture_writer *writer, struct error *error)
{
    struct packet packet;

    if (extract->capture_count == 0) {
        return EXTRACT_DONE;
    }
    switch (capture_next(extract->captures[0], &packet, error)) {
    case CAPTURE_PACKET:
        return take_packet(extract, &packet, writer, error);
    case CAPTURE_FAILED:
        return EXTRACT_FAILED;
    case CAPTURE_END:
    case CAPTURE_CUT:
        extract->packets_before = extract->packets;
        extract->captures++;
        extract->capture_count--;
        return EXTRACT_MORE;
    default:
        return EXTRACT_MORE;
    }
}

enum extract_result extract_step(struct extract *extract, struct capture_writer *writer, unsigned packets,
                                 struct error *error)
{
    enum extract_result result = EXTRACT_MORE;

    while (result == EXTRACT_MORE && packets-- > 0) {
        result = step(extract, writer, error);
    }
    return result;
}

uint64_t extract_written(const struct extract *extract)
{
    return extract->written;
}

/* --- from outside ------------------------------------------------------------------------------------ */

static bool copy(struct extract *extract, const struct extract_connection *connections, size_t count)
{
    extract->connections = calloc(count + 1, sizeof *extract->connections);
    extract->ip = ip_create(&extract->limits, &extract->memory);
    if (extract->connections == NULL || extract->ip == NULL) {
        return false;
    }
    memcpy(extract->connections, connections, count * sizeof *connections);
    extract->connection_count = count;
    qsort(extract->connections, count, sizeof *connections, compare_connections);
    return true;
}

static bool rewind_all(const struct extract *extract, struct error *error)
{
    for (size_t i = 0; i < extract->capture_count; i++) {
        if (!capture_rewind(extract->captures[i], error)) {
            return false;
        }
    }
    return true;
}

struct extract *extract_start(struct capture *const *captures, size_t capture_count,
                              const struct extract_connection *connections, size_t connection_count,
                              struct error *error)
{
    struct extract *extract = calloc(1, sizeof *extract);

    error_set(error, "no memory to look for packets");
    if (extract) {
        extract->captures = captures;
        extract->capture_count = capture_count;
        extract->limits = (struct limits)LIMITS_DEFAULT;
        extract->memory.limit = FRAGMENT_MEMORY;
        if (copy(extract, connections, connection_count) && rewind_all(extract, error)) {
            return extract;
        }
    }
    extract_destroy(extract);
    return NULL;
}

void extract_destroy(struct extract *extract)
{
    if (extract == NULL) {
        return;
    }
    if (extract->ip) {
        ip_destroy(extract->ip);
    }
    free(extract->connections);
    free(extract);
}
