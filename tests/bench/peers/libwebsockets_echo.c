/* SPDX-License-Identifier: MIT */
/* An echo server with libwebsockets, as its documentation would have it: one context, messages queued per
 * connection, one written at each writable callback, without compression. */
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct message {
    struct message *next;
    size_t size;
    unsigned char bytes[];      /* LWS_PRE bytes of room, then the payload */
};

struct session {
    struct message *first, **last;
    struct message *open;       /* fragments are collected here */
};

static void add(struct session *session, const void *in, size_t n, int final)
{
    size_t old = session->open ? session->open->size : 0;

    session->open = realloc(session->open, sizeof *session->open + LWS_PRE + old + n);
    memcpy(session->open->bytes + LWS_PRE + old, in, n);
    session->open->size = old + n;
    session->open->next = NULL;
    if (final) {
        *session->last = session->open;
        session->last = &session->open->next;
        session->open = NULL;
    }
}

static int handle(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
    struct session *session = user;

    if (reason == LWS_CALLBACK_ESTABLISHED) {
        session->first = session->open = NULL;
        session->last = &session->first;
    } else if (reason == LWS_CALLBACK_RECEIVE) {
        add(session, in, n, lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi));
        lws_callback_on_writable(wsi);
    } else if (reason == LWS_CALLBACK_SERVER_WRITEABLE && session->first) {
        struct message *message = session->first;

        lws_write(wsi, message->bytes + LWS_PRE, message->size, LWS_WRITE_BINARY);
        session->first = message->next;
        if (!session->first) {
            session->last = &session->first;
        } else {
            lws_callback_on_writable(wsi);
        }
        free(message);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct lws_protocols protocols[] = {
        { "echo", handle, sizeof(struct session), 65536, 0, NULL, 0 },
        { NULL, NULL, 0, 0, 0, NULL, 0 },
    };
    struct lws_context_creation_info info;
    struct lws_context *context;

    memset(&info, 0, sizeof info);
    info.port = argc > 1 ? atoi(argv[1]) : 8105;
    info.protocols = protocols;
    info.gid = -1;
    info.uid = -1;
    lws_set_log_level(LLL_ERR, NULL);
    context = lws_create_context(&info);
    while (context && lws_service(context, 1000) >= 0) {
    }
    return 1;
}
