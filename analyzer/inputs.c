/* SPDX-License-Identifier: MIT */
#include "inputs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define DESCRIPTORS_EACH  4     /* a capture's file and its event, and once more in the viewer */
#define DESCRIPTORS_OTHER 32

const char *inputs_name(const struct options *options, size_t index)
{
    return options->interface ? options->interface : options->arguments[index];
}

static size_t count_of(const struct options *options)
{
    return options->interface ? 1 : options->argument_count;
}

/* A thousand descriptors are the usual limit, and may be more than that by asking. */
static void allow_descriptors(size_t count)
{
    struct rlimit limit;
    rlim_t wanted = count * DESCRIPTORS_EACH + DESCRIPTORS_OTHER;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static struct capture *open_capture(const struct options *options, size_t index, struct error *error)
{
    const char *name = inputs_name(options, index);
    struct capture_options from = {
        .file = options->interface ? NULL : name,
        .interface = options->interface,
        .filter = options->capture_filter,
        .snap_length = options->snap_length,
        .promiscuous = options->promiscuous,
        .buffer_size = options->ring_size,
    };

    return capture_open(&from, error);
}

static bool open_captures(struct inputs *inputs, const struct options *options, struct error *error)
{
    size_t count = count_of(options);

    allow_descriptors(count);
    inputs->captures = calloc(count + 1, sizeof(struct capture *));
    if (!inputs->captures) {
        error_set(error, "no memory");
        return false;
    }
    while (inputs->count < count) {
        struct capture *capture = open_capture(options, inputs->count, error);

        if (!capture) {
            return false;
        }
        inputs->captures[inputs->count++] = capture;
    }
    return true;
}

/* A file that was opened to be read would be emptied by opening it to be written. */
static bool is_read(const struct inputs *inputs, const struct options *options)
{
    struct stat written, read;

    if (options->interface || stat(options->write_file, &written) != 0) {
        return false;
    }
    for (size_t i = 0; i < inputs->count; i++) {
        if (stat(inputs_name(options, i), &read) == 0 && read.st_dev == written.st_dev &&
            read.st_ino == written.st_ino) {
            return true;
        }
    }
    return false;
}

/* What a live capture's packets look like is known before there is one. */
static bool open_writer(struct inputs *inputs, const struct options *options, struct error *error)
{
    if (!options->write_file) {
        return true;
    }
    if (is_read(inputs, options)) {
        error_set(error, "%.150s: is what is read; -w wants another file", options->write_file);
        return false;
    }
    inputs->writer = capture_writer_open(options->write_file, options->overwrite, error);
    return inputs->writer && (!options->interface ||
           capture_writer_begin(inputs->writer, capture_link_type(inputs->captures[0]), error));
}

bool inputs_open(struct inputs *inputs, const struct options *options, struct error *error)
{
    *inputs = (struct inputs){ .count = 0 };
    if (open_captures(inputs, options, error) && open_writer(inputs, options, error)) {
        return true;
    }
    inputs_close(inputs);
    return false;
}

static bool all_are_files(const struct options *options)
{
    struct stat status;

    for (size_t i = 0; i < count_of(options); i++) {
        if (options->interface || stat(inputs_name(options, i), &status) != 0 || !S_ISREG(status.st_mode)) {
            return false;
        }
    }
    return true;
}

/* A capture filter leaves packets out, which -w has: their numbers would not be the same. */
static bool written_can_serve(const struct options *options)
{
    return options->write_file && strcmp(options->write_file, "-") != 0 &&
           (options->interface || !options->capture_filter);
}

bool inputs_open_again(struct inputs *again, const struct options *options, struct error *error)
{
    struct options from = *options;
    char *written = (char *)options->write_file;

    from.write_file = NULL;
    if (!all_are_files(options)) {
        from = (struct options){ .arguments = &written, .argument_count = written_can_serve(options) };
    }
    return inputs_open(again, &from, error);
}

struct capture *inputs_take(struct inputs *inputs, size_t index)
{
    struct capture *capture = inputs->captures[index];

    inputs->captures[index] = NULL;
    return capture;
}

void inputs_close(struct inputs *inputs)
{
    struct error error;

    for (size_t i = 0; i < inputs->count; i++) {
        capture_close(inputs->captures[i]);
    }
    free(inputs->captures);
    if (inputs->writer) {
        capture_writer_close(inputs->writer, &error);
    }
    *inputs = (struct inputs){ .count = 0 };
}
