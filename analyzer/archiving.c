/* SPDX-License-Identifier: MIT */
#include "archiving.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "reading.h"
#include "saving.h"

#define WANTED                                                                      \
    (EVENT_BIT(EVENT_CONNECTION) | EVENT_BIT(EVENT_HTTP) | EVENT_BIT(EVENT_FRAME) | \
     EVENT_BIT(EVENT_MESSAGE) | EVENT_BIT(EVENT_CLOSE) | EVENT_BIT(EVENT_GAP))

/* Data frames are left to their messages. */
static void keep_event(void *context, const struct event *event)
{
    if (event->kind != EVENT_FRAME || frame_is_control(event->frame.frame->opcode)) {
        store_event(context, event);
    }
}

/* The connections that spoke HTTP or WebSocket, as far as their rows are still there: their ids. */
static uint64_t *find_connections(const struct store *store, size_t *count)
{
    uint64_t first = store_first_connection(store), end = store_end_connection(store);
    uint64_t *ids = calloc((size_t)(end - first) + 1, sizeof *ids);

    *count = 0;
    for (uint64_t id = first; ids && id < end; id++) {
        if (store_connection(store, id)->connection.id == id) {
            ids[(*count)++] = id;
        }
    }
    return ids;
}

static bool write_archive(const struct store *store, bool partial, struct output *output)
{
    struct saving_choice choice = { .form = SAVING_HAR, .partial = partial };
    uint64_t *ids = find_connections(store, &choice.connection_count);

    choice.connections = ids;
    struct saving *saving = ids ? saving_start(store, &choice, output) : NULL;

    while (saving && saving_step(saving, 1000)) {
    }
    if (saving && saving_gone(saving) > 0) {
        char line[120];

        snprintf(line, sizeof line,
                 "%" PRIu64 " messages are not in the archive: --memory is too small for them",
                 saving_gone(saving));
        reading_complain(line);
    }
    free(ids);
    saving_destroy(saving);
    return saving != NULL;
}

/* Half of the ceiling is for what is under way, half for what is kept. */
int archiving_run(const struct options *options, struct output *output)
{
    struct options halved = *options;

    halved.limits.memory = options->limits.memory / 2;
    struct store *store = store_create(options->limits.memory / 2);
    struct reading reading = { .sink = keep_event, .context = store, .wanted = WANTED, .output = output };
    struct reading_result result;

    if (store == NULL) {
        reading_complain("no memory");
        return EXIT_INPUT;
    }
    reading_run(&halved, &reading, &result);
    if (result.status != EXIT_USAGE && !write_archive(store, options->display_filter != NULL, output)) {
        reading_complain("no memory");
        result.status = EXIT_INPUT;
    }
    store_destroy(store);
    return reading_finish(&result, output, EXIT_FINE);
}
