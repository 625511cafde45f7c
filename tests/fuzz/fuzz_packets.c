/* SPDX-License-Identifier: MIT */

/* Any bytes as packets through everything: a byte of link type, then for each packet two bytes of length and
 * the bytes. Captures make good first inputs, less their file headers. */

#include "pipeline.h"

static const uint32_t link_types[] = {
    LINK_ETHERNET,  LINK_RAW,        LINK_NULL, LINK_PPP,  LINK_PPP_ETHER, LINK_LOOP,
    LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_IPV4, LINK_IPV6, 147,
};

#define LINK_TYPES (sizeof link_types / sizeof link_types[0])

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor input = cursor_over(bytes_of(data, size));
    uint32_t link_type = link_types[cursor_u8(&input) % LINK_TYPES];
    struct dissector_options options = { .limits = LIMITS_DEFAULT, .wanted = EVENT_ALL_BUT_SEGMENTS };
    struct pipeline *pipeline = pipeline_create(size % 4 == 0);

    options.limits.memory = 4 << 20;
    options.limits.connections = 16;
    options.limits.fragments = 4;
    struct dissector *dissector = dissector_create(&options, pipeline_event, pipeline);
    while (cursor_left(&input) > 0) {
        size_t length = cursor_u16(&input), left = cursor_left(&input);
        struct bytes view = cursor_take(&input, length < left ? length : left);
        uint8_t *copy = malloc(view.length);

        if (view.length > 0) {
            memcpy(copy, view.data, view.length);
        }
        struct packet packet = { .number = ++pipeline->packet,
                                 .time = (int64_t)pipeline->packet * 1000000,
                                 .link_type = link_type,
                                 .wire_length = (uint32_t)view.length,
                                 .captured = bytes_of(copy, view.length) };
        dissector_packet(dissector, &packet);
        free(copy);
    }
    pipeline_destroy(pipeline, dissector);
    return 0;
}
