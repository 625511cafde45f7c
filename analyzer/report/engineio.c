/* SPDX-License-Identifier: MIT */
#include "subprotocol_print.h"

/* Engine.IO, versions 3 and 4: a digit says what kind of packet the message is. In version 4 a binary message
 * is data and nothing else; in version 3 its first byte is the number. */

#define SECTION "Engine.IO protocol"

static const struct {
    const char *name, *purpose;
} types[] = {
    { "open", "The server's first packet: the session and its timing." },
    { "close", "The sender is about to close the session." },
    { "ping", "Asks for a pong, to see that the session lives; \"probe\" tries out the new transport." },
    { "pong", "Answers a ping, and repeats what stood in it." },
    { "message", "Carries what the application, or socket.io, sends." },
    { "upgrade", "The client has left polling: from now on everything comes by WebSocket." },
    { "noop", "Does nothing but end a poll while the transport changes." },
};

enum { ENGINEIO_MESSAGE = 4, ENGINEIO_TYPES = sizeof types / sizeof types[0] };

static void print_data(struct print *print, unsigned type, struct bytes data)
{
    if (type == ENGINEIO_MESSAGE && print->subprotocol->kind == SUBPROTOCOL_SOCKETIO) {
        socketio_print(print, data);
        return;
    }
    label_say(&print->summary, "%s", types[type].name);
    if (data.length > 0) {
        print_content(print, PRINT_DEPTH, "data", data);
        label_quote(&print->summary, data, 32);
    }
}

/* The number of the packet's type, where it stands, and what it stands before. */
static void print_packet(struct print *print, unsigned type, struct bytes data)
{
    struct bytes first = bytes_first(print->payload, 1);

    if (type >= ENGINEIO_TYPES) {
        print_wrong(print, PRINT_DEPTH, first, "a packet begins with its type, 0 to 6");
        print_content(print, PRINT_DEPTH, "data", print->payload);
        return;
    }
    print_value(print, PRINT_DEPTH, "packet type", first, types[type].purpose, SECTION, "%u %s", type,
                types[type].name);
    print_data(print, type, data);
}

static void print_binary(struct print *print)
{
    struct bytes data = print->payload;

    if (print->subprotocol->version == 3) {
        unsigned type = data.data[0];

        data = bytes_after(data, 1);
        if (type != ENGINEIO_MESSAGE) {
            print_packet(print, type, data);
            return;
        }
        print_value(print, PRINT_DEPTH, "packet type", bytes_first(print->payload, 1), types[type].purpose,
                    SECTION, "%u %s", type, types[type].name);
    }
    if (print->subprotocol->kind == SUBPROTOCOL_SOCKETIO) {
        socketio_print_attachment(print, data);
    } else {
        print_content(print, PRINT_DEPTH, "data", data);
        label_say(&print->summary, "message, %zu bytes", data.length);
    }
}

/* Where a client cannot take binary messages, theirs come as text: b, and in version 3 the packet's type. */
static void print_base64(struct print *print)
{
    struct bytes data = bytes_after(print->payload, print->subprotocol->version == 3 ? 2 : 1);

    print_field(print, PRINT_DEPTH, "base64", data, "Binary data for a client that takes only text.",
                SECTION);
    label_say(&print->summary, "message, %zu bytes of base64", data.length);
}

void engineio_print(struct print *print)
{
    if (!print->is_text) {
        print_binary(print);
    } else if (print->payload.data[0] == 'b') {
        print_base64(print);
    } else {
        print_packet(print, (unsigned)print->payload.data[0] - '0', bytes_after(print->payload, 1));
    }
}
