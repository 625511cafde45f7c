/* SPDX-License-Identifier: MIT */
#ifndef WS101_HANDSHAKE_H
#define WS101_HANDSHAKE_H

/* handshake - was this an upgrade to WebSocket, was it answered, and by the rules?
 *
 * Comes in:   the heads of the request and of its answer, either of them missing where it was not captured.
 * Goes out:   struct handshake: the verdict, what was offered and chosen, and a fault bit per broken rule.
 *             Its views are views of the heads and live as long.
 * Where several offers of permessage-deflate were made, an answer need agree with one of them.
 * RFC 6455 sections 1.3, 4.1, 4.2, 4.4, 9.1, 11.3; RFC 7692 sections 5 and 7.1. SHA-1 and base64 are
 * libcrypto's.
 */

#include "bytes.h"
#include "http.h"

enum handshake_fault {          /* bits of faults; rows of the table in rules.c */
    /* the client's */
    HANDSHAKE_METHOD,
    HANDSHAKE_HTTP_VERSION,
    HANDSHAKE_UPGRADE_MISSING,
    HANDSHAKE_CONNECTION_MISSING,
    HANDSHAKE_KEY_MISSING,
    HANDSHAKE_KEY_REPEATED,
    HANDSHAKE_KEY_INVALID,              /* not the base64 of 16 bytes */
    HANDSHAKE_VERSION_MISSING,
    HANDSHAKE_VERSION_REPEATED,
    HANDSHAKE_VERSION_OTHER,            /* not 13 */
    HANDSHAKE_TARGET_FRAGMENT,
    HANDSHAKE_OFFERED_PROTOCOL_INVALID, /* not a token */
    HANDSHAKE_OFFERED_PROTOCOL_TWICE,
    HANDSHAKE_OFFERED_EXTENSION_SYNTAX,
    HANDSHAKE_OFFERED_DEFLATE_INVALID,  /* a parameter unknown, repeated or out of range */
    HANDSHAKE_DATA_BEFORE_ANSWER,       /* set by the dissector */
    /* the server's */
    HANDSHAKE_ACCEPT_MISSING,
    HANDSHAKE_ACCEPT_REPEATED,
    HANDSHAKE_ACCEPT_WRONG,
    HANDSHAKE_ANSWER_HTTP_VERSION,
    HANDSHAKE_ANSWER_UPGRADE,           /* missing, or not websocket */
    HANDSHAKE_ANSWER_CONNECTION,
    HANDSHAKE_PROTOCOL_UNOFFERED,
    HANDSHAKE_PROTOCOL_SEVERAL,
    HANDSHAKE_EXTENSION_UNOFFERED,      /* not offered, or only in offers that had to be declined */
    HANDSHAKE_EXTENSION_SYNTAX,
    HANDSHAKE_EXTENSION_TWICE,          /* permessage-deflate; what others make of it is theirs */
    HANDSHAKE_EXTENSIONS_REPEATED,      /* the field itself */
    HANDSHAKE_DEFLATE_INVALID,          /* a parameter unknown, repeated or out of range */
    HANDSHAKE_DEFLATE_CLIENT_WINDOW,    /* client_max_window_bits that was not offered */
    HANDSHAKE_DEFLATE_SERVER_WINDOW,    /* larger than the client asked for, or left out */
    HANDSHAKE_DEFLATE_TAKEOVER,         /* server_no_context_takeover asked for and left out */
    HANDSHAKE_ACCEPTED_BAD_REQUEST,     /* a 101 to a request that had to be refused */
    HANDSHAKE_VERSIONS_NOT_NAMED,       /* 426 without Sec-WebSocket-Version */
    HANDSHAKE_UNASKED,                  /* a 101 that no upgrade request asked for */
    /* ours */
    HANDSHAKE_EXTENSION_UNKNOWN,        /* agreed, but we cannot read it: payloads are shown raw */
    HANDSHAKE_OLD_DRAFT,                /* draft-76 (Key1, Key2) or hybi versions below 13 */
    HANDSHAKE_FAULTS
};

enum handshake_verdict {
    HANDSHAKE_ACCEPTED,
    HANDSHAKE_REFUSED,
    HANDSHAKE_BROKEN,           /* a 101 that breaks a rule of the handshake */
    HANDSHAKE_UNANSWERED,
};

/* permessage-deflate as agreed (RFC 7692 section 7.1); by sender, since each parameter binds one side. */
struct handshake_deflate {
    bool agreed;
    bool no_context_takeover[2];        /* [C2S], [S2C] */
    uint8_t window_bits[2];             /* 8 to 15; 15 where nothing was agreed */
};

#define HANDSHAKE_ACCEPT_LENGTH 28      /* base64 of a SHA-1 */

struct handshake {
    enum handshake_verdict verdict;
    const struct http_head *request;    /* or NULL: not captured */
    const struct http_head *response;   /* or NULL: not captured, or none came */
    struct bytes key;                   /* views are empty where the field is missing */
    struct bytes accept;
    char accept_expected[HANDSHAKE_ACCEPT_LENGTH + 1];  /* empty string without a key */
    struct bytes version;
    struct bytes origin;
    struct bytes host;
    struct bytes subprotocol;           /* the chosen one */
    struct handshake_deflate deflate;
    bool other_extension;               /* agreed on one that we cannot read: RSV bits are its own */
    bool two_keys;                      /* draft-76: what follows its 101 are no frames as we know them */
    uint64_t faults;                    /* 1 << enum handshake_fault */
};

/* Whether this request asks for WebSocket, rightly or nearly so (a Sec-WebSocket-Key without the Upgrade
 * counts: it is then broken, not another protocol's). */
bool handshake_is_request(const struct http_head *request);

/* Whether this response switches to WebSocket, rightly or nearly so: a 101 with the Upgrade, or with a
 * Sec-WebSocket-Accept. For answers whose request is not known, or did not ask. */
bool handshake_is_answer(const struct http_head *response);

/* Judges the pair. Either head may be NULL, not both. */
void handshake_judge(const struct http_head *request, const struct http_head *response,
                     struct handshake *out);

#define HANDSHAKE_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define HANDSHAKE_SHA1_LENGTH 20

/* The sum that a server does to show that it understood (RFC 6455 section 1.3), step by step: the key's text
 * with HANDSHAKE_GUID behind it is hashed, the hash is written as base64. */
struct handshake_sum {
    uint8_t sha1[HANDSHAKE_SHA1_LENGTH];
    char accept[HANDSHAKE_ACCEPT_LENGTH + 1];
};

void handshake_sum(struct bytes key, struct handshake_sum *out);

/* One parameter of an extension (RFC 6455 section 9.1): name [ "=" value ], the value without its quotes. */
struct handshake_parameter {
    struct bytes name;
    struct bytes value;
    bool has_value;
};

/* Walks an element of Sec-WebSocket-Extensions: the first piece is the extension's name, the others are its
 * parameters, in order. False at the end. */
bool handshake_parameter_next(struct bytes *extension, struct handshake_parameter *out);

#endif
