/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <ctype.h>
#include <stdio.h>

#include "core/fields.h"
#include "report/escape.h"

/* --- what Enter does ------------------------------------------------------------------------------- */

/* Every list that was begun holds the filter that is about to go. */
static void restart_lists(struct viewer *viewer)
{
    connections_restart(viewer);
    messages_restart(viewer);
    findings_restart(viewer);
    ladder_restart(viewer);
    totals_restart(viewer);
    viewer->behind = true;
}

/* The prompt stays open on a mistake, with the cursor on it. */
static bool accept_filter(struct viewer *viewer)
{
    struct prompt *prompt = &viewer->prompt;
    struct filter_error error;
    struct filter *filter = NULL;

    if (prompt->length > 0) {
        filter = filter_parse(prompt->text, &error);
        if (filter == NULL) {
            snprintf(prompt->error, sizeof prompt->error, "%s", error.text);
            prompt->cursor = error.column < prompt->length ? error.column : prompt->length;
            return false;
        }
    }
    struct filter *old = viewer->filter;

    viewer->filter = filter;
    snprintf(viewer->filter_text, sizeof viewer->filter_text, "%s", prompt->text);
    restart_lists(viewer);
    filter_free(old);
    return true;
}

/* Text as it is, without regard to case; /between slashes/ a pattern. */
static size_t pattern_of(const char *text, char *out, size_t capacity)
{
    static const char special[] = ".[](){}*+?^$|\\";
    size_t length = strlen(text), used = (size_t)snprintf(out, capacity, "(?i)");

    if (length > 1 && text[0] == '/') {
        size_t inner = length - 1 - (text[length - 1] == '/');

        return used + (size_t)snprintf(out + used, capacity - used, "%.*s", (int)inner, text + 1);
    }
    for (size_t i = 0; i < length && used + 3 < capacity; i++) {
        if (strchr(special, text[i])) {
            out[used++] = '\\';
        }
        out[used++] = text[i];
    }
    return used;
}

static bool accept_search(struct viewer *viewer)
{
    struct prompt *prompt = &viewer->prompt;
    char text[VIEWER_LINE_MAX * 2 + 8];
    size_t length = pattern_of(prompt->text, text, sizeof text);
    const char *problem = NULL;
    struct pattern *pattern = pattern_compile(bytes_of(text, length), &problem);

    if (pattern == NULL) {
        snprintf(prompt->error, sizeof prompt->error, "%s", problem);
        return false;
    }
    pattern_free(viewer->pattern);
    viewer->pattern = pattern;
    snprintf(viewer->search_text, sizeof viewer->search_text, "%s", prompt->text);
    viewer->searching = 1;
    viewer->search_at = 0;
    return true;
}

static bool accept_save(struct viewer *viewer)
{
    struct save_screen *save = &viewer->save;

    if (viewer->prompt.length == 0) {
        snprintf(viewer->prompt.error, sizeof viewer->prompt.error, "a file needs a name");
        return false;
    }
    snprintf(save->file, sizeof save->file, "%s", viewer->prompt.text);
    viewer->request = REQUEST_SAVE;
    if (viewer->screen == SCREEN_SAVE) {
        viewer_back(viewer);
    }
    return true;
}

static bool accept_go(struct viewer *viewer)
{
    bool good = player_go(viewer, viewer->prompt.text);

    if (!good) {
        snprintf(viewer->prompt.error, sizeof viewer->prompt.error, "12.5, 1:30, 50%%, +10 or -10");
    }
    return good;
}

/* What is typed twice in a row is remembered once. */
static void remember(struct prompt *prompt)
{
    struct history *history = &prompt->histories[prompt->kind];
    const char *latest = history->lines[(history->count + VIEWER_HISTORY - 1) % VIEWER_HISTORY];

    if (prompt->length > 0 && strcmp(prompt->text, latest) != 0) {
        memcpy(history->lines[history->count % VIEWER_HISTORY], prompt->text, sizeof prompt->text);
        history->count++;
    }
}

static void enter(struct viewer *viewer)
{
    struct prompt *prompt = &viewer->prompt;
    bool accepted = prompt->kind == PROMPT_FILTER   ? accept_filter(viewer)
                    : prompt->kind == PROMPT_SEARCH ? accept_search(viewer)
                    : prompt->kind == PROMPT_GO     ? accept_go(viewer)
                                                    : accept_save(viewer);

    if (accepted) {
        remember(prompt);
        prompt->kind = PROMPT_NONE;
    }
}

/* --- editing --------------------------------------------------------------------------------------- */

void prompt_open(struct viewer *viewer, enum prompt_kind kind, const char *text)
{
    struct prompt *prompt = &viewer->prompt;

    prompt->kind = kind;
    snprintf(prompt->text, sizeof prompt->text, "%s", text);
    prompt->length = prompt->cursor = strlen(prompt->text);
    prompt->error[0] = prompt->hint[0] = '\0';
    prompt->history_at = prompt->histories[kind].count;
}

static size_t utf8_encode(int code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

static void insert(struct prompt *prompt, const char *text, size_t length)
{
    if (prompt->length + length >= sizeof prompt->text) {
        return;
    }
    memmove(prompt->text + prompt->cursor + length, prompt->text + prompt->cursor,
            prompt->length - prompt->cursor + 1);
    memcpy(prompt->text + prompt->cursor, text, length);
    prompt->length += length;
    prompt->cursor += length;
}

static bool in_character(const struct prompt *prompt, size_t at)
{
    return at < prompt->length && (prompt->text[at] & 0xC0) == 0x80;
}

static size_t left_of(const struct prompt *prompt)
{
    size_t at = prompt->cursor;

    do {
        at -= at > 0;
    } while (at > 0 && in_character(prompt, at));
    return at;
}

static size_t right_of(const struct prompt *prompt)
{
    size_t at = prompt->cursor;

    do {
        at += at < prompt->length;
    } while (in_character(prompt, at));
    return at;
}

static void delete_to(struct prompt *prompt, size_t from, size_t to)
{
    memmove(prompt->text + from, prompt->text + to, prompt->length - to + 1);
    prompt->length -= to - from;
    prompt->cursor = from;
}

static void recall(struct prompt *prompt, int direction)
{
    const struct history *history = &prompt->histories[prompt->kind];
    size_t oldest = history->count > VIEWER_HISTORY ? history->count - VIEWER_HISTORY : 0;

    if (direction < 0 ? prompt->history_at == oldest : prompt->history_at == history->count) {
        return;
    }
    if (prompt->history_at == history->count) {
        memcpy(prompt->draft, prompt->text, sizeof prompt->draft);
    }
    prompt->history_at = direction < 0 ? prompt->history_at - 1 : prompt->history_at + 1;
    memcpy(prompt->text,
           prompt->history_at == history->count ? prompt->draft
                                                : history->lines[prompt->history_at % VIEWER_HISTORY],
           sizeof prompt->text);
    prompt->length = prompt->cursor = strlen(prompt->text);
}

/* --- completion: the names of fields, and the words that a field can be ----------------------------- */

static bool in_name(char character)
{
    return isalnum((unsigned char)character) || character == '.' || character == '_' || character == '-';
}

static struct bytes word_before(const struct prompt *prompt, size_t end)
{
    size_t start = end;

    while (start > 0 && in_name(prompt->text[start - 1])) {
        start--;
    }
    return bytes_of(prompt->text + start, end - start);
}

/* The field whose value is being typed, when an operator stands before the word. */
static const struct field *field_before(const struct prompt *prompt, size_t word_start)
{
    size_t at = word_start;

    while (at > 0 && strchr(" ={!", prompt->text[at - 1])) {
        at--;
    }
    return at < word_start && strpbrk(prompt->text + at, "={") != NULL && word_start > at
               ? fields_find(word_before(prompt, at))
               : NULL;
}

static bool begins_with(struct bytes word, struct bytes start)
{
    return word.length >= start.length && bytes_equal(bytes_first(word, start.length), start);
}

/* The longest text that all candidates have in common. */
struct completion {
    struct bytes common;
    size_t candidates;
};

static void offer(struct prompt *prompt, struct completion *completion, struct bytes typed, struct bytes word)
{
    if (!begins_with(word, typed)) {
        return;
    }
    size_t used = strlen(prompt->hint);

    snprintf(prompt->hint + used, sizeof prompt->hint - used, "%.*s ", (int)word.length,
             (const char *)word.data);
    if (completion->candidates++ == 0) {
        completion->common = word;
    }
    size_t same = 0;

    while (same < completion->common.length && same < word.length &&
           completion->common.data[same] == word.data[same]) {
        same++;
    }
    completion->common.length = same;
}

static void complete(struct viewer *viewer)
{
    struct prompt *prompt = &viewer->prompt;
    struct bytes typed = word_before(prompt, prompt->cursor), word;
    const struct field *of = field_before(prompt, prompt->cursor - typed.length);
    struct completion completion = { .candidates = 0 };
    size_t count;
    const struct field *table = fields_table(&count);

    for (size_t i = 0; of == NULL && i < count; i++) {
        offer(prompt, &completion, typed, bytes_of_text(table[i].name));
    }
    for (size_t i = 0; of != NULL && (word = fields_word(of, i)).length > 0; i++) {
        offer(prompt, &completion, typed, word);
    }
    if (completion.common.length > typed.length) {
        struct bytes rest = bytes_after(completion.common, typed.length);

        insert(prompt, (const char *)rest.data, rest.length);
    }
    if (completion.candidates == 1) {
        prompt->hint[0] = '\0';
    }
    if (completion.candidates == 0) {
        snprintf(prompt->error, sizeof prompt->error, "nothing begins so");
    }
}

/* --- keys and drawing ------------------------------------------------------------------------------ */

static void edit(struct viewer *viewer, int code)
{
    struct prompt *prompt = &viewer->prompt;
    char text[4];

    switch (code) {
    case KEYS_LEFT:
        prompt->cursor = left_of(prompt);
        break;
    case KEYS_RIGHT:
        prompt->cursor = right_of(prompt);
        break;
    case KEYS_HOME:
    case KEYS_CONTROL + 'a':
        prompt->cursor = 0;
        break;
    case KEYS_END:
    case KEYS_CONTROL + 'e':
        prompt->cursor = prompt->length;
        break;
    case KEYS_BACKSPACE:
        delete_to(prompt, left_of(prompt), prompt->cursor);
        break;
    case KEYS_DELETE:
        delete_to(prompt, prompt->cursor, right_of(prompt));
        break;
    case KEYS_CONTROL + 'u':
        delete_to(prompt, 0, prompt->cursor);
        break;
    case KEYS_UP:
    case KEYS_DOWN:
        recall(prompt, code == KEYS_UP ? -1 : 1);
        break;
    default:
        if (code >= ' ' && code < 0x110000 && code != 0x7F) {
            insert(prompt, text, utf8_encode(code, text));
        }
        break;
    }
}

void prompt_key(struct viewer *viewer, struct key key)
{
    struct prompt *prompt = &viewer->prompt;

    prompt->error[0] = prompt->hint[0] = '\0';
    switch (key.code) {
    case KEYS_ENTER:
        enter(viewer);
        break;
    case KEYS_ESCAPE:
    case KEYS_CONTROL + 'c':
        prompt->kind = PROMPT_NONE;
        break;
    case KEYS_TAB:
        if (prompt->kind == PROMPT_FILTER) {
            complete(viewer);
        }
        break;
    default:
        edit(viewer, key.code);
        break;
    }
}

/* The text, scrolled so that the cursor is in view; what is wrong with it, or an example, to its right. */
void prompt_draw(struct viewer *viewer, struct canvas *canvas, int y)
{
    static const char *const labels[] = {
        [PROMPT_FILTER] = "filter: ", [PROMPT_SEARCH] = "search: ", [PROMPT_SAVE] = "save to: ",
        [PROMPT_GO] = "go to: ",
    };
    static const char *const examples[] = {
        [PROMPT_FILTER] = "opcode == ping   text contains \"x\"   Tab completes",
        [PROMPT_SEARCH] = "text, or /pattern/",
        [PROMPT_SAVE] = "a new file",
        [PROMPT_GO] = "12.5   1:30   50%   +10   -10",
    };
    const struct prompt *prompt = &viewer->prompt;
    int x = canvas_text(canvas, 0, y, viewer->width, STYLE_KEY, labels[prompt->kind]);
    int room = viewer->width - x - 1;
    size_t from = room > 0 && prompt->cursor > (size_t)room ? prompt->cursor - (size_t)room : 0;

    while (in_character(prompt, from)) {
        from++;
    }
    struct bytes shown = bytes_of(prompt->text + from, prompt->length - from);
    int before = canvas_bytes(canvas, x, y, room, STYLE_PLAIN, bytes_first(shown, prompt->cursor - from));
    int used = canvas_bytes(canvas, x, y, room, STYLE_PLAIN, shown);

    canvas_bytes(canvas, x + used + 2, y, room - used - 2, prompt->error[0] ? STYLE_BAD : STYLE_DIM,
                 bytes_of_text(prompt->error[0]       ? prompt->error
                               : prompt->length == 0 ? examples[prompt->kind]
                                                      : prompt->hint));
    canvas->cursor_x = x + before;
    canvas->cursor_y = y;
}
