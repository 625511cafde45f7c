/* SPDX-License-Identifier: MIT */
#include "play.h"

#include "opponent.h"
#include "script.h"
#include "wire.h"

#include <errno.h>
#include <stdio.h>

enum {
    STATUS_FINE = 0,
    STATUS_OTHERWISE = 1,
    STATUS_SCRIPT = 2,
    STATUS_ENVIRONMENT = 3,
};

#define SCRIPT_MOST ((size_t)64 << 20)      /* of a script's text: standard input may never end */

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

    fputs("ws101: ", stderr);
    print_name(name);
    fprintf(stderr, ": %s: %s\n", what, strerror(number));
    return STATUS_ENVIRONMENT;
}

static int fail_line(const char *name, unsigned line, const char *text)
{
    print_name(name);
    fprintf(stderr, ":%u: %s\n", line, text);
    return STATUS_SCRIPT;
}

static bool read_file(const char *name, struct buffer *out)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    uint8_t piece[4096];
    size_t n;

    if (file == NULL) {
        return false;
    }
    while (!out->failed && (n = fread(piece, 1, sizeof piece, file)) > 0) {
        buffer_put(out, bytes_of(piece, n));
    }
    bool good = !ferror(file) && !out->failed;

    if (file != stdin) {
        fclose(file);
    }
    if (out->failed) {
        errno = EFBIG;
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
    int status = STATUS_FINE;

    if (!wire_write(conversation, &capture, &error)) {
        status = fail_line(options->script, error.line, error.text);
    } else if (!write_file(options->capture, buffer_view(&capture))) {
        status = fail_file(options->capture, "cannot be written");
    }
    buffer_release(&capture);
    return status;
}

static int play_opponent(const struct play_options *options, const struct conversation *conversation)
{
    struct opponent_error error;
    enum opponent_result result = options->client ? opponent_client(conversation, options->client, &error)
                                              : opponent_server(conversation, options->server, &error);

    if (result == OPPONENT_FAILED && error.line > 0) {
        fail_line(options->script, error.line, error.text);
    } else if (result == OPPONENT_FAILED) {
        fprintf(stderr, "ws101: %s\n", error.text);
    }
    static const int statuses[] = {
        [OPPONENT_DONE] = STATUS_FINE,
        [OPPONENT_OTHERWISE] = STATUS_OTHERWISE,
        [OPPONENT_FAILED] = STATUS_ENVIRONMENT,
    };

    return statuses[result];
}

int play_run(const struct play_options *options)
{
    struct buffer text = { .limit = SCRIPT_MOST };
    struct conversation conversation;
    struct script_error error;
    int status;

    if (!read_file(options->script, &text)) {
        status = fail_file(options->script, "cannot be read");
    } else if (!script_read(buffer_view(&text), SCRIPT_MEMORY, &conversation, &error)) {
        status = fail_line(options->script, error.line, error.text);
    } else {
        status = options->capture ? play_capture(options, &conversation)
                                  : play_opponent(options, &conversation);
        conversation_release(&conversation);
    }
    buffer_release(&text);
    return status;
}
