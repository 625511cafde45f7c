/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include <zlib.h>

#include "server.h"

/* RFC 7692 section 7.1: what an offer may ask for, as patterns. Zlib cannot deflate with 8 bits of window. */
static const char *const parameters[] = {
    "server_no_context_takeover", "client_no_context_takeover",
    "client_max_window_bits?(=@([89]|1[0-5]))", "server_max_window_bits=@(9|1[0-5])",
};
enum { SERVER_BITS = 3, PARAMETERS, BITS_MAX = 15 };

/* RFC 6455 section 9.1: cuts "name", "name=token" or "name=\"token\"" out of the offer, and writes it without
 * quotes and blanks; cut short it is none that is known. False: it does not follow this grammar. */
static bool cut_parameter(char **offer, char *parameter, size_t size)
{
    char *rest = http_cut(offer, ";"), *name = http_cut(&rest, "=");
    char *value = rest ? http_cut(&rest, "") : NULL;

    if (value && fnmatch("\"*\"", value, 0) == 0) {
        value[strlen(value) - 1] = '\0';
        value++;
    }
    snprintf(parameter, size, value ? "%s=%s" : "%s", name, value);
    return http_is_only(name, TOKEN) && (!value || http_is_only(value, TOKEN));
}

/* RFC 7692 section 5: the first offer that can be granted whole is; no parameter may be there twice. */
const char *deflate_negotiate(struct client *client, const struct request *request, char *answer)
{
    char *offer, parameter[64];

    for (size_t i = 0; (offer = http_next_item(request, "Sec-WebSocket-Extensions", &i));) {
        const char *extension = http_cut(&offer, ";");
        bool valid = http_is_only(extension, TOKEN) || (!*extension && !offer);
        bool possible = !client->deflate_bits && strcmp(extension, "permessage-deflate") == 0;
        unsigned seen = 0, bits = BITS_MAX, p;

        while (offer && valid) {
            valid = cut_parameter(&offer, parameter, sizeof parameter);
            for (p = 0; p < PARAMETERS && fnmatch(parameters[p], parameter, FNM_EXTMATCH) != 0; p++) {
            }
            possible = possible && p < PARAMETERS && !(seen & 1u << p);
            seen |= 1u << p;
            bits = p == SERVER_BITS ? (unsigned)atoi(strchr(parameter, '=') + 1) : bits;
        }
        if (!valid) {
            return "400 Sec-WebSocket-Extensions does not follow its grammar";
        }
        if (possible) {
            client->deflate_bits = (uint8_t)bits;
            answer += sprintf(answer, "Sec-WebSocket-Extensions: permessage-deflate; "
                                      "server_no_context_takeover; client_no_context_takeover");
            sprintf(answer, seen & 1u << SERVER_BITS ? "; server_max_window_bits=%u\r\n" : "\r\n", bits);
        }
    }
    return NULL;
}

/* RFC 7692 section 7.2.1: without the last 00 00 FF FF. */
struct buffer *deflate_compress(const struct client *client, const uint8_t *bytes, size_t n)
{
    unsigned room = (unsigned)compressBound(n) + 64;
    struct buffer *message = buffer_allocate(NULL, sizeof *message + room);
    z_stream stream = { .next_in = bytes, .avail_in = (unsigned)n, .next_out = message->bytes,
                        .avail_out = room };

    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -client->deflate_bits, 8, Z_DEFAULT_STRATEGY);
    deflate(&stream, Z_SYNC_FLUSH);
    message->size = stream.total_out - 4;
    deflateEnd(&stream);
    return message;
}

/* RFC 7692 section 7.2.2 */
const char *deflate_expand(struct buffer **message)
{
    enum { BETWEEN_BLOCKS = 128 };      /* in zlib's data_type: the message may end here */
    struct buffer *expanded = NULL;
    z_stream stream = { .next_in = NULL };
    uint8_t chunk[1 << 15];
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
        if (status == Z_STREAM_END) {   /* no last block is: RFC 7692 section 7.2.3.4; keep: the window */
            inflateResetKeep(&stream);
            stream.data_type = BETWEEN_BLOCKS;
        }
    }
    inflateEnd(&stream);
    free(*message);
    *message = expanded;
    return buffer_size(expanded) > server.number[MESSAGE_MAX] ? "1009 message too big (7.4.1)" :
           status < 0 ? "1007 no DEFLATE (RFC 7692)" : NULL;
}
