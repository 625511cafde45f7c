/* SPDX-License-Identifier: MIT */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

/* http - requests in, answers out (RFC 9110, RFC 9112).
 *
 * Comes in:   the bytes of a connection that speaks HTTP.
 * Goes out:   a parsed request to the endpoint of its path; an answer, or a refusal that says why.
 * Ownership:  a request is views into the input, gone when the endpoint's function returns.
 *
 * Strict where leniency is how requests get smuggled: CRLF only, no folded fields, one Host, no content.
 */

#include "server.h"

/* A view of some bytes of the request. */
struct slice {
    const char *at;
    size_t size;
};

enum { FIELDS = 256 };

struct request {
    struct slice method, target, query;
    struct slice host;              /* from the target or the field (RFC 9112 section 3.2.2) */
    size_t count;
    struct field {
        struct slice name, value;
    } fields[FIELDS];
};

/* What a path stands for; endpoint.c has the table. */
struct endpoint {
    const char *path;
    void (*get)(struct client *client, const struct request *request);
    void (*receive)(struct client *client, uint8_t opcode, const uint8_t *bytes, size_t n); /* WebSocket only */
    const char *subprotocol;
    enum room room;
};

/* A condition that must not hold, and what is said to whom it holds for. */
struct rule {
    bool broken;
    const char *refusal;
};

/* The refusal of the first rule that is broken, or NULL. */
const char *http_judge(const struct rule *rules, size_t n);

/* Takes one request from the input and answers it: how many bytes it had, 0 for "not whole yet". */
size_t http_receive(struct client *client, uint8_t *bytes, size_t n);

/* Answers. status is "200 OK"; fields are further lines, each with its CRLF. */
void http_respond(struct client *client, const char *status, const char *fields, const void *content, size_t n);

/* Answers with a status and why, such as "400 Host is missing", and ends the connection. Fields may follow
 * after a CRLF. The reason phrase is free (RFC 9112 section 4): it speaks to whoever debugs the client. */
void http_refuse(struct client *client, const char *status);

/* How often a field occurs; its first value, or an empty one, in *value. */
size_t http_field(const struct request *request, const char *name, struct slice *value);

/* The next item in all of a field's comma-separated lists. Start with *i = 0 and *list empty. */
bool http_next_item(const struct request *request, const char *name, size_t *i, struct slice *list,
                    struct slice *item);

/* Whether these lists hold the token, in any case. */
bool http_has_token(const struct request *request, const char *name, const char *token);

/* Whether the slice is this text; slice_like: in any case. */
bool slice_is(struct slice slice, const char *text);
bool slice_like(struct slice slice, const char *text);

/* Whether this is a token (RFC 9110 section 5.6.2). */
bool slice_is_token(struct slice slice);

/* Cuts at the first separator: what stands before it is the result, less blanks around; the rest stays. */
struct slice slice_cut(struct slice *rest, char separator);

/* A decimal number of up to 15 digits; false if it is none. */
bool slice_number(struct slice slice, uint64_t *number);

/* The endpoint of this path, or NULL; feed.c's. */
const struct endpoint *endpoint_find(struct slice path);
void feed_get(struct client *client, const struct request *request);

#endif
