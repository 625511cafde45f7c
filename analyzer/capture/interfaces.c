/* SPDX-License-Identifier: MIT */
#include "interfaces.h"

#include <net/if.h>
#include <netinet/in.h>
#include <netdb.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define EVERY "any"             /* libpcap's name for all of them together */

static socklen_t size_of(const struct sockaddr *address)
{
    return address->sa_family == AF_INET    ? sizeof(struct sockaddr_in)
           : address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                            : 0;
}

static void add_address(struct interface *interface, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];      /* with its scope, as in fe80::1%eth0 */
    size_t used = strlen(interface->addresses);
    socklen_t size = address ? size_of(address) : 0;

    if (size == 0 || getnameinfo(address, size, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0) {
        return;
    }
    if (used + strlen(text) + 2 < sizeof interface->addresses) {
        char *end = interface->addresses + used;

        end = used ? stpcpy(end, " ") : end;
        strcpy(end, text);
    }
}

static void describe(struct interface *interface, const pcap_if_t *from)
{
    const char *own = strcmp(from->name, EVERY) == 0 ? "all interfaces together"
                      : interface->loopback          ? "what this machine says to itself"
                                                     : from->description;

    snprintf(interface->description, sizeof interface->description, "%s", own ? own : "");
}

static void take(struct interface *interface, const pcap_if_t *from)
{
    *interface = (struct interface){
        .up = (from->flags & PCAP_IF_UP) != 0, .loopback = (from->flags & PCAP_IF_LOOPBACK) != 0,
    };
    snprintf(interface->name, sizeof interface->name, "%s", from->name);
    describe(interface, from);
    for (const pcap_addr_t *at = from->addresses; at != NULL; at = at->next) {
        add_address(interface, at->addr);
    }
}

static bool is_network(const pcap_if_t *device)
{
    return strcmp(device->name, EVERY) == 0 || if_nametoindex(device->name) != 0;
}

size_t interfaces_list(struct interface list[INTERFACES_MAX], struct error *error)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_if_t *devices = NULL;
    size_t count = 0;

    if (pcap_findalldevs(&devices, reason) != 0) {
        error_set(error, "cannot ask for the interfaces: %s", reason);
        return 0;
    }
    for (const pcap_if_t *at = devices; at != NULL && count < INTERFACES_MAX; at = at->next) {
        if (is_network(at)) {
            take(&list[count++], at);
        }
    }
    pcap_freealldevs(devices);
    if (count == 0) {
        error_set(error, "there is no network interface here; a file needs none: ws101 FILE");
    }
    return count;
}
