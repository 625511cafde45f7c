/* SPDX-License-Identifier: MIT */
#include "store/filter.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any text is a filter or a sentence; a filter runs over a frame whose payload is that text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct filter_error error;
    struct frame frame = { .opcode = FRAME_TEXT, .length = size, .header_length = 2, .fin = true };
    struct connection connection = { .id = 1 };
    struct event event = {
        .kind = EVENT_FRAME, .connection = &connection,
        .frame = { .frame = &frame, .payload = { data, size }, .round_trip = -1 },
    };

    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    struct filter *filter = filter_parse(text, &error);

    if (filter) {
        filter_matches(filter, &event);
    }
    filter_free(filter);
    free(text);
    return 0;
}
