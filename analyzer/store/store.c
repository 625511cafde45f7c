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

/* --- the state of a connection --------------------------------------------------------------------- */

const char *store_state_name(enum connection_state state)
{
    static const char *const names[CONNECTION_STATES] = {
        [CONNECTION_CONNECTING] = "connecting", [CONNECTION_HTTP] = "http",
        [CONNECTION_HANDSHAKE] = "handshake",   [CONNECTION_OPEN] = "open",
        [CONNECTION_JOINED] = "joined late",    [CONNECTION_CLOSING] = "closing",
        [CONNECTION_CLOSED] = "closed",         [CONNECTION_RESET] = "reset",
        [CONNECTION_REFUSED] = "refused",       [CONNECTION_FORGOTTEN] = "forgotten",
        [CONNECTION_TLS] = "tls",               [CONNECTION_OTHER] = "other",
    };

    return names[state];
}

static void keep_text(struct store_text *kept, struct bytes text, size_t most)
{
    struct bytes cut = bytes_first(text, most);

    kept->length = (uint8_t)cut.length;
    if (cut.length > 0) {
        memcpy(kept->bytes, cut.data, cut.length);
    }
}

static void note_request(struct store_connection *row, const struct http_head *request)
{
    const struct http_field *host = http_find(request, "Host", 0);

    if (host) {
        keep_text(&row->host, host->value, STORE_HOST_MAX);
    }
    keep_text(&row->target, request->target, STORE_TARGET_MAX);
}

static void note_http(struct store_connection *row, const struct http_head *head)
{
    if (!head->is_request) {
        return;
    }
    row->requests++;
    row->state = CONNECTION_HTTP;
    note_request(row, head);
    if (handshake_is_request(head)) {
        row->upgraded = true;
        row->state = CONNECTION_HANDSHAKE;
    }
}

static void note_handshake(struct store_connection *row, const struct handshake *handshake)
{
    static const enum connection_state states[] = {
        [HANDSHAKE_ACCEPTED] = CONNECTION_OPEN,
        [HANDSHAKE_REFUSED] = CONNECTION_REFUSED,
        [HANDSHAKE_BROKEN] = CONNECTION_OPEN,
        [HANDSHAKE_UNANSWERED] = CONNECTION_HANDSHAKE,
    };

    row->upgraded = true;
    row->state = states[handshake->verdict];
    row->broken = handshake->verdict == HANDSHAKE_BROKEN;
    row->compressed = handshake->deflate.agreed;
    keep_text(&row->subprotocol, handshake->subprotocol, STORE_SUBPROTOCOL_MAX);
    if (handshake->request) {
        note_request(row, handshake->request);
    }
}

static void note_frame(struct store_connection *row, const struct event *event)
{
    const struct event_frame *frame = &event->frame;

    row->upgraded = true;
    if (frame->round_trip >= 0) {
        row->round_trip = frame->round_trip;
    }
    if (frame->frame->opcode == FRAME_CLOSE) {
        if (!row->close_known) {
            row->close_known = true;
            row->close_first = event->direction;
            row->close_code = frame->close_code;
        }
        row->state = CONNECTION_CLOSING;
    }
}

static void note_close(struct store_connection *row, const struct event_close *close)
{
    row->ended = true;
    row->how = close->how;
    if (close->how == CLOSE_RST) {
        row->state = CONNECTION_RESET;
    } else if (close->how == CLOSE_IDLE) {
        row->state = CONNECTION_FORGOTTEN;
    } else if (close->how != CLOSE_END_OF_CAPTURE && row->state != CONNECTION_REFUSED) {
        row->state = CONNECTION_CLOSED;
    }
}

/* What the protocol alone says, while no event has said more. */
static void note_protocol(struct store_connection *row)
{
    if (row->state != CONNECTION_CONNECTING) {
        return;
    }
    switch (row->connection.protocol) {
    case PROTOCOL_WEBSOCKET:
        row->upgraded = true;
        row->state = CONNECTION_JOINED;
        break;
    case PROTOCOL_TLS:
        row->state = CONNECTION_TLS;
        break;
    case PROTOCOL_HTTP2:
    case PROTOCOL_OTHER:
        row->state = CONNECTION_OTHER;
        break;
    default:
        break;
    }
}

static void note_event(struct store_connection *row, const struct event *event)
{
    switch (event->kind) {
    case EVENT_HTTP:
        note_http(row, event->http.head);
        break;
    case EVENT_HANDSHAKE:
        note_handshake(row, event->handshake);
        break;
    case EVENT_FRAME:
        note_frame(row, event);
        break;
    case EVENT_CLOSE:
        note_close(row, &event->close);
        break;
    default:
        break;
    }
}

static void note_findings(struct store *store, struct store_connection *row, const struct event *event)
{
    enum event_kind kind = event->kind == EVENT_CUT ? EVENT_FRAME : event->kind;    /* the same rules */
    size_t count;
    const struct rule *rules = rules_of(kind, &count);

    for (size_t i = 0; event->faults != 0 && i < count; i++) {
        if (event->faults >> i & 1) {
            store->totals.rules[kind][i]++;
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

        memset(row, 0, sizeof *row);
        row->shown.round_trip = -1;
        row->shown.last = event->time;
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
        row->connection = *event->connection;
        row->last = event->time > row->last ? event->time : row->last;
        note_event(row, event);
        note_protocol(row);
    }
}

/* --- keeping an event ------------------------------------------------------------------------------ */

/* A head in the ring: its bytes follow, and are read again when it is asked for. */
struct kept_head {
    uint32_t length;                /* of the raw head; 0 for none */
    bool is_request, complete;
    enum http_framing framing;
    uint64_t content_length, body_length, faults;
};

struct kept_handshake {
    enum handshake_verdict verdict;
    bool other_extension;
    uint64_t faults;
    struct kept_head request, response;
};

struct kept_frame {
    struct frame frame;
    uint64_t message, arrived;
    int64_t round_trip;
    uint16_t close_code;
    bool compressed;
};

/* The two lengths say how the payload is divided. */
struct kept_close {
    struct event_close close;
    uint32_t reason_length, name_length;
};

#define PIECES_MAX 2

/* What of an event goes into the ring: a struct of one size, and bytes. */
struct parcel {
    union {
        struct kept_head head;
        struct kept_handshake handshake;
        struct kept_frame frame;
        struct kept_close close;
        struct message message;
        struct event_gap gap;
        struct event_notice notice;
        struct event_segment segment;
    } fixed;
    struct segment segment;
    struct bytes fixed_bytes;
    struct bytes pieces[PIECES_MAX];
    size_t piece_count;
};

static void add_piece(struct parcel *parcel, struct bytes piece)
{
    parcel->pieces[parcel->piece_count++] = piece;
}

static struct kept_head keep_head(struct parcel *parcel, const struct http_head *head)
{
    if (head == NULL) {
        return (struct kept_head){ .length = 0 };
    }
    add_piece(parcel, head->raw);
    return (struct kept_head){
        .length = (uint32_t)head->raw.length,
        .is_request = head->is_request,
        .complete = head->complete,
        .framing = head->framing,
        .content_length = head->content_length,
        .body_length = head->body_length,
        .faults = head->faults,
    };
}

static void pack_handshake(struct parcel *parcel, const struct handshake *handshake)
{
    parcel->fixed.handshake = (struct kept_handshake){
        .verdict = handshake->verdict,
        .other_extension = handshake->other_extension,
        .faults = handshake->faults,
    };
    parcel->fixed.handshake.request = keep_head(parcel, handshake->request);
    parcel->fixed.handshake.response = keep_head(parcel, handshake->response);
    parcel->fixed_bytes.length = sizeof parcel->fixed.handshake;
}

static void pack_frame(struct parcel *parcel, const struct event_frame *frame)
{
    parcel->fixed.frame = (struct kept_frame){
        .frame = *frame->frame,
        .message = frame->message,
        .arrived = frame->arrived,
        .round_trip = frame->round_trip,
        .close_code = frame->close_code,
        .compressed = frame->compressed,
    };
    parcel->fixed_bytes.length = sizeof parcel->fixed.frame;
    add_piece(parcel, frame->payload);
}

static void pack_close(struct parcel *parcel, const struct event_close *close)
{
    parcel->fixed.close = (struct kept_close){
        .close = *close,
        .reason_length = (uint32_t)close->reason.length,
        .name_length = (uint32_t)close->server_name.length,
    };
    parcel->fixed_bytes.length = sizeof parcel->fixed.close;
    add_piece(parcel, close->reason);
    add_piece(parcel, close->server_name);
}

static void pack_segment(struct parcel *parcel, const struct event_segment *segment)
{
    parcel->segment = *segment->segment;
    parcel->fixed.segment = *segment;
    parcel->fixed_bytes.length = sizeof parcel->fixed.segment;
    add_piece(parcel, bytes_of(&parcel->segment, sizeof parcel->segment));
}

static void pack(struct parcel *parcel, const struct event *event)
{
    memset(parcel, 0, sizeof *parcel);
    parcel->fixed_bytes.data = (const uint8_t *)&parcel->fixed;
    switch (event->kind) {
    case EVENT_HTTP:
        parcel->fixed.head = keep_head(parcel, event->http.head);
        parcel->fixed_bytes.length = sizeof parcel->fixed.head;
        break;
    case EVENT_HANDSHAKE:
        pack_handshake(parcel, event->handshake);
        break;
    case EVENT_FRAME:
    case EVENT_CUT:
        pack_frame(parcel, &event->frame);
        break;
    case EVENT_MESSAGE:
        parcel->fixed.message = *event->message.message;
        parcel->fixed_bytes.length = sizeof parcel->fixed.message;
        add_piece(parcel, event->message.message->payload);
        break;
    case EVENT_CLOSE:
        pack_close(parcel, &event->close);
        break;
    case EVENT_GAP:
        parcel->fixed.gap = event->gap;
        parcel->fixed_bytes.length = sizeof parcel->fixed.gap;
        break;
    case EVENT_NOTICE:
        parcel->fixed.notice = event->notice;
        parcel->fixed_bytes.length = sizeof parcel->fixed.notice;
        break;
    case EVENT_SEGMENT:
        pack_segment(parcel, &event->segment);
        break;
    default:
        break;
    }
}

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

    pack(&parcel, event);
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

static void take_fixed(const struct store *store, const struct record *record, void *out, size_t size)
{
    memcpy(out, ring_at(&store->bytes, record->fixed), size);
}

/* The head, read again from the front of *payload. NULL where none was kept. */
static const struct http_head *take_head(const struct kept_head *kept, struct bytes *payload,
                                         struct http_head *head)
{
    struct bytes raw = bytes_first(*payload, kept->length);

    *payload = bytes_after(*payload, kept->length);
    if (kept->length == 0 || http_parse_head(raw, kept->is_request, head) != HTTP_HEAD) {
        return NULL;
    }
    head->framing = kept->framing;
    head->content_length = kept->content_length;
    head->body_length = kept->body_length;
    head->complete = kept->complete;
    head->faults = kept->faults;
    return head;
}

static bool take_http(const struct store *store, const struct record *record, struct bytes payload,
                      struct store_event *out)
{
    struct kept_head kept;

    take_fixed(store, record, &kept, sizeof kept);
    out->event.http.head = take_head(&kept, &payload, kept.is_request ? &out->request : &out->response);
    return out->event.http.head != NULL;
}

static bool take_handshake(const struct store *store, const struct record *record, struct bytes payload,
                           struct store_event *out)
{
    struct kept_handshake kept;

    take_fixed(store, record, &kept, sizeof kept);
    const struct http_head *request = take_head(&kept.request, &payload, &out->request);
    const struct http_head *response = take_head(&kept.response, &payload, &out->response);

    if (request == NULL && response == NULL) {
        return false;
    }
    handshake_judge(request, response, &out->handshake);
    out->handshake.verdict = kept.verdict;
    out->handshake.other_extension = kept.other_extension;
    out->handshake.faults = kept.faults;
    out->event.handshake = &out->handshake;
    return true;
}

static void take_frame(const struct store *store, const struct record *record, struct bytes payload,
                       struct store_event *out)
{
    struct kept_frame kept;

    take_fixed(store, record, &kept, sizeof kept);
    out->frame = kept.frame;
    out->event.frame = (struct event_frame){
        .frame = &out->frame,
        .payload = payload,
        .message = kept.message,
        .arrived = kept.arrived,
        .compressed = kept.compressed,
        .close_code = kept.close_code,
        .close_reason = kept.frame.opcode == FRAME_CLOSE ? bytes_after(payload, 2) : bytes_of(NULL, 0),
        .round_trip = kept.round_trip,
    };
}

static void take_message(const struct store *store, const struct record *record, struct bytes payload,
                         struct store_event *out)
{
    take_fixed(store, record, &out->message, sizeof out->message);
    out->message.payload = payload;
    out->message.truncated = out->message.truncated || payload.length < out->message.length;
    out->event.message.message = &out->message;
}

static void take_close(const struct store *store, const struct record *record, struct bytes payload,
                       struct store_event *out)
{
    struct kept_close kept;

    take_fixed(store, record, &kept, sizeof kept);
    out->event.close = kept.close;
    out->event.close.reason = bytes_first(payload, kept.reason_length);
    out->event.close.server_name = bytes_first(bytes_after(payload, kept.reason_length), kept.name_length);
}

static void take_segment(const struct store *store, const struct record *record, struct bytes payload,
                         struct store_event *out)
{
    take_fixed(store, record, &out->event.segment, sizeof out->event.segment);
    memset(&out->segment, 0, sizeof out->segment);
    if (payload.length == sizeof out->segment) {
        memcpy(&out->segment, payload.data, sizeof out->segment);
    }
    out->segment.cut += (uint32_t)out->segment.payload.length;
    out->segment.payload = bytes_of(NULL, 0);
    out->event.segment.segment = &out->segment;
}

static bool take(const struct store *store, const struct record *record, struct store_event *out)
{
    struct bytes payload = bytes_of(record->payload_length ? ring_at(&store->bytes, record->payload) : NULL,
                                    record->payload_length);

    switch (out->event.kind) {
    case EVENT_HTTP:
        return take_http(store, record, payload, out);
    case EVENT_HANDSHAKE:
        return take_handshake(store, record, payload, out);
    case EVENT_FRAME:
    case EVENT_CUT:
        take_frame(store, record, payload, out);
        return true;
    case EVENT_MESSAGE:
        take_message(store, record, payload, out);
        return true;
    case EVENT_CLOSE:
        take_close(store, record, payload, out);
        return true;
    case EVENT_GAP:
        take_fixed(store, record, &out->event.gap, sizeof out->event.gap);
        return true;
    case EVENT_NOTICE:
        take_fixed(store, record, &out->event.notice, sizeof out->event.notice);
        return true;
    case EVENT_SEGMENT:
        take_segment(store, record, payload, out);
        return true;
    default:
        return true;
    }
}

bool store_get(const struct store *store, uint64_t id, struct store_event *out)
{
    const struct record *record = store_record(store, id);

    if (record == NULL) {
        return false;
    }
    const struct store_connection *row = store_connection(store, record->connection);

    out->connection = row ? row->connection : (struct connection){ .id = record->connection };
    out->event = (struct event){
        .kind = (enum event_kind)record->kind,
        .direction = (enum direction)record->direction,
        .time = record->time,
        .packet = record->packet,
        .connection = record->connection ? &out->connection : NULL,
        .faults = record->faults,
    };
    return take(store, record, out);
}
