/* SPDX-License-Identifier: MIT */
#include <getopt.h>

#include "server.h"

static const struct {
    const char *name, *value, *standard, *help;
    double scale, min, max;     /* 0 for a text */
} table[SETTINGS] = {
    [ADDRESS] = { "address", "ADDR", "127.0.0.1", "where to listen; :: for every interface", 0, 0, 0 },
    [PORT] = { "port", "N", "8101", "which port; 0 for any that is free", 1, 0, 65535 },
    [USER] = { "user", "NAME", "nobody", "whom to become when started as root", 0, 0, 0 },
    [ORIGIN] = { "origin", "ORIGIN", "own", "other pages that may connect, '*' for all; repeatable", 0, 0, 0 },
    [FEED] = { "feed", "RATE", "1", "events a second, on average", 1000, 0, 10000 },
    [SEED] = { "seed", "N", "101", "what the random events follow from", 1, 0, 4294967295 },
    [BATCH] = { "batch", "MS", "0", "milliseconds to collect events before telling them", 1, 0, 3600000 },
    [DEFLATE] = { "deflate", "N", "1", "whether to agree to permessage-deflate", 1, 0, 1 },
    [HEAD_MAX] = { "head", "BYTES", "8192", "largest head of a request", 1, 128, 65536 },
    [FIELDS_MAX] = { "fields", "N", "100", "most fields of a head", 1, 1, 256 },
    [MESSAGE_MAX] = { "message", "BYTES", "1048576", "largest message, inflated", 1, 125, 1 << 30 },
    [QUEUE_MAX] = { "queue", "BYTES", "1048576", "most that waits for a slow reader", 1, 1024, 1 << 30 },
    [CONTROLS_MAX] = { "controls", "N", "1000", "most pings and pongs of a client in a second", 1, 1, 60000 },
    [HEAD_TIME] = { "head-time", "S", "10", "seconds for a head to arrive", 1000, 0.1, 3600 },
    [KEEP_ALIVE_TIME] = { "keep-alive", "S", "60", "seconds for the next request to begin", 1000, 0.1, 3600 },
    [WAIT_TIME] = { "wait", "S", "25", "seconds that a long poll without events lasts", 1000, 0.1, 3600 },
    [IDLE_TIME] = { "idle", "S", "300", "seconds of silence before a WebSocket is pinged", 1000, 0.1, 86400 },
    [CLOSE_TIME] = { "close-time", "S", "3", "seconds for a Close, Ping or FIN to be met", 1000, 0.1, 60 },
};

static void set(struct options *options, enum setting setting, const char *text)
{
    double min = table[setting].min, max = table[setting].max, scale = table[setting].scale, number;
    char *end;

    number = strtod(text, &end);
    if (scale > 0 && !(end > text && !*end && number >= min && number <= max)) {
        fprintf(stderr, "ws101-server: --%s: %s is not a number from %.9g to %.9g; see --help\n",
                table[setting].name, text, min, max);
        exit(2);
    }
    options->text[setting] = text;
    options->number[setting] = scale > 0 ? (uint64_t)(number * scale) : 0;
    if (setting == ORIGIN && options->origins_count < sizeof options->origins / sizeof *options->origins) {
        options->origins[options->origins_count++] = text;
    }
}

void options_read(struct options *options, int count, char **arguments)
{
    struct option known[SETTINGS + 3] = { [SETTINGS] = { "help", no_argument, NULL, SETTINGS },
                                          { "version", no_argument, NULL, SETTINGS } };
    int found;

    for (int i = 0; i < SETTINGS; i++) {
        known[i] = (struct option){ table[i].name, required_argument, NULL, i };
        set(options, (enum setting)i, table[i].standard);
    }
    while ((found = getopt_long(count, arguments, "", known, NULL)) >= 0 && found < SETTINGS) {
        set(options, (enum setting)found, optarg);
    }
    if (found == '?' || optind < count) {
        fputs("ws101-server: options only, please; see --help\n", stderr);
        exit(2);
    }
    if (found == SETTINGS) {
        puts("ws101-server 1.0, a small and strict WebSocket server to learn from\n"
             "Usage: ws101-server [OPTION VALUE]...\n");
        for (size_t i = 0; i < SETTINGS; i++) {
            printf("  --%-10s %-6s  %s [%s]\n", table[i].name, table[i].value, table[i].help,
                   table[i].standard);
        }
        puts("  --help, --version\n\n"
             "Paths: / (a page), /echo, /chat, /feed (WebSocket), /poll, /long, /events (HTTP)\n"
             "Exit status: 0 stopped by a signal, 2 wrong usage, 3 the environment failed");
        exit(0);
    }
}
