/* SPDX-License-Identifier: MIT */
#include "server.h"

/* page.html becomes part of the program: the server opens no file while it runs. */
__asm__(".section .rodata\n"
        ".global endpoint_page\n"
        "endpoint_page: .incbin \"minimal-server/page.html\"\n"
        ".byte 0\n"
        ".previous\n");
extern const char endpoint_page[];

static void get_page(struct client *client, struct request *request)
{
    (void)request;
    http_respond(client, "200 OK", "Content-Type: text/html; charset=utf-8\r\n", endpoint_page,
                 strlen(endpoint_page));
}

/* Everyone there hears it, the speaker too. */
static void chat(struct client *speaker, unsigned opcode, const uint8_t *bytes, size_t n)
{
    for (EACH(client, speaker->state)) {
        websocket_publish(client, opcode, bytes, n);
        client_flush(client);
    }
}

const struct endpoint endpoints[] = {
    { "/", "http", "all of it on a page: open it in a browser", get_page, REQUEST, NULL },
    { "/echo", "ws", "sends back what you send", handshake_answer, OPEN_ECHO, websocket_send },
    { "/chat", "ws", "sends it to everyone there", handshake_answer, OPEN_CHAT, chat },
    { "/feed", "ws", "events as they happen", handshake_answer, OPEN_FEED, NULL },
    { "/events", "http", "the same events, server-sent; try: curl -N", feed_get, STREAMING, NULL },
    { "/long", "http", "the same, long polling; after event N: ?after=N", feed_get, WAITING, NULL },
    { "/poll", "http", "the same, short polling", feed_get, REQUEST, NULL },
    { NULL, NULL, NULL, NULL, REQUEST, NULL },
};
