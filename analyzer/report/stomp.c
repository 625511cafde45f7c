/* SPDX-License-Identifier: MIT */
#include "subprotocol_print.h"

#include <stdio.h>

/* STOMP 1.0 to 1.2: a command's line, lines of headers, an empty line, a body, a NUL. A line end by itself
 * is a heart-beat. */

#define SECTION       "STOMP 1.2"
#define FRAMES_MAX    16  /* of a message that are shown */
#define HEADERS_MAX   100 /* of a frame that are shown */
#define UNESCAPED_MAX 200

static const struct {
    const char *name;
    enum direction sender;
    const char *purpose;
} commands[] = {
    { "CONNECT", C2S, "Begins the session." },
    { "STOMP", C2S, "Begins the session, as CONNECT does." },
    { "CONNECTED", S2C, "The session is open." },
    { "SEND", C2S, "A message for a destination." },
    { "SUBSCRIBE", C2S, "Asks for the messages of a destination." },
    { "UNSUBSCRIBE", C2S, "Ends a subscription." },
    { "ACK", C2S, "A message was taken." },
    { "NACK", C2S, "A message was not taken." },
    { "BEGIN", C2S, "Begins a transaction." },
    { "COMMIT", C2S, "Carries a transaction out." },
    { "ABORT", C2S, "Drops a transaction." },
    { "DISCONNECT", C2S, "Ends the session; with a receipt one knows that all has arrived." },
    { "MESSAGE", S2C, "A message of a subscription." },
    { "RECEIPT", S2C, "What was asked for a receipt has been done." },
    { "ERROR", S2C, "Something failed: the server closes after this." },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static const struct {
    const char *name, *purpose;
} headers[] = {
    { "accept-version", "The versions that the client can speak." },
    { "ack", "How messages are confirmed, or by which id." },
    { "content-length", "The body's bytes; with it the body may hold NULs." },
    { "content-type", "What the body is." },
    { "destination", "Where to, or where from; what names mean is the server's own." },
    { "heart-beat", "How often one can send, and wants to hear, something, in milliseconds." },
    { "host", "The virtual host." },
    { "id", "The number of a subscription, or of what is confirmed." },
    { "login", "Who the client is." },
    { "message", "The error in a few words." },
    { "message-id", "The message's own id." },
    { "passcode", "The client's password." },
    { "receipt", "Asks for a RECEIPT with this id." },
    { "receipt-id", "The id that the receipt was asked for with." },
    { "server", "Which software this is." },
    { "session", "The session's id." },
    { "subscription", "The subscription that it belongs to." },
    { "transaction", "The transaction that it belongs to." },
    { "version", "The version that is spoken from now on." },
};

static size_t find_command(struct bytes line)
{
    size_t i = 0;

    while (i < COMMANDS && !bytes_equal(line, bytes_of_text(commands[i].name))) {
        i++;
    }
    return i;
}

static const char *purpose_of(struct bytes name)
{
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (bytes_equal(name, bytes_of_text(headers[i].name))) {
            return headers[i].purpose;
        }
    }
    return "";
}

/* Takes a line from the front of *rest, its end with it: LF, or from version 1.2 on CR LF. False where
 * none ends. */
static bool take_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end = rest->length > 0 ? memchr(rest->data, '\n', rest->length) : NULL;

    if (end == NULL) {
        return false;
    }
    *line = bytes_first(*rest, (size_t)(end - rest->data));
    *rest = bytes_after(*rest, line->length + 1);
    if (line->length > 0 && line->data[line->length - 1] == '\r') {
        line->length--;
    }
    return true;
}

bool stomp_recognise(struct bytes payload)
{
    struct bytes rest = payload, line;

    return take_line(&rest, &line) && find_command(line) < COMMANDS && memchr(rest.data, '\0', rest.length);
}

/* --- headers ------------------------------------------------------------------------------------------- */

/* What follows a backslash; -1 where nothing may. 1.1 has no \r, 1.0 no escapes. */
static int unescape(uint8_t character, unsigned version)
{
    switch (character) {
    case 'n':
        return '\n';
    case 'c':
        return ':';
    case '\\':
        return '\\';
    case 'r':
        return version == 11 ? -1 : '\r';
    default:
        return -1;
    }
}

/* The value without its escapes, under it. */
static void print_unescaped(struct print *print, unsigned depth, struct bytes value)
{
    char text[UNESCAPED_MAX];
    size_t used = 0;

    for (size_t i = 0; i < value.length && used < sizeof text; i++) {
        int character = value.data[i];

        if (character == '\\') {
            i++;
            character = i < value.length ? unescape(value.data[i], print->subprotocol->version) : -1;
        }
        if (character < 0) {
            print_wrong(print, depth, bytes_after(value, i - 1), "no header may have this escape");
            return;
        }
        text[used++] = (char)character;
    }
    print_value(print, depth, "unescaped", value,
                "Line ends, colons and backslashes are written as \\n, \\c, \\\\.",
                "STOMP 1.2 Value Encoding", "%.*s", (int)used, text);
}

static void print_heart_beat(struct print *print, unsigned depth, struct bytes value)
{
    char text[32] = "";
    unsigned can = 0, wants = 0;

    memcpy(text, value.data, value.length < sizeof text ? value.length : sizeof text - 1);
    if (sscanf(text, "%9u,%9u", &can, &wants) == 2) {
        print_value(print, depth, "meaning", value, "", "STOMP 1.2 Heart-beating",
                    "sends every %u ms, wants every %u ms", can, wants);
    } else {
        print_wrong(print, depth, value, "a heart-beat is two numbers with a comma between");
    }
}

/* CONNECT and CONNECTED know no escapes, so that a 1.0 peer can read them. */
static void print_header(struct print *print, unsigned depth, struct bytes line, bool escapes)
{
    const uint8_t *colon = memchr(line.data, ':', line.length);
    struct bytes name = bytes_first(line, colon ? (size_t)(colon - line.data) : line.length);
    struct bytes value = bytes_after(line, name.length + 1);

    if (colon == NULL) {
        print_wrong(print, depth, line, "a header is a name, a colon and a value");
        return;
    }
    struct detail_node *node = print_field(print, depth, "", value, purpose_of(name), SECTION);

    node->name = name;
    detail_place_view(print->detail, node, line);
    if (bytes_equal(name, bytes_of_text("heart-beat")) && value.length > 0) {
        print_heart_beat(print, depth + 1, value);
    } else if (escapes && value.length > 0 && memchr(value.data, '\\', value.length)) {
        print_unescaped(print, depth + 1, value);
    }
}

/* What of a frame's headers the rest depends on. */
struct stomp_frame {
    size_t command;
    struct bytes destination, subscription, version, receipt, message;
    bool has_length;
    uint64_t length;
};

static void note_header(struct stomp_frame *frame, struct bytes line)
{
    const struct {
        const char *name;
        struct bytes *value;
    } kept[] = {
        { "destination:", &frame->destination }, { "id:", &frame->subscription },
        { "version:", &frame->version },         { "receipt-id:", &frame->receipt },
        { "message:", &frame->message },
    };

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        size_t length = strlen(kept[i].name);

        if (kept[i].value->length == 0 &&
            bytes_equal(bytes_first(line, length), bytes_of_text(kept[i].name))) {
            *kept[i].value = bytes_after(line, length); /* of several the first counts */
        }
    }
    if (!frame->has_length && bytes_equal(bytes_first(line, 15), bytes_of_text("content-length:"))) {
        frame->has_length = true;
        for (size_t i = 15; i < line.length && line.data[i] >= '0' && line.data[i] <= '9' && i < 30; i++) {
            frame->length = 10 * frame->length + (line.data[i] - (uint64_t)'0');
        }
    }
}

/* --- frames -------------------------------------------------------------------------------------------- */

static void summarise(struct label *summary, const struct stomp_frame *frame, struct bytes body)
{
    const struct bytes told[] = { frame->destination, frame->version, frame->receipt, frame->message };

    label_say(summary, "%s%s", summary->used > 0 ? ", " : "", commands[frame->command].name);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        if (told[i].length > 0) {
            label_say(summary, " ");
            label_show(summary, told[i]);
        }
    }
    if (body.length > 0) {
        label_say(summary, ", %zu byte%s", body.length, body.length == 1 ? "" : "s");
    }
}

/* Takes it and the NUL behind it from *rest. */
static struct bytes take_body(struct print *print, const struct stomp_frame *frame, struct bytes *rest)
{
    const uint8_t *end = rest->length > 0 ? memchr(rest->data, '\0', rest->length) : NULL;
    size_t length = end ? (size_t)(end - rest->data) : rest->length;
    bool enough = frame->length < rest->length;

    if (frame->has_length) {
        length = enough ? (size_t)frame->length : rest->length;
        end = enough && rest->data[length] == '\0' ? rest->data + length : NULL;
    }
    struct bytes body = bytes_first(*rest, length);

    if (body.length > 0) {
        print_content(print, PRINT_DEPTH + 1, "body", body);
    }
    if (end == NULL && enough && frame->has_length) {
        print_wrong(print, PRINT_DEPTH + 1, bytes_after(*rest, length),
                    "no NUL stands where content-length says");
    } else if (end == NULL) {
        print_short(print, PRINT_DEPTH + 1, bytes_after(*rest, length),
                    "no NUL ends the frame: it is cut, or goes on in the next message");
    }
    *rest = end ? bytes_after(*rest, length + 1) : bytes_of(NULL, 0);
    return body;
}

static void take_headers(struct print *print, struct stomp_frame *frame, struct bytes *rest)
{
    const char *name = commands[frame->command].name;
    bool escapes = strncmp(name, "CONNECT", 7) != 0 && print->subprotocol->version != 10;
    struct bytes line = bytes_of(NULL, 0);
    size_t count = 0;

    while (take_line(rest, &line) && line.length > 0) {
        note_header(frame, line);
        if (count++ < HEADERS_MAX) {
            print_header(print, PRINT_DEPTH + 1, line, escapes);
        }
    }
    if (line.length > 0 || line.data == NULL) {
        print_short(print, PRINT_DEPTH + 1, *rest, "no empty line ends the headers");
        *rest = bytes_of(NULL, 0);
    }
}

/* False where no further frame can be found. */
static bool print_frame(struct print *print, struct bytes *rest)
{
    struct bytes all = *rest, line = bytes_of(NULL, 0);
    struct stomp_frame frame = { .command = COMMANDS };

    if (take_line(rest, &line)) {
        frame.command = find_command(line);
    }
    if (frame.command == COMMANDS) {
        print_wrong(print, PRINT_DEPTH, all, "it does not begin with a command of STOMP");
        return false;
    }
    struct detail_node *node =
        print_field(print, PRINT_DEPTH, "command", line, commands[frame.command].purpose, SECTION);

    if (commands[frame.command].sender != print->direction) {
        print_wrong(print, PRINT_DEPTH + 1, line,
                    print->direction == C2S ? "only servers send this" : "only clients send this");
    }
    take_headers(print, &frame, rest);
    struct bytes body = take_body(print, &frame, rest);

    node->length = 0; /* the frame's place is its own, up to the NUL */
    detail_place_view(print->detail, node, bytes_first(all, all.length - rest->length));
    summarise(&print->summary, &frame, body);
    return rest->length > 0;
}

static void skip_line_ends(struct bytes *rest)
{
    while (rest->length > 0 && (*rest->data == '\n' || *rest->data == '\r')) {
        *rest = bytes_after(*rest, 1);
    }
}

void stomp_print(struct print *print)
{
    struct bytes rest = print->payload;

    skip_line_ends(&rest);
    if (rest.length == 0) {
        print_field(print, PRINT_DEPTH, "heart-beat", print->payload,
                    "A line end and nothing else: the peer lives.", "STOMP 1.2 Heart-beating");
        label_say(&print->summary, "heart-beat");
        return;
    }
    for (size_t i = 0; i < FRAMES_MAX && rest.length > 0 && print_frame(print, &rest); i++) {
        skip_line_ends(&rest);
    }
}
