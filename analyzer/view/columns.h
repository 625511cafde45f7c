/* SPDX-License-Identifier: MIT */
#ifndef WS101_COLUMNS_H
#define WS101_COLUMNS_H

/* columns - what the list of connections can tell of each: one table of titles, widths, orders and values.
 *
 * Comes in:   a row of the store; which columns, in which order.
 * Goes out:   cells. Where there is not room for all, those that matter least stay away.
 */

#include "canvas.h"
#include "store/store.h"

enum column {
    COLUMN_NUMBER, COLUMN_TIME, COLUMN_CLIENT, COLUMN_SERVER, COLUMN_TARGET, COLUMN_STATE,
    COLUMN_SUBPROTOCOL, COLUMN_COMPRESSION, COLUMN_SENT, COLUMN_RECEIVED, COLUMN_BYTES, COLUMN_LAST,
    COLUMN_ROUND_TRIP, COLUMN_CLOSE, COLUMN_FINDINGS, COLUMN_BYTES_SENT, COLUMN_BYTES_RECEIVED, COLUMNS
};

/* Which are shown, in which order; the others stand behind them. */
struct column_choice {
    enum column order[COLUMNS];
    bool shown[COLUMNS];                /* by column */
};

/* What a cell needs to know beside its row. */
struct column_setting {
    const struct column_choice *choice;
    const struct store_totals *totals;
    bool clock;                         /* times of day */
    enum column sort;
    bool reversed;
};

/* "state", as the settings call it; what the column tells, in a few words. */
const char *columns_name(enum column column);
const char *columns_help(enum column column);

/* All but the bytes of each way. */
struct column_choice columns_usual(void);

/* The next one that is shown, around the end. */
enum column columns_next(const struct column_choice *choice, enum column column);

/* Less than, equal to or greater than 0; 0 for number and time, which are the order as it is. */
int columns_compare(enum column column, const struct store_connection *a, const struct store_connection *b);

void columns_draw_heading(const struct column_setting *setting, struct canvas *canvas, int x, int y,
                          int width);
void columns_draw_row(const struct column_setting *setting, struct canvas *canvas, int x, int y, int width,
                      const struct store_connection *row);

#endif
