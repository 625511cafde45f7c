/* SPDX-License-Identifier: MIT */
#ifndef WS101_SUBPROTOCOLS_H
#define WS101_SUBPROTOCOLS_H

/* subprotocols - how a record of the store is to be read, from what its connection said before.
 *
 * Comes in:   a record's id. Goes out: what was agreed, or recognised, and what an earlier message left
 *             unfinished.
 * Limits:     the first records of the connection and the last before this one are looked at, so that a row
 *             can be drawn anywhere in a long one: what was cut further back is taken for whole.
 */

#include "report/subprotocol.h"
#include "store/store.h"

struct subprotocol subprotocols_before(const struct store *store, uint64_t record);

#endif
