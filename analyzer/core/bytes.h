/* SPDX-License-Identifier: MIT */
#ifndef WS101_BYTES_H
#define WS101_BYTES_H

/* bytes - views of memory, and the only way the core reads packet bytes: the checked cursor.
 *
 * Ownership: a view owns nothing; it is good as long as what it was handed with (see each header).
 * Errors:    a read past the end gives zeros and sets failed for good; test it once, after the reads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *data;
    size_t length;
};

/* No packet is farther from the epoch, whatever its file says: any two times can be subtracted. Year 2116. */
#define PACKET_TIME_MAX (INT64_MAX / 2)

/* One packet as the capture handed it over; valid until the next read of the capture. */
struct packet {
    uint64_t number;        /* in the capture, from 1 */
    int64_t time;           /* nanoseconds since the epoch, up to PACKET_TIME_MAX before or after */
    uint32_t link_type;     /* LINKTYPE_ value of the pcap and pcapng formats */
    uint32_t wire_length;   /* bytes on the wire, before a snap length cut them */
    struct bytes captured;
};

/* Who sent it. The client is the side that asks for the upgrade. */
enum direction {
    C2S,
    S2C,
};

static inline enum direction direction_reverse(enum direction direction)
{
    return direction == C2S ? S2C : C2S;
}

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct bytes bytes_of(const void *data, size_t length)
{
    return (struct bytes){ .data = data, .length = length };
}

/* The view of a C string, without its NUL. */
static inline struct bytes bytes_of_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

/* The first n bytes, or all where there are fewer. */
static inline struct bytes bytes_first(struct bytes view, size_t n)
{
    return bytes_of(view.data, n < view.length ? n : view.length);
}

/* What follows the first n bytes; empty where there are fewer. */
static inline struct bytes bytes_after(struct bytes view, size_t n)
{
    size_t skip = n < view.length ? n : view.length;

    return skip == 0 ? view : bytes_of(view.data + skip, view.length - skip);
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* What a hexadecimal digit stands for, 0 to 15; -1 for any other character, and for none: -1. */
static inline int bytes_hex_digit(int character)
{
    int letter = character | 0x20;      /* lower case */

    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static inline struct cursor cursor_over(struct bytes view)
{
    return (struct cursor){ .at = view.data, .end = view.length ? view.data + view.length : view.data };
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return cursor->failed ? 0 : (size_t)(cursor->end - cursor->at);
}

/* The next n bytes as a view; empty, and failed set, where fewer are left. */
static inline struct bytes cursor_take(struct cursor *cursor, size_t n)
{
    struct bytes view = { .data = cursor->at, .length = n };

    if (n > cursor_left(cursor)) {
        cursor->failed = true;
        return bytes_of(NULL, 0);
    }
    if (n > 0) {
        cursor->at += n;
    }
    return view;
}

/* Everything that is left. */
static inline struct bytes cursor_rest(struct cursor *cursor)
{
    return cursor_take(cursor, cursor_left(cursor));
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
    struct bytes view = cursor_take(cursor, 1);

    return view.length ? view.data[0] : 0;
}

/* Big-endian, the network's order. */
static inline uint16_t cursor_u16(struct cursor *cursor)
{
    struct bytes view = cursor_take(cursor, 2);

    if (cursor->failed) {
        return 0;
    }
    return (uint16_t)(view.data[0] << 8 | view.data[1]);
}

static inline uint32_t cursor_u32(struct cursor *cursor)
{
    struct bytes view = cursor_take(cursor, 4);

    if (cursor->failed) {
        return 0;
    }
    return (uint32_t)view.data[0] << 24 | (uint32_t)view.data[1] << 16 | (uint32_t)view.data[2] << 8 |
           view.data[3];
}

static inline uint64_t cursor_u64(struct cursor *cursor)
{
    uint64_t high = cursor_u32(cursor);

    return high << 32 | cursor_u32(cursor);
}

#endif
