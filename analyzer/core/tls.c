/* SPDX-License-Identifier: MIT */
#include "tls.h"

enum {
    CONTENT_FIRST = 20,         /* change_cipher_spec … application_data */
    CONTENT_HANDSHAKE = 22,
    CONTENT_LAST = 23,
    HANDSHAKE_CLIENT_HELLO = 1,
    EXTENSION_SERVER_NAME = 0,
    NAME_HOST = 0,
    RECORD_HEADER = 5,
    RECORD_MOST = 16384 + 2048, /* RFC 5246 section 6.2.3; TLS 1.3 allows less */
    RANDOM_LENGTH = 32,
};

static bool read_record(struct cursor *cursor, uint8_t *type, uint16_t *length)
{
    *type = cursor_u8(cursor);
    uint16_t version = cursor_u16(cursor);

    *length = cursor_u16(cursor);
    return !cursor->failed && version >= 0x0300 && version <= 0x0304;
}

bool tls_is_start(struct bytes view)
{
    static const uint8_t start[] = { CONTENT_HANDSHAKE, 3 };

    return view.length > 0 && memcmp(view.data, start, view.length < 2 ? view.length : 2) == 0;
}

bool tls_is_record(struct bytes view)
{
    struct cursor cursor = cursor_over(view);
    uint8_t type;
    uint16_t length;

    return read_record(&cursor, &type, &length) && type >= CONTENT_FIRST && type <= CONTENT_LAST &&
           length > 0 && length <= RECORD_MOST;
}

bool tls_hello_whole(struct bytes view)
{
    struct cursor cursor = cursor_over(view);
    uint8_t type;
    uint16_t length;

    if (view.length < RECORD_HEADER) {
        return false;
    }
    return !read_record(&cursor, &type, &length) || length > RECORD_MOST || cursor_left(&cursor) >= length;
}

/* A vector with a length of one or two bytes before it (RFC 8446 section 3.4). */
static struct cursor vector8(struct cursor *cursor)
{
    return cursor_over(cursor_take(cursor, cursor_u8(cursor)));
}

static struct cursor vector16(struct cursor *cursor)
{
    return cursor_over(cursor_take(cursor, cursor_u16(cursor)));
}

static bool read_name_list(struct cursor extension, struct bytes *name)
{
    struct cursor list = vector16(&extension);

    while (cursor_left(&list) > 0) {
        uint8_t type = cursor_u8(&list);
        struct cursor entry = vector16(&list);

        if (type == NAME_HOST && cursor_left(&entry) > 0) {
            *name = cursor_rest(&entry);
            return true;
        }
    }
    return false;
}

bool tls_server_name(struct bytes view, struct bytes *name)
{
    struct cursor cursor = cursor_over(view);
    uint8_t type;
    uint16_t length;

    if (!read_record(&cursor, &type, &length) || type != CONTENT_HANDSHAKE ||
        cursor_u8(&cursor) != HANDSHAKE_CLIENT_HELLO) {
        return false;
    }
    cursor_take(&cursor, 3 + 2 + RANDOM_LENGTH);        /* length, version, random */
    vector8(&cursor);                                   /* session id */
    vector16(&cursor);                                  /* cipher suites */
    vector8(&cursor);                                   /* compression methods */
    struct cursor extensions = vector16(&cursor);

    while (cursor_left(&extensions) > 0) {
        uint16_t extension = cursor_u16(&extensions);
        struct cursor body = vector16(&extensions);

        if (extension == EXTENSION_SERVER_NAME) {
            return read_name_list(body, name);
        }
    }
    return false;
}
