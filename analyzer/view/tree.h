/* SPDX-License-Identifier: MIT */
#ifndef WS101_TREE_H
#define WS101_TREE_H

/* tree - one record taken apart as `print -v` does, and a copy of it to keep.
 *
 * Comes in:   a record's id. A message brings the headers of the frames that it was sent in.
 * Goes out:   detail's nodes, parents before children, and the bytes: headers first, then the clear payload.
 * Ownership:  all of it is the tree's own copy until tree_release, so that it stays when the store moves on.
 */

#include "canvas.h"
#include "store/store.h"

#define TREE_NODES_MAX 600
#define TREE_LABEL_MAX 40
#define TREE_VALUE_MAX 120

struct tree_node {
    uint8_t depth;
    uint8_t style;              /* enum style, of the value */
    char label[TREE_LABEL_MAX]; /* ours, or a header field's name as it was sent */
    char value[TREE_VALUE_MAX]; /* may hold bytes from the wire: escape it */
    const char *purpose;        /* what it is for, or what should have been sent */
    const char *section;
    size_t from, length;        /* of bytes; length 0: none of its own */
    uint8_t first_bit, bits;    /* within the byte at from, 0 the highest; bits 0: whole bytes */
};

struct tree {
    struct tree_node *nodes;
    size_t count;
    uint8_t *bytes;
    size_t length;
    size_t payload;             /* where the payload begins */
    uint8_t mask[4];
    bool masked;                /* mask turns the payload into what was sent */
    bool gone;                  /* the record is no longer kept */
    bool is_frame;              /* bytes begin with a frame's header */
    enum event_kind kind;
    enum direction direction;
    int64_t time;
    uint64_t packet, connection;
};

/* Takes the record apart; what the tree held before goes. False when there is no memory. */
bool tree_make(struct tree *tree, const struct store *store, uint64_t record);
void tree_release(struct tree *tree);

/* The deepest node that the byte belongs to. */
size_t tree_node_at(const struct tree *tree, size_t byte);

#endif
