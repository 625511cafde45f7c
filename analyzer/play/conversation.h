/* SPDX-License-Identifier: MIT */
#ifndef WS101_CONVERSATION_H
#define WS101_CONVERSATION_H

/* conversation - what two sides say to each other, as a list of items in the order of the script.
 *
 * script makes it, wire (a file of packets) and opponent (a real socket) play it; nobody changes it.
 * Ownership: items, and every view in them, live in the conversation's arena until conversation_release.
 */

#include "arena.h"
#include "core/ip.h"

enum item_kind {
    /* bytes of a direction's stream */
    ITEM_HEAD,                  /* an HTTP request or response */
    ITEM_FRAME,
    ITEM_BYTES,
    ITEM_HOLD,                  /* gather this side's bytes … */
    ITEM_SEND,                  /* … and send them as one run */
    ITEM_COMPRESS,              /* how this side's later messages are compressed */
    /* TCP */
    ITEM_CONNECT,
    ITEM_ESTABLISHED,           /* the connection was opened before the capture began */
    ITEM_REOPEN,                /* the same addresses and ports for a new connection */
    ITEM_SYN,
    ITEM_ACK,
    ITEM_FIN,
    ITEM_RST,
    ITEM_SEGMENT,               /* one segment with any numbers; the stream does not move */
    ITEM_AGAIN,                 /* this side's last data segment once more */
    ITEM_SIZES,                 /* payload sizes of this side's segments from here on */
    ITEM_BATCH,                 /* what befalls this side's next data segments */
    ITEM_UNSEEN,                /* this side's packets are not captured … */
    ITEM_SEEN,                  /* … and again they are */
    ITEM_ACKS,                  /* whether this side acknowledges by itself */
    ITEM_AT,                    /* address and port */
    ITEM_SEQUENCE,              /* initial sequence number */
    ITEM_VLAN,
    /* the capture */
    ITEM_CONNECTION,            /* the following items belong to the connection of that name */
    ITEM_WAIT,
    ITEM_CLOCK,
    ITEM_LINK,
    ITEM_SNAP,
    ITEM_SEED,
    ITEM_PACKET,                /* bytes of a whole packet, as they are */
    ITEM_KINDS
};

struct item_sizes {
    const uint32_t *size;
    size_t count;
};

enum head_form {
    HEAD_UPGRADE,               /* a request with the fields of RFC 6455 section 4.1 */
    HEAD_ACCEPT,                /* the 101 that answers it, section 4.2.2 */
    HEAD_REQUEST,
    HEAD_RESPONSE,
};

enum head_edit_kind {
    HEAD_ADD,
    HEAD_REMOVE,
    HEAD_REPLACE,
    HEAD_RAW,                   /* value stands for a whole line, its end included */
};

struct head_edit {
    struct head_edit *next;
    enum head_edit_kind kind;
    struct bytes name, value;
};

struct head_body {
    struct head_body *next;
    struct bytes bytes;
};

struct item_head {
    enum head_form form;
    struct bytes method, target, version, reason;   /* empty views: what the form implies */
    unsigned status;
    struct head_edit *edits;
    struct head_body *body;     /* one piece, or the chunks */
    bool chunked;
};

enum frame_compress {
    COMPRESS_NONE,
    COMPRESS_NORMAL,
    COMPRESS_STORED,            /* DEFLATE blocks without compression */
    COMPRESS_FINAL,             /* BFINAL set on the last block: RFC 7692 section 7.2.3.4 */
};

enum frame_mask {
    MASK_BY_SIDE,               /* RFC 6455 section 5.1: the client's frames and no others */
    MASK_NONE,
    MASK_DRAWN,
    MASK_GIVEN,
};

struct item_frame {
    uint8_t opcode;
    bool fin;
    uint8_t rsv;                /* RSV1 is 4, RSV2 is 2, RSV3 is 1 */
    bool rsv_given;             /* compression does not add RSV1 */
    enum frame_mask mask;
    uint8_t key[4];
    uint8_t length_bits;        /* 7, 16 or 64; 0: the shortest form */
    bool announced_given;
    uint64_t announced;         /* what the header says in place of the payload's length */
    struct bytes payload;
    enum frame_compress compress;
    struct item_sizes fragments;
    size_t only;                /* bytes of it that are sent; SIZE_MAX: all */
    uint32_t times;
};

struct item_compress {
    uint8_t window_bits;
    bool takeover;
};

struct item_segment {
    int64_t offset;             /* of its sequence number from the next one that is due */
    uint8_t flags;              /* enum tcp_flag */
    uint16_t urgent;
    struct bytes payload;
};

enum batch_kind {
    BATCH_NONE,
    BATCH_LOSE,                 /* the last of them is not captured */
    BATCH_TWICE,                /* the last of them comes twice */
    BATCH_LATE,                 /* the first of them comes last */
    BATCH_REVERSE,
    BATCH_SHUFFLE,
};

struct item_batch {
    enum batch_kind kind;
    uint32_t segments;
};

enum link_form {
    LINK_FORM_ETHERNET,
    LINK_FORM_RAW,
    LINK_FORM_NULL,
};

struct item {
    struct item *next;
    enum item_kind kind;
    enum direction side;        /* whose it is: C2S is the client's */
    unsigned line;              /* of the script, from 1 */
    union {
        struct item_head head;
        struct item_frame frame;
        struct bytes bytes;     /* ITEM_BYTES, _PACKET, _SYN (data on it), _CONNECTION (its name), _AGAIN */
        struct item_compress compress;
        struct item_segment segment;
        struct item_sizes sizes;    /* ITEM_SIZES, ITEM_VLAN */
        struct item_batch batch;
        struct endpoint endpoint;
        enum link_form link;
        int64_t number;         /* nanoseconds, a sequence number or offset, a count, on (1) or off (0) */
    };
};

struct conversation {
    struct arena arena;
    struct item *first;
    struct item *last;
};

static inline void conversation_release(struct conversation *conversation)
{
    arena_release(&conversation->arena);
    conversation->first = conversation->last = NULL;
}

#endif
