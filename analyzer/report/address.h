/* SPDX-License-Identifier: MIT */
#ifndef WS101_ADDRESS_H
#define WS101_ADDRESS_H

/* address - endpoints as people write them: 192.0.2.1:80, [2001:db8::1]:80 (RFC 5952, RFC 3986 3.2.2). */

#include "core/ip.h"

#define ADDRESS_TEXT_MAX 56

/* The address alone: 192.0.2.1, 2001:db8::1. */
void address_format_host(char out[ADDRESS_TEXT_MAX], const struct ip_address *address);

void address_format(char out[ADDRESS_TEXT_MAX], const struct endpoint *endpoint);

#endif
