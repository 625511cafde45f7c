/* SPDX-License-Identifier: MIT */
#include "saving.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/har.h"
#include "report/json.h"
#include "report/ladder.h"
#include "report/text.h"

#define LADDER_COLUMNS 100
#define NOT_KEPT ": there was no memory to keep them"

/* One of the connections. */
struct chosen {
    uint64_t id;
    uint64_t frames[2]; /* in order: the number of the next frame; before that, those kept */
    uint64_t messages;  /* whole ones that there were */
    uint64_t written;   /* and those that the store still had */
};

/* HAR goes connection by connection, not event by event. */
struct archive {
    struct har har;
    size_t index;    /* of the connection under way */
    uint64_t answer; /* the last response that belonged to a request */
    bool open;       /* an entry takes messages */
};

struct saving {
    const struct store *store;
    struct output *output;
    enum saving_form form;
    struct chosen *chosen;
    size_t chosen_count;
    uint64_t *records; /* or NULL */
    bool partial;
    size_t record_count;
    uint64_t at, end; /* the next record, and the first that came too late */
    bool (*step)(struct saving *saving);
    struct json json;
    struct text text;
    struct archive archive;
    struct ladder *ladder;
    struct store_event event, answer; /* rebuilt: too large for a stack */
};

/* --- what was chosen --------------------------------------------------------------------------------- */

static int compare_ids(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

/* The connection's place; its id is struct chosen's first member. */
static struct chosen *find_chosen(const struct saving *saving, uint64_t connection)
{
    return bsearch(&connection, saving->chosen, saving->chosen_count, sizeof *saving->chosen, compare_ids);
}

static bool record_is_chosen(const struct saving *saving, uint64_t id)
{
    return saving->records == NULL ||
           bsearch(&id, saving->records, saving->record_count, sizeof *saving->records, compare_ids) != NULL;
}

static uint64_t missing_of(const struct saving *saving, const struct chosen *chosen)
{
    bool all = saving->records == NULL && !saving->partial;

    return all && chosen->messages > chosen->written ? chosen->messages - chosen->written : 0;
}

uint64_t saving_gone(const struct saving *saving)
{
    uint64_t gone = 0;

    for (size_t i = 0; i < saving->chosen_count; i++) {
        gone += missing_of(saving, &saving->chosen[i]);
    }
    return gone;
}

/* --- event by event ---------------------------------------------------------------------------------- */

/* What the report cannot have is its last word on a connection. */
static bool tell_gone(struct saving *saving)
{
    for (size_t i = 0; i < saving->chosen_count; i++) {
        const struct store_connection *row = store_connection(saving->store, saving->chosen[i].id);
        uint64_t missing = missing_of(saving, &saving->chosen[i]);
        struct object object;

        if (missing > 0 && saving->form == SAVING_JSON) {
            object_begin(&object, saving->output);
            object_text(&object, "type", "gone");
            object_seconds(&object, "time", row ? row->connection.opened : 0);
            object_number(&object, "conn", saving->chosen[i].id);
            object_number(&object, "packet", row ? row->connection.opened_packet : 0);
            object_number(&object, "messages", missing);
            object_end(&object);
        } else if (missing > 0) {
            output_format(saving->output,
                          "connection %" PRIu64 ": %" PRIu64 " messages are missing" NOT_KEPT "\n",
                          saving->chosen[i].id, missing);
        }
    }
    return false;
}

static void write_event(struct saving *saving, const struct event *event)
{
    switch (saving->form) {
    case SAVING_JSON:
        json_event(&saving->json, event);
        break;
    case SAVING_TEXT:
        text_event(&saving->text, event);
        break;
    default:
        ladder_event(saving->ladder, event);
        break;
    }
}

static bool end_events(struct saving *saving)
{
    if (saving->ladder) {
        ladder_write(saving->ladder, saving->output);
    }
    return saving->form == SAVING_SVG ? false : tell_gone(saving);
}

static bool step_event(struct saving *saving)
{
    uint64_t first = store_first(saving->store);
    uint64_t id = saving->at > first ? saving->at : first;
    const struct record *record = store_record(saving->store, id);
    struct chosen *chosen = record ? find_chosen(saving, record->connection) : NULL;

    if (id >= saving->end || record == NULL) {
        return end_events(saving);
    }
    saving->at = id + 1;
    if (chosen == NULL || record->kind == EVENT_SEGMENT) {
        return true;
    }
    chosen->written += record->kind == EVENT_MESSAGE;
    chosen->frames[record->direction] += record->kind == EVENT_FRAME;
    if (record_is_chosen(saving, id) && store_get(saving->store, id, &saving->event)) {
        /* the connection is as it is now: the frame's number is as it was then */
        saving->event.connection.sent[record->direction].frames = chosen->frames[record->direction];
        write_event(saving, &saving->event.event);
    }
    return true;
}

/* Before the first event is written: frames are numbered from those that are gone on. */
static bool step_count(struct saving *saving)
{
    uint64_t first = store_first(saving->store);
    uint64_t id = saving->at > first ? saving->at : first;
    const struct record *record = store_record(saving->store, id);
    struct chosen *chosen = record ? find_chosen(saving, record->connection) : NULL;

    saving->at = id + 1;
    if (id >= saving->end || record == NULL) {
        saving->at = 0;
        saving->step = step_event;
    } else if (chosen && record->kind == EVENT_FRAME) {
        chosen->frames[record->direction]--;
    }
    return true;
}

/* --- HAR --------------------------------------------------------------------------------------------- */

/* The connection's first record that is still there; 0 when there is none. */
static uint64_t first_kept(const struct saving *saving, uint64_t connection)
{
    const struct store_connection *row = store_connection(saving->store, connection);
    uint64_t id = row ? row->last_record : 0, first = store_first(saving->store);
    const struct record *record;

    if (row && row->first_record >= first) {
        return row->first_record;
    }
    while ((record = store_record(saving->store, id)) != NULL && record->previous >= first) {
        id = record->previous;
    }
    return record ? id : 0;
}

static bool is_final(const struct http_head *head)
{
    return !head->is_request && (head->status >= 200 || head->status == 101);
}

/* The answer to the request at that id: the next one that no request before it has taken. After lost bytes
 * nobody knows. */
static bool find_answer(struct saving *saving, uint64_t request)
{
    struct archive *archive = &saving->archive;
    uint64_t from = archive->answer > request ? archive->answer : request;
    const struct record *record = store_record(saving->store, from);

    while (record && record->next && record->next < saving->end) {
        uint64_t id = record->next;

        record = store_record(saving->store, id);
        if (record == NULL || record->kind == EVENT_GAP) {
            return false;
        }
        if (record->kind == EVENT_HTTP && store_get(saving->store, id, &saving->answer) &&
            is_final(saving->answer.event.http.head)) {
            archive->answer = id;
            return true;
        }
    }
    return false;
}

static void close_entry(struct saving *saving)
{
    uint64_t missing = missing_of(saving, &saving->chosen[saving->archive.index]);
    char comment[100];

    snprintf(comment, sizeof comment, "%" PRIu64 " messages are missing" NOT_KEPT, missing);
    har_close(&saving->archive.har, missing ? comment : NULL);
    saving->archive.open = false;
}

static void open_entry(struct saving *saving, const struct http_head *request,
                       const struct http_head *response)
{
    const struct store_connection *row = store_connection(saving->store, saving->event.connection.id);
    struct har_exchange exchange = {
        .connection = &saving->event.connection,
        .request = request,
        .response = response,
        .asked = saving->event.event.time,
        .answered = request && response ? saving->answer.event.time : saving->event.event.time,
        .ended = row ? row->last : saving->event.event.time,
        .websocket = response ? response->status == 101 : request == NULL,
    };

    har_open(&saving->archive.har, &exchange);
    if (exchange.websocket) {
        saving->archive.open = true;
    } else {
        har_close(&saving->archive.har, NULL);
    }
}

/* A request brings its answer; an answer alone is one whose request is missing. */
static void archive_http(struct saving *saving, uint64_t id)
{
    const struct http_head *head = saving->event.event.http.head;

    if (saving->archive.open) {
        return; /* cannot be: after a 101 there is no HTTP */
    }
    if (head->is_request) {
        open_entry(saving, head, find_answer(saving, id) ? saving->answer.event.http.head : NULL);
    } else if (id > saving->archive.answer && is_final(head)) {
        open_entry(saving, NULL, head);
    }
}

static void archive_event(struct saving *saving, uint64_t id)
{
    const struct event *event = &saving->event.event;
    struct chosen *chosen = &saving->chosen[saving->archive.index];

    if (event->kind == EVENT_HTTP) {
        archive_http(saving, id);
        return;
    }
    if (event->kind != EVENT_MESSAGE &&
        (event->kind != EVENT_FRAME || !frame_is_control(event->frame.frame->opcode))) {
        return;
    }
    chosen->written += event->kind == EVENT_MESSAGE;
    if (record_is_chosen(saving, id)) {
        if (!saving->archive.open) {
            open_entry(saving, NULL, NULL);
        }
        har_message(&saving->archive.har, event);
    }
}

static void say_what_is_gone(struct saving *saving)
{
    uint64_t gone = saving_gone(saving);
    char comment[120];

    snprintf(comment, sizeof comment, "%" PRIu64 " messages are missing" NOT_KEPT, gone);
    har_end(&saving->archive.har, gone ? comment : NULL);
}

/* Behind the last record of a connection its entry ends, and the next one's first record is next. */
static bool next_connection(struct saving *saving)
{
    struct archive *archive = &saving->archive;

    if (archive->open) {
        close_entry(saving);
    }
    archive->index++;
    archive->answer = 0;
    if (archive->index >= saving->chosen_count) {
        say_what_is_gone(saving);
        return false;
    }
    saving->at = first_kept(saving, saving->chosen[archive->index].id);
    return true;
}

static bool step_har(struct saving *saving)
{
    uint64_t id = saving->at;

    if (id == 0 || id >= saving->end) {
        return next_connection(saving);
    }
    const struct record *record = store_record(saving->store, id);

    if (record == NULL) { /* overwritten meanwhile */
        saving->at = first_kept(saving, saving->chosen[saving->archive.index].id);
        return true;
    }
    saving->at = record->next;
    if (store_get(saving->store, id, &saving->event)) {
        archive_event(saving, id);
    }
    return true;
}

/* --- from outside ------------------------------------------------------------------------------------ */

static bool copy_choice(struct saving *saving, const struct saving_choice *choice)
{
    saving->chosen = calloc(choice->connection_count + 1, sizeof *saving->chosen);
    saving->records = choice->records ? calloc(choice->record_count + 1, sizeof *saving->records) : NULL;
    if (saving->chosen == NULL || (choice->records && saving->records == NULL)) {
        return false;
    }
    saving->partial = choice->partial;
    saving->chosen_count = choice->connection_count;
    for (size_t i = 0; i < choice->connection_count; i++) {
        const struct store_connection *row = store_connection(saving->store, choice->connections[i]);
        const struct tally *sent = row ? row->connection.sent : NULL;

        saving->chosen[i] = (struct chosen){ .id = choice->connections[i] };
        if (sent) {
            saving->chosen[i].frames[C2S] = sent[C2S].frames;
            saving->chosen[i].frames[S2C] = sent[S2C].frames;
            saving->chosen[i].messages = sent[C2S].messages + sent[S2C].messages;
        }
    }
    if (choice->record_count > 0) {
        memcpy(saving->records, choice->records, choice->record_count * sizeof *saving->records);
        saving->record_count = choice->record_count;
    }
    return true;
}

static bool prepare_ladder(struct saving *saving)
{
    struct ladder_setting setting = {
        .zoom = LADDER_WEBSOCKET,
        .form = saving->form == SAVING_SVG ? LADDER_SVG : LADDER_TEXT,
        .columns = LADDER_COLUMNS,
    };

    saving->ladder = ladder_create(&setting);
    if (saving->ladder) {
        *ladder_first_time(saving->ladder) = store_totals(saving->store)->first_time;
    }
    return saving->ladder != NULL;
}

static bool prepare(struct saving *saving)
{
    struct text_setting setting = { .shown = EVENT_ALL_BUT_SEGMENTS };

    saving->step = step_count;
    switch (saving->form) {
    case SAVING_JSON:
        saving->json = (struct json){ .output = saving->output, .shown = EVENT_ALL_BUT_SEGMENTS };
        return true;
    case SAVING_TEXT:
        text_init(&saving->text, saving->output, &setting);
        saving->text.first = store_totals(saving->store)->first_time;
        return true;
    case SAVING_HAR:
        saving->step = step_har;
        har_begin(&saving->archive.har, saving->output, WS101_VERSION);
        saving->archive.index = SIZE_MAX; /* before the first */
        return true;
    default:
        return prepare_ladder(saving);
    }
}

struct saving *saving_start(const struct store *store, const struct saving_choice *choice,
                            struct output *output)
{
    struct saving *saving = calloc(1, sizeof *saving);

    if (saving == NULL) {
        return NULL;
    }
    saving->store = store;
    saving->output = output;
    saving->form = choice->form;
    saving->end = store_end(store);
    if (!copy_choice(saving, choice) || !prepare(saving)) {
        saving_destroy(saving);
        return NULL;
    }
    return saving;
}

void saving_destroy(struct saving *saving)
{
    if (saving) {
        ladder_destroy(saving->ladder);
        free(saving->chosen);
        free(saving->records);
        free(saving);
    }
}

bool saving_step(struct saving *saving, unsigned records)
{
    while (records-- > 0) {
        if (saving->output->error != 0 || !saving->step(saving)) {
            return false;
        }
    }
    return true;
}
