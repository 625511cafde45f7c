/* SPDX-License-Identifier: MIT */
#ifndef WS101_SERVER_HTTP_H
#define WS101_SERVER_HTTP_H

/* http - requests in, answers out (RFC 9110, RFC 9112).
 *
 * Comes in:   the bytes of a connection that speaks HTTP.
 * Goes out:   a parsed request to the endpoint of its path; an answer, or a refusal that says why.
 * Ownership:  a request is strings in the input, cut up in place, gone when the endpoint's function returns.
 *
 * Strict where leniency is how requests get smuggled: CRLF only, no folded fields, one Host, no content.
 */

#include "server.h"

struct request {
    char *method, *path, *query;            /* query: "" if there is none */
    const char *host;                       /* from the target or the field (RFC 9112 section 3.2.2) */
    bool close, upgrade, websocket;         /* Connection: close, Connection: Upgrade, Upgrade: websocket */
    size_t count;
    struct {
        char *name, *value;
    } fields[256];
};

/* What a path stands for; endpoint.c has the table, which ends with a row without a path. */
struct endpoint {
    const char *path;
    void (*get)(struct client *client, struct request *request);
    void (*receive)(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n);    /* or NULL */
    const char *subprotocol;
    enum room room;
};

extern const struct endpoint endpoints[];

/* feed.c's: /poll, /long and /events. */
void feed_get(struct client *client, struct request *request);

/* A condition that must not hold, and what is said to whom it holds for. */
struct rule {
    bool broken;
    const char *refusal;
};

/* The refusal of the first broken rule of these, or NULL. */
#define JUDGE(...) http_judge((const struct rule[]){ __VA_ARGS__, { false, NULL } })
const char *http_judge(const struct rule *rules);

/* Takes one request from the input and answers it: how many bytes it had, 0 for "not whole yet". */
size_t http_receive(struct client *client, uint8_t *bytes, size_t n);

/* Answers. status is "200 OK"; fields are further lines, each with its CRLF; bytes are the content. */
void http_respond(struct client *client, const char *status, const char *fields, const void *bytes, size_t n);

/* Answers with a status and why, such as "400 Host is missing", and ends the connection. Fields may follow
 * after a CRLF. The reason phrase is free (RFC 9112 section 4): it speaks to whoever debugs the client. */
void http_refuse(struct client *client, const char *status);

/* The value of a field, NULL if it is not there. One that is there twice gives ",", as their values joined
 * would (RFC 9110 section 5.3): no field that must be single can be valid with a comma in it. */
const char *http_field(const struct request *request, const char *name);

/* The next item, cut out, of all a field's comma-separated lists; NULL after the last. Starts with *i = 0. */
char *http_next_item(struct request *request, const char *name, size_t *i);

/* Cuts what stands before the separator out of the text, without blanks around; *text is NULL after the
 * last. */
char *http_cut(char **text, const char *separator);

/* Whether this is a token (RFC 9110 section 5.6.2); a number of 1 to 15 digits. */
bool http_is_token(const char *text);
bool http_is_number(const char *text);

#endif
