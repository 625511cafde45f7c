/* SPDX-License-Identifier: MIT */
#ifndef WS101_COMPOSE_HEAD_H
#define WS101_COMPOSE_HEAD_H

/* compose_head - the HTTP half of composer: start line, the fields that the form implies, the script's edits
 * of them, the body. */

#include "composer.h"

/* Appends the whole message. A request's key is kept for the accept that answers it. */
void compose_head(struct composer *composer, const struct item_head *head, struct buffer *out);

#endif
