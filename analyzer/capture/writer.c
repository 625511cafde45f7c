/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/link.h"
#include "privileges.h"

/* draft-ietf-opsawg-pcapng: a section header, an interface for each link type when its first packet comes,
 * and an Enhanced Packet Block for each packet, all big-endian. */

#define BUFFER_SIZE (256U << 10)
#define SECTION_BLOCK 28
#define INTERFACE_BLOCK 32
#define PACKET_BLOCK 32         /* around the packet */
#define LINK_TYPES_MAX 16

enum block_type {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET_ENHANCED = 6,
};

struct capture_writer {
    int descriptor;
    char *name;
    bool is_ours;               /* we created it, and may cut it; standard output may be somebody's log */
    uint64_t written;           /* bytes, all of them in whole blocks */
    uint32_t link_types[LINK_TYPES_MAX];    /* of interface 0, 1, … */
    uint32_t interface_count;
    uint8_t *buffer;            /* whole blocks only, so that every write ends with one */
    size_t used;
    bool failed;
};

/* --- blocks into the buffer ----------------------------------------------------------------------------- */

static void put_u16(struct capture_writer *writer, unsigned value)
{
    writer->buffer[writer->used++] = (uint8_t)(value >> 8);
    writer->buffer[writer->used++] = (uint8_t)value;
}

static void put_u32(struct capture_writer *writer, uint32_t value)
{
    put_u16(writer, value >> 16);
    put_u16(writer, value & 0xFFFF);
}

static void put_section(struct capture_writer *writer)
{
    put_u32(writer, BLOCK_SECTION);
    put_u32(writer, SECTION_BLOCK);
    put_u32(writer, 0x1A2B3C4D);        /* byte order */
    put_u16(writer, 1);
    put_u16(writer, 0);
    put_u32(writer, UINT32_MAX);        /* section length: not known */
    put_u32(writer, UINT32_MAX);
    put_u32(writer, SECTION_BLOCK);
}

static void put_interface(struct capture_writer *writer, uint32_t link_type)
{
    put_u32(writer, BLOCK_INTERFACE);
    put_u32(writer, INTERFACE_BLOCK);
    put_u16(writer, link_type);
    put_u16(writer, 0);
    put_u32(writer, 0);                 /* no snap length */
    put_u16(writer, 9);                 /* if_tsresol */
    put_u16(writer, 1);
    put_u32(writer, UINT32_C(9) << 24); /* nanoseconds */
    put_u32(writer, 0);                 /* end of options */
    put_u32(writer, INTERFACE_BLOCK);
}

static size_t padding_of(size_t length)
{
    return (4 - length % 4) % 4;
}

static void put_packet(struct capture_writer *writer, const struct packet *packet, uint32_t interface)
{
    size_t length = packet->captured.length;
    size_t padding = padding_of(length);
    uint32_t block = (uint32_t)(PACKET_BLOCK + length + padding);

    put_u32(writer, BLOCK_PACKET_ENHANCED);
    put_u32(writer, block);
    put_u32(writer, interface);
    put_u32(writer, (uint32_t)((uint64_t)packet->time >> 32));
    put_u32(writer, (uint32_t)packet->time);
    put_u32(writer, (uint32_t)length);
    put_u32(writer, packet->wire_length);
    memcpy(writer->buffer + writer->used, packet->captured.data, length);
    memset(writer->buffer + writer->used + length, 0, padding);
    writer->used += length + padding;
    put_u32(writer, block);
}

/* --- to the file ---------------------------------------------------------------------------------------- */

/* How many of the buffer's first n bytes are whole blocks. */
static size_t whole_blocks(const struct capture_writer *writer, size_t n)
{
    struct cursor cursor = cursor_over(bytes_of(writer->buffer, n));
    size_t whole = 0;

    for (;;) {
        cursor_u32(&cursor);    /* type */
        size_t length = cursor_u32(&cursor);

        cursor_take(&cursor, length - 8);
        if (cursor.failed) {
            return whole;
        }
        whole += length;
    }
}

/* A write that stopped halfway leaves half a packet behind: cut it off again. */
static bool fail(struct capture_writer *writer, size_t done, struct error *error)
{
    uint64_t whole = writer->written + whole_blocks(writer, done);

    error_set(error, "%.150s: cannot write: %s", writer->name, strerror(errno));
    writer->failed = true;
    if (writer->is_ours && ftruncate(writer->descriptor, (off_t)whole) != 0) {
        error_prefix(error, "the last packet in the file is cut");
    }
    return false;
}

bool capture_writer_flush(struct capture_writer *writer, struct error *error)
{
    size_t done = 0;

    if (writer->interface_count == 0) {
        return true;                    /* the file has not begun */
    }

    while (done < writer->used) {
        ssize_t n = write(writer->descriptor, writer->buffer + done, writer->used - done);

        if (n >= 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            return fail(writer, done, error);
        }
    }
    writer->written += done;
    writer->used = 0;
    return true;
}

static bool reserve(struct capture_writer *writer, size_t size, struct error *error)
{
    return writer->used + size <= BUFFER_SIZE || capture_writer_flush(writer, error);
}

/* --- what the header promises --------------------------------------------------------------------------- */

static int refuse(const char *file, int reason, struct error *error)
{
    if (reason == EEXIST) {
        error_set(error, "%s: exists already; remove it or choose another name", file);
    } else if (reason == ELOOP) {
        error_set(error, "%s: a symbolic link, which could lead anywhere; name the file itself", file);
    } else {
        error_set(error, "%s: cannot be created: %s", file, strerror(reason));
    }
    errno = reason;
    return -1;
}

int capture_create(const char *file, bool overwrite, struct error *error)
{
    int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (overwrite ? O_TRUNC : O_EXCL);
    int descriptor = privileges_open(file, flags, 0600);

    if (descriptor < 0) {
        return refuse(file, errno, error);
    }
    fcntl(descriptor, F_SETFL, 0);      /* only opening a pipe that nobody reads should not wait */
    return descriptor;
}

static bool create(struct capture_writer *writer, const char *file, bool overwrite, struct error *error)
{
    writer->is_ours = strcmp(file, "-") != 0;
    writer->descriptor = writer->is_ours ? capture_create(file, overwrite, error) : dup(STDOUT_FILENO);
    if (!writer->is_ours && writer->descriptor < 0) {
        error_set(error, "%s: cannot be written: %s", file, strerror(errno));
    }
    return writer->descriptor >= 0;
}

struct capture_writer *capture_writer_open(const char *file, bool overwrite, struct error *error)
{
    struct capture_writer *writer = calloc(1, sizeof *writer);
    uint8_t *buffer = malloc(BUFFER_SIZE + PACKET_BLOCK + CAPTURE_PACKET_MAX);
    char *name = strdup(file);

    if (writer == NULL || buffer == NULL || name == NULL) {
        error_set(error, "%s: no memory", file);
    }
    if (writer == NULL || buffer == NULL || name == NULL || !create(writer, file, overwrite, error)) {
        free(writer);
        free(buffer);
        free(name);
        return NULL;
    }
    writer->buffer = buffer;
    writer->name = name;
    put_section(writer);
    return writer;
}

static bool find_interface(struct capture_writer *writer, uint32_t link_type, uint32_t *interface,
                           struct error *error)
{
    for (*interface = 0; *interface < writer->interface_count; (*interface)++) {
        if (writer->link_types[*interface] == link_type) {
            return true;
        }
    }
    if (writer->interface_count == LINK_TYPES_MAX || link_type > UINT16_MAX) {
        error_set(error, "%.150s: no room for packets of link type %u", writer->name, link_type);
        return false;
    }
    if (!reserve(writer, INTERFACE_BLOCK, error)) {
        return false;
    }
    writer->link_types[writer->interface_count++] = link_type;
    put_interface(writer, link_type);
    return true;
}

bool capture_writer_begin(struct capture_writer *writer, uint32_t link_type, struct error *error)
{
    uint32_t interface;

    return writer->interface_count > 0 ||
           (find_interface(writer, link_type, &interface, error) && capture_writer_flush(writer, error));
}

bool capture_writer_packet(struct capture_writer *writer, const struct packet *packet, struct error *error)
{
    uint32_t interface;

    if (writer->failed || packet->captured.length > CAPTURE_PACKET_MAX) {
        error_set(error, "%.150s: %s", writer->name,
                  writer->failed ? "writing has failed before" : "a packet longer than a file may hold");
        return false;
    }
    if (!find_interface(writer, packet->link_type, &interface, error) ||
        !reserve(writer, PACKET_BLOCK + packet->captured.length + 3, error)) {
        return false;
    }
    put_packet(writer, packet, interface);
    return true;
}

bool capture_writer_close(struct capture_writer *writer, struct error *error)
{
    bool good = !writer->failed && capture_writer_begin(writer, LINK_ETHERNET, error) &&
                capture_writer_flush(writer, error);

    if (close(writer->descriptor) != 0 && good) {
        error_set(error, "%.150s: cannot write: %s", writer->name, strerror(errno));
        good = false;
    }
    free(writer->buffer);
    free(writer->name);
    free(writer);
    return good;
}
