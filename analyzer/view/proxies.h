/* SPDX-License-Identifier: MIT */
#ifndef WS101_PROXIES_H
#define WS101_PROXIES_H

/* proxies - the other leg of a connection that goes through a proxy, found in the store.
 *
 * Comes in:   a connection, or a record. Goes out: its other leg and why it is taken for that; how long a
 *             message was in the proxy.
 * Limits:     connections PROXIES_NEAR to either side are looked at, and of PROXIES_READ that might fit the
 *             first PROXIES_RECORDS records are read; where a message entered the proxy is looked for among
 *             the PROXIES_BEFORE records before it left.
 */

#include "report/legs.h"
#include "store/store.h"

#define PROXIES_NEAR    512
#define PROXIES_RECORDS 256
#define PROXIES_READ    16
#define PROXIES_BEFORE  128

struct proxy {
    uint64_t front, back; /* connections: client to proxy, proxy to server; back 0: no proxy */
    struct legs_evidence evidence;
};

struct proxy proxies_find(const struct store *store, uint64_t connection);

/* Nanoseconds since the message, request or answer entered the proxy that it leaves with this record; -1
 * where it does not, or that was not seen. */
int64_t proxies_time_inside(const struct store *store, const struct proxy *proxy, uint64_t record);

#endif
