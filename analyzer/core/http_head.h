/* SPDX-License-Identifier: MIT */
#ifndef WS101_HTTP_HEAD_H
#define WS101_HTTP_HEAD_H

/* http_head - the head of an HTTP/1.x message: start line, fields, and what they say of its body.
 *
 * Comes in:   a view that begins where a head does.
 * Goes out:   struct http_head, whose views are of that view and live as long.
 * Errors:     what is not HTTP is HTTP_REFUSED. What breaks a rule but can be read is read, and noted in
 *             faults.
 * RFC 9112 sections 2 to 6, RFC 9110 sections 5, 7.8 and 15.
 */

#include "http_text.h"
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
    HTTP_UPGRADE_NOT_NAMED,     /* a 426 without Upgrade */
    HTTP_BODY_CUT,              /* the connection ended before the announced body did */
    HTTP_FIELDS_LIMIT,          /* more fields than HTTP_FIELDS_MAX: the rest is not shown */
    HTTP_FAULTS
};

#define HTTP_FIELDS_MAX 256

enum http_name {                /* of the fields that decide what follows; they are found without comparing */
    HTTP_NAME_OTHER,
    HTTP_NAME_HOST,
    HTTP_NAME_ORIGIN,
    HTTP_NAME_UPGRADE,
    HTTP_NAME_CONNECTION,
    HTTP_NAME_CONTENT_LENGTH,
    HTTP_NAME_TRANSFER_ENCODING,
    HTTP_NAME_KEY,              /* Sec-WebSocket-Key, and so on */
    HTTP_NAME_KEY1,
    HTTP_NAME_ACCEPT,
    HTTP_NAME_VERSION,
    HTTP_NAME_PROTOCOL,
    HTTP_NAME_EXTENSIONS,
};

struct http_field {
    struct bytes name;
    struct bytes value;         /* without the blanks around it; an obsolete fold stands in it as sent */
    enum http_name known;
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
    bool connection_upgrade;            /* Connection lists Upgrade: RFC 9110 section 7.8 */
    enum http_framing framing;
    uint64_t content_length;            /* with HTTP_BY_LENGTH */
    uint64_t body_length;               /* after HTTP_END: bytes of body that passed, without chunk framing */
    bool complete;                      /* after HTTP_END: the body ended as announced */
    uint64_t faults;                    /* 1 << enum http_fault */
    uint32_t known;                     /* 1 << enum http_name of every field, shown or not */
    size_t field_count;                 /* fields shown, at most HTTP_FIELDS_MAX */
    struct http_field fields[HTTP_FIELDS_MAX];  /* last: a head that is kept has no more than it needs */
};

/* What a response must know of the request that it answers (RFC 9112 section 6.3, items 1 and 2). */
enum http_answer_to {
    HTTP_ANSWER_TO_OTHER,
    HTTP_ANSWER_TO_HEAD,        /* never a body */
    HTTP_ANSWER_TO_CONNECT,     /* after a 2xx the connection is a tunnel */
    HTTP_ANSWER_TO_UPGRADE,     /* a 101 switches the protocol */
    HTTP_ANSWER_TO_UNKNOWN,     /* to a request that was not captured: a HEAD, perhaps */
};

/* What reading came to: of a head alone the first two or HTTP_REFUSED; all of them in http.h. */
enum http_step {
    HTTP_MORE,                  /* the input is used up */
    HTTP_HEAD,                  /* *head is whole; its body, if any, follows */
    HTTP_END,                   /* the message is over; *head again, with body_length and complete */
    HTTP_REFUSED,               /* this is not HTTP/1.x: stop calling */
    HTTP_HEAD_TOO_LONG,         /* no end of the head within limits.head bytes: as HTTP_REFUSED from now on */
};

/* Reads the head at the front of view: HTTP_HEAD, HTTP_MORE when it is not whole, HTTP_REFUSED. A response is
 * read as the answer to HTTP_ANSWER_TO_OTHER. */
enum http_step http_parse_head(struct bytes view, bool request, struct http_head *head);

/* What the head of a response cannot know: whose answer it is. Corrects its framing and faults. */
void http_answers(struct http_head *head, enum http_answer_to answer_to);

/* A copy that outlives its view: of the head with as many fields as it has, and of its bytes, in one block.
 * NULL when there is no memory. */
struct http_head *http_head_keep(const struct http_head *head, struct memory *memory);
void http_head_release(struct http_head *kept, struct memory *memory);

/* Takes the empty lines off that may stand before a start line (RFC 9112 section 2.2). */
void http_pass_empty_lines(struct bytes *input);

/* Whether these first bytes can be the start of a request (or response), as far as they go. */
bool http_plausible_start(struct bytes view, bool request);

/* Whether this is how an HTTP/2 client begins: "PRI * HTTP/2.0" (RFC 9113 section 3.4). */
bool http_is_http2_preface(const struct http_head *head);

/* The first field of that name behind the given one, or of all (NULL); NULL where there is none. */
const struct http_field *http_next_field(const struct http_head *head, enum http_name name,
                                         const struct http_field *behind);

/* The nth field (from 0) of any name, compared without case; NULL where there are fewer. */
const struct http_field *http_find(const struct http_head *head, const char *name, size_t nth);

/* All elements of a list-valued field, however many fields of that name it is spread over (RFC 9110
 * section 5.3). Begin, then walk until false. */
struct http_list {
    const struct http_head *head;
    enum http_name name;
    const struct http_field *field;     /* that *rest is of */
    struct bytes rest;
};

struct http_list http_list_begin(const struct http_head *head, enum http_name name);
bool http_list_walk(struct http_list *list, struct bytes *element);

/* Whether any field of that name lists the token, without case (RFC 9110 section 5.6.1). */
bool http_lists(const struct http_head *head, enum http_name name, const char *token);

#endif
