/* SPDX-License-Identifier: MIT */
#ifndef WS101_KEY_H
#define WS101_KEY_H

/* key - what comes from the keyboard and the mouse. */

/* A key is a character, or one of these. */
enum {
    KEYS_NONE = -1,
    KEYS_UP = 0x110000, KEYS_DOWN, KEYS_LEFT, KEYS_RIGHT, KEYS_PAGE_UP, KEYS_PAGE_DOWN, KEYS_HOME, KEYS_END,
    KEYS_ENTER, KEYS_ESCAPE, KEYS_TAB, KEYS_BACKTAB, KEYS_BACKSPACE, KEYS_DELETE, KEYS_F1,
    KEYS_CLICK,             /* x, y: where */
    KEYS_WHEEL_UP, KEYS_WHEEL_DOWN,
    KEYS_CONTROL = 0x120000 /* plus the letter: KEYS_CONTROL + 'd' */
};

struct key {
    int code;
    int x, y;
};

#endif
