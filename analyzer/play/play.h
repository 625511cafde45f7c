/* SPDX-License-Identifier: MIT */
#ifndef WS101_PLAY_H
#define WS101_PLAY_H

/* play - a conversation written as text becomes a capture: `ws101 play SCRIPT -w FILE`. */

struct play_options {
    const char *script;         /* "-" is standard input */
    const char *capture;        /* -w; "-" is standard output */
};

/* The exit status: 0; 2 with FILE:LINE and a sentence where the script is wrong; 3 where a file cannot be
 * read or written. */
int play_run(const struct play_options *options);

#endif
