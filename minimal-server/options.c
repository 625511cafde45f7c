/* SPDX-License-Identifier: MIT */
#include <getopt.h>

#include "server.h"

static const struct {
    const char *name, *value, *standard, *help;
    double scale, min, max;     /* 0 for a text */
} table[SETTINGS] = {
    [ADDRESS] = { "address", "ADDR", "127.0.0.1", "where to listen; :: for every interface", 0, 0, 0 },
    [PORT] = { "port", "N", "8101", "which port; 0 for any that is free", 1, 0, 65535 },
    [ORIGIN] = { "origin", "ORIGIN", "own", "other pages that may connect, '*' for all; repeatable", 0, 0, 0 },
    [RATE] = { "feed", "RATE", "1", "events a second, on average", 1000, 0, 10000 },
    [SEED] = { "seed", "N", "101", "what the random events follow from", 1, 0, 4294967295 },
    [BATCH] = { "batch", "MS", "0", "milliseconds to collect events before telling them", 1000, 0, 60000 },
    [HEAD_MAX] = { "head", "BYTES", "8192", "largest head of a request", 1, 128, 65536 },
    [FIELDS_MAX] = { "fields", "N", "100", "most fields of a head", 1, 1, 256 },
    [MESSAGE_MAX] = { "message", "BYTES", "1048576", "largest message, inflated", 1, 125, 1 << 30 },
    [QUEUE_MAX] = { "queue", "BYTES", "1048576", "most that waits for a slow reader", 1, 1024, 1 << 30 },
    [CONTROLS_MAX] = { "controls", "N", "1000", "most pings and pongs of a client in a second", 1, 1, 60000 },
    [HEAD_TIME] = { "head-time", "S", "10", "seconds for a head to arrive", 1e6, 0.1, 3600 },
    [WAIT_TIME] = { "wait", "S", "25", "seconds that a long poll without events lasts", 1e6, 0.1, 3600 },
    [CLOSE_TIME] = { "close-time", "S", "3", "seconds for a Close or FIN to be met", 1e6, 0.1, 60 },
};

static void set(int setting, const char *text)
{
    double min = table[setting].min, max = table[setting].max, scale = table[setting].scale;
    char *end;
    double number = strtod(text, &end);
    size_t origins = 0;

    if (scale > 0 && !(end > text && !*end && number >= min && number <= max)) {
        fprintf(stderr, "ws101-server: --%s: %s is not a number from %.9g to %.9g; see --help\n",
                table[setting].name, text, min, max);
        exit(2);
    }
    server.text[setting] = text;
    server.number[setting] = scale > 0 ? (uint64_t)(number * scale) : 0;
    while (server.origins[origins]) {
        origins++;
    }
    if (setting == ORIGIN && origins + 1 < sizeof server.origins / sizeof *server.origins) {
        server.origins[origins] = text;
    }
}

static _Noreturn void help(void)
{
    puts("ws101-server 1.0, a small and strict WebSocket server to learn from\n"
         "Usage: ws101-server [OPTION VALUE]...\n");
    for (size_t i = 0; i < SETTINGS; i++) {
        printf("  --%-10s %-6s  %s [%s]\n", table[i].name, table[i].value, table[i].help, table[i].standard);
    }
    puts("  --help, --version\n\n"
         "Paths: / (a page), /echo, /chat, /feed (WebSocket), /poll, /long, /events (HTTP)\n"
         "Exit status: 0 stopped by a signal, 2 wrong usage, 3 the environment failed");
    exit(0);
}

void options_read(int count, char **arguments)
{
    struct option known[SETTINGS + 3] = { [SETTINGS] = { "help", no_argument, NULL, SETTINGS },
                                          { "version", no_argument, NULL, SETTINGS } };
    int found;

    for (int i = 0; i < SETTINGS; i++) {
        known[i] = (struct option){ table[i].name, required_argument, NULL, i };
        set(i, table[i].standard);
    }
    server.number[FOREVER] = UINT64_MAX / 2;
    while ((found = getopt_long(count, arguments, "", known, NULL)) >= 0 && found < SETTINGS) {
        set(found, optarg);
    }
    if (found == SETTINGS) {
        help();
    }
    if (found == '?' || optind < count) {
        fputs("ws101-server: options only, please; see --help\n", stderr);
        exit(2);
    }
}
