/* SPDX-License-Identifier: MIT */
#ifndef WS101_JSON_READER_H
#define WS101_JSON_READER_H

/* json_reader - JSON text taken apart value by value, nothing copied.
 *
 * Comes in:   any bytes. Goes out: views of them; strings as they were sent, escapes included.
 * Errors:     what is not JSON, or nests deeper than JSON_DEPTH_MAX, is refused as a whole: a reader is
 *             opened only over what json_reader_take let pass, so that walking needs no check.
 * RFC 8259.
 */

#include "core/bytes.h"

#define JSON_DEPTH_MAX 32 /* lists and objects in each other */

/* Takes the value at the front of *text, and the blanks around it. Where there is no whole one it is
 * false, and *text begins at the mistake. */
bool json_reader_take(struct bytes *text, struct bytes *value);

/* Whether the text is one value and nothing else; out of a mistake *mistake begins there. */
bool json_reader_whole(struct bytes text, struct bytes *value, struct bytes *mistake);

/* Walks the members of an object, or the elements of a list. */
struct json_reader {
    struct bytes rest;
};

/* False where the value is neither; there is nothing to walk then. */
bool json_reader_open(struct json_reader *reader, struct bytes value);

/* *name is without its quotes, and empty in a list. */
bool json_reader_next(struct json_reader *reader, struct bytes *name, struct bytes *value);

/* The value of the first member of that name, of the element at that place; empty where there is none. */
struct bytes json_reader_member(struct bytes object, const char *name);
struct bytes json_reader_element(struct bytes list, size_t place);

/* Members or elements; 0 of anything else. */
size_t json_reader_count(struct bytes value);

/* What stands between a string's quotes; empty where the value is no string. */
struct bytes json_reader_string(struct bytes value);

static inline bool json_reader_is_object(struct bytes value)
{
    return value.length > 0 && value.data[0] == '{';
}

static inline bool json_reader_is_list(struct bytes value)
{
    return value.length > 0 && value.data[0] == '[';
}

static inline bool json_reader_is_string(struct bytes value)
{
    return value.length > 0 && value.data[0] == '"';
}

#endif
