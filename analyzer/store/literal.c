/* SPDX-License-Identifier: MIT */
#include "literal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#define NANOSECONDS 1000000000
#define TYPED_MAX 64            /* characters of a literal that is neither text nor name */

struct unit {
    const char *name;
    uint64_t size;
};

static const struct unit sizes[] = {
    { "", 1 }, { "k", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 }, { "K", 1 << 10 }, { NULL, 0 },
};

static const struct unit durations[] = {
    { "", NANOSECONDS }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", NANOSECONDS },
    { "m", UINT64_C(60) * NANOSECONDS }, { "h", UINT64_C(3600) * NANOSECONDS }, { NULL, 0 },
};

/* That many billionths of it, with nothing overflowing. */
static uint64_t fraction_of(uint64_t size, uint64_t billionths)
{
    return size > NANOSECONDS ? size / 1000 * (billionths / 1000) / 1000 : size * billionths / NANOSECONDS;
}

/* A decimal, with a fraction where the unit has room for one: exact, since binary fractions would not be. */
static bool read_decimal(const char *text, const struct unit *units, uint64_t *out)
{
    char *end;
    uint64_t fraction = 0, place = NANOSECONDS, whole;

    errno = 0;
    whole = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || errno != 0) {
        return false;
    }
    if (*end == '.') {
        for (end++; isdigit((unsigned char)*end); end++) {
            place /= 10;
            fraction += (uint64_t)(*end - '0') * place;
        }
    }
    while (units->name && strcmp(units->name, end) != 0) {
        units++;
    }
    if (units->name == NULL || whole > (UINT64_MAX >> 1) / units->size) {
        return false;
    }
    *out = whole * units->size + fraction_of(units->size, fraction);
    return true;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && isxdigit((unsigned char)text[2])) {
        errno = 0;
        *out = strtoull(text, &end, 16);
        return *end == '\0' && errno == 0;
    }
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (isdigit((unsigned char)*text) && *end == '\0' && errno == 0) {
        return true;
    }
    return strchr(text, '.') == NULL && read_decimal(text, sizes, out);
}

/* 2026-11-21 22:30:00.5, in UTC; or seconds since the epoch. */
static bool read_time(const char *text, uint64_t *out)
{
    struct tm date = { .tm_sec = 0 };
    uint64_t fraction = 0;
    const char *rest = strptime(text, "%Y-%m-%d", &date);

    if (rest == NULL) {
        return read_decimal(text, durations, out);
    }
    if (*rest == 'T' || *rest == ' ') {
        rest = strptime(rest + 1, "%H:%M", &date);
        if (rest && *rest == ':') {
            rest = strptime(rest + 1, "%S", &date);
        }
    }
    if (rest && *rest == '.') {
        char decimal[40];

        snprintf(decimal, sizeof decimal, "0%.30s", rest);
        rest = read_decimal(decimal, durations, &fraction) ? "" : NULL;
    }
    time_t seconds = timegm(&date);

    if (rest == NULL || *rest != '\0' || seconds < 0) {
        return false;
    }
    *out = (uint64_t)seconds * NANOSECONDS + fraction;
    return true;
}

static bool read_flag(const char *text, uint64_t *out)
{
    *out = strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0 || strcasecmp(text, "yes") == 0;
    return *out || strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0 || strcasecmp(text, "no") == 0;
}

static bool read_prefix(const char *text, unsigned most, unsigned *prefix)
{
    uint64_t bits;

    if (!read_number(text, &bits) || bits > most) {
        return false;
    }
    *prefix = (unsigned)bits;
    return true;
}

/* An address, or a network as 10.0.0.0/8. IPv4 is kept as the core keeps it: ::ffff:a.b.c.d. */
static bool read_address(const char *text, struct literal *out)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    unsigned given = 128;

    if (length >= sizeof address) {
        return false;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    uint8_t *bytes = out->address.bytes;
    bool v4 = inet_pton(AF_INET, address, bytes + 12) == 1;

    if (v4) {
        memset(bytes, 0, 10);
        memset(bytes + 10, 0xFF, 2);
        given = 32;
    } else if (inet_pton(AF_INET6, address, bytes) != 1) {
        return false;
    }
    if (slash && !read_prefix(slash + 1, given, &given)) {
        return false;
    }
    out->prefix = v4 ? 96 + given : given;
    return true;
}

/* The name as the table writes it, whatever case the user wrote. */
static bool read_name(const struct field *field, struct bytes text, struct bytes *out)
{
    struct bytes word;

    for (size_t i = 0; (word = fields_word(field, i)).length > 0; i++) {
        if (word.length == text.length &&
            strncasecmp((const char *)word.data, (const char *)text.data, word.length) == 0) {
            *out = word;
            return true;
        }
    }
    return false;
}

static bool read_typed(const struct field *field, struct bytes word, struct literal *out)
{
    char text[TYPED_MAX] = "";

    if (word.length >= sizeof text) {
        return false;
    }
    memcpy(text, word.data, word.length);
    switch (field->type) {
    case FIELD_FLAG:
        return read_flag(text, &out->number);
    case FIELD_NUMBER:
        return read_number(text, &out->number);
    case FIELD_DURATION:
        return read_decimal(text, durations, &out->number);
    case FIELD_TIME:
        return read_time(text, &out->number);
    case FIELD_NUMBERED_NAME:
        out->is_number = read_number(text, &out->number);
        return out->is_number;
    default:
        return read_address(text, out);
    }
}

bool literal_read(const struct field *field, struct bytes text, struct literal *out)
{
    bool known;

    *out = (struct literal){ .text = text };
    if (fields_is_text(field)) {
        known = true;
    } else if (fields_is_name(field)) {
        known = (field->type == FIELD_NUMBERED_NAME && read_typed(field, text, out)) ||
                read_name(field, text, &out->text);
    } else {
        known = read_typed(field, text, out);
    }
    out->last = out->number;
    return known;
}

static const char *const wanted[FIELD_TYPES] = {
    [FIELD_FLAG] = "true or false",
    [FIELD_NUMBER] = "a number such as 125, 0x7d or 64k",
    [FIELD_DURATION] = "a duration such as 20ms, 1.5 (seconds) or 2m",
    [FIELD_TIME] = "a time such as \"2026-01-31 12:00:00\" (UTC) or seconds since the epoch",
    [FIELD_ADDRESS] = "an address such as 10.0.0.1, 10.0.0.0/8 or ::1",
};

const char *literal_wanted(const struct field *field)
{
    return wanted[field->type];
}

size_t literal_read_hex(struct bytes word, uint8_t *room)
{
    size_t length = 0;

    if (word.length % 3 != 2 || word.length < 5) {
        return 0;
    }
    for (size_t i = 0; i < word.length; i += 3) {
        int high = bytes_hex_digit(word.data[i]), low = bytes_hex_digit(word.data[i + 1]);

        if (high < 0 || low < 0 || (i + 2 < word.length && word.data[i + 2] != ':')) {
            return 0;
        }
        room[length++] = (uint8_t)(high << 4 | low);
    }
    return length;
}

static bool same_network(const struct ip_address *address, const struct literal *literal)
{
    size_t whole = literal->prefix / 8;
    unsigned rest = literal->prefix % 8;

    return memcmp(address->bytes, literal->address.bytes, whole) == 0 &&
           (rest == 0 || (address->bytes[whole] ^ literal->address.bytes[whole]) >> (8 - rest) == 0);
}

bool literal_equals(const struct field *field, const struct field_value *value, const struct literal *literal)
{
    if (field->type == FIELD_ADDRESS) {
        return same_network(value->address, literal);
    }
    if (fields_is_text(field) || (fields_is_name(field) && !literal->is_number)) {
        return bytes_equal(value->text, literal->text);
    }
    return value->number >= literal->number && value->number <= literal->last;
}
