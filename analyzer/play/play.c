/* SPDX-License-Identifier: MIT */
#include "play.h"

#include "script.h"
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum exit_status {
    EXIT_FINE = 0,
    EXIT_USAGE = 2,
    EXIT_ENVIRONMENT = 3,
};

struct play_options {
    const char *script;
    const char *capture;
};

static int usage(void)
{
    fputs("ws101 play: a script and a place for it are expected: ws101 play SCRIPT -w FILE\n", stderr);
    return EXIT_USAGE;
}

/* Names come from the command line and may hold anything; a terminal gets printable characters. */
static void print_name(const char *name)
{
    for (; *name != '\0'; name++) {
        fputc((unsigned char)*name >= ' ' && (unsigned char)*name < 0x7F ? *name : '?', stderr);
    }
}

static int fail_file(const char *name, const char *what)
{
    int number = errno;

    fputs("ws101 play: ", stderr);
    print_name(name);
    fprintf(stderr, ": %s: %s\n", what, strerror(number));
    return EXIT_ENVIRONMENT;
}

static int fail_line(const char *name, unsigned line, const char *text)
{
    print_name(name);
    fprintf(stderr, ":%u: %s\n", line, text);
    return EXIT_USAGE;
}

static bool read_file(const char *name, struct buffer *out)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    uint8_t piece[4096];
    size_t n;

    if (file == NULL) {
        return false;
    }
    while ((n = fread(piece, 1, sizeof piece, file)) > 0) {
        buffer_put(out, bytes_of(piece, n));
    }
    bool good = !ferror(file) && !out->failed;

    if (file != stdin) {
        fclose(file);
    }
    return good;
}

static bool write_file(const char *name, struct bytes bytes)
{
    FILE *file = strcmp(name, "-") == 0 ? stdout : fopen(name, "wb");

    if (file == NULL) {
        return false;
    }
    bool good = fwrite(bytes.data, 1, bytes.length, file) == bytes.length && fflush(file) == 0;

    return (file == stdout || fclose(file) == 0) && good;
}

static int play_capture(const struct play_options *options, const struct conversation *conversation)
{
    struct buffer capture = { 0 };
    struct wire_error error;
    int status = EXIT_FINE;

    if (!wire_write(conversation, &capture, &error)) {
        status = fail_line(options->script, error.line, error.text);
    } else if (!write_file(options->capture, buffer_view(&capture))) {
        status = fail_file(options->capture, "cannot be written");
    }
    buffer_release(&capture);
    return status;
}

static int play_script(const struct play_options *options)
{
    struct buffer text = { 0 };
    struct conversation conversation;
    struct script_error error;
    int status;

    if (!read_file(options->script, &text)) {
        status = fail_file(options->script, "cannot be read");
    } else if (!script_read(buffer_view(&text), SCRIPT_MEMORY, &conversation, &error)) {
        status = fail_line(options->script, error.line, error.text);
    } else {
        status = play_capture(options, &conversation);
        conversation_release(&conversation);
    }
    buffer_release(&text);
    return status;
}

int play_command(int argc, char **argv)
{
    struct play_options options = { 0 };

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-w") == 0 && i + 1 < argc) {
            options.capture = argv[++i];
        } else if (options.script == NULL && (argv[i][0] != '-' || argv[i][1] == '\0')) {
            options.script = argv[i];
        } else {
            return usage();
        }
    }
    return options.script && options.capture ? play_script(&options) : usage();
}
