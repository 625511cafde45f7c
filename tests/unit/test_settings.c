/* SPDX-License-Identifier: MIT */
#include "view/settings_file.h"

#include <stdio.h>
#include <sys/stat.h>

#include "report.h"

static struct settings settings;
static char complaint[300];

static size_t parse(const char *text)
{
    settings = settings_usual();
    return settings_parse(&settings, bytes_of_text(text), complaint, sizeof complaint);
}

START_TEST(lines_are_understood)
{
    ck_assert_uint_eq(parse("theme = light\r\n  ascii=yes # for the beamer\n\n# all comment\ntime = clock\n"
                            "hide-http = yes\nhide-control = yes\nmemory = 300m\n"
                            "columns = state, target,bytes-sent"), 0);
    ck_assert_str_eq(complaint, "");
    ck_assert_uint_eq(settings.theme, THEME_LIGHT);
    ck_assert(settings.ascii && settings.clock && settings.hide_http && settings.hide_control);
    ck_assert_uint_eq(settings.memory, UINT64_C(300) << 20);
    ck_assert_int_eq(settings.columns.order[0], COLUMN_STATE);
    ck_assert_int_eq(settings.columns.order[1], COLUMN_TARGET);
    ck_assert_int_eq(settings.columns.order[2], COLUMN_BYTES_SENT);
    ck_assert_int_eq(settings.columns.order[3], COLUMN_NUMBER);
    ck_assert(settings.columns.shown[COLUMN_TARGET] && !settings.columns.shown[COLUMN_NUMBER]);
}
END_TEST

#define BAD_COLUMNS "line 1 is passed over: \"columns\" names a column that is not there, or twice"

static const struct {
    const char *text, *complaint;
} wrong[] = {
    { "them = light\n", "line 1 is passed over: \"them\" is no setting" },
    { "\ntheme = pink", "line 2 is passed over: \"theme\" cannot be that" },
    { "theme", "line 1 is passed over: \"theme\" cannot be that" },
    { "= light", "line 1 is passed over: \"\" is no setting" },
    { "memory = 0", "line 1 is passed over: \"memory\" cannot be that" },
    { "memory = 9999999999G", "line 1 is passed over: \"memory\" cannot be that" },
    { "memory = 1000K", "line 1 is passed over: \"memory\" cannot be that" },
    { "memory = 5Q", "line 1 is passed over: \"memory\" cannot be that" },
    { "memory = G", "line 1 is passed over: \"memory\" cannot be that" },
    { "columns =", BAD_COLUMNS },
    { "columns = state, colour", BAD_COLUMNS },
    { "columns = state, state", BAD_COLUMNS },
    { "\x1b[31m = 1", "line 1 is passed over: \"\\x1b[31m\" is no setting" },
};

/* One line tells of the first; the others around it count all the same. */
START_TEST(a_bad_line_is_named_and_passed_over)
{
    char text[300];

    snprintf(text, sizeof text, "%s\nascii = yes\nnonsense\n", wrong[_i].text);
    ck_assert_uint_eq(parse(text), 2);
    ck_assert_str_eq(complaint, wrong[_i].complaint);
    ck_assert(settings.ascii);
    ck_assert_uint_eq(settings.theme, THEME_AUTO);
    ck_assert_int_eq(settings.columns.order[0], COLUMN_NUMBER);
}
END_TEST

static void assert_same(const struct settings *a, const struct settings *b)
{
    char text_of_a[SETTINGS_TEXT_MAX], text_of_b[SETTINGS_TEXT_MAX];

    settings_format(a, text_of_a);
    settings_format(b, text_of_b);
    ck_assert_str_eq(text_of_a, text_of_b);
}

/* Whatever the screen makes of them, they are read as they were written. */
START_TEST(what_is_written_is_read)
{
    struct settings turned = settings_usual();
    char text[SETTINGS_TEXT_MAX];

    for (int i = 0; i < 200; i++) {
        enum column *order = turned.columns.order, first = order[0];

        settings_turn(&turned, (size_t)i % SETTINGS_ROWS, i % 7 ? 1 : -1);
        order[0] = order[i % COLUMNS];
        order[i % COLUMNS] = first;
        turned.columns.shown[i * 5 % COLUMNS] ^= i % 3 == 0 && i * 5 % COLUMNS != COLUMN_STATE;
        size_t length = settings_format(&turned, text);

        ck_assert_uint_lt(length, SETTINGS_TEXT_MAX);
        ck_assert_uint_eq(parse(text), 0);
        assert_same(&settings, &turned);
    }
}
END_TEST

START_TEST(any_bytes_are_survived)
{
    uint32_t state = 5;
    uint8_t bytes[500];

    for (int i = 0; i < 2000; i++) {
        static const char often[] = "=,#\n theme columns state memory 1G";

        for (size_t k = 0; k < sizeof bytes; k++) {
            state = state * 1664525 + 1013904223;
            char common = often[(state >> 16) % (sizeof often - 1)];

            bytes[k] = state >> 31 ? (uint8_t)(state >> 20) : (uint8_t)common;
        }
        settings_parse(&settings, bytes_of(bytes, sizeof bytes), complaint, sizeof complaint);
    }
}
END_TEST

/* --- the file ---------------------------------------------------------------------------------------- */

static char directory[40];

static void enter(const char *name, int overwrite)
{
    char path[100];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    setenv("XDG_CONFIG_HOME", path, overwrite);
}

static void make_directory(void)
{
    snprintf(directory, sizeof directory, "/tmp/ws101-settings-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    enter("a/b", 1);
}

static void remove_directory(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static struct stat status_of(const char *name)
{
    struct stat status;
    char path[100];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    ck_assert_int_eq(lstat(path, &status), 0);
    return status;
}

START_TEST(the_file_is_made_and_read)
{
    struct settings kept = settings_usual();
    struct error error;

    make_directory();
    settings_load(&settings, complaint, sizeof complaint);
    ck_assert_str_eq(complaint, "");                    /* none is none */
    kept.theme = THEME_DARK;
    kept.memory = 1 << 30;
    ck_assert_msg(settings_save(&kept, &error), "%s", error.text);
    settings_load(&settings, complaint, sizeof complaint);
    assert_same(&settings, &kept);
    ck_assert_uint_eq(status_of("a/b/ws101/config").st_mode & 0777, 0600);
    ck_assert_uint_eq(status_of("a/b/ws101").st_mode & 0777, 0700);
    kept.theme = THEME_LIGHT;
    ck_assert(settings_save(&kept, &error));            /* over the one before */
    settings_load(&settings, complaint, sizeof complaint);
    ck_assert_uint_eq(settings.theme, THEME_LIGHT);
    remove_directory();
}
END_TEST

START_TEST(what_cannot_be_read_is_told)
{
    char path[100];

    make_directory();
    snprintf(path, sizeof path, "mkdir -p %s/a/b/ws101/config", directory);
    ck_assert_int_eq(system(path), 0);
    settings_load(&settings, complaint, sizeof complaint);
    ck_assert_msg(strstr(complaint, "cannot be read") != NULL, "%s", complaint);
    snprintf(path, sizeof path, "cd %s/a/b/ws101 && rmdir config && echo colour=red >config", directory);
    ck_assert_int_eq(system(path), 0);
    settings_load(&settings, complaint, sizeof complaint);
    ck_assert_msg(strstr(complaint, "/config: line 1 is passed over: \"colour\"") != NULL, "%s", complaint);
    remove_directory();
}
END_TEST

/* Root with a user's HOME: files of root in it would lock the user out. */
START_TEST(another_users_directory_is_left_alone)
{
    struct settings kept = settings_usual();
    struct error error;

    if (geteuid() != 0) {
        return;
    }
    make_directory();
    ck_assert_int_eq(chown(directory, 1234, 1234), 0);
    ck_assert(!settings_save(&kept, &error));
    ck_assert_msg(strstr(error.text, "another user") != NULL, "%s", error.text);
    remove_directory();
}
END_TEST

/* Nothing is followed that somebody laid there, and nothing is half written. */
START_TEST(a_link_is_not_followed)
{
    struct settings kept = settings_usual();
    struct error error;
    char command[200];

    make_directory();
    snprintf(command, sizeof command, "mkdir -p %s/a/b/ws101 && ln -s ../victim %s/a/b/ws101/config.new",
             directory, directory);
    ck_assert_int_eq(system(command), 0);
    ck_assert(!settings_save(&kept, &error));
    ck_assert_msg(strstr(error.text, "symbolic link") != NULL, "%s", error.text);
    remove_directory();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("settings");

    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, lines_are_understood);
    tcase_add_loop_test(tests, a_bad_line_is_named_and_passed_over, 0, (int)(sizeof wrong / sizeof wrong[0]));
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, any_bytes_are_survived);
    tcase_add_test(tests, the_file_is_made_and_read);
    tcase_add_test(tests, what_cannot_be_read_is_told);
    tcase_add_test(tests, another_users_directory_is_left_alone);
    tcase_add_test(tests, a_link_is_not_followed);
    return report_run("settings", tests);
}
