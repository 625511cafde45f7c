/* SPDX-License-Identifier: MIT */
/* Any conversation, through the whole pipeline into the reports: what they say is UTF-8 and harmless on a
 * terminal, whatever was on the wire. faults.md 71, 72.
 *
 * The first byte chooses: bit 0, a handshake comes first; bit 1, it agrees on permessage-deflate; bit 2, the
 * reports are for a terminal; bit 3, each event is taken apart; bits 4 and 5, the form of the ladder. Then
 * records: a byte with the direction (bit 7), whether the segment is lost
 * (bit 6) and the length of what follows (bits 0 to 5, in steps of 4). */
#include "core/dissector.h"
#include "report/check.h"
#include "report/escape.h"
#include "report/json.h"
#include "report/ladder.h"
#include "report/text.h"
#include "report/width.h"

#include <fcntl.h>
#include <stdlib.h>

#define HEADERS 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct conversation {
    struct dissector *dissector;
    uint64_t packets;
    uint32_t next[2];           /* sequence numbers */
};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* One TCP segment in IPv4; one that is lost only moves the sequence on. */
static void send_segment(struct conversation *conversation, enum direction direction, uint8_t flags,
                         struct bytes payload, bool lost)
{
    uint8_t bytes[HEADERS + 512] = { 0x45, [8] = 64, [9] = 6, [12] = 10, [15] = 1, [16] = 10, [19] = 2 };
    size_t length = HEADERS + payload.length;

    bytes[2] = (uint8_t)(length >> 8);
    bytes[3] = (uint8_t)length;
    bytes[direction == C2S ? 15 : 19] = 1;
    bytes[direction == C2S ? 19 : 15] = 2;
    bytes[direction == C2S ? 23 : 21] = 80;
    bytes[direction == C2S ? 20 : 22] = 0x80;
    put_u32(bytes + 24, conversation->next[direction]);
    put_u32(bytes + 28, conversation->next[direction_reverse(direction)]);
    bytes[32] = 5 << 4;
    bytes[33] = flags;
    if (payload.length > 0) {
        memcpy(bytes + HEADERS, payload.data, payload.length);
    }
    conversation->next[direction] += (uint32_t)payload.length + ((flags & TCP_SYN) != 0);
    if (!lost) {
        struct packet packet = {
            .number = ++conversation->packets,
            .time = (int64_t)conversation->packets * 1000000,
            .link_type = LINK_RAW,
            .wire_length = (uint32_t)length,
            .captured = bytes_of(bytes, length),
        };

        dissector_packet(conversation->dissector, &packet);
    }
}

static void send_text(struct conversation *conversation, enum direction direction, const char *text)
{
    send_segment(conversation, direction, TCP_ACK, bytes_of_text(text), false);
}

static void shake_hands(struct conversation *conversation, bool deflate)
{
    static const char extension[] = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

    send_segment(conversation, C2S, TCP_SYN, bytes_of(NULL, 0), false);
    send_segment(conversation, S2C, TCP_SYN | TCP_ACK, bytes_of(NULL, 0), false);
    send_text(conversation, C2S,
              "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    send_text(conversation, C2S, deflate ? extension : "");
    send_text(conversation, C2S, "\r\n");
    send_text(conversation, S2C,
              "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    send_text(conversation, S2C, deflate ? extension : "");
    send_text(conversation, S2C, "\r\n");
}

static void talk(struct conversation *conversation, struct bytes script)
{
    struct cursor cursor = cursor_over(script);

    while (cursor_left(&cursor) > 0) {
        uint8_t head = cursor_u8(&cursor);
        size_t wanted = (head & 0x3FU) * 4 + 1;
        size_t have = cursor_left(&cursor);
        struct bytes payload = cursor_take(&cursor, wanted < have ? wanted : have);

        send_segment(conversation, head & 0x80 ? S2C : C2S, TCP_ACK, payload, (head & 0x40) != 0);
    }
}

/* What has not been written yet is UTF-8 and holds no control but the line's end. */
static void look_at(struct output *output)
{
    struct bytes view = bytes_of(output->buffer, output->error == 0 ? output->used : 0);

    while (view.length > 0) {
        uint32_t code_point = escape_code_point(&view);

        require(code_point == '\n' || (code_point != ESCAPE_INVALID && width_of(code_point) != WIDTH_NONE));
    }
    output->used = 0;
    output->error = 0;
}

struct sinks {
    struct json json;
    struct text text;
    struct check check;
    struct ladder *ladder;
    struct output *output;
};

static void all_sinks(void *context, const struct event *event)
{
    struct sinks *sinks = context;

    json_event(&sinks->json, event);
    text_event(&sinks->text, event);
    check_event(&sinks->check, event);
    ladder_event(sinks->ladder, event);
    look_at(sinks->output);
}

static void draw(struct ladder *ladder, struct output *output)
{
    require(ladder != NULL);
    ladder_write(ladder, output);
    ladder_destroy(ladder);
    look_at(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct output output;
    static struct detail detail;
    struct dissector_options options = { .limits = LIMITS_DEFAULT };
    struct text_setting setting = { .shown = EVENT_ALL_BUT_SEGMENTS };
    struct sinks sinks = { .output = &output };
    struct conversation conversation = { .next = { 1000, 4294967000U } };
    uint8_t choice = size > 0 ? data[0] : 0;

    options.wanted = ladder_wanted(LADDER_WEBSOCKET);
    output_init(&output, -1);
    setting.columns = choice & 4 ? 80 : 0;
    setting.fields = setting.bytes = (choice & 8) != 0;
    text_init(&sinks.text, &output, &setting);
    sinks.text.detail = &detail;
    sinks.ladder = ladder_create(&(struct ladder_setting){
        .form = (enum ladder_form)((choice >> 4) % 3), .columns = setting.columns });
    sinks.json = (struct json){ .output = &output, .shown = EVENT_ALL_BUT_SEGMENTS };
    sinks.check = (struct check){ .output = &output };
    conversation.dissector = dissector_create(&options, all_sinks, &sinks);
    require(conversation.dissector != NULL);
    if (choice & 1) {
        shake_hands(&conversation, (choice & 2) != 0);
    }
    talk(&conversation, bytes_after(bytes_of(data, size), 1));
    dissector_finish(conversation.dissector);
    check_finish(&sinks.check, dissector_totals(conversation.dissector));
    look_at(&output);
    draw(sinks.ladder, &output);
    dissector_destroy(conversation.dissector);
    return 0;
}
