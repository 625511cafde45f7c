/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>

void address_format_host(char out[ADDRESS_TEXT_MAX], const struct ip_address *address)
{
    bool v4 = ip_address_is_v4(address);

    inet_ntop(v4 ? AF_INET : AF_INET6, address->bytes + (v4 ? 12 : 0), out, ADDRESS_TEXT_MAX);
}

void address_format(char out[ADDRESS_TEXT_MAX], const struct endpoint *endpoint)
{
    char host[ADDRESS_TEXT_MAX];
    bool v4 = ip_address_is_v4(&endpoint->address);

    address_format_host(host, &endpoint->address);
    snprintf(out, ADDRESS_TEXT_MAX, v4 ? "%.45s:%u" : "[%.45s]:%u", host, endpoint->port);
}
