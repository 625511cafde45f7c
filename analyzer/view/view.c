/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/privileges.h"
#include "core/dissector.h"
#include "inputs.h"
#include "reading.h"
#include "saver.h"
#include "settings_keeper.h"
#include "term.h"
#include "viewer.h"

#define MILLISECOND     INT64_C(1000000)
#define READ_BUDGET     (8 * MILLISECOND)
#define WORK_BUDGET     (3 * MILLISECOND)
#define FRAME_TIME      (33 * MILLISECOND)
#define IDLE_WAIT       250         /* milliseconds: counters and times are shown anew as often */
#define PACKETS_AT_ONCE 64          /* between two looks at the clock */
#define MEMORY_DEFAULT  (UINT64_C(512) << 20)

/* Signals ask; the loop answers. */
static volatile sig_atomic_t stop_signal, suspend_asked, resize_asked;

struct session {
    const struct options *options;
    struct store *store;
    struct dissector *dissector;
    struct capture *capture;        /* NULL when there is nothing more to read */
    struct inputs inputs;
    struct inputs again;            /* the same, for saving packets */
    size_t next_input;
    uint64_t packets_before;        /* in the files already read */
    uint64_t dropped_before;
    struct viewer viewer;
    struct saver *saver;
    struct settings_keeper keeper;
    unsigned theme;                 /* enum theme: the one that the terminal has */
    struct canvas canvas;
    struct error trouble;           /* why the input ended before its time */
    bool changed;                   /* since it was last drawn */
    int64_t drawn;                  /* when */
    bool terminal_gone;
    pid_t command;                  /* whose end is to be told; 0 for none */
};

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 * MILLISECOND + time.tv_nsec;
}

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
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };
    struct sigaction action = { .sa_handler = on_signal };

    stop_signal = suspend_asked = resize_asked = 0;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaction(numbers[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

/* --- input ----------------------------------------------------------------------------------------- */

/* The next of the inputs that were opened; false when there are no more. */
static bool take_next(struct session *session)
{
    if (session->next_input == session->inputs.count) {
        return false;
    }
    session->capture = inputs_take(&session->inputs, session->next_input);
    session->viewer.source.name = inputs_name(session->options, session->next_input++);
    session->viewer.source.live = capture_is_live(session->capture);
    return true;
}

static struct dissector *make_dissector(const struct options *options, struct store *store)
{
    struct dissector_options settings = {
        .limits = options->limits,
        .wanted = EVENT_ALL_BUT_SEGMENTS | EVENT_BIT(EVENT_SEGMENT),
        .guess = options->no_guess ? DISSECTOR_NEVER_GUESS : DISSECTOR_GUESS,
        .websocket_ports = options->ports,
        .websocket_port_count = options->port_count,
    };

    settings.limits.memory -= options->memory / 8 * 7;
    if (getrandom(&settings.hash_seed, sizeof settings.hash_seed, GRND_NONBLOCK) < 0) {
        settings.hash_seed = (uint64_t)getpid();
    }
    return dissector_create(&settings, store_event_sparsely, store);
}

/* What goes wrong from now on is shown, and said again at the end; what is known stays on the screen. */
static void note_trouble(struct session *session, const struct error *error)
{
    session->trouble = *error;
    session->viewer.source.trouble = session->trouble.text;
    viewer_note(&session->viewer, true, "%s", error->text);
}

static void count_drops(struct session *session)
{
    struct capture_counts counts = capture_counts(session->capture);

    session->viewer.source.dropped =
        session->dropped_before + counts.dropped_kernel + counts.dropped_interface;
}

/* The capture has ended: the next one, or the end of all. */
static void end_capture(struct session *session)
{
    count_drops(session);
    session->dropped_before = session->viewer.source.dropped;
    session->packets_before = session->viewer.source.packets;
    capture_close(session->capture);
    session->capture = NULL;
    if (!take_next(session)) {
        dissector_finish(session->dissector);
        session->viewer.source.ended = true;
    }
    session->changed = true;
}

static void give_up_writing(struct session *session, struct error *error)
{
    note_trouble(session, error);
    capture_writer_close(session->inputs.writer, error);
    session->inputs.writer = NULL;
}

static void take_packet(struct session *session, struct packet *packet)
{
    struct error error;

    packet->number += session->packets_before;
    session->viewer.source.packets = packet->number;
    if (session->inputs.writer && !capture_writer_packet(session->inputs.writer, packet, &error)) {
        give_up_writing(session, &error);
    }
    dissector_packet(session->dissector, packet);
    session->viewer.source.bytes += packet->wire_length;
    session->changed = true;
}

/* No packet is at hand: what came is in the file that -w names, and time passes. */
static void rest(struct session *session)
{
    struct timespec time;
    struct error error;

    if (session->inputs.writer && !capture_writer_flush(session->inputs.writer, &error)) {
        give_up_writing(session, &error);
    }
    if (capture_is_live(session->capture)) {
        clock_gettime(CLOCK_REALTIME, &time);
        dissector_tick(session->dissector, (int64_t)time.tv_sec * 1000 * MILLISECOND + time.tv_nsec);
    }
}

/* Reads until the budget is spent. True when more is at hand. */
static bool read_packets(struct session *session)
{
    int64_t end = now() + READ_BUDGET;
    struct packet packet;
    struct error error = { "" };

    for (unsigned i = 1; session->capture; i++) {
        enum capture_result result = capture_next(session->capture, &packet, &error);

        if (result == CAPTURE_NOTHING) {
            rest(session);
            return false;
        }
        if (result == CAPTURE_PACKET) {
            take_packet(session, &packet);
        } else {
            if (result != CAPTURE_END) {
                note_trouble(session, &error);
            }
            end_capture(session);
        }
        if (i % PACKETS_AT_ONCE == 0 && now() > end) {
            return true;
        }
    }
    return false;
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

static void take_keys(struct session *session)
{
    struct key key;

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
            saver_start(session->saver, &(struct saver_source){ &session->again, session->inputs.writer });
        }
        if (session->viewer.request == REQUEST_SETTINGS) {
            session->viewer.request = REQUEST_NONE;
            keep_settings(session);
        }
        session->changed = true;
    }
}

static bool work(struct session *session)
{
    int64_t end = now() + WORK_BUDGET;
    bool more = true;

    while (more && now() < end) {
        more = viewer_work(&session->viewer);
        session->changed = session->changed || more;
    }
    return more;
}

static bool save(struct session *session)
{
    int64_t end = now() + WORK_BUDGET;
    bool more = true;

    while (more && now() < end) {
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
    if (session->capture) {
        session->viewer.source.progress = capture_progress(session->capture);
        count_drops(session);
    }
    viewer_draw(&session->viewer, &session->canvas);
    term_draw(&session->canvas);
    session->changed = false;
    session->drawn = now();
}

/* Waits for a key or a packet: not at all when there is work, else until something is due to be drawn. */
static void wait_for_more(struct session *session, bool busy)
{
    int capture = session->capture ? capture_descriptor(session->capture) : -1;
    struct pollfd polls[] = {
        { .fd = term_descriptor(), .events = POLLIN },
        { .fd = capture, .events = POLLIN },
        { .fd = term_ready() ? -1 : term_output(), .events = POLLOUT },
    };
    bool shown = polls[2].fd < 0;       /* else nothing is drawn before the terminal has taken the last picture */
    int64_t due = session->drawn + FRAME_TIME - now();
    int soon = session->changed && shown ? (int)(due > 0 ? due / MILLISECOND + 1 : 0) : IDLE_WAIT;

    if (poll(polls, 3, busy ? 0 : soon) == 0 && !busy) {
        session->changed = true;
    }
    session->terminal_gone = (polls[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void loop(struct session *session)
{
    while (session->viewer.request != REQUEST_QUIT && stop_signal == 0 && !session->terminal_gone) {
        bool busy = read_packets(session);
        bool regular = session->capture && capture_descriptor(session->capture) < 0;

        take_keys(session);
        busy = work(session) || busy || regular;
        busy |= save(session);
        answer_signals(session);
        if (session->changed && now() - session->drawn >= FRAME_TIME && term_ready()) {
            draw(session);
        }
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

/* The ceiling is divided: an eighth for what is under way, the rest for what is kept. */
static uint64_t store_memory(const struct options *options)
{
    return (options->memory ? options->memory : MEMORY_DEFAULT) / 8 * 7;
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
    struct capture_writer *writer = session->inputs.writer;
    struct error error;

    session->inputs.writer = NULL;
    if (writer && !capture_writer_close(writer, &error)) {
        return complain(error.text);
    }
    if (session->trouble.text[0]) {
        return complain(session->trouble.text);
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

static int show(struct session *session, const struct view_settings *settings)
{
    struct error error = { "" };

    if (!set_filter(&session->viewer, settings->filter, &error)) {
        reading_complain(error.text);
        return EXIT_USAGE;
    }
    if (!inputs_open(&session->inputs, session->options, &error) ||
        !inputs_open_again(&session->again, session->options, &error)) {
        return complain(error.text);
    }
    if (!term_open(settings->colour, &error)) {
        return complain(error.text);
    }
    take_next(session);
    if (!give_up_rights(session, &error) || capture_start(session->capture, &error) == CAPTURE_FAILED) {
        term_close();
        return complain(error.text);
    }
    session->command = settings->command;
    catch_signals();
    follow_settings(session);
    resize(session);
    loop(session);
    term_close();
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
    session->options = options;
    settings_keeper_start(&session->keeper);
    session->store = store_create(store_memory(options));
    session->dissector = session->store ? make_dissector(options, session->store) : NULL;
    session->saver = saver_create(&session->viewer);
    if (session->dissector && session->saver) {
        viewer_init(&session->viewer, session->store);
        session->viewer.settings = *user;
        viewer_note(&session->viewer, true, "%s", complaint);
        status = show(session, settings);
        viewer_release(&session->viewer);
    } else {
        complain("no memory: --memory is too large for this machine, or too small for the work");
    }
    settings_keeper_stop(&session->keeper);
    saver_destroy(session->saver);
    dissector_destroy(session->dissector);
    store_destroy(session->store);
    canvas_release(&session->canvas);
    capture_close(session->capture);
    inputs_close(&session->inputs);
    inputs_close(&session->again);
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
