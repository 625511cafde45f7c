/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>

/* Two addresses stand in every row of every list: with printf they were much of what a row cost. */
static char *put_decimal(char *at, unsigned value)
{
    char digits[10];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

/* 10.0.0.1; the place behind it. */
static char *put_v4(char *at, const uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        at = put_decimal(at, bytes[i]);
        *at++ = '.';
    }
    *--at = '\0';
    return at;
}

void address_format_host(char out[ADDRESS_TEXT_MAX], const struct ip_address *address)
{
    if (ip_address_is_v4(address)) {
        put_v4(out, address->bytes + 12);
    } else {
        inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT_MAX);
    }
}

void address_format(char out[ADDRESS_TEXT_MAX], const struct endpoint *endpoint)
{
    char host[ADDRESS_TEXT_MAX];

    if (ip_address_is_v4(&endpoint->address)) {
        char *at = put_v4(out, endpoint->address.bytes + 12);

        *at++ = ':';
        *put_decimal(at, endpoint->port) = '\0';
        return;
    }
    address_format_host(host, &endpoint->address);
    snprintf(out, ADDRESS_TEXT_MAX, "[%.45s]:%u", host, endpoint->port);
}
