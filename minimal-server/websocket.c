/* SPDX-License-Identifier: MIT */
#include <endian.h>

#include "server.h"

/* The first two bytes of a frame (RFC 6455 section 5.2) */
enum { FIN = 0x80, RSV1 = 0x40, RSV2_RSV3 = 0x30, OPCODE = 0x0F, MASKED = 0x80, LENGTH = 0x7F };
enum { CONTROL = 0x8, SHORT = 125, LENGTH_16 = 126, LENGTH_64 = 127, KEY = 4 };

/* --- out ------------------------------------------------------------------------------------------- */

void websocket_send(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n)
{
    bool compress = client->deflate_bits && !(opcode & CONTROL);
    struct buffer *compressed = compress ? deflate_compress(client, bytes, n) : NULL;
    size_t size = compress ? compressed->size : n;
    size_t length_bytes = size <= SHORT ? 0 : size <= UINT16_MAX ? 2 : 8;
    uint64_t length = htobe64(size);
    uint8_t header[10] = { (uint8_t)(FIN | opcode | (compress ? RSV1 : 0)),
                           size <= SHORT ? (uint8_t)size : size <= UINT16_MAX ? LENGTH_16 : LENGTH_64 };

    memcpy(header + 2, (uint8_t *)&length + 8 - length_bytes, length_bytes);
    buffer_append(&client->output, header, 2 + length_bytes);
    buffer_append(&client->output, compress ? compressed->bytes : bytes, size);
    free(compressed);
}

void websocket_close(struct client *client, const char *reason)
{
    uint8_t payload[SHORT] = { (uint8_t)(atoi(reason) >> 8), (uint8_t)atoi(reason) };
    size_t n = strlen(reason) - strlen("1000 ");

    if (client->state <= OPEN_FEED) {
        memcpy(payload + 2, reason + strlen("1000 "), n);
        websocket_send(client, CLOSE, payload, 2 + n);
        client_become(client, CLOSING);
    }
}

/* RFC 6455 section 7.1.7: Close says why, then the connection ends; what else the client sends is not
 * read. */
static bool fail(struct client *client, const char *reason)
{
    websocket_close(client, reason);
    client_finish(client);
    return false;
}

void websocket_publish(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n)
{
    if (buffer_size(client->output) + n > server.number[QUEUE_MAX]) {
        websocket_close(client, "1008 too slow a reader");
    } else if (client->state <= OPEN_FEED) {
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
    const char *fault = !may_be_sent ? "1002 no valid close code (7.4)" :
                        n > 2 && (!text_accept(&reason, payload + 2, n - 2) || reason.missing) ?
                            "1007 reason is not UTF-8 (5.5.1)" : NULL;

    if (fault) {
        websocket_close(client, fault);
    } else if (client->state <= OPEN_FEED) {
        websocket_send(client, CLOSE, payload, n ? 2 : 0);
    }
    client_finish(client);
}

static void receive_control(struct client *client, unsigned opcode, const uint8_t *payload, size_t n)
{
    uint16_t second = (uint16_t)(server.now / 1000000);

    client->controls = client->control_second == second ? (uint16_t)(client->controls + 1) : 1;
    client->control_second = second;
    if (opcode == CLOSE) {
        receive_close(client, payload, n);
    } else if (client->controls > server.number[CONTROLS_MAX]) {
        fail(client, "1008 too many pings or pongs in a second");
    } else if (opcode == PING && client->state <= OPEN_FEED) {
        websocket_send(client, PONG, payload, n);
    }
}

/* --- in: data frames (RFC 6455 section 5.6) -------------------------------------------------------- */

/* Takes bytes of the frame under way; the announced length has been judged already. */
static void receive_data(struct client *client, const uint8_t *bytes, size_t n)
{
    bool last = client->fin && !client->left, valid = true, judged;
    bool whole = last && !client->compressed && !client->message;      /* as most are: it is not copied */
    const char *fault;

    buffer_append(&client->message, bytes, whole ? 0 : n);
    if (last && client->compressed) {
        valid = deflate_expand(&client->message);
        n = buffer_size(client->message);
        bytes = n ? client->message->bytes : bytes;
    }
    judged = client->opcode == TEXT && (last || !client->compressed);
    fault = n > server.number[MESSAGE_MAX] ? "1009 message too big (7.4.1)" :
            !valid ? "1007 no DEFLATE (RFC 7692)" :
            judged && (!text_accept(&client->text, bytes, n) || (last && client->text.missing)) ?
                "1007 not UTF-8 (8.1)" : NULL;
    if (fault) {
        fail(client, fault);
    } else if (last) {
        if (client->state <= OPEN_FEED && client->endpoint->receive) {
            bytes = client->message ? client->message->bytes : bytes;
            n = whole ? n : buffer_size(client->message);
            client->endpoint->receive(client, client->opcode, bytes, n);
        }
        client->opcode = 0;
        buffer_consume(&client->message, SIZE_MAX);
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
    bool control = opcode & CONTROL;
    bool may_be_compressed = client->deflate_bits && (opcode == TEXT || opcode == BINARY);
    unsigned forbidden = may_be_compressed ? RSV2_RSV3 : RSV1 | RSV2_RSV3;
    uint64_t size = buffer_size(client->message);

    return header[0] & forbidden ? "1002 reserved bit is set (5.2)" :
           opcode > PONG || (opcode > BINARY && !control) ? "1002 opcode is reserved (5.2)" :
           !(header[1] & MASKED) ? "1002 frame is not masked (5.1)" :
           control && !(header[0] & FIN) ? "1002 control frame is fragmented (5.5)" :
           control && form > SHORT ? "1002 control frame is too long (5.5)" :
           opcode == CONTINUATION && !client->opcode ? "1002 there is nothing to continue (5.4)" :
           opcode != CONTINUATION && !control && client->opcode ? "1002 last message is not finished (5.4)" :
           !whole ? NULL :
           length >> 63 ? "1002 length has its first bit set (5.2)" :
           form == LENGTH_16 && length <= SHORT ? "1002 length is not minimal (5.2)" :
           form == LENGTH_64 && length <= UINT16_MAX ? "1002 length is not minimal (5.2)" :
           !control && length > server.number[MESSAGE_MAX] - size ? "1009 message too big (7.4.1)" : NULL;
}

/* Reads the header of a frame, and all of a control frame: how many bytes, 0 if more are needed or it
 * failed. */
static size_t receive_header(struct client *client, uint8_t *bytes, size_t n)
{
    unsigned form = n < 2 ? 0 : bytes[1] & LENGTH;
    size_t length_bytes = form == LENGTH_64 ? 8 : form == LENGTH_16 ? 2 : 0, size = 2 + length_bytes + KEY;
    bool control = bytes[0] & CONTROL;
    const char *fault;
    uint64_t length = 0;
    uint32_t key;

    memcpy((uint8_t *)&length + 8 - length_bytes, bytes + 2, n < size ? 0 : length_bytes);
    length = length_bytes ? be64toh(length) : form;
    fault = n < 2 ? NULL : find_fault(client, bytes, length, n >= size);
    if (fault) {
        return fail(client, fault);
    }
    if (n < size || (control && n < size + length)) {
        return 0;
    }
    memcpy(&key, bytes + size - KEY, KEY);
    if (control) {
        unmask(bytes + size, length, &key);
        receive_control(client, bytes[0] & OPCODE, bytes + size, length);
        return size + length;
    }
    if (!client->opcode) {
        client->opcode = bytes[0] & OPCODE;
        client->compressed = bytes[0] & RSV1;
    }
    client->fin = bytes[0] & FIN;
    client->left = length;
    client->key = key;
    return size;
}

size_t websocket_receive(struct client *client, uint8_t *bytes, size_t n)
{
    size_t used = client->left ? 0 : receive_header(client, bytes, n), size;

    if (!client->left && (!used || bytes[0] & CONTROL)) {
        return used;
    }
    size = client->left < n - used ? client->left : n - used;
    unmask(bytes + used, size, &client->key);
    client->left -= size;
    receive_data(client, bytes + used, size);
    return used + size;
}
