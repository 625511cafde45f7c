/* SPDX-License-Identifier: MIT */

/* main - the commands: each is a row of the table and a function that joins an input to a sink. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "options.h"
#include "report/json.h"
#include "report/output.h"
#include "report/stats.h"

#define VERSION "0.1"

static int usage(const char *text)
{
    input_complain(text);
    return EXIT_USAGE;
}

/* Packets come from one interface or from files, and from somewhere. */
static const char *input_mistake(const struct options *options)
{
    bool files = options->argument_count > 0 || options->read_file;

    if (!files && !options->interface) {
        return "no input: name a capture FILE, - for standard input, or -i INTERFACE";
    }
    return files && options->interface ? "either -i INTERFACE or FILE, not both" : NULL;
}

/* What the dissector must make so that these kinds can be shown: any kind may have findings. */
static unsigned wanted_for(unsigned shown)
{
    return shown & EVENT_BIT(EVENT_NOTICE) ? EVENT_ALL_BUT_SEGMENTS : shown;
}

static int command_json(const struct options *options)
{
    static struct output output;
    struct json json = { .output = &output, .shown = options->shown };
    struct input input = { json_event, &json, wanted_for(options->shown), false, &output };
    struct input_result result;

    output_init(&output, STDOUT_FILENO);
    input_read(options, &input, &result);
    return input_finish(&result, &output, EXIT_FINE);
}

static int command_stats(const struct options *options)
{
    static struct output output;
    struct stats *stats = stats_create(options->json ? NULL : &output);
    struct input input = { stats_event, stats, STATS_WANTED, true, &output };
    struct input_result result;

    if (!stats) {
        input_complain("no memory");
        return EXIT_INPUT;
    }
    output_init(&output, STDOUT_FILENO);
    input_read(options, &input, &result);
    (options->json ? stats_json : stats_text)(stats, &output, &result.totals, result.dropped);
    stats_destroy(stats);
    return input_finish(&result, &output, EXIT_FINE);
}

static const struct command commands[] = {
    { "json", "[FILE...]", "one JSON object per line and event", OPTION_INPUT | OPTION_EVENTS, command_json },
    { "stats", "[FILE...]", "totals, and one row per connection; --json for one object",
      OPTION_INPUT | OPTION_JSON, command_stats },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void help_overview(void)
{
    printf("ws101 - WebSocket, made visible\n\n"
           "usage: ws101 COMMAND [options] [FILE...]\n\ncommands:\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    }
    printf("\noptions (ws101 COMMAND --help shows those of a command):\n");
    options_help(~0U);
}

static void help_command(const struct command *command)
{
    printf("usage: ws101 %s [options] %s\n\n%s\n\noptions:\n", command->name, command->arguments,
           command->help);
    options_help(command->groups);
}

static int run(const struct options *options)
{
    const struct command *command = options->command ? options->command : &commands[0];
    const char *mistake = command->groups & OPTION_INPUT ? input_mistake(options) : NULL;

    if (options->help) {
        options->command ? help_command(command) : help_overview();
        return EXIT_FINE;
    }
    if (options->version) {
        printf("ws101 " VERSION "\n");
        return EXIT_FINE;
    }
    return mistake ? usage(mistake) : command->run(options);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error;
    int status = options_parse(argc, argv, commands, COMMANDS, &options, &error) ? run(&options)
                                                                                  : usage(error.text);

    options_release(&options);
    return status;
}
