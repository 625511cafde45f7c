/* SPDX-License-Identifier: MIT */

/* Conversations, not packets: the input is a list of segments, each relative to the ones before it, so that
 * a changed byte is still a conversation. Two bytes choose options and how the connection begins; then each
 * segment has a byte of flags, perhaps one that moves it in the sequence, one for its length, and its bytes.
 * Told twice under different hash seeds, it must be the same story. */

#include "pipeline.h"

#include "core/ip.h"

enum option {                   /* bits of the first byte */
    NEVER_GUESS = 1,
    FORCE_PORT = 2,
    TIGHT = 4,                  /* small limits */
    HANDSHAKE = 8,              /* SYNs first */
    UPGRADE = 16,               /* then an upgrade, */
    DEFLATE = 32,               /* with permessage-deflate */
    REPORT = 64,
    SEGMENTS = 128,
};

enum flag {                     /* bits of a segment's first byte */
    FROM_SERVER = 1,
    WITH_FIN = 2,
    WITH_RST = 4,
    WITH_SYN = 8,
    WITHOUT_ACK = 16,
    MOVED = 32,                 /* a byte follows: its sequence number is so much further, or less */
    OTHER_CONNECTION = 64,
    LONG = 128,                 /* the length has two bytes */
};

#define PORT 80
#define WIRE_MOST 4096

static const char request[] =
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
static const char response[] =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
static const char deflate[] = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

struct talk {
    struct dissector *dissector;
    struct pipeline *pipeline;
    uint32_t next[2][2];        /* [connection][direction] */
    int64_t time;
};

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static void send_segment(struct talk *talk, int connection, int side, uint8_t flags, uint32_t sequence,
                         struct bytes payload)
{
    uint8_t wire[WIRE_MOST] = { 0x45, [9] = 6, [32] = 0x50 };
    uint16_t port = (uint16_t)(40000 + connection);
    size_t length = 40 + payload.length;

    wire[2] = (uint8_t)(length >> 8);
    wire[3] = (uint8_t)length;
    put32(wire + 12, side == C2S ? 0x0a000001 : 0x0a000002);
    put32(wire + 16, side == C2S ? 0x0a000002 : 0x0a000001);
    put32(wire + 20, side == C2S ? (uint32_t)port << 16 | PORT : PORT << 16 | (uint32_t)port);
    put32(wire + 24, sequence);
    put32(wire + 28, talk->next[connection][!side]);
    wire[33] = flags;
    if (payload.length > 0) {
        memcpy(wire + 40, payload.data, payload.length);
    }
    /* a copy of the right size, so that a view kept too long, or read too far, is caught */
    uint8_t *copy = malloc(length);
    memcpy(copy, wire, length);
    struct packet packet = { .number = ++talk->pipeline->packet,
                             .time = talk->time += 1000000,
                             .link_type = LINK_RAW,
                             .wire_length = (uint32_t)length,
                             .captured = bytes_of(copy, length) };
    dissector_packet(talk->dissector, &packet);
    free(copy);
    uint32_t end = sequence + (uint32_t)payload.length + ((flags & (TCP_SYN | TCP_FIN)) != 0);
    if (tcp_distance(end, talk->next[connection][side]) > 0) {
        talk->next[connection][side] = end;
    }
}

static void say(struct talk *talk, int side, const char *head, bool with_deflate)
{
    char text[512];
    int length = snprintf(text, sizeof text, "%s%s\r\n", head, with_deflate ? deflate : "");

    send_segment(talk, 0, side, TCP_ACK, talk->next[0][side], bytes_of(text, (size_t)length));
}

static void begin(struct talk *talk, uint8_t options)
{
    static const struct bytes nothing;

    if (options & (HANDSHAKE | UPGRADE)) {
        send_segment(talk, 0, C2S, TCP_SYN, talk->next[0][C2S], nothing);
        send_segment(talk, 0, S2C, TCP_SYN | TCP_ACK, talk->next[0][S2C], nothing);
    }
    if (options & UPGRADE) {
        say(talk, C2S, request, options & DEFLATE);
        say(talk, S2C, response, options & DEFLATE);
    }
}

static void next_segment(struct talk *talk, struct cursor *input)
{
    uint8_t flags = cursor_u8(input), tcp_flags = flags & WITHOUT_ACK ? 0 : TCP_ACK;
    int side = flags & FROM_SERVER ? S2C : C2S, connection = (flags & OTHER_CONNECTION) != 0;
    int8_t moved = flags & MOVED ? (int8_t)cursor_u8(input) : 0;
    size_t length = flags & LONG ? cursor_u16(input) % 2048 : cursor_u8(input);
    size_t left = cursor_left(input);

    tcp_flags |= (uint8_t)((flags & WITH_FIN ? TCP_FIN : 0) | (flags & WITH_RST ? TCP_RST : 0) |
                           (flags & WITH_SYN ? TCP_SYN : 0));
    send_segment(talk, connection, side, tcp_flags, talk->next[connection][side] + (uint32_t)(int32_t)moved,
                 cursor_take(input, length < left ? length : left));
}

static struct limits limits_for(uint8_t options)
{
    struct limits limits = LIMITS_DEFAULT;

    limits.memory = 8 << 20;
    limits.message_inflated = 1 << 20;
    if (options & TIGHT) {
        limits.memory = 100000;
        limits.held = 8192;
        limits.head = 512;
        limits.message_kept = 64;
        limits.message_inflated = 512;
    }
    return limits;
}

static uint64_t tell(struct bytes data, uint64_t seed)
{
    static const uint16_t port = PORT;
    struct cursor input = cursor_over(data);
    uint8_t options = cursor_u8(&input), start = cursor_u8(&input);
    const struct dissector_options settings = {
        .limits = limits_for(options),
        .hash_seed = seed,
        .wanted = options & SEGMENTS ? UINT32_MAX : EVENT_ALL_BUT_SEGMENTS,
        .guess = options & NEVER_GUESS ? DISSECTOR_NEVER_GUESS : DISSECTOR_GUESS,
        .websocket_ports = &port,
        .websocket_port_count = (options & FORCE_PORT) != 0,
    };
    struct pipeline *pipeline = pipeline_create(options & REPORT && seed == 0);
    /* a start near 2^32 wraps, one at 0x80000000 changes sign */
    struct talk talk = { .dissector = dissector_create(&settings, pipeline_event, pipeline),
                         .pipeline = pipeline,
                         .next = { { (uint32_t)start << 24 | 0xfffff0, UINT32_MAX - start }, { 1000, 2000 } },
                         .time = INT64_C(1000000000000) };

    begin(&talk, options);
    while (cursor_left(&input) > 0) {
        next_segment(&talk, &input);
    }
    pipeline->digest ^= dissector_totals(talk.dissector)->connections;
    dissector_finish(talk.dissector);
    uint64_t digest = pipeline->digest;
    pipeline_destroy(pipeline, talk.dissector);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4 || size > 8192) {
        return 0;
    }
    uint64_t once = tell(bytes_of(data, size), 0), again = tell(bytes_of(data, size), 0x5eed);

    PIPELINE_REQUIRE(once == again);
    return 0;
}
