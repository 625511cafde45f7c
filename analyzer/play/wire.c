/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include "composer.h"
#include "core/tcp.h"
#include "hosts.h"
#include "recording.h"

#include <stdlib.h>

#define SNAP_LENGTH 262144
#define START_TIME UINT64_C(1767225600000000000)    /* 2026-01-01 00:00:00 UTC */
#define BETWEEN_ITEMS 1000000                       /* nanoseconds */

/* A connection of the script: its TCP, and what its sides say over it. */
struct talk {
    struct talk *next;
    struct bytes name;
    struct hosts hosts;
    struct composer composer;
    struct buffer held[2];      /* by side: what it says between hold and send */
    bool holding[2];
};

struct wire {
    struct recording recording;
    struct talk *first, *current;
    uint32_t opened;            /* connections so far */
    uint64_t seed;
    const struct item *item;
    struct wire_error *error;
};

static bool fail(struct wire *wire, const char *text)
{
    *wire->error = (struct wire_error){ .line = wire->item ? wire->item->line : 0, .text = text };
    return false;
}

static struct host *host_of(struct wire *wire, const struct item *item)
{
    return &wire->current->hosts.host[item->side];
}

/* --- what the sides say --------------------------------------------------------------------------------- */

static void send_held(struct talk *talk, enum direction side)
{
    if (talk->held[side].length > 0) {
        hosts_send(&talk->hosts, side, buffer_view(&talk->held[side]));
    }
    talk->holding[side] = false;
    talk->held[side].length = 0;
}

static bool play_stream(struct wire *wire, const struct item *item)
{
    struct talk *talk = wire->current;

    composer_put(&talk->composer, item, &talk->held[item->side]);
    if (!talk->holding[item->side]) {
        send_held(talk, item->side);
    }
    wire->recording.out->failed |= talk->held[item->side].failed;
    return true;
}

static bool play_hold(struct wire *wire, const struct item *item)
{
    wire->current->holding[item->side] = true;
    return true;
}

static bool play_send(struct wire *wire, const struct item *item)
{
    send_held(wire->current, item->side);
    return true;
}

/* --- TCP ------------------------------------------------------------------------------------------------ */

static bool play_connect(struct wire *wire, const struct item *item)
{
    (void)item;
    hosts_connect(&wire->current->hosts);
    return true;
}

static bool play_established(struct wire *wire, const struct item *item)
{
    (void)item;
    hosts_establish(&wire->current->hosts);
    return true;
}

static bool play_reopen(struct wire *wire, const struct item *item)
{
    (void)item;
    hosts_reopen(&wire->current->hosts);
    composer_release(&wire->current->composer);
    return true;
}

static bool play_syn(struct wire *wire, const struct item *item)
{
    if (item->bytes.length > HOSTS_PAYLOAD_MAX) {
        return fail(wire, "a SYN carries at most 65000 bytes");
    }
    hosts_put_syn(&wire->current->hosts, item->side, item->bytes);
    return true;
}

static bool play_ack(struct wire *wire, const struct item *item)
{
    hosts_acknowledge(&wire->current->hosts, item->side);
    return true;
}

static bool play_fin(struct wire *wire, const struct item *item)
{
    hosts_put_fin(&wire->current->hosts, item->side);
    return true;
}

static bool play_rst(struct wire *wire, const struct item *item)
{
    struct item_segment reset = { .offset = item->number, .flags = TCP_RST | TCP_ACK };

    hosts_finish_batch(&wire->current->hosts, item->side);
    hosts_put_segment(&wire->current->hosts, item->side, &reset);
    return true;
}

static bool play_segment(struct wire *wire, const struct item *item)
{
    if (item->segment.payload.length > HOSTS_PAYLOAD_MAX) {
        return fail(wire, "a segment carries at most 65000 bytes");
    }
    hosts_put_segment(&wire->current->hosts, item->side, &item->segment);
    return true;
}

static bool play_again(struct wire *wire, const struct item *item)
{
    return hosts_put_again(&wire->current->hosts, item->side, item->bytes) ||
           fail(wire, "this side has sent no data yet that it could send again");
}

static bool play_sizes(struct wire *wire, const struct item *item)
{
    host_of(wire, item)->sizes = item->sizes;
    return true;
}

static bool play_batch(struct wire *wire, const struct item *item)
{
    hosts_begin_batch(&wire->current->hosts, item->side, item->batch);
    return true;
}

static bool play_unseen(struct wire *wire, const struct item *item)
{
    host_of(wire, item)->unseen = true;
    return true;
}

static bool play_seen(struct wire *wire, const struct item *item)
{
    host_of(wire, item)->unseen = false;
    return true;
}

static bool play_acks(struct wire *wire, const struct item *item)
{
    host_of(wire, item)->silent = item->number == 0;
    return true;
}

static bool play_at(struct wire *wire, const struct item *item)
{
    host_of(wire, item)->endpoint = item->endpoint;
    return true;
}

static bool play_sequence(struct wire *wire, const struct item *item)
{
    host_of(wire, item)->start = (uint32_t)item->number;
    return !host_of(wire, item)->begun ||
           fail(wire, "the sequence number is set before the connection is opened");
}

static bool play_vlan(struct wire *wire, const struct item *item)
{
    wire->current->hosts.vlans = item->sizes;
    return true;
}

/* --- the capture ---------------------------------------------------------------------------------------- */

static bool open_talk(struct wire *wire, struct bytes name)
{
    struct talk *talk = calloc(1, sizeof *talk);

    if (talk == NULL) {
        return fail(wire, "no memory");
    }
    talk->name = name;
    talk->held[C2S].limit = talk->held[S2C].limit = wire->recording.out->limit;
    hosts_init(&talk->hosts, &wire->recording, wire->opened);
    composer_init(&talk->composer, wire->seed + wire->opened++);
    talk->next = wire->first;
    wire->first = wire->current = talk;
    return true;
}

/* The first connection is there from the start; where it has not been used yet, it takes the first name. */
static bool play_connection(struct wire *wire, const struct item *item)
{
    struct talk *talk = wire->first;

    while (talk != NULL && !bytes_equal(talk->name, item->bytes)) {
        talk = talk->next;
    }
    if (talk != NULL) {
        wire->current = talk;
        return true;
    }
    if (wire->opened == 1 && !wire->current->hosts.used && wire->current->name.length == 0) {
        wire->current->name = item->bytes;
        return true;
    }
    return open_talk(wire, item->bytes);
}

static bool play_wait(struct wire *wire, const struct item *item)
{
    wire->recording.clock += (uint64_t)item->number;
    return true;
}

static bool play_clock(struct wire *wire, const struct item *item)
{
    wire->recording.clock = (uint64_t)item->number;
    return true;
}

static bool play_link(struct wire *wire, const struct item *item)
{
    wire->recording.link = item->link;
    return wire->recording.packets == 0 || fail(wire, "the link type is set before the first packet");
}

static bool play_snap(struct wire *wire, const struct item *item)
{
    wire->recording.snap = (uint32_t)item->number;
    return wire->recording.packets == 0 || fail(wire, "the snap length is set before the first packet");
}

static bool play_seed(struct wire *wire, const struct item *item)
{
    wire->seed = (uint64_t)item->number;
    wire->current->composer.random = wire->seed;
    return true;
}

static bool play_packet(struct wire *wire, const struct item *item)
{
    recording_put(&wire->recording, item->bytes);
    return true;
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static bool (*const plays[ITEM_KINDS])(struct wire *wire, const struct item *item) = {
    [ITEM_HEAD] = play_stream,
    [ITEM_FRAME] = play_stream,
    [ITEM_BYTES] = play_stream,
    [ITEM_COMPRESS] = play_stream,
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
static void finish_talks(struct wire *wire)
{
    for (struct talk *talk = wire->first; talk != NULL; talk = talk->next) {
        for (int side = C2S; side <= S2C; side++) {
            send_held(talk, (enum direction)side);
            hosts_finish_batch(&talk->hosts, (enum direction)side);
        }
    }
}

static void release_talks(struct wire *wire)
{
    while (wire->first != NULL) {
        struct talk *talk = wire->first;

        wire->first = talk->next;
        hosts_release(&talk->hosts);
        composer_release(&talk->composer);
        buffer_release(&talk->held[C2S]);
        buffer_release(&talk->held[S2C]);
        free(talk);
    }
}

static bool play_items(struct wire *wire, const struct conversation *conversation)
{
    const struct buffer *out = wire->recording.out;
    bool good = true;

    for (const struct item *item = conversation->first; good && item != NULL; item = item->next) {
        wire->item = item;
        good = plays[item->kind](wire, item) && !out->failed;
        wire->recording.clock += BETWEEN_ITEMS;
    }
    if (good) {
        finish_talks(wire);
        recording_finish(&wire->recording);
    }
    return out->failed ? fail(wire, "the capture would be larger than memory allows") : good;
}

bool wire_write(const struct conversation *conversation, struct buffer *out, struct wire_error *error)
{
    struct recording recording = { .out = out, .snap = SNAP_LENGTH, .clock = START_TIME };
    struct wire wire = { .recording = recording, .error = error };
    bool good = open_talk(&wire, bytes_of(NULL, 0)) && play_items(&wire, conversation);

    release_talks(&wire);
    return good;
}
