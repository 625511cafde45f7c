/* SPDX-License-Identifier: MIT */
#include "explaining.h"

#include <stdio.h>
#include <stdlib.h>

#include "reading.h"
#include "report/escape.h"
#include "report/hex_input.h"

static int usage(const char *text)
{
    reading_complain(text);
    return EXIT_USAGE;
}

#define INPUT_MOST (16 << 20)   /* of standard input: it may never end */

/* False, and the reason told, when it cannot be read or does not end. */
static bool copy_input(FILE *stream)
{
    size_t most = INPUT_MOST;
    int character;

    while ((character = getchar()) != EOF) {
        if (most-- == 0) {
            reading_complain("standard input: more than 16 MiB; explain is for a few frames");
            return false;
        }
        putc(character, stream);
    }
    if (ferror(stdin)) {
        reading_complain("standard input: cannot be read");
        return false;
    }
    return true;
}

/* The words after the command, or standard input, as one text to be freed; NULL, and the reason told. */
static char *hex_words(const struct options *options, size_t *length)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, length);
    bool copied = true;

    for (size_t i = 0; stream && i < options->argument_count; i++) {
        fprintf(stream, "%s ", options->arguments[i]);
    }
    if (stream && options->argument_count == 0) {
        copied = copy_input(stream);
    }
    if (!stream || fclose(stream) != 0) {
        reading_complain("no memory");
        copied = false;
    }
    if (!copied) {
        free(text);
        return NULL;
    }
    return text;
}

static int explain_bytes(struct bytes bytes, struct output *output, const struct explain_setting *setting)
{
    struct reading_result result = { .status = EXIT_FINE };
    uint8_t *scratch = malloc(bytes.length);

    if (!scratch) {
        reading_complain("no memory");
        return EXIT_INPUT;
    }
    explain_write(output, bytes, scratch, setting);
    free(scratch);
    return reading_finish(&result, output, EXIT_FINE);
}

static int explain_text(struct bytes text, struct output *output, const struct explain_setting *setting)
{
    size_t count, bad;
    uint8_t *bytes = malloc(text.length / 2 + 1);
    char mistake[160], near[40];
    int status;

    if (!bytes) {
        reading_complain("no memory");
        return EXIT_INPUT;
    }
    if (!hex_input_read(text, bytes, &count, &bad)) {
        escape_copy(near, sizeof near, bytes_first(bytes_after(text, bad), 8));
        snprintf(mistake, sizeof mistake,
                 "no hexadecimal byte at character %zu: %s; explain wants bytes such as 81 85 37 fa", bad + 1,
                 near);
        status = usage(mistake);
    } else if (count == 0) {
        status = usage("explain wants bytes such as 81 85 37 fa, as arguments or on standard input");
    } else {
        status = explain_bytes(bytes_of(bytes, count), output, setting);
    }
    free(bytes);
    return status;
}

int explaining_run(const struct options *options, struct output *output, bool colour)
{
    struct explain_setting setting = { .sender = options->sender, .colour = colour };
    size_t length;
    char *text = hex_words(options, &length);
    int status = text ? explain_text(bytes_of(text, length), output, &setting) : EXIT_INPUT;

    free(text);
    return status;
}
