/* SPDX-License-Identifier: MIT */
#ifndef WS101_TEST_PRINTED_H
#define WS101_TEST_PRINTED_H

/* printed - what the suites of the subprotocols share: messages go in, the printers' nodes come out as text.
 * */

#include <stdio.h>

#include "report.h"
#include "report/detail.h"

/* Nodes from "as ..." on, a line each: "  name: value", indented below it. */
static inline const char *printed_nodes(const struct detail *detail)
{
    static char text[64 * 1024];
    size_t used = 0;
    bool begun = false;

    for (size_t i = 0; i < detail->count; i++) {
        const struct detail_node *node = &detail->nodes[i];

        begun |= node->name.length > 3 && memcmp(node->name.data, "as ", 3) == 0;
        if (begun && used < sizeof text) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%*s%.*s: %.*s\n",
                                     2 * (node->depth - 1), "", (int)node->name.length,
                                     (const char *)node->name.data, (int)node->value.length,
                                     node->value.data ? (const char *)node->value.data : "");
        }
    }
    text[begun ? used : 0] = '\0';
    return text;
}

/* The message passes, and is taken apart as it was before it passed. */
static inline const char *printed_message(struct subprotocol *subprotocol, enum direction direction,
                                          uint8_t opcode, struct bytes payload)
{
    static struct detail detail;
    struct connection connection = report_connection();
    struct message message = report_message(opcode, payload);
    struct event event = report_event(EVENT_MESSAGE, direction, &connection);

    event.message.message = &message;
    detail_make(&detail, &event, subprotocol);
    subprotocol_pass(subprotocol, &event);
    return printed_nodes(&detail);
}

static inline struct subprotocol printed_agreed(const char *agreed, const char *target)
{
    struct subprotocol subprotocol;

    subprotocol_agree(&subprotocol, bytes_of_text(agreed), bytes_of_text(target));
    return subprotocol;
}

static inline void printed_expect(struct subprotocol *subprotocol, enum direction direction, uint8_t opcode,
                                  struct bytes payload, const char *expected)
{
    ck_assert_str_eq(printed_message(subprotocol, direction, opcode, payload), expected);
}

#define PRINTED_TEXT(subprotocol, direction, text, expected) \
    printed_expect(subprotocol, direction, FRAME_TEXT, bytes_of(text, sizeof text - 1), expected)
#define PRINTED_BYTES(subprotocol, direction, text, expected) \
    printed_expect(subprotocol, direction, FRAME_BINARY, bytes_of(text, sizeof text - 1), expected)

/* Every beginning of the message, and each byte of it changed, is taken apart without harm. */
static inline void printed_survives(struct subprotocol subprotocol, uint8_t opcode, struct bytes payload)
{
    for (size_t i = 1; i <= payload.length; i++) {
        uint8_t *copy = malloc(payload.length);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, payload.data, payload.length);
        struct subprotocol before = subprotocol;

        printed_message(&before, C2S, opcode, bytes_of(copy, i));
        for (int bit = 0; bit < 8; bit++) {
            copy[i - 1] ^= (uint8_t)(1 << bit);
            before = subprotocol;
            printed_message(&before, S2C, opcode, bytes_of(copy, payload.length));
            copy[i - 1] ^= (uint8_t)(1 << bit);
        }
        free(copy);
    }
}

#endif
