/* SPDX-License-Identifier: MIT */
#ifndef WS101_FIELDS_H
#define WS101_FIELDS_H

/* fields - everything an event says, by name: what filters compare and details and help explain.
 *
 * Comes in:   an event and a field of the table.
 * Goes out:   the field's value, or several (a connection has two addresses, an event may have many
 *             findings); none where this kind of event has no such field.
 * Ownership:  the table is constant; a value's views are the event's and live as long.
 */

#include "event.h"

enum field_type {
    FIELD_FLAG,             /* number: 0 or 1 */
    FIELD_NUMBER,           /* number; literals may end in k, M or G */
    FIELD_DURATION,         /* number: nanoseconds; literals are seconds, or 5ms, 10us, 2m */
    FIELD_TIME,             /* number: nanoseconds since the epoch */
    FIELD_NAME,             /* text: one of the words in names */
    FIELD_NUMBERED_NAME,    /* the same, and its number means something too: opcode >= 8 */
    FIELD_TEXT,             /* text: bytes as they were sent */
    FIELD_INDEXED_TEXT,     /* the same, one of several by its name: http.header["Origin"] */
    FIELD_ADDRESS,          /* address */
    FIELD_TYPES
};

struct field {
    const char *name;
    enum field_type type;
    const char *purpose;    /* what it is for, in one sentence */
    const char *section;    /* where the RFC says so; "" where none does */
    const char *names;      /* of a name: the words it can be, separated by blanks; else NULL */
};

struct field_value {
    uint64_t number;
    struct bytes text;
    const struct ip_address *address;
};

/* Whether its values are texts, or words of a list (numbered or not). */
bool fields_is_text(const struct field *field);
bool fields_is_name(const struct field *field);

/* The whole table, for help and completion. */
const struct field *fields_table(size_t *count);

/* The field of that name, NULL where there is none. */
const struct field *fields_find(struct bytes name);

/* The name nearest to a mistyped one, NULL where none is near. */
const struct field *fields_nearest(struct bytes name);

/* The nth word (from 0) that the name field can be; empty where there are no more. */
struct bytes fields_word(const struct field *field, size_t nth);

/* The nth value (from 0) of the field; index is what stood in brackets, empty for fields without.
 * False where there are no more. */
bool fields_get(const struct field *field, struct bytes index, const struct event *event, size_t nth,
                struct field_value *out);

#endif
