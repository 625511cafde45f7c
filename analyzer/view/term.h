/* SPDX-License-Identifier: MIT */
#ifndef WS101_TERM_H
#define WS101_TERM_H

/* term - the terminal: the only file that knows curses.
 *
 * Comes in:   keys and sizes from the terminal; a canvas.
 * Goes out:   struct key; what the canvas shows.
 * However the program ends, the terminal is as it was: term_close, and for a crash a handler that writes what
 * is needed by itself. There is one terminal, so what the handlers need is kept in the file.
 */

#include "canvas.h"
#include "capture/error.h"
#include "key.h"
#include "settings.h"

/* False, with *error, when there is no terminal or none that can be drawn on. */
bool term_open(bool colour, struct error *error);
void term_close(void);

/* From the next drawing on; THEME_NONE, and a terminal without colours, or NO_COLOR: none. */
void term_theme(enum theme theme);

/* Nothing but ASCII can be shown: the locale is not UTF-8. */
bool term_is_ascii(void);

/* The descriptor that keys come from. */
int term_descriptor(void);

/* False when no key is waiting. */
bool term_key(struct key *key);

void term_size(int *width, int *height);

/* The size may have changed: asks, and adapts. */
void term_resized(void);

/* Never waits for the terminal: what that does not take at once goes out with term_ready. */
void term_draw(const struct canvas *canvas);

/* Goes on showing what was drawn. True when all of it is out: until then nothing more should be drawn. */
bool term_ready(void);

/* A descriptor to poll for the terminal's taking more, or -1. */
int term_output(void);

/* Gives the terminal back, stops the program, and takes it again when it is continued. */
void term_suspend(void);

#endif
