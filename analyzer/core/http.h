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
 * RFC 9112 sections 2 to 7, RFC 9110 sections 5, 7.8 and 15.
 */

#include "bytes.h"
#include "limits.h"
#include "memory.h"

enum http_fault {               /* bits of faults; rows of the table in rules.c */
    HTTP_BARE_LF,
    HTTP_BARE_CR,
    HTTP_FOLDED_FIELD,
    HTTP_SPACE_BEFORE_COLON,
    HTTP_FIELD_NAME,
    HTTP_FIELD_VALUE,
    HTTP_START_LINE,
    HTTP_HOST_MISSING,
    HTTP_HOST_REPEATED,
    HTTP_LENGTH_INVALID,        /* not a number, or several that differ */
    HTTP_LENGTH_AND_CODING,
    HTTP_LENGTH_FORBIDDEN,      /* Content-Length in a 1xx or 204 */
    HTTP_CODING_FORBIDDEN,      /* Transfer-Encoding in a 1xx or 204 */
    HTTP_CODING_NOT_FINAL,      /* a request whose last transfer coding is not chunked */
    HTTP_CHUNK_MALFORMED,
    HTTP_STATUS_RANGE,
    HTTP_UPGRADE_NOT_IN_CONNECTION,
    HTTP_BODY_CUT,              /* the connection ended before the announced body did */
    HTTP_FIELDS_LIMIT,          /* more fields than HTTP_FIELDS_MAX: the rest is not shown */
    HTTP_FAULTS
};

#define HTTP_FIELDS_MAX 256

struct http_field {
    struct bytes name;
    struct bytes value;         /* without the blanks around it; an obsolete fold stands in it as sent */
};

enum http_framing {             /* how the body ends: RFC 9112 section 6.3 */
    HTTP_NO_BODY,
    HTTP_BY_LENGTH,
    HTTP_CHUNKED,
    HTTP_UNTIL_CLOSE,
};

struct http_head {
    bool is_request;
    uint8_t version_major, version_minor;
    struct bytes method, target;        /* of a request */
    uint16_t status;                    /* of a response */
    struct bytes reason;
    struct bytes raw;                   /* the whole head, its empty line included; empty at an HTTP_END whose
                                           head there was no memory to keep */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t field_count;                 /* fields shown, at most HTTP_FIELDS_MAX */
    enum http_framing framing;
    uint64_t content_length;            /* with HTTP_BY_LENGTH */
    uint64_t body_length;               /* after HTTP_END: bytes of body that passed, without chunk framing */
    bool complete;                      /* after HTTP_END: the body ended as announced */
    uint64_t faults;                    /* 1 << enum http_fault */
};

/* What a response must know of the request that it answers (RFC 9112 section 6.3, items 1 and 2). */
enum http_answer_to {
    HTTP_ANSWER_TO_OTHER,
    HTTP_ANSWER_TO_HEAD,        /* never a body */
    HTTP_ANSWER_TO_CONNECT,     /* after a 2xx the connection is a tunnel */
    HTTP_ANSWER_TO_UPGRADE,     /* a 101 switches the protocol */
};

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
};

enum http_step {
    HTTP_MORE,                  /* the input is used up */
    HTTP_HEAD,                  /* *head is whole; its body, if any, follows */
    HTTP_END,                   /* the message is over; *head again, with body_length and complete */
    HTTP_REFUSED,               /* this is not HTTP/1.x: stop calling */
    HTTP_HEAD_TOO_LONG,         /* no end of the head within limits.head bytes: as HTTP_REFUSED from now on */
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

/* The direction has ended. HTTP_END with *head when the body of a message was under way, else HTTP_MORE. */
enum http_step http_finish(struct http_reader *reader, struct http_head *head);

/* Reads the head at the front of view. HTTP_HEAD, HTTP_MORE when it is not whole, HTTP_REFUSED.
 * What http_step uses; also for heads kept elsewhere (a request that waits for its answer). A response is
 * read as the answer to HTTP_ANSWER_TO_OTHER. */
enum http_step http_parse_head(struct bytes view, bool request, struct http_head *head);

/* Whether these first bytes can be the start of a request (or response), as far as they go. */
bool http_plausible_start(struct bytes view, bool request);

/* Whether this is how an HTTP/2 client begins: "PRI * HTTP/2.0" (RFC 9113 section 3.4). */
bool http_is_http2_preface(const struct http_head *head);

/* The nth field (from 0) of that name, compared without case; NULL where there are fewer. */
const struct http_field *http_find(const struct http_head *head, const char *name, size_t nth);

/* All elements of a list-valued field, however many fields of that name it is spread over (RFC 9110
 * section 5.3). Begin, then walk until false. */
struct http_list {
    const struct http_head *head;
    const char *name;
    size_t next_field;
    struct bytes rest;
};

struct http_list http_list_begin(const struct http_head *head, const char *name);
bool http_list_walk(struct http_list *list, struct bytes *element);

/* Walks one field's comma-separated list, quoted strings kept whole: takes the next element, without blanks
 * around it, from the front of *list; false at its end. Empty elements are passed over. */
bool http_list_next(struct bytes *list, struct bytes *element);

/* Takes what stands before the next separator outside a quoted string, without blanks around it, from the
 * front of *text, and the separator with it; false when nothing is left. */
bool http_split(struct bytes *text, uint8_t separator, struct bytes *piece);

/* Whether any field of that name lists the token, without case (RFC 9110 section 5.6.1). */
bool http_lists(const struct http_head *head, const char *name, const char *token);

/* Without blanks at either end, nor line ends: an obsolete fold may stand there. */
struct bytes http_trim(struct bytes text);

/* Compares without ASCII case. */
bool http_same_text(struct bytes a, const char *b);

/* Whether the bytes are a token (RFC 9110 section 5.6.2). */
bool http_is_token(struct bytes view);

#endif
