/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include <zlib.h>

#include "server.h"

enum { BITS_MIN = 9, BITS_MAX = 15 };      /* of the window; zlib cannot deflate with 8 */

static const char *const names[] = { "server_no_context_takeover", "client_no_context_takeover",
                                     "client_max_window_bits", "server_max_window_bits" };

/* RFC 7692 section 7.1. Whether an offer with this parameter can be granted: it is known, is not there yet,
 * and has a value only where it may have one, which is right. *bits is what server_max_window_bits says. */
static bool accept_parameter(const char *name, const char *value, unsigned *seen, unsigned *bits)
{
    bool is_number = value && http_is_only(value, DIGITS) && *value != '0';
    unsigned long number = is_number ? strtoul(value, NULL, 10) : 0, i = 0;

    while (i < 4 && (strcmp(name, names[i]) != 0 || *seen & 1u << i)) {
        i++;
    }
    *seen |= 1u << i;
    *bits = i == 3 ? (unsigned)number : *bits;
    return i < 4 && (value ? i >= 2 && number >= 8 && number <= BITS_MAX : i < 3) && *bits >= BITS_MIN;
}

/* RFC 6455 section 9.1: offers of a name, then parameters, which may have values, which may be quoted tokens.
 * RFC 7692 section 5: the first offer that can be granted whole is. */
const char *deflate_negotiate(struct client *client, const struct request *request, char *answer)
{
    char *offer;

    for (size_t i = 0; (offer = http_next_item(request, "Sec-WebSocket-Extensions", &i));) {
        char *extension = http_cut(&offer, ";");
        bool valid = http_is_only(extension, TOKEN) || (!*extension && !offer);
        bool possible = !client->deflate_bits && strcmp(extension, "permessage-deflate") == 0;
        unsigned seen = 0, bits = BITS_MAX;

        while (offer && valid) {
            char *value = http_cut(&offer, ";"), *name = http_cut(&value, "=");
            size_t size = value ? strlen(value += strspn(value, " \t")) : 0;

            if (size > 2 && value[0] == '"' && value[size - 1] == '"') {
                value[size - 1] = '\0';
                value++;
            }
            valid = http_is_only(name, TOKEN) && (!value || http_is_only(value, TOKEN));
            possible = possible && accept_parameter(name, value, &seen, &bits);
        }
        if (!valid) {
            return "400 Sec-WebSocket-Extensions does not follow its grammar";
        }
        if (possible) {
            client->deflate_bits = (uint8_t)bits;
            sprintf(answer, "Sec-WebSocket-Extensions: permessage-deflate; %s; %s", names[0], names[1]);
            sprintf(answer + strlen(answer), seen & 1u << 3 ? "; %s=%u\r\n" : "\r\n", names[3], bits);
        }
    }
    return NULL;
}

/* RFC 7692 section 7.2.1: without the last 00 00 FF FF. */
struct buffer *deflate_compress(const struct client *client, const uint8_t *bytes, size_t n)
{
    z_stream stream = { .next_in = bytes, .avail_in = (unsigned)n };
    struct buffer *message = buffer_allocate(NULL, sizeof *message + compressBound(n) + 64);

    stream.next_out = message->bytes;
    stream.avail_out = (unsigned)compressBound(n) + 64;
    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -client->deflate_bits, 8, Z_DEFAULT_STRATEGY);
    deflate(&stream, Z_SYNC_FLUSH);
    message->size = stream.total_out - 4;
    deflateEnd(&stream);
    return message;
}

/* RFC 7692 section 7.2.2 */
bool deflate_expand(struct buffer **message)
{
    enum { BETWEEN_BLOCKS = 128 };      /* in zlib's data_type: the message did not end in mid-block */
    struct buffer *expanded = NULL;
    z_stream stream = { .next_in = NULL };
    uint8_t chunk[1 << 15];
    unsigned window = 0;
    int status = inflateInit2(&stream, -BITS_MAX);

    buffer_append(message, "\x00\x00\xFF\xFF", 4);
    stream.next_in = (*message)->bytes;
    stream.avail_in = (unsigned)(*message)->size;
    while (status >= 0 && (stream.avail_in || !(stream.data_type & BETWEEN_BLOCKS)) &&
           buffer_size(expanded) <= server.number[MESSAGE_MAX]) {
        stream.next_out = chunk;
        stream.avail_out = sizeof chunk;
        status = inflate(&stream, Z_SYNC_FLUSH);
        buffer_append(&expanded, chunk, sizeof chunk - stream.avail_out);
        if (status == Z_STREAM_END) {   /* a last block is not the end: RFC 7692 section 7.2.3.4 */
            inflateGetDictionary(&stream, chunk, &window);
            inflateReset(&stream);
            inflateSetDictionary(&stream, chunk, window);
        }
    }
    inflateEnd(&stream);
    free(*message);
    *message = expanded;
    return status >= 0;
}
