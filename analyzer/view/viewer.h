/* SPDX-License-Identifier: MIT */
#ifndef WS101_VIEWER_H
#define WS101_VIEWER_H

/* viewer - the state of the screens: what a key changes, and what is drawn.
 *
 * Comes in:   keys; the store, which somebody else fills; struct viewer_source, what is known of the input.
 * Goes out:   a canvas; a request to the one who owns files and time.
 * Ownership:  the viewer owns its lists until viewer_release; it only reads the store.
 * No terminal, no file, no clock: the same keys over the same store give the same screens, which is how they
 * are tested.
 */

#include "canvas.h"
#include "difference.h"
#include "fitting.h"
#include "keys.h"
#include "line.h"
#include "place.h"
#include "proxies.h"
#include "settings.h"
#include "store/breakdown.h"
#include "store/listing.h"
#include "store/pattern.h"
#include "store/store.h"
#include "replay.h"
#include "occurrences.h"
#include "tree.h"

#define VIEWER_LINE_MAX 256
#define VIEWER_HISTORY 16

/* Of the input, set by the one who reads it. */
struct viewer_source {
    const char *name;           /* of the file or interface */
    bool live;
    bool ended;
    double progress;            /* of a file, 0 to 1; negative when not known */
    bool once;                  /* it can be read only once */
    bool measuring;             /* its packets' times are being looked at, for a replay */
    uint64_t packets;
    uint64_t dropped_kernel, dropped_interface;
    uint64_t bytes;             /* on the wire */
    const char *trouble;        /* why the input ended before its time, or NULL */
};

/* Columns of a row. */
struct span {
    int x, columns;
};

enum prompt_kind { PROMPT_NONE, PROMPT_FILTER, PROMPT_SEARCH, PROMPT_SAVE, PROMPT_GO, PROMPT_KINDS };

/* What was typed before, the latest in place of the oldest. */
struct history {
    char lines[VIEWER_HISTORY][VIEWER_LINE_MAX];
    size_t count;
};

/* The line that is being typed. */
struct prompt {
    enum prompt_kind kind;
    char text[VIEWER_LINE_MAX];
    size_t length, cursor;
    char error[200];
    char hint[200];             /* what Tab could complete */
    struct history histories[PROMPT_KINDS];
    size_t history_at;          /* the line that is shown of it; its count: the one that is being typed, */
    char draft[VIEWER_LINE_MAX];        /* kept here meanwhile */
};

struct connections_screen {
    uint64_t *order;            /* ids, in the order that they are shown */
    size_t count, capacity;
    uint64_t made_at;           /* store_end when order was made */
    size_t drawings;            /* since then, with something new */
    bool stale;                 /* it must be made again, whatever the store says */
    struct fitting fitting;     /* those that the filter fits */
    size_t index;               /* of the selected one, when it was last among them */
    enum column sort;
    bool reversed;
    struct place place;
};

struct messages_screen {
    struct listing listing;
    uint64_t connection;        /* 0: of all */
    bool frames;                /* frames instead of messages */
    uint64_t unfolded;          /* the message whose frames are shown; 0: none */
    struct place place;
};

struct findings_screen {
    struct listing listing;
    bool started;
    enum rule_severity least;   /* what is less grave is left out */
    struct place place;
    struct occurrences occurrences;
    bool by_rule;               /* a row for each rule and side is shown, not for each finding */
    struct occurrence rule;     /* the selected one of these */
    bool of_one_rule;           /* the listing is of its findings alone */
};

enum payload_view { PAYLOAD_BYTES, PAYLOAD_SENT, PAYLOAD_TEXT, PAYLOAD_JSON, PAYLOAD_VIEWS };

struct detail_screen {
    uint64_t record;            /* 0: none */
    struct tree tree;
    size_t node;                /* the selected field */
    bool in_bytes;              /* the keys move among the bytes */
    size_t byte;                /* the selected byte */
    enum payload_view view;
    int scroll;                 /* of the payload as text */
};

enum ladder_layer { LAYER_TCP, LAYER_HTTP, LAYER_WEBSOCKET, LAYERS };

struct ladder_screen {
    struct listing listing;
    struct proxy proxy;          /* between its two legs, where the store has both */
    enum ladder_layer zoom;      /* the lowest layer that is shown */
    struct place place;
};

/* A screen of text that is only scrolled. */
struct scrolled {
    int top;
};

struct totals_screen {
    struct scrolled page;
    uint64_t connection;        /* the one that is plotted; 0: all */
    enum measure measure;
    struct breakdown *breakdown;        /* NULL before the screen was first opened */
};

struct handshake_screen {
    uint64_t connection;
    struct scrolled page;
};

#define MARKS_MAX 100

/* Records that the user has marked. */
struct marks {
    uint64_t ids[MARKS_MAX];    /* in the order of marking */
    size_t count;
};

struct difference_screen {
    struct difference difference;
    int top, rows;              /* the first row shown; how many there are */
    int measured;               /* the width for which rows of words were counted; 0: none */
};

enum save_what { SAVE_CONNECTIONS, SAVE_CONNECTION, SAVE_LISTED, SAVE_MARKED, SAVE_PAYLOAD };
enum save_form { SAVE_PACKETS, SAVE_JSON, SAVE_TEXT, SAVE_HAR, SAVE_LADDER, SAVE_SVG, SAVE_FORMS };

struct save_screen {
    enum save_what what;        /* connections listed, one; messages listed, marked; a payload */
    enum save_form form;
    size_t row;                 /* the option under the cursor */
    uint64_t connection;        /* the one that the screen before was about */
    char file[VIEWER_LINE_MAX];
};

enum viewer_request { REQUEST_NONE, REQUEST_QUIT, REQUEST_SAVE, REQUEST_SETTINGS };

struct viewer {
    const struct store *store;
    struct viewer_source source;
    struct replay replay;
    struct span bar;            /* the replay's, on the status line, where a click jumps */
    int width, height;
    enum screen screen;
    enum screen trail[SCREENS * 2];     /* where "back" leads */
    size_t trail_length;
    bool paused;
    bool behind;                /* something was begun anew, and is worked on even while held */
    bool stirred;               /* by a key, or a new size, since it was last drawn */
    struct settings settings;
    size_t settings_row;        /* the one under the cursor */
    struct connections_screen connections;
    struct messages_screen messages;
    struct findings_screen findings;
    struct detail_screen detail;
    struct handshake_screen handshake;
    struct scrolled help;
    struct totals_screen totals;
    struct ladder_screen ladder;
    struct save_screen save;
    struct difference_screen difference;
    struct marks marks;
    struct prompt prompt;
    struct filter *filter;      /* on events; NULL: all */
    char filter_text[VIEWER_LINE_MAX];
    struct pattern *pattern;    /* what is searched for, or NULL */
    char search_text[VIEWER_LINE_MAX];
    int searching;              /* 1 or -1: a search is under way, downwards or upwards */
    uint64_t search_at;         /* the id looked at last */
    char note[VIEWER_LINE_MAX]; /* one line for the user, until the next key */
    bool note_bad;
    enum viewer_request request;
};

void viewer_init(struct viewer *viewer, const struct store *store);
void viewer_release(struct viewer *viewer);

void viewer_resize(struct viewer *viewer, int width, int height);

/* The store has been cleared and will be filled again, with the same events under the same ids. */
void viewer_restart(struct viewer *viewer);

/* What a key changes. */
void viewer_key(struct viewer *viewer, struct key key);

/* Looks at some more records for the lists and the search. False when there is nothing left to do. */
bool viewer_work(struct viewer *viewer);

/* Draws the screen; the canvas has the size given to viewer_resize, and the last picture on it. */
void viewer_draw(struct viewer *viewer, struct canvas *canvas);

/* A line for the user, escaped when it is drawn. */
void viewer_note(struct viewer *viewer, bool bad, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- among the screens' files ----------------------------------------------------------------------- */

#define VIEWER_TABS_ROW 0

/* Where the screen's own part lies, between the bars; a low one has no status line. */
struct area viewer_area(const struct viewer *viewer);
bool viewer_has_status(const struct viewer *viewer);

/* Whether more rows come while one looks: live, or in a replay. */
bool viewer_grows(const struct viewer *viewer);

/* Whether there is room for all the tabs; else only the open screen's is shown. */
bool viewer_has_tabs(const struct viewer *viewer);

/* The list of events that is on the screen, or was. */
const struct listing *viewer_listing(const struct viewer *viewer);

void viewer_open(struct viewer *viewer, enum screen screen);
void viewer_back(struct viewer *viewer);

/* The record that is selected, or was where this screen was opened; 0 when there is none. */
uint64_t viewer_record(const struct viewer *viewer);

/* Its connection, or the one that is selected itself; 0 when there is none. */
uint64_t viewer_connection(const struct viewer *viewer);

/* Takes a record apart, with the messages of its connection around it. */
void viewer_open_record(struct viewer *viewer, uint64_t record);

/* The heads of rows: the column names in one style. */
void viewer_heading(struct canvas *canvas, struct area area, const char *text);

/* On a status line: what is filtered by, if anything. */
void viewer_draw_filter(const struct viewer *viewer, struct canvas *canvas, int x, int y, int width);

/* A screen of text goes up or down. */
void viewer_scroll(const struct viewer *viewer, struct scrolled *scrolled, enum action action);

/* What was scrolled beyond the last of its rows goes back there. True when the area has to be drawn again; it
 * is blank then. */
bool viewer_scroll_back(struct canvas *canvas, struct area area, int *top, int rows);

/* A screen without rows says why. */
void viewer_empty(struct canvas *canvas, struct area area, const char *text);

void connections_update(struct viewer *viewer);
void connections_restart(struct viewer *viewer);

/* Looks at some records for the filter. False when there is nothing left to do. */
bool connections_work(struct viewer *viewer, unsigned records);

/* Goes to the next row where what is searched for stands, in the direction of viewer->searching. */
void connections_search(struct viewer *viewer);
void connections_act(struct viewer *viewer, enum action action, struct key key);
void connections_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

/* Whose messages are listed, 0: everybody's, and which is selected, 0: the one that was there before, or the
 * first, or live the newest. */
void messages_list(struct viewer *viewer, uint64_t connection, uint64_t record);
void messages_restart(struct viewer *viewer);
void messages_act(struct viewer *viewer, enum action action, struct key key);
void messages_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

/* The row before or behind the record that is taken apart becomes the selected one; false at either end. */
bool messages_step(struct viewer *viewer, int direction);

void detail_open(struct viewer *viewer, uint64_t record);
void detail_act(struct viewer *viewer, enum action action, struct key key);
void detail_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

void handshake_open(struct viewer *viewer, uint64_t connection);
void handshake_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

/* At the record; with 0, at the connection's beginning, or live end. */
void ladder_open(struct viewer *viewer, uint64_t connection, uint64_t record);
void ladder_restart(struct viewer *viewer);
void ladder_act(struct viewer *viewer, enum action action, struct key key);
void ladder_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

void findings_open(struct viewer *viewer);
bool findings_work(struct viewer *viewer, unsigned records);

/* From the findings of one rule back to the rules. False when there is nothing to go back from. */
bool findings_back(struct viewer *viewer);
void findings_restart(struct viewer *viewer);
void findings_act(struct viewer *viewer, enum action action, struct key key);
void findings_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

/* The replay: its keys, true when the action was one of them; its line of the prompt; its bar. */
bool player_act(struct viewer *viewer, enum action action);
bool player_go(struct viewer *viewer, const char *text);
bool player_click(struct viewer *viewer, struct key key);
void player_draw(struct viewer *viewer, struct canvas *canvas, int y);

void totals_open(struct viewer *viewer, uint64_t connection);
void totals_restart(struct viewer *viewer);
bool totals_work(struct viewer *viewer, unsigned records);
void totals_act(struct viewer *viewer, enum action action);
void totals_draw(struct viewer *viewer, struct canvas *canvas, struct area area);
void help_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

/* The screen "Save", about what the screen before shows. */
void save_open(struct viewer *viewer);
void save_act(struct viewer *viewer, enum action action, struct key key);
void save_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

/* Colours, times, columns, and what else a person likes in this way and another in that. */
void settings_act(struct viewer *viewer, enum action action, struct key key);
void settings_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

/* Two marked messages, and what differs. */
void difference_open(struct viewer *viewer);
void difference_act(struct viewer *viewer, enum action action);
void difference_draw(struct viewer *viewer, struct canvas *canvas, struct area area);

/* Where a record stands among the marked ones, from 1; 0 when it is not marked. */
size_t messages_mark(const struct viewer *viewer, uint64_t id);

void prompt_open(struct viewer *viewer, enum prompt_kind kind, const char *text);
void prompt_key(struct viewer *viewer, struct key key);
void prompt_draw(struct viewer *viewer, struct canvas *canvas, int y);

#endif
