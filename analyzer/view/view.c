/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/interfaces.h"
#include "capture/privileges.h"
#include "chooser.h"
#include "feed.h"
#include "reading.h"
#include "saver.h"
#include "settings_keeper.h"
#include "term.h"

#define MILLISECOND     INT64_C(1000000)
#define READ_BUDGET     (2 * MILLISECOND)
#define WORK_BUDGET     (1 * MILLISECOND)
#define FRAME_TIME      (33 * MILLISECOND)
#define IDLE_WAIT       (250 * MILLISECOND)     /* counters and times are shown anew as often */
#define REPLAY_WAIT     (100 * MILLISECOND)     /* a replay's clock is shown anew as often */
#define INTERFACES_WAIT 1000        /* milliseconds until it is asked again which there are */

/* Signals ask, every one that would end us; the loop answers. */
static volatile sig_atomic_t stop_signal, suspend_asked, resize_asked;

struct session {
    struct options options;
    char interface[64];             /* the one that was chosen on the screen */
    struct feed feed;
    struct inputs again;            /* what is fed, once more, for saving packets */
    struct viewer viewer;
    struct saver *saver;
    struct settings_keeper keeper;
    unsigned theme;                 /* enum theme: the one that the terminal has */
    struct canvas canvas;
    bool changed;                   /* since it was last drawn */
    bool answers;                   /* to a key: drawn at once, however short ago that last was */
    int64_t drawn;                  /* when */
    int64_t turned;                 /* when the last turn began */
    bool terminal_gone;
    pid_t command;                  /* whose end is to be told; 0 for none */
};

/* --- signals --------------------------------------------------------------------------------------- */

static void on_signal(int number)
{
    if (number == SIGWINCH) {
        resize_asked = 1;
    } else if (number == SIGTSTP) {
        suspend_asked = 1;
    } else {
        stop_signal = number;
    }
}

static void catch_signals(void)
{
    static const int numbers[] = {
        SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGIO, SIGPWR,
        SIGSTKFLT, SIGXCPU, SIGTSTP, SIGWINCH,
    };
    struct sigaction action = { .sa_handler = on_signal };

    stop_signal = suspend_asked = resize_asked = 0;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaction(numbers[i], &action, NULL);
    }
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
        sigaction(number, &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);       /* writing fails then, and says so */
}

/* --- keys, work, drawing --------------------------------------------------------------------------- */

static void keep_settings(struct session *session)
{
    const struct settings *settings = &session->viewer.settings;
    char path[PATH_MAX];
    struct error error;

    if (settings_keeper_save(&session->keeper, settings, &error) && settings_path(path, sizeof path)) {
        viewer_note(&session->viewer, false, "kept in %s", path);
    } else {
        viewer_note(&session->viewer, true, "%s", error.text);
    }
}

/* False when there was none. */
static bool take_keys(struct session *session)
{
    struct key key;
    bool any = false;

    while (session->viewer.request != REQUEST_QUIT && term_key(&key)) {
        if (key.code == KEYS_CONTROL + 'z') {
            suspend_asked = 1;
        } else if (key.code == KEYS_CONTROL + 'l') {
            resize_asked = 1;
        } else if (key.code != KEYS_NONE) {
            viewer_key(&session->viewer, key);
        }
        if (session->viewer.request == REQUEST_SAVE) {
            session->viewer.request = REQUEST_NONE;
            saver_start(session->saver,
                        &(struct saver_source){ &session->again, session->feed.inputs.writer });
        }
        if (session->viewer.request == REQUEST_SETTINGS) {
            session->viewer.request = REQUEST_NONE;
            keep_settings(session);
        }
        any = session->changed = session->answers = true;
    }
    return any;
}

static bool work(struct session *session)
{
    int64_t end = feed_now() + WORK_BUDGET;
    bool more = true;

    while (more && feed_now() < end) {
        more = viewer_work(&session->viewer);
        session->changed = session->changed || more;
    }
    return more;
}

static bool save(struct session *session)
{
    int64_t end = feed_now() + WORK_BUDGET;
    bool more = true;

    while (more && feed_now() < end) {
        more = saver_work(session->saver);
        session->changed = session->changed || more;
    }
    return more;
}

static void resize(struct session *session)
{
    int width, height;

    term_size(&width, &height);
    if (width != session->canvas.width || height != session->canvas.height) {
        canvas_resize(&session->canvas, width, height);
        viewer_resize(&session->viewer, session->canvas.width, session->canvas.height);
    }
    session->changed = true;
}

static void answer_signals(struct session *session)
{
    if (suspend_asked) {
        suspend_asked = 0;
        term_suspend();
        session->turned = feed_now();
        resize_asked = 1;
    }
    if (resize_asked) {
        resize_asked = 0;
        term_resized();
        resize(session);
    }
}

/* The command is not ours to collect: whether it has ended is asked without taking the answer away. */
static void look_after_command(struct session *session)
{
    siginfo_t ended = { .si_pid = 0 };

    if (session->command && waitid(P_PID, (id_t)session->command, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid == session->command) {
        viewer_note(&session->viewer, ended.si_status != 0, "the command has ended with status %d",
                    ended.si_status);
        session->command = 0;
    }
}

/* Settings that the terminal has to follow. */
static void follow_settings(struct session *session)
{
    const struct settings *settings = &session->viewer.settings;

    session->canvas.ascii = term_is_ascii() || settings->ascii;
    if (session->theme != settings->theme) {
        session->theme = settings->theme;
        term_theme((enum theme)settings->theme);
    }
}

static void draw(struct session *session)
{
    look_after_command(session);
    follow_settings(session);
    feed_look(&session->feed);
    viewer_draw(&session->viewer, &session->canvas);
    term_draw(&session->canvas);
    session->changed = session->answers = false;
    session->drawn = feed_now();
}

/* What is about to be read anew is not drawn once more. */
static bool is_due_to_draw(const struct session *session)
{
    bool due = session->changed && feed_now() - session->drawn >= FRAME_TIME;

    return (due || (session->answers && !session->viewer.replay.restart)) && term_ready();
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How long nothing needs to be done, in nanoseconds. */
static int64_t time_to_wait(const struct session *session, bool shown)
{
    int64_t replay = replay_wait(&session->viewer.replay);
    int64_t due = session->drawn + FRAME_TIME - feed_now();
    int64_t wait = session->changed && shown ? (due > 0 ? due : 0) : IDLE_WAIT;

    return replay < REPLAY_FOREVER ? least(wait, least(replay, REPLAY_WAIT)) : wait;
}

/* Waits for a key or a packet: not at all when there is work, else until something is due. */
static void wait_for_more(struct session *session, bool busy)
{
    struct pollfd polls[] = {
        { .fd = term_descriptor(), .events = POLLIN },
        { .fd = feed_descriptor(&session->feed), .events = POLLIN },
        { .fd = term_ready() ? -1 : term_output(), .events = POLLOUT },
    };
    bool shown = polls[2].fd < 0;       /* else nothing is drawn before the last picture has been taken */
    int64_t wait = busy ? 0 : time_to_wait(session, shown);

    /* rounded up: what is due in a part of a millisecond is not asked for again and again */
    if (poll(polls, 3, (int)((wait + MILLISECOND - 1) / MILLISECOND)) == 0 && !busy) {
        session->changed = true;
    }
    session->terminal_gone = (polls[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void wait_for_key(struct session *session, int milliseconds)
{
    struct pollfd polls[] = {
        { .fd = term_descriptor(), .events = POLLIN },
        { .fd = term_ready() ? -1 : term_output(), .events = POLLOUT },
    };

    poll(polls, 2, milliseconds);
    session->terminal_gone = (polls[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static bool read_packets(struct session *session)
{
    int64_t now = feed_now();

    if (session->viewer.replay.restart) {
        saver_cancel(session->saver);
    }
    replay_advance(&session->viewer.replay, now - session->turned);
    session->turned = now;
    bool more = feed_read(&session->feed, now + READ_BUDGET);

    session->changed |= session->feed.changed;
    session->feed.changed = false;
    return more;
}

static void loop(struct session *session)
{
    session->turned = feed_now();
    while (session->viewer.request != REQUEST_QUIT && stop_signal == 0 && !session->terminal_gone) {
        bool busy = read_packets(session);

        busy |= take_keys(session);     /* which may want something to be read */
        answer_signals(session);
        if (is_due_to_draw(session)) {
            draw(session);
        }
        busy |= work(session) || session->viewer.replay.restart;
        busy |= save(session);
        wait_for_more(session, busy);
    }
}

/* --- the whole ------------------------------------------------------------------------------------- */

static int complain(const char *text)
{
    reading_complain(text);
    return EXIT_INPUT;
}

static bool set_filter(struct viewer *viewer, const char *text, struct error *error)
{
    char problem[300];

    if (text == NULL) {
        return true;
    }
    viewer->filter = filter_compile(text, problem, sizeof problem);
    snprintf(viewer->filter_text, sizeof viewer->filter_text, "%s", text);
    if (viewer->filter == NULL) {
        error_set(error, "%s", problem);
    }
    return viewer->filter != NULL;
}

/* Who quits while something is being saved gets all of it; a signal does not wait. */
static void finish_saving(struct session *session)
{
    bool wait = stop_signal == 0 && !session->terminal_gone;

    while (wait && stop_signal == 0 && saver_work(session->saver)) {
    }
    if (saver_work(session->saver)) {
        saver_cancel(session->saver);
        reading_complain(session->viewer.note);
    }
}

static int finish(struct session *session)
{
    struct feed *feed = &session->feed;
    struct error error;

    if (feed->trouble.text[0]) {
        reading_complain(feed->trouble.text);
    }
    if (!feed_finish_writing(feed, &error)) {
        return complain(error.text);
    }
    if (feed->failed) {
        return EXIT_INPUT;
    }
    if (session->terminal_gone && stop_signal == 0) {
        return EXIT_SIGNAL + SIGHUP;
    }
    return stop_signal ? EXIT_SIGNAL + stop_signal : EXIT_FINE;
}

/* From now on nothing can be opened; but files may be made where we were started, to save what is shown. */
static bool give_up_rights(struct session *session, struct error *error)
{
    struct error lacking;

    tzset();                    /* reads a file, which local times want */
    if (!privileges_drop(".", &lacking, error)) {
        return false;
    }
    if (lacking.text[0]) {
        viewer_note(&session->viewer, true, "%s", lacking.text);
    }
    return true;
}

static bool open_inputs(struct session *session, struct error *error)
{
    return feed_open(&session->feed, &session->viewer, error) &&
           inputs_open_again(&session->again, &session->options, error);
}

/* Keys, until an interface is chosen. False when the user leaves instead. */
static bool ask_for_interface(struct session *session, struct chooser *chooser)
{
    struct interface list[INTERFACES_MAX];
    struct error error;
    struct key key;

    chooser->chosen = chooser->left = false;
    while (!chooser->chosen && !chooser->left && stop_signal == 0 && !session->terminal_gone) {
        chooser_update(chooser, list, interfaces_list(list, &error));
        if (term_ready()) {
            chooser_draw(chooser, &session->canvas);
            term_draw(&session->canvas);
        }
        wait_for_key(session, INTERFACES_WAIT);
        while (!chooser->chosen && !chooser->left && term_key(&key)) {
            chooser_key(chooser, key);
        }
        answer_signals(session);
    }
    return chooser->chosen;
}

/* One that cannot be captured says why, and another may be chosen. False when the user leaves instead. */
static bool open_chosen(struct session *session)
{
    struct chooser chooser = { .count = 0 };
    struct error error = { "" };

    while (ask_for_interface(session, &chooser)) {
        snprintf(session->interface, sizeof session->interface, "%s", chooser.selected);
        session->options.interface = session->interface;
        if (open_inputs(session, &error)) {
            return true;
        }
        snprintf(chooser.note, sizeof chooser.note, "%s", error.text);
    }
    return false;
}

static bool asks_for_interface(const struct session *session)
{
    return session->options.interface && session->options.interface[0] == '\0';
}

static bool open_terminal(struct session *session, const struct view_settings *settings, struct error *error)
{
    if (!term_open(settings->colour, error)) {
        return false;
    }
    catch_signals();
    follow_settings(session);
    resize(session);
    return true;
}

/* With the terminal open: the screens, without the rights that opening has needed. */
static int watch(struct session *session, struct error *error)
{
    if (!asks_for_interface(session) || open_chosen(session)) {
        if (!give_up_rights(session, error) || !feed_start(&session->feed, error)) {
            return EXIT_INPUT;
        }
        loop(session);
    }
    return EXIT_FINE;
}

static int show(struct session *session, const struct view_settings *settings)
{
    struct error error = { "" };

    if (!set_filter(&session->viewer, settings->filter, &error)) {
        reading_complain(error.text);
        return EXIT_USAGE;
    }
    if ((!asks_for_interface(session) && !open_inputs(session, &error)) ||
        !open_terminal(session, settings, &error)) {
        return complain(error.text);
    }
    session->command = settings->command;
    int status = watch(session, &error);

    term_close();
    if (status != EXIT_FINE) {
        return complain(error.text);
    }
    finish_saving(session);
    return finish(session);
}

static int run(const struct options *options, const struct view_settings *settings,
               const struct settings *user, const char *complaint)
{
    struct session *session = calloc(1, sizeof *session);
    int status = EXIT_INPUT;

    if (session == NULL) {
        return complain("no memory");
    }
    session->options = *options;
    settings_keeper_start(&session->keeper);
    session->saver = saver_create(&session->viewer);
    if (feed_init(&session->feed, &session->options) && session->saver) {
        viewer_init(&session->viewer, session->feed.store);
        session->viewer.settings = *user;
        viewer_note(&session->viewer, true, "%s", complaint);
        status = show(session, settings);
        viewer_release(&session->viewer);
    } else {
        complain("no memory: --memory is too large for this machine, or too small for the work");
    }
    settings_keeper_stop(&session->keeper);
    saver_destroy(session->saver);
    feed_close(&session->feed);
    inputs_close(&session->again);
    canvas_release(&session->canvas);
    free(session);
    return status;
}

int view_run(const struct options *options, const struct view_settings *settings)
{
    struct options wanted = *options;
    struct settings user;
    char complaint[VIEWER_LINE_MAX];

    settings_load(&user, complaint, sizeof complaint);
    if (options->memory == 0 && user.memory > 0) {
        wanted.memory = wanted.limits.memory = user.memory;
    }
    return run(&wanted, settings, &user, complaint);
}
