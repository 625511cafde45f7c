/* SPDX-License-Identifier: MIT */
#include "hosts.h"

#include "core/tcp.h"
#include "packet.h"

#include <stdlib.h>

#define SEGMENT_SIZE 1460       /* what Ethernet leaves for payload */
#define WINDOW 64240
#define FIRST_PORT 50000
#define PORTS 10000
#define REOPEN_STEP 1000000     /* between the initial sequence numbers of a pair of ports */

/* MSS 1460, SACK permitted, window scale 7: RFC 9293 section 3.2, RFC 2018, RFC 7323. */
static const uint8_t syn_options[] = { 2, 4, 0x05, 0xB4, 1, 1, 4, 2, 1, 3, 3, 7 };

static struct endpoint endpoint_in_10_0_0(uint8_t host, uint16_t port)
{
    struct endpoint endpoint = { .port = port };
    static const uint8_t network[] = { 0xFF, 0xFF, 10, 0, 0 };

    memcpy(endpoint.address.bytes + 10, network, sizeof network);
    endpoint.address.bytes[15] = host;
    return endpoint;
}

void hosts_init(struct hosts *hosts, struct recording *recording, uint32_t nth)
{
    *hosts = (struct hosts){ .recording = recording };
    hosts->host[C2S].endpoint = endpoint_in_10_0_0(1, (uint16_t)(FIRST_PORT + nth % PORTS));
    hosts->host[S2C].endpoint = endpoint_in_10_0_0(2, 80);
    hosts->host[C2S].start = 1000;
    hosts->host[S2C].start = 2000;
}

static void forget_waiting(struct host *host)
{
    for (size_t i = 0; i < host->waiting_count; i++) {
        free((void *)(uintptr_t)host->waiting[i].payload.data);
    }
    free(host->waiting);
    host->waiting = NULL;
    host->waiting_count = 0;
    host->batch.kind = BATCH_NONE;
}

void hosts_release(struct hosts *hosts)
{
    for (int side = C2S; side <= S2C; side++) {
        forget_waiting(&hosts->host[side]);
        buffer_release(&hosts->host[side].last);
    }
}

/* --- segments ------------------------------------------------------------------------------------------- */

struct sending {
    uint32_t sequence;
    uint8_t flags;
    uint16_t urgent;
    struct bytes options, payload;
};

/* One packet of that side, as it leaves; a capture that does not see the side does not get it. */
static void put(struct hosts *hosts, enum direction side, const struct sending *sending)
{
    struct host *host = &hosts->host[side];
    struct packet_form form = { .link = hosts->recording->link, .vlans = &hosts->vlans };
    struct buffer packet = { 0 };
    struct packet_segment segment = {
        .source = host->endpoint,
        .destination = hosts->host[direction_reverse(side)].endpoint,
        .sequence = sending->sequence,
        .acknowledgment = host->acknowledged,
        .flags = sending->flags,
        .window = WINDOW,
        .urgent = sending->urgent,
        .identification = ++host->identification,
        .options = sending->options,
        .payload = sending->payload,
    };

    hosts->used = true;
    if (!host->unseen) {
        packet_put(&form, &segment, &packet);
        recording_put(hosts->recording, buffer_view(&packet));
        hosts->recording->out->failed |= packet.failed;
    }
    buffer_release(&packet);
}

/* Not while the other's segments wait for their batch: acknowledged, they would count as lost for good. */
void hosts_acknowledge(struct hosts *hosts, enum direction side)
{
    struct host *host = &hosts->host[side];
    const struct host *other = &hosts->host[direction_reverse(side)];
    struct sending sending = { .sequence = host->next, .flags = TCP_ACK };

    if (!host->silent && host->begun && other->waiting_count == 0) {
        host->acknowledged = other->next;
        put(hosts, side, &sending);
    }
}

static void connect_if_new(struct hosts *hosts)
{
    if (!hosts->host[C2S].begun && !hosts->host[S2C].begun) {
        hosts_connect(hosts);
    }
}

void hosts_put_segment(struct hosts *hosts, enum direction side, const struct item_segment *segment)
{
    connect_if_new(hosts);
    struct sending sending = { .sequence = hosts->host[side].next + (uint32_t)segment->offset,
                               .flags = segment->flags,
                               .urgent = segment->urgent,
                               .payload = bytes_first(segment->payload, HOSTS_PAYLOAD_MAX) };

    put(hosts, side, &sending);
}

bool hosts_put_again(struct hosts *hosts, enum direction side, struct bytes bytes)
{
    const struct host *host = &hosts->host[side];
    struct bytes payload = bytes.length > 0 ? bytes : buffer_view(&host->last);
    struct sending sending = { .sequence = host->last_sequence,
                               .flags = TCP_PSH | TCP_ACK,
                               .payload = bytes_first(payload, HOSTS_PAYLOAD_MAX) };

    if (host->last.length > 0) {
        put(hosts, side, &sending);
    }
    return host->last.length > 0;
}

/* --- batches: what befalls several segments together ---------------------------------------------------- */

static void put_waiting(struct hosts *hosts, enum direction side, size_t i)
{
    const struct hosts_waiting *waiting = &hosts->host[side].waiting[i];
    struct sending sending = { .sequence = waiting->sequence, .flags = waiting->flags,
                               .payload = waiting->payload };

    put(hosts, side, &sending);
}

/* Which of n comes at the ith place. */
static size_t batch_order(enum batch_kind kind, size_t i, size_t n)
{
    switch (kind) {
    case BATCH_LATE:
        return (i + 1) % n;
    case BATCH_REVERSE:
        return n - 1 - i;
    default:
        return i;
    }
}

/* Fisher-Yates, the same in every run. */
static void shuffle(struct hosts_waiting *waiting, size_t n)
{
    uint32_t state = 101;

    for (size_t i = n; i > 1; i--) {
        state = state * 1664525 + 1013904223;
        size_t k = (size_t)(state >> 8) % i;
        struct hosts_waiting swap = waiting[i - 1];

        waiting[i - 1] = waiting[k];
        waiting[k] = swap;
    }
}

void hosts_finish_batch(struct hosts *hosts, enum direction side)
{
    struct host *host = &hosts->host[side];
    size_t n = host->waiting_count;

    if (host->batch.kind == BATCH_SHUFFLE) {
        shuffle(host->waiting, n);
    }
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n && n == host->batch.segments;

        if (!(last && host->batch.kind == BATCH_LOSE)) {
            put_waiting(hosts, side, batch_order(host->batch.kind, i, n));
        }
        if (last && host->batch.kind == BATCH_TWICE) {
            put_waiting(hosts, side, i);
        }
    }
    forget_waiting(host);
}

void hosts_begin_batch(struct hosts *hosts, enum direction side, struct item_batch batch)
{
    hosts_finish_batch(hosts, side);
    hosts->host[side].batch = batch;
}

/* False without memory. */
static bool add_waiting(struct host *host, const struct sending *sending)
{
    size_t n = sending->payload.length;
    struct hosts_waiting *grown = realloc(host->waiting, (host->waiting_count + 1) * sizeof *grown);
    uint8_t *copy = malloc(n);

    host->waiting = grown ? grown : host->waiting;
    if (grown == NULL || copy == NULL) {
        free(copy);
        return false;
    }
    memcpy(copy, sending->payload.data, n);
    host->waiting[host->waiting_count++] = (struct hosts_waiting){
        .sequence = sending->sequence,
        .flags = sending->flags,
        .payload = bytes_of(copy, n),
    };
    return true;
}

static void put_data(struct hosts *hosts, enum direction side, const struct sending *sending)
{
    struct host *host = &hosts->host[side];

    host->last_sequence = sending->sequence;
    host->last.length = 0;
    buffer_put(&host->last, sending->payload);
    if (host->batch.kind == BATCH_NONE) {
        put(hosts, side, sending);
    } else if (!add_waiting(host, sending)) {
        hosts->recording->out->failed = true;
    } else if (host->waiting_count == host->batch.segments) {
        hosts_finish_batch(hosts, side);
    }
    hosts->recording->out->failed |= host->last.failed;
}

/* --- opening -------------------------------------------------------------------------------------------- */

void hosts_put_syn(struct hosts *hosts, enum direction side, struct bytes data)
{
    struct host *host = &hosts->host[side];
    const struct host *other = &hosts->host[direction_reverse(side)];
    struct sending sending = { .sequence = host->start, .flags = TCP_SYN, .payload = data,
                               .options = bytes_of(syn_options, sizeof syn_options) };

    if (other->begun) {
        sending.flags |= TCP_ACK;
        host->acknowledged = other->next;
    }
    host->begun = true;
    host->next = host->start + 1 + (uint32_t)data.length;
    put(hosts, side, &sending);
}

void hosts_connect(struct hosts *hosts)
{
    hosts_put_syn(hosts, C2S, bytes_of(NULL, 0));
    hosts_put_syn(hosts, S2C, bytes_of(NULL, 0));
    hosts_acknowledge(hosts, C2S);
}

void hosts_establish(struct hosts *hosts)
{
    for (int side = C2S; side <= S2C; side++) {
        struct host *host = &hosts->host[side];

        host->begun = true;
        host->next = host->start + 1;
        hosts->host[1 - side].acknowledged = host->next;
    }
}

void hosts_reopen(struct hosts *hosts)
{
    for (int side = C2S; side <= S2C; side++) {
        hosts_finish_batch(hosts, (enum direction)side);
        hosts->host[side].begun = false;
        hosts->host[side].start += REOPEN_STEP;
    }
}

/* --- data ----------------------------------------------------------------------------------------------- */

static size_t segment_size(const struct item_sizes *sizes, size_t nth)
{
    size_t size = SEGMENT_SIZE;

    if (sizes->count > 0) {
        size = sizes->size[nth < sizes->count ? nth : sizes->count - 1];
    }
    return size < HOSTS_PAYLOAD_MAX ? size : HOSTS_PAYLOAD_MAX;
}

void hosts_send(struct hosts *hosts, enum direction side, struct bytes bytes)
{
    struct host *host = &hosts->host[side];

    connect_if_new(hosts);
    for (size_t nth = 0; bytes.length > 0 && !hosts->recording->out->failed; nth++) {
        struct bytes payload = bytes_first(bytes, segment_size(&host->sizes, nth));
        struct sending sending = { .sequence = host->next, .flags = TCP_ACK, .payload = payload };

        bytes = bytes_after(bytes, payload.length);
        sending.flags |= bytes.length == 0 ? TCP_PSH : 0;
        host->next += (uint32_t)payload.length;
        put_data(hosts, side, &sending);
    }
    hosts_acknowledge(hosts, direction_reverse(side));
}

void hosts_put_fin(struct hosts *hosts, enum direction side)
{
    struct host *host = &hosts->host[side];

    connect_if_new(hosts);
    hosts_finish_batch(hosts, side);
    struct sending sending = { .sequence = host->next, .flags = TCP_FIN | TCP_ACK };

    host->next++;
    put(hosts, side, &sending);
    hosts_acknowledge(hosts, direction_reverse(side));
}
