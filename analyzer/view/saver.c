/* SPDX-License-Identifier: MIT */
#include "saver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract.h"
#include "saving.h"

#define SLICE 256 /* records or packets a call */

struct saver {
    struct viewer *viewer;
    bool gathering;          /* the list that is to be saved is not complete yet */
    struct saving *saving;   /* a report under way, */
    struct extract *extract; /* or packets */
    struct capture_writer *packets;
    struct output output;
    uint64_t *connections, *records;
    size_t connection_count, record_count;
};

struct saver *saver_create(struct viewer *viewer)
{
    struct saver *saver = calloc(1, sizeof *saver);

    if (saver) {
        saver->viewer = viewer;
        saver->output.descriptor = -1;
    }
    return saver;
}

void saver_destroy(struct saver *saver)
{
    if (saver) {
        saver_cancel(saver);
        free(saver);
    }
}

/* Everything of one job; true when the file was written to its end. */
static bool close_all(struct saver *saver, struct error *error)
{
    bool good = true;

    error->text[0] = '\0';
    if (saver->packets) {
        good = capture_writer_close(saver->packets, error);
    }
    if (saver->output.descriptor >= 0) {
        good = output_flush(&saver->output);
        error_set(error, "%s", strerror(saver->output.error));
        good = close(saver->output.descriptor) == 0 && good;
    }
    saving_destroy(saver->saving);
    extract_destroy(saver->extract);
    free(saver->connections);
    free(saver->records);
    *saver = (struct saver){ .viewer = saver->viewer };
    saver->output.descriptor = -1;
    return good;
}

void saver_cancel(struct saver *saver)
{
    struct error error;

    if (saver->saving || saver->extract || saver->gathering) {
        viewer_note(saver->viewer, true, "%s: broken off", saver->viewer->save.file);
    }
    close_all(saver, &error);
}

static void fail(struct saver *saver, const struct error *error)
{
    struct error second, first = *error;

    close_all(saver, &second);
    viewer_note(saver->viewer, true, "%s", first.text);
}

/* --- the file ---------------------------------------------------------------------------------------- */

/* A file that is there stays: its name can be changed. Where files may be made is the sandbox's word. */
static void refuse(struct saver *saver, int reason, const struct error *error)
{
    fail(saver, error);
    if (reason == EACCES || reason == EPERM) {
        viewer_note(saver->viewer, true,
                    "%.150s: not allowed; files are saved where ws101 was started, or below",
                    saver->viewer->save.file);
    } else if (reason == EEXIST) {
        saver->viewer->note[0] = '\0';
        prompt_open(saver->viewer, PROMPT_SAVE, saver->viewer->save.file);
        snprintf(saver->viewer->prompt.error, sizeof saver->viewer->prompt.error,
                 "exists already; choose another name");
    }
}

static bool create(struct saver *saver)
{
    const struct save_screen *save = &saver->viewer->save;
    struct error error;
    int descriptor = capture_create(save->file, false, &error);

    if (descriptor < 0) {
        refuse(saver, errno, &error);
        return false;
    }
    output_init(&saver->output, descriptor);
    return true;
}

static void tell(struct saver *saver, const char *what, uint64_t count, uint64_t gone)
{
    const char *file = saver->viewer->save.file;

    if (gone > 0) {
        viewer_note(saver->viewer, true,
                    "%" PRIu64 " %s written to %s, without %" PRIu64 " messages that are gone", count, what,
                    file, gone);
    } else {
        viewer_note(saver->viewer, false, "%" PRIu64 " %s written to %s", count, what, file);
    }
}

static void finish(struct saver *saver)
{
    uint64_t gone = saver->saving ? saving_gone(saver->saving) : 0;
    uint64_t packets = saver->extract ? extract_written(saver->extract) : 0;
    bool is_packets = saver->extract != NULL;
    struct stat written = { .st_size = 0 };
    struct error error;

    output_flush(&saver->output);
    if (!is_packets) {
        fstat(saver->output.descriptor, &written);
    }
    if (!close_all(saver, &error)) {
        viewer_note(saver->viewer, true, "%s: not written to its end: %s", saver->viewer->save.file,
                    error.text);
        return;
    }
    tell(saver, is_packets ? "packets" : "bytes", is_packets ? packets : (uint64_t)written.st_size, gone);
}

/* --- what is saved ----------------------------------------------------------------------------------- */

static int compare_ids(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

static size_t sort_and_unite(uint64_t *ids, size_t count)
{
    size_t kept = 0;

    qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || ids[kept - 1] != ids[i]) {
            ids[kept++] = ids[i];
        }
    }
    return kept;
}

static size_t records_of(const struct viewer *viewer, uint64_t *out)
{
    const struct listing *listing = &viewer->messages.listing;

    if (viewer->save.what == SAVE_MARKED) {
        memcpy(out, viewer->marks.ids, viewer->marks.count * sizeof *out);
        return viewer->marks.count;
    }
    for (size_t i = 0; i < listing->count; i++) {
        out[i] = listing_id(listing, i);
    }
    return listing->count;
}

static bool choose_records(struct saver *saver)
{
    const struct viewer *viewer = saver->viewer;
    size_t most = viewer->messages.listing.count + MARKS_MAX;

    saver->records = calloc(most, sizeof *saver->records);
    saver->connections = calloc(most, sizeof *saver->connections);
    if (saver->records == NULL || saver->connections == NULL) {
        return false;
    }
    saver->record_count = sort_and_unite(saver->records, records_of(viewer, saver->records));
    for (size_t i = 0; i < saver->record_count; i++) {
        const struct record *record = store_record(viewer->store, saver->records[i]);

        saver->connections[saver->connection_count] = record ? record->connection : 0;
        saver->connection_count += record && record->connection;
    }
    saver->connection_count = sort_and_unite(saver->connections, saver->connection_count);
    return true;
}

static bool choose_connections(struct saver *saver)
{
    const struct viewer *viewer = saver->viewer;
    const struct connections_screen *screen = &viewer->connections;
    bool one = viewer->save.what == SAVE_CONNECTION;

    saver->connection_count = one ? 1 : screen->count;
    saver->connections = calloc(saver->connection_count + 1, sizeof *saver->connections);
    if (saver->connections == NULL) {
        return false;
    }
    if (one) {
        saver->connections[0] = viewer->save.connection;
    } else {
        memcpy(saver->connections, screen->order, screen->count * sizeof *screen->order);
    }
    qsort(saver->connections, saver->connection_count, sizeof *saver->connections, compare_ids);
    return true;
}

static bool choose(struct saver *saver)
{
    bool messages = saver->viewer->save.what == SAVE_LISTED || saver->viewer->save.what == SAVE_MARKED;

    return messages ? choose_records(saver) : choose_connections(saver);
}

/* --- packets ----------------------------------------------------------------------------------------- */

/* Every connection that is known, so that it is clear whose a packet is; these are wanted. */
static size_t describe_connections(const struct saver *saver, struct extract_connection *out)
{
    const struct store *store = saver->viewer->store;
    size_t count = 0, next = 0;

    for (uint64_t id = store_first_connection(store); id < store_end_connection(store); id++) {
        const struct connection *connection = &store_connection(store, id)->connection;

        while (next < saver->connection_count && saver->connections[next] < id) {
            next++;
        }
        if (connection->id == id) {
            out[count++] = (struct extract_connection){
                .client = connection->client,
                .server = connection->server,
                .first = connection->opened_packet,
                .wanted = next < saver->connection_count && saver->connections[next] == id,
            };
        }
    }
    return count;
}

/* What -w has written so far can be read, too. */
static bool has_packets(const struct saver_source *source, struct error *error)
{
    if (source->again->count == 0) {
        error_set(error, "packets are not kept: start with -w FILE, and they can be saved from there");
        return false;
    }
    return source->writer == NULL || capture_writer_flush(source->writer, error);
}

static bool start_extract(struct saver *saver, const struct saver_source *source, struct error *error)
{
    const struct store *store = saver->viewer->store;
    size_t most = (size_t)(store_end_connection(store) - store_first_connection(store)) + 1;
    struct extract_connection *connections = calloc(most, sizeof *connections);

    if (connections == NULL) {
        error_set(error, "no memory");
    } else if (has_packets(source, error)) {
        saver->extract = extract_start(source->again->captures, source->again->count, connections,
                                       describe_connections(saver, connections), error);
    }
    free(connections);
    return saver->extract != NULL;
}

static void start_packets(struct saver *saver, const struct saver_source *source)
{
    const struct save_screen *save = &saver->viewer->save;
    struct error error;

    if (!choose(saver)) {
        error_set(&error, "no memory");
        fail(saver, &error);
        return;
    }
    if (!start_extract(saver, source, &error)) {
        fail(saver, &error);
        return;
    }
    saver->packets = capture_writer_open(save->file, false, &error);
    if (saver->packets == NULL) {
        refuse(saver, errno, &error);
    }
}

/* --- reports ----------------------------------------------------------------------------------------- */

static void start_report(struct saver *saver)
{
    static const enum saving_form forms[] = {
        [SAVE_JSON] = SAVING_JSON, [SAVE_TEXT] = SAVING_TEXT,     [SAVE_HAR] = SAVING_HAR,
        [SAVE_SVG] = SAVING_SVG,   [SAVE_LADDER] = SAVING_LADDER,
    };
    struct error error;

    if (choose(saver)) {
        struct saving_choice choice = {
            .form = forms[saver->viewer->save.form],
            .connections = saver->connections,
            .connection_count = saver->connection_count,
            .records = saver->records,
            .record_count = saver->record_count,
        };

        saver->saving = saving_start(saver->viewer->store, &choice, &saver->output);
    }
    if (saver->saving == NULL) {
        error_set(&error, "no memory");
        fail(saver, &error);
    }
}

/* The payload on the screen Detail, byte by byte. */
static void save_payload(struct saver *saver)
{
    const struct tree *tree = &saver->viewer->detail.tree;

    output_bytes(&saver->output, tree->bytes + tree->payload, tree->length - tree->payload);
    finish(saver);
}

void saver_start(struct saver *saver, const struct saver_source *source)
{
    const struct save_screen *save = &saver->viewer->save;

    saver_cancel(saver);
    if (save->form == SAVE_PACKETS) {
        start_packets(saver, source);
    } else if (!create(saver)) {
        return;
    } else if (save->what == SAVE_PAYLOAD) {
        save_payload(saver);
    } else if (save->what == SAVE_LISTED) {
        saver->gathering = true;
    } else {
        start_report(saver);
    }
}

static bool work_on_packets(struct saver *saver)
{
    struct error error;

    switch (extract_step(saver->extract, saver->packets, SLICE, &error)) {
    case EXTRACT_MORE:
        return true;
    case EXTRACT_DONE:
        finish(saver);
        return true;
    default:
        fail(saver, &error);
        return true;
    }
}

bool saver_work(struct saver *saver)
{
    if (saver->gathering) {
        if (!listing_work(&saver->viewer->messages.listing, saver->viewer->store, SLICE)) {
            saver->gathering = false;
            start_report(saver);
        }
    } else if (saver->extract) {
        return work_on_packets(saver);
    } else if (saver->saving) {
        if (!saving_step(saver->saving, SLICE)) {
            finish(saver);
        }
    } else {
        return false;
    }
    return true;
}
