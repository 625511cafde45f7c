/* SPDX-License-Identifier: MIT */
#include "fragments.h"

#define UNIT 8                  /* fragment offsets count units of eight bytes */
#define DATAGRAM_MAX 65535
#define UNITS 8192
#define CAPACITY_MIN 2048
#define LIFETIME (INT64_C(30) * 1000000000)
#define UNKNOWN UINT32_MAX

/* What has arrived is a bit per unit, not RFC 815's list of holes: no order of arrival can make it slow. */
struct datagram {
    struct fragments_key key;
    struct datagram *next;      /* in its bucket, or among the finished */
    struct datagram *older, *newer;
    int64_t started;
    uint8_t *data;
    uint32_t capacity;
    uint32_t end;               /* behind the farthest byte received */
    uint32_t total;             /* UNKNOWN until the last fragment is seen */
    uint32_t units;             /* received */
    uint8_t next_header;
    uint64_t received[UNITS / 64];
};

struct fragments {
    struct memory *memory;
    uint32_t limit;
    uint32_t count;
    uint32_t bucket_count;      /* a power of two */
    uint64_t abandoned;
    struct datagram *oldest, *newest;
    struct datagram *finished;
    struct datagram *buckets[];
};

_Static_assert(sizeof(struct fragments_key) == 40, "keys are compared as bytes: no padding");

static size_t fragments_size(uint32_t bucket_count)
{
    return sizeof(struct fragments) + bucket_count * sizeof(struct datagram *);
}

/* Senders can choose keys that collide, but a chain is never longer than the limit of datagrams. */
static struct datagram **bucket_of(struct fragments *fragments, const struct fragments_key *key)
{
    uint64_t words[sizeof *key / sizeof(uint64_t)];
    uint64_t hash = 0;

    memcpy(words, key, sizeof *key);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    return &fragments->buckets[hash & (fragments->bucket_count - 1)];
}

static struct datagram *find(struct fragments *fragments, const struct fragments_key *key)
{
    struct datagram *datagram = *bucket_of(fragments, key);

    while (datagram != NULL && memcmp(&datagram->key, key, sizeof *key) != 0) {
        datagram = datagram->next;
    }
    return datagram;
}

static void unlink_datagram(struct fragments *fragments, struct datagram *datagram)
{
    struct datagram **link = bucket_of(fragments, &datagram->key);

    while (*link != datagram) {
        link = &(*link)->next;
    }
    *link = datagram->next;
    *(datagram->older ? &datagram->older->newer : &fragments->oldest) = datagram->newer;
    *(datagram->newer ? &datagram->newer->older : &fragments->newest) = datagram->older;
    fragments->count--;
}

static void release(struct fragments *fragments, struct datagram *datagram)
{
    memory_release(fragments->memory, datagram->data, datagram->capacity);
    memory_release(fragments->memory, datagram, sizeof *datagram);
}

static void abandon(struct fragments *fragments, struct datagram *datagram)
{
    unlink_datagram(fragments, datagram);
    release(fragments, datagram);
    fragments->abandoned++;
}

/* Packet times may go backwards: then nothing has aged. */
static bool expired(const struct datagram *datagram, int64_t time)
{
    return time > datagram->started && (uint64_t)time - (uint64_t)datagram->started > LIFETIME;
}

static void make_room(struct fragments *fragments, int64_t time)
{
    while (fragments->oldest != NULL && expired(fragments->oldest, time)) {
        abandon(fragments, fragments->oldest);
    }
    if (fragments->count >= fragments->limit) {
        abandon(fragments, fragments->oldest);
    }
}

static struct datagram *begin(struct fragments *fragments, const struct fragment *fragment, int64_t time)
{
    make_room(fragments, time);

    struct datagram *datagram = memory_allocate(fragments->memory, sizeof *datagram);
    if (datagram == NULL) {
        return NULL;
    }
    struct datagram **bucket = bucket_of(fragments, &fragment->key);

    datagram->key = fragment->key;
    datagram->started = time;
    datagram->total = UNKNOWN;
    datagram->next = *bucket;
    *bucket = datagram;
    datagram->older = fragments->newest;
    *(datagram->older ? &datagram->older->newer : &fragments->oldest) = datagram;
    fragments->newest = datagram;
    fragments->count++;
    return datagram;
}

static struct datagram *find_or_begin(struct fragments *fragments, const struct fragment *fragment,
                                      int64_t time)
{
    struct datagram *datagram = find(fragments, &fragment->key);

    if (datagram != NULL && expired(datagram, time)) {
        abandon(fragments, datagram);
        datagram = NULL;
    }
    return datagram != NULL ? datagram : begin(fragments, fragment, time);
}

static uint32_t end_of(const struct fragment *fragment)
{
    return fragment->offset + (uint32_t)fragment->bytes.length;
}

/* RFC 8200 section 4.5: whole units except at the end, and never beyond the longest datagram. */
static bool is_plausible(const struct fragment *fragment)
{
    size_t length = fragment->bytes.length;

    return length > 0 && fragment->offset % UNIT == 0 && fragment->offset <= DATAGRAM_MAX &&
           length <= DATAGRAM_MAX - fragment->offset && (!fragment->more || length % UNIT == 0);
}

/* Whether it agrees with what is known of where the datagram ends. */
static bool is_consistent(const struct datagram *datagram, const struct fragment *fragment)
{
    if (fragment->more) {
        return end_of(fragment) <= datagram->total;
    }
    return datagram->total == UNKNOWN ? end_of(fragment) >= datagram->end
                                      : end_of(fragment) == datagram->total;
}

static bool reserve(struct fragments *fragments, struct datagram *datagram, uint32_t size)
{
    uint32_t capacity = datagram->capacity ? datagram->capacity : CAPACITY_MIN;

    while (capacity < size) {
        capacity *= 2;
    }
    if (capacity == datagram->capacity) {
        return true;
    }
    uint8_t *data = memory_resize(fragments->memory, datagram->data, datagram->capacity, capacity);
    if (data == NULL) {
        return false;
    }
    datagram->data = data;
    datagram->capacity = capacity;
    return true;
}

static void copy_new_units(struct datagram *datagram, const struct fragment *fragment)
{
    struct cursor cursor = cursor_over(fragment->bytes);

    for (uint32_t unit = fragment->offset / UNIT; cursor_left(&cursor) > 0; unit++) {
        size_t left = cursor_left(&cursor);
        struct bytes piece = cursor_take(&cursor, left < UNIT ? left : UNIT);
        uint64_t bit = UINT64_C(1) << (unit % 64);

        if (datagram->received[unit / 64] & bit) {
            continue;
        }
        datagram->received[unit / 64] |= bit;
        datagram->units++;
        memcpy(datagram->data + (size_t)unit * UNIT, piece.data, piece.length);
    }
}

static void take(struct datagram *datagram, const struct fragment *fragment)
{
    if (fragment->offset == 0 && (datagram->received[0] & 1) == 0) {
        datagram->next_header = fragment->next_header;
    }
    copy_new_units(datagram, fragment);
    if (end_of(fragment) > datagram->end) {
        datagram->end = end_of(fragment);
    }
    if (!fragment->more) {
        datagram->total = end_of(fragment);
    }
}

static bool is_complete(const struct datagram *datagram)
{
    return datagram->total != UNKNOWN && datagram->units == (datagram->total + UNIT - 1) / UNIT;
}

struct fragments *fragments_create(const struct limits *limits, struct memory *memory)
{
    uint32_t bucket_count = 1;

    while (bucket_count < limits->fragments && bucket_count < UINT32_C(1) << 20) {
        bucket_count *= 2;
    }
    struct fragments *fragments = memory_allocate(memory, fragments_size(bucket_count));
    if (fragments == NULL) {
        return NULL;
    }
    fragments->memory = memory;
    fragments->limit = limits->fragments > 0 ? limits->fragments : 1;
    fragments->bucket_count = bucket_count;
    return fragments;
}

void fragments_destroy(struct fragments *fragments)
{
    if (fragments == NULL) {
        return;
    }
    fragments_release_finished(fragments);
    while (fragments->oldest != NULL) {
        abandon(fragments, fragments->oldest);
    }
    memory_release(fragments->memory, fragments, fragments_size(fragments->bucket_count));
}

enum decoded fragments_add(struct fragments *fragments, const struct fragment *fragment, int64_t time,
                           struct fragments_datagram *out)
{
    if (!is_plausible(fragment)) {
        return DECODED_MALFORMED;
    }
    struct datagram *datagram = find_or_begin(fragments, fragment, time);
    if (datagram == NULL) {
        return DECODED_OTHER;
    }
    if (!is_consistent(datagram, fragment)) {
        return DECODED_MALFORMED;
    }
    if (!reserve(fragments, datagram, end_of(fragment))) {
        return DECODED_OTHER;
    }
    take(datagram, fragment);
    if (!is_complete(datagram)) {
        return DECODED_OTHER;
    }
    unlink_datagram(fragments, datagram);
    datagram->next = fragments->finished;
    fragments->finished = datagram;
    out->next_header = datagram->next_header;
    out->bytes = bytes_of(datagram->data, datagram->total);
    return DECODED;
}

void fragments_release_finished(struct fragments *fragments)
{
    while (fragments->finished != NULL) {
        struct datagram *datagram = fragments->finished;

        fragments->finished = datagram->next;
        release(fragments, datagram);
    }
}

uint64_t fragments_abandoned(const struct fragments *fragments)
{
    return fragments->abandoned;
}
