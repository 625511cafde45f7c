/* SPDX-License-Identifier: MIT */
#include "proxies.h"

#include "report/digest.h"

/* --- which connection is the other leg ------------------------------------------------------------------ */

/* What the connection's first events say of it; false where they are not kept. */
static bool read_leg(const struct store *store, uint64_t connection, struct leg *leg)
{
    const struct store_connection *row = store_connection(store, connection);
    uint64_t id = row ? row->first_record : 0;
    const struct record *record = store_record(store, id);
    struct store_event rebuilt;

    *leg = (struct leg){ .connection = 0 };
    for (int i = 0; record && i < PROXIES_RECORDS; i++) {
        if ((record->kind == EVENT_HTTP || record->kind == EVENT_HANDSHAKE ||
             record->kind == EVENT_MESSAGE) &&
            store_get(store, id, &rebuilt)) {
            leg_event(leg, &rebuilt.event);
        }
        id = record->next;
        record = store_record(store, id);
    }
    leg->last = row ? row->last : 0;
    return leg->key_length > 0;
}

static bool same_key(const struct store *store, const struct store_connection *row, const struct leg *leg)
{
    struct store_event rebuilt;
    struct leg candidate = { .connection = 0 };

    if (!store_get(store, row->handshake_record, &rebuilt)) {
        return false;
    }
    leg_event(&candidate, &rebuilt.event);
    return bytes_equal(bytes_of(candidate.key, candidate.key_length), bytes_of(leg->key, leg->key_length));
}

static bool same_address(const struct endpoint *a, const struct endpoint *b)
{
    return memcmp(&a->address, &b->address, sizeof a->address) == 0;
}

/* What is known without reading a candidate's records: the key, or for want of it, where the legs would
 * meet. */
static bool may_match(const struct store *store, const struct store_connection *row, const struct leg *leg,
                      bool to_back, bool certain)
{
    if (row == NULL || !row->upgraded || row->connection.id == leg->connection) {
        return false;
    }
    if (certain) {
        return same_key(store, row, leg);
    }
    return to_back ? same_address(&row->connection.client, &leg->server)
                   : same_address(&row->connection.server, &leg->client);
}

/* How many connections could be the other leg, the other one being the back leg or the front; *partner is the
 * first of them. Where too many would have to be read, as where all is on one host, it is none. */
static size_t find_partners(const struct store *store, const struct leg *leg, bool to_back, bool certain,
                            struct leg *partner, struct legs_evidence *evidence)
{
    uint64_t from = leg->connection > PROXIES_NEAR ? leg->connection - PROXIES_NEAR : 1;
    size_t count = 0, read = 0;

    for (uint64_t id = from; id <= leg->connection + PROXIES_NEAR && id < store_end_connection(store); id++) {
        struct legs_evidence found;
        struct leg other;

        if (!may_match(store, store_connection(store, id), leg, to_back, certain)) {
            continue;
        }
        if (++read > PROXIES_READ) {
            return 0;
        }
        if (read_leg(store, id, &other) &&
            (to_back ? legs_match(leg, &other, &found) : legs_match(&other, leg, &found)) &&
            legs_are_certain(&found) == certain && count++ == 0) {
            *partner = other;
            *evidence = found;
        }
    }
    return count;
}

/* Without the same key neither leg may fit another connection. */
static bool find_proxy(const struct store *store, const struct leg *leg, bool to_back, bool certain,
                       struct proxy *proxy)
{
    struct leg partner, back_again;
    struct legs_evidence evidence;
    size_t count = find_partners(store, leg, to_back, certain, &partner, &proxy->evidence);

    if (count == 0 || (!certain && (count > 1 || find_partners(store, &partner, !to_back, certain,
                                                               &back_again, &evidence) != 1))) {
        return false;
    }
    proxy->front = to_back ? leg->connection : partner.connection;
    proxy->back = to_back ? partner.connection : leg->connection;
    return true;
}

struct proxy proxies_find(const struct store *store, uint64_t connection)
{
    struct proxy proxy = { .back = 0 };
    struct leg leg;

    if (!read_leg(store, connection, &leg) ||
        !(find_proxy(store, &leg, true, true, &proxy) || find_proxy(store, &leg, false, true, &proxy) ||
          find_proxy(store, &leg, true, false, &proxy) || find_proxy(store, &leg, false, false, &proxy))) {
        return (struct proxy){ .back = 0 };
    }
    return proxy;
}

/* --- what crosses it ----------------------------------------------------------------------------------- */

/* Whether the record is the same thing on one of the two legs. */
static bool is_same(const struct store *store, const struct record *like, uint32_t digest, uint64_t id)
{
    const struct record *record = store_record(store, id);
    struct store_event rebuilt;

    return record && record->kind == like->kind && record->direction == like->direction &&
           record->opcode == like->opcode && store_get(store, id, &rebuilt) &&
           digest_event(&rebuilt.event) == digest;
}

/* What comes first leaves first: the same words may be under way several times. */
int64_t proxies_time_inside(const struct store *store, const struct proxy *proxy, uint64_t record)
{
    const struct record *like = store_record(store, record);
    int64_t entered[PROXIES_BEFORE];
    size_t first = 0, end = 0;
    struct store_event rebuilt;

    if (proxy->back == 0 || like == NULL || !store_get(store, record, &rebuilt)) {
        return -1;
    }
    uint64_t entrance = like->direction == C2S ? proxy->front : proxy->back;
    uint64_t exit = like->direction == C2S ? proxy->back : proxy->front;
    uint32_t digest = digest_event(&rebuilt.event);

    for (uint64_t id = record > PROXIES_BEFORE ? record - PROXIES_BEFORE : 1;
         digest && like->connection == exit && id < record; id++) {
        const struct record *at = store_record(store, id);
        bool enters = at && at->connection == entrance;

        if (at && (enters || at->connection == exit) && is_same(store, like, digest, id)) {
            if (enters) {
                entered[end++] = at->time;
            } else {
                first += first < end;
            }
        }
    }
    return first < end ? like->time - entered[first] : -1;
}
