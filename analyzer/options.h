/* SPDX-License-Identifier: MIT */
#ifndef WS101_OPTIONS_H
#define WS101_OPTIONS_H

/* options - the command line: a command, its options before or after it, its arguments.
 *
 * Comes in:   argv and the table of commands. Goes out: struct options, whose strings are argv's.
 * Adding a command is a row of main's table; adding an option is a member here and a row in options.c.
 * Options may stand anywhere; "--" ends them, and a command's name is not looked for behind it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"
#include "core/event.h"
#include "core/limits.h"
#include "report/explain.h"
#include "report/ladder.h"
#include "report/text.h"

struct options;

enum option_group {             /* bits: which commands an option is for */
    OPTION_EVERY = 0,           /* all of them */
    OPTION_SOURCE = 1 << 0,     /* where packets come from: files or an interface */
    OPTION_EVENTS = 1 << 1,     /* which events are shown */
    OPTION_LINES = 1 << 2,      /* how lines of text look */
    OPTION_COLOUR = 1 << 3,     /* --color */
    OPTION_JSON = 1 << 4,       /* --json instead of text */
    OPTION_PLAY = 1 << 5,       /* where a script's conversation goes */
    OPTION_FILTER = 1 << 6,     /* -Y */
    OPTION_INPUT = 1 << 7,      /* how packets are read, and the limits */
    OPTION_EXPLAIN = 1 << 8,    /* whose bytes they are */
    OPTION_LADDER = 1 << 9,     /* what a ladder shows, and as what */
    OPTION_HAR = 1 << 10,       /* --har */
    OPTION_VIEW = 1 << 11,      /* of the viewer alone */
};

struct command {
    const char *name;
    const char *arguments;      /* as usage shows them */
    const char *help;           /* one line */
    unsigned groups;            /* enum option_group */
    int (*run)(const struct options *options);      /* the exit status */
};

enum option_colour {
    COLOUR_AUTO,
    COLOUR_ALWAYS,
    COLOUR_NEVER,
};

#define OPTIONS_PORTS_MAX 64

struct options {
    const struct command *command;      /* NULL: none was named */
    char **arguments;                   /* what is no option, and -r's files, in their order; then NULL */
    size_t argument_count;
    bool help, version;

    const char *interface;              /* "": which ones there are is asked */
    const char *capture_filter;
    const char *write_file;
    bool overwrite;
    bool promiscuous;
    bool no_guess;
    bool verify_checksums;
    uint32_t snap_length;
    uint32_t ring_size;                 /* live: the kernel's ring; bytes */
    uint16_t ports[OPTIONS_PORTS_MAX];  /* -d */
    size_t port_count;
    uint64_t memory;                    /* --memory; 0: not given */
    struct limits limits;

    const char *display_filter;
    unsigned shown;                     /* --only: EVENT_BITs; EVENT_NOTICE is the findings */
    enum text_times times;
    enum option_colour colour;
    uint64_t preview;                   /* --preview: columns of payload; 0: not given */
    bool json;
    bool har;                           /* json: one HTTP Archive instead of lines */

    const char *client;                 /* play: ADDRESS:PORT to connect to */
    uint64_t server;                    /* play: the port to listen on; 0: not given */
    bool fields;                        /* -v: every field */
    bool bytes;                         /* -x: the bytes */
    enum explain_sender sender;         /* --from */
    enum ladder_zoom zoom;
    bool svg, mermaid;
    uint64_t connection;                /* --conn; 0: not given */
    bool replay;
    int speed;                          /* of the replay: its index */
    int64_t max_wait;                   /* of the replay, in nanoseconds; 0: not given */
};

/* Exit statuses, the same for every command. */
enum {
    EXIT_FINE = 0,
    EXIT_BROKEN = 1,            /* check found a broken MUST, or an answer is wrong */
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,             /* the input or the environment failed */
    EXIT_SIGNAL = 128,          /* plus the signal's number */
};

/* False, with *error, when the command line makes no sense. usual: the command that is done where none is
 * named. argv is rearranged, and goes on being used. */
bool options_parse(int argc, char **argv, const struct command *commands, size_t command_count,
                   const struct command *usual, struct options *options, struct error *error);

/* The rows of help for the options of these groups, on standard output. */
void options_help(unsigned groups);

#endif
