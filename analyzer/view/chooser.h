/* SPDX-License-Identifier: MIT */
#ifndef WS101_CHOOSER_H
#define WS101_CHOOSER_H

/* chooser - the small screen before the others, where -i came without a name: which interface?
 *
 * Comes in:   the list of interfaces, again whenever it may have changed; keys.
 * Goes out:   a canvas; the name that was chosen.
 * The selection is by name, so that nothing moves it when interfaces come and go.
 */

#include "canvas.h"
#include "capture/interfaces.h"
#include "key.h"

struct chooser {
    struct interface list[INTERFACES_MAX];
    size_t count;
    char selected[sizeof ((struct interface *)0)->name];
    char note[512];             /* why the last one chosen could not be captured */
    int height;                 /* rows of the list when it was last drawn */
    bool chosen, left;          /* what the last key meant */
};

/* The list as it is now. */
void chooser_update(struct chooser *chooser, const struct interface *list, size_t count);

void chooser_key(struct chooser *chooser, struct key key);
void chooser_draw(struct chooser *chooser, struct canvas *canvas);

#endif
