/* SPDX-License-Identifier: MIT */

/* main - the commands: each is a row of the table and a function that joins an input to a sink. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "archiving.h"
#include "capture/interfaces.h"
#include "capture/packet_filter.h"
#include "explaining.h"
#include "options.h"
#include "play/play.h"
#include "doctor.h"
#include "reading.h"
#include "report/check.h"
#include "report/escape.h"
#include "report/json.h"
#include "report/output.h"
#include "report/rule_list.h"
#include "report/stats.h"
#include "report/text.h"
#include "run.h"
#include "saving.h"
#include "view/view.h"

static int usage(const char *text)
{
    reading_complain(text);
    return EXIT_USAGE;
}

/* Packets come from one interface or from files, and from somewhere. */
static const char *input_mistake(const struct options *options)
{
    bool files = options->argument_count > 0;

    if (!files && !options->interface) {
        return "no input: name a capture FILE, - for standard input, or -i INTERFACE";
    }
    if (options->replay && options->interface) {
        return "--replay is for files: live traffic comes at its own pace";
    }
    return files && options->interface ? "either -i INTERFACE or FILE, not both" : NULL;
}

/* What no option alone can tell. */
static const char *mistake_of(const struct options *options, const struct command *command)
{
    if ((command->groups & OPTION_INPUT) && options->write_file && strcmp(options->write_file, "-") == 0) {
        return "-w wants a file here: standard output is the report's";
    }
    if (options->svg && options->mermaid) {
        return "either --svg or --mermaid, not both";
    }
    if (options->har && options->shown != EVENT_ALL_BUT_SEGMENTS) {
        return "--har is of all kinds of event: leave --only out, or --har";
    }
    return command->groups & OPTION_SOURCE ? input_mistake(options) : NULL;
}

/* What the dissector must make so that these kinds can be shown: any kind may have findings. */
static unsigned wanted_for(unsigned shown)
{
    return shown & EVENT_BIT(EVENT_NOTICE) ? EVENT_ALL_BUT_SEGMENTS : shown;
}

/* A terminal that knows UTF-8, as far as the environment tells; the locale itself need not be installed. */
static bool utf8_terminal(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value && value[0] != '\0') {
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
        }
    }
    return false;
}

/* Standard output; what a terminal cannot show is escaped. */
static struct output *standard_output(void)
{
    static struct output output;

    signal(SIGPIPE, SIG_IGN);   /* a reader that goes away is an error of write, and no fault */
    output_init(&output, STDOUT_FILENO);
    output.ascii = isatty(STDOUT_FILENO) && !utf8_terminal();
    return &output;
}

static bool wants_colour(const struct options *options)
{
    const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");

    if (options->colour != COLOUR_AUTO) {
        return options->colour == COLOUR_ALWAYS;
    }
    return isatty(STDOUT_FILENO) && terminal && terminal[0] != '\0' && strcmp(terminal, "dumb") != 0 &&
           !(no_colour && no_colour[0] != '\0');
}

/* Of the terminal; 0 where standard output is none. */
static size_t terminal_columns(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO)) {
        return 0;
    }
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static int command_print(const struct options *options)
{
    static struct detail detail;
    static struct subprotocol_table subprotocols;
    struct output *output = standard_output();
    struct text_setting setting = {
        .shown = options->shown,
        .times = options->times,
        .columns = terminal_columns(),
        .preview = options->preview,
        .colour = wants_colour(options),
        .arrows = isatty(STDOUT_FILENO) && !output->ascii,
        .fields = options->fields,
        .bytes = options->bytes,
    };
    struct text text;
    struct reading reading = {
        .sink = text_event, .context = &text, .wanted = wanted_for(options->shown), .output = output,
        .first_time = &text.first,
    };
    struct reading_result result;

    text_init(&text, output, &setting);
    text.detail = &detail;
    if (options->fields) {
        text.subprotocol = &subprotocols.before;
        reading.wanted |= EVENT_BIT(EVENT_HANDSHAKE); /* to know what messages say */
        reading.witness = subprotocol_table_event;
        reading.witness_context = &subprotocols;
    }
    reading_run(options, &reading, &result);
    return reading_finish(&result, output, EXIT_FINE);
}

static int command_json(const struct options *options)
{
    struct output *output = standard_output();
    struct json json = { .output = output, .shown = options->shown };
    struct reading reading = {
        .sink = json_event, .context = &json, .wanted = wanted_for(options->shown), .output = output,
    };
    struct reading_result result;

    if (options->har) {
        return archiving_run(options, output);
    }
    reading_run(options, &reading, &result);
    return reading_finish(&result, output, EXIT_FINE);
}

static int command_stats(const struct options *options)
{
    struct output *output = standard_output();
    struct stats *stats = stats_create(options->json ? NULL : output);
    struct reading reading = {
        .sink = stats_event, .context = stats, .wanted = STATS_WANTED, .output = output,
        .no_payload = !options->display_filter,
    };
    struct reading_result result;

    if (!stats) {
        reading_complain("no memory");
        return EXIT_INPUT;
    }
    reading_run(options, &reading, &result);
    if (reading_has_totals(&result)) {
        (options->json ? stats_json : stats_text)(stats, output, &result.totals, result.dropped);
    }
    stats_destroy(stats);
    return reading_finish(&result, output, EXIT_FINE);
}

static int command_check(const struct options *options)
{
    struct output *output = standard_output();
    struct check check = { .output = output, .json = options->json, .colour = wants_colour(options) };
    struct reading reading = {
        .sink = check_event, .context = &check, .wanted = EVENT_ALL_BUT_SEGMENTS, .output = output,
    };
    struct reading_result result;

    reading_run(options, &reading, &result);
    if (reading_has_totals(&result)) {
        check_finish(&check, &result.totals);
    }
    return reading_finish(&result, output, check_broken(&check) ? EXIT_BROKEN : EXIT_FINE);
}

static int command_rules(const struct options *options)
{
    struct output *output = standard_output();
    struct reading_result result = { .status = EXIT_FINE };

    (options->json ? rule_list_json : rule_list_text)(output);
    return reading_finish(&result, output, EXIT_FINE);
}

static int command_ladder(const struct options *options)
{
    struct output *output = standard_output();
    struct ladder_setting setting = {
        .zoom = options->zoom,
        .form = options->svg ? LADDER_SVG : options->mermaid ? LADDER_MERMAID : LADDER_TEXT,
        .connection = options->connection,
        .columns = terminal_columns() ? terminal_columns() : 80,
        .colour = wants_colour(options),
        .arrows = isatty(STDOUT_FILENO) && !output->ascii,
    };
    struct ladder *ladder = ladder_create(&setting);

    if (!ladder) {
        reading_complain("no memory");
        return EXIT_INPUT;
    }
    struct reading reading = {
        .sink = ladder_event, .context = ladder, .wanted = ladder_wanted(options->zoom), .output = output,
        .first_time = ladder_first_time(ladder),
    };
    struct reading_result result;

    reading_run(options, &reading, &result);
    ladder_write(ladder, output);
    ladder_destroy(ladder);
    if (reading_has_totals(&result) && options->connection > result.totals.connections) {
        reading_complain("--conn: the input has no connection of this number");
    }
    return reading_finish(&result, output, EXIT_FINE);
}

static int command_explain(const struct options *options)
{
    return explaining_run(options, standard_output(), wants_colour(options));
}

static struct view_settings view_settings_of(const struct options *options)
{
    const char *no_colour = getenv("NO_COLOR");
    bool colour = options->colour == COLOUR_ALWAYS ||
                  (options->colour == COLOUR_AUTO && !(no_colour && no_colour[0] != '\0'));

    return (struct view_settings){ .colour = colour, .filter = options->display_filter };
}

static int command_view(const struct options *options)
{
    struct view_settings settings = view_settings_of(options);

    return view_run(options, &settings);
}

/* The viewer on a terminal; elsewhere lines, as print writes them. */
static int command_run(const struct options *options)
{
    struct view_settings settings = view_settings_of(options);
    bool viewer = isatty(STDOUT_FILENO);
    struct options inside = *options;
    struct error error;
    struct run run;

    if (options->argument_count == 0) {
        return usage("run needs a command: ws101 run -- COMMAND");
    }
    if (!run_start(&run, options->arguments, options->argument_count, viewer, &error)) {
        reading_complain(error.text);
        return EXIT_INPUT;
    }
    inside.interface = RUN_INTERFACE;
    inside.argument_count = 0;
    settings.command = run.supervisor;
    return run_finish(&run, viewer ? view_run(&inside, &settings) : command_print(&inside));
}

static int command_doctor(const struct options *options)
{
    struct output *output = standard_output();
    struct reading_result result = { .status = EXIT_FINE };

    (void)options;
    return reading_finish(&result, output, doctor_report(output) ? EXIT_FINE : EXIT_INPUT);
}

static int command_play(const struct options *options)
{
    int ways = (options->write_file != NULL) + (options->client != NULL) + (options->server != 0);

    if (options->argument_count != 1 || ways != 1 || options->server > UINT16_MAX) {
        return usage("play needs a SCRIPT and one of -w FILE, --client ADDRESS:PORT, --server PORT");
    }
    return play_run(&(struct play_options){ options->arguments[0], options->write_file, options->client,
                                            (uint16_t)options->server });
}

static int command_help(const struct options *options);

#define OPTION_READS (OPTION_SOURCE | OPTION_INPUT)

/* Without a command: the first on a terminal, the second elsewhere. */
static const struct command commands[] = {
    { "view", "[FILE...]", "watch connections, messages and bits in the terminal",
      OPTION_READS | OPTION_FILTER | OPTION_COLOUR | OPTION_VIEW, command_view },
    { "print", "[FILE...]", "one line per event and finding", OPTION_READS | OPTION_EVENTS | OPTION_LINES,
      command_print },
    { "json", "[FILE...]", "one JSON object per line and event; --har: an HTTP Archive",
      OPTION_READS | OPTION_EVENTS | OPTION_HAR, command_json },
    { "stats", "[FILE...]", "totals, and one row per connection; --json: one object",
      OPTION_READS | OPTION_FILTER | OPTION_JSON, command_stats },
    { "check", "[FILE...]", "every broken rule, its bytes and section; exit 1 for a broken MUST",
      OPTION_READS | OPTION_FILTER | OPTION_JSON | OPTION_COLOUR, command_check },
    { "explain", "HEX...", "frames bit by bit, from bytes in hexadecimal; without HEX, of stdin",
      OPTION_EXPLAIN | OPTION_COLOUR, command_explain },
    { "ladder", "[FILE...]", "a sequence diagram of each connection; --svg, --mermaid",
      OPTION_READS | OPTION_FILTER | OPTION_COLOUR | OPTION_LADDER, command_ladder },
    { "play", "SCRIPT", "a conversation written as text, as a capture or on a real socket",
      OPTION_PLAY, command_play },
    { "run", "-- COMMAND", "COMMAND in a private network, no root needed, and its traffic",
      OPTION_INPUT | OPTION_EVENTS | OPTION_LINES, command_run },
    { "doctor", "", "which ways to capture are open here, and what to ask for", OPTION_EVERY,
      command_doctor },
    { "rules", "", "the table of rules; --json", OPTION_JSON, command_rules },
    { "help", "[COMMAND]", "this, or a command's options", 0, command_help },
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

/* What printf was given is on its way, or it is said that it is not. */
static int printed(void)
{
    if (fflush(stdout) != 0 && errno != EPIPE) {
        char line[128];

        snprintf(line, sizeof line, "cannot write standard output: %s", strerror(errno));
        reading_complain(line);
        return EXIT_INPUT;
    }
    return EXIT_FINE;
}

/* Of one command, or of all where command is NULL. */
static int help(const struct command *command)
{
    signal(SIGPIPE, SIG_IGN);
    command ? help_command(command) : help_overview();
    return printed();
}

static int command_help(const struct options *options)
{
    if (options->argument_count == 0) {
        return help(NULL);
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, options->arguments[0]) == 0) {
            return help(&commands[i]);
        }
    }
    return usage("there is no such command; ws101 help lists them");
}

/* -i without a name, where there is no terminal to choose on: one line each, the name first. */
static int list_interfaces(void)
{
    struct interface list[INTERFACES_MAX];
    struct error error;
    size_t count = interfaces_list(list, &error);
    struct output *output = standard_output();
    struct reading_result result = { .status = EXIT_FINE };

    for (size_t i = 0; i < count; i++) {
        char line[320], escaped[640];
        const char *description = list[i].description;

        snprintf(line, sizeof line, "%-15s %s%s%s%s%s", list[i].name, list[i].up ? "up" : "down",
                 list[i].addresses[0] ? " " : "", list[i].addresses, description[0] ? "  " : "", description);
        escape_copy(escaped, sizeof escaped, bytes_of_text(line));
        output_text(output, escaped);
        output_character(output, '\n');
    }
    if (count == 0) {
        reading_complain(error.text);
        result.status = EXIT_INPUT;
    }
    return reading_finish(&result, output, EXIT_FINE);
}

static const struct command *usual_command(void)
{
    return &commands[isatty(STDOUT_FILENO) ? 0 : 1];
}

static int run(const struct options *options)
{
    const struct command *command = options->command ? options->command : usual_command();
    bool needs_input = command->groups & OPTION_SOURCE;
    const char *mistake = mistake_of(options, command);
    struct error error;

    if (options->help) {
        return help(options->command);
    }
    if (options->version) {
        printf("ws101 " WS101_VERSION "\n");
        return printed();
    }
    if (mistake) {
        return usage(mistake);
    }
    if (options->capture_filter && !packet_filter_check(options->capture_filter, &error)) {
        return usage(error.text);
    }
    bool asks = needs_input && options->interface && options->interface[0] == '\0';
    bool chooses = command->run == command_view && isatty(STDOUT_FILENO);

    return asks && !chooses ? list_interfaces() : command->run(options);
}

/* A standard descriptor that came closed stays useless: else the next file that is opened would take its
 * place, and be read as standard input, or have our complaints written into it. */
static void keep_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0) {
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error;

    keep_standard_descriptors();
    return options_parse(argc, argv, commands, COMMANDS, usual_command(), &options, &error)
               ? run(&options)
               : usage(error.text);
}
