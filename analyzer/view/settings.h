/* SPDX-License-Identifier: MIT */
#ifndef WS101_SETTINGS_H
#define WS101_SETTINGS_H

/* settings - what a person wants the viewer to be like, and the text that it is kept as.
 *
 * Comes in:   lines of "name = value"; # begins a comment. Goes out: struct settings, and such lines.
 * A line that makes no sense is passed over, and told: the file may be older or newer than the program.
 * No file is touched here: settings_file does that.
 */

#include "columns.h"

enum theme { THEME_AUTO, THEME_DARK, THEME_LIGHT, THEME_NONE };

struct settings {
    unsigned theme;        /* enum theme */
    unsigned ascii;        /* nothing but ASCII, whatever the terminal knows */
    unsigned clock;        /* times of day, not since the start */
    unsigned hide_http;    /* connections that only speak HTTP */
    unsigned hide_control; /* Ping, Pong and Close in the list of messages */
    uint64_t memory;       /* --memory where none is given; 0: what is usual */
    struct column_choice columns;
};

struct settings settings_usual(void);

/* Changes what the text names. Returns how many lines were passed over; complaint tells of the first, in one
 * line, or is empty. */
size_t settings_parse(struct settings *settings, struct bytes text, char *complaint, size_t capacity);

#define SETTINGS_TEXT_MAX 2048

/* Returns the length. */
size_t settings_format(const struct settings *settings, char out[SETTINGS_TEXT_MAX]);

/* --- one by one, for the screen ----------------------------------------------------------------------- */

enum { SETTINGS_ROWS = 6 }; /* all but the columns */

/* What it is, in a few words; what it is now. */
const char *settings_title(size_t row);
void settings_show(const struct settings *settings, size_t row, char *out, size_t capacity);

/* The next value, or with -1 the one before. */
void settings_turn(struct settings *settings, size_t row, int direction);

#endif
