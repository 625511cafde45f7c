/* SPDX-License-Identifier: MIT */
#include "settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/capture.h"

#define FILE_MAX (64 * 1024)

/* A relative $XDG_CONFIG_HOME is to be ignored, says the specification. */
static bool directory_path(char *out, size_t capacity)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int length;

    if (config && config[0] == '/') {
        length = snprintf(out, capacity, "%s/ws101", config);
    } else if (home && home[0] == '/') {
        length = snprintf(out, capacity, "%s/.config/ws101", home);
    } else {
        return false;
    }
    return length > 0 && (size_t)length < capacity;
}

bool settings_path(char *out, size_t capacity)
{
    char directory[PATH_MAX];
    int length =
        directory_path(directory, sizeof directory) ? snprintf(out, capacity, "%s/config", directory) : -1;

    return length > 0 && (size_t)length < capacity;
}

/* --- reading ----------------------------------------------------------------------------------------- */

/* Up to its first FILE_MAX bytes. -1 with errno. */
static ssize_t read_file(const char *path, char *out)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t length = 0, n = 1;
    struct stat status;

    if (file < 0) {
        return -1;
    }
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(file);
        errno = EINVAL;
        return -1;
    }
    while (n > 0 && length < FILE_MAX) {
        n = read(file, out + length, (size_t)(FILE_MAX - length));
        length += n > 0 ? n : 0;
    }
    close(file);
    return n < 0 ? -1 : length;
}

void settings_load(struct settings *settings, char *complaint, size_t capacity)
{
    char path[PATH_MAX], problem[200] = "", *text = malloc(FILE_MAX);
    ssize_t length = -1;

    *settings = settings_usual();
    complaint[0] = '\0';
    if (text == NULL || !settings_path(path, sizeof path)) {
        free(text);
        return;
    }
    length = read_file(path, text);
    if (length < 0 && errno != ENOENT && errno != ENOTDIR) {
        snprintf(complaint, capacity, "settings cannot be read: %s: %s", path, strerror(errno));
    } else if (length > 0) {
        settings_parse(settings, bytes_of(text, (size_t)length), problem, sizeof problem);
    }
    if (problem[0]) {
        snprintf(complaint, capacity, "%s: %s", path, problem);
    }
    free(text);
}

/* --- writing ----------------------------------------------------------------------------------------- */

static bool fail(struct error *error, const char *path, const char *why)
{
    error_set(error, "settings are not saved: %.300s: %s", path, why);
    return false;
}

/* Every directory of the path that is missing, for the user alone. */
static void make_directories(const char *path)
{
    char part[PATH_MAX];

    for (const char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
        mkdir(part, 0700); /* opening the file tells what could not be made */
    }
    mkdir(path, 0700);
}

/* The nearest directory that is there belongs to who runs the program. */
static bool is_ours(const char *path)
{
    char part[PATH_MAX];
    struct stat status;

    snprintf(part, sizeof part, "%s", path);
    while (stat(part, &status) != 0) {
        char *slash = strrchr(part, '/');

        if (slash == NULL || slash == part) {
            return false;
        }
        *slash = '\0';
    }
    return status.st_uid == geteuid();
}

static bool write_file(const char *path, const char *text, size_t length, struct error *error)
{
    int file = capture_create(path, true, error);

    if (file < 0) {
        return false;
    }
    bool whole = write(file, text, length) == (ssize_t)length && fsync(file) == 0;

    whole = close(file) == 0 && whole;
    return whole || fail(error, path, strerror(errno));
}

bool settings_save(const struct settings *settings, struct error *error)
{
    char directory[PATH_MAX], path[PATH_MAX], fresh[PATH_MAX + 8], text[SETTINGS_TEXT_MAX];
    size_t length = settings_format(settings, text);

    if (!directory_path(directory, sizeof directory) || !settings_path(path, sizeof path)) {
        return fail(error, "~/.config", "HOME is not set");
    }
    if (!is_ours(directory)) {
        return fail(error, directory, "it belongs to another user");
    }
    make_directories(directory);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    if (!write_file(fresh, text, length, error)) {
        return false;
    }
    return rename(fresh, path) == 0 || fail(error, path, strerror(errno));
}
