/* SPDX-License-Identifier: MIT */
#ifndef WS101_HTTP_H
#define WS101_HTTP_H

/* http - HTTP/1.x as an observer reads it: heads, with bodies skipped and counted.
 *
 * Comes in:   one direction's bytes in order, cut anywhere.
 * Goes out:   for each message HTTP_HEAD when its head is whole, then HTTP_END when its body has ended too.
 *             Heads are views: of the input where the head lay whole in it (no copy), else of the reader's
 *             buffer; valid until the next call for this reader.
 * Ownership:  the reader is the caller's; it buffers a head that is cut or whose body is still arriving,
 *             at most limits.head bytes, and nothing between messages; http_reader_release gives it back.
 * Errors:     what is not HTTP is HTTP_REFUSED, once and for good. What breaks a rule but can be read is
 *             read, and noted in head->faults. Where the end of a body can no longer be told (a malformed
 *             chunk, lost bytes), HTTP_END comes with complete false, and the reader is lost until the next
 *             start line at the start of a segment. Without memory for a cut head the reader is lost, too.
 * RFC 9112 sections 2.2, 6, 7 and 8.
 */

#include "http_head.h"
#include "limits.h"
#include "memory.h"

enum http_state {
    HTTP_STATE_HEAD,
    HTTP_STATE_BODY,            /* remaining bytes of a Content-Length */
    HTTP_STATE_CHUNK_SIZE,
    HTTP_STATE_CHUNK_EXTENSION, /* the rest of the line behind the size */
    HTTP_STATE_CHUNK_DATA,
    HTTP_STATE_CHUNK_END,       /* the line end behind a chunk */
    HTTP_STATE_TRAILER,
    HTTP_STATE_UNTIL_CLOSE,
    HTTP_STATE_END,             /* the body is over, HTTP_END is due */
    HTTP_STATE_OVER,            /* HTTP_END has been told; what was kept goes at the next call */
    HTTP_STATE_LOST,            /* after a gap or a late start: the next start line is looked for */
    HTTP_STATE_REFUSED,
};

struct http_reader {
    uint8_t *buffer;            /* a cut head, or the head of a message whose body is arriving; or NULL */
    uint32_t buffered;
    uint32_t capacity;
    uint32_t line_start;        /* of a cut head: where in the buffer its last line begins */
    uint32_t faults;            /* of the message under way: 1 << enum http_fault */
    uint64_t remaining;         /* of the body or chunk */
    uint64_t body_length;
    uint8_t state;              /* enum http_state */
    uint8_t state_after;        /* the one that follows HTTP_END: HTTP_STATE_HEAD or _LOST */
    uint8_t framing;            /* enum http_framing of the message under way */
    uint8_t answer_to;          /* enum http_answer_to; set by the caller before a response's head */
    uint8_t line_length;        /* bytes passed of a line of the chunked coding: 0, 1, or 2 for more */
    bool after_cr;              /* the last of them was a CR */
    bool is_request;
    bool head_current;          /* the caller's *head still tells of the message under way */
    bool cut;                   /* the body will not be followed to its end */
    bool resuming;              /* the head being gathered was found after a loss, by its form */
    bool perhaps_bodiless;      /* whether the body that the head announces comes, only the next bytes tell */
};

/* requests: the client's direction. lost: joined late, so that a start line is looked for first. */
void http_reader_init(struct http_reader *reader, bool requests, bool lost);
void http_reader_release(struct http_reader *reader, struct memory *memory);

/* Takes bytes from the front of *input until a step is due. Call again until it is HTTP_MORE (an HTTP_END
 * may be due with no input left) or HTTP_REFUSED; leave *head alone between those calls. Where the first
 * bytes seen are not HTTP, *input is left as it was.
 * The HTTP_END of a 101, and of a 2xx to CONNECT, takes nothing: what is left is the other protocol's.
 * segment_start: whether *input, as it stands at this call, begins where a TCP segment's payload did; start
 * lines after a loss are looked for only there. */
enum http_step http_step(struct http_reader *reader, struct bytes *input, bool segment_start,
                         struct http_head *head, const struct limits *limits, struct memory *memory);

/* Bytes that were never captured: inside a chunk, or a body of known length or that ends with the connection,
 * they are counted off as body (exact: true); elsewhere the reader is lost until the next start line (false).
 * Call it where http_step has said HTTP_MORE. */
bool http_skip(struct http_reader *reader, uint64_t gap, struct memory *memory);

/* Whether it waits for a start line after a loss, or will once HTTP_END has told what the loss cut off. */
bool http_is_lost(const struct http_reader *reader);

/* The direction has ended. HTTP_END with *head when the body of a message was under way, else HTTP_MORE. */
enum http_step http_finish(struct http_reader *reader, struct http_head *head);

#endif
