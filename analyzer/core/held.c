/* SPDX-License-Identifier: MIT */
#include "held.h"

#include "tcp.h"

/* In pages, so that arrival in any order, in any pieces, costs the length of the piece. A page has a bit for
 * each byte that is there, and one for each that began a segment. */
#define PAGE_BITS  10
#define PAGE_SIZE  (1U << PAGE_BITS)
#define WORD_BITS  64
#define PAGE_WORDS (PAGE_SIZE / WORD_BITS)
#define SLOTS_FIRST 8           /* pages that the first table has places for */

struct page {
    uint64_t present[PAGE_WORDS];
    uint64_t starts[PAGE_WORDS];
    uint8_t bytes[PAGE_SIZE];
};

struct held {
    uint32_t slots;             /* a power of two; the page of sequence s is at (s >> PAGE_BITS) % slots */
    uint32_t waiting;           /* bytes present */
    uint32_t bar_count;
    struct held_bar bars[HELD_BARS];    /* by sequence, apart from each other; lifted from the front */
    struct page *draining;      /* a page that the last view of held_take points into, already taken out */
    struct page *pages[];
};

static size_t held_size(uint32_t slots)
{
    return sizeof(struct held) + slots * sizeof(struct page *);
}

static struct page **slot_of(const struct held *held, uint32_t sequence)
{
    return (struct page **)&held->pages[(sequence >> PAGE_BITS) & (held->slots - 1)];
}

static uint32_t slot_limit(const struct limits *limits)
{
    uint32_t slots = SLOTS_FIRST;

    while (slots < limits->held / PAGE_SIZE) {
        slots *= 2;
    }
    return slots;
}

static uint32_t pages_through(uint32_t first, uint32_t last)
{
    return ((last >> PAGE_BITS) - (first >> PAGE_BITS) + 1) & UINT32_MAX >> PAGE_BITS;
}

/* Pages keep their slots modulo the new size. */
static struct held *widen(const struct held *held, uint32_t slots, uint32_t next, struct memory *memory)
{
    struct held *wider = memory_allocate(memory, held_size(slots));

    if (wider == NULL) {
        return NULL;
    }
    if (held != NULL) {
        *wider = *held;
    }
    wider->slots = slots;
    for (uint32_t i = 0; held != NULL && i < held->slots; i++) {
        uint32_t at = next + (i << PAGE_BITS);

        *slot_of(wider, at) = *slot_of(held, at);
    }
    return wider;
}

bool held_reach(struct held **held, uint32_t next, uint32_t last, const struct limits *limits,
                struct memory *memory)
{
    uint32_t needed = pages_through(next, last);
    uint32_t slots = *held ? (*held)->slots : SLOTS_FIRST;

    while (slots < needed && slots < slot_limit(limits)) {
        slots *= 2;
    }
    if (slots < needed) {
        return false;
    }
    if (*held && (*held)->slots == slots) {
        return true;
    }
    struct held *wider = widen(*held, slots, next, memory);
    if (wider == NULL) {
        return false;
    }
    if (*held) {
        memory_release(memory, *held, held_size((*held)->slots));
    }
    *held = wider;
    return true;
}

bool held_has_room(const struct held *held, uint32_t next, uint32_t last)
{
    return held == NULL || pages_through(next, last) <= held->slots;
}

void held_release(struct held **held, struct memory *memory)
{
    if (*held == NULL) {
        return;
    }
    for (uint32_t i = 0; i < (*held)->slots; i++) {
        memory_release(memory, (*held)->pages[i], sizeof *(*held)->pages[i]);
    }
    memory_release(memory, (*held)->draining, sizeof *(*held)->draining);
    memory_release(memory, *held, held_size((*held)->slots));
    *held = NULL;
}

static bool bit_get(const uint64_t *words, uint32_t i)
{
    return words[i / WORD_BITS] >> i % WORD_BITS & 1;
}

static void bit_set(uint64_t *words, uint32_t i)
{
    words[i / WORD_BITS] |= UINT64_C(1) << i % WORD_BITS;
}

/* The first i in [from, PAGE_SIZE) whose bit is `value`; PAGE_SIZE when there is none. */
static uint32_t bit_find(const uint64_t *words, uint32_t from, bool value)
{
    for (uint32_t word = from / WORD_BITS; word < PAGE_WORDS; word++) {
        uint64_t bits = value ? words[word] : ~words[word];

        if (word == from / WORD_BITS) {
            bits &= UINT64_MAX << from % WORD_BITS;
        }
        if (bits) {
            return word * WORD_BITS + (uint32_t)__builtin_ctzll(bits);
        }
    }
    return PAGE_SIZE;
}

/* Sets or clears the bits [from, to). */
static void bits_fill(uint64_t *words, uint32_t from, uint32_t to, bool value)
{
    while (from < to) {
        uint32_t in_word = from % WORD_BITS, left = WORD_BITS - in_word;
        uint32_t n = to - from < left ? to - from : left;
        uint64_t mask = UINT64_MAX >> (WORD_BITS - n) << in_word;
        uint64_t *word = &words[from / WORD_BITS];

        *word = value ? *word | mask : *word & ~mask;
        from += n;
    }
}

/* Puts bytes into one page. Those already there stay; true when a new copy differs from them. */
static bool page_put(struct page *page, uint32_t at, struct bytes bytes, uint32_t *added)
{
    uint32_t end = at + (uint32_t)bytes.length;
    bool conflict = false;

    for (uint32_t from = at, to; from < end; from = to) {
        bool there = bit_get(page->present, from);
        const uint8_t *copy = bytes.data + (from - at);

        to = bit_find(page->present, from, !there);
        to = to < end ? to : end;
        if (there) {
            conflict |= memcmp(page->bytes + from, copy, to - from) != 0;
        } else {
            memcpy(page->bytes + from, copy, to - from);
            bits_fill(page->present, from, to, true);
            *added += to - from;
        }
    }
    return conflict;
}

bool held_add(struct held **held, uint32_t next, uint32_t sequence, struct bytes bytes,
              const struct limits *limits, struct memory *memory, bool *conflict)
{
    if (!held_reach(held, next, sequence + (uint32_t)bytes.length - 1, limits, memory)) {
        return false;
    }
    for (bool first = true; bytes.length > 0; first = false) {
        uint32_t at = sequence % PAGE_SIZE;
        struct bytes piece = bytes_first(bytes, PAGE_SIZE - at);
        struct page **slot = slot_of(*held, sequence);

        if (*slot == NULL && (*slot = memory_allocate(memory, sizeof **slot)) == NULL) {
            return false;
        }
        *conflict |= page_put(*slot, at, piece, &(*held)->waiting);
        if (first) {
            bit_set((*slot)->starts, at);
        }
        sequence += (uint32_t)piece.length;
        bytes = bytes_after(bytes, piece.length);
    }
    return true;
}

bool held_any(const struct held *held)
{
    return held && held->waiting > 0;
}

uint32_t held_first(const struct held *held, uint32_t next)
{
    for (uint32_t sequence = next;; sequence = (sequence & ~(PAGE_SIZE - 1)) + PAGE_SIZE) {
        const struct page *page = *slot_of(held, sequence);
        uint32_t at = page ? bit_find(page->present, sequence % PAGE_SIZE, true) : PAGE_SIZE;

        if (at < PAGE_SIZE) {
            return (sequence & ~(PAGE_SIZE - 1)) + at;
        }
    }
}

/* The last view is into a page: it goes when the next one has been drained. */
static void drain(struct held *held, struct page **slot, struct memory *memory)
{
    memory_release(memory, held->draining, sizeof *held->draining);
    held->draining = *slot;
    *slot = NULL;
}

bool held_take(struct held *held, uint32_t next, uint32_t most, struct memory *memory, struct held_run *out)
{
    struct page **slot = slot_of(held, next);
    struct page *page = *slot;
    uint32_t at = next % PAGE_SIZE;

    if (most == 0 || page == NULL || !bit_get(page->present, at)) {
        return false;
    }
    uint32_t end = bit_find(page->present, at, false);
    uint32_t start = at + 1 < PAGE_SIZE ? bit_find(page->starts, at + 1, true) : PAGE_SIZE;
    uint32_t n = (start < end ? start : end) - at;

    n = n < most ? n : most;
    *out = (struct held_run){ bytes_of(page->bytes + at, n), bit_get(page->starts, at) };
    held->waiting -= n;
    bits_fill(page->present, at, at + n, false);
    bits_fill(page->starts, at, at + n, false);
    if (at + n == PAGE_SIZE || held->waiting == 0) {
        drain(held, slot, memory);
    }
    return true;
}

/* --- bars ----------------------------------------------------------------------------------------------- */

const struct held_bar *held_first_bar(const struct held *held)
{
    return held && held->bar_count > 0 ? held->bars : NULL;
}

void held_lift_bar(struct held *held)
{
    held->bar_count--;
    memmove(held->bars, held->bars + 1, held->bar_count * sizeof held->bars[0]);
}

/* Sorted by insertion: there are few, most come in order, and those that continue one another are one. */
bool held_add_bar(struct held *held, struct held_bar bar)
{
    bool full = held->bar_count == HELD_BARS;
    uint32_t i = held->bar_count;

    while (i > 0 && tcp_distance(held->bars[i - 1].sequence, bar.sequence) > 0) {
        i--;
    }
    if (i > 0 && held->bars[i - 1].end == bar.sequence &&
        held->bars[i - 1].acknowledgment == bar.acknowledgment) {
        held->bars[i - 1].end = bar.end;
        return true;
    }
    if (full) {
        held_lift_bar(held);
        i -= i > 0;
    }
    memmove(held->bars + i + 1, held->bars + i, (held->bar_count - i) * sizeof held->bars[0]);
    held->bars[i] = bar;
    held->bar_count++;
    return !full;
}

/* How many of the bytes from that sequence number on are held, or else are not, one like the other. */
static uint32_t run_from(const struct held *held, uint32_t sequence, uint32_t length, bool there)
{
    uint32_t n = 0;

    while (n < length) {
        uint32_t at = (sequence + n) % PAGE_SIZE, end = there ? at : PAGE_SIZE;
        const struct page *page = *slot_of(held, sequence + n);

        if (page) {
            end = bit_find(page->present, at, !there);
        }
        n += end - at;
        if (end < PAGE_SIZE) {
            break;
        }
    }
    return n < length ? n : length;
}

bool held_bar_new_bytes(struct held *held, struct held_bar bar)
{
    uint32_t length = bar.end - bar.sequence;
    bool kept = true;

    for (uint32_t at = run_from(held, bar.sequence, length, true); at < length;) {
        uint32_t first = bar.sequence + at;
        uint32_t n = run_from(held, first, length - at, false);

        kept &= held_add_bar(held, (struct held_bar){ first, first + n, bar.acknowledgment });
        at += n + run_from(held, first + n, length - at - n, true);
    }
    return kept;
}

/* One bar becomes up to three: what the copy has of it, and what is left on either side. */
void held_lower_bars(struct held *held, struct held_bar copy)
{
    for (uint32_t i = 0; i < held->bar_count && held->bar_count + 2 <= HELD_BARS; i++) {
        struct held_bar *bar = &held->bars[i], whole = *bar;

        if (tcp_distance(copy.end, whole.sequence) <= 0 || tcp_distance(copy.sequence, whole.end) >= 0 ||
            tcp_distance(copy.acknowledgment, whole.acknowledgment) >= 0) {
            continue;
        }
        *bar = copy;
        if (tcp_distance(copy.end, whole.end) > 0) {
            bar->end = whole.end;
        } else if (copy.end != whole.end) {
            held_add_bar(held, (struct held_bar){ copy.end, whole.end, whole.acknowledgment });
        }
        if (tcp_distance(copy.sequence, whole.sequence) < 0) {
            bar->sequence = whole.sequence;
        } else if (copy.sequence != whole.sequence) {
            held_add_bar(held, (struct held_bar){ whole.sequence, copy.sequence, whole.acknowledgment });
        }
    }
}
