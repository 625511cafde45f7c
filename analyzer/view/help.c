/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#define KEYS_WIDTH 15

/* The keys of these screens, from the table; returns the row behind them. */
static int draw_keys(struct canvas *canvas, struct area area, int y, unsigned screens)
{
    size_t count;
    const struct key_row *rows = keys_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (rows[i].screens & screens) {
            if (y >= area.y && y < area.y + area.height) {
                canvas_right(canvas, area.x, y, KEYS_WIDTH, STYLE_KEY, rows[i].keys);
                canvas_text(canvas, area.x + KEYS_WIDTH + 2, y, area.width - KEYS_WIDTH - 2, STYLE_PLAIN,
                            rows[i].help);
            }
            y++;
        }
    }
    return y;
}

static const char *const signs[] = {
    "Arrows show who speaks: right is client to server, left is server to client.",
    "! a rule is broken (red: MUST, yellow: SHOULD); i is worth knowing.",
    "z compressed; text/3 a message in three frames; text + a frame that is not its message's last.",
    "1006 is what an application sees when no Close frame came; 1005 when one came without a code.",
    "Filters: opcode == ping && dir == c2s; text contains \"x\"; severity == must; length > 64k.",
};

/* Returns the row behind it. */
static int draw_sign(struct canvas *canvas, struct area area, int y, const char *text)
{
    for (struct bytes rest = bytes_of_text(text); rest.length > 0; y++) {
        struct bytes row = canvas_row(canvas, &rest, area.width - 2);

        if (y >= area.y && y < area.y + area.height) {
            canvas_bytes(canvas, 1, y, area.width - 2, STYLE_PLAIN, row);
        }
    }
    return y;
}

/* The help of the screen that it was asked on. Returns the row behind its last. */
static int draw_page(const struct viewer *viewer, struct canvas *canvas, struct area area)
{
    enum screen about = viewer->trail_length ? viewer->trail[viewer->trail_length - 1] : SCREEN_CONNECTIONS;
    int y = area.y - viewer->help.top;

    if (y >= area.y) {
        canvas_format(canvas, 1, y, area.width - 1, STYLE_NAME, "Keys on the screen %s",
                      keys_screen_name(about));
    }
    y = draw_keys(canvas, area, y + 1, SCREEN_BIT(about) | KEYS_REPLAY) + 1;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        y = draw_sign(canvas, area, y, signs[i]);
    }
    return y;
}

/* Scrolled no further than its last row. */
void help_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    int *top = &viewer->help.top, rows = draw_page(viewer, canvas, area) - area.y + *top;

    if (viewer_scroll_back(canvas, area, top, rows)) {
        draw_page(viewer, canvas, area);
    }
}
