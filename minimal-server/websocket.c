/* SPDX-License-Identifier: MIT */
#include <endian.h>

#include "websocket.h"

/* The first two bytes of a frame (RFC 6455 section 5.2) */
enum { FIN = 0x80, RSV1 = 0x40, RSV2_RSV3 = 0x30, OPCODE = 0x0F, MASKED = 0x80, LENGTH = 0x7F };
enum { CONTROL = 0x8, SHORT = 125, LENGTH_16 = 126, LENGTH_64 = 127, KEY = 4 };

/* A message under way, and the data frame under way in it. */
struct incoming {
    unsigned type;                  /* TEXT or BINARY */
    bool compressed;
    struct text text;
    struct buffer *message;
    bool fin;
    uint32_t key;                   /* as it stands in the frame, turned so that its first byte is next */
    uint64_t left;                  /* payload bytes of the frame to come */
};

static const char too_big[] = "message too big (7.4.1)";

/* --- out ------------------------------------------------------------------------------------------- */

void websocket_send(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n)
{
    struct buffer *compressed = NULL;
    uint8_t header[10] = { (uint8_t)(FIN | opcode) };
    size_t length_bytes;
    uint64_t length;

    if (client->deflate_terms && !(opcode & CONTROL)) {
        compressed = deflate_compress(client, bytes, n);
        header[0] |= RSV1;
        bytes = compressed->bytes;
        n = compressed->size;
    }
    length_bytes = n <= SHORT ? 0 : n <= UINT16_MAX ? 2 : 8;
    header[1] = n <= SHORT ? (uint8_t)n : n <= UINT16_MAX ? LENGTH_16 : LENGTH_64;
    length = htobe64(n);
    memcpy(header + 2, (uint8_t *)&length + 8 - length_bytes, length_bytes);
    buffer_append(&client->output, header, 2 + length_bytes);
    buffer_append(&client->output, bytes, n);
    free(compressed);
}

void websocket_close(struct client *client, enum close_code code, const char *reason)
{
    uint8_t payload[SHORT] = { (uint8_t)(code >> 8), (uint8_t)code };

    if (client->state == OPEN) {
        memcpy(payload + 2, reason, strlen(reason));
        websocket_send(client, CLOSE, payload, 2 + strlen(reason));
        client_become(client, CLOSING, NO_ROOM, CLOSE_TIME);
    }
}

/* RFC 6455 section 7.1.7: Close says why, then the connection ends; what else the client sends is not
 * read. */
static size_t fail(struct client *client, enum close_code code, const char *reason)
{
    websocket_close(client, code, reason);
    client_finish(client);
    return 0;
}

void websocket_publish(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n)
{
    if (buffer_size(client->output) + n > client->server->options.number[QUEUE_MAX]) {
        websocket_close(client, CLOSE_POLICY, "too slow a reader");
    } else if (client->state == OPEN) {
        websocket_send(client, opcode, bytes, n);
    }
}

/* --- in: control frames (RFC 6455 section 5.5) ----------------------------------------------------- */

/* RFC 6455 section 7.4 and the registry it founded: 1004 to 1006 and 1015 never stand in a frame. */
static void receive_close(struct client *client, const uint8_t *payload, size_t n)
{
    unsigned code = n == 0 ? 1000 : n == 1 ? 0 : (unsigned)(payload[0] << 8 | payload[1]);
    bool may_be_sent = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                       (code >= 3000 && code <= 4999);
    struct text reason = { .missing = 0 };

    if (!may_be_sent) {
        fail(client, CLOSE_PROTOCOL_ERROR, "no valid close code (7.4)");
    } else if (n > 2 && (!text_accept(&reason, payload + 2, n - 2) || reason.missing)) {
        fail(client, CLOSE_INVALID_DATA, "reason is not UTF-8 (5.5.1)");
    } else if (client->state == OPEN) {
        websocket_send(client, CLOSE, payload, n ? 2 : 0);
    }
    client_finish(client);
}

static void receive_control(struct client *client, unsigned opcode, const uint8_t *payload, size_t n)
{
    uint16_t second = (uint16_t)(client->server->now / 1000);

    client->controls = client->control_second == second ? (uint16_t)(client->controls + 1) : 1;
    client->control_second = second;
    if (opcode == CLOSE) {
        receive_close(client, payload, n);
    } else if (client->controls > client->server->options.number[CONTROLS_MAX]) {
        fail(client, CLOSE_POLICY, "too many pings or pongs in a second");
    } else if (opcode == PING && client->state == OPEN) {
        websocket_send(client, PONG, payload, n);
    }
}

/* --- in: data frames (RFC 6455 section 5.6) -------------------------------------------------------- */

static bool is_text(struct incoming *incoming, const uint8_t *bytes, size_t n)
{
    return incoming->type != TEXT || text_accept(&incoming->text, bytes, n);
}

/* Adds to the message under way; being the sink of what is inflated, it asks for the limit once more. */
static bool add_data(struct client *client, const uint8_t *bytes, size_t n)
{
    if (buffer_size(client->incoming->message) + n > client->server->options.number[MESSAGE_MAX]) {
        return fail(client, CLOSE_TOO_BIG, too_big);
    }
    buffer_append(&client->incoming->message, bytes, n);
    return is_text(client->incoming, bytes, n);
}

/* Takes bytes of the frame under way. With the last of a message goes struct incoming: between messages a
 * client costs nothing. A message that is whole in the input, as most are, is not copied. */
static void receive_data(struct client *client, uint8_t *bytes, size_t n)
{
    struct incoming *incoming = client->incoming;
    bool last = incoming->fin && !incoming->left, whole = last && !incoming->compressed && !incoming->message;
    bool valid = incoming->compressed ? deflate_expand(client, bytes, n, last, add_data) :
                 whole ? is_text(incoming, bytes, n) : add_data(client, bytes, n);
    struct buffer *message = incoming->message;

    if (!valid || (last && incoming->text.missing)) {
        fail(client, CLOSE_INVALID_DATA, incoming->compressed ? "no DEFLATE or UTF-8" : "not UTF-8 (8.1)");
    } else if (last) {
        client->incoming = NULL;
        if (client->state == OPEN && client->endpoint->receive) {
            client->endpoint->receive(client, incoming->type, message ? message->bytes : bytes,
                                      whole ? n : buffer_size(message));
        }
        free(message);
        free(incoming);
    }
}

/* --- in: headers (RFC 6455 section 5.2) ------------------------------------------------------------ */

/* RFC 6455 section 5.3, eight bytes at a time; key is turned to fit what comes next. */
static void unmask(uint8_t *bytes, size_t n, uint32_t *key)
{
    uint64_t twice = (uint64_t)*key << 32 | *key, word;
    size_t i = 0;

    for (; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        word ^= twice;
        memcpy(bytes + i, &word, sizeof word);
    }
    for (; i < n; i++) {
        bytes[i] ^= ((uint8_t *)key)[i % KEY];
    }
    memcpy(key, (uint8_t *)&twice + n % KEY, KEY);
}

/* What is wrong with a frame that begins like this, or NULL. Until all of the length is here, it is not
 * asked. */
static const char *find_fault(const struct client *client, const uint8_t *header, uint64_t length, bool whole)
{
    unsigned opcode = header[0] & OPCODE, form = header[1] & LENGTH;
    bool control = opcode & CONTROL, under_way = client->incoming;
    bool may_be_compressed = client->deflate_terms && (opcode == TEXT || opcode == BINARY);
    uint64_t size = under_way ? buffer_size(client->incoming->message) : 0;

    return JUDGE(
        { header[0] & RSV2_RSV3 || (header[0] & RSV1 && !may_be_compressed), "reserved bit is set (5.2)" },
        { opcode > PONG || (opcode > BINARY && !control), "opcode is reserved (5.2)" },
        { !(header[1] & MASKED), "frame is not masked (5.1)" },
        { control && !(header[0] & FIN), "control frame is fragmented (5.5)" },
        { control && form > SHORT, "control frame is too long (5.5)" },
        { opcode == CONTINUATION && !under_way, "there is nothing to continue (5.4)" },
        { opcode != CONTINUATION && !control && under_way, "the last message is not finished (5.4)" },
        { whole && length >> 63, "length has its first bit set (5.2)" },
        { whole && form == LENGTH_16 && length <= SHORT, "length is not minimal (5.2)" },
        { whole && form == LENGTH_64 && length <= UINT16_MAX, "length is not minimal (5.2)" },
        { whole && !control && length > client->server->options.number[MESSAGE_MAX] - size, too_big });
}

/* Reads the header of a frame, and all of a control frame: how many bytes, 0 if more are needed or it
 * failed. */
static size_t receive_header(struct client *client, uint8_t *bytes, size_t n)
{
    unsigned form = n < 2 ? 0 : bytes[1] & LENGTH;
    size_t length_bytes = form == LENGTH_64 ? 8 : form == LENGTH_16 ? 2 : 0, size = 2 + length_bytes + KEY;
    uint64_t length = form;
    uint32_t key;
    const char *fault;

    if (length_bytes && n >= size) {
        length = 0;
        memcpy((uint8_t *)&length + 8 - length_bytes, bytes + 2, length_bytes);
        length = be64toh(length);
    }
    fault = n < 2 ? NULL : find_fault(client, bytes, length, n >= size);
    if (fault) {
        return fail(client, fault == too_big ? CLOSE_TOO_BIG : CLOSE_PROTOCOL_ERROR, fault);
    }
    if (n < size || (bytes[0] & CONTROL && n < size + length)) {
        return 0;
    }
    memcpy(&key, bytes + size - KEY, KEY);
    if (bytes[0] & CONTROL) {
        unmask(bytes + size, length, &key);
        receive_control(client, bytes[0] & OPCODE, bytes + size, length);
        return size + length;
    }
    if (!client->incoming) {
        client->incoming = buffer_allocate(NULL, sizeof *client->incoming);
        *client->incoming = (struct incoming){ .type = bytes[0] & OPCODE, .compressed = bytes[0] & RSV1 };
    }
    client->incoming->fin = bytes[0] & FIN;
    client->incoming->left = length;
    client->incoming->key = key;
    return size;
}

size_t websocket_receive(struct client *client, uint8_t *bytes, size_t n)
{
    size_t used = 0, size;

    if (!client->incoming || !client->incoming->left) {
        used = receive_header(client, bytes, n);
        if (!used || bytes[0] & CONTROL) {
            return used;
        }
    }
    size = client->incoming->left < n - used ? client->incoming->left : n - used;
    unmask(bytes + used, size, &client->incoming->key);
    client->incoming->left -= size;
    receive_data(client, bytes + used, size);
    return used + size;
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
