/* SPDX-License-Identifier: MIT */
#include "term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define ESCAPE_DELAY_MS 25      /* how long an Escape waits for the rest of an arrow key */
#define PATIENCE_MS     1000    /* with a terminal that takes nothing, at the end */
#define POLL_MS         50

/* What a signal handler must be able to put back. */
static struct termios saved;
static int descriptor = -1;     /* the terminal, for keys and for the handler */
static FILE *keys, *out;        /* what curses reads and writes */
static SCREEN *screen;
static bool can_colour, colours;

/* A terminal that nobody reads must not hold up a capture. So what curses writes goes into memory, and from
 * there to the terminal as it takes it, through a descriptor of our own that never waits. */
static int terminal = -1;       /* -1: none can be had, and curses writes by itself */
static int picture = -1, standard = -1;         /* the memory; standard output as it was */
static off_t sent;              /* of the picture */

/* --- a crash --------------------------------------------------------------------------------------- */

/* Leaves the alternate screen, shows the cursor, ends mouse reports and attributes. */
static const char restore[] = "\033[?1000l\033[?1002l\033[?1006l\033[0m\033[?25h\033[?1049l";

static void on_crash(int number)
{
    ssize_t written = write(descriptor, restore, sizeof restore - 1);

    (void)written;
    tcsetattr(descriptor, TCSANOW, &saved);
    raise(number);              /* SA_RESETHAND: now with its own effect, a core dump included */
}

static void catch_crashes(void)
{
    static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };
    static char stack[64 * 1024];
    struct sigaction action = {
        .sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK | SA_NODEFER),
    };
    stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };

    sigaltstack(&other, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaction(numbers[i], &action, NULL);
    }
}

/* --- what curses writes ---------------------------------------------------------------------------- */

/* Of standard output, too: there curses turns the mouse on and off. */
static void divert(void)
{
    if (terminal >= 0) {
        fflush(stdout);
        dup2(picture, fileno(out));
        dup2(picture, STDOUT_FILENO);
    }
}

/* As far as the terminal takes it now. True when that is all. */
static bool pump(void)
{
    char block[4096];
    ssize_t length;

    while (terminal >= 0 && (length = pread(picture, block, sizeof block, sent)) > 0) {
        ssize_t taken = write(terminal, block, (size_t)length);

        if (taken <= 0) {
            return taken < 0 && errno != EAGAIN && errno != EINTR;      /* one that has gone takes all */
        }
        sent += taken;
    }
    return true;
}

/* The picture has been shown: the next begins where it did. */
static void wipe(void)
{
    if (terminal >= 0 && ftruncate(picture, 0) == 0) {
        lseek(picture, 0, SEEK_SET);
        sent = 0;
    }
}

/* After curses' last word. A terminal that takes nothing does not hold up the end either. */
static void undivert(void)
{
    struct pollfd polled = { .fd = terminal, .events = POLLOUT };

    fflush(stdout);
    for (int waited = 0; !pump() && waited < PATIENCE_MS; waited++) {
        waited += poll(&polled, 1, POLL_MS) == 0 ? POLL_MS : 0;
    }
    wipe();
    if (terminal >= 0) {
        dup2(standard, fileno(out));
        dup2(standard, STDOUT_FILENO);
    }
}

static void open_terminal(void)
{
    terminal = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    picture = memfd_create("screen", MFD_CLOEXEC);
    standard = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    if (picture < 0 || standard < 0) {
        close(terminal);
        terminal = -1;
    }
}

bool term_ready(void)
{
    bool ready = pump();

    if (ready) {
        wipe();
    }
    return ready;
}

int term_output(void)
{
    return terminal;
}

/* --- opening --------------------------------------------------------------------------------------- */

/* The locale that the environment names; where it is not installed, UTF-8 all the same if it asked for it. */
static void set_locale(void)
{
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

    if (setlocale(LC_ALL, "")) {
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value && value[0] != '\0') {
            if (strcasestr(value, "utf-8") || strcasestr(value, "utf8")) {
                setlocale(LC_CTYPE, "C.UTF-8");
            }
            return;
        }
    }
}

/* Colours of the 256: those that can be read on black and on white, brighter ones for a dark terminal, darker
 * ones for a light one; else of the eight, on what is there. */
struct look {
    short rich[THEME_NONE];     /* by theme; -1: the terminal's own */
    short poor;
    attr_t attributes;          /* with colours, and without when plain is the same */
    attr_t plain;
};

#define OWN { -1, -1, -1 }

static const struct look looks[STYLES] = {
    [STYLE_PLAIN] = { OWN, -1, A_NORMAL, A_NORMAL },
    [STYLE_BAR] = { OWN, -1, A_REVERSE, A_REVERSE },
    [STYLE_BAR_CURRENT] = { OWN, -1, A_BOLD, A_BOLD },
    [STYLE_HEADING] = { OWN, -1, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE },
    [STYLE_DIM] = { { 245, 248, 240 }, -1, A_NORMAL, A_DIM },
    [STYLE_KEY] = { { 32, 75, 25 }, COLOR_CYAN, A_BOLD, A_BOLD },
    [STYLE_C2S] = { { 32, 75, 25 }, COLOR_CYAN, A_NORMAL, A_NORMAL },
    [STYLE_S2C] = { { 71, 114, 28 }, COLOR_GREEN, A_NORMAL, A_NORMAL },
    [STYLE_CONTROL] = { { 134, 177, 91 }, COLOR_MAGENTA, A_NORMAL, A_NORMAL },
    [STYLE_GOOD] = { { 71, 114, 28 }, COLOR_GREEN, A_NORMAL, A_NORMAL },
    [STYLE_WARNING] = { { 172, 214, 130 }, COLOR_YELLOW, A_NORMAL, A_NORMAL },
    [STYLE_BAD] = { { 167, 210, 124 }, COLOR_RED, A_BOLD, A_BOLD },
    [STYLE_NAME] = { OWN, -1, A_BOLD, A_BOLD },
    [STYLE_STRING] = { { 71, 114, 28 }, COLOR_GREEN, A_NORMAL, A_NORMAL },
    [STYLE_NUMBER] = { { 134, 177, 91 }, COLOR_MAGENTA, A_NORMAL, A_NORMAL },
    [STYLE_MARKED] = { OWN, -1, A_REVERSE, A_REVERSE },
};

static void start_colours(bool wanted)
{
    can_colour = wanted && has_colors() && start_color() == OK && use_default_colors() == OK;
    term_theme(THEME_AUTO);
}

void term_theme(enum theme theme)
{
    colours = can_colour && theme != THEME_NONE;
    for (int style = 0; colours && style < STYLES; style++) {
        init_pair((short)(style + 1), COLORS >= 256 ? looks[style].rich[theme] : looks[style].poor, -1);
    }
}

static bool fail(struct error *error, const char *text)
{
    error_set(error, "%s", text);
    return false;
}

/* Keys come from standard input, or from the terminal itself where a capture comes from there. */
static int open_keys(void)
{
    return isatty(STDIN_FILENO) ? dup(STDIN_FILENO) : open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

static bool start_curses(struct error *error)
{
    int status;
    const char *name = getenv("TERM");

    if (setupterm(NULL, STDOUT_FILENO, &status) != OK || cursor_address == NULL) {
        error_set(error, "cannot draw on a terminal called \"%.40s\": set TERM to what it is, for example "
                         "TERM=xterm-256color, or use ws101 print", name ? name : "");
        return false;
    }
    del_curterm(cur_term);      /* newterm makes its own */
    keys = fdopen(descriptor, "r+");
    out = fdopen(dup(STDOUT_FILENO), "w");
    screen = keys && out ? newterm(NULL, out, keys) : NULL;
    return screen ? true : fail(error, "the terminal cannot be used; try ws101 print");
}

bool term_open(bool colour, struct error *error)
{
    set_locale();
    if (!isatty(STDOUT_FILENO)) {
        return fail(error, "view draws on a terminal and standard output is none: use ws101 print");
    }
    descriptor = open_keys();
    if (descriptor < 0 || tcgetattr(descriptor, &saved) != 0) {
        return fail(error, "there is no terminal to read keys from: use ws101 print");
    }
    if (!start_curses(error)) {
        return false;
    }
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    mouseinterval(0);
    start_colours(colour);
    catch_crashes();
    open_terminal();
    divert();
    return true;
}

void term_close(void)
{
    if (screen) {
        endwin();
        undivert();
        tcsetattr(descriptor, TCSANOW, &saved);
        delscreen(screen);
        fclose(out);
        fclose(keys);
        screen = NULL;
    }
}

bool term_is_ascii(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

int term_descriptor(void)
{
    return descriptor;
}

/* --- keys ------------------------------------------------------------------------------------------ */

static const struct {
    int curses, ours;
} special[] = {
    { KEY_UP, KEYS_UP },
    { KEY_DOWN, KEYS_DOWN },
    { KEY_LEFT, KEYS_LEFT },
    { KEY_RIGHT, KEYS_RIGHT },
    { KEY_PPAGE, KEYS_PAGE_UP },
    { KEY_NPAGE, KEYS_PAGE_DOWN },
    { KEY_HOME, KEYS_HOME },
    { KEY_END, KEYS_END },
    { KEY_ENTER, KEYS_ENTER },
    { KEY_BACKSPACE, KEYS_BACKSPACE },
    { KEY_DC, KEYS_DELETE },
    { KEY_BTAB, KEYS_BACKTAB },
    { KEY_F(1), KEYS_F1 },
};

static struct key mouse_key(void)
{
    MEVENT event;

    if (getmouse(&event) != OK) {
        return (struct key){ .code = KEYS_NONE };
    }
    int code = event.bstate & BUTTON4_PRESSED   ? KEYS_WHEEL_UP
               : event.bstate & BUTTON5_PRESSED ? KEYS_WHEEL_DOWN
                                                : KEYS_CLICK;

    return (struct key){ .code = code, .x = event.x, .y = event.y };
}

static struct key special_key(int code)
{
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        if (special[i].curses == code) {
            return (struct key){ .code = special[i].ours };
        }
    }
    return code == KEY_MOUSE ? mouse_key() : (struct key){ .code = KEYS_NONE };
}

static struct key plain_key(wint_t code)
{
    switch (code) {
    case '\r':
    case '\n':
        return (struct key){ .code = KEYS_ENTER };
    case '\t':
        return (struct key){ .code = KEYS_TAB };
    case 0x1B:
        return (struct key){ .code = KEYS_ESCAPE };
    case 0x08:
    case 0x7F:
        return (struct key){ .code = KEYS_BACKSPACE };
    default:
        return (struct key){ .code = code < ' ' ? KEYS_CONTROL + (int)code + 'a' - 1 : (int)code };
    }
}

bool term_key(struct key *key)
{
    wint_t code;
    int kind = get_wch(&code);

    if (kind == ERR) {
        return false;
    }
    *key = kind == KEY_CODE_YES ? special_key((int)code) : plain_key(code);
    return true;
}

/* --- drawing --------------------------------------------------------------------------------------- */

void term_size(int *width, int *height)
{
    getmaxyx(stdscr, *height, *width);
}

void term_resized(void)
{
    struct winsize size;

    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        resizeterm(size.ws_row, size.ws_col);
        clearok(stdscr, TRUE);
    }
}

static attr_t attributes_of(const struct cell *cell)
{
    const struct look *look = &looks[cell->style];
    attr_t attributes = colours ? look->attributes : look->plain;

    return cell->selected ? attributes ^ A_REVERSE : attributes;
}

static void draw_cell(const struct cell *cell, int x, int y)
{
    wchar_t text[CCHARW_MAX + 1] = L" ";
    const char *from = cell->text;
    mbstate_t state = { 0 };
    cchar_t shown;
    size_t length = mbsrtowcs(text, &from, CCHARW_MAX, &state);

    if (length == (size_t)-1 || length == 0) {
        wcscpy(text, L"?");
    }
    text[CCHARW_MAX] = L'\0';
    /* the selected row is one bar: with its cells' colours behind the text it would be patchwork */
    setcchar(&shown, text, attributes_of(cell), colours && !cell->selected ? (short)(cell->style + 1) : 0,
             NULL);
    mvadd_wch(y, x, &shown);
}

void term_draw(const struct canvas *canvas)
{
    erase();
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            const struct cell *cell = canvas_cell(canvas, x, y);

            if (cell->width > 0) {
                draw_cell(cell, x, y);
            }
        }
    }
    move(canvas->cursor_y, canvas->cursor_x);
    refresh();
    term_ready();
}

void term_suspend(void)
{
    endwin();
    undivert();
    tcsetattr(descriptor, TCSANOW, &saved);
    raise(SIGSTOP);
    reset_prog_mode();
    divert();
    term_resized();
    refresh();
}
