/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>

void address_format(char out[ADDRESS_TEXT_MAX], const struct endpoint *endpoint)
{
    const uint8_t *bytes = endpoint->address.bytes;
    char address[INET6_ADDRSTRLEN];

    if (ip_address_is_v4(&endpoint->address)) {
        inet_ntop(AF_INET, bytes + 12, address, sizeof address);
        snprintf(out, ADDRESS_TEXT_MAX, "%s:%u", address, endpoint->port);
    } else {
        inet_ntop(AF_INET6, bytes, address, sizeof address);
        snprintf(out, ADDRESS_TEXT_MAX, "[%s]:%u", address, endpoint->port);
    }
}
