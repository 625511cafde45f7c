/* SPDX-License-Identifier: MIT */
#ifndef WS101_OPPONENT_H
#define WS101_OPPONENT_H

/* opponent - plays one side of a conversation on a real socket, so that its faults meet a real peer.
 *
 * Comes in:   a conversation, and which side of it is ours.
 * Goes out:   our side's bytes as the script has them. Where the script has the other side speak, we wait
 *             until it has said as much, and print what it was. What only a capture can show (loss, numbers
 *             of TCP) is passed over.
 * The key that an accept answers is the one that the peer really sent. */

#include "conversation.h"

enum opponent_result {
    OPPONENT_DONE,                  /* the peer did what the script says */
    OPPONENT_OTHERWISE,             /* it did something else, which was printed */
    OPPONENT_FAILED,                /* no connection, or not a word in time: error says which */
};

struct opponent_error {
    unsigned line;              /* of the script; 0: before it began */
    char text[160];
};

/* As the client, to ADDRESS:PORT; as the server, for one client, on that port of 127.0.0.1. */
enum opponent_result opponent_client(const struct conversation *conversation, const char *address,
                             struct opponent_error *error);
enum opponent_result opponent_server(const struct conversation *conversation, uint16_t port,
                             struct opponent_error *error);

#endif
