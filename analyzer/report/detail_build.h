/* SPDX-License-Identifier: MIT */
#ifndef WS101_DETAIL_BUILD_H
#define WS101_DETAIL_BUILD_H

/* detail_build - what the parts of detail share: a node is added, then its value, meaning and place are set.
 *
 * Every function takes any node of detail_add, also the one that stands for all that found no room.
 */

#include "detail.h"

/* The next node. */
struct detail_node *detail_add(struct detail *detail, unsigned depth, const char *name);

/* A value of ours, written as printf does; cut where the detail's text is full. */
__attribute__((format(printf, 3, 4))) void detail_say(struct detail *detail, struct detail_node *node,
                                                      const char *format, ...);

/* A copy of the view in the detail's text; empty where it has no room. */
struct bytes detail_keep(struct detail *detail, struct bytes view);

/* A value of "37 fa 21 3d", three dots behind the first max bytes. */
void detail_say_hex(struct detail *detail, struct detail_node *node, struct bytes view, size_t max);

/* A value of the wire, and its place where it is a view of the detail's pieces. */
void detail_show(struct detail *detail, struct detail_node *node, struct bytes value);

/* What the field of that name is for, from the table that filters use. */
void detail_explain(struct detail_node *node, const char *field_name);

void detail_place(struct detail_node *node, size_t from, size_t length);

/* The place of a view of the pieces; none where it is not. */
void detail_place_view(const struct detail *detail, struct detail_node *node, struct bytes view);

/* The parts: each adds its nodes behind those that are there. */
void detail_frame(struct detail *detail, const struct event *event);
void detail_http(struct detail *detail, const struct event *event);
void detail_handshake(struct detail *detail, const struct event *event);

/* The values of a text that is JSON, an object or a list; nothing where it is not. */
void detail_json(struct detail *detail, unsigned depth, struct bytes text);

/* A value that json_reader has let pass, under that name, and all that is in it. */
struct detail_node *detail_json_value(struct detail *detail, unsigned depth, const char *name,
                                      struct bytes value);

/* What a message's subprotocol makes of it; false, and nothing added, where none is known. */
bool detail_subprotocol(struct detail *detail, const struct event *event,
                        const struct subprotocol *subprotocol);

/* The payload of a message or of a Ping: as text where it is, else in hexadecimal. */
void detail_payload(struct detail *detail, unsigned depth, struct bytes payload, bool is_text);

#endif
