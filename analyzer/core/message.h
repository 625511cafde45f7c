/* SPDX-License-Identifier: MIT */
#ifndef WS101_MESSAGE_H
#define WS101_MESSAGE_H

/* message - one direction's data frames become messages: joined, unmasked, inflated, judged as UTF-8.
 *
 * Comes in:   the steps of frame, in order. Control frames never get here.
 * Goes out:   when the last frame has ended, struct message with the payload that was kept.
 * Ownership:  struct message_joiner is the caller's and worth keeping only while message_under_way; let go
 *             of it by message_joiner_release. What outlives a message is struct message_context. A payload
 *             that arrives in one piece is handed on as a view (of the slice, or of the scratch when it had
 *             to be unmasked or inflated); only one that arrives in several is kept in memory, at most
 *             limits.message_kept bytes of it.
 * What is kept is always the beginning of the payload without a hole: up to a limit, to the first lost byte,
 * to where inflating had to stop.
 * RFC 6455 sections 5.4, 5.6, 8.1; RFC 7692 section 7.2.
 */

#include "bytes.h"
#include "frame.h"
#include "handshake.h"
#include "inflater.h"
#include "limits.h"
#include "memory.h"
#include "utf8.h"

enum message_fault {            /* bits of faults; rows of the table in rules.c */
    MESSAGE_NOT_UTF8,
    MESSAGE_DEFLATE_CORRUPT,
    MESSAGE_WINDOW_LOST,        /* bytes of it or before it were lost, or could not be inflated */
    MESSAGE_INFLATE_LIMIT,      /* longer than limits.message_inflated: not inflated to its end */
    MESSAGE_INFLATE_MEMORY,     /* no memory for the window */
    MESSAGE_FAULTS
};

struct message {
    uint64_t number;            /* data messages of this direction, from 1; unfinished ones count */
    uint8_t opcode;             /* FRAME_TEXT or FRAME_BINARY; FRAME_CONTINUATION when the start was lost */
    bool compressed;            /* RSV1 under permessage-deflate */
    bool complete;              /* no byte of it was lost, and its first and last frame were seen */
    bool truncated;             /* payload holds less than the message */
    bool inflated;              /* compressed, and length is the clear one: to the end, or to the limit */
    uint64_t frames;
    uint64_t wire_length;       /* payload bytes as sent, lost ones left out */
    uint64_t length;            /* clear payload bytes, kept or not; wire_length where not inflated */
    uint64_t utf8_offset;       /* with MESSAGE_NOT_UTF8: of the first bad byte in the clear payload */
    struct bytes payload;       /* the first bytes of it, always clear; not what could not be inflated */
    uint64_t faults;            /* 1 << enum message_fault */
};

/* What outlives a message; one per direction, zeroed at the start of a connection. */
struct message_context {
    uint64_t number;            /* of the last message begun */
    struct inflater *inflater;  /* made at the first compressed message; NULL until then */
    bool window_unknown;        /* the sender's window holds what ours does not: unseen, or not inflated */
    bool frames_lost;           /* the next frame may continue a message whose start we have not seen */
};

/* What the calls have in common; the caller fills it once per connection and direction, or per chunk. */
struct message_setting {
    enum direction direction;
    const struct handshake_deflate *deflate;
    const struct limits *limits;
    struct memory *memory;
    uint64_t *windows;          /* bytes of compression windows in use, over all connections */
    struct inflater **spare;    /* an idle inflater for whoever needs one next, shared by all; or NULL */
    uint8_t *scratch;           /* MESSAGE_SCRATCH bytes, shared by all: good until the next call */
    struct message_context *context;
    bool other_extension;       /* agreed on one that we cannot read: what a payload is, nobody knows */
    bool doubtful;              /* that, or no handshake was seen: RSV1 is permessage-deflate's most likely */
};

#define MESSAGE_SCRATCH (64 * 1024)

/* A message under way, and the frame of it that is. */
struct message_joiner {
    bool under_way;             /* begun, and its last frame has not ended */
    bool interrupted;           /* the message before this one was cut off by it */
    bool compressed;
    bool reserved;              /* the frame under way has a reserved opcode: of no message */
    uint8_t *kept;              /* or NULL: nothing, or only in view */
    size_t kept_length, kept_capacity;
    struct bytes view;          /* the payload so far where it needs no keeping: one piece */
    size_t frame_start;         /* where the current frame's payload begins in what is kept or in view */
    /* known from a message's first frame on: */
    uint8_t opcode;
    bool inflating;             /* compressed, and no reason to give up yet */
    bool damaged;               /* bytes of it were lost */
    bool foreign;               /* an extension or RSV bit that we cannot read: so neither the payload */
    bool keeping;               /* nothing stopped us from keeping its payload yet */
    uint64_t frames, inflated_length, wire_length, faults;
    struct utf8 text;
};

void message_joiner_init(struct message_joiner *joiner);

/* Gives back what is kept, of a message under way or of the one that was handed out last. */
void message_joiner_release(struct message_joiner *joiner, const struct message_setting *setting);

/* Gives back the inflater of a direction that has ended. */
void message_context_release(struct message_context *context, const struct message_setting *setting);

/* At the very end: gives back the spare inflater. */
void message_spare_release(const struct message_setting *setting);

static inline bool message_under_way(const struct message_joiner *joiner)
{
    return joiner->under_way;
}

/* The chunk or the scratch that views point to is about to go: what a message under way needs is copied. */
void message_keep(struct message_joiner *joiner, const struct message_setting *setting);

/* A frame has begun: text, binary, continuation. One with a reserved opcode is of no message and leaves the
 * one under way alone. Returns frame faults: a continuation without a start, a message that interrupts
 * another (fetch that one first with message_interrupt), RSV1 on a continuation. */
uint64_t message_frame_begin(struct message_joiner *joiner, const struct message_setting *setting,
                             const struct frame *frame);

/* Ends a message that will not be finished: *out as far as it came, complete false. False where none is
 * under way. Called before a text or binary frame, and at the direction's end. */
bool message_interrupt(struct message_joiner *joiner, const struct message_setting *setting,
                       struct message *out);

/* The next payload bytes of that frame, masked as sent, at that payload position. */
void message_frame_data(struct message_joiner *joiner, const struct message_setting *setting,
                        const struct frame *frame, struct bytes slice, uint64_t position);

/* Payload bytes of the frame under way that were never captured. */
void message_frame_lost(struct message_joiner *joiner, const struct message_setting *setting, uint64_t gap);

/* Frames, and with them perhaps whole messages, were lost before the next byte, or we join here: the message
 * under way, if any, is damaged, and the compression window forgotten. */
void message_resync(struct message_joiner *joiner, const struct message_setting *setting);

/* The same where there is no joiner, for no message is under way. */
void message_context_resync(struct message_context *context);

/* The frame has ended. True, with *out, when the message has too; *out is valid until the next call. */
bool message_frame_end(struct message_joiner *joiner, const struct message_setting *setting,
                       const struct frame *frame, struct message *out);

/* Of the frame under way or just ended: what was kept of its payload, unmasked; empty when compressed or
 * reserved. Valid until the next call. */
struct bytes message_frame_payload(const struct message_joiner *joiner);

#endif
