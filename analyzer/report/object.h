/* SPDX-License-Identifier: MIT */
#ifndef WS101_OBJECT_H
#define WS101_OBJECT_H

/* object - writes JSON (RFC 8259), member by member, to an output.
 *
 * Comes in:   names of ours, values of any origin.
 * Goes out:   one JSON text, valid whatever the values hold, and harmless on a terminal: what escape would
 *             not let through is written as \uNNNN, and so is what is not ASCII where the output is.
 * name is NULL for the elements of a list.
 */

#include "core/bytes.h"
#include "output.h"

struct object {
    struct output *output;
    bool filled;                /* the next member needs a comma */
};

/* The outermost braces; object_end writes the line's end too. */
void object_begin(struct object *object, struct output *output);
void object_end(struct object *object);

void object_open(struct object *object, const char *name);
void object_close(struct object *object);
void object_open_list(struct object *object, const char *name);
void object_close_list(struct object *object);

void object_number(struct object *object, const char *name, uint64_t value);
void object_bool(struct object *object, const char *name, bool value);

/* value / 10^decimals, as a number: 1500 with 3 decimals is 1.500. */
void object_decimal(struct object *object, const char *name, uint64_t value, unsigned decimals);
void object_null(struct object *object, const char *name);

/* A string of ours, or NULL for null. */
void object_text(struct object *object, const char *name, const char *text);

/* Nanoseconds as a string of seconds with nine digits, so that no reader rounds them. */
void object_seconds(struct object *object, const char *name, int64_t nanoseconds);

void object_hex(struct object *object, const char *name, struct bytes view);
void object_base64(struct object *object, const char *name, struct bytes view);

/* A string in pieces: what is written to the output between the two is ASCII that JSON need not escape. */
void object_open_string(struct object *object, const char *name);
void object_close_string(struct object *object);

/* Bytes of the wire as a string. Where they are not UTF-8, each byte is the character of its number, as
 * HTTP's fields once were read (ISO 8859-1): nothing is lost. */
void object_string(struct object *object, const char *name, struct bytes view);

/* Whether the bytes are UTF-8 from end to end. */
bool object_is_text(struct bytes view);

/* A text that was cut loses the piece of a character at its end, so that what is left is text. */
struct bytes object_whole_characters(struct bytes view);

#endif
