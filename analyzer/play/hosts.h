/* SPDX-License-Identifier: MIT */
#ifndef WS101_HOSTS_H
#define WS101_HOSTS_H

/* hosts - the two ends of one TCP connection, and the packets that pass between them.
 *
 * Comes in:   bytes to send, and what the script wants of TCP.
 * Goes out:   packets to the recording. Sequence numbers, acknowledgments and FIN are as RFC 9293 has them,
 *             but where the script says otherwise.
 * Ownership:  the struct is the caller's until hosts_release; item views must outlive it.
 * Errors:     recording->out->failed. */

#include "buffer.h"
#include "conversation.h"
#include "recording.h"

#define HOSTS_PAYLOAD_MAX 65000         /* of one segment; an IPv4 packet ends at 65535 */

/* A data segment that waits for the rest of its batch. */
struct hosts_waiting {
    uint32_t sequence;
    uint8_t flags;
    struct bytes payload;       /* from malloc */
};

struct host {
    struct endpoint endpoint;
    uint32_t start;             /* initial sequence number */
    uint32_t next;              /* of its next byte */
    uint32_t acknowledged;      /* the other host's bytes that it has acknowledged */
    bool begun;                 /* its SYN was sent, or the connection was open already */
    bool unseen;                /* its packets are not captured */
    bool silent;                /* it acknowledges nothing by itself */
    uint16_t identification;
    struct item_sizes sizes;    /* of its segments; none: 1460 */
    uint32_t last_sequence;     /* of its last data segment, */
    struct buffer last;         /* and that one's payload */
    struct item_batch batch;
    struct hosts_waiting *waiting;
    size_t waiting_count;
};

struct hosts {
    struct recording *recording;
    struct host host[2];        /* [C2S] is the client */
    struct item_sizes vlans;
    bool used;                  /* a packet was sent */
};

/* nth: of the connections so far; it chooses the client's port. */
void hosts_init(struct hosts *hosts, struct recording *recording, uint32_t nth);
void hosts_release(struct hosts *hosts);

/* Opening: TCP's handshake; or one that was before the capture; or a new connection over the same ports. A
 * SYN acknowledges the other host's where that came first. */
void hosts_connect(struct hosts *hosts);
void hosts_establish(struct hosts *hosts);
void hosts_reopen(struct hosts *hosts);
void hosts_put_syn(struct hosts *hosts, enum direction side, struct bytes data);

/* Bytes of the stream, in segments, acknowledged by the other host. Connects first if nobody has. */
void hosts_send(struct hosts *hosts, enum direction side, struct bytes bytes);
void hosts_put_fin(struct hosts *hosts, enum direction side);

/* A packet with nothing new in it: what the other host has sent is acknowledged. */
void hosts_acknowledge(struct hosts *hosts, enum direction side);

/* Any segment, offset from the next byte; the stream does not move. */
void hosts_put_segment(struct hosts *hosts, enum direction side, const struct item_segment *segment);

/* The last data segment once more, with these bytes or, given none, with its own. False: none was sent. */
bool hosts_put_again(struct hosts *hosts, enum direction side, struct bytes bytes);

/* What befalls the host's next data segments; what still waits for an earlier batch goes out as it stands. */
void hosts_begin_batch(struct hosts *hosts, enum direction side, struct item_batch batch);
void hosts_finish_batch(struct hosts *hosts, enum direction side);

#endif
