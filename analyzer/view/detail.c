/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <inttypes.h>
#include <stdio.h>

#include "payload.h"
#include "units.h"

#define SIDE_BY_SIDE   72           /* columns from which on the bytes stand beside the fields */
#define DIAGRAM_WIDTH  33
#define VALUE_COLUMN   19           /* values of fields stand below each other */
#define DIAGRAM_HEIGHT 5
#define SCROLL_END     (1 << 24)    /* more rows than any payload has */

void detail_open(struct viewer *viewer, uint64_t record)
{
    struct detail_screen *screen = &viewer->detail;

    viewer_open(viewer, SCREEN_DETAIL);
    if (record == 0) {
        tree_release(&screen->tree);
        screen->record = 0;
        return;
    }
    if (!tree_make(&screen->tree, viewer->store, record)) {
        viewer_note(viewer, true, "no memory to take this apart");
    }
    screen->record = record;
    screen->node = 0;
    screen->byte = 0;
    screen->scroll = 0;
}

/* --- where things stand ---------------------------------------------------------------------------- */

struct panes {
    struct area context, fields, bytes, about;
};

static struct panes panes_of(const struct viewer *viewer)
{
    struct area area = viewer_area(viewer);
    struct panes panes = { .context = area };
    int height = area.height - 1;
    int about = height >= 17 ? DIAGRAM_HEIGHT + 1 : height >= 9 ? 3 : 0;
    int top = height - about;

    panes.about = (struct area){ 0, area.y + 1 + top, area.width, about };
    if (area.width >= SIDE_BY_SIDE) {
        int fields = area.width >= 118 ? 46 : area.width - 41;

        panes.fields = (struct area){ 0, area.y + 1, fields, top };
        panes.bytes = (struct area){ fields + 1, area.y + 1, area.width - fields - 1, top };
    } else {
        panes.fields = (struct area){ 0, area.y + 1, area.width, top - top / 2 };
        panes.bytes = (struct area){ 0, area.y + 1 + top - top / 2, area.width, top / 2 };
    }
    return panes;
}

static struct bytes payload_of(const struct tree *tree)
{
    return bytes_after(bytes_of(tree->bytes, tree->length), tree->payload);
}

/* Not every payload can be looked at in every way. */
static bool has_view(const struct tree *tree, enum payload_view view)
{
    switch (view) {
    case PAYLOAD_SENT:
        return tree->masked;
    case PAYLOAD_JSON:
        return payload_is_json(payload_of(tree));
    default:
        return view == PAYLOAD_BYTES || tree->length > tree->payload;
    }
}

/* The chosen way, or the one before it that this payload has. */
static enum payload_view view_of(const struct viewer *viewer)
{
    enum payload_view view = viewer->detail.view;

    while (!has_view(&viewer->detail.tree, view)) {
        view--;
    }
    return view;
}

static enum payload_view next_view(const struct viewer *viewer)
{
    enum payload_view view = view_of(viewer);

    do {
        view = (enum payload_view)((view + 1) % PAYLOAD_VIEWS);
    } while (!has_view(&viewer->detail.tree, view));
    return view;
}

/* --- keys ------------------------------------------------------------------------------------------ */

static void select_node(struct detail_screen *screen, size_t node)
{
    screen->node = node;
    if (node < screen->tree.count && screen->tree.nodes[node].length > 0) {
        screen->byte = screen->tree.nodes[node].from;
    }
}

static void select_byte(struct detail_screen *screen, int64_t byte)
{
    int64_t last = (int64_t)screen->tree.length - 1;

    if (last < 0) {
        return;
    }
    screen->byte = (size_t)(byte < 0 ? 0 : byte > last ? last : byte);
    screen->node = tree_node_at(&screen->tree, screen->byte);
}

static void move_bytes(struct viewer *viewer, enum action action, int code)
{
    struct detail_screen *screen = &viewer->detail;
    struct area pane = panes_of(viewer).bytes;
    struct payload_hex hex = payload_hex_in(pane.x, pane.y, pane.width, pane.height);
    int64_t row = (int64_t)hex.per_row, page = row * (pane.height > 1 ? pane.height - 1 : 1);
    int64_t byte = (int64_t)screen->byte;
    int64_t to = code == KEYS_LEFT          ? byte - 1
                 : code == KEYS_RIGHT       ? byte + 1
                 : action == ACTION_UP      ? byte - row
                 : action == ACTION_DOWN    ? byte + row
                 : action == ACTION_PAGE_UP ? byte - page
                 : action == ACTION_PAGE_DOWN ? byte + page
                 : action == ACTION_FIRST   ? 0
                 : action == ACTION_LAST    ? INT64_MAX
                                            : byte;

    select_byte(screen, to);
}

static void scroll_text(struct viewer *viewer, enum action action)
{
    struct detail_screen *screen = &viewer->detail;
    int page = panes_of(viewer).bytes.height - 1;
    int step = action == ACTION_UP        ? -1
               : action == ACTION_DOWN    ? 1
               : action == ACTION_PAGE_UP ? -page
               : action == ACTION_PAGE_DOWN ? page
               : action == ACTION_FIRST   ? -screen->scroll
               : action == ACTION_LAST    ? SCROLL_END
                                          : 0;

    screen->scroll += step;
    screen->scroll = screen->scroll < 0 ? 0 : screen->scroll > SCROLL_END ? SCROLL_END : screen->scroll;
}

static void move(struct viewer *viewer, enum action action, int code)
{
    struct detail_screen *screen = &viewer->detail;
    struct place place = { .row = 0 };

    if (screen->in_bytes && view_of(viewer) <= PAYLOAD_SENT) {
        move_bytes(viewer, action, code);
    } else if (screen->in_bytes) {
        scroll_text(viewer, action);
    } else {
        select_node(screen, place_move(&place, action, screen->node, screen->tree.count,
                                       panes_of(viewer).fields.height));
    }
}

static bool inside(struct area area, struct key key)
{
    return key.x >= area.x && key.x < area.x + area.width && key.y >= area.y && key.y < area.y + area.height;
}

static size_t first_field(const struct detail_screen *screen, int height)
{
    struct place place = { .row = height / 2 };

    return place_top(&place, screen->node, screen->tree.count, height);
}

/* The byte at the pane's top: the selected one is in view. */
static size_t first_byte(const struct detail_screen *screen, const struct payload_hex *hex)
{
    size_t rows = hex->height > 0 ? (size_t)hex->height : 0, row = screen->byte / hex->per_row;

    return (row >= rows && rows > 0 ? row - rows / 2 : 0) * hex->per_row;
}

static void click_byte(struct viewer *viewer, struct area pane, struct key key)
{
    struct detail_screen *screen = &viewer->detail;
    struct payload_hex hex = payload_hex_in(pane.x, pane.y, pane.width, pane.height);
    size_t byte = payload_hex_at(&hex, first_byte(screen, &hex), key.x, key.y);

    if (view_of(viewer) <= PAYLOAD_SENT && byte < screen->tree.length) {
        select_byte(screen, (int64_t)byte);
    }
}

static void click(struct viewer *viewer, struct key key)
{
    struct detail_screen *screen = &viewer->detail;
    struct panes panes = panes_of(viewer);

    if (inside(panes.fields, key)) {
        size_t node = first_field(screen, panes.fields.height) + (size_t)(key.y - panes.fields.y);

        screen->in_bytes = false;
        select_node(screen, node < screen->tree.count ? node : screen->node);
    } else if (inside(panes.bytes, key)) {
        screen->in_bytes = true;
        click_byte(viewer, panes.bytes, key);
    }
}

void detail_act(struct viewer *viewer, enum action action, struct key key)
{
    struct detail_screen *screen = &viewer->detail;
    bool among_bytes = screen->in_bytes && (key.code == KEYS_LEFT || key.code == KEYS_RIGHT);

    switch (among_bytes ? ACTION_NONE : action) {
    case ACTION_NEXT_EVENT:
    case ACTION_PREVIOUS_EVENT:
        if (messages_step(viewer, action == ACTION_NEXT_EVENT ? 1 : -1)) {
            detail_open(viewer, viewer->messages.place.id);
        } else {
            viewer_note(viewer, false, action == ACTION_NEXT_EVENT ? "this is the last one"
                                                                   : "this is the first one");
        }
        break;
    case ACTION_OTHER_PANE:
        screen->in_bytes = !screen->in_bytes;
        break;
    case ACTION_PAYLOAD:
        screen->view = next_view(viewer);
        screen->scroll = 0;
        break;
    case ACTION_SAVE_PAYLOAD:
        viewer->save.what = SAVE_PAYLOAD;
        viewer->save.form = SAVE_TEXT;
        prompt_open(viewer, PROMPT_SAVE, "");
        break;
    default:
        move(viewer, action, key.code);
        break;
    }
    if (key.code == KEYS_CLICK) {
        click(viewer, key);
    }
}

/* --- drawing --------------------------------------------------------------------------------------- */

static void draw_context(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    const struct tree *tree = &viewer->detail.tree;
    bool c2s = tree->direction == C2S;
    char time[UNITS_MAX];

    units_clock(time, tree->time);
    int x = 1 + canvas_format(canvas, 1, area.y, area.width, c2s ? STYLE_C2S : STYLE_S2C, "%s %s",
                              c2s ? "client" : "server", canvas_glyph(canvas, GLYPH_RIGHT));

    canvas_format(canvas, x + 1, area.y, area.width - x - 1, STYLE_DIM,
                  "connection %" PRIu64 ", packet %" PRIu64 ", %s", tree->connection, tree->packet, time);
}

static void draw_field(const struct detail_screen *screen, struct canvas *canvas, struct area area, int y,
                       size_t index)
{
    const struct tree_node *node = &screen->tree.nodes[index];
    int x = area.x + 1 + node->depth * 2;
    bool has_children = index + 1 < screen->tree.count && screen->tree.nodes[index + 1].depth > node->depth;

    if (has_children) {
        canvas_text(canvas, x - 1, y, 1, STYLE_DIM, canvas_glyph(canvas, GLYPH_UNFOLDED));
    }
    x++;
    x += canvas_bytes(canvas, x, y, area.x + area.width - x, STYLE_NAME, bytes_of_text(node->label)) + 1;
    x = x < area.x + VALUE_COLUMN && node->depth > 0 ? area.x + VALUE_COLUMN : x;
    canvas_bytes(canvas, x, y, area.x + area.width - x, (enum style)node->style, bytes_of_text(node->value));
}

static void draw_fields(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    const struct detail_screen *screen = &viewer->detail;
    size_t top = first_field(screen, area.height);

    for (int i = 0; i < area.height && top + (size_t)i < screen->tree.count; i++) {
        draw_field(screen, canvas, area, area.y + i, top + (size_t)i);
        if (top + (size_t)i == screen->node && !screen->in_bytes) {
            canvas_select(canvas, area.x, area.y + i, area.width);
        }
    }
}

/* A byte of the payload as it is meant, or, with the mask on it, as it was sent. */
static uint8_t byte_at(const struct tree *tree, size_t at, bool sent)
{
    bool masked = sent && at >= tree->payload;

    return (uint8_t)(tree->bytes[at] ^ (masked ? tree->mask[(at - tree->payload) % 4] : 0));
}

/* Headers stand out from the payload; the selected field's bytes are marked. */
static enum style style_of_byte(const struct tree *tree, const struct tree_node *node, size_t at)
{
    bool marked = node && at >= node->from && at < node->from + node->length;

    return marked ? STYLE_MARKED : at < tree->payload ? STYLE_KEY : STYLE_PLAIN;
}

static void draw_hex(const struct viewer *viewer, struct canvas *canvas, struct area area, bool sent)
{
    const struct detail_screen *screen = &viewer->detail;
    const struct tree *tree = &screen->tree;
    struct payload_hex hex = payload_hex_in(area.x, area.y, area.width, area.height);
    const struct tree_node *node = screen->node > 0 ? &tree->nodes[screen->node] : NULL;
    size_t rows = area.height > 0 ? (size_t)area.height : 0, first = first_byte(screen, &hex);

    payload_hex_offsets(canvas, &hex, first, tree->length);
    for (size_t at = first; at < tree->length && at < first + rows * hex.per_row; at++) {
        payload_hex_byte(canvas, &hex, first, at, byte_at(tree, at, sent), style_of_byte(tree, node, at));
    }
    if (screen->in_bytes && tree->length > 0) {
        canvas_select(canvas, area.x + 6 + (int)(screen->byte % hex.per_row) * 3,
                      area.y + (int)((screen->byte - first) / hex.per_row), 2);
    }
}

/* The ways to look at the payload, the one that is chosen in bold. */
static void draw_views(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    static const char *const names[] = { "bytes", "as sent", "text", "JSON" };
    int x = area.x + area.width - 1;

    bool any = viewer->detail.tree.length > viewer->detail.tree.payload;

    for (int view = PAYLOAD_VIEWS - 1; view >= 0 && any && area.width > 50; view--) {
        bool chosen = view == (int)view_of(viewer);

        if (!has_view(&viewer->detail.tree, (enum payload_view)view)) {
            continue;
        }
        x -= (int)strlen(names[view]) + 1;
        canvas_text(canvas, x, area.y, 10, chosen ? STYLE_MARKED : STYLE_DIM, names[view]);
    }
}

/* The payload as text, scrolled no further than its end. */
static void draw_text(struct viewer *viewer, struct canvas *canvas, struct area area, bool json)
{
    int (*draw)(struct canvas *, int, int, int, int, int, struct bytes) = json ? payload_json : payload_text;
    struct bytes payload = payload_of(&viewer->detail.tree);
    int *top = &viewer->detail.scroll;
    int rows = draw(canvas, area.x, area.y, area.width, area.height, *top, payload);

    if (viewer_scroll_back(canvas, area, top, rows)) {
        draw(canvas, area.x, area.y, area.width, area.height, *top, payload);
    }
    if (viewer->detail.in_bytes) {
        canvas_select(canvas, area.x, area.y, 1);
    }
}

static void draw_bytes(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    enum payload_view view = view_of(viewer);

    if (view <= PAYLOAD_SENT) {
        draw_hex(viewer, canvas, area, view == PAYLOAD_SENT);
    } else {
        draw_text(viewer, canvas, area, view == PAYLOAD_JSON);
    }
}

/* Where the header begins that the selected field belongs to; the first one where it belongs to none. */
static size_t header_at(const struct detail_screen *screen)
{
    const struct tree *tree = &screen->tree;

    for (size_t i = screen->node + 1; i-- > 0;) {
        if (strcmp(tree->nodes[i].label, "FIN") == 0) {
            return tree->nodes[i].from;
        }
    }
    return 0;
}

/* RFC 6455 section 5.2's figure, its first 16 bits filled with these; the selected field's are marked. */
static void draw_diagram(const struct detail_screen *screen, struct canvas *canvas, int x, int y)
{
    static const char rule[] = "+-+-+-+-+-------+-+-------------+";
    const struct tree *tree = &screen->tree;
    const struct tree_node *node = &tree->nodes[screen->node];
    size_t header = header_at(screen);

    canvas_text(canvas, x, y, DIAGRAM_WIDTH, STYLE_DIM, " 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7");
    canvas_text(canvas, x, y + 1, DIAGRAM_WIDTH, STYLE_DIM, rule);
    canvas_text(canvas, x, y + 2, DIAGRAM_WIDTH, STYLE_DIM, "|F|R|R|R| opcode|M|   length    |");
    canvas_text(canvas, x, y + 3, DIAGRAM_WIDTH, STYLE_DIM, "| | | | |       | |             |");
    canvas_text(canvas, x, y + 4, DIAGRAM_WIDTH, STYLE_DIM, rule);
    for (unsigned bit = 0; bit < 16 && header + 1 < tree->length; bit++) {
        bool set = tree->bytes[header + bit / 8] >> (7 - bit % 8) & 1;
        bool marked = node->bits && node->from == header + bit / 8 && bit % 8 >= node->first_bit &&
                      bit % 8 < node->first_bit + node->bits;

        canvas_text(canvas, x + 1 + (int)bit * 2, y + 3, 1, marked ? STYLE_MARKED : STYLE_KEY,
                    set ? "1" : "0");
    }
}

/* The selected field in full: what its value is, what it is for, where that stands. */
static void draw_about(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    const struct detail_screen *screen = &viewer->detail;
    const struct tree_node *node = &screen->tree.nodes[screen->node];
    bool diagram = screen->tree.is_frame && area.height > DIAGRAM_HEIGHT && area.width >= SIDE_BY_SIDE;
    int x = diagram ? DIAGRAM_WIDTH + 2 : 1, y = area.y + 1, width = area.width - x - 1;
    int rows = area.height - 1;

    canvas_line(canvas, area.x, area.y, area.width, STYLE_DIM, GLYPH_HORIZONTAL);
    if (diagram) {
        draw_diagram(screen, canvas, area.x, y);
    }
    int used = canvas_bytes(canvas, x, y, width, STYLE_NAME, bytes_of_text(node->label)) + 1;

    canvas_text(canvas, x + used, y, width - used, STYLE_DIM, node->section);
    if (rows >= 4) {
        int value = canvas_paragraph(canvas, x, y + 1, width, rows - 3, (enum style)node->style, node->value);

        y += value;
        rows -= value;
    }
    canvas_paragraph(canvas, x, y + 1, width, rows - 1, STYLE_PLAIN, node->purpose);
}

void detail_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    struct detail_screen *screen = &viewer->detail;
    struct panes panes = panes_of(viewer);

    if (screen->record == 0 || screen->tree.gone || screen->tree.count == 0) {
        viewer_empty(canvas, area, screen->record == 0 ? "Nothing is selected: choose a message first (2)."
                                   : "This one is gone: newer events needed its place.");
        return;
    }
    draw_context(viewer, canvas, panes.context);
    draw_views(viewer, canvas, panes.context);
    draw_fields(viewer, canvas, panes.fields);
    if (panes.bytes.x > 0) {
        for (int i = 0; i < panes.fields.height; i++) {
            canvas_line(canvas, panes.bytes.x - 1, panes.fields.y + i, 1, STYLE_DIM, GLYPH_VERTICAL);
        }
    }
    draw_bytes(viewer, canvas, panes.bytes);
    if (panes.about.height > 0) {
        draw_about(viewer, canvas, panes.about);
    }
}
