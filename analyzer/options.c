/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/escape.h"
#include "view/replay.h"

enum value_type {               /* what a value is, and the member that it is put into */
    VALUE_FLAG,                 /* none: a bool becomes true */
    VALUE_TEXT,                 /* const char * */
    VALUE_SIZE,                 /* uint64_t, with K, M or G */
    VALUE_SIZE32,               /* uint32_t, the same */
    VALUE_SECONDS,              /* int64_t nanoseconds */
    VALUE_PORT,
    VALUE_KINDS,
    VALUE_TIMES,
    VALUE_COLOUR,
    VALUE_SENDER,
    VALUE_ZOOM,
    VALUE_INTERFACE,            /* VALUE_TEXT, once; without one, "" */
    VALUE_FILE,                 /* one more argument */
    VALUE_SPEED,
};

struct row {
    char letter;                /* or 0 */
    const char *name;
    const char *value;          /* its name in the help, or NULL: a flag */
    unsigned groups;
    enum value_type type;
    size_t member;              /* offset in struct options */
    const char *help;
};

#define MEMBER(name) offsetof(struct options, name)

static const struct row rows[] = {
    { 'i', "interface", "[IFACE]", OPTION_SOURCE, VALUE_INTERFACE, MEMBER(interface),
      "capture live until Ctrl-C; without IFACE: which interfaces there are" },
    { 'r', "read", "FILE", OPTION_SOURCE, VALUE_FILE, 0,
      "read a capture; plain FILE means the same, - is standard input" },
    { 'f', "capture-filter", "EXPR", OPTION_INPUT, VALUE_TEXT, MEMBER(capture_filter),
      "only packets that this BPF expression lets through" },
    { 'w', "write", "FILE", OPTION_INPUT | OPTION_PLAY, VALUE_TEXT, MEMBER(write_file),
      "also write the packets to FILE" },
    { 0, "overwrite", NULL, OPTION_INPUT, VALUE_FLAG, MEMBER(overwrite),
      "let -w replace a file that exists" },
    { 'd', "decode", "PORT", OPTION_INPUT, VALUE_PORT, 0,
      "this TCP port is WebSocket, handshake or not; may be given again" },
    { 0, "no-guess", NULL, OPTION_INPUT, VALUE_FLAG, MEMBER(no_guess),
      "never take a connection for WebSocket by its bytes alone" },
    { 0, "verify-checksums", NULL, OPTION_INPUT, VALUE_FLAG, MEMBER(verify_checksums),
      "pass over segments whose TCP checksum is wrong, and count them" },
    { 0, "promiscuous", NULL, OPTION_INPUT, VALUE_FLAG, MEMBER(promiscuous),
      "live: also packets for other hosts" },
    { 's', "snaplen", "BYTES", OPTION_INPUT, VALUE_SIZE32, MEMBER(snap_length),
      "live: bytes kept of each packet" },
    { 'B', "buffer", "SIZE", OPTION_INPUT, VALUE_SIZE32, MEMBER(ring_size),
      "live: the kernel's buffer (16M)" },
    { 0, "memory", "SIZE", OPTION_INPUT, VALUE_SIZE, MEMBER(memory),
      "ceiling on what is kept (64M; view: 512M; K, M and G are understood)" },
    { 0, "connections", "N", OPTION_INPUT, VALUE_SIZE32, MEMBER(limits.connections),
      "connections followed at once (1000000)" },
    { 0, "held", "SIZE", OPTION_INPUT, VALUE_SIZE32, MEMBER(limits.held),
      "bytes held per direction while a hole may still be filled (4M)" },
    { 0, "head", "SIZE", OPTION_INPUT, VALUE_SIZE32, MEMBER(limits.head), "longest HTTP head (64K)" },
    { 0, "message", "SIZE", OPTION_INPUT, VALUE_SIZE, MEMBER(limits.message_kept),
      "payload kept of one message (1M); the rest is counted" },
    { 0, "inflated", "SIZE", OPTION_INPUT, VALUE_SIZE, MEMBER(limits.message_inflated),
      "length that one compressed message may inflate to (16M)" },
    { 0, "windows", "SIZE", OPTION_INPUT, VALUE_SIZE, MEMBER(limits.inflate_windows),
      "all compression windows together (32M)" },
    { 0, "fragments", "N", OPTION_INPUT, VALUE_SIZE32, MEMBER(limits.fragments),
      "IP datagrams put together at once (256)" },
    { 0, "idle", "SECONDS", OPTION_INPUT, VALUE_SECONDS, MEMBER(limits.idle),
      "silence after which a closed connection is forgotten (300)" },
    { 'Y', "filter", "EXPR", OPTION_EVENTS | OPTION_FILTER, VALUE_TEXT, MEMBER(display_filter),
      "only events for which this is true, such as 'opcode == ping and dir == c2s'" },
    { 0, "only", "KIND,...", OPTION_EVENTS, VALUE_KINDS, 0,
      "of connection, http, handshake, frame, message, close, gap, finding" },
    { 't', "time", "FORM", OPTION_LINES, VALUE_TIMES, 0,
      "r since the start (default), d since the last line, a clock, ad date, u/ud in UTC, e epoch" },
    { 0, "color", "WHEN", OPTION_LINES | OPTION_COLOUR, VALUE_COLOUR, 0, "auto (default), always, never" },
    { 0, "preview", "COLUMNS", OPTION_LINES, VALUE_SIZE, MEMBER(preview),
      "payload shown per line (to the edge on a terminal, all of a text elsewhere)" },
    { 'v', "verbose", NULL, OPTION_LINES, VALUE_FLAG, MEMBER(fields),
      "under each line every field: its bytes, its value, what it is for, its section" },
    { 'x', "hex", NULL, OPTION_LINES, VALUE_FLAG, MEMBER(bytes),
      "under each line its bytes; masked ones also unmasked" },
    { 0, "replay", "[=SPEED]", OPTION_VIEW, VALUE_SPEED, MEMBER(replay),
      "show a file at the pace at which it happened, times SPEED: 1/8 to 64, or max" },
    { 0, "max-wait", "SECONDS", OPTION_VIEW, VALUE_SECONDS, MEMBER(max_wait),
      "a replay waits no longer than this for the next packet" },
    { 0, "from", "SIDE", OPTION_EXPLAIN, VALUE_SENDER, 0,
      "whose bytes they are: client or server (else judged by the mask)" },
    { 0, "zoom", "LAYER", OPTION_LADDER, VALUE_ZOOM, 0,
      "what is shown: websocket (default), http, or tcp: every segment" },
    { 0, "conn", "N", OPTION_LADDER, VALUE_SIZE, MEMBER(connection), "this connection alone" },
    { 0, "svg", NULL, OPTION_LADDER, VALUE_FLAG, MEMBER(svg), "a drawing for browsers" },
    { 0, "mermaid", NULL, OPTION_LADDER, VALUE_FLAG, MEMBER(mermaid), "a sequenceDiagram of Mermaid" },
    { 0, "json", NULL, OPTION_JSON, VALUE_FLAG, MEMBER(json), "JSON instead of text" },
    { 0, "har", NULL, OPTION_HAR, VALUE_FLAG, MEMBER(har),
      "one HTTP Archive (HAR 1.2) with _webSocketMessages, as browsers import it" },
    { 0, "client", "ADDRESS:PORT", OPTION_PLAY, VALUE_TEXT, MEMBER(client),
      "play the client's side against a real server" },
    { 0, "server", "PORT", OPTION_PLAY, VALUE_SIZE, MEMBER(server),
      "play the server's side for one real client, on this port of 127.0.0.1" },
    { 'h', "help", NULL, OPTION_EVERY, VALUE_FLAG, MEMBER(help), "this help" },
    { 'V', "version", NULL, OPTION_EVERY, VALUE_FLAG, MEMBER(version), "the version" },
};

#define ROWS (sizeof rows / sizeof rows[0])

struct parse {
    char **argv;
    int argc, next;
    const struct command *commands;
    size_t command_count;
    struct options *options;
    struct error *error;
    bool used[ROWS];
    bool word_seen;             /* the one that may be a command */
};

/* --- saying what is wrong ----------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool fail(struct error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}

/* A word of the command line, made harmless. */
struct shown {
    char text[80];
};

static struct shown show(const char *word)
{
    struct shown shown;

    escape_copy(shown.text, sizeof shown.text, bytes_of_text(word));
    return shown;
}

#define NAME_MAX_LENGTH 24

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be changed, left out, put in or swapped to make b out of a: table[i][j] is the answer
 * for the first i letters of a and the first j of b. */
static size_t edits(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    size_t table[NAME_MAX_LENGTH + 1][NAME_MAX_LENGTH + 1];

    if (m > NAME_MAX_LENGTH || n > NAME_MAX_LENGTH) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            table[i][j] = least(table[i - 1][j], table[i][j - 1]) + 1;
            table[i][j] = least(table[i][j], table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return table[m][n];
}

/* Whether this name is so near that it was probably meant, and nearer than the best before. */
static bool nearer(const char *word, const char *name, size_t *best)
{
    size_t distance = edits(word, name);

    if (distance > 2 || distance >= strlen(word) || distance >= *best) {
        return false;
    }
    *best = distance;
    return true;
}

static const struct command *nearest_command(const struct parse *parse, const char *word)
{
    const struct command *nearest = NULL;
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < parse->command_count; i++) {
        if (nearer(word, parse->commands[i].name, &best)) {
            nearest = &parse->commands[i];
        }
    }
    return nearest;
}

static bool unknown_option(const struct parse *parse, const char *name)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < ROWS; i++) {
        if (nearer(name, rows[i].name, &best)) {
            nearest = rows[i].name;
        }
    }
    if (nearest) {
        return fail(parse->error, "no option --%s; did you mean --%s?", show(name).text, nearest);
    }
    return fail(parse->error, "no option --%s; ws101 --help lists them", show(name).text);
}

/* --- values ------------------------------------------------------------------------------------------- */

static bool parse_size(const char *value, uint64_t *out)
{
    static const char suffixes[] = "KMG";
    char *end;

    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || errno != 0) {
        return false;
    }
    const char *suffix = *end ? strchr(suffixes, *end & ~0x20) : NULL;
    unsigned shift = suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;

    if (*end && (!suffix || end[1] != '\0')) {
        return false;
    }
    *out = (uint64_t)number << shift;
    return *out >> shift == number;
}

/* A word of argv, or the end of one: its place, or one before, is free for it. */
static void add_argument(struct options *options, const char *word)
{
    options->arguments[options->argument_count++] = (char *)word;
}

static bool set_interface(struct options *options, const char *value, struct error *error)
{
    if (options->interface) {
        return fail(error, "-i can be given once; the interface called any is all of them");
    }
    options->interface = value ? value : "";
    return true;
}

static bool set_port(struct options *options, const char *value, struct error *error)
{
    uint64_t port;

    if (!parse_size(value, &port) || port == 0 || port > UINT16_MAX) {
        return fail(error, "-d wants a TCP port from 1 to 65535, not %s", show(value).text);
    }
    if (options->port_count == OPTIONS_PORTS_MAX) {
        return fail(error, "-d can be given %d times at most", OPTIONS_PORTS_MAX);
    }
    options->ports[options->port_count++] = (uint16_t)port;
    return true;
}

/* The bit that a kind's name stands for; 0 when it is none. */
static unsigned kind_bit(struct bytes name)
{
    for (unsigned kind = 0; kind < EVENT_NOTICE; kind++) {
        if (bytes_equal(name, bytes_of_text(event_kind_name((enum event_kind)kind)))) {
            return EVENT_BIT(kind);
        }
    }
    return bytes_equal(name, bytes_of_text("finding")) ? EVENT_BIT(EVENT_NOTICE) : 0;
}

static bool set_kinds(struct options *options, const char *value, struct error *error)
{
    options->shown = 0;
    for (const char *at = value;; at++) {
        size_t length = strcspn(at, ",");
        unsigned bit = kind_bit(bytes_of(at, length));

        if (bit == 0) {
            return fail(error,
                        "--only knows no kind %s; there are connection, http, handshake, frame, message, "
                        "close, gap and finding",
                        show(at).text);
        }
        options->shown |= bit;
        at += length;
        if (*at == '\0') {
            return true;
        }
    }
}

/* Which of the words value is; n when it is none. */
static size_t word_index(const char *value, const char *const *words, size_t n)
{
    size_t i = 0;

    while (i < n && strcmp(value, words[i]) != 0) {
        i++;
    }
    return i;
}

static bool set_times(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = { "r", "d", "a", "ad", "u", "ud", "e" };
    size_t n = sizeof words / sizeof words[0];
    size_t i = word_index(value, words, n);

    options->times = (enum text_times)i;
    return i < n ? true : fail(error, "-t wants r, d, a, ad, u, ud or e, not %s", show(value).text);
}

static bool set_colour(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = { "auto", "always", "never" };
    size_t i = word_index(value, words, 3);

    options->colour = (enum option_colour)i;
    return i < 3 ? true : fail(error, "--color wants auto, always or never, not %s", show(value).text);
}

static bool set_sender(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = { [EXPLAIN_BY_MASK] = "", [EXPLAIN_CLIENT] = "client",
                                         [EXPLAIN_SERVER] = "server" };
    size_t i = word_index(value, words, 3);

    options->sender = (enum explain_sender)i;
    return i < 3 && i > 0 ? true : fail(error, "--from wants client or server, not %s", show(value).text);
}

static bool set_zoom(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = { [LADDER_WEBSOCKET] = "websocket", [LADDER_HTTP] = "http",
                                         [LADDER_TCP] = "tcp" };
    size_t i = word_index(value, words, 3);

    options->zoom = (enum ladder_zoom)i;
    return i < 3 ? true : fail(error, "--zoom wants websocket, http or tcp, not %s", show(value).text);
}

static bool set_speed(struct options *options, const char *value, struct error *error)
{
    options->replay = true;
    options->speed = value ? replay_speed_find(value) : REPLAY_USUAL;
    return options->speed < REPLAY_SPEEDS
               ? true
               : fail(error, "--replay=SPEED wants 1/8, 1/4, 1/2, 1, 2, 4 and so on up to 64, or max, not %s",
                      show(value).text);
}

static bool set_number(const struct row *row, void *member, const char *value, struct error *error)
{
    uint64_t number;

    if (!parse_size(value, &number)) {
        return fail(error, "--%s wants a number such as 64, 64K or 64M, not %s", row->name, show(value).text);
    }
    if (row->type == VALUE_SIZE) {
        *(uint64_t *)member = number;
    } else if (row->type == VALUE_SIZE32 && number <= UINT32_MAX) {
        *(uint32_t *)member = (uint32_t)number;
    } else if (row->type == VALUE_SECONDS && number <= INT64_MAX / 1000000000) {
        *(int64_t *)member = (int64_t)number * 1000000000;
    } else {
        return fail(error, "--%s: %s is too large", row->name, show(value).text);
    }
    return true;
}

static bool set_value(const struct row *row, struct options *options, const char *value, struct error *error)
{
    void *member = (char *)options + row->member;

    switch (row->type) {
    case VALUE_FLAG:
        *(bool *)member = true;
        return true;
    case VALUE_TEXT:
        *(const char **)member = value;
        return true;
    case VALUE_PORT:
        return set_port(options, value, error);
    case VALUE_KINDS:
        return set_kinds(options, value, error);
    case VALUE_TIMES:
        return set_times(options, value, error);
    case VALUE_COLOUR:
        return set_colour(options, value, error);
    case VALUE_SENDER:
        return set_sender(options, value, error);
    case VALUE_ZOOM:
        return set_zoom(options, value, error);
    case VALUE_INTERFACE:
        return set_interface(options, value, error);
    case VALUE_FILE:
        add_argument(options, value);
        return true;
    case VALUE_SPEED:
        return set_speed(options, value, error);
    default:
        return set_number(row, member, value, error);
    }
}

/* --- the command line --------------------------------------------------------------------------------- */

/* [=VALUE] stands in the same word or is left out; [VALUE] is left out when no word follows, or an option. */
static bool needs_no_value(const struct parse *parse, const struct row *row)
{
    const char *next = parse->next < parse->argc ? parse->argv[parse->next] : NULL;

    if (row->value[0] != '[') {
        return false;
    }
    return row->value[1] == '=' || next == NULL || (next[0] == '-' && next[1] != '\0');
}

/* Sets the option; inside is the value that was written into the same word, or NULL. */
static bool take_option(struct parse *parse, const struct row *row, const char *inside)
{
    parse->used[row - rows] = true;
    if (!row->value) {
        return inside ? fail(parse->error, "--%s takes no value", row->name)
                      : set_value(row, parse->options, NULL, parse->error);
    }
    if (!inside && needs_no_value(parse, row)) {
        return set_value(row, parse->options, NULL, parse->error);
    }
    if (!inside) {
        if (parse->next == parse->argc) {
            return fail(parse->error, "--%s wants a value: %s", row->name, row->value);
        }
        inside = parse->argv[parse->next++];
    }
    return set_value(row, parse->options, inside, parse->error);
}

static bool take_long(struct parse *parse, const char *word)
{
    size_t length = strcspn(word, "=");

    for (size_t i = 0; i < ROWS; i++) {
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, word, length) == 0) {
            return take_option(parse, &rows[i], word[length] == '=' ? word + length + 1 : NULL);
        }
    }
    return unknown_option(parse, word);
}

static const struct row *find_letter(char letter)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].letter == letter && letter != '\0') {
            return &rows[i];
        }
    }
    return NULL;
}

/* "-vx", "-ieth0", "-i" "eth0". */
static bool take_letters(struct parse *parse, const char *letters)
{
    for (; *letters; letters++) {
        const struct row *row = find_letter(*letters);

        if (!row) {
            return fail(parse->error, "no option -%s; ws101 --help lists them", show(letters).text);
        }
        if (row->value) {
            return take_option(parse, row, letters[1] ? letters + 1 : NULL);
        }
        if (!take_option(parse, row, NULL)) {
            return false;
        }
    }
    return true;
}

static const struct command *find_command(const struct parse *parse, const char *name)
{
    for (size_t i = 0; i < parse->command_count; i++) {
        if (strcmp(parse->commands[i].name, name) == 0) {
            return &parse->commands[i];
        }
    }
    return NULL;
}

/* What no capture is called: letters alone. */
static bool looks_like_command(const char *word)
{
    return word[0] != '\0' && word[strspn(word, "abcdefghijklmnopqrstuvwxyz")] == '\0';
}

/* The first word names the command, or a file; one that is neither, but might be a command, is a slip. */
static bool take_first_word(struct parse *parse, char *word)
{
    struct options *options = parse->options;
    const struct command *nearest = nearest_command(parse, word);

    options->command = find_command(parse, word);
    if (options->command) {
        return true;
    }
    if (access(word, F_OK) != 0 && nearest) {
        return fail(parse->error, "%s is neither a command nor a file; did you mean %s?", show(word).text,
                    nearest->name);
    }
    if (access(word, F_OK) != 0 && looks_like_command(word)) {
        return fail(parse->error, "%s is neither a command nor a file; ws101 help lists the commands",
                    show(word).text);
    }
    add_argument(options, word);
    return true;
}

static bool take_word(struct parse *parse, char *word, bool *ended)
{
    if (!*ended && strcmp(word, "--") == 0) {
        *ended = true;
        return true;
    }
    if (!*ended && word[0] == '-' && word[1] != '\0') {
        return word[1] == '-' ? take_long(parse, word + 2) : take_letters(parse, word + 1);
    }
    if (!*ended && !parse->word_seen) {
        parse->word_seen = true;
        return take_first_word(parse, word);
    }
    add_argument(parse->options, word);
    return true;
}

/* An option of another command is a mistake, not something to pass over in silence. */
static bool check_groups(const struct parse *parse, const struct command *command)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (parse->used[i] && rows[i].groups != OPTION_EVERY && !(rows[i].groups & command->groups)) {
            return fail(parse->error, "%s has no option --%s; ws101 %s --help lists them", command->name,
                        rows[i].name, command->name);
        }
    }
    return true;
}

static bool check_arguments(const struct options *options, struct error *error)
{
    const struct command *command = options->command;

    if (command && command->arguments[0] == '\0' && options->argument_count > 0) {
        return fail(error, "%s takes no arguments, so not %s", command->name,
                    show(options->arguments[0]).text);
    }
    return true;
}

bool options_parse(int argc, char **argv, const struct command *commands, size_t command_count,
                   const struct command *usual, struct options *options, struct error *error)
{
    struct parse parse = {
        .argv = argv, .argc = argc, .next = 1, .commands = commands, .command_count = command_count,
        .options = options, .error = error,
    };
    bool ended = false;

    *options = (struct options){ .limits = LIMITS_DEFAULT, .shown = EVENT_ALL_BUT_SEGMENTS };
    options->arguments = argv + 1;      /* words move to the front: none is overwritten before it was read */
    while (parse.next < argc) {
        if (!take_word(&parse, argv[parse.next++], &ended)) {
            return false;
        }
    }
    if (argc > 0) {
        options->arguments[options->argument_count] = NULL;
    }
    options->limits.memory = options->memory ? options->memory : options->limits.memory;
    return check_groups(&parse, options->command ? options->command : usual) &&
           check_arguments(options, error);
}

#define HELP_COLUMN  32         /* where an option's help begins */
#define HELP_COLUMNS 80

/* From HELP_COLUMN on, over as many lines as it takes. */
static void print_wrapped(const char *text)
{
    size_t column = HELP_COLUMN;

    while (*text) {
        size_t length = strcspn(text, " ");

        if (column > HELP_COLUMN && column + 1 + length > HELP_COLUMNS) {
            printf("\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        column += (size_t)printf("%s%.*s", column > HELP_COLUMN ? " " : "", (int)length, text);
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

void options_help(unsigned groups)
{
    for (size_t i = 0; i < ROWS; i++) {
        char left[40];

        if (rows[i].groups != OPTION_EVERY && !(rows[i].groups & groups)) {
            continue;
        }
        const char *value = rows[i].value ? rows[i].value : "";

        snprintf(left, sizeof left, "%c%c%s--%s%s%s", rows[i].letter ? '-' : ' ',
                 rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ", " : "  ", rows[i].name,
                 strncmp(value, "[=", 2) == 0 ? "" : " ", value);
        printf("  %-28s  ", left);
        print_wrapped(rows[i].help);
    }
}
