/* SPDX-License-Identifier: MIT */
#ifndef WS101_LITERAL_H
#define WS101_LITERAL_H

/* literal - what a field is compared with: 64k, 20ms, 10.0.0.0/8, close, "text".
 *
 * Comes in:   a field of the table, and a word or quoted text of the expression.
 * Goes out:   a value of the field's type.
 * Ownership:  a literal's text is a view: of the text it was read from, or of the table of names.
 */

#include "core/fields.h"

struct literal {
    uint64_t number, last;      /* the same, but for a range: both ends count */
    struct bytes text;
    bool is_number;             /* of a numbered name: compared by its number */
    struct ip_address address;
    unsigned prefix;            /* bits of the address that count */
};

/* False where the text is no value of the field's type. */
bool literal_read(const struct field *field, struct bytes text, struct literal *out);

/* What it should have been, to be put behind "is compared with". Not for names, which have a list. */
const char *literal_wanted(const struct field *field);

/* aa:bb:cc as those bytes; room for a third of the word. The number of bytes, 0 where it is not that. */
size_t literal_read_hex(struct bytes word, uint8_t *room);

bool literal_equals(const struct field *field, const struct field_value *value,
                    const struct literal *literal);

#endif
