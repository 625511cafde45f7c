/* SPDX-License-Identifier: MIT */
#ifndef WS101_SETTINGS_FILE_H
#define WS101_SETTINGS_FILE_H

/* settings_file - where the settings are kept: $XDG_CONFIG_HOME/ws101/config, or ~/.config/ws101/config, as
 * the XDG Base Directory Specification asks for.
 *
 * Written as a whole to another name and renamed, so that there is always one whole file; readable for its
 * owner alone. What belongs to somebody else (root in sudo, who has a user's HOME) is read and never written.
 */

#include "capture/error.h"
#include "settings.h"

/* *settings becomes what is usual, changed by what the file says. complaint: what was passed over, or why the
 * file cannot be read, in one line, or empty. That there is none is nothing to complain of. */
void settings_load(struct settings *settings, char *complaint, size_t capacity);

/* Creates the directory where it is missing. False with *error. */
bool settings_save(const struct settings *settings, struct error *error);

/* The file's name; false where neither variable is set. */
bool settings_path(char *out, size_t capacity);

#endif
