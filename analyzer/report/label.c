/* SPDX-License-Identifier: MIT */
#include "label.h"

#include <stdarg.h>
#include <stdio.h>

#include "escape.h"

void label_say(struct label *label, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(label->text + label->used, LABEL_MAX - label->used, format, arguments);
    va_end(arguments);
    size_t room = LABEL_MAX - label->used - 1;

    label->used += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room;
}

void label_show(struct label *label, struct bytes view)
{
    char shown[LABEL_SHOWN];

    escape_copy(shown, sizeof shown, view);
    label_say(label, "%s", shown);
}

/* Not more than that, and no character in half. */
static struct bytes cut(struct bytes view, size_t most)
{
    if (view.length <= most) {
        return view;
    }
    while (most > 0 && (view.data[most] & 0xC0) == 0x80) {
        most--;
    }
    return bytes_first(view, most);
}

void label_quote(struct label *label, struct bytes view, size_t most)
{
    struct bytes shown = cut(view, most);

    label_say(label, " \"");
    label_show(label, shown);
    label_say(label, shown.length < view.length ? "...\"" : "\"");
}
