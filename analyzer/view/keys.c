/* SPDX-License-Identifier: MIT */
#include "keys.h"

#define EVERY (SCREEN_BIT(SCREENS) - 1)
#define LISTS                                                                                                \
    (SCREEN_BIT(SCREEN_CONNECTIONS) | SCREEN_BIT(SCREEN_MESSAGES) | SCREEN_BIT(SCREEN_FINDINGS) |            \
     SCREEN_BIT(SCREEN_LADDER))
#define CONNECTIONS SCREEN_BIT(SCREEN_CONNECTIONS)
#define MESSAGES    SCREEN_BIT(SCREEN_MESSAGES)
#define DETAIL      SCREEN_BIT(SCREEN_DETAIL)
#define TOTALS      SCREEN_BIT(SCREEN_TOTALS)
#define SAVE        SCREEN_BIT(SCREEN_SAVE)
#define SETTINGS    SCREEN_BIT(SCREEN_SETTINGS)
#define DIFFERENCE  SCREEN_BIT(SCREEN_DIFFERENCE)

#define CONTROL(letter) (KEYS_CONTROL + (letter))

/* The order is help's, and the hint bar's: what is needed most stands first. */
/* clang-format off */
static const struct key_row rows[] = {
    { ACTION_ENTER, SAVE, { KEYS_ENTER, ' ' }, "Enter", "choose; behind the second choice, a name",
        "choose" },
    { ACTION_ENTER, SETTINGS, { KEYS_ENTER, ' ', KEYS_RIGHT, KEYS_LEFT }, "Enter",
        "another value; show a column, or hide it", "change" },
    { ACTION_COLUMN_UP, SETTINGS, { 'K' }, "K", "move this column to the front", "up" },
    { ACTION_COLUMN_DOWN, SETTINGS, { 'J' }, "J", "move this column back", "down" },
    { ACTION_SAVE_SETTINGS, SETTINGS, { 'w' }, "w", "keep the settings for the next time", "keep" },
    { ACTION_ENTER, LISTS, { KEYS_ENTER, KEYS_RIGHT, 'l' }, "Enter", "open what is selected", "open" },
    { ACTION_BACK, EVERY & ~CONNECTIONS, { KEYS_ESCAPE, KEYS_BACKSPACE, 'q' }, "Esc q", "go back", "back" },
    { ACTION_BACK, EVERY & ~(CONNECTIONS | DETAIL | SETTINGS), { KEYS_LEFT, 'h' }, "Left h", "go back",
        NULL },
    { ACTION_QUIT, CONNECTIONS, { 'q', CONTROL('c') }, "q", "quit", "quit" },
    { ACTION_HELP, EVERY & ~SCREEN_BIT(SCREEN_HELP), { '?', KEYS_F1 }, "? F1", "this help", "help" },

    { ACTION_UP, EVERY, { KEYS_UP, 'k', KEYS_WHEEL_UP }, "Up k", "one row up", NULL },
    { ACTION_DOWN, EVERY, { KEYS_DOWN, 'j', KEYS_WHEEL_DOWN }, "Down j", "one row down", NULL },
    { ACTION_PAGE_UP, EVERY, { KEYS_PAGE_UP, CONTROL('b'), CONTROL('u') }, "PgUp ^B", "one page up", NULL },
    { ACTION_PAGE_DOWN, EVERY & ~(SAVE | SETTINGS), { KEYS_PAGE_DOWN, CONTROL('f'), CONTROL('d'), ' ' },
        "PgDn ^F Space", "one page down", NULL },
    { ACTION_PAGE_DOWN, SAVE | SETTINGS, { KEYS_PAGE_DOWN, CONTROL('f'), CONTROL('d') }, "PgDn ^F",
        "one page down", NULL },
    { ACTION_FIRST, EVERY, { KEYS_HOME, 'g', '<' }, "Home g", "the first row", NULL },
    { ACTION_LAST, EVERY, { KEYS_END, 'G', '>' }, "End G", "the last row", NULL },

    { ACTION_PREVIOUS_EVENT, DETAIL, { 'p', 'K', KEYS_LEFT, 'h' }, "p Left", "the message before",
        "previous" },
    { ACTION_NEXT_EVENT, DETAIL, { 'n', 'J', KEYS_RIGHT, 'l' }, "n Right", "the message after", "next" },
    { ACTION_OTHER_PANE, DETAIL, { KEYS_TAB }, "Tab", "move among the fields, or among the bytes", "bytes" },
    { ACTION_NEXT_EVENT, DIFFERENCE, { 'n' }, "n", "the next difference", "next" },
    { ACTION_PREVIOUS_EVENT, DIFFERENCE, { 'N' }, "N", "the difference before", NULL },
    { ACTION_PAYLOAD, DIFFERENCE, { 'v' }, "v", "compare words, lines, sorted JSON, or bytes",
        "view" },
    { ACTION_PAYLOAD, DETAIL, { 'v' }, "v", "the payload: bytes, as sent, text or JSON", "view" },

    { ACTION_FRAMES, MESSAGES, { 'f' }, "f", "show messages, or the frames that they were sent in",
        "frames" },
    { ACTION_UNFOLD, MESSAGES, { 'o' }, "o", "show the frames of this message above it, or hide them",
        "unfold" },
    { ACTION_UNFOLD, SCREEN_BIT(SCREEN_FINDINGS), { 'o' }, "o",
        "a row for each finding, or for each rule and side", "by rule" },
    { ACTION_GRAVER, SCREEN_BIT(SCREEN_FINDINGS), { 's' }, "s",
        "all findings; without notes; broken MUSTs only", "severity" },
    { ACTION_ZOOM, SCREEN_BIT(SCREEN_LADDER), { 'z' }, "z", "from TCP up; from HTTP up; WebSocket only",
        "zoom" },
    { ACTION_ALL_CONNECTIONS, TOTALS, { 'a' }, "a", "plots of all connections, or of the selected one",
        "one" },
    { ACTION_MEASURE, TOTALS, { 'b' }, "b", "plots of messages, or of their bytes", "bytes" },
    { ACTION_CONTROL, MESSAGES, { 'c' }, "c", "show or hide Ping, Pong and Close", "control" },
    { ACTION_FOLLOW, MESSAGES | SCREEN_BIT(SCREEN_LADDER), { 'F' }, "F", "follow the newest, or not",
        "follow" },
    { ACTION_ABSOLUTE, MESSAGES | CONNECTIONS, { 't' }, "t", "times of day, or since the start", NULL },
    { ACTION_ALL_MESSAGES, CONNECTIONS, { 'a' }, "a", "messages of all connections", "all" },
    { ACTION_SORT, CONNECTIONS, { 's' }, "s", "sort by the next column", "sort" },
    { ACTION_REVERSE, CONNECTIONS, { 'S' }, "S", "sort the other way round", NULL },
    { ACTION_HTTP, CONNECTIONS, { 'x' }, "x", "show or hide connections that only speak HTTP", "http" },

    { ACTION_FILTER, EVERY, { '\\', '|' }, "\\", "filter: opcode == ping, text contains \"x\"; empty: all",
        "filter" },
    { ACTION_SEARCH, LISTS, { '/' }, "/", "search for text, or for a /pattern/", "search" },
    { ACTION_SEARCH_NEXT, LISTS, { 'n' }, "n", "search on", NULL },
    { ACTION_SEARCH_PREVIOUS, LISTS, { 'N' }, "N", "search backwards", NULL },
    { ACTION_PAUSE, EVERY & ~DETAIL, { 'p' }, "p", "hold the screen still; nothing is lost meanwhile", NULL },
    { ACTION_MARK, MESSAGES, { 'm' }, "m", "mark this message, to save it, or to see how two differ", NULL },
    { ACTION_UNMARK, MESSAGES, { 'M' }, "M", "take all marks away", NULL },
    { ACTION_DIFFERENCE, MESSAGES, { 'd' }, "d", "how two marked messages differ, or this and the marked one",
        NULL },
    { ACTION_SAVE_PAYLOAD, DETAIL, { 'w' }, "w", "save the payload to a file", "save" },
    { ACTION_SAVE, EVERY & ~(DETAIL | SAVE | SETTINGS), { 'w' }, "w",
        "save: packets, JSON, text, HAR, ladder", "save" },
    { ACTION_SAVE, DETAIL, { 'W' }, "W", "save more: packets, JSON, text, HAR, ladder", NULL },

    { ACTION_SETTINGS, EVERY & ~SETTINGS, { 'O' }, "O", "settings: colours, times, columns, ...", NULL },

    { ACTION_CONNECTIONS, EVERY, { '1' }, "1", "connections", NULL },
    { ACTION_MESSAGES, EVERY, { '2' }, "2", "messages of the selected connection", NULL },
    { ACTION_DETAIL, EVERY, { '3' }, "3", "the selected message, field by field", NULL },
    { ACTION_HANDSHAKE, EVERY, { '4' }, "4", "the connection's handshake", NULL },
    { ACTION_LADDER, EVERY, { '5' }, "5", "the connection's ladder, time downwards", NULL },
    { ACTION_FINDINGS, EVERY, { '6' }, "6", "what breaks a rule, or is worth knowing", NULL },
    { ACTION_TOTALS, EVERY, { '7' }, "7", "totals", NULL },
    { ACTION_QUIT, EVERY, { 'Q', CONTROL('c') }, "Q ^C", "quit from anywhere", NULL },

    { ACTION_REPLAY, EVERY, { 'R' }, "R", "replay: from the start, at the pace at which it happened", NULL },
    { ACTION_REPLAY_FROM, EVERY, { 'r' }, "r", "replay from the selected row's time on", NULL },
    { ACTION_PLAY, KEYS_REPLAY, { ' ' }, "Space", "replay: go on, or wait", "play" },
    { ACTION_STEP, KEYS_REPLAY, { '.' }, ".", "replay: one packet, and wait", "packet" },
    { ACTION_FASTER, KEYS_REPLAY, { '+', '=' }, "+", "replay: twice as fast; at last as fast as can be",
        "faster" },
    { ACTION_SLOWER, KEYS_REPLAY, { '-' }, "-", "replay: half as fast", "slower" },
    { ACTION_SKIP, KEYS_REPLAY, { ']' }, "]", "replay: a twentieth of the whole forwards", NULL },
    { ACTION_SKIP_BACK, KEYS_REPLAY, { '[' }, "[", "replay: a twentieth of the whole back", NULL },
    { ACTION_GO, KEYS_REPLAY, { '@' }, "@",
        "replay: go to 12.5 seconds, 1:30, 50%, or +10 or -10 seconds from here", "go to" },
    { ACTION_CAP, KEYS_REPLAY, { 'i' }, "i", "replay: cut long waits short, or not", "idle" },
    { ACTION_REPLAY_END, KEYS_REPLAY, { 'E' }, "E", "replay: end it, and read the rest at once", "end" },
};
/* clang-format on */

const struct key_row *keys_table(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

static enum action find(unsigned screens, int code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t k = 0; k < KEYS_PER_ROW && rows[i].codes[k] != 0; k++) {
            if (rows[i].codes[k] == code && (rows[i].screens & screens)) {
                return rows[i].action;
            }
        }
    }
    return ACTION_NONE;
}

enum action keys_action(enum screen screen, int code)
{
    return find(SCREEN_BIT(screen), code);
}

enum action keys_replay_action(int code)
{
    return find(KEYS_REPLAY, code);
}

const char *keys_screen_name(enum screen screen)
{
    static const char *const names[SCREENS] = {
        [SCREEN_CONNECTIONS] = "Connections", [SCREEN_MESSAGES] = "Messages", [SCREEN_DETAIL] = "Detail",
        [SCREEN_HANDSHAKE] = "Handshake",     [SCREEN_LADDER] = "Ladder",     [SCREEN_FINDINGS] = "Findings",
        [SCREEN_TOTALS] = "Totals",           [SCREEN_HELP] = "Help",         [SCREEN_SAVE] = "Save",
        [SCREEN_DIFFERENCE] = "Difference",   [SCREEN_SETTINGS] = "Settings",
    };

    return names[screen];
}
