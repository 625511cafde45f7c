/* SPDX-License-Identifier: MIT */
#include "subprotocols.h"

#define RECORDS_LOOKED_AT 64 /* at the connection's beginning, and before the record */

/* What does not depend on earlier messages need not look at them. */
static bool has_memory(const struct subprotocol *subprotocol)
{
    return subprotocol->kind == SUBPROTOCOL_UNKNOWN || subprotocol->kind == SUBPROTOCOL_MQTT ||
           subprotocol->kind == SUBPROTOCOL_SOCKETIO;
}

/* The messages from there on, up to a record; returns where it stopped. */
static uint64_t pass(struct subprotocol *subprotocol, const struct store *store, uint64_t id, uint64_t end)
{
    const struct record *record = store_record(store, id);
    struct store_event rebuilt;

    for (int i = 0; record && id < end && i < RECORDS_LOOKED_AT; i++) {
        if (record->kind == EVENT_MESSAGE && store_get(store, id, &rebuilt)) {
            subprotocol_pass(subprotocol, &rebuilt.event);
        }
        id = record->next ? record->next : end;
        record = store_record(store, id);
    }
    return id;
}

/* As many records before it, as far as they are kept, and behind least. */
static uint64_t some_before(const struct store *store, uint64_t id, uint64_t least)
{
    const struct record *before = store_record(store, store_record(store, id)->previous);

    for (int i = 0; i < RECORDS_LOOKED_AT - 1 && before && store_record(store, id)->previous > least; i++) {
        id = store_record(store, id)->previous;
        before = store_record(store, before->previous);
    }
    return id;
}

struct subprotocol subprotocols_before(const struct store *store, uint64_t record)
{
    const struct record *at = store_record(store, record);
    const struct store_connection *row = at ? store_connection(store, at->connection) : NULL;
    struct subprotocol subprotocol = { .kind = SUBPROTOCOL_UNKNOWN };

    if (row == NULL) {
        return subprotocol;
    }
    subprotocol_agree(&subprotocol, bytes_of(row->subprotocol.bytes, row->subprotocol.length),
                      bytes_of(row->target.bytes, row->target.length));
    if (!has_memory(&subprotocol)) {
        return subprotocol;
    }
    uint64_t reached = pass(&subprotocol, store, row->first_record, record);

    if (reached < record && subprotocol.kind != SUBPROTOCOL_UNKNOWN) {
        uint64_t from = some_before(store, record, reached);

        if (from > reached) {
            memset(subprotocol.rest, 0, sizeof subprotocol.rest);
        }
        pass(&subprotocol, store, from, record);
    }
    return subprotocol;
}
