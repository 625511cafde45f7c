/* SPDX-License-Identifier: MIT */
#include "server.h"

static const struct {
    const char *name, *value, *standard, *help;
    double scale, min, max;     /* 0 for a text */
} table[SETTINGS] = {
    [ADDRESS] = { "address", "ADDR", "127.0.0.1", "where to listen; :: for every interface", 0, 0, 0 },
    [PORT] = { "port", "N", "8101", "which port; 0 for any that is free", 1, 0, 65535 },
    [ORIGIN] = { "origin", "ORIGIN", "own", "other pages that may connect; '*': all; repeatable", 0, 0, 0 },
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

/* Takes a value. False if it is none, or out of bounds. */
static bool set(int setting, const char *text)
{
    char *end = NULL;
    double number = text && table[setting].scale > 0 ? strtod(text, &end) : 0;
    bool in_bounds = number >= table[setting].min && number <= table[setting].max;
    bool valid = end ? end > text && !*end && in_bounds : text != NULL;

    server.text[setting] = text;
    server.number[setting] = valid ? (uint64_t)(number * table[setting].scale) : 0;
    if (setting == ORIGIN && server.origins_count < sizeof server.origins / sizeof *server.origins) {
        server.origins[server.origins_count++] = text;
    }
    return valid;
}

static _Noreturn void explain(FILE *to, int status)
{
    fputs("ws101-server 1.0, a small and strict WebSocket server to learn from\n"
          "Usage: ws101-server [OPTION VALUE]...\n\n", to);
    for (int i = 0; i < SETTINGS; i++) {
        fprintf(to, "  --%-10s %-6s  %s [%s]\n", table[i].name, table[i].value, table[i].help,
                table[i].standard);
    }
    fputs("  --help, --version\n\n"
          "Exit status: 0 stopped by a signal, 2 wrong usage, 3 the environment failed\n", to);
    exit(status);
}

void options_read(int count, char **arguments)
{
    server.number[FOREVER] = UINT64_MAX / 2;
    for (int i = 0; i < SETTINGS; i++) {
        set(i, table[i].standard);
    }
    for (int i = 1, setting; i < count; i += 2) {
        const char *name = strncmp(arguments[i], "--", 2) == 0 ? arguments[i] + 2 : "";

        for (setting = 0; setting < SETTINGS && strcmp(name, table[setting].name) != 0; setting++) {
        }
        if (strcmp(name, "help") == 0 || strcmp(name, "version") == 0) {
            explain(stdout, 0);
        }
        if (setting == SETTINGS || !set(setting, arguments[i + 1])) {
            fprintf(stderr, "ws101-server: %s: no such option, or no good value for it\n\n", arguments[i]);
            explain(stderr, 2);
        }
    }
}
