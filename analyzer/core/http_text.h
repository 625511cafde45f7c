/* SPDX-License-Identifier: MIT */
#ifndef WS101_HTTP_TEXT_H
#define WS101_HTTP_TEXT_H

/* http_text - the small grammar that all of HTTP's lines and fields are made of: tokens, lists, quotes.
 *
 * Comes in:   views of text as it was sent, whatever its bytes.
 * Goes out:   views of the same text, good as long as it.
 * RFC 9110 sections 5.5 and 5.6.
 */

#include "bytes.h"

static inline bool http_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static inline bool http_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Without blanks at either end, nor line ends: an obsolete fold may stand there. */
struct bytes http_trim(struct bytes text);

/* How many bytes from the front are a token's (section 5.6.2). */
size_t http_token_length(struct bytes text);

/* Whether all bytes are, and there are some. */
bool http_is_token(struct bytes text);

/* How many bytes from the front are neither controls nor DEL. */
size_t http_plain_length(struct bytes text);

/* Compares without ASCII case. */
bool http_same_letters(struct bytes a, struct bytes b);

static inline bool http_same_text(struct bytes a, const char *b)
{
    return http_same_letters(a, bytes_of_text(b));
}

/* Takes what stands before the next separator outside a quoted string, without blanks around it, from the
 * front of *text, and the separator with it; false when nothing is left. */
bool http_split(struct bytes *text, uint8_t separator, struct bytes *piece);

/* Walks one field's comma-separated list, quoted strings kept whole: takes the next element, without blanks
 * around it, from the front of *list; false at its end. Empty elements are passed over. */
bool http_list_next(struct bytes *list, struct bytes *element);

#endif
