/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void escape(struct error *error, const char *raw)
{
    size_t at = 0;

    for (; *raw != '\0' && at + sizeof "\\xNN" <= sizeof error->text; raw++) {
        unsigned char byte = (unsigned char)*raw;

        if (byte >= 0x20 && byte < 0x7F) {
            error->text[at++] = *raw;
        } else {
            at += (size_t)snprintf(error->text + at, sizeof error->text - at, "\\x%02X", byte);
        }
    }
    error->text[at] = '\0';
}

void error_set(struct error *error, const char *format, ...)
{
    char raw[sizeof error->text];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    escape(error, raw);
}

void error_prefix(struct error *error, const char *prefix)
{
    char text[sizeof error->text];

    memcpy(text, error->text, sizeof text);
    error_set(error, "%.200s: %s", prefix, text);
}
