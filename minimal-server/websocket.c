/* SPDX-License-Identifier: MIT */
#include "server.h"

/* The first two bytes of a frame (RFC 6455 section 5.2) */
enum { FIN = 0x80, RSV1 = 0x40, RSV = 0x70, OPCODE = 0x0F, MASKED = 0x80, LENGTH = 0x7F };
enum { CONTROL = 0x8, SHORT = 125, LENGTH_16 = 126, LENGTH_64 = 127, KEY = 4 };

/* --- out ------------------------------------------------------------------------------------------- */

void websocket_send(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n)
{
    bool compress = client->deflate_bits && !(opcode & CONTROL);
    struct buffer *compressed = compress ? deflate_compress(client, bytes, n) : NULL;
    size_t size = compress ? compressed->size : n;
    size_t length_bytes = size <= SHORT ? 0 : size <= UINT16_MAX ? 2 : 8;
    uint8_t header[10] = { (uint8_t)(FIN | opcode | (compress ? RSV1 : 0)),
                           size <= SHORT ? (uint8_t)size : size <= UINT16_MAX ? LENGTH_16 : LENGTH_64 };

    for (size_t i = 0; i < length_bytes; i++) {
        header[2 + i] = (uint8_t)(size >> 8 * (length_bytes - 1 - i));
    }
    buffer_append(&client->output, header, 2 + length_bytes);
    buffer_append(&client->output, compress ? compressed->bytes : bytes, size);
    free(compressed);
}

void websocket_publish(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n)
{
    if (buffer_size(client->output) + n > server.number[QUEUE_MAX]) {
        websocket_close(client, "1008 too slow a reader");
    } else if (client->state <= OPEN_FEED) {
        websocket_send(client, opcode, bytes, n);
    }
}

void websocket_close(struct client *client, const char *reason)
{
    char payload[SHORT];
    int code = atoi(reason), n = sprintf(payload, "%c%c%s", code >> 8, code, reason + strlen("1000 "));

    if (client->state <= OPEN_FEED) {
        websocket_send(client, CLOSE, (uint8_t *)payload, (size_t)n);
        client_become(client, CLOSING);
    }
}

/* --- UTF-8 ----------------------------------------------------------------------------------------- */

/* RFC 3629 section 4. What may follow a first byte rules out overlong forms, surrogates and all beyond
 * U+10FFFF at the second byte, so that F4 90 fails there and no later. */
static bool accept_byte(struct text *text, uint8_t byte)
{
    bool valid = text->missing ? byte >= text->low && byte <= text->high :
                                 byte < 0x80 || (byte >= 0xC2 && byte <= 0xF4);

    text->missing = (uint8_t)(text->missing ? text->missing - 1 :
                              (byte >= 0xC0) + (byte >= 0xE0) + (byte >= 0xF0));
    text->low = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
    text->high = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
    return valid;
}

/* Whether the text may go on with these n bytes and, if they are the last, end; after false it is over. ASCII
 * is taken eight bytes at a time. */
static bool accept_text(struct text *text, const uint8_t *bytes, size_t n, bool last)
{
    bool valid = true;

    for (size_t i = 0; valid && i < n;) {
        uint64_t eight = UINT64_MAX;

        if (!text->missing && n - i >= sizeof eight) {
            memcpy(&eight, bytes + i, sizeof eight);
        }
        if (!(eight & UINT64_C(0x8080808080808080))) {
            i += sizeof eight;
        } else {
            valid = accept_byte(text, bytes[i++]);
        }
    }
    return valid && !(last && text->missing);
}

/* --- in: each function returns NULL, or why the connection must fail -------------------------------- */

/* RFC 6455 section 7.4 and the registry it founded: 1004 to 1006 and 1015 never stand in a frame. */
static const char *receive_close(struct client *client, const uint8_t *payload, size_t n)
{
    unsigned code = n == 0 ? 1000 : n == 1 ? 0 : (unsigned)(payload[0] << 8 | payload[1]);
    bool may_be_sent = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                       (code >= 3000 && code <= 4999);
    struct text reason = { .missing = 0 };

    if (!may_be_sent) {
        return "1002 no valid close code (7.4)";
    }
    if (n > 2 && !accept_text(&reason, payload + 2, n - 2, true)) {
        return "1007 reason is not UTF-8 (5.5.1)";
    }
    if (client->state <= OPEN_FEED) {
        websocket_send(client, CLOSE, payload, n ? 2 : 0);
    }
    client_become(client, DRAINING);
    return NULL;
}

/* RFC 6455 section 5.5 */
static const char *receive_control(struct client *client, const uint8_t *payload, size_t n)
{
    uint16_t second = (uint16_t)(server.now / 1000000);
    unsigned opcode = client->first & OPCODE;

    if (opcode == CLOSE) {
        return receive_close(client, payload, n);
    }
    client->controls = client->control_second == second ? (uint16_t)(client->controls + 1) : 1;
    client->control_second = second;
    if (client->controls > server.number[CONTROLS_MAX]) {
        return "1008 too many pings or pongs in a second";
    }
    if (opcode == PING && client->state <= OPEN_FEED) {
        websocket_send(client, PONG, payload, n);
    }
    return NULL;
}

/* RFC 6455 section 5.6: bytes of the frame under way. Text is judged as it comes, what is compressed when all
 * of it is here. A message that is whole in the input, as most are, is not copied. */
static const char *receive_data(struct client *client, const uint8_t *bytes, size_t n)
{
    bool last = client->first & FIN && !client->left;
    bool whole = last && !client->compressed && !client->message;
    const char *fault = NULL;

    buffer_append(&client->message, bytes, whole ? 0 : n);
    if (client->compressed && last) {
        fault = deflate_expand(&client->message);
        n = buffer_size(client->message);
        bytes = n ? client->message->bytes : bytes;
    }
    if (!fault && client->opcode == TEXT && (last || !client->compressed) &&
        !accept_text(&client->text, bytes, n, last)) {
        fault = "1007 not UTF-8 (8.1)";
    }
    if (fault || !last) {
        return fault;
    }
    if (client->state <= OPEN_FEED && client->endpoint->receive) {
        bytes = client->message ? client->message->bytes : bytes;
        n = whole ? n : buffer_size(client->message);
        client->endpoint->receive(client, client->opcode, bytes, n);
    }
    client->opcode = 0;
    buffer_consume(&client->message, SIZE_MAX);
    return NULL;
}

/* RFC 6455 section 5.2: what is wrong with a frame that begins like this. Its length counts once the header
 * is whole. */
static const char *find_fault(const struct client *client, const uint8_t *header, uint64_t length, bool whole)
{
    unsigned opcode = header[0] & OPCODE, form = header[1] & LENGTH;
    bool control = opcode & CONTROL;
    unsigned agreed = client->deflate_bits && (opcode == TEXT || opcode == BINARY) ? RSV1 : 0;
    uint64_t size = buffer_size(client->message);

    return header[0] & RSV & ~agreed ? "1002 reserved bit is set (5.2)" :
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

/* Reads a frame's header: how many bytes; 0 if there is a fault or more are needed, for a control frame all
 * of it. */
static size_t receive_header(struct client *client, const uint8_t *bytes, size_t n, const char **fault)
{
    unsigned form = n < 2 ? 0 : bytes[1] & LENGTH;
    size_t length_bytes = form == LENGTH_64 ? 8 : form == LENGTH_16 ? 2 : 0, size = 2 + length_bytes + KEY;
    bool control = bytes[0] & CONTROL;
    uint64_t length = length_bytes ? 0 : form;

    for (size_t i = 2; i < size - KEY && n >= size; i++) {
        length = length << 8 | bytes[i];
    }
    *fault = n < 2 ? NULL : find_fault(client, bytes, length, n >= size);
    if (*fault || n < size || (control && n < size + length)) {
        return 0;
    }
    if (!control && !client->opcode) {
        client->opcode = bytes[0] & OPCODE;
        client->compressed = bytes[0] & RSV1;
    }
    client->first = bytes[0];
    client->left = length;
    memcpy(&client->key, bytes + size - KEY, KEY);
    return size;
}

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

size_t websocket_receive(struct client *client, uint8_t *bytes, size_t n)
{
    const char *fault = NULL;
    size_t used = client->left ? 0 : receive_header(client, bytes, n, &fault), size = 0;

    if (used || client->left) {
        size = client->left < n - used ? client->left : n - used;
        unmask(bytes + used, size, &client->key);
        client->left -= size;
        fault = (client->first & CONTROL ? receive_control : receive_data)(client, bytes + used, size);
    }
    if (fault) {        /* RFC 6455 section 7.1.7: Close says why; what else the client sends is not read */
        websocket_close(client, fault);
        client_become(client, DRAINING);
    }
    return used + size;
}
