/* SPDX-License-Identifier: MIT */
#include "websocket.h"

#include <stdlib.h>
#include <string.h>

/* The first two bytes of a frame (RFC 6455 section 5.2) */
enum { FIN = 0x80, RSV1 = 0x40, RSV2_RSV3 = 0x30, OPCODE = 0x0F, MASKED = 0x80, LENGTH = 0x7F };
enum { CONTROL = 0x8, CONTROL_PAYLOAD = 125, LENGTH_16 = 126, LENGTH_64 = 127, KEY = 4 };

struct incoming {
    bool in_frame;                  /* the header is read, payload is to come */
    bool fin;
    uint8_t opcode;
    uint8_t key[KEY];               /* turned, so that key[0] is for the next byte */
    uint64_t left;                  /* payload bytes to come */

    uint8_t type;                   /* of the message under way: TEXT, BINARY, or 0 for none */
    bool compressed;
    struct text text;
    struct buffer *message;

    uint8_t control_size;           /* a control frame may come between a message's frames */
    uint8_t control[CONTROL_PAYLOAD];
};

/* --- out ------------------------------------------------------------------------------------------------ */

static void send_frame(struct client *client, unsigned first, const uint8_t *bytes, size_t n)
{
    uint8_t header[10] = { (uint8_t)first, n <= CONTROL_PAYLOAD ? (uint8_t)n : n <= UINT16_MAX ? LENGTH_16 : LENGTH_64 };
    size_t length_bytes = header[1] == LENGTH_64 ? 8 : header[1] == LENGTH_16 ? 2 : 0;

    for (size_t i = 0; i < length_bytes; i++) {
        header[1 + length_bytes - i] = (uint8_t)((uint64_t)n >> 8 * i);
    }
    buffer_append(&client->output, header, 2 + length_bytes);
    buffer_append(&client->output, bytes, n);
}

void websocket_send(struct client *client, uint8_t opcode, const uint8_t *bytes, size_t n)
{
    struct buffer *compressed = NULL;

    if (client->deflate_agreed) {
        deflate_compress(client, bytes, n, &compressed);
        send_frame(client, FIN | RSV1 | opcode, compressed->bytes, buffer_size(compressed));
        buffer_consume(&compressed, buffer_size(compressed));
    } else {
        send_frame(client, FIN | opcode, bytes, n);
    }
}

void websocket_close(struct client *client, enum close_code code, const char *reason)
{
    uint8_t payload[CONTROL_PAYLOAD] = { (uint8_t)(code >> 8), (uint8_t)code };

    if (client->state == OPEN) {
        memcpy(payload + 2, reason, strlen(reason));
        send_frame(client, FIN | CLOSE, payload, 2 + strlen(reason));
        client->state = CLOSING;
        client_enter(client, ROOMS);
        client_set_deadline(client, CLOSE_TIME);
    }
}

/* RFC 6455 section 7.1.7: Close says why, then the connection ends; what else the client sends is not read. */
static bool fail(struct client *client, enum close_code code, const char *reason)
{
    websocket_close(client, code, reason);
    client_finish(client);
    return false;
}

void websocket_publish(struct client *client, uint8_t opcode, const uint8_t *bytes, size_t n)
{
    if (buffer_size(client->output) + n > client->server->options.number[QUEUE_MAX]) {
        websocket_close(client, CLOSE_POLICY, "too slow a reader");
    } else if (client->state == OPEN) {
        websocket_send(client, opcode, bytes, n);
    }
}

void websocket_ping(struct client *client)
{
    send_frame(client, FIN | PING, NULL, 0);
    client_set_deadline(client, CLOSE_TIME);
    client_flush(client);
}

/* --- in: control frames (RFC 6455 section 5.5) ------------------------------------------------------------- */

/* RFC 6455 section 7.4 and the registry it founded: 1004 to 1006 and 1015 never stand in a frame. */
static bool may_be_sent(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static void receive_close(struct client *client, const uint8_t *payload, size_t n)
{
    struct text reason = { .missing = 0 };

    if (n && !may_be_sent(n == 1 ? 0 : (unsigned)(payload[0] << 8 | payload[1]))) {
        fail(client, CLOSE_PROTOCOL_ERROR, "no valid close code (7.4)");
    } else if (n && (!text_accept(&reason, payload + 2, n - 2) || reason.missing)) {
        fail(client, CLOSE_INVALID_DATA, "reason is not UTF-8 (5.5.1)");
    } else {
        if (client->state == OPEN) {
            send_frame(client, FIN | CLOSE, payload, n ? 2 : 0);
        }
        client_finish(client);
    }
}

static void receive_control(struct client *client, uint8_t opcode, const uint8_t *payload, size_t n)
{
    uint16_t second = (uint16_t)(client->server->now / 1000);

    client->controls = client->control_second == second ? (uint16_t)(client->controls + 1) : 1;
    client->control_second = second;
    if (opcode == CLOSE) {
        receive_close(client, payload, n);
    } else if (client->controls > client->server->options.number[CONTROLS_MAX]) {
        fail(client, CLOSE_POLICY, "too many pings or pongs in a second");
    } else if (opcode == PING && client->state == OPEN) {
        send_frame(client, FIN | PONG, payload, n);
    }
}

/* --- in: data frames (RFC 6455 section 5.6) ------------------------------------------------------------- */

/* A message that is valid so far stays so with these bytes; else the client has failed. */
static bool check_text(struct client *client, const uint8_t *bytes, size_t n, bool last)
{
    struct incoming *incoming = client->incoming;
    bool valid = incoming->type != TEXT ||
                 (text_accept(&incoming->text, bytes, n) && !(last && incoming->text.missing));

    return valid || fail(client, CLOSE_INVALID_DATA, "text is not UTF-8 (8.1)");
}

/* Adds to the message under way; being the sink of what is inflated, it asks for the limit once more. */
static bool add_data(struct client *client, const uint8_t *bytes, size_t n)
{
    if (buffer_size(client->incoming->message) + n > client->server->options.number[MESSAGE_MAX]) {
        return fail(client, CLOSE_TOO_BIG, "message too big (7.4.1)");
    }
    if (check_text(client, bytes, n, false)) {
        buffer_append(&client->incoming->message, bytes, n);
        return true;
    }
    return false;
}

static void deliver(struct client *client, const uint8_t *bytes, size_t n)
{
    struct incoming *incoming = client->incoming;

    if (client->state == OPEN) {
        client->endpoint->receive(client, incoming->type, bytes, n);
    }
    buffer_consume(&incoming->message, buffer_size(incoming->message));
    incoming->text = (struct text){ .missing = 0 };
    incoming->type = 0;
}

static void receive_data(struct client *client, uint8_t *bytes, size_t n)
{
    struct incoming *incoming = client->incoming;
    bool last = incoming->fin && !incoming->left;

    if (last && !incoming->compressed && !incoming->message) {
        if (check_text(client, bytes, n, true)) {
            deliver(client, bytes, n);          /* whole in the input, as most are: no copy */
        }
    } else if (incoming->compressed && !deflate_expand(client, bytes, n, last, add_data)) {
        fail(client, CLOSE_INVALID_DATA, "this is not DEFLATE (RFC 7692)");
    } else if ((incoming->compressed || add_data(client, bytes, n)) && last && check_text(client, NULL, 0, true)) {
        deliver(client, incoming->message ? incoming->message->bytes : bytes, buffer_size(incoming->message));
    }
}

/* --- in: headers (RFC 6455 section 5.2) ------------------------------------------------------------------ */

/* What is wrong with a frame that begins like this, or NULL. */
static const char *find_fault(const struct client *client, uint8_t first, uint8_t second)
{
    uint8_t opcode = first & OPCODE;
    bool control = opcode & CONTROL, under_way = client->incoming->type != 0;
    bool may_be_compressed = client->deflate_agreed && (opcode == TEXT || opcode == BINARY);

    return http_judge((const struct rule[]){
        { first & RSV2_RSV3 || (first & RSV1 && !may_be_compressed), "reserved bit is set (5.2)" },
        { opcode > PONG || (opcode > BINARY && !control), "opcode is reserved (5.2)" },
        { !(second & MASKED), "frame is not masked (5.1)" },
        { control && !(first & FIN), "control frame is fragmented (5.5)" },
        { control && (second & LENGTH) > CONTROL_PAYLOAD, "control frame is too long (5.5)" },
        { opcode == CONTINUATION && !under_way, "there is nothing to continue (5.4)" },
        { opcode != CONTINUATION && !control && under_way, "the last message is not finished (5.4)" },
    }, 7);
}

/* The payload length of a header in its 7, 16 or 64 bits, or the fault of it. */
static const char *read_length(const struct client *client, const uint8_t *header, size_t length_bytes, uint64_t *length)
{
    uint64_t room = client->server->options.number[MESSAGE_MAX] - buffer_size(client->incoming->message);

    *length = length_bytes ? 0 : header[1] & LENGTH;
    for (size_t i = 0; i < length_bytes; i++) {
        *length = *length << 8 | header[2 + i];
    }
    return http_judge((const struct rule[]){
        { *length >> 63, "length has its first bit set (5.2)" },
        { length_bytes && *length <= (length_bytes == 2 ? CONTROL_PAYLOAD : UINT16_MAX), "length is not in its shortest form (5.2)" },
        { *length > room && !(header[0] & CONTROL), "message too big (7.4.1)" },
    }, 3);
}

/* Reads a header into client->incoming: its size, or 0 if more bytes are needed or the client has failed. */
static size_t read_header(struct client *client, const uint8_t *bytes, size_t n)
{
    struct incoming *incoming = client->incoming;
    const char *fault = n < 2 ? NULL : find_fault(client, bytes[0], bytes[1]);
    uint8_t form = n < 2 ? 0 : bytes[1] & LENGTH;
    size_t length_bytes = form == LENGTH_64 ? 8 : form == LENGTH_16 ? 2 : 0;
    size_t size = 2 + length_bytes + KEY;

    if (fault) {
        fail(client, CLOSE_PROTOCOL_ERROR, fault);
    }
    if (fault || n < size) {
        return 0;
    }
    fault = read_length(client, bytes, length_bytes, &incoming->left);
    if (fault) {        /* before a byte of it is kept */
        fail(client, *fault == 'm' ? CLOSE_TOO_BIG : CLOSE_PROTOCOL_ERROR, fault);
        return 0;
    }
    incoming->in_frame = true;
    incoming->fin = bytes[0] & FIN;
    incoming->opcode = bytes[0] & OPCODE;
    incoming->control_size = 0;
    memcpy(incoming->key, bytes + size - KEY, KEY);
    if (incoming->opcode == TEXT || incoming->opcode == BINARY) {
        incoming->type = incoming->opcode;
        incoming->compressed = bytes[0] & RSV1;
    }
    return size;
}

/* RFC 6455 section 5.3, eight bytes at a time; key is turned to fit what comes next. */
static void unmask(uint8_t *bytes, size_t n, uint8_t key[KEY])
{
    uint8_t twice[2 * KEY];
    uint64_t word, wide_key;
    size_t i = 0;

    memcpy(twice, key, KEY);
    memcpy(twice + KEY, key, KEY);
    memcpy(&wide_key, twice, sizeof wide_key);
    for (; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        word ^= wide_key;
        memcpy(bytes + i, &word, sizeof word);
    }
    for (; i < n; i++) {
        bytes[i] ^= key[i % KEY];
    }
    memcpy(key, twice + n % KEY, KEY);
}

static size_t receive_payload(struct client *client, uint8_t *bytes, size_t n)
{
    struct incoming *incoming = client->incoming;
    size_t size = incoming->left < n ? (size_t)incoming->left : n;

    unmask(bytes, size, incoming->key);
    incoming->left -= size;
    incoming->in_frame = incoming->left > 0;
    if (!(incoming->opcode & CONTROL)) {
        receive_data(client, bytes, size);
        return size;
    }
    memcpy(incoming->control + incoming->control_size, bytes, size);
    incoming->control_size = (uint8_t)(incoming->control_size + size);
    if (!incoming->in_frame) {
        receive_control(client, incoming->opcode, incoming->control, incoming->control_size);
    }
    return size;
}

size_t websocket_receive(struct client *client, uint8_t *bytes, size_t n)
{
    bool in_frame = client->incoming && client->incoming->in_frame;
    size_t used = 0;

    if (!client->incoming) {
        client->incoming = buffer_allocate(NULL, sizeof *client->incoming);
        *client->incoming = (struct incoming){ .type = 0 };
    }
    if (!in_frame) {
        used = read_header(client, bytes, n);
    }
    if (in_frame || used) {
        used += receive_payload(client, bytes + used, n - used);
    }
    if (!client->incoming->in_frame && !client->incoming->type) {
        free(client->incoming);         /* between messages a client costs nothing but its struct */
        client->incoming = NULL;
    }
    return used;
}

void websocket_free(struct client *client)
{
    if (client->incoming) {
        free(client->incoming->message);
        free(client->incoming);
    }
    if (client->deflate) {
        deflate_free(client->deflate);
    }
}
