/* SPDX-License-Identifier: MIT */
#include "websocket.h"

/* page.html becomes part of the program: the server opens no file while it runs. */
__asm__(".section .rodata\n"
        ".global endpoint_page, endpoint_page_end\n"
        "endpoint_page: .incbin \"minimal-server/page.html\"\n"
        "endpoint_page_end:\n"
        ".previous\n");
extern const char endpoint_page[], endpoint_page_end[];

static void get_page(struct client *client, struct request *request)
{
    static const char fields[] =
        "Content-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'; img-src data:; connect-src 'self'; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\r\n";

    size_t size = (uintptr_t)endpoint_page_end - (uintptr_t)endpoint_page;

    (void)request;
    http_respond(client, "200 OK", fields, endpoint_page, size);
}

/* Everyone in the room hears it, the speaker too. */
static void chat(struct client *client, unsigned opcode, const uint8_t *bytes, size_t n)
{
    struct client *member = TAILQ_FIRST(&client->server->rooms[ROOM_CHAT]), *next;

    for (; member; member = next) {
        next = TAILQ_NEXT(member, in_room);
        websocket_publish(member, opcode, bytes, n);
        client_flush(member);
    }
}

const struct endpoint endpoints[] = {
    { "/", get_page, NULL, NULL, NO_ROOM },
    { "/echo", handshake_answer, websocket_send, "echo", NO_ROOM },
    { "/chat", handshake_answer, chat, "chat", ROOM_CHAT },
    { "/feed", handshake_answer, NULL, "feed", ROOM_FEED },
    { "/poll", feed_get, NULL, NULL, NO_ROOM },
    { "/long", feed_get, NULL, NULL, ROOM_LONG },
    { "/events", feed_get, NULL, NULL, ROOM_EVENTS },
    { NULL, NULL, NULL, NULL, NO_ROOM },
};
