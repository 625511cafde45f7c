/* SPDX-License-Identifier: MIT */
#ifndef WS101_PLAY_H
#define WS101_PLAY_H

/* play - a conversation written as text becomes a capture, or one side of it meets a real peer. */

#include <stdint.h>

struct play_options {
    const char *script;         /* "-" is standard input */
    const char *capture;        /* -w: a file; "-" is standard output */
    const char *client;         /* --client: ADDRESS:PORT to connect to, when not a capture */
    uint16_t server;            /* --server: the port to listen on, when neither */
};

/* The exit status: 0; 1 where a real peer did other than the script says; 2 with FILE:LINE and a sentence
 * where the script is wrong; 3 where a file or the network failed. */
int play_run(const struct play_options *options);

#endif
