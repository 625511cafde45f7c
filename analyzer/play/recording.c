/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include "packet.h"

#define SECOND UINT64_C(1000000000)
#define BETWEEN_PACKETS 20000
#define MAGIC_NANOSECONDS 0xA1B23C4D

static void put_little(struct buffer *out, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buffer_put_byte(out, (uint8_t)(value >> (8 * i)));
    }
}

static void put_file_header(struct recording *recording)
{
    put_little(recording->out, MAGIC_NANOSECONDS, 4);
    put_little(recording->out, 2, 2);                    /* version 2.4 */
    put_little(recording->out, 4, 2);
    put_little(recording->out, 0, 8);
    put_little(recording->out, recording->snap, 4);
    put_little(recording->out, packet_link_type(recording->link), 4);
}

void recording_put(struct recording *recording, struct bytes packet)
{
    struct bytes captured = bytes_first(packet, recording->snap);

    if (recording->packets++ == 0) {
        put_file_header(recording);
    }
    put_little(recording->out, recording->clock / SECOND, 4);
    put_little(recording->out, recording->clock % SECOND, 4);
    put_little(recording->out, captured.length, 4);
    put_little(recording->out, packet.length, 4);
    buffer_put(recording->out, captured);
    recording->clock += BETWEEN_PACKETS;
}

void recording_finish(struct recording *recording)
{
    if (recording->packets == 0) {
        put_file_header(recording);
    }
}
