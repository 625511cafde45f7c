/* SPDX-License-Identifier: MIT */
#include "pcapfile.h"

#define FILE_HEADER 24
#define RECORD_HEADER_MIN 16
#define SECOND INT64_C(1000000000)
#define LINK_TYPE_MASK 0x03FFFFFF       /* above it: whether and how long a frame check sequence follows */

/* The magic number as the writing host laid it down; read the other way round, it has the other order. */
static const struct magic {
    uint32_t value;
    uint8_t record_header;
    int64_t fraction;
} magics[] = {
    { 0xA1B2C3D4, RECORD_HEADER_MIN, 1000 },
    { 0xA1B23C4D, RECORD_HEADER_MIN, 1 },
    { 0xA1B2CD34, RECORD_HEADER_MIN + 8, 1000 },   /* Kuznetzov: interface, protocol, type behind lengths */
};

static uint32_t take_u32(struct cursor *cursor, bool little_endian)
{
    uint32_t value = cursor_u32(cursor);

    return little_endian ? __builtin_bswap32(value) : value;
}

static uint16_t take_u16(struct cursor *cursor, bool little_endian)
{
    uint16_t value = cursor_u16(cursor);

    return little_endian ? __builtin_bswap16(value) : value;
}

static const struct magic *find_magic(struct bytes start, bool little_endian)
{
    struct cursor cursor = cursor_over(start);
    uint32_t value = take_u32(&cursor, little_endian);

    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        if (magics[i].value == value) {
            return &magics[i];
        }
    }
    return NULL;
}

bool pcapfile_recognise(struct bytes start)
{
    return find_magic(start, false) != NULL || find_magic(start, true) != NULL;
}

static bool read_header(struct pcapfile *file, struct bytes header, struct error *error)
{
    bool little_endian = find_magic(header, true) != NULL;
    const struct magic *magic = find_magic(header, little_endian);
    struct cursor cursor = cursor_over(header);

    cursor_u32(&cursor);        /* magic */
    unsigned major = take_u16(&cursor, little_endian);
    unsigned minor = take_u16(&cursor, little_endian);
    cursor_u64(&cursor);        /* time zone and accuracy: never used */
    cursor_u32(&cursor);        /* snap length: each record says what it has */
    uint32_t link_type = take_u32(&cursor, little_endian) & LINK_TYPE_MASK;

    if (major != 2) {
        error_set(error, "pcap version %u.%u; this program reads version 2", major, minor);
        return false;
    }
    *file = (struct pcapfile){
        .little_endian = little_endian,
        .swapped_lengths = minor < 4,
        .record_header = magic->record_header,
        .fraction = magic->fraction,
        .link_type = link_type,
    };
    return true;
}

enum capture_result pcapfile_open(struct pcapfile *file, struct reader *reader, struct error *error)
{
    enum reader_result result = reader_need(reader, FILE_HEADER, error);

    if (result == READER_END || result == READER_CUT) {
        error_set(error, "too short for a capture: it ends inside the file header");
        return CAPTURE_FAILED;
    }
    if (result != READER_READY) {
        return reader_stop_result(result, reader, error);
    }
    if (!read_header(file, bytes_first(reader_view(reader), FILE_HEADER), error)) {
        return CAPTURE_FAILED;
    }
    reader_consume(reader, FILE_HEADER);
    return CAPTURE_PACKET;
}

/* The record's header is there; its packet may not be yet. */
static void read_record_header(const struct pcapfile *file, const uint8_t *header, struct packet *packet)
{
    struct cursor cursor = cursor_over(bytes_of(header, RECORD_HEADER_MIN));
    int64_t seconds = take_u32(&cursor, file->little_endian);
    int64_t fraction = take_u32(&cursor, file->little_endian);
    uint32_t captured = take_u32(&cursor, file->little_endian);
    uint32_t on_wire = take_u32(&cursor, file->little_endian);

    if (file->swapped_lengths && captured > on_wire) {
        uint32_t other = captured;

        captured = on_wire;
        on_wire = other;
    }
    packet->time = seconds * SECOND + fraction * file->fraction;
    packet->link_type = file->link_type;
    packet->wire_length = on_wire > captured ? on_wire : captured;
    packet->captured.length = captured;
}

enum capture_result pcapfile_next(struct pcapfile *file, struct reader *reader, struct packet *packet,
                                  struct error *error)
{
    enum reader_result result = reader_need(reader, file->record_header, error);

    if (result != READER_READY) {
        return reader_stop_result(result, reader, error);
    }
    read_record_header(file, reader_view(reader).data, packet);
    size_t length = packet->captured.length;
    if (length > CAPTURE_PACKET_MAX) {
        error_set(error, "damaged at byte %llu: a packet of %zu bytes, and none has more than %u",
                  (unsigned long long)reader->offset, length, CAPTURE_PACKET_MAX);
        return CAPTURE_FAILED;
    }
    result = reader_need(reader, file->record_header + length, error);
    if (result != READER_READY) {
        return reader_stop_result(result, reader, error);
    }
    packet->captured.data = reader_view(reader).data + file->record_header;
    reader_consume(reader, file->record_header + length);
    return CAPTURE_PACKET;
}
