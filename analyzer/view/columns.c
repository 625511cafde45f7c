/* SPDX-License-Identifier: MIT */
#include "columns.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/address.h"
#include "units.h"

/* --- values ------------------------------------------------------------------------------------------ */

/* What is looked at, and from where. */
struct look {
    const struct column_setting *setting;
    const struct canvas *canvas;
    const struct store_connection *row;
};

struct shown {
    char text[ADDRESS_TEXT_MAX];
    enum style style;
};

static const enum style state_styles[CONNECTION_STATES] = {
    [CONNECTION_CONNECTING] = STYLE_DIM,    [CONNECTION_HTTP] = STYLE_PLAIN,
    [CONNECTION_HANDSHAKE] = STYLE_WARNING, [CONNECTION_OPEN] = STYLE_GOOD,
    [CONNECTION_JOINED] = STYLE_GOOD,       [CONNECTION_CLOSING] = STYLE_WARNING,
    [CONNECTION_CLOSED] = STYLE_DIM,        [CONNECTION_RESET] = STYLE_BAD,
    [CONNECTION_REFUSED] = STYLE_BAD,       [CONNECTION_FORGOTTEN] = STYLE_DIM,
    [CONNECTION_TLS] = STYLE_DIM,           [CONNECTION_OTHER] = STYLE_DIM,
};

static const struct tally *sent_by(const struct store_connection *row, enum direction direction)
{
    return &row->connection.sent[direction];
}

static uint64_t bytes_of_row(const struct store_connection *row)
{
    return sent_by(row, C2S)->bytes + sent_by(row, S2C)->bytes;
}

static void put_number(uint64_t value, struct shown *out)
{
    units_size(out->text, value);
    out->style = value ? STYLE_PLAIN : STYLE_DIM;
}

static void show_number(const struct look *look, struct shown *out)
{
    snprintf(out->text, sizeof out->text, "%" PRIu64, look->row->connection.id);
    out->style = STYLE_DIM;
}

static void show_time(const struct look *look, struct shown *out)
{
    if (look->setting->clock) {
        units_clock(out->text, look->row->connection.opened);
    } else {
        units_seconds(out->text, look->row->connection.opened - look->setting->totals->first_time);
    }
    out->style = STYLE_DIM;
}

static void show_client(const struct look *look, struct shown *out)
{
    address_format(out->text, &look->row->connection.client);
}

static void show_server(const struct look *look, struct shown *out)
{
    address_format(out->text, &look->row->connection.server);
}

static void show_state(const struct look *look, struct shown *out)
{
    const struct store_connection *row = look->row;
    bool broken = row->broken && row->state == CONNECTION_OPEN;

    snprintf(out->text, sizeof out->text, "%s", broken ? "broken" : store_state_name(row->state));
    out->style = broken ? STYLE_BAD : state_styles[row->state];
}

static void show_compression(const struct look *look, struct shown *out)
{
    snprintf(out->text, sizeof out->text, "%s", look->row->compressed ? "z" : "");
}

static void show_sent(const struct look *look, struct shown *out)
{
    put_number(sent_by(look->row, C2S)->messages, out);
}

static void show_received(const struct look *look, struct shown *out)
{
    put_number(sent_by(look->row, S2C)->messages, out);
}

static void show_bytes(const struct look *look, struct shown *out)
{
    put_number(bytes_of_row(look->row), out);
}

static void show_bytes_sent(const struct look *look, struct shown *out)
{
    put_number(sent_by(look->row, C2S)->bytes, out);
}

static void show_bytes_received(const struct look *look, struct shown *out)
{
    put_number(sent_by(look->row, S2C)->bytes, out);
}

static void show_last(const struct look *look, struct shown *out)
{
    units_duration(out->text, look->setting->totals->last_time - look->row->last);
}

static void show_round_trip(const struct look *look, struct shown *out)
{
    if (look->row->round_trip >= 0) {
        units_duration(out->text, look->row->round_trip);
    }
}

/* What an application sees (RFC 6455 section 7.4.1): 1005 for a Close without a code, 1006 for no Close. */
static unsigned close_code_of(const struct store_connection *row)
{
    bool cut = row->ended && row->upgraded && row->state != CONNECTION_REFUSED &&
               row->how != CLOSE_END_OF_CAPTURE;

    return row->close_code ? row->close_code : row->close_known ? 1005 : cut ? 1006 : 0;
}

/* The code, and an arrow from who sent it first. */
static void show_close(const struct look *look, struct shown *out)
{
    const struct store_connection *row = look->row;
    const char *arrow = canvas_glyph(look->canvas, row->close_first == C2S ? GLYPH_RIGHT : GLYPH_LEFT);

    if (row->close_known) {
        snprintf(out->text, sizeof out->text, "%s%u", arrow, close_code_of(row));
        out->style = row->close_code == 1000 || row->close_code == 1001 ? STYLE_PLAIN : STYLE_WARNING;
    } else if (close_code_of(row)) {
        snprintf(out->text, sizeof out->text, "%u", close_code_of(row));
        out->style = STYLE_BAD;
    }
}

static void show_findings(const struct look *look, struct shown *out)
{
    static const enum style styles[] = { STYLE_BAD, STYLE_WARNING, STYLE_DIM };

    for (int severity = RULE_MUST; severity <= RULE_NOTE; severity++) {
        if (look->row->findings[severity]) {
            units_size(out->text, look->row->findings[severity]);
            out->style = styles[severity];
            return;
        }
    }
}

/* --- the table --------------------------------------------------------------------------------------- */

typedef void show_value(const struct look *look, struct shown *out);

struct column_form {
    const char *name, *title, *help;
    int width;                      /* 0: takes what is left */
    bool right;
    int rank;                       /* the lower, the longer it stays when the screen gets narrow */
    show_value *show;               /* NULL: bytes of the wire, drawn by themselves */
};

/* clang-format off */
static const struct column_form forms[COLUMNS] = {
    [COLUMN_NUMBER] = { "number", "#", "number, in order of appearance", 4, true, 2, show_number },
    [COLUMN_TIME] = { "time", "Opened", "when its first packet came", 15, false, 14, show_time },
    [COLUMN_CLIENT] = { "client", "Client", "address and port", 17, false, 6, show_client },
    [COLUMN_SERVER] = { "server", "Server", "address and port", 17, false, 13, show_server },
    [COLUMN_TARGET] = { "target", "Host and path", "what was asked for", 0, false, 0, NULL },
    [COLUMN_STATE] = { "state", "State", "handshake, open, closed, reset, ...", 11, false, 1, show_state },
    [COLUMN_SUBPROTOCOL] = { "subprotocol", "Protocol", "the one agreed on", 9, false, 11, NULL },
    [COLUMN_COMPRESSION] = { "compression", "Z", "z: permessage-deflate", 1, false, 12, show_compression },
    [COLUMN_SENT] = { "sent", "Sent", "messages of the client", 5, true, 3, show_sent },
    [COLUMN_RECEIVED] = { "received", "Recvd", "messages of the server", 5, true, 4, show_received },
    [COLUMN_BYTES] = { "bytes", "Bytes", "of both sides' streams", 6, true, 8, show_bytes },
    [COLUMN_LAST] = { "last", "Last", "how long it has been silent", 6, true, 10, show_last },
    [COLUMN_ROUND_TRIP] = { "ping", "Ping", "round trip of the latest one", 6, true, 9, show_round_trip },
    [COLUMN_CLOSE] = { "close", "Close", "its code, and who began", 6, false, 7, show_close },
    [COLUMN_FINDINGS] = { "findings", "!", "how many, of the gravest kind", 3, true, 5, show_findings },
    [COLUMN_BYTES_SENT] = { "bytes-sent", "Bytes>", "of the client's stream", 6, true, 15, show_bytes_sent },
    [COLUMN_BYTES_RECEIVED] = { "bytes-received", "Bytes<", "of the server's stream", 6, true, 16,
        show_bytes_received },
};
/* clang-format on */

#define TARGET_LEAST 22

const char *columns_name(enum column column)
{
    return forms[column].name;
}

const char *columns_help(enum column column)
{
    return forms[column].help;
}

struct column_choice columns_usual(void)
{
    struct column_choice choice;

    for (int column = 0; column < COLUMNS; column++) {
        choice.order[column] = (enum column)column;
        choice.shown[column] = column < COLUMN_BYTES_SENT;
    }
    return choice;
}

enum column columns_next(const struct column_choice *choice, enum column column)
{
    size_t at = 0;

    while (at < COLUMNS && choice->order[at] != column) {
        at++;
    }
    for (size_t i = 1; i <= COLUMNS; i++) {
        enum column next = choice->order[(at + i) % COLUMNS];

        if (choice->shown[next]) {
            return next;
        }
    }
    return column;
}

/* --- the order of rows ------------------------------------------------------------------------------- */

static uint64_t findings_of_row(const struct store_connection *row)
{
    return row->findings[RULE_MUST] << 32 | row->findings[RULE_SHOULD] << 16 | row->findings[RULE_NOTE];
}

static int compare_texts(const struct store_text *a, const struct store_text *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, shorter);

    return order ? order : (int)a->length - (int)b->length;
}

static int compare_endpoints(const struct endpoint *a, const struct endpoint *b)
{
    int order = memcmp(&a->address, &b->address, sizeof a->address);

    return order ? order : (int)a->port - (int)b->port;
}

/* What a column of numbers is ordered by. */
static uint64_t number_of(enum column column, const struct store_connection *row)
{
    switch (column) {
    case COLUMN_STATE:
        return row->state;
    case COLUMN_COMPRESSION:
        return row->compressed;
    case COLUMN_SENT:
        return sent_by(row, C2S)->messages;
    case COLUMN_RECEIVED:
        return sent_by(row, S2C)->messages;
    case COLUMN_BYTES:
        return bytes_of_row(row);
    case COLUMN_BYTES_SENT:
        return sent_by(row, C2S)->bytes;
    case COLUMN_BYTES_RECEIVED:
        return sent_by(row, S2C)->bytes;
    case COLUMN_LAST:
        return UINT64_MAX - (uint64_t)row->last;    /* as it is shown: how long ago */
    case COLUMN_ROUND_TRIP:
        return (uint64_t)(row->round_trip + 1);
    case COLUMN_CLOSE:
        return close_code_of(row);
    case COLUMN_FINDINGS:
        return findings_of_row(row);
    default:
        return 0;
    }
}

int columns_compare(enum column column, const struct store_connection *a, const struct store_connection *b)
{
    uint64_t of_a = number_of(column, a), of_b = number_of(column, b);
    int order;

    switch (column) {
    case COLUMN_CLIENT:
        return compare_endpoints(&a->connection.client, &b->connection.client);
    case COLUMN_SERVER:
        return compare_endpoints(&a->connection.server, &b->connection.server);
    case COLUMN_TARGET:
        order = compare_texts(&a->host, &b->host);
        return order ? order : compare_texts(&a->target, &b->target);
    case COLUMN_SUBPROTOCOL:
        return compare_texts(&a->subprotocol, &b->subprotocol);
    default:
        return of_a < of_b ? -1 : of_a > of_b;
    }
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static struct bytes text_of(const struct store_text *text)
{
    return bytes_of(text->bytes, text->length);
}

/* Host and path, or the server's address where no request was seen. */
static void draw_target(struct canvas *canvas, int x, int y, int width, const struct store_connection *row)
{
    char address[ADDRESS_TEXT_MAX];
    enum style style = row->upgraded ? STYLE_PLAIN : STYLE_DIM;

    if (row->host.length == 0) {
        address_format(address, &row->connection.server);
        canvas_text(canvas, x, y, width, STYLE_DIM, address);
        return;
    }
    int used = canvas_bytes(canvas, x, y, width, style, text_of(&row->host));

    canvas_bytes(canvas, x + used, y, width - used, style, text_of(&row->target));
}

/* The columns that fit, by rank, and what is left for the path. */
static int choose_columns(const struct column_choice *choice, int width, bool fitting[COLUMNS])
{
    int left = width - (choice->shown[COLUMN_TARGET] ? TARGET_LEAST : 0);

    memset(fitting, 0, COLUMNS * sizeof *fitting);
    fitting[COLUMN_TARGET] = choice->shown[COLUMN_TARGET];
    for (int rank = 1; rank < COLUMNS; rank++) {
        for (int column = 0; column < COLUMNS; column++) {
            if (forms[column].rank == rank && choice->shown[column] && forms[column].width + 1 <= left) {
                fitting[column] = true;
                left -= forms[column].width + 1;
            }
        }
    }
    return TARGET_LEAST + (left > 0 ? left : 0);
}

static void draw_text(const struct column_form *form, struct canvas *canvas, int x, int y, int width,
                      enum style style, const char *text)
{
    if (form->right) {
        canvas_right(canvas, x, y, width, style, text);
    } else {
        canvas_text(canvas, x, y, width, style, text);
    }
}

static void draw_cell(const struct look *look, struct canvas *canvas, int x, int y, int width,
                      enum column column)
{
    struct shown shown = { "", STYLE_PLAIN };

    if (column == COLUMN_TARGET) {
        draw_target(canvas, x, y, width, look->row);
    } else if (column == COLUMN_SUBPROTOCOL) {
        canvas_bytes(canvas, x, y, width, STYLE_PLAIN, text_of(&look->row->subprotocol));
    } else {
        forms[column].show(look, &shown);
        draw_text(&forms[column], canvas, x, y, width, shown.style, shown.text);
    }
}

void columns_draw_row(const struct column_setting *setting, struct canvas *canvas, int x, int y, int width,
                      const struct store_connection *row)
{
    struct look look = { setting, canvas, row };
    bool fitting[COLUMNS];
    int flexible = choose_columns(setting->choice, width, fitting);

    for (size_t i = 0; i < COLUMNS; i++) {
        enum column column = setting->choice->order[i];
        int own = forms[column].width ? forms[column].width : flexible;

        if (fitting[column]) {
            draw_cell(&look, canvas, x, y, own, column);
            x += own + 1;
        }
    }
}

static void draw_title(const struct column_setting *setting, struct canvas *canvas, int x, int y, int width,
                       enum column column)
{
    const char *sign = canvas_glyph(canvas, setting->reversed ? GLYPH_UP : GLYPH_DOWN);
    char title[40];

    snprintf(title, sizeof title, "%s%s", forms[column].title, column == setting->sort ? sign : "");
    draw_text(&forms[column], canvas, x, y, width, STYLE_HEADING, title);
}

void columns_draw_heading(const struct column_setting *setting, struct canvas *canvas, int x, int y,
                          int width)
{
    bool fitting[COLUMNS];
    int flexible = choose_columns(setting->choice, width, fitting);

    canvas_fill(canvas, x, y, width, STYLE_HEADING);
    for (size_t i = 0; i < COLUMNS; i++) {
        enum column column = setting->choice->order[i];
        int own = forms[column].width ? forms[column].width : flexible;

        if (fitting[column]) {
            draw_title(setting, canvas, x, y, own, column);
            x += own + 1;
        }
    }
}
