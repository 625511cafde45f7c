/* SPDX-License-Identifier: MIT */
/* Any messages, read by any subprotocol: the nodes stay within their detail, their places within the payload,
 * and the outline of them is harmless on a terminal.
 *
 * The first byte chooses how the connection's messages are to be read. Then messages: a byte with the direction
 * (bit 7), text or binary (bit 6), whether a part was lost (bit 5), and the length of what follows (bits 0 to 4,
 * in steps of 8). */
#include "report/detail.h"
#include "report/escape.h"
#include "report/outline.h"
#include "report/width.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void agree(struct subprotocol *subprotocol, uint8_t choice)
{
    static const struct {
        const char *agreed, *target;
    } ways[] = {
        { "", "/" },
        { "mqtt", "/" },
        { "v11.stomp", "/" },
        { "v12.stomp", "/" },
        { "graphql-transport-ws", "/" },
        { "graphql-ws", "/" },
        { "wamp.2.json", "/" },
        { "wamp.2.json.batched", "/" },
        { "jsonrpc-2.0", "/" },
        { "", "/socket.io/?EIO=4" },
        { "", "/socket.io/?EIO=3" },
        { "", "/engine.io/?EIO=3" },
    };
    size_t way = choice % (sizeof ways / sizeof ways[0]);

    subprotocol_agree(subprotocol, bytes_of_text(ways[way].agreed), bytes_of_text(ways[way].target));
}

static void look_at_nodes(const struct detail *detail)
{
    size_t length = detail_length(detail);

    require(detail->count <= DETAIL_NODES_MAX && detail->text_used < DETAIL_TEXT_MAX);
    for (size_t i = 0; i < detail->count; i++) {
        const struct detail_node *node = &detail->nodes[i];

        require(node->from <= length && node->length <= length - node->from);
        require(node->purpose != NULL && node->section != NULL);
    }
}

/* UTF-8 without a control but the line's end. */
static void look_at_outline(struct output *output, const struct detail *detail)
{
    outline_write(output, detail, &(struct outline_setting){ .columns = 80 });
    struct bytes view = bytes_of(output->buffer, output->error == 0 ? output->used : 0);

    while (view.length > 0) {
        uint32_t code_point = escape_code_point(&view);

        require(code_point == '\n' || (code_point != ESCAPE_INVALID && width_of(code_point) != WIDTH_NONE));
    }
    output->used = 0;
    output->error = 0;
}

static void read_message(struct subprotocol *subprotocol, uint8_t head, struct bytes payload)
{
    static struct detail detail;
    static struct output output;
    struct connection connection = { .id = 1 };
    struct message message = {
        .opcode = head & 0x40 ? FRAME_TEXT : FRAME_BINARY,
        .complete = (head & 0x20) == 0,
        .frames = 1,
        .wire_length = payload.length,
        .length = payload.length,
        .payload = payload,
    };
    struct event event = {
        .kind = EVENT_MESSAGE,
        .direction = head & 0x80 ? S2C : C2S,
        .connection = &connection,
        .message.message = &message,
    };
    struct label summary;

    output_init(&output, -1);
    detail_make(&detail, &event, subprotocol);
    look_at_nodes(&detail);
    look_at_outline(&output, &detail);
    subprotocol_summarise(&summary, subprotocol, &event);
    require(summary.used < LABEL_MAX && summary.text[summary.used] == '\0');
    subprotocol_pass(subprotocol, &event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor cursor = cursor_over(bytes_of(data, size));
    struct subprotocol subprotocol;

    agree(&subprotocol, cursor_u8(&cursor));
    while (cursor_left(&cursor) > 0) {
        uint8_t head = cursor_u8(&cursor);
        size_t wanted = (head & 0x1FU) * 8 + 8, have = cursor_left(&cursor);
        struct bytes view = cursor_take(&cursor, wanted < have ? wanted : have);
        uint8_t *copy = malloc(view.length > 0 ? view.length : 1); /* so that a read past its end is seen */

        require(copy != NULL);
        if (view.length > 0) {
            memcpy(copy, view.data, view.length);
        }
        read_message(&subprotocol, head, bytes_of(copy, view.length));
        free(copy);
    }
    return 0;
}
