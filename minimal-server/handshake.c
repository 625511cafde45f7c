/* SPDX-License-Identifier: MIT */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "websocket.h"

/* RFC 6455 section 10.2: browsers say which page is asking. One of this server's own may, and those allowed
 * by name. Other programs say nothing, and could say anything, so nothing is asked of them. */
static bool origin_may(const struct options *options, const struct request *request)
{
    struct slice origin;
    size_t count = http_field(request, "Origin", &origin);
    char own[2][256];
    int size = (int)(request->host.size < 240 ? request->host.size : 0);
    bool may;

    snprintf(own[0], sizeof own[0], "http://%.*s", size, request->host.at);
    snprintf(own[1], sizeof own[1], "https://%.*s", size, request->host.at);
    may = slice_like(origin, own[0]) || slice_like(origin, own[1]);
    for (size_t i = 0; options->origins[i]; i++) {
        may = may || slice_like(origin, options->origins[i]) || strcmp(options->origins[i], "*") == 0;
    }
    return count == 0 || (count == 1 && may);
}

/* RFC 6455 section 4.2.1: what must be there, in the order in which it is best explained. The key is 16 bytes
 * in base64: 22 characters and two '='. */
static const char *find_fault(const struct client *client, const struct request *request, struct slice *key)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bool upgrade = http_has_token(request, "Upgrade", "websocket");
    bool connection = http_has_token(request, "Connection", "upgrade");
    struct slice version;
    size_t versions = http_field(request, "Sec-WebSocket-Version", &version);
    size_t keys = http_field(request, "Sec-WebSocket-Key", key);

    return http_judge((const struct rule[]){
        { !slice_is(request->method, "GET"), "405 A WebSocket begins with GET\r\nAllow: GET" },
        { !upgrade && !connection,
          "426 This is a WebSocket\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade" },
        { !upgrade, "400 Upgrade: websocket is missing" },
        { !connection, "400 Connection: Upgrade is missing; did a proxy take it?" },
        { versions > 1, "400 There is more than one Sec-WebSocket-Version" },
        { !slice_is(version, "13"),
          "426 The version is 13\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade" },
        { keys != 1, "400 There must be one Sec-WebSocket-Key" },
        { key->size != 24 || strspn(key->at, base64) != 22 || memcmp(key->at + 22, "==", 2) != 0,
          "400 Sec-WebSocket-Key is not 16 bytes in base64" },
        { !origin_may(&client->server->options, request), "403 This Origin may not connect" },
    }, 9);
}

/* RFC 6455 section 4.2.2 item 5: the endpoint's, if the client knows it; it has but one. */
static const char *choose_subprotocol(struct client *client, const struct request *request, struct buffer **answer)
{
    struct slice list = { "", 0 }, item;
    bool chosen = false;

    for (size_t i = 0; http_next_item(request, "Sec-WebSocket-Protocol", &i, &list, &item);) {
        if (!slice_is_token(item)) {
            return "400 Sec-WebSocket-Protocol is not a list of tokens";
        }
        chosen = chosen || slice_is(item, client->endpoint->subprotocol);
    }
    if (chosen) {
        buffer_print(answer, "Sec-WebSocket-Protocol: %s\r\n", client->endpoint->subprotocol);
    }
    return NULL;
}

/* RFC 6455 section 9.1: a name, then parameters, which may have values, which may be quoted tokens. */
static bool is_offer(struct slice offer)
{
    bool valid = slice_is_token(slice_cut(&offer, ';'));

    while (offer.size || offer.at[-1] == ';') {
        struct slice value = slice_cut(&offer, ';'), whole = value;
        struct slice name = slice_cut(&value, '=');

        if (value.size > 2 && value.at[0] == '"' && value.at[value.size - 1] == '"') {
            value = (struct slice){ value.at + 1, value.size - 2 };
        }
        valid = valid && slice_is_token(name) && (slice_is_token(value) || name.size == whole.size);
        if (!offer.size) {
            break;
        }
    }
    return valid;
}

/* RFC 7692 section 5: the first offer that can be granted whole. */
static const char *choose_extension(struct client *client, const struct request *request, struct buffer **answer)
{
    struct slice list = { "", 0 }, offer;

    for (size_t i = 0; http_next_item(request, "Sec-WebSocket-Extensions", &i, &list, &offer);) {
        if (!is_offer(offer)) {
            return "400 Sec-WebSocket-Extensions does not follow its grammar";
        }
        if (slice_is(slice_cut(&offer, ';'), "permessage-deflate") && !client->deflate_agreed && deflate_accept &&
            client->server->options.number[DEFLATE]) {
            client->deflate_agreed = deflate_accept(client, offer);
        }
    }
    if (client->deflate_agreed) {
        deflate_print(client, answer);
    }
    return NULL;
}

/* RFC 6455 section 4.2.2 item 5.4: proof that this server has read this request as a WebSocket's. */
static void switch_protocols(struct client *client, struct slice key, const struct buffer *answer)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t input[24 + sizeof guid - 1], digest[SHA_DIGEST_LENGTH], accept[32];

    memcpy(input, key.at, 24);
    memcpy(input + 24, guid, sizeof guid - 1);
    SHA1(input, sizeof input, digest);
    EVP_EncodeBlock(accept, digest, sizeof digest);
    buffer_print(&client->output, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%.*s\r\n", (const char *)accept,
                 (int)buffer_size(answer), answer ? (const char *)answer->bytes : "");
    client->state = OPEN;
    client_set_deadline(client, IDLE_TIME);
    client_enter(client, client->endpoint->room);
}

void handshake_answer(struct client *client, const struct request *request)
{
    struct buffer *answer = NULL;
    struct slice key;
    const char *refusal = find_fault(client, request, &key);

    refusal = refusal ? refusal : choose_subprotocol(client, request, &answer);
    refusal = refusal ? refusal : choose_extension(client, request, &answer);
    if (refusal) {
        http_refuse(client, refusal);
    } else {
        switch_protocols(client, key, answer);
    }
    buffer_consume(&answer, buffer_size(answer));
}
