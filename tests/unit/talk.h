/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TALK_H
#define TESTS_TALK_H

/* talk - a TCP connection played to a dissector, segment by segment, and what the dissector said of it, as
 * one line of words: "connection GET 101 accepted c2s:text=hi close:fin". */

#include "core/dissector.h"
#include "core/rules.h"
#include "unit/report.h"

#include <stdarg.h>
#include <stdio.h>

#define TALK_REQUEST                                                                 \
    "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define TALK_ANSWER                                                                     \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

struct talk {
    struct dissector *dissector;
    struct dissector_options options;
    char said[16384];
    size_t said_length;
    unsigned kinds[EVENT_KINDS];
    uint64_t packets;
    int64_t time;
    uint16_t ports[2];          /* of client and server */
    uint32_t sequence[2];       /* of each one's next byte */
    uint32_t seen[2];           /* how far each has seen the other: what it acknowledges */
    uint32_t masks;             /* no key twice */
};

__attribute__((format(printf, 2, 3))) static inline void talk_say(struct talk *talk, const char *format, ...)
{
    size_t room = sizeof talk->said - talk->said_length;
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(talk->said + talk->said_length, room, format, arguments);
    va_end(arguments);
    talk->said_length += (size_t)n < room ? (size_t)n : room - 1;
}

static inline void talk_say_faults(struct talk *talk, const struct event *event)
{
    struct finding finding;
    unsigned next = 0;

    while (rules_next(event, &next, &finding)) {
        talk_say(talk, "!%s", finding.rule->id);
    }
    talk_say(talk, " ");
}

static inline void talk_sink(void *context, const struct event *event)
{
    struct talk *talk = context;
    const char *direction = event_direction_name(event->direction);
    const struct message *message = event->message.message;

    talk->kinds[event->kind]++;
    switch (event->kind) {
    case EVENT_CONNECTION:
        talk_say(talk, event->connection->midstream ? "late-connection " : "connection ");
        break;
    case EVENT_HTTP:
        if (event->http.head->is_request) {
            talk_say(talk, "%.*s", (int)event->http.head->method.length, event->http.head->method.data);
        } else {
            talk_say(talk, "%u", event->http.head->status);
        }
        talk_say_faults(talk, event);
        break;
    case EVENT_HANDSHAKE:
        talk_say(talk, "%s", event_verdict_name(event->handshake->verdict));
        talk_say_faults(talk, event);
        break;
    case EVENT_FRAME:
        if (frame_is_control(event->frame.frame->opcode) || event->faults != 0) {
            talk_say(talk, "%s:%s", direction, frame_opcode_name(event->frame.frame->opcode));
            talk_say_faults(talk, event);
        }
        break;
    case EVENT_MESSAGE:
        talk_say(talk, "%s:%s%s%.*s%s", direction, frame_opcode_name(message->opcode),
                 message->complete ? "=" : "~",
                 message->payload.length < 40 ? (int)message->payload.length : 0,
                 message->payload.length ? (const char *)message->payload.data : "",
                 message->payload.length < 40 ? "" : "...");
        talk_say_faults(talk, event);
        break;
    case EVENT_CLOSE:
        talk_say(talk, "close:%s", event_close_name(event->close.how));
        if (event->close.api_code[C2S] || event->close.api_code[S2C]) {
            talk_say(talk, ":%u", event->close.api_code[C2S]);
        }
        if (event->close.api_code[C2S] != event->close.api_code[S2C]) {
            talk_say(talk, "/%u", event->close.api_code[S2C]);
        }
        if (event->close.first_known) {
            talk_say(talk, ":%s", event_direction_name(event->close.first));
        }
        if (event->close.server_name.length) {
            talk_say(talk, ":%.*s", (int)event->close.server_name.length, event->close.server_name.data);
        }
        talk_say_faults(talk, event);
        break;
    case EVENT_GAP:
        talk_say(talk, "%s:gap=%u:%s ", direction, (unsigned)event->gap.bytes,
                 event_resumed_name(event->gap.resumed));
        break;
    case EVENT_CUT:
        talk_say(talk, "%s:cut=%u/%u", direction, (unsigned)event->frame.arrived,
                 (unsigned)event->frame.frame->length);
        talk_say_faults(talk, event);
        break;
    case EVENT_NOTICE:
        talk_say(talk, "%s:", direction);
        talk_say_faults(talk, event);
        break;
    default:
        break;
    }
}

static inline void talk_init(struct talk *talk)
{
    memset(talk, 0, sizeof *talk);
    talk->options = (struct dissector_options){ .limits = LIMITS_DEFAULT, .hash_seed = 101,
                                                .wanted = EVENT_ALL_BUT_SEGMENTS };
    talk->ports[C2S] = 40000;
    talk->ports[S2C] = 80;
    talk->sequence[C2S] = talk->seen[S2C] = 1000;
    talk->sequence[S2C] = talk->seen[C2S] = 0xFFFFFFF0;
    talk->time = INT64_C(1700000000) * 1000000000;
    talk->masks = 1;
}

/* Options are set between talk_init and the first packet. */
static inline void talk_begin(struct talk *talk)
{
    if (talk->dissector == NULL) {
        talk->dissector = dissector_create(&talk->options, talk_sink, talk);
        ck_assert_ptr_nonnull(talk->dissector);
    }
}

static inline void talk_put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void talk_put32(uint8_t *at, uint32_t value)
{
    talk_put16(at, value >> 16);
    talk_put16(at + 2, value & 0xFFFF);
}

/* One packet of raw IPv4, a millisecond after the last one: nothing of the talk's own state moves. */
static inline void talk_packet(struct talk *talk, enum direction d, uint8_t flags, uint32_t sequence,
                               uint32_t acknowledgment, struct bytes payload)
{
    static uint8_t bytes[66000];
    size_t length = 40 + payload.length;

    ck_assert_uint_lt(length, sizeof bytes);
    memset(bytes, 0, 40);
    bytes[0] = 0x45;
    talk_put16(bytes + 2, (uint32_t)length);
    bytes[8] = 64;
    bytes[9] = IP_PROTOCOL_TCP;
    talk_put32(bytes + 12, d == C2S ? 0x0A000001 : 0x0A000002);
    talk_put32(bytes + 16, d == C2S ? 0x0A000002 : 0x0A000001);
    talk_put16(bytes + 20, talk->ports[d]);
    talk_put16(bytes + 22, talk->ports[!d]);
    talk_put32(bytes + 24, sequence);
    talk_put32(bytes + 28, acknowledgment);
    bytes[32] = 0x50;
    bytes[33] = flags;
    if (payload.length > 0) {
        memcpy(bytes + 40, payload.data, payload.length);
    }
    talk_begin(talk);
    talk->time += 1000000;
    struct packet packet = { .number = ++talk->packets,
                             .time = talk->time,
                             .link_type = LINK_IPV4,
                             .wire_length = (uint32_t)length,
                             .captured = bytes_of(bytes, length) };
    dissector_packet(talk->dissector, &packet);
}

/* The next segment of one side: it acknowledges all that the side has seen. */
static inline void talk_segment(struct talk *talk, enum direction d, uint8_t flags, struct bytes payload)
{
    uint32_t numbers = (uint32_t)payload.length + ((flags & TCP_FIN) != 0) + ((flags & TCP_SYN) != 0);

    talk_packet(talk, d, flags, talk->sequence[d], talk->seen[d], payload);
    talk->sequence[d] += numbers;
    talk->seen[!d] = talk->sequence[d];
}

/* The same, but it was not captured; the peer has got it all the same. */
static inline void talk_lose(struct talk *talk, enum direction d, size_t length)
{
    talk->sequence[d] += (uint32_t)length;
    talk->seen[!d] = talk->sequence[d];
}

static inline void talk_text(struct talk *talk, enum direction d, const char *text)
{
    talk_segment(talk, d, TCP_ACK | TCP_PSH, bytes_of_text(text));
}

static inline void talk_acknowledge(struct talk *talk, enum direction d)
{
    talk_segment(talk, d, TCP_ACK, bytes_of(NULL, 0));
}

static inline void talk_open(struct talk *talk)
{
    talk_segment(talk, C2S, TCP_SYN, bytes_of(NULL, 0));
    talk_segment(talk, S2C, TCP_SYN | TCP_ACK, bytes_of(NULL, 0));
    talk_acknowledge(talk, C2S);
}

static inline void talk_upgrade(struct talk *talk)
{
    talk_open(talk);
    talk_text(talk, C2S, TALK_REQUEST);
    talk_text(talk, S2C, TALK_ANSWER);
}

static inline void talk_fin(struct talk *talk, enum direction d)
{
    talk_segment(talk, d, TCP_ACK | TCP_FIN, bytes_of(NULL, 0));
}

/* A frame with that first byte, masked when the client's; the bytes are good until the next call. */
static inline struct bytes talk_frame(struct talk *talk, enum direction d, uint8_t first,
                                      struct bytes payload)
{
    static uint8_t bytes[66000];
    size_t header = payload.length < 126 ? 2 : 4;
    uint8_t masked = d == C2S ? 0x80 : 0;

    ck_assert_uint_lt(payload.length, 65000);
    bytes[0] = first;
    bytes[1] = (uint8_t)(masked | (header == 2 ? payload.length : 126));
    if (header == 4) {
        talk_put16(bytes + 2, (uint32_t)payload.length);
    }
    if (masked) {
        talk_put32(bytes + header, talk->masks++ * 0x9E3779B1U);
        frame_unmask(bytes + header + 4, payload.data, payload.length, bytes + header, 0);
        header += 4;
    } else if (payload.length > 0) {
        memcpy(bytes + header, payload.data, payload.length);
    }
    return bytes_of(bytes, header + payload.length);
}

static inline void talk_send(struct talk *talk, enum direction d, uint8_t first, const char *payload)
{
    talk_segment(talk, d, TCP_ACK | TCP_PSH, talk_frame(talk, d, first, bytes_of_text(payload)));
}

#define TALK_TEXT  0x81
#define TALK_CLOSE 0x88
#define TALK_PING  0x89
#define TALK_PONG  0x8A

/* What was said so far, and forgets it. */
static inline void talk_expect(struct talk *talk, const char *expected)
{
    while (talk->said_length > 0 && talk->said[talk->said_length - 1] == ' ') {
        talk->said[--talk->said_length] = '\0';
    }
    ck_assert_str_eq(talk->said, expected);
    talk->said_length = 0;
    talk->said[0] = '\0';
}

static inline void talk_end(struct talk *talk, const char *expected)
{
    talk_begin(talk);
    dissector_finish(talk->dissector);
    talk_expect(talk, expected);
    dissector_destroy(talk->dissector);
}

#endif
