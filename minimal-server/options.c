/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

static const struct {
    const char *name, *value, *standard, *help;
    double scale, min, max;     /* all 0 for a text */
} table[OPTIONS] = {
    [ADDRESS] = { "address", "ADDR", "127.0.0.1", "where to listen; :: for every interface", 0, 0, 0 },
    [PORT] = { "port", "N", "8101", "which port; 0 for any that is free", 1, 0, 65535 },
    [USER] = { "user", "NAME", "nobody", "whom to become when started as root", 0, 0, 0 },
    [ORIGIN] = { "origin", "ORIGIN", "", "pages that may connect beside our own, '*' for all; repeatable", 0, 0, 0 },
    [FEED] = { "feed", "RATE", "1", "events a second, on average", 1000, 0, 10000 },
    [SEED] = { "seed", "N", "101", "what the random events follow from", 1, 0, 9e15 },
    [BATCH] = { "batch", "MS", "0", "milliseconds to collect events before telling them", 1, 0, 3600000 },
    [DEFLATE] = { "deflate", "N", "1", "whether to agree to permessage-deflate", 1, 0, 1 },
    [HEAD_MAX] = { "head", "BYTES", "8192", "largest head of a request", 1, 128, 65536 },
    [FIELDS_MAX] = { "fields", "N", "100", "most fields of a head", 1, 1, 256 },
    [MESSAGE_MAX] = { "message", "BYTES", "1048576", "largest message, inflated", 1, 125, 1 << 30 },
    [QUEUE_MAX] = { "queue", "BYTES", "1048576", "most that may wait for a client that reads slowly", 1, 1024, 1 << 30 },
    [CONTROLS_MAX] = { "controls", "N", "1000", "most pings and pongs from a client in a second", 1, 1, 60000 },
    [HEAD_TIME] = { "head-time", "S", "10", "seconds for a head to arrive", 1000, 1, 3600 },
    [KEEP_ALIVE_TIME] = { "keep-alive", "S", "60", "seconds for the next request to begin", 1000, 1, 3600 },
    [WAIT_TIME] = { "wait", "S", "25", "seconds that a long poll without events lasts", 1000, 1, 3600 },
    [IDLE_TIME] = { "idle", "S", "300", "seconds of silence before a WebSocket is pinged", 1000, 1, 86400 },
    [CLOSE_TIME] = { "close-time", "S", "3", "seconds for a Close, Ping or FIN to be answered", 1000, 1, 60 },
};

static _Noreturn void refuse(const char *argument, const char *why)
{
    fprintf(stderr, "ws101-server: %s: %s; see --help\n", argument, why);
    exit(2);
}

static _Noreturn void print_help(void)
{
    puts("Usage: ws101-server [OPTION VALUE]...\nA small and strict WebSocket server to learn from.\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        int width = printf("  --%s %s", table[i].name, table[i].value);

        printf("%*s%s [%s]\n", 22 - width, "", table[i].help, table[i].standard);
    }
    puts("  --help, --version\n\nPaths: / (a page), /echo, /chat, /feed (WebSocket), /poll, /long, /events (HTTP)\n"
         "Exit status: 0 stopped by a signal, 2 wrong usage, 3 the environment failed");
    exit(0);
}

static void set(struct options *options, size_t option, const char *text)
{
    size_t origins = 0;
    char *end;
    double number = strtod(text, &end);

    if (table[option].max > 0 &&
        (!*text || *end || number < table[option].min || number > table[option].max ||
         strspn(text, option == FEED ? "0123456789." : "0123456789") < strlen(text))) {
        refuse(text, "not a number within this option's limits");
    }
    options->text[option] = text;
    options->number[option] = table[option].max > 0 ? (uint64_t)(number * table[option].scale) : 0;
    while (options->origins[origins]) {
        origins++;
    }
    if (option == ORIGIN && origins == ORIGINS) {
        refuse(text, "too many origins");
    }
    options->origins[origins] = option == ORIGIN && *text ? text : NULL;
}

void options_read(struct options *options, char **arguments)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        set(options, i, table[i].standard);
    }
    for (char **next = arguments + 1; *next; next++) {
        const char *argument = *next, *value = strchr(argument, '=');
        size_t i = 0, size = value ? (size_t)(value - argument) : strlen(argument);

        if (strcmp(argument, "--help") == 0) {
            print_help();
        } else if (strcmp(argument, "--version") == 0) {
            puts("ws101-server 1.0");
            exit(0);
        }
        while (i < OPTIONS && (size != 2 + strlen(table[i].name) || memcmp(argument, "--", 2) != 0 ||
                               memcmp(argument + 2, table[i].name, size - 2) != 0)) {
            i++;
        }
        if (i == OPTIONS || (!value && !next[1])) {
            refuse(argument, i == OPTIONS ? "no such option" : "needs a value");
        }
        set(options, i, value ? value + 1 : *++next);
    }
}
