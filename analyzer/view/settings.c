/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "report/escape.h"

#define WORDS_MAX 4
#define MEGABYTE  (UINT64_C(1) << 20)

struct row {
    const char *name, *title;
    size_t member;              /* an unsigned of struct settings, the index of one of these: */
    const char *words[WORDS_MAX];       /* none: memory, a size */
};

/* clang-format off */
static const struct row rows[SETTINGS_ROWS] = {
    { "theme", "Colours", offsetof(struct settings, theme), { "auto", "dark", "light", "none" } },
    { "ascii", "Nothing but ASCII", offsetof(struct settings, ascii), { "no", "yes" } },
    { "time", "Times", offsetof(struct settings, clock), { "start", "clock" } },
    { "hide-http", "Hide plain HTTP", offsetof(struct settings, hide_http), { "no", "yes" } },
    { "hide-control", "Hide Ping, Pong, Close", offsetof(struct settings, hide_control), { "no", "yes" } },
    { "memory", "Memory, from the next start", offsetof(struct settings, memory), { NULL } },
};
/* clang-format on */

struct settings settings_usual(void)
{
    return (struct settings){ .columns = columns_usual() };
}

static unsigned *choice_of(struct settings *settings, const struct row *row)
{
    return (unsigned *)(void *)((char *)settings + row->member);
}

static unsigned chosen(const struct settings *settings, const struct row *row)
{
    return *(const unsigned *)(const void *)((const char *)settings + row->member);
}

static unsigned count_words(const struct row *row)
{
    unsigned count = 0;

    while (count < WORDS_MAX && row->words[count]) {
        count++;
    }
    return count;
}

/* --- reading ----------------------------------------------------------------------------------------- */

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct bytes trim(struct bytes text)
{
    while (text.length > 0 && is_blank(text.data[0])) {
        text = bytes_after(text, 1);
    }
    while (text.length > 0 && is_blank(text.data[text.length - 1])) {
        text.length--;
    }
    return text;
}

/* What stands before the sign, trimmed, and what behind it stays in *text. */
static struct bytes split(struct bytes *text, char sign)
{
    const uint8_t *at = text->length > 0 ? memchr(text->data, sign, text->length) : NULL;
    size_t length = at ? (size_t)(at - text->data) : text->length;
    struct bytes before = bytes_first(*text, length);

    *text = bytes_after(*text, length + 1);
    return trim(before);
}

static bool is(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of_text(word));
}

static bool parse_word(struct settings *settings, const struct row *row, struct bytes value)
{
    for (unsigned i = 0; i < count_words(row); i++) {
        if (is(value, row->words[i])) {
            *choice_of(settings, row) = i;
            return true;
        }
    }
    return false;
}

/* "default", or digits and a K, M or G. */
static bool parse_memory(struct settings *settings, struct bytes value)
{
    static const char suffixes[] = "KMG";
    uint64_t number = 0;
    size_t at = 0;

    if (is(value, "default")) {
        settings->memory = 0;
        return true;
    }
    while (at < value.length && at < 9 && value.data[at] >= '0' && value.data[at] <= '9') {
        number = number * 10 + (value.data[at++] - '0');
    }
    const char *suffix = at + 1 == value.length ? strchr(suffixes, value.data[at] & ~0x20) : NULL;

    if (at == 0 || number == 0 || (at < value.length && (suffix == NULL || *suffix == '\0'))) {
        return false;
    }
    number <<= suffix ? 10 * (suffix - suffixes + 1) : 0;
    if (number < MEGABYTE) {
        return false;
    }
    settings->memory = number;
    return true;
}

static bool find_column(struct bytes name, enum column *column)
{
    for (*column = 0; *column < COLUMNS; (*column)++) {
        if (is(name, columns_name(*column))) {
            return true;
        }
    }
    return false;
}

/* The named ones in this order, and behind them the others, which are hidden. */
static bool parse_columns(struct settings *settings, struct bytes value)
{
    struct column_choice choice = { .shown = { false } };
    size_t count = 0;
    enum column column;

    while (value.length > 0) {
        if (!find_column(split(&value, ','), &column) || choice.shown[column]) {
            return false;
        }
        choice.shown[column] = true;
        choice.order[count++] = column;
    }
    if (count == 0) {
        return false;
    }
    for (column = 0; column < COLUMNS; column++) {
        if (!choice.shown[column]) {
            choice.order[count++] = column;
        }
    }
    settings->columns = choice;
    return true;
}

/* NULL, or why the line is passed over. */
static const char *parse_line(struct settings *settings, struct bytes line)
{
    struct bytes name = split(&line, '=');
    struct bytes value = trim(line);

    for (size_t i = 0; i < SETTINGS_ROWS; i++) {
        if (is(name, rows[i].name)) {
            bool is_word = rows[i].words[0] != NULL;
            bool good = is_word ? parse_word(settings, &rows[i], value) : parse_memory(settings, value);

            return good ? NULL : "cannot be that";
        }
    }
    if (is(name, "columns")) {
        return parse_columns(settings, value) ? NULL : "names a column that is not there, or twice";
    }
    return "is no setting";
}

size_t settings_parse(struct settings *settings, struct bytes text, char *complaint, size_t capacity)
{
    size_t wrong = 0;

    complaint[0] = '\0';
    for (size_t number = 1; text.length > 0; number++) {
        struct bytes whole = split(&text, '\n'), line = whole;
        struct bytes statement = split(&line, '#');
        const char *why = statement.length > 0 ? parse_line(settings, statement) : NULL;

        if (why && wrong++ == 0) {
            char name[40];

            escape_copy(name, sizeof name, split(&statement, '='));
            snprintf(complaint, capacity, "line %zu is passed over: \"%s\" %s", number, name, why);
        }
    }
    return wrong;
}

/* --- writing ----------------------------------------------------------------------------------------- */

static void format_memory(uint64_t memory, char *out, size_t capacity)
{
    if (memory == 0) {
        snprintf(out, capacity, "default");
    } else if (memory % MEGABYTE == 0) {
        snprintf(out, capacity, "%" PRIu64 "M", memory / MEGABYTE);
    } else if (memory % 1024 == 0) {
        snprintf(out, capacity, "%" PRIu64 "K", memory / 1024);
    } else {
        snprintf(out, capacity, "%" PRIu64, memory);
    }
}

const char *settings_title(size_t row)
{
    return rows[row].title;
}

void settings_show(const struct settings *settings, size_t row, char *out, size_t capacity)
{
    if (rows[row].words[0]) {
        snprintf(out, capacity, "%s", rows[row].words[chosen(settings, &rows[row])]);
    } else {
        format_memory(settings->memory, out, capacity);
    }
}

__attribute__((format(printf, 3, 4))) static void add(char *out, size_t *used, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *used += (size_t)vsnprintf(out + *used, SETTINGS_TEXT_MAX - *used, format, arguments);
    va_end(arguments);
}

/* SETTINGS_TEXT_MAX is enough for all of them at their longest. */
size_t settings_format(const struct settings *settings, char out[SETTINGS_TEXT_MAX])
{
    const char *between = "columns = ";
    char value[40];
    size_t used = 0;

    add(out, &used, "# The viewer's settings, as its own screen (key O) writes them.\n");
    for (size_t i = 0; i < SETTINGS_ROWS; i++) {
        settings_show(settings, i, value, sizeof value);
        add(out, &used, "%s = %s\n", rows[i].name, value);
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        enum column column = settings->columns.order[i];

        if (settings->columns.shown[column]) {
            add(out, &used, "%s%s", between, columns_name(column));
            between = ", ";
        }
    }
    add(out, &used, "\n");
    return used;
}

/* --- changing ---------------------------------------------------------------------------------------- */

/* 64M to 16G by doubling, and in front of them what is usual. */
static uint64_t next_memory(uint64_t memory, int direction)
{
    const uint64_t least = 64 * MEGABYTE, most = 16384 * MEGABYTE;

    if (memory == 0) {
        return direction > 0 ? least : most;
    }
    uint64_t next = direction > 0 ? memory * 2 : memory / 2;

    return next < least || next > most ? 0 : next;
}

void settings_turn(struct settings *settings, size_t row, int direction)
{
    unsigned count = count_words(&rows[row]);

    if (count == 0) {
        settings->memory = next_memory(settings->memory, direction);
    } else {
        unsigned *choice = choice_of(settings, &rows[row]);

        *choice = (*choice + (direction > 0 ? 1 : count - 1)) % count;
    }
}
