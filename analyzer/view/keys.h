/* SPDX-License-Identifier: MIT */
#ifndef WS101_KEYS_H
#define WS101_KEYS_H

/* keys - what each key does on which screen: the one table behind keyboard, help and hint bar. */

#include <stddef.h>

#include "key.h"

enum screen {
    SCREEN_CONNECTIONS,
    SCREEN_MESSAGES,
    SCREEN_DETAIL,
    SCREEN_HANDSHAKE,
    SCREEN_LADDER,
    SCREEN_FINDINGS,
    SCREEN_TOTALS,
    SCREEN_HELP,
    SCREEN_SAVE,
    SCREEN_DIFFERENCE,
    SCREEN_SETTINGS,
    SCREENS
};

#define SCREEN_BIT(screen) (1U << (screen))

/* Not a screen: on all of them, while a replay is on, and there before the screen's own keys. */
#define KEYS_REPLAY SCREEN_BIT(SCREENS)

enum action {
    ACTION_NONE,
    ACTION_UP, ACTION_DOWN, ACTION_PAGE_UP, ACTION_PAGE_DOWN, ACTION_FIRST, ACTION_LAST,
    ACTION_ENTER, ACTION_BACK, ACTION_OTHER_PANE,
    ACTION_CONNECTIONS, ACTION_MESSAGES, ACTION_DETAIL, ACTION_HANDSHAKE, ACTION_LADDER, ACTION_FINDINGS,
    ACTION_TOTALS,
    ACTION_ALL_MESSAGES, ACTION_FRAMES, ACTION_UNFOLD, ACTION_CONTROL, ACTION_FOLLOW, ACTION_ABSOLUTE,
    ACTION_GRAVER, ACTION_ZOOM, ACTION_ALL_CONNECTIONS, ACTION_MEASURE,
    ACTION_SORT, ACTION_REVERSE, ACTION_HTTP,
    ACTION_PREVIOUS_EVENT, ACTION_NEXT_EVENT, ACTION_PAYLOAD,
    ACTION_FILTER, ACTION_SEARCH, ACTION_SEARCH_NEXT, ACTION_SEARCH_PREVIOUS,
    ACTION_REPLAY, ACTION_REPLAY_FROM, ACTION_PLAY, ACTION_STEP, ACTION_FASTER, ACTION_SLOWER,
    ACTION_SKIP, ACTION_SKIP_BACK, ACTION_GO, ACTION_CAP, ACTION_REPLAY_END,
    ACTION_PAUSE, ACTION_SAVE, ACTION_SAVE_PAYLOAD, ACTION_MARK, ACTION_UNMARK, ACTION_DIFFERENCE,
    ACTION_SETTINGS, ACTION_SAVE_SETTINGS, ACTION_COLUMN_UP, ACTION_COLUMN_DOWN, ACTION_HELP, ACTION_QUIT,
};

#define KEYS_PER_ROW 4

struct key_row {
    enum action action;
    unsigned screens;           /* SCREEN_BITs */
    int codes[KEYS_PER_ROW];    /* 0 behind the last */
    const char *keys;           /* as help writes them */
    const char *help;           /* what it does */
    const char *hint;           /* a word for the hint bar, or NULL */
};

const struct key_row *keys_table(size_t *count);

/* What the key does on that screen; ACTION_NONE where it does nothing. */
enum action keys_action(enum screen screen, int code);

/* What it does while a replay is on, whichever the screen. */
enum action keys_replay_action(int code);

/* "Connections", … */
const char *keys_screen_name(enum screen screen);

#endif
