/* SPDX-License-Identifier: MIT */
#ifndef WS101_PLAY_H
#define WS101_PLAY_H

/* play - the command `ws101 play SCRIPT -w FILE`: a conversation written as text becomes a capture. */

/* argv[0] is the command's name. Returns the exit status: 0, 2 for usage and script errors, 3 for files. */
int play_command(int argc, char **argv);

#endif
