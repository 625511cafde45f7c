/* SPDX-License-Identifier: MIT */
#include "pcapng.h"

#include <stdlib.h>

#define INTERFACES_MAX 65536
#define BLOCK_MIN 12            /* type, length, and length again */
#define BLOCK_MAX READER_NEED_MAX
#define NANOSECONDS UINT64_C(1000000000)
#define TYPE_AND_LENGTH 8

enum block_type {
    BLOCK_SECTION = 0x0A0D0D0A, /* the same in both byte orders */
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET_OBSOLETE = 2,
    BLOCK_PACKET_SIMPLE = 3,
    BLOCK_PACKET_ENHANCED = 6,
};

#define BYTE_ORDER_MAGIC 0x1A2B3C4D

enum option_code {              /* of an Interface Description Block, section 4.2 */
    OPTION_END = 0,
    OPTION_RESOLUTION = 9,
    OPTION_OFFSET = 14,
};

/* One block, whole in the reader's buffer. */
struct block {
    uint32_t type;
    uint32_t length;            /* with its type and both lengths */
    struct cursor body;
};

/* --- fields in the section's byte order ----------------------------------------------------------------- */

static uint16_t take_u16(struct cursor *cursor, const struct pcapng *file)
{
    uint16_t value = cursor_u16(cursor);

    return file->little_endian ? __builtin_bswap16(value) : value;
}

static uint32_t take_u32(struct cursor *cursor, const struct pcapng *file)
{
    uint32_t value = cursor_u32(cursor);

    return file->little_endian ? __builtin_bswap32(value) : value;
}

static uint64_t take_u64(struct cursor *cursor, const struct pcapng *file)
{
    uint64_t value = cursor_u64(cursor);

    return file->little_endian ? __builtin_bswap64(value) : value;
}

/* Times come as two halves, the high one first whatever the byte order. */
static uint64_t take_time(struct cursor *cursor, const struct pcapng *file)
{
    uint64_t high = take_u32(cursor, file);

    return high << 32 | take_u32(cursor, file);
}

/* --- times ---------------------------------------------------------------------------------------------- */

/* if_tsresol: the first bit chooses powers of two, or of ten. Finer than 64 bits can count is as fine as they
 * can: such times have no meaning left that would be lost. */
static uint64_t units_of_resolution(uint8_t resolution)
{
    unsigned exponent = resolution & 0x7F;
    uint64_t units = 1;

    if (resolution & 0x80) {
        return UINT64_C(1) << (exponent < 63 ? exponent : 63);
    }
    for (unsigned i = 0; i < exponent && i < 19; i++) {
        units *= 10;
    }
    return units;
}

/* n parts of a second, each 1/units of it, in nanoseconds; n < units. */
static uint64_t nanoseconds_of(uint64_t n, uint64_t units)
{
    while (units > UINT64_MAX / NANOSECONDS) {  /* a time so fine loses nothing by this that would show */
        units /= 2;
        n /= 2;
    }
    return n * NANOSECONDS / units;
}

int64_t pcapng_time(const struct pcapng_interface *interface, uint64_t units)
{
    const int64_t latest = PACKET_TIME_MAX / (int64_t)NANOSECONDS;
    int64_t seconds;

    if (interface->offset == 0 && interface->unit > 0 && units <= PACKET_TIME_MAX / interface->unit) {
        return (int64_t)(units * interface->unit);
    }
    if (__builtin_add_overflow(units / interface->units, interface->offset, &seconds) || seconds >= latest) {
        return PACKET_TIME_MAX;
    }
    if (seconds < -latest) {
        return -PACKET_TIME_MAX;
    }
    return seconds * (int64_t)NANOSECONDS +
           (int64_t)nanoseconds_of(units % interface->units, interface->units);
}

static void set_resolution(struct pcapng_interface *interface, uint64_t units)
{
    interface->units = units;
    interface->unit = NANOSECONDS % units == 0 ? NANOSECONDS / units : 0;
}

/* --- blocks --------------------------------------------------------------------------------------------- */

static enum capture_result damaged(const struct reader *reader, struct error *error, const char *reason)
{
    error_set(error, "damaged at byte %llu: %s", (unsigned long long)reader->offset, reason);
    return CAPTURE_FAILED;
}

static bool is_packet(uint32_t type)
{
    return type == BLOCK_PACKET_ENHANCED || type == BLOCK_PACKET_SIMPLE || type == BLOCK_PACKET_OBSOLETE;
}

/* Type and length; a section header's byte order stands behind its length, which is written in it. */
static enum reader_result read_block_start(struct pcapng *file, struct reader *reader, struct block *block,
                                           struct error *error)
{
    enum reader_result result = reader_need(reader, BLOCK_MIN, error);

    if (result != READER_READY) {
        return result;
    }
    struct cursor cursor = cursor_over(reader_view(reader));
    struct cursor magic = cursor_over(bytes_after(reader_view(reader), TYPE_AND_LENGTH));

    block->type = take_u32(&cursor, file);
    if (block->type == BLOCK_SECTION) {
        file->little_endian = cursor_u32(&magic) != BYTE_ORDER_MAGIC;
    }
    block->length = take_u32(&cursor, file);
    return READER_READY;
}

/* Leaves a block that we do not read to skip_block, which needs no buffer as long as it. */
static enum capture_result next_block(struct pcapng *file, struct reader *reader, struct block *block,
                                      struct error *error)
{
    enum reader_result result = read_block_start(file, reader, block, error);

    if (result != READER_READY) {
        return reader_stop_result(result, reader, error);
    }
    if (block->length < BLOCK_MIN || block->length % 4 != 0) {
        return damaged(reader, error, "no block can have that length");
    }
    if (!is_packet(block->type) && block->type != BLOCK_SECTION && block->type != BLOCK_INTERFACE) {
        file->skip = block->length;
        return CAPTURE_PACKET;
    }
    if (block->length > BLOCK_MAX) {
        return damaged(reader, error, "a block longer than any packet");
    }
    result = reader_need(reader, block->length, error);
    if (result != READER_READY) {
        return reader_stop_result(result, reader, error);
    }
    struct cursor cursor = cursor_over(bytes_first(reader_view(reader), block->length));
    cursor_take(&cursor, TYPE_AND_LENGTH);
    block->body = cursor_over(cursor_take(&cursor, block->length - BLOCK_MIN));
    if (take_u32(&cursor, file) != block->length) {
        return damaged(reader, error, "the two lengths of a block differ");
    }
    return CAPTURE_PACKET;
}

static enum capture_result skip_block(struct pcapng *file, struct reader *reader, struct error *error)
{
    while (file->skip > 0) {
        enum reader_result result = reader_need(reader, 1, error);

        if (result == READER_END) {
            error_set(error, "the file ends inside a block");
            return CAPTURE_CUT;
        }
        if (result != READER_READY) {
            return reader_stop_result(result, reader, error);
        }
        size_t step = bytes_first(reader_view(reader), file->skip).length;

        reader_consume(reader, step);
        file->skip -= step;
    }
    return CAPTURE_PACKET;
}

/* --- what blocks say ------------------------------------------------------------------------------------ */

static enum capture_result read_section(struct pcapng *file, const struct reader *reader, struct block *block,
                                        struct error *error)
{
    uint32_t magic = take_u32(&block->body, file);
    uint16_t major = take_u16(&block->body, file);

    if (magic != BYTE_ORDER_MAGIC || major != 1) {
        return damaged(reader, error, "a section header that no version of pcapng has");
    }
    file->interface_count = 0;
    return CAPTURE_PACKET;
}

static void read_interface_option(const struct pcapng *file, struct pcapng_interface *interface,
                                  uint16_t code, struct cursor value)
{
    if (code == OPTION_RESOLUTION && cursor_left(&value) == 1) {
        set_resolution(interface, units_of_resolution(cursor_u8(&value)));
    }
    if (code == OPTION_OFFSET && cursor_left(&value) == 8) {
        interface->offset = (int64_t)take_u64(&value, file);
    }
}

/* Options that run past their block end the list; the interface stands without them. */
static void read_interface_options(const struct pcapng *file, struct pcapng_interface *interface,
                                   struct cursor *body)
{
    while (cursor_left(body) > 0) {
        uint16_t code = take_u16(body, file);
        uint16_t length = take_u16(body, file);
        struct bytes value = cursor_take(body, length);

        if (code == OPTION_END || body->failed) {
            break;
        }
        cursor_take(body, (4 - length % 4U) % 4);
        read_interface_option(file, interface, code, cursor_over(value));
    }
}

static bool grow_interfaces(struct pcapng *file)
{
    uint32_t capacity = file->interface_capacity ? file->interface_capacity * 2 : 8;

    if (file->interface_count < file->interface_capacity) {
        return true;
    }
    if (capacity > INTERFACES_MAX) {
        return false;
    }
    struct pcapng_interface *interfaces = realloc(file->interfaces, capacity * sizeof *interfaces);
    if (interfaces == NULL) {
        return false;
    }
    file->interfaces = interfaces;
    file->interface_capacity = capacity;
    return true;
}

static enum capture_result read_interface(struct pcapng *file, const struct reader *reader,
                                          struct block *block, struct error *error)
{
    struct pcapng_interface interface = { .offset = 0 };

    set_resolution(&interface, 1000000);
    if (!grow_interfaces(file)) {
        return damaged(reader, error, "more interfaces than there is room for");
    }
    interface.link_type = take_u16(&block->body, file);
    take_u16(&block->body, file);       /* reserved */
    interface.snap_length = take_u32(&block->body, file);
    if (block->body.failed) {
        return damaged(reader, error, "an interface block that is too short");
    }
    read_interface_options(file, &interface, &block->body);
    file->interfaces[file->interface_count++] = interface;
    return CAPTURE_PACKET;
}

/* What the three kinds of packet block have in common, once their fields are read. */
static enum capture_result take_packet(struct pcapng *file, const struct reader *reader, struct block *block,
                                       uint32_t interface, struct packet *packet, struct error *error)
{
    size_t length = packet->captured.length;

    packet->captured = cursor_take(&block->body, length);
    if (block->body.failed || length > CAPTURE_PACKET_MAX) {
        return damaged(reader, error, "a packet longer than its block");
    }
    if (interface >= file->interface_count) {
        return damaged(reader, error, "a packet of an interface that is not described");
    }
    packet->link_type = file->interfaces[interface].link_type;
    if (packet->wire_length < length) {
        packet->wire_length = (uint32_t)length;
    }
    file->last_time = packet->time;
    return CAPTURE_PACKET;
}

/* Enhanced, and the obsolete form whose interface has 16 bits and shares its word with a drop count. */
static enum capture_result read_packet(struct pcapng *file, const struct reader *reader, struct block *block,
                                       struct packet *packet, struct error *error)
{
    uint32_t interface = 0;

    if (block->type == BLOCK_PACKET_ENHANCED) {
        interface = take_u32(&block->body, file);
    } else {
        interface = take_u16(&block->body, file);
        take_u16(&block->body, file);
    }
    uint64_t time = take_time(&block->body, file);

    packet->captured.length = take_u32(&block->body, file);
    packet->wire_length = take_u32(&block->body, file);
    if (interface < file->interface_count) {
        packet->time = pcapng_time(&file->interfaces[interface], time);
    }
    return take_packet(file, reader, block, interface, packet, error);
}

/* Section 4.4: of the first interface, and as long as its snap length let it be. */
static enum capture_result read_simple_packet(struct pcapng *file, const struct reader *reader,
                                              struct block *block, struct packet *packet,
                                              struct error *error)
{
    uint32_t length = take_u32(&block->body, file);
    uint32_t snap_length = file->interface_count > 0 ? file->interfaces[0].snap_length : 0;

    packet->wire_length = length;
    packet->time = file->last_time;
    packet->captured.length = snap_length > 0 && snap_length < length ? snap_length : length;
    return take_packet(file, reader, block, 0, packet, error);
}

static enum capture_result read_block(struct pcapng *file, const struct reader *reader, struct block *block,
                                      struct packet *packet, struct error *error)
{
    switch (block->type) {
    case BLOCK_SECTION:
        return read_section(file, reader, block, error);
    case BLOCK_INTERFACE:
        return read_interface(file, reader, block, error);
    case BLOCK_PACKET_SIMPLE:
        return read_simple_packet(file, reader, block, packet, error);
    default:
        return read_packet(file, reader, block, packet, error);
    }
}

/* --- what the header promises --------------------------------------------------------------------------- */

bool pcapng_recognise(struct bytes start)
{
    struct cursor cursor = cursor_over(start);

    return cursor_u32(&cursor) == BLOCK_SECTION;
}

enum capture_result pcapng_open(struct pcapng *file, struct reader *reader, struct error *error)
{
    struct block block;

    *file = (struct pcapng){ .little_endian = false };
    enum capture_result result = next_block(file, reader, &block, error);
    if (result == CAPTURE_END || result == CAPTURE_CUT) {
        error_set(error, "too short for a capture: it ends inside the section header");
        return CAPTURE_FAILED;
    }
    return result == CAPTURE_PACKET ? read_section(file, reader, &block, error) : result;
}

void pcapng_close(struct pcapng *file)
{
    free(file->interfaces);
}

enum capture_result pcapng_next(struct pcapng *file, struct reader *reader, struct packet *packet,
                                struct error *error)
{
    for (;;) {
        struct block block;
        enum capture_result result = skip_block(file, reader, error);

        if (result == CAPTURE_PACKET) {
            result = next_block(file, reader, &block, error);
        }
        if (result == CAPTURE_PACKET && file->skip == 0) {
            result = read_block(file, reader, &block, packet, error);
            reader_consume(reader, block.length);
            if (is_packet(block.type)) {
                return result;
            }
        }
        if (result != CAPTURE_PACKET) {
            return result;
        }
    }
}
