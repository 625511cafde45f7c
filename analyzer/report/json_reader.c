/* SPDX-License-Identifier: MIT */
#include "json_reader.h"

struct scan {
    const uint8_t *at, *end;
    unsigned depth; /* of the value under way */
};

static bool scan_value(struct scan *scan);

static struct scan scan_over(struct bytes text)
{
    return (struct scan){ .at = text.data, .end = text.length ? text.data + text.length : text.data };
}

static struct bytes scan_rest(const struct scan *scan)
{
    return bytes_of(scan->at, (size_t)(scan->end - scan->at));
}

/* --- the grammar --------------------------------------------------------------------------------------- */

static int peek(const struct scan *scan)
{
    return scan->at < scan->end ? *scan->at : -1;
}

static bool take(struct scan *scan, char character)
{
    if (peek(scan) != character) {
        return false;
    }
    scan->at++;
    return true;
}

static void skip_blanks(struct scan *scan)
{
    while (peek(scan) == ' ' || peek(scan) == '\t' || peek(scan) == '\n' || peek(scan) == '\r') {
        scan->at++;
    }
}

static bool take_digits(struct scan *scan)
{
    const uint8_t *start = scan->at;

    while (peek(scan) >= '0' && peek(scan) <= '9') {
        scan->at++;
    }
    return scan->at > start;
}

/* Section 6: no leading zeros, a digit on either side of the point. */
static bool take_number(struct scan *scan)
{
    take(scan, '-');
    if (!take(scan, '0') && !take_digits(scan)) {
        return false;
    }
    if (take(scan, '.') && !take_digits(scan)) {
        return false;
    }
    if (take(scan, 'e') || take(scan, 'E')) {
        if (!take(scan, '+')) {
            take(scan, '-');
        }
        return take_digits(scan);
    }
    return true;
}

static bool take_escape(struct scan *scan)
{
    int character = peek(scan);

    if (character <= 0 || !strchr("\"\\/bfnrtu", character)) {
        return false;
    }
    scan->at++;
    for (int i = 0; character == 'u' && i < 4; i++, scan->at++) {
        if (peek(scan) <= 0 || !strchr("0123456789abcdefABCDEF", peek(scan))) {
            return false;
        }
    }
    return true;
}

/* Section 7. */
static bool take_string(struct scan *scan)
{
    if (!take(scan, '"')) {
        return false;
    }
    while (peek(scan) >= ' ' && peek(scan) != '"') {
        if (*scan->at++ == '\\' && !take_escape(scan)) {
            return false;
        }
    }
    return take(scan, '"');
}

static bool take_word(struct scan *scan)
{
    static const char *const words[] = { "true", "false", "null" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);

        if (bytes_equal(bytes_first(scan_rest(scan), length), bytes_of_text(words[i]))) {
            scan->at += length;
            return true;
        }
    }
    return false;
}

static bool take_name(struct scan *scan)
{
    if (!take_string(scan)) {
        return false;
    }
    skip_blanks(scan);
    return take(scan, ':');
}

/* What stands between the brackets of either kind. */
static bool take_inside(struct scan *scan, char end)
{
    skip_blanks(scan);
    if (take(scan, end)) {
        return true;
    }
    for (;;) {
        skip_blanks(scan);
        if ((end == '}' && !take_name(scan)) || !scan_value(scan)) {
            return false;
        }
        skip_blanks(scan);
        if (!take(scan, ',')) {
            return take(scan, end);
        }
    }
}

static bool take_container(struct scan *scan, char end)
{
    if (scan->depth == JSON_DEPTH_MAX) {
        return false;
    }
    scan->depth++;
    bool whole = take_inside(scan, end);

    scan->depth--;
    return whole;
}

static bool scan_value(struct scan *scan)
{
    skip_blanks(scan);
    if (take(scan, '{')) {
        return take_container(scan, '}');
    }
    if (take(scan, '[')) {
        return take_container(scan, ']');
    }
    if (peek(scan) == '"') {
        return take_string(scan);
    }
    return peek(scan) == '-' || (peek(scan) >= '0' && peek(scan) <= '9') ? take_number(scan)
                                                                         : take_word(scan);
}

bool json_reader_take(struct bytes *text, struct bytes *value)
{
    struct scan scan = scan_over(*text);

    skip_blanks(&scan);
    const uint8_t *start = scan.at;
    bool whole = scan_value(&scan);

    *value = whole ? bytes_of(start, (size_t)(scan.at - start)) : bytes_of(NULL, 0);
    if (whole) {
        skip_blanks(&scan);
    }
    *text = scan_rest(&scan);
    return whole;
}

bool json_reader_whole(struct bytes text, struct bytes *value, struct bytes *mistake)
{
    bool whole = json_reader_take(&text, value);

    *mistake = text;
    return whole && text.length == 0;
}

/* --- walking ------------------------------------------------------------------------------------------- */

bool json_reader_open(struct json_reader *reader, struct bytes value)
{
    bool container = json_reader_is_object(value) || json_reader_is_list(value);

    reader->rest = container ? bytes_after(value, 1) : bytes_of(NULL, 0);
    return container;
}

bool json_reader_next(struct json_reader *reader, struct bytes *name, struct bytes *value)
{
    struct scan scan = scan_over(reader->rest);

    skip_blanks(&scan);
    take(&scan, ',');
    reader->rest = scan_rest(&scan);
    *name = bytes_of(NULL, 0);
    if (!json_reader_take(&reader->rest, value)) { /* the closing bracket */
        return false;
    }
    scan = scan_over(reader->rest);
    if (take(&scan, ':')) {
        *name = json_reader_string(*value);
        reader->rest = scan_rest(&scan);
        return json_reader_take(&reader->rest, value);
    }
    return true;
}

struct bytes json_reader_member(struct bytes object, const char *name)
{
    struct json_reader reader;
    struct bytes found, value;

    if (json_reader_is_object(object) && json_reader_open(&reader, object)) {
        while (json_reader_next(&reader, &found, &value)) {
            if (bytes_equal(found, bytes_of_text(name))) {
                return value;
            }
        }
    }
    return bytes_of(NULL, 0);
}

struct bytes json_reader_element(struct bytes list, size_t place)
{
    struct json_reader reader;
    struct bytes name, value;

    if (json_reader_is_list(list) && json_reader_open(&reader, list)) {
        for (size_t i = 0; json_reader_next(&reader, &name, &value); i++) {
            if (i == place) {
                return value;
            }
        }
    }
    return bytes_of(NULL, 0);
}

size_t json_reader_count(struct bytes value)
{
    struct json_reader reader;
    struct bytes name, element;
    size_t count = 0;

    if (json_reader_open(&reader, value)) {
        while (json_reader_next(&reader, &name, &element)) {
            count++;
        }
    }
    return count;
}

struct bytes json_reader_string(struct bytes value)
{
    return json_reader_is_string(value) && value.length >= 2 ? bytes_of(value.data + 1, value.length - 2)
                                                             : bytes_of(NULL, 0);
}
