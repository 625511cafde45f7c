/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include "composer.h"
#include "core/tcp.h"
#include "packet.h"

#include <stdlib.h>

#define SEGMENT_SIZE 1460       /* what Ethernet leaves for payload */
#define WINDOW 64240
#define START_TIME UINT64_C(1767225600000000000)     /* 2026-01-01 00:00:00 UTC */
#define SECOND 1000000000
#define BETWEEN_ITEMS 1000000   /* nanoseconds */
#define BETWEEN_PACKETS 20000

/* A data segment that waits for the rest of its batch. */
struct waiting {
    uint32_t sequence;
    uint8_t flags;
    uint8_t *data;
    size_t length;
};

struct wire_side {
    struct endpoint endpoint;
    uint32_t start;             /* initial sequence number */
    uint32_t next;              /* of its next byte */
    uint32_t acknowledged;      /* the other side's bytes that it has acknowledged */
    bool begun;                 /* its SYN was sent, or the connection was open already */
    bool unseen, holding, silent;
    uint16_t identification;
    struct item_sizes sizes;    /* of its segments; none: SEGMENT_SIZE */
    struct buffer held;
    uint32_t last_sequence;     /* of its last data segment, */
    struct buffer last;         /* and that one's payload */
    struct item_batch batch;
    struct waiting *waiting;
    size_t waiting_count;
};

struct wire_connection {
    struct wire_connection *next;
    struct bytes name;
    struct wire_side side[2];
    struct composer composer;
    struct item_sizes vlans;
    bool used;                  /* a packet was sent */
};

struct wire {
    struct buffer *out;
    enum link_form link;
    uint32_t snap;
    uint64_t clock;             /* nanoseconds since the epoch */
    uint64_t packets;
    uint64_t seed;
    uint32_t opened;            /* connections so far */
    struct wire_connection *first, *current;
    const struct item *item;
    struct wire_error *error;
};

static bool fail(struct wire *wire, const char *text)
{
    *wire->error = (struct wire_error){ .line = wire->item ? wire->item->line : 0, .text = text };
    return false;
}

/* --- the file: pcap, as the tcpdump group describes it ------------------------------------------------- */

static void put_little(struct buffer *out, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buffer_put_byte(out, (uint8_t)(value >> (8 * i)));
    }
}

static void put_file_header(struct wire *wire)
{
    put_little(wire->out, 0xA1B23C4D, 4);       /* times are nanoseconds */
    put_little(wire->out, 2, 2);
    put_little(wire->out, 4, 2);
    put_little(wire->out, 0, 8);
    put_little(wire->out, wire->snap, 4);
    put_little(wire->out, packet_link_type(wire->link), 4);
}

static void put_packet(struct wire *wire, struct bytes packet)
{
    if (wire->packets++ == 0) {
        put_file_header(wire);
    }
    put_little(wire->out, wire->clock / SECOND, 4);
    put_little(wire->out, wire->clock % SECOND, 4);
    put_little(wire->out, packet.length < wire->snap ? packet.length : wire->snap, 4);
    put_little(wire->out, packet.length, 4);
    buffer_put(wire->out, bytes_first(packet, wire->snap));
    wire->clock += BETWEEN_PACKETS;
}

/* --- segments ------------------------------------------------------------------------------------------ */

static struct wire_side *other_side(struct wire *wire, enum direction side)
{
    return &wire->current->side[direction_reverse(side)];
}

struct sending {
    uint32_t sequence;
    uint8_t flags;
    uint16_t urgent;
    struct bytes options, payload;
};

/* One packet of that side, as it leaves; a capture that does not see the side does not get it. */
static void put_segment(struct wire *wire, enum direction direction, const struct sending *sending)
{
    struct wire_connection *connection = wire->current;
    struct wire_side *side = &connection->side[direction];
    struct packet_form form = { .link = wire->link, .vlans = &connection->vlans };
    struct buffer packet = { 0 };
    struct packet_segment segment = {
        .source = side->endpoint,
        .destination = other_side(wire, direction)->endpoint,
        .sequence = sending->sequence,
        .acknowledgment = side->acknowledged,
        .flags = sending->flags,
        .window = WINDOW,
        .urgent = sending->urgent,
        .identification = ++side->identification,
        .options = sending->options,
        .payload = sending->payload,
    };

    connection->used = true;
    if (!side->unseen) {
        packet_put(&form, &segment, &packet);
        put_packet(wire, buffer_view(&packet));
        wire->out->failed |= packet.failed;
    }
    buffer_release(&packet);
}

/* The side acknowledges what the other has sent, unless the script keeps it silent or the other's segments
 * still wait for their batch. */
static void acknowledge(struct wire *wire, enum direction direction)
{
    struct wire_side *side = &wire->current->side[direction];
    struct wire_side *other = other_side(wire, direction);
    struct sending sending = { .sequence = side->next, .flags = TCP_ACK };

    if (!side->silent && side->begun && other->waiting_count == 0) {
        side->acknowledged = other->next;
        put_segment(wire, direction, &sending);
    }
}

static void remember_last(struct wire *wire, struct wire_side *side, uint32_t sequence, struct bytes payload)
{
    side->last_sequence = sequence;
    side->last.length = 0;
    buffer_put(&side->last, payload);
    wire->out->failed |= side->last.failed;
}

/* --- batches: what befalls several segments together --------------------------------------------------- */

static void put_waiting(struct wire *wire, enum direction direction, size_t i)
{
    const struct waiting *waiting = &wire->current->side[direction].waiting[i];
    struct sending sending = { .sequence = waiting->sequence, .flags = waiting->flags,
                               .payload = bytes_of(waiting->data, waiting->length) };

    put_segment(wire, direction, &sending);
}

static void forget_waiting(struct wire_side *side)
{
    for (size_t i = 0; i < side->waiting_count; i++) {
        free(side->waiting[i].data);
    }
    free(side->waiting);
    side->waiting = NULL;
    side->waiting_count = 0;
    side->batch.kind = BATCH_NONE;
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
static void shuffle(struct wire_side *side)
{
    uint32_t state = 101;

    for (size_t i = side->waiting_count; i > 1; i--) {
        state = state * 1664525 + 1013904223;
        size_t k = (size_t)(state >> 8) % i;
        struct waiting swap = side->waiting[i - 1];

        side->waiting[i - 1] = side->waiting[k];
        side->waiting[k] = swap;
    }
}

static void finish_batch(struct wire *wire, enum direction direction)
{
    struct wire_side *side = &wire->current->side[direction];
    size_t n = side->waiting_count;

    if (side->batch.kind == BATCH_SHUFFLE) {
        shuffle(side);
    }
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n && n == side->batch.segments;

        if (!(last && side->batch.kind == BATCH_LOSE)) {
            put_waiting(wire, direction, batch_order(side->batch.kind, i, n));
        }
        if (last && side->batch.kind == BATCH_TWICE) {
            put_waiting(wire, direction, i);
        }
    }
    forget_waiting(side);
}

static bool add_waiting(struct wire *wire, struct wire_side *side, const struct sending *sending)
{
    struct waiting *grown = realloc(side->waiting, (side->waiting_count + 1) * sizeof *grown);
    uint8_t *data = malloc(sending->payload.length);

    if (grown != NULL) {
        side->waiting = grown;
    }
    if (grown == NULL || data == NULL) {
        free(data);
        return fail(wire, "no memory");
    }
    memcpy(data, sending->payload.data, sending->payload.length);
    side->waiting[side->waiting_count++] = (struct waiting){
        .sequence = sending->sequence,
        .flags = sending->flags,
        .data = data,
        .length = sending->payload.length,
    };
    return true;
}

static bool put_data_segment(struct wire *wire, enum direction direction, const struct sending *sending)
{
    struct wire_side *side = &wire->current->side[direction];

    remember_last(wire, side, sending->sequence, sending->payload);
    if (side->batch.kind == BATCH_NONE) {
        put_segment(wire, direction, sending);
        return true;
    }
    if (!add_waiting(wire, side, sending)) {
        return false;
    }
    if (side->waiting_count == side->batch.segments) {
        finish_batch(wire, direction);
    }
    return true;
}

/* --- opening ------------------------------------------------------------------------------------------- */

/* MSS 1460, SACK permitted, window scale 7: RFC 9293 section 3.2, RFC 2018, RFC 7323. */
static const uint8_t syn_options[] = { 2, 4, 0x05, 0xB4, 1, 1, 4, 2, 1, 3, 3, 7 };

/* A SYN, and with it the acknowledgment of the other's where that came before. */
static void put_syn(struct wire *wire, enum direction direction, struct bytes data)
{
    struct wire_side *side = &wire->current->side[direction];
    struct wire_side *other = other_side(wire, direction);
    struct sending sending = { .sequence = side->start, .flags = TCP_SYN, .payload = data,
                               .options = bytes_of(syn_options, sizeof syn_options) };

    if (other->begun) {
        sending.flags |= TCP_ACK;
        side->acknowledged = other->next;
    }
    side->begun = true;
    side->next = side->start + 1 + (uint32_t)data.length;
    put_segment(wire, direction, &sending);
}

static void connect_sides(struct wire *wire)
{
    put_syn(wire, C2S, bytes_of(NULL, 0));
    put_syn(wire, S2C, bytes_of(NULL, 0));
    acknowledge(wire, C2S);
}

/* Data before any SYN of the script: the handshake comes by itself. */
static void connect_if_new(struct wire *wire)
{
    struct wire_connection *connection = wire->current;

    if (!connection->side[C2S].begun && !connection->side[S2C].begun) {
        connect_sides(wire);
    }
}

static void set_established(struct wire_connection *connection)
{
    for (int i = C2S; i <= S2C; i++) {
        struct wire_side *side = &connection->side[i];

        side->begun = true;
        side->next = side->start + 1;
        connection->side[1 - i].acknowledged = side->next;
    }
}

static void reopen(struct wire *wire)
{
    for (int i = C2S; i <= S2C; i++) {
        struct wire_side *side = &wire->current->side[i];

        side->begun = false;
        side->start += 1000000;
        side->next = side->start;
    }
    composer_release(&wire->current->composer);
}

/* --- data ---------------------------------------------------------------------------------------------- */

static size_t segment_size(const struct item_sizes *sizes, size_t nth)
{
    size_t size = SEGMENT_SIZE;

    if (sizes->count > 0) {
        size = sizes->size[nth < sizes->count ? nth : sizes->count - 1];
    }
    return size < PACKET_PAYLOAD_MAX ? size : PACKET_PAYLOAD_MAX;
}

/* Sends bytes of the stream in segments; the other side acknowledges them. */
static bool send_stream(struct wire *wire, enum direction direction, struct bytes bytes)
{
    struct wire_side *side = &wire->current->side[direction];

    connect_if_new(wire);
    for (size_t nth = 0; bytes.length > 0; nth++) {
        struct bytes payload = bytes_first(bytes, segment_size(&side->sizes, nth));
        struct sending sending = { .sequence = side->next, .flags = TCP_ACK, .payload = payload };

        bytes = bytes_after(bytes, payload.length);
        sending.flags |= bytes.length == 0 ? TCP_PSH : 0;
        side->next += (uint32_t)payload.length;
        if (!put_data_segment(wire, direction, &sending) || wire->out->failed) {
            return false;
        }
    }
    acknowledge(wire, direction_reverse(direction));
    return true;
}

static bool play_stream_item(struct wire *wire, const struct item *item)
{
    struct wire_side *side = &wire->current->side[item->side];
    struct buffer bytes = { .limit = wire->out->limit };
    bool good = true;

    composer_put(&wire->current->composer, item, &bytes);
    if (side->holding) {
        buffer_put(&side->held, buffer_view(&bytes));
    } else if (bytes.length > 0) {
        good = send_stream(wire, item->side, buffer_view(&bytes));
    }
    wire->out->failed |= bytes.failed | side->held.failed;
    buffer_release(&bytes);
    return good;
}

static bool send_held(struct wire *wire, enum direction direction)
{
    struct wire_side *side = &wire->current->side[direction];
    bool good = side->held.length == 0 || send_stream(wire, direction, buffer_view(&side->held));

    side->holding = false;
    side->held.length = 0;
    return good;
}

static bool play_hold(struct wire *wire, const struct item *item)
{
    wire->current->side[item->side].holding = true;
    return true;
}

static bool play_send(struct wire *wire, const struct item *item)
{
    return send_held(wire, item->side);
}

/* --- TCP by hand --------------------------------------------------------------------------------------- */

static bool play_connect(struct wire *wire, const struct item *item)
{
    (void)item;
    connect_sides(wire);
    return true;
}

static bool play_established(struct wire *wire, const struct item *item)
{
    (void)item;
    set_established(wire->current);
    return true;
}

static bool play_reopen(struct wire *wire, const struct item *item)
{
    (void)item;
    reopen(wire);
    return true;
}

static bool play_syn(struct wire *wire, const struct item *item)
{
    if (item->bytes.length > PACKET_PAYLOAD_MAX) {
        return fail(wire, "a SYN carries at most 65000 bytes");
    }
    put_syn(wire, item->side, item->bytes);
    return true;
}

static bool play_ack(struct wire *wire, const struct item *item)
{
    acknowledge(wire, item->side);
    return true;
}

static bool play_fin(struct wire *wire, const struct item *item)
{
    struct wire_side *side = &wire->current->side[item->side];

    connect_if_new(wire);
    finish_batch(wire, item->side);
    struct sending sending = { .sequence = side->next, .flags = TCP_FIN | TCP_ACK };

    side->next++;
    put_segment(wire, item->side, &sending);
    acknowledge(wire, direction_reverse(item->side));
    return true;
}

static bool play_rst(struct wire *wire, const struct item *item)
{
    struct wire_side *side = &wire->current->side[item->side];

    finish_batch(wire, item->side);
    struct sending sending = { .sequence = side->next + (uint32_t)item->number, .flags = TCP_RST | TCP_ACK };

    put_segment(wire, item->side, &sending);
    return true;
}

static bool play_segment(struct wire *wire, const struct item *item)
{
    struct wire_side *side = &wire->current->side[item->side];
    struct sending sending = { .sequence = side->next + (uint32_t)item->segment.offset,
                               .flags = item->segment.flags,
                               .urgent = item->segment.urgent,
                               .payload = item->segment.payload };

    if (sending.payload.length > PACKET_PAYLOAD_MAX) {
        return fail(wire, "a segment carries at most 65000 bytes");
    }
    connect_if_new(wire);
    put_segment(wire, item->side, &sending);
    return true;
}

static bool play_again(struct wire *wire, const struct item *item)
{
    struct wire_side *side = &wire->current->side[item->side];
    struct bytes payload = item->bytes.length > 0 ? item->bytes : buffer_view(&side->last);
    struct sending sending = { .sequence = side->last_sequence, .flags = TCP_PSH | TCP_ACK,
                               .payload = bytes_first(payload, PACKET_PAYLOAD_MAX) };

    if (payload.length == 0) {
        return fail(wire, "this side has sent no data yet that it could send again");
    }
    put_segment(wire, item->side, &sending);
    return true;
}

static bool play_sizes(struct wire *wire, const struct item *item)
{
    wire->current->side[item->side].sizes = item->sizes;
    return true;
}

static bool play_batch(struct wire *wire, const struct item *item)
{
    finish_batch(wire, item->side);
    wire->current->side[item->side].batch = item->batch;
    return true;
}

static bool play_unseen(struct wire *wire, const struct item *item)
{
    wire->current->side[item->side].unseen = true;
    return true;
}

static bool play_seen(struct wire *wire, const struct item *item)
{
    wire->current->side[item->side].unseen = false;
    return true;
}

static bool play_acks(struct wire *wire, const struct item *item)
{
    wire->current->side[item->side].silent = item->number == 0;
    return true;
}

static bool play_at(struct wire *wire, const struct item *item)
{
    wire->current->side[item->side].endpoint = item->endpoint;
    return true;
}

static bool play_sequence(struct wire *wire, const struct item *item)
{
    struct wire_side *side = &wire->current->side[item->side];

    if (side->begun) {
        return fail(wire, "the sequence number is set before the connection is opened");
    }
    side->start = (uint32_t)item->number;
    return true;
}

static bool play_vlan(struct wire *wire, const struct item *item)
{
    wire->current->vlans = item->sizes;
    return true;
}

/* --- the capture --------------------------------------------------------------------------------------- */

static struct endpoint default_endpoint(uint8_t host, uint16_t port)
{
    return (struct endpoint){
        .address = { { [10] = 0xFF, [11] = 0xFF, [12] = 10, [13] = 0, [14] = 0, [15] = host } }, .port = port
    };
}

static bool open_connection(struct wire *wire, struct bytes name)
{
    struct wire_connection *connection = calloc(1, sizeof *connection);

    if (connection == NULL) {
        return fail(wire, "no memory");
    }
    connection->name = name;
    connection->side[C2S].endpoint = default_endpoint(1, (uint16_t)(50000 + wire->opened % 10000));
    connection->side[S2C].endpoint = default_endpoint(2, 80);
    connection->side[C2S].start = 1000;
    connection->side[S2C].start = 2000;
    connection->side[C2S].held.limit = connection->side[S2C].held.limit = wire->out->limit;
    composer_init(&connection->composer, wire->seed + wire->opened++);
    connection->next = wire->first;
    wire->first = wire->current = connection;
    return true;
}

static bool play_connection(struct wire *wire, const struct item *item)
{
    struct wire_connection *connection = wire->first;

    while (connection != NULL && !bytes_equal(connection->name, item->bytes)) {
        connection = connection->next;
    }
    if (connection != NULL) {
        wire->current = connection;
        return true;
    }
    if (wire->opened == 1 && !wire->current->used && wire->current->name.length == 0) {
        wire->current->name = item->bytes;      /* the one that was there from the start gets its name */
        return true;
    }
    return open_connection(wire, item->bytes);
}

static bool play_wait(struct wire *wire, const struct item *item)
{
    wire->clock += (uint64_t)item->number;
    return true;
}

static bool play_clock(struct wire *wire, const struct item *item)
{
    wire->clock = (uint64_t)item->number;
    return true;
}

static bool play_link(struct wire *wire, const struct item *item)
{
    wire->link = item->link;
    return wire->packets == 0 || fail(wire, "the link type is set before the first packet");
}

static bool play_snap(struct wire *wire, const struct item *item)
{
    wire->snap = (uint32_t)item->number;
    return wire->packets == 0 || fail(wire, "the snap length is set before the first packet");
}

static bool play_seed(struct wire *wire, const struct item *item)
{
    wire->seed = (uint64_t)item->number;
    wire->current->composer.random = wire->seed;
    return true;
}

static bool play_packet(struct wire *wire, const struct item *item)
{
    put_packet(wire, item->bytes);
    return true;
}

/* --- all of it ----------------------------------------------------------------------------------------- */

static bool (*const plays[ITEM_KINDS])(struct wire *wire, const struct item *item) = {
    [ITEM_HEAD] = play_stream_item,
    [ITEM_FRAME] = play_stream_item,
    [ITEM_BYTES] = play_stream_item,
    [ITEM_COMPRESS] = play_stream_item,
    [ITEM_HOLD] = play_hold,
    [ITEM_SEND] = play_send,
    [ITEM_CONNECT] = play_connect,
    [ITEM_ESTABLISHED] = play_established,
    [ITEM_REOPEN] = play_reopen,
    [ITEM_SYN] = play_syn,
    [ITEM_ACK] = play_ack,
    [ITEM_FIN] = play_fin,
    [ITEM_RST] = play_rst,
    [ITEM_SEGMENT] = play_segment,
    [ITEM_AGAIN] = play_again,
    [ITEM_SIZES] = play_sizes,
    [ITEM_BATCH] = play_batch,
    [ITEM_UNSEEN] = play_unseen,
    [ITEM_SEEN] = play_seen,
    [ITEM_ACKS] = play_acks,
    [ITEM_AT] = play_at,
    [ITEM_SEQUENCE] = play_sequence,
    [ITEM_VLAN] = play_vlan,
    [ITEM_CONNECTION] = play_connection,
    [ITEM_WAIT] = play_wait,
    [ITEM_CLOCK] = play_clock,
    [ITEM_LINK] = play_link,
    [ITEM_SNAP] = play_snap,
    [ITEM_SEED] = play_seed,
    [ITEM_PACKET] = play_packet,
};

/* What the script left open: bytes held back and batches not filled. */
static bool finish_connections(struct wire *wire)
{
    bool good = true;

    for (struct wire_connection *connection = wire->first; good && connection != NULL;
         connection = connection->next) {
        wire->current = connection;
        good = send_held(wire, C2S) && send_held(wire, S2C);
        finish_batch(wire, C2S);
        finish_batch(wire, S2C);
    }
    return good;
}

static void release_connections(struct wire *wire)
{
    while (wire->first != NULL) {
        struct wire_connection *connection = wire->first;

        wire->first = connection->next;
        for (int i = C2S; i <= S2C; i++) {
            forget_waiting(&connection->side[i]);
            buffer_release(&connection->side[i].held);
            buffer_release(&connection->side[i].last);
        }
        composer_release(&connection->composer);
        free(connection);
    }
}

static bool play_items(struct wire *wire, const struct conversation *conversation)
{
    bool good = true;

    for (const struct item *item = conversation->first; good && item != NULL; item = item->next) {
        wire->item = item;
        good = plays[item->kind](wire, item) && !wire->out->failed;
        wire->clock += BETWEEN_ITEMS;
    }
    good = good && finish_connections(wire) && !wire->out->failed;
    return wire->out->failed ? fail(wire, "the capture would be larger than memory allows") : good;
}

bool wire_write(const struct conversation *conversation, struct buffer *out, struct wire_error *error)
{
    struct wire wire = { .out = out, .snap = 262144, .clock = START_TIME, .error = error };
    bool good = open_connection(&wire, bytes_of(NULL, 0)) && play_items(&wire, conversation);

    if (wire.packets == 0) {
        put_file_header(&wire);
    }
    release_connections(&wire);
    return good;
}
