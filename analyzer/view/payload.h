/* SPDX-License-Identifier: MIT */
#ifndef WS101_PAYLOAD_H
#define WS101_PAYLOAD_H

/* payload - bytes as hex, as text, as indented JSON, drawn into a part of a canvas. */

#include "canvas.h"

/* Where hex and text columns stand, and how many bytes a row shows: 4, 8 or 16. */
struct payload_hex {
    int x, y, width, height;
    size_t per_row;
};

struct payload_hex payload_hex_in(int x, int y, int width, int height);

/* One byte of a hex dump, at its place when first is the first byte shown. */
void payload_hex_byte(struct canvas *canvas, const struct payload_hex *hex, size_t first, size_t at,
                      uint8_t byte, enum style style);

/* The byte under a place of the canvas, its two digits or its letter; SIZE_MAX where there is none. */
size_t payload_hex_at(const struct payload_hex *hex, size_t first, int x, int y);

/* The offset at the front of each row. */
void payload_hex_offsets(struct canvas *canvas, const struct payload_hex *hex, size_t first, size_t length);

/* Text, broken at line ends and at the edge; rows before top are left out. */
int payload_text(struct canvas *canvas, int x, int y, int width, int height, int top, struct bytes text);

/* The same for JSON, indented and coloured; what is not JSON comes out as it is, character by character. */
int payload_json(struct canvas *canvas, int x, int y, int width, int height, int top, struct bytes text);

/* Whether it looks like JSON: it begins with { or [. */
bool payload_is_json(struct bytes text);

#endif
