/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "report/detail.h"
#include "subprotocols.h"

#define BYTES_MAX    (1 << 20)
#define FRAMES_SHOWN 32             /* frames of a message whose headers are taken apart */

/* --- copying --------------------------------------------------------------------------------------- */

/* Copies bytes to the end of the tree's own; as many as fit. Returns where they begin. */
static size_t append(struct tree *tree, struct bytes view)
{
    size_t from = tree->length;
    struct bytes cut = bytes_first(view, BYTES_MAX - tree->length);

    if (cut.length > 0) {
        uint8_t *grown = realloc(tree->bytes, tree->length + cut.length);

        if (grown) {
            tree->bytes = grown;
            memcpy(grown + from, cut.data, cut.length);
            tree->length += cut.length;
        }
    }
    return from;
}

/* A NUL cannot stand in a C string, so the copy ends there. */
static void copy_text(char *out, size_t capacity, struct bytes text)
{
    struct bytes cut = bytes_first(text, capacity - 1);

    if (cut.length > 0) {
        memcpy(out, cut.data, cut.length);
    }
    out[cut.length] = '\0';
}

static enum style style_of(const struct detail_node *node)
{
    static const enum style severities[] = {
        [RULE_MUST] = STYLE_BAD, [RULE_SHOULD] = STYLE_WARNING, [RULE_NOTE] = STYLE_DIM,
    };

    return node->rule ? severities[node->rule->severity] : STYLE_PLAIN;
}

/* Its bytes stand at offset in the tree's. */
static void add(struct tree *tree, const struct detail_node *node, unsigned depth, size_t offset)
{
    if (tree->count == TREE_NODES_MAX) {
        return;
    }
    struct tree_node *copy = &tree->nodes[tree->count++];

    *copy = (struct tree_node){
        .depth = (uint8_t)(node->depth + depth),
        .style = (uint8_t)style_of(node),
        .purpose = node->purpose,
        .section = node->section,
        .from = node->from + offset,
        .length = node->length,
        .first_bit = node->first_bit,
        .bits = node->bits,
    };
    copy_text(copy->label, sizeof copy->label, node->name);
    copy_text(copy->value, sizeof copy->value, node->value);
}

static void set_mask(struct tree *tree, const struct detail *detail)
{
    tree->masked = detail->mask != NULL;
    if (detail->mask) {
        memcpy(tree->mask, detail->mask, sizeof tree->mask);
    }
}

/* --- a record by itself ---------------------------------------------------------------------------- */

static void add_whole(struct tree *tree, const struct detail *detail)
{
    append(tree, detail->pieces[0]);
    tree->payload = tree->length;
    append(tree, detail->pieces[1]);
    for (size_t i = 0; i < detail->count; i++) {
        add(tree, &detail->nodes[i], 0, 0);
    }
}

static void make_event(struct tree *tree, struct detail *detail, const struct event *event)
{
    detail_make(detail, event, NULL);
    add_whole(tree, detail);
    if (event->kind == EVENT_FRAME || event->kind == EVENT_CUT) {
        tree->is_frame = true;
        set_mask(tree, detail);
    }
}

/* --- a message, with the frames that it was sent in -------------------------------------------------- */

#define WALK_MAX 4096               /* records looked at to find a message's frames */

/* The records of the frames that a message was sent in, oldest first; those that are still kept, at most
 * FRAMES_SHOWN of the last. */
static size_t find_frames(const struct store *store, uint64_t record, const struct message *message,
                          enum direction direction, uint64_t frames[FRAMES_SHOWN])
{
    const struct record *at = store_record(store, record);
    size_t count = 0;
    struct store_event rebuilt;

    for (int walked = 0; at && at->previous && walked < WALK_MAX; walked++) {
        uint64_t id = at->previous;

        at = store_record(store, id);
        if (at && at->kind == EVENT_FRAME && at->direction == direction && store_get(store, id, &rebuilt) &&
            rebuilt.event.frame.message == message->number) {
            frames[count++] = id;
        }
        if (count == message->frames || count == FRAMES_SHOWN) {
            break;
        }
    }
    for (size_t i = 0; i < count / 2; i++) {
        uint64_t swap = frames[i];

        frames[i] = frames[count - 1 - i];
        frames[count - 1 - i] = swap;
    }
    return count;
}

/* The header's fields, and of a message in one frame the payload's too: it stands behind the header. */
static void add_frame(struct tree *tree, struct detail *detail, const struct event *event, bool alone)
{
    detail_make(detail, event, NULL);
    size_t header = event->frame.frame->header_length;

    for (size_t i = 0; i < detail->count; i++) {
        const struct detail_node *node = &detail->nodes[i];
        bool of_header = node->length > 0 && node->from + node->length <= header;

        if (i == 0 || alone || of_header || node->rule) {
            add(tree, node, 0, tree->length);
        }
    }
    if (alone) {
        set_mask(tree, detail);
    }
    append(tree, bytes_of(event->frame.frame->header, header));
}

static void add_frames(struct tree *tree, struct detail *detail, const struct store *store, uint64_t record,
                       const struct event *event)
{
    const struct message *message = event->message.message;
    uint64_t frames[FRAMES_SHOWN];
    size_t count = find_frames(store, record, message, event->direction, frames);
    struct store_event rebuilt;

    for (size_t i = 0; i < count; i++) {
        if (store_get(store, frames[i], &rebuilt)) {
            add_frame(tree, detail, &rebuilt.event, message->frames == 1 && !message->compressed);
        }
    }
    tree->is_frame = tree->length > 0;
}

/* The message's fields come first, the bytes of its payload last. */
static void make_message(struct tree *tree, struct detail *detail, const struct store *store, uint64_t record,
                         const struct event *event)
{
    struct subprotocol subprotocol = subprotocols_before(store, record);

    detail_make(detail, event, &subprotocol);
    for (size_t i = 0; i < detail->count; i++) {
        add(tree, &detail->nodes[i], 0, 0);
    }
    size_t own = tree->count;

    add_frames(tree, detail, store, record, event);
    tree->payload = append(tree, event->message.message->payload);
    for (size_t i = 0; i < own; i++) {
        tree->nodes[i].from += tree->payload;
    }
}

/* --- the whole ------------------------------------------------------------------------------------- */

void tree_release(struct tree *tree)
{
    free(tree->nodes);
    free(tree->bytes);
    *tree = (struct tree){ .nodes = NULL };
}

static void describe(struct tree *tree, const struct event *event)
{
    tree->kind = event->kind;
    tree->direction = event->direction;
    tree->time = event->time;
    tree->packet = event->packet;
    tree->connection = event->connection ? event->connection->id : 0;
}

bool tree_make(struct tree *tree, const struct store *store, uint64_t record)
{
    struct detail *detail = malloc(sizeof *detail);
    struct store_event rebuilt;

    tree_release(tree);
    tree->nodes = calloc(TREE_NODES_MAX, sizeof *tree->nodes);
    if (detail == NULL || tree->nodes == NULL) {
        free(detail);
        return false;
    }
    tree->gone = !store_get(store, record, &rebuilt);
    if (!tree->gone) {
        describe(tree, &rebuilt.event);
        if (rebuilt.event.kind == EVENT_MESSAGE) {
            make_message(tree, detail, store, record, &rebuilt.event);
        } else {
            make_event(tree, detail, &rebuilt.event);
        }
    }
    free(detail);
    return true;
}

size_t tree_node_at(const struct tree *tree, size_t byte)
{
    size_t best = 0;

    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_node *node = &tree->nodes[i], *found = &tree->nodes[best];
        bool inside = byte >= node->from && byte < node->from + node->length;

        if (inside && (found->length == 0 || node->length < found->length)) {
            best = i;
        }
    }
    return best;
}
