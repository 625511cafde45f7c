/* SPDX-License-Identifier: MIT */
#include "flow.h"

#define CAPACITY_FIRST 256
#define VICTIM_SAMPLE  8

static uint64_t rotate(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

/* One SipHash round (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). */
static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t sip_hash(const uint64_t *words, size_t count, uint64_t seed)
{
    uint64_t key = seed * UINT64_C(0x9E3779B97F4A7C15);
    uint64_t v[4] = { seed ^ UINT64_C(0x736f6d6570736575), key ^ UINT64_C(0x646f72616e646f6d),
                      seed ^ UINT64_C(0x6c7967656e657261), key ^ UINT64_C(0x7465646279746573) };

    for (size_t i = 0; i <= count; i++) {
        uint64_t word = i < count ? words[i] : (uint64_t)count << 59;

        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes) == 0;
}

/* Both directions of a connection hash alike: the smaller endpoint goes first. */
static uint64_t hash_of(const struct endpoint *a, const struct endpoint *b, uint64_t seed)
{
    int order = memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes);
    bool swap = order > 0 || (order == 0 && a->port > b->port);
    const struct endpoint *low = swap ? b : a, *high = swap ? a : b;
    uint64_t words[5];

    memcpy(words, low->address.bytes, sizeof low->address.bytes);
    memcpy(words + 2, high->address.bytes, sizeof high->address.bytes);
    words[4] = (uint64_t)low->port << 16 | high->port;
    return sip_hash(words, 5, seed);
}

/* Cheap, symmetric, and good enough to find the last few hundred connections without the real hash. */
static size_t recent_slot(const struct endpoint *a, const struct endpoint *b)
{
    uint32_t x, y;

    memcpy(&x, a->address.bytes + 12, sizeof x);
    memcpy(&y, b->address.bytes + 12, sizeof y);
    uint32_t mixed = (x + y) * UINT32_C(0x9E3779B1) + ((uint32_t)a->port + b->port) * UINT32_C(0x85EBCA77);
    return mixed >> 24;
}

/* Whether the flow is between these two, and which way a segment from a to b goes in it. */
static bool between(const struct flow *flow, const struct endpoint *a, const struct endpoint *b,
                    enum direction *direction)
{
    const struct connection *connection = &flow->connection;

    if (same_endpoint(a, &connection->client) && same_endpoint(b, &connection->server)) {
        *direction = C2S;
        return true;
    }
    if (same_endpoint(a, &connection->server) && same_endpoint(b, &connection->client)) {
        *direction = S2C;
        return true;
    }
    return false;
}

uint64_t flow_hash(const struct flow_table *table, const struct endpoint *a, const struct endpoint *b)
{
    return hash_of(a, b, table->seed);
}

void flow_table_init(struct flow_table *table, uint64_t seed, struct memory *memory)
{
    *table = (struct flow_table){ .seed = seed, .memory = memory };
}

void flow_table_release(struct flow_table *table)
{
    memory_release(table->memory, table->slots, table->capacity * sizeof(struct flow *));
    table->slots = NULL;
    table->capacity = 0;
}

struct flow *flow_find(struct flow_table *table, const struct segment *segment, enum direction *direction)
{
    const struct endpoint *a = &segment->source, *b = &segment->destination;
    size_t recent = recent_slot(a, b);

    if (table->recent[recent] && between(table->recent[recent], a, b, direction)) {
        return table->recent[recent];
    }
    if (table->count == 0) {
        return NULL;
    }
    uint32_t hash = (uint32_t)hash_of(a, b, table->seed);
    for (uint32_t i = hash & (table->capacity - 1);; i = (i + 1) & (table->capacity - 1)) {
        struct flow *flow = table->slots[i];

        if (flow == NULL) {
            return NULL;
        }
        if (flow->hash == hash && between(flow, a, b, direction)) {
            table->recent[recent] = flow;
            return flow;
        }
    }
}

static void place(struct flow_table *table, struct flow *flow)
{
    uint32_t i = flow->hash & (table->capacity - 1);

    while (table->slots[i]) {
        i = (i + 1) & (table->capacity - 1);
    }
    table->slots[i] = flow;
}

static bool grow(struct flow_table *table)
{
    uint32_t old_capacity = table->capacity;
    uint32_t capacity = old_capacity ? old_capacity * 2 : CAPACITY_FIRST;
    struct flow **old = table->slots;
    struct flow **slots = memory_allocate(table->memory, capacity * sizeof *slots);

    if (slots == NULL) {
        return false;
    }
    table->slots = slots;
    table->capacity = capacity;
    for (uint32_t i = 0; i < old_capacity; i++) {
        if (old[i]) {
            place(table, old[i]);
        }
    }
    memory_release(table->memory, old, old_capacity * sizeof *old);
    return true;
}

struct flow *flow_add(struct flow_table *table, const struct segment *segment)
{
    /* three quarters full: linear probing still finds in a few steps */
    if (table->count >= table->capacity / 4 * 3 && !grow(table)) {
        return NULL;
    }
    struct flow *flow = memory_allocate(table->memory, sizeof *flow);
    if (flow == NULL) {
        return NULL;
    }
    flow->connection.client = segment->source;
    flow->connection.server = segment->destination;
    flow->hash = (uint32_t)hash_of(&segment->source, &segment->destination, table->seed);
    place(table, flow);
    table->recent[recent_slot(&segment->source, &segment->destination)] = flow;
    table->count++;
    return flow;
}

/* Linear probing leaves no marks: those behind a freed slot move up where their own place allows it. */
static void close_slot(struct flow_table *table, uint32_t hole)
{
    uint32_t mask = table->capacity - 1;

    for (uint32_t i = (hole + 1) & mask; table->slots[i]; i = (i + 1) & mask) {
        uint32_t home = table->slots[i]->hash & mask;

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = NULL;
}

void flow_remove(struct flow_table *table, struct flow *flow)
{
    size_t recent = recent_slot(&flow->connection.client, &flow->connection.server);
    uint32_t i = flow->hash & (table->capacity - 1);

    if (table->recent[recent] == flow) {
        table->recent[recent] = NULL;
    }
    while (table->slots[i] != flow) {
        i = (i + 1) & (table->capacity - 1);
    }
    close_slot(table, i);
    table->count--;
}

static bool better_victim(const struct flow *flow, const struct flow *than)
{
    if (than == NULL || flow->closed != than->closed) {
        return than == NULL || flow->closed;
    }
    return flow->last < than->last;
}

struct flow *flow_victim(struct flow_table *table)
{
    struct flow *victim = NULL;
    uint32_t seen = 0;

    for (uint32_t i = 0; i < table->capacity && seen < VICTIM_SAMPLE; i++) {
        table->hand = (table->hand + 1) & (table->capacity - 1);
        struct flow *flow = table->slots[table->hand];

        if (flow) {
            seen++;
            if (better_victim(flow, victim)) {
                victim = flow;
            }
        }
    }
    return victim;
}

struct flow *flow_glance(struct flow_table *table)
{
    if (table->capacity == 0) {
        return NULL;
    }
    table->glance = (table->glance + 1) & (table->capacity - 1);
    return table->slots[table->glance];
}

struct flow *flow_walk(const struct flow_table *table, uint32_t *position)
{
    while (*position < table->capacity) {
        struct flow *flow = table->slots[(*position)++];

        if (flow) {
            return flow;
        }
    }
    return NULL;
}

void flow_swap_roles(struct flow *flow)
{
    struct connection *connection = &flow->connection;
    struct endpoint client = connection->client;
    struct tally sent = connection->sent[C2S];
    struct stream stream = flow->streams[C2S];
    uint32_t fin_acknowledgment = flow->fin_acknowledgment[C2S];

    connection->client = connection->server;
    connection->server = client;
    connection->sent[C2S] = connection->sent[S2C];
    connection->sent[S2C] = sent;
    flow->streams[C2S] = flow->streams[S2C];
    flow->streams[S2C] = stream;
    flow->fin_acknowledgment[C2S] = flow->fin_acknowledgment[S2C];
    flow->fin_acknowledgment[S2C] = fin_acknowledgment;
    flow->fin_seen = (uint8_t)((flow->fin_seen & 1U) << 1 | flow->fin_seen >> 1);
    flow->reopening_by = !flow->reopening_by;
    flow->reset_by = !flow->reset_by;
    flow->first_end = (uint8_t)direction_reverse((enum direction)flow->first_end);
}
