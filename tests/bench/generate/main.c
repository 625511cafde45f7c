/* SPDX-License-Identifier: MIT */

/* generate - captures of any size whose totals are known, because whoever wrote them counted.
 *
 *   generate SCENARIO CAPTURE [-t TOTALS] [-m MEGABYTES] [-n COUNT] [-s SEED]
 *
 * CAPTURE is a pcap file, or - for standard output; TOTALS gets what `ws101 stats --json` should say of it. */

#include "scenarios.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
    const char *totals;
    double megabytes;
    uint32_t count;
    uint64_t seed;
};

static int usage(void)
{
    fputs("usage: generate SCENARIO CAPTURE [-t TOTALS] [-m MEGABYTES] [-n COUNT] [-s SEED]\n", stderr);
    for (const struct scenario *s = ordinary_scenarios; s->name; s++) {
        fprintf(stderr, "  %-12s %s\n", s->name, s->help);
    }
    for (const struct scenario *s = hostile_scenarios; s->name; s++) {
        fprintf(stderr, "  %-12s %s\n", s->name, s->help);
    }
    return 2;
}

static const struct scenario *scenario_named(const char *name)
{
    const struct scenario *const lists[] = { ordinary_scenarios, hostile_scenarios };

    for (size_t i = 0; i < 2; i++) {
        for (const struct scenario *s = lists[i]; s->name; s++) {
            if (strcmp(s->name, name) == 0) {
                return s;
            }
        }
    }
    return NULL;
}

static bool arguments_parse(int argc, char **argv, struct arguments *arguments)
{
    int option;

    while ((option = getopt(argc, argv, "t:m:n:s:")) != -1) {
        switch (option) {
        case 't':
            arguments->totals = optarg;
            break;
        case 'm':
            arguments->megabytes = strtod(optarg, NULL);
            break;
        case 'n':
            arguments->count = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 's':
            arguments->seed = strtoull(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    }
    return argc - optind == 2;
}

/* Words of letters, so that it is text and compresses as text does. */
static uint8_t *make_text(struct wire *wire)
{
    uint8_t *text = malloc(TEXT_MOST);

    for (size_t i = 0; text && i < TEXT_MOST; i++) {
        text[i] = wire_once_in(wire, 6) ? ' ' : (uint8_t)('a' + wire_between(wire, 0, 25));
    }
    return text;
}

static bool write_totals(const struct traffic *traffic, const char *path)
{
    FILE *out = fopen(path, "w");

    if (out == NULL) {
        return false;
    }
    totals_print(&traffic->totals, &traffic->wire, out);
    return fclose(out) == 0;
}

static int make(const struct scenario *scenario, FILE *file, const struct arguments *arguments)
{
    struct traffic traffic = { .size = (uint64_t)(arguments->megabytes * 1e6),
                               .count = arguments->count ? arguments->count : scenario->count };

    wire_open(&traffic.wire, file, arguments->seed);
    traffic.text = make_text(&traffic.wire);
    if (traffic.text == NULL) {
        return 3;
    }
    scenario->make(&traffic);
    free(traffic.text);
    bool written = wire_close(&traffic.wire);
    if (!written || (arguments->totals && !write_totals(&traffic, arguments->totals))) {
        perror("generate");
        return 3;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = { .megabytes = 50, .seed = 1 };

    if (!arguments_parse(argc, argv, &arguments)) {
        return usage();
    }
    const struct scenario *scenario = scenario_named(argv[optind]);
    const char *path = argv[optind + 1];
    if (scenario == NULL) {
        return usage();
    }
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return 3;
    }
    return make(scenario, file, &arguments);
}
