/* SPDX-License-Identifier: MIT */
#include "server.h"

/* page.html becomes part of the program: the server opens no file while it runs. */
__asm__(".section .rodata\n"
        ".global endpoint_page, endpoint_page_end\n"
        "endpoint_page: .incbin \"minimal-server/page.html\"\n"
        "endpoint_page_end:\n"
        ".previous\n");
extern const char endpoint_page[], endpoint_page_end[];

static void get_page(struct client *client, struct request *request)
{
    size_t size = (uintptr_t)endpoint_page_end - (uintptr_t)endpoint_page;

    (void)request;
    http_respond(client, "200 OK", "Content-Type: text/html; charset=utf-8\r\n", endpoint_page, size);
}

/* Everyone there hears it, the speaker too. */
static void chat(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n)
{
    struct client *next;

    for (client = TAILQ_FIRST(&server.clients[OPEN_CHAT]); client; client = next) {
        next = TAILQ_NEXT(client, in_state);
        websocket_publish(client, opcode, bytes, n);
        client_flush(client);
    }
}

const struct endpoint endpoints[] = {
    { "/", "http", "all of it on a page: open it in a browser", get_page, REQUEST, NULL, NULL },
    { "/echo", "ws", "sends back what you send", handshake_answer, OPEN_ECHO, "echo", websocket_send },
    { "/chat", "ws", "sends it to everyone there", handshake_answer, OPEN_CHAT, "chat", chat },
    { "/feed", "ws", "events as they happen", handshake_answer, OPEN_FEED, "feed", NULL },
    { "/events", "http", "the same events, server-sent; try: curl -N", feed_get, STREAMING, NULL, NULL },
    { "/long", "http", "the same, long polling; after event N: ?after=N", feed_get, WAITING, NULL, NULL },
    { "/poll", "http", "the same, short polling", feed_get, REQUEST, NULL, NULL },
    { NULL, NULL, NULL, NULL, REQUEST, NULL, NULL },
};
