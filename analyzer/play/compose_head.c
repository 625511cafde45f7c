/* SPDX-License-Identifier: MIT */
#include "compose_head.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <strings.h>

#define SAMPLE_KEY "dGhlIHNhbXBsZSBub25jZQ=="       /* the RFC's own, so that readers recognise it */

void head_key_set(struct head_key *key, struct bytes text)
{
    text = bytes_first(text, HEAD_KEY_MAX);
    key->length = text.length;
    if (text.length > 0) {
        memcpy(key->bytes, text.data, text.length);
    }
}

/* RFC 6455 section 4.2.2, item 5.4: base64 of the SHA-1 of the key and the GUID. */
static void answer_key(const struct head_key *key, char out[32])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[HEAD_KEY_MAX + sizeof guid];
    uint8_t digest[SHA_DIGEST_LENGTH];

    memcpy(text, key->bytes, key->length);
    memcpy(text + key->length, guid, sizeof guid);
    SHA1(text, key->length + sizeof guid - 1, digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

static bool same_name(struct bytes a, struct bytes b)
{
    return a.length == b.length && strncasecmp((const char *)a.data, (const char *)b.data, a.length) == 0;
}

static void put_field(struct bytes name, struct bytes value, struct buffer *out)
{
    buffer_put(out, name);
    buffer_put_text(out, ": ");
    buffer_put(out, value);
    buffer_put_text(out, "\r\n");
}

/* The last edit that replaces or removes the field; NULL: it stays. */
static const struct head_edit *find_edit(const struct item_head *head, struct bytes name)
{
    const struct head_edit *found = NULL;

    for (const struct head_edit *edit = head->edits; edit != NULL; edit = edit->next) {
        if ((edit->kind == HEAD_REMOVE || edit->kind == HEAD_REPLACE) && same_name(edit->name, name)) {
            found = edit;
        }
    }
    return found;
}

/* A message under way: its fields so far, to keep what a later accept needs. */
struct writing {
    struct head_key *key;
    const struct item_head *head;
    struct buffer *out;
};

static void note_key(const struct writing *writing, struct bytes name, struct bytes value)
{
    if (same_name(name, bytes_of_text("Sec-WebSocket-Key")) && writing->key->length == 0) {
        head_key_set(writing->key, value);
    }
}

/* A field that the form implies, unless the script says otherwise. */
static void put_implied(const struct writing *writing, const char *name, const char *value)
{
    struct bytes field = bytes_of_text(name), text = bytes_of_text(value);
    const struct head_edit *edit = find_edit(writing->head, field);

    if (edit != NULL && edit->kind == HEAD_REMOVE) {
        return;
    }
    if (edit != NULL) {
        text = edit->value;
    }
    put_field(field, text, writing->out);
    note_key(writing, field, text);
}

static const char *const upgrade_fields[][2] = {
    { "Host", "example.com" },
    { "Upgrade", "websocket" },
    { "Connection", "Upgrade" },
    { "Sec-WebSocket-Key", SAMPLE_KEY },
    { "Sec-WebSocket-Version", "13" },
};

static const char *const accept_fields[][2] = {
    { "Upgrade", "websocket" },
    { "Connection", "Upgrade" },
    { "Sec-WebSocket-Accept", NULL },   /* the sum over the key */
};

static const char *const request_fields[][2] = {
    { "Host", "example.com" },
};

#define FIELDS(table) { table, sizeof table / sizeof table[0] }

static const struct {
    const char *const (*field)[2];
    size_t count;
} implied[] = {
    [HEAD_UPGRADE] = FIELDS(upgrade_fields),
    [HEAD_ACCEPT] = FIELDS(accept_fields),
    [HEAD_REQUEST] = FIELDS(request_fields),
    [HEAD_RESPONSE] = { NULL, 0 },
};

static size_t body_length(const struct item_head *head)
{
    size_t length = 0;

    for (const struct head_body *body = head->body; body != NULL; body = body->next) {
        length += body->bytes.length;
    }
    return length;
}

/* RFC 9112 section 6: the field that tells where the body ends; NULL for a head that has none by nature. */
static const char *framing_field(const struct item_head *head)
{
    bool answers = head->form == HEAD_RESPONSE && head->status >= 200 && head->status != 204 &&
                   head->status != 304;

    if (head->chunked) {
        return "Transfer-Encoding";
    }
    return head->body != NULL || answers ? "Content-Length" : NULL;
}

static void put_framing_field(const struct writing *writing)
{
    const char *field = framing_field(writing->head);
    char digits[24];

    snprintf(digits, sizeof digits, "%zu", body_length(writing->head));
    if (field != NULL) {
        put_implied(writing, field, writing->head->chunked ? "chunked" : digits);
    }
}

static void put_implied_fields(const struct writing *writing)
{
    const struct item_head *head = writing->head;
    char accept[32];

    answer_key(writing->key, accept);
    for (size_t i = 0; i < implied[head->form].count; i++) {
        const char *value = implied[head->form].field[i][1];

        put_implied(writing, implied[head->form].field[i][0], value ? value : accept);
    }
    put_framing_field(writing);
}

static bool is_implied(const struct item_head *head, struct bytes name)
{
    const char *framing = framing_field(head);

    for (size_t i = 0; i < implied[head->form].count; i++) {
        if (same_name(name, bytes_of_text(implied[head->form].field[i][0]))) {
            return true;
        }
    }
    return framing != NULL && same_name(name, bytes_of_text(framing));
}

/* What the script adds, in its order; replacing what is not there adds it too. */
static void put_added_fields(const struct writing *writing)
{
    for (const struct head_edit *edit = writing->head->edits; edit != NULL; edit = edit->next) {
        if (edit->kind == HEAD_RAW) {
            buffer_put(writing->out, edit->value);
        } else if (edit->kind == HEAD_ADD ||
                   (edit->kind == HEAD_REPLACE && !is_implied(writing->head, edit->name))) {
            put_field(edit->name, edit->value, writing->out);
            note_key(writing, edit->name, edit->value);
        }
    }
}

static struct bytes or_text(struct bytes given, const char *otherwise)
{
    return given.data != NULL ? given : bytes_of_text(otherwise);
}

static const char *reason_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        { 100, "Continue" },      { 101, "Switching Protocols" }, { 200, "OK" },
        { 204, "No Content" },    { 302, "Found" },               { 400, "Bad Request" },
        { 401, "Unauthorized" },  { 403, "Forbidden" },           { 404, "Not Found" },
        { 426, "Upgrade Required" }, { 500, "Internal Server Error" }, { 503, "Service Unavailable" },
    };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "";
}

static void put_start_line(const struct item_head *head, struct buffer *out)
{
    struct bytes version = or_text(head->version, "HTTP/1.1");
    char status[16];

    if (head->form == HEAD_UPGRADE || head->form == HEAD_REQUEST) {
        buffer_put(out, or_text(head->method, "GET"));
        buffer_put_text(out, " ");
        buffer_put(out, or_text(head->target, "/"));
        buffer_put_text(out, " ");
        buffer_put(out, version);
    } else {
        snprintf(status, sizeof status, " %03u ", head->status);
        buffer_put(out, version);
        buffer_put_text(out, status);
        buffer_put(out, or_text(head->reason, reason_of(head->status)));
    }
    buffer_put_text(out, "\r\n");
}

/* RFC 9112 section 7.1. */
static void put_chunk(struct bytes chunk, struct buffer *out)
{
    char size[24];

    snprintf(size, sizeof size, "%zx\r\n", chunk.length);
    buffer_put_text(out, size);
    buffer_put(out, chunk);
    buffer_put_text(out, "\r\n");
}

static void put_body(const struct item_head *head, struct buffer *out)
{
    for (const struct head_body *body = head->body; body != NULL; body = body->next) {
        if (head->chunked) {
            put_chunk(body->bytes, out);
        } else {
            buffer_put(out, body->bytes);
        }
    }
    if (head->chunked) {
        buffer_put_text(out, "0\r\n\r\n");
    }
}

void compose_head(struct head_key *key, const struct item_head *head, struct buffer *out)
{
    struct writing writing = { .key = key, .head = head, .out = out };

    if (head->form == HEAD_UPGRADE || head->form == HEAD_REQUEST) {
        head_key_set(key, bytes_of(NULL, 0));
    }
    put_start_line(head, out);
    put_implied_fields(&writing);
    put_added_fields(&writing);
    buffer_put_text(out, "\r\n");
    put_body(head, out);
}
