/* SPDX-License-Identifier: MIT */
#include "detail_build.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/fields.h"

#define HEX_SHOWN 32 /* bytes of a payload that is no text */

struct detail_node *detail_add(struct detail *detail, unsigned depth, const char *name)
{
    bool full = detail->count == DETAIL_NODES_MAX;
    struct detail_node *node = &detail->nodes[full ? DETAIL_NODES_MAX - 1 : detail->count++];

    if (full || detail->count == DETAIL_NODES_MAX) {
        name = "and more fields, for which there is no room";
    }
    *node = (struct detail_node){
        .name = bytes_of_text(name),
        .purpose = "",
        .section = "",
        .depth = (uint8_t)depth,
    };
    return node;
}

void detail_say(struct detail *detail, struct detail_node *node, const char *format, ...)
{
    size_t room = DETAIL_TEXT_MAX - detail->text_used;
    char *text = detail->text + detail->text_used;
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(text, room, format, arguments);
    va_end(arguments);
    size_t length = n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;

    node->value = bytes_of(text, length);
    detail->text_used += length;
}

struct bytes detail_keep(struct detail *detail, struct bytes view)
{
    if (view.length == 0 || view.length >= DETAIL_TEXT_MAX - detail->text_used) {
        return bytes_of(NULL, 0);
    }
    char *kept = detail->text + detail->text_used;

    memcpy(kept, view.data, view.length);
    detail->text_used += view.length;
    return bytes_of(kept, view.length);
}

void detail_say_hex(struct detail *detail, struct detail_node *node, struct bytes view, size_t max)
{
    char text[3 * 64 + 4];
    size_t used = 0;

    max = max < 64 ? max : 64;
    for (size_t i = 0; i < view.length && i < max; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, i ? " %02x" : "%02x", view.data[i]);
    }
    detail_say(detail, node, "%.*s%s", (int)used, text, view.length > max ? " ..." : "");
}

void detail_place(struct detail_node *node, size_t from, size_t length)
{
    node->from = from;
    node->length = length;
}

void detail_place_view(const struct detail *detail, struct detail_node *node, struct bytes view)
{
    size_t before = 0;

    for (size_t i = 0; i < 2; before += detail->pieces[i++].length) {
        const struct bytes *piece = &detail->pieces[i];
        uintptr_t offset = (uintptr_t)view.data - (uintptr_t)piece->data;

        if (view.length > 0 && offset < piece->length && view.length <= piece->length - offset) {
            detail_place(node, before + offset, view.length);
            return;
        }
    }
}

void detail_show(struct detail *detail, struct detail_node *node, struct bytes value)
{
    node->value = value;
    detail_place_view(detail, node, value);
}

void detail_explain(struct detail_node *node, const char *field_name)
{
    const struct field *field = fields_find(bytes_of_text(field_name));

    node->purpose = field->purpose;
    node->section = field->section;
}

void detail_payload(struct detail *detail, unsigned depth, struct bytes payload, bool is_text)
{
    struct detail_node *node = detail_add(detail, depth, is_text ? "text" : "bytes");

    if (is_text) {
        detail_show(detail, node, payload);
    } else {
        detail_say_hex(detail, node, payload, HEX_SHOWN);
        detail_place_view(detail, node, payload);
    }
    detail_explain(node, "text");
}
