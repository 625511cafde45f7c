/* SPDX-License-Identifier: MIT */
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "server.h"

/* RFC 6455 section 10.2: browsers say which page is asking. One of this server's own may, and those allowed
 * by name. Other programs say nothing, and could say anything, so nothing is asked of them. */
static bool origin_may(const struct request *request)
{
    const char *origin = http_field(request, "Origin"), *host = http_field(request, "Host");
    bool web = origin && fnmatch("http?(s)://*", origin, FNM_EXTMATCH | FNM_CASEFOLD) == 0;
    bool may = !origin || (web && strcasecmp(strstr(origin, "://") + 3, host) == 0);

    for (size_t i = 0; !may && i < server.origins_count; i++) {
        may = strcasecmp(origin, server.origins[i]) == 0 ||
              (strcmp(server.origins[i], "*") == 0 && strcmp(origin, ",") != 0);
    }
    return may;
}

#define UPGRADE_REQUIRED "\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade"

/* RFC 6455 section 4.2.1: what must be there, in the order in which it is best explained. The key is 16 bytes
 * in base64: 22 characters and two '='. */
static const char *find_fault(const struct request *request, const char *key)
{
    const char *version = http_field(request, "Sec-WebSocket-Version");
    bool websocket = http_has(request, "Upgrade", "websocket");
    bool upgrade = http_has(request, "Connection", "Upgrade");
    bool is_key = key && strspn(key, ALPHANUMERIC "+/") == 22 && strcmp(key + 22, "==") == 0;

    return strcmp(request->method, "GET") ? "405 A WebSocket begins with GET\r\nAllow: GET" :
           !websocket && !upgrade ? "426 This is a WebSocket" UPGRADE_REQUIRED :
           !websocket ? "400 Upgrade: websocket is missing" :
           !upgrade ? "400 Connection: Upgrade is missing; did a proxy take it?" :
           !version || strcmp(version, "13") ? "426 The version is 13" UPGRADE_REQUIRED :
           !is_key ? "400 There must be one Sec-WebSocket-Key, 16 bytes in base64" :
           !origin_may(request) ? "403 Pages of this Origin may not connect" : NULL;
}

/* RFC 6455 section 4.2.2 item 5. The proof is that this server has read this request as a WebSocket's. */
void handshake_answer(struct client *client, struct request *request)
{
    const char *key = http_field(request, "Sec-WebSocket-Key"), *refusal = find_fault(request, key);
    uint8_t digest[SHA_DIGEST_LENGTH], accept[32];
    char proof[64], chosen[64] = "", extension[192] = "", *item;

    for (size_t i = 0; !refusal && (item = http_next_item(request, "Sec-WebSocket-Protocol", &i));) {
        refusal = http_is_only(item, TOKEN) || !*item ? NULL : "400 Sec-WebSocket-Protocol lists no tokens";
        if (strcmp(item, client->endpoint->path + 1) == 0) {
            sprintf(chosen, "Sec-WebSocket-Protocol: %s\r\n", item);
        }
    }
    refusal = refusal || !deflate_negotiate ? refusal : deflate_negotiate(client, request, extension);
    if (refusal) {
        http_refuse(client, refusal);
        return;
    }
    snprintf(proof, sizeof proof, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    EVP_EncodeBlock(accept, SHA1((uint8_t *)proof, strlen(proof), digest), sizeof digest);
    buffer_print(&client->output,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n%s%s\r\n", (char *)accept, chosen, extension);
    client_become(client, client->endpoint->state);
}
