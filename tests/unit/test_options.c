/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "report.h"

static const struct command commands[] = {
    { "print", "[FILE...]", "", OPTION_SOURCE | OPTION_INPUT | OPTION_EVENTS | OPTION_LINES, NULL },
    { "json", "[FILE...]", "", OPTION_SOURCE | OPTION_INPUT | OPTION_EVENTS, NULL },
    { "rules", "", "", OPTION_JSON, NULL },
    { "view", "[FILE...]", "", OPTION_SOURCE | OPTION_INPUT | OPTION_VIEW, NULL },
};

static struct options options;
static struct error error;

/* Parses words separated by single spaces. */
static bool parse(const char *line)
{
    static char words[256];
    static char *argv[32];
    int argc = 0;

    argv[argc++] = "ws101";
    strcpy(words, line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    return options_parse(argc, argv, commands, 4, &commands[0], &options, &error);
}

/* The same, wherever the options stand and however they are written. */
static const char *const lines[] = {
    "json -d 8080 --memory 2M a.pcap b.pcap",
    "-d 8080 --memory=2M json a.pcap b.pcap",
    "json a.pcap -d8080 b.pcap --memory 2048K",
    "--memory 2m -d 8080 json -- a.pcap b.pcap",
};

START_TEST(options_stand_anywhere)
{
    ck_assert_msg(parse(lines[_i]), "%s", error.text);
    ck_assert_str_eq(options.command->name, "json");
    ck_assert_uint_eq(options.argument_count, 2);
    ck_assert_str_eq(options.arguments[0], "a.pcap");
    ck_assert_str_eq(options.arguments[1], "b.pcap");
    ck_assert_uint_eq(options.port_count, 1);
    ck_assert_uint_eq(options.ports[0], 8080);
    ck_assert_uint_eq(options.limits.memory, 2 << 20);
}
END_TEST

/* What is not given is not taken from the next word. */
START_TEST(some_values_may_be_left_out)
{
    ck_assert(parse("view --replay a.pcap"));
    ck_assert(options.replay);
    ck_assert_int_eq(options.speed, 3);
    ck_assert_str_eq(options.arguments[0], "a.pcap");
    ck_assert(parse("view --replay=1/8 --max-wait 2 a.pcap"));
    ck_assert_int_eq(options.speed, 0);
    ck_assert_int_eq(options.max_wait, 2000000000);
    ck_assert(!parse("view --replay=3 a.pcap"));
    ck_assert(!parse("print --replay a.pcap"));
    ck_assert(parse("print -i"));
    ck_assert_str_eq(options.interface, "");
    ck_assert(parse("print --interface -v"));
    ck_assert_str_eq(options.interface, "");
    ck_assert(options.fields);
    ck_assert(parse("print -i lo -v"));
    ck_assert_str_eq(options.interface, "lo");
    ck_assert(parse("print --interface=eth0"));
    ck_assert_str_eq(options.interface, "eth0");
}
END_TEST

/* The usual ceiling, asked for, is not the same as none: the viewer's own is higher. */
START_TEST(a_ceiling_is_known_to_have_been_given)
{
    ck_assert(parse("print --memory 64M x"));
    ck_assert_uint_eq(options.memory, 64 << 20);
    ck_assert(parse("print x"));
    ck_assert_uint_eq(options.memory, 0);
    ck_assert_uint_eq(options.limits.memory, 64 << 20);
}
END_TEST

START_TEST(two_dashes_end_commands_and_options)
{
    ck_assert(parse("-- print -d"));
    ck_assert_ptr_null(options.command);
    ck_assert_uint_eq(options.argument_count, 2);
    ck_assert_str_eq(options.arguments[0], "print");
    ck_assert_str_eq(options.arguments[1], "-d");
}
END_TEST

/* -r FILE is FILE, wherever it stands; the first other word may still be the command. */
START_TEST(files_keep_their_order)
{
    ck_assert(parse("-r a.pcap json -rb.pcap c.pcap --read=d.pcap"));
    ck_assert_str_eq(options.command->name, "json");
    ck_assert_uint_eq(options.argument_count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(options.arguments[i][0], (int)('a' + i));
    }
    ck_assert_ptr_null(options.arguments[4]);
}
END_TEST

START_TEST(no_command_is_needed_for_a_file)
{
    ck_assert(parse("some/capture.pcapng"));
    ck_assert_ptr_null(options.command);
    ck_assert_str_eq(options.arguments[0], "some/capture.pcapng");
    ck_assert(parse("-"));
    ck_assert_str_eq(options.arguments[0], "-");
}
END_TEST

START_TEST(kinds_and_times_and_sizes)
{
    ck_assert(parse("print --only frame,finding -t ud --held 64K --idle 5 --preview 40 x"));
    ck_assert_uint_eq(options.shown, EVENT_BIT(EVENT_FRAME) | EVENT_BIT(EVENT_NOTICE));
    ck_assert_int_eq(options.times, TEXT_TIMES_UTC_DATE);
    ck_assert_uint_eq(options.limits.held, 64 << 10);
    ck_assert_int_eq(options.limits.idle, INT64_C(5000000000));
    ck_assert_uint_eq(options.preview, 40);
}
END_TEST

/* What makes no sense, and what its message must contain. */
static const struct {
    const char *line;
    const char *hint;
} mistakes[] = {
    { "pritn x", "did you mean print?" },
    { "josn", "did you mean json?" },
    { "conquer a.pcap", "conquer is neither a command nor a file; ws101 help" },
    { "rules x", "rules takes no arguments" },
    { "--replay a.pcap", "print has no option --replay" },
    { "print --onyl frame", "did you mean --only?" },
    { "print --quite", "no option --quite" },
    { "print -Z", "no option -Z" },
    { "print --only frames", "no kind frames" },
    { "print --only frame,", "no kind" },
    { "print -d 0", "from 1 to 65535, not 0" },
    { "print -d 65536", "from 1 to 65535" },
    { "print -d 80x", "from 1 to 65535" },
    { "print --memory 64X", "not 64X" },
    { "print --memory -1", "not -1" },
    { "print --memory 99999999999999999999", "not 999" },
    { "print --memory 17179869184G", "not 171" },
    { "print --held 5G", "too large" },
    { "print -t x", "not x" },
    { "print --color sometimes", "not sometimes" },
    { "print -d", "wants a value" },
    { "print -i lo -i eth0", "-i can be given once" },
    { "rules --json=1", "takes no value" },
    { "json --color never", "json has no option --color" },
    { "--only frame rules", "rules has no option --only" },
    { "print --\033[2J", "no option --\\x1b[2J" },
};

START_TEST(mistakes_are_told_with_a_hint)
{
    ck_assert(!parse(mistakes[_i].line));
    ck_assert_msg(strstr(error.text, mistakes[_i].hint) != NULL, "%s", error.text);
    ck_assert_ptr_null(strpbrk(error.text, "\033\n"));
}
END_TEST

START_TEST(ports_are_bounded)
{
    char *argv[2 * OPTIONS_PORTS_MAX + 4] = { "ws101", "print" };
    int argc = 2;

    for (int i = 0; i < OPTIONS_PORTS_MAX; i++) {
        argv[argc++] = "-d";
        argv[argc++] = "80";
    }
    ck_assert(options_parse(argc, argv, commands, 4, &commands[0], &options, &error));
    argv[1] = "print";          /* parsing has moved words */
    argv[argc++] = "-d80";
    ck_assert(!options_parse(argc, argv, commands, 4, &commands[0], &options, &error));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("command line");

    tcase_add_loop_test(tests, options_stand_anywhere, 0, (int)(sizeof lines / sizeof lines[0]));
    tcase_add_test(tests, some_values_may_be_left_out);
    tcase_add_test(tests, a_ceiling_is_known_to_have_been_given);
    tcase_add_test(tests, two_dashes_end_commands_and_options);
    tcase_add_test(tests, files_keep_their_order);
    tcase_add_test(tests, no_command_is_needed_for_a_file);
    tcase_add_test(tests, kinds_and_times_and_sizes);
    tcase_add_loop_test(tests, mistakes_are_told_with_a_hint, 0, (int)(sizeof mistakes / sizeof mistakes[0]));
    tcase_add_test(tests, ports_are_bounded);
    return report_run("options", tests);
}
