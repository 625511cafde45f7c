/* SPDX-License-Identifier: MIT */
#ifndef WS101_DIGEST_H
#define WS101_DIGEST_H

/* digest - what of an event is the same on both sides of a proxy that only hands on, as a number to compare.
 *
 * Equal numbers are evidence and no proof: the FNV-1a hash of 32 bits, and of a long payload its beginning.
 */

#include "core/event.h"

#define DIGEST_START 2166136261U

uint32_t digest_bytes(uint32_t digest, struct bytes view);

/* Direction and payload of messages and control frames, a request's method, a status; 0 of what passes no
 * proxy. */
uint32_t digest_event(const struct event *event);

#endif
