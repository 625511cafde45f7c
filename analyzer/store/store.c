/* SPDX-License-Identifier: MIT */
#include "store.h"

#include "ring.h"

#include <stdlib.h>

/* A payload as it lies in the ring of bytes. */
struct kept {
    uint64_t position;
    uint32_t length;
};

/* A row of the table, and what the viewer need not see. */
struct row {
    struct store_connection shown;
    struct kept last_frame[2];      /* each direction's latest data frame's payload */
};

struct store {
    struct ring bytes;
    struct record *records;
    uint64_t record_capacity;
    uint64_t first, end;            /* ids of records */
    struct row *rows;
    uint64_t row_capacity;
    uint64_t end_row;               /* ids of connections */
    struct store_totals totals;
};

/* --- memory ---------------------------------------------------------------------------------------- */

#define RECORDS_SHARE 4             /* a quarter for records, */
#define ROWS_SHARE 8                /* an eighth for connections, and an eighth for what lists need */
#define BYTES_SHARE 2               /* half for bytes */

struct store *store_create(uint64_t wanted)
{
    struct store *store = calloc(1, sizeof *store);
    uint64_t memory = wanted > STORE_LEAST ? wanted : STORE_LEAST;

    if (store == NULL) {
        return NULL;
    }
    store_clear(store);
    store->record_capacity = memory / RECORDS_SHARE / sizeof *store->records + 1;
    store->row_capacity = memory / ROWS_SHARE / sizeof *store->rows + 1;
    store->records = calloc(store->record_capacity, sizeof *store->records);
    store->rows = calloc(store->row_capacity, sizeof *store->rows);
    bool has_ring = ring_init(&store->bytes, memory / BYTES_SHARE);

    if (!has_ring || store->records == NULL || store->rows == NULL) {
        store_destroy(store);
        return NULL;
    }
    return store;
}

void store_destroy(struct store *store)
{
    if (store == NULL) {
        return;
    }
    ring_release(&store->bytes);
    free(store->records);
    free(store->rows);
    free(store);
}

/* Records and rows are made anew before they are looked at, so what they held may stay. */
void store_clear(struct store *store)
{
    store->first = store->end = 1;
    store->end_row = 1;
    store->bytes.head = 0;
    memset(&store->totals, 0, sizeof store->totals);
}

/* --- places ---------------------------------------------------------------------------------------- */

static struct record *place_of(const struct store *store, uint64_t id)
{
    return &store->records[id % store->record_capacity];
}

const struct record *store_record(const struct store *store, uint64_t id)
{
    return id >= store->first && id < store->end ? place_of(store, id) : NULL;
}

uint64_t store_first(const struct store *store)
{
    return store->first;
}

uint64_t store_end(const struct store *store)
{
    return store->end;
}

uint64_t store_first_connection(const struct store *store)
{
    return store->end_row > store->row_capacity ? store->end_row - store->row_capacity : 1;
}

uint64_t store_end_connection(const struct store *store)
{
    return store->end_row;
}

static struct row *row_of(const struct store *store, uint64_t id)
{
    return id >= store_first_connection(store) && id < store->end_row ? &store->rows[id % store->row_capacity]
                                                                      : NULL;
}

const struct store_connection *store_connection(const struct store *store, uint64_t id)
{
    struct row *row = row_of(store, id);

    return row ? &row->shown : NULL;
}

const struct store_totals *store_totals(const struct store *store)
{
    return &store->totals;
}

/* --- counting -------------------------------------------------------------------------------------- */

static void note_findings(struct store *store, struct store_connection *row, const struct event *event)
{
    enum event_kind kind = event->kind == EVENT_CUT ? EVENT_FRAME : event->kind;    /* the same rules */
    size_t count;
    const struct rule *rules = rules_of(kind, &count);

    for (size_t i = 0; event->faults != 0 && i < count; i++) {
        if (event->faults >> i & 1) {
            store->totals.rules[kind][i][rules_side(&rules[i], event->direction)]++;
            store->totals.findings[rules[i].severity]++;
            if (row) {
                row->findings[rules[i].severity]++;
            }
        }
    }
}

static void count_message(struct store_tally *tally, const struct message *message)
{
    tally->messages++;
    tally->fragmented += message->frames > 1;
    tally->compressed += message->compressed;
    tally->message_bytes += message->length;
}

static void count_event(struct store_totals *totals, const struct event *event)
{
    struct store_tally *tally = &totals->sent[event->direction];
    struct traffic traffic;

    totals->events[event->kind]++;
    if (traffic_of(event, &traffic)) {
        series_add(&totals->passed, event->time, traffic.kind, event->direction, traffic.bytes);
    }
    switch (event->kind) {
    case EVENT_FRAME:
        tally->frames[event->frame.frame->opcode & 0xF]++;
        tally->framing += event->frame.frame->header_length;
        tally->payload += event->frame.frame->length - event->frame.frame->lost;
        break;
    case EVENT_MESSAGE:
        count_message(tally, event->message.message);
        break;
    case EVENT_HTTP:
        tally->http_bytes += event->http.head->raw.length + event->http.head->body_length;
        break;
    default:
        break;
    }
}

/* The row of the event's connection; a new one pushes out the oldest. NULL for none, or one long gone. */
static struct row *row_for(struct store *store, const struct event *event)
{
    if (event->connection == NULL) {
        return NULL;
    }
    while (store->end_row <= event->connection->id) {
        struct row *row = &store->rows[store->end_row++ % store->row_capacity];

        store_connection_init(&row->shown, event->time);
        memset(row->last_frame, 0, sizeof row->last_frame);
        store->totals.connections++;
    }
    return row_of(store, event->connection->id);
}

static void note(struct store *store, struct store_connection *row, const struct event *event)
{
    struct store_totals *totals = &store->totals;

    totals->first_time = totals->first_time ? totals->first_time : event->time;
    totals->last_time = event->time > totals->last_time ? event->time : totals->last_time;
    count_event(totals, event);
    note_findings(store, row, event);
    if (row) {
        store_connection_note(row, event);
    }
}

/* --- keeping an event ------------------------------------------------------------------------------ */

/* A message in one frame has that frame's payload, which is there already. */
static bool shares_frame(const struct store *store, const struct row *row, const struct event *event,
                         struct kept *shared)
{
    if (event->kind != EVENT_MESSAGE || row == NULL || event->message.message->frames != 1) {
        return false;
    }
    struct bytes payload = event->message.message->payload;
    struct kept last = row->last_frame[event->direction];

    *shared = last;
    return last.length == payload.length && payload.length > 0 && !ring_gone(&store->bytes, last.position) &&
           memcmp(ring_at(&store->bytes, last.position), payload.data, payload.length) == 0;
}

static void put_payload(struct store *store, struct record *record, const struct parcel *parcel)
{
    uint64_t length = 0;

    for (size_t i = 0; i < parcel->piece_count; i++) {
        length += parcel->pieces[i].length;
    }
    if (length > UINT32_MAX ||
        !ring_put(&store->bytes, parcel->pieces, parcel->piece_count, &record->payload)) {
        store->totals.not_kept++;
        length = 0;
    }
    record->payload_length = (uint32_t)length;
}

/* The payload goes first, so that what is gone of a record is gone from its front. */
static void put(struct store *store, struct record *record, struct row *row, const struct event *event)
{
    struct parcel parcel;
    struct kept shared;

    parcel_pack(&parcel, event);
    if (shares_frame(store, row, event, &shared)) {
        record->payload = shared.position;
        record->payload_length = shared.length;
    } else {
        put_payload(store, record, &parcel);
    }
    ring_put(&store->bytes, &parcel.fixed_bytes, 1, &record->fixed);
    if (row && event->kind == EVENT_FRAME && !frame_is_control(event->frame.frame->opcode)) {
        row->last_frame[event->direction] = (struct kept){ record->payload, record->payload_length };
    }
}

static void chain(struct store *store, struct store_connection *row, struct record *record, uint64_t id)
{
    record->previous = row->last_record;
    if (row->last_record >= store->first && row->last_record > 0) {
        place_of(store, row->last_record)->next = id;
    }
    row->last_record = id;
    row->handshake_record = record->kind == EVENT_HANDSHAKE ? id : row->handshake_record;
    row->first_record = row->first_record ? row->first_record : id;
}

static uint8_t opcode_of(const struct event *event)
{
    switch (event->kind) {
    case EVENT_FRAME:
    case EVENT_CUT:
        return event->frame.frame->opcode;
    case EVENT_MESSAGE:
        return event->message.message->opcode;
    default:
        return 0;
    }
}

static bool record_gone(const struct store *store, uint64_t id)
{
    const struct record *record = place_of(store, id);

    return store->end - id > store->record_capacity || ring_gone(&store->bytes, record->fixed) ||
           (record->payload_length > 0 && ring_gone(&store->bytes, record->payload));
}

void store_event(void *context, const struct event *event)
{
    struct store *store = context;
    struct row *row = row_for(store, event);
    uint64_t id = store->end;
    struct record *record = place_of(store, id);

    note(store, row ? &row->shown : NULL, event);
    *record = (struct record){
        .connection = event->connection ? event->connection->id : 0,
        .packet = event->packet,
        .time = event->time,
        .faults = event->faults,
        .kind = (uint8_t)event->kind,
        .direction = (uint8_t)event->direction,
        .opcode = opcode_of(event),
    };
    put(store, record, row, event);
    store->end++;
    while (store->first < store->end && record_gone(store, store->first)) {
        store->first++;
    }
    if (row) {
        chain(store, &row->shown, record, id);
    }
}

void store_event_sparsely(void *context, const struct event *event)
{
    bool segment = event->kind == EVENT_SEGMENT;
    bool telling = segment && ((event->segment.segment->flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0 ||
                               event->segment.retransmitted || event->segment.out_of_order);

    if (!segment || telling) {
        store_event(context, event);
    }
}

/* --- rebuilding an event --------------------------------------------------------------------------- */

bool store_get(const struct store *store, uint64_t id, struct store_event *out)
{
    const struct record *record = store_record(store, id);

    if (record == NULL) {
        return false;
    }
    const struct store_connection *row = store_connection(store, record->connection);
    struct bytes payload = bytes_of(record->payload_length ? ring_at(&store->bytes, record->payload) : NULL,
                                    record->payload_length);

    out->connection = row ? row->connection : (struct connection){ .id = record->connection };
    out->event = (struct event){
        .kind = (enum event_kind)record->kind,
        .direction = (enum direction)record->direction,
        .time = record->time,
        .packet = record->packet,
        .connection = record->connection ? &out->connection : NULL,
        .faults = record->faults,
    };
    return parcel_unpack(ring_at(&store->bytes, record->fixed), payload, out);
}
