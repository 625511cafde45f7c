/* SPDX-License-Identifier: MIT */
#ifndef WS101_SETTINGS_KEEPER_H
#define WS101_SETTINGS_KEEPER_H

/* settings_keeper - a process of its own that writes the settings' file.
 *
 * What reads packets can open no file but new ones where it was started, and replace none: so a second
 * process, made before that and root no longer, waits for settings and writes them. All that it can be told
 * is settings: it reads them as it would read the file.
 */

#include <sys/types.h>

#include "settings_file.h"

struct settings_keeper {
    int socket; /* -1: there is none */
    pid_t process;
};

/* To be called before rights are given up, and with nothing open that the keeper need not have. */
void settings_keeper_start(struct settings_keeper *keeper);

/* False with *error. Waits until it is done. */
bool settings_keeper_save(struct settings_keeper *keeper, const struct settings *settings,
                          struct error *error);
void settings_keeper_stop(struct settings_keeper *keeper);

#endif
