/* SPDX-License-Identifier: MIT */
#ifndef WS101_SUBPROTOCOL_PRINT_H
#define WS101_SUBPROTOCOL_PRINT_H

/* subprotocol_print - what the printers of the subprotocols share: each is a file, and a function here.
 *
 * Comes in:   a message's payload, and how far its connection has come. Goes out: nodes, and a summary.
 * A printer adds its nodes at PRINT_DEPTH and below, names what it cannot read by print_wrong where it
 * stands, and stops there. Payloads that a printer's rules leave to the application are shown as they are.
 */

#include "detail_build.h"
#include "label.h"
#include "subprotocol.h"

#define PRINT_DEPTH 2

struct print {
    struct detail *detail;
    const struct subprotocol *subprotocol; /* as it was before the message */
    enum direction direction;
    bool is_text;
    bool whole;           /* the payload is all of the message */
    bool wrong;           /* something was */
    struct bytes payload; /* not empty */
    struct label summary; /* what it is, in a few words */
};

/* The next node, with a value of the wire at its place. */
struct detail_node *print_field(struct print *print, unsigned depth, const char *name, struct bytes value,
                                const char *purpose, const char *section);

/* The same with a value of ours; at is where it was read from. */
__attribute__((format(printf, 7, 8))) struct detail_node *print_value(struct print *print, unsigned depth,
                                                                      const char *name, struct bytes at,
                                                                      const char *purpose,
                                                                      const char *section, const char *format,
                                                                      ...);

/* One sentence on what is wrong, at those bytes; the summary says that something is. */
void print_wrong(struct print *print, unsigned depth, struct bytes at, const char *sentence);

/* The same where something is missing at the end, unless it may be among what was not kept. */
void print_short(struct print *print, unsigned depth, struct bytes at, const char *sentence);

/* The payload as JSON. False where it is none: that was said already. */
bool print_json(struct print *print, struct bytes text, struct bytes *value);

/* Bytes that are the application's: text where they are text, and JSON's values where it is JSON. */
void print_content(struct print *print, unsigned depth, const char *name, struct bytes content);

/* The printers, and what some of them keep in mind from message to message. */
void engineio_print(struct print *print);
void socketio_print(struct print *print, struct bytes packet);
void socketio_print_attachment(struct print *print, struct bytes data);
void socketio_pass(struct subprotocol *subprotocol, enum direction direction, const struct message *message);
void graphql_print(struct print *print);
void stomp_print(struct print *print);
bool stomp_recognise(struct bytes payload);
void mqtt_print(struct print *print);
void mqtt_pass(struct subprotocol *subprotocol, enum direction direction, const struct message *message);
bool mqtt_recognise(struct bytes payload);
void wamp_print(struct print *print);
void jsonrpc_print(struct print *print);
bool jsonrpc_recognise(struct bytes payload);

#endif
