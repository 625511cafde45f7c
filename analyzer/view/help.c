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

/* The help of the screen that it was asked on. */
void help_draw(struct viewer *viewer, struct canvas *canvas, struct area area)
{
    enum screen about = viewer->trail_length ? viewer->trail[viewer->trail_length - 1] : SCREEN_CONNECTIONS;
    int y = area.y - viewer->help.top;

    if (y >= area.y) {
        canvas_format(canvas, 1, y, area.width - 1, STYLE_NAME, "Keys on the screen %s",
                      keys_screen_name(about));
    }
    y = draw_keys(canvas, area, y + 1, SCREEN_BIT(about) | KEYS_REPLAY) + 1;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        int room = area.y + area.height - y;

        if (y < area.y) {
            y++;
        } else if (room > 0) {
            y += canvas_paragraph(canvas, 1, y, area.width - 2, room, STYLE_PLAIN, signs[i]);
        }
    }
}
