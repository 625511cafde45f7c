/* SPDX-License-Identifier: MIT */
#ifndef WS101_EVENT_H
#define WS101_EVENT_H

/* event - what leaves the core, one at a time, through the one sink.
 *
 * Ownership:  the event and every view in it are the core's, and valid until the sink returns. A sink that
 *             wants to keep something copies it.
 * Order:      as the receiver would see things happen. time and packet are those of the packet with which
 *             the event became complete; what waited for a hole to be filled has the filling packet's.
 * Faults:     bit i of faults is row i of the kind's table in rules.h; a clean event has none.
 */

#include "bytes.h"
#include "frame.h"
#include "handshake.h"
#include "http.h"
#include "ip.h"
#include "message.h"
#include "tcp.h"

enum event_kind {
    EVENT_CONNECTION,
    EVENT_HTTP,
    EVENT_HANDSHAKE,
    EVENT_FRAME,
    EVENT_MESSAGE,
    EVENT_CLOSE,
    EVENT_GAP,
    EVENT_NOTICE,
    EVENT_CUT,                  /* a frame whose end never came, told at its direction's end */
    EVENT_SEGMENT,              /* only where asked for: one per TCP segment, for ladders and lessons */
    EVENT_KINDS
};

#define EVENT_BIT(kind) (1U << (kind))
#define EVENT_ALL_BUT_SEGMENTS ((1U << EVENT_SEGMENT) - 1)

enum protocol {                 /* what a connection speaks, as far as is known */
    PROTOCOL_UNKNOWN,           /* nothing said yet, or joined late and not recognised yet */
    PROTOCOL_HTTP,
    PROTOCOL_WEBSOCKET,
    PROTOCOL_TLS,
    PROTOCOL_HTTP2,             /* recognised, not decoded */
    PROTOCOL_OTHER,
    PROTOCOL_KINDS
};

/* What has passed so far in one direction. */
struct tally {
    uint64_t bytes;             /* of the TCP stream */
    uint64_t frames;
    uint64_t messages;          /* whole ones */
    uint64_t payload;           /* of frames, as sent */
};

/* A TCP connection, as every sink may read it; valid as long as the event. */
struct connection {
    uint64_t id;                /* from 1, in order of appearance */
    struct endpoint client, server;
    int64_t opened;             /* time of its first packet, nanoseconds since the epoch */
    uint64_t opened_packet;
    struct tally sent[2];       /* [C2S], [S2C] */
    uint8_t protocol;           /* enum protocol, now */
    bool midstream;             /* its first packet was not a SYN */
    bool guessed;               /* WebSocket without a handshake in view: recognised from the bytes */
};

struct event_http {
    const struct http_head *head;
};

struct event_frame {
    const struct frame *frame;
    struct bytes payload;       /* unmasked, as much as was kept; empty for a frame of a compressed message */
    uint64_t message;           /* its message's number; 0 for control frames */
    bool compressed;            /* of a compressed message */
    uint16_t close_code;        /* of a Close with a body; 0 without */
    struct bytes close_reason;
    int64_t round_trip;         /* of a Pong: nanoseconds since its Ping; -1 where it matches none */
    uint64_t arrived;           /* payload bytes that came, lost ones included */
};

struct event_message {
    const struct message *message;
};

enum close_how {
    CLOSE_HANDSHAKE,            /* Close frames both ways */
    CLOSE_FIN,
    CLOSE_RST,
    CLOSE_IDLE,                 /* forgotten: silent for too long, or too many connections */
    CLOSE_END_OF_CAPTURE,
};

enum close_fault {              /* bits of faults of EVENT_CLOSE */
    CLOSE_WITHOUT_CLOSE_FRAME_CLIENT,
    CLOSE_WITHOUT_CLOSE_FRAME_SERVER,
    CLOSE_UNANSWERED_BY_CLIENT,
    CLOSE_UNANSWERED_BY_SERVER,
    CLOSE_TCP_BY_CLIENT_FIRST,
    CLOSE_TCP_LATE_BY_SERVER,
    CLOSE_MESSAGE_UNFINISHED_CLIENT,
    CLOSE_MESSAGE_UNFINISHED_SERVER,
    CLOSE_FRAME_CUT_CLIENT,
    CLOSE_FRAME_CUT_SERVER,
    CLOSE_PING_UNANSWERED_BY_CLIENT,
    CLOSE_PING_UNANSWERED_BY_SERVER,
    CLOSE_BY_RESET,
    CLOSE_FAULTS
};

struct event_close {
    enum close_how how;
    bool first_known;
    enum direction first;       /* who began: the first Close frame, else the first FIN or RST */
    bool code_known;
    uint16_t code;              /* of the first Close frame that has a body */
    struct bytes reason;
    uint16_t api_code[2];       /* what the client's, the server's application was told: the code of the
                                 * Close that came to it, 1005 (no body), 1006 (none); 0: not known */
    bool cut[2];                /* the direction ended inside a frame */
    struct bytes server_name;   /* of a TLS connection: the ClientHello's; empty where unknown */
};

enum gap_resumed {
    GAP_EXACT,                  /* inside a payload or body of known length */
    GAP_GUESS,                  /* at a header found by its form, and proved by those after it */
    GAP_NO,                     /* not found: the rest of the direction, or until the next gap, is lost */
};

struct event_gap {
    uint64_t bytes;             /* never captured */
    uint64_t skipped;           /* captured, but passed over until decoding resumed */
    uint64_t offset;            /* of the first missing byte in the direction's stream */
    enum gap_resumed resumed;
};

enum notice_fault {             /* bits of faults of EVENT_NOTICE: things that belong to no other event */
    NOTICE_CONFLICT,            /* a retransmission with other bytes: the first copy was believed */
    NOTICE_JOINED_LATE,         /* WebSocket recognised without a handshake */
    NOTICE_NOT_WEBSOCKET,       /* what follows the 101 is no run of frames: not decoded further */
    NOTICE_GUESS_WRONG,         /* nor what was taken for one without a handshake, or after a loss */
    NOTICE_NOT_HTTP,            /* HTTP so far, and now something else */
    NOTICE_HTTP2,               /* HTTP/2: WebSocket inside it (RFC 8441) is not decoded */
    NOTICE_HEAD_LIMIT,
    NOTICE_HELD_LIMIT,          /* the budget for out-of-order bytes was spent: a hole was called lost */
    NOTICE_CONNECTIONS_LIMIT,
    NOTICE_MEMORY_LIMIT,
    NOTICE_AFTER_END,           /* data after the FIN or the reset: not decoded */
    NOTICE_URGENT,              /* urgent data: read in line, as with SO_OOBINLINE */
    NOTICE_RESET_IGNORED,       /* an RST whose sequence number the receiver would not accept */
    NOTICE_FAULTS
};

struct event_notice {
    uint64_t offset;            /* in the direction's stream, where it means something */
    uint64_t bytes;             /* concerned, where it means something */
};

struct event_segment {
    const struct segment *segment;
    uint64_t offset;            /* of its first payload byte in the stream, where known */
    bool retransmitted;
    bool out_of_order;
    bool keepalive;
};

struct event {
    enum event_kind kind;
    enum direction direction;   /* of http, frame, message, gap, notice, segment */
    int64_t time;               /* nanoseconds since the epoch */
    uint64_t packet;            /* number in the capture, from 1 */
    const struct connection *connection;
    uint64_t faults;
    union {
        struct event_http http;
        const struct handshake *handshake;
        struct event_frame frame;       /* EVENT_CUT too */
        struct event_message message;
        struct event_close close;
        struct event_gap gap;
        struct event_notice notice;
        struct event_segment segment;
    };
};

/* The one function-pointer type of the core. */
typedef void event_sink(void *context, const struct event *event);

/* "connection", "http", … as `json` names them. */
const char *event_kind_name(enum event_kind kind);

/* "c2s", "s2c". */
const char *event_direction_name(enum direction direction);

/* "close-handshake", "fin", …; "exact", …; "accepted", …; "websocket", … */
const char *event_close_name(enum close_how how);
const char *event_resumed_name(enum gap_resumed resumed);
const char *event_verdict_name(enum handshake_verdict verdict);
const char *event_protocol_name(enum protocol protocol);

#endif
