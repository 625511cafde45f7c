/* SPDX-License-Identifier: MIT */
#include "opponent.h"

#include "composer.h"
#include "core/frame.h"
#include "core/http.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 10000          /* milliseconds for what the script expects of the peer */
#define LAST_PATIENCE 2000      /* and for what it still has to say at the end */
#define SECOND INT64_C(1000000000)
#define UNEXPECTED "that is not what the script expects"

struct opponent {
    int socket;
    enum direction side;        /* ours */
    struct composer composer;
    struct buffer held;         /* ours, not sent yet */
    bool holding;
    struct item_sizes sizes;    /* of what we hand to TCP at once */
    struct buffer received;     /* the peer's, from `taken` on not looked at yet */
    size_t taken;
    struct frame_reader reader;
    uint8_t payload[FRAME_CONTROL_MAX];     /* the first bytes of the peer's frame, unmasked */
    size_t payload_length;
    bool over;                  /* the peer sends no more */
    bool named;                 /* the script has named its connection */
    enum opponent_result result;
    const struct item *item;
    struct opponent_error *error;
};

static bool fail(struct opponent *opponent, const char *what)
{
    opponent->result = OPPONENT_FAILED;
    opponent->error->line = opponent->item ? opponent->item->line : 0;
    snprintf(opponent->error->text, sizeof opponent->error->text, "%s", what);
    return false;
}

static const char *peer_name(const struct opponent *opponent)
{
    return opponent->side == C2S ? "server" : "client";
}

/* The peer went its own way: the rest of the script has no one to talk to, or goes on differently. */
static void note_otherwise(struct opponent *opponent, const char *what)
{
    printf("%s: %s (line %u)\n", peer_name(opponent), what, opponent->item ? opponent->item->line : 0);
    opponent->result = OPPONENT_OTHERWISE;
}

/* --- what the peer says --------------------------------------------------------------------------------- */

static struct bytes unread(const struct opponent *opponent)
{
    return bytes_after(buffer_view(&opponent->received), opponent->taken);
}

/* What is left of the unread bytes after a decoder has taken from their front. */
static void leave(struct opponent *opponent, struct bytes rest)
{
    opponent->taken = opponent->received.length - rest.length;
    if (rest.length == 0) {
        opponent->received.length = opponent->taken = 0;
    }
}

/* More bytes of the peer, or its end. False when neither comes in time. */
static bool receive(struct opponent *opponent, int patience)
{
    struct pollfd wait = { .fd = opponent->socket, .events = POLLIN };
    uint8_t room[16384];

    if (poll(&wait, 1, patience) <= 0) {
        return false;
    }
    ssize_t n = recv(opponent->socket, room, sizeof room, 0);

    opponent->over = n <= 0;
    if (n > 0) {
        buffer_put(&opponent->received, bytes_of(room, (size_t)n));
    } else {
        printf("%s: %s\n", peer_name(opponent), n == 0 ? "end of its stream" : "connection reset");
    }
    return !opponent->received.failed;
}

static bool receive_expected(struct opponent *opponent)
{
    if (opponent->over) {
        note_otherwise(opponent, "has ended before it said what the script expects");
        return false;
    }
    return receive(opponent, PATIENCE) ||
           fail(opponent, "the peer has not said what this line expects in time");
}

static void print_head(const struct opponent *opponent, const struct http_head *head)
{
    struct bytes first = head->is_request ? head->method : bytes_of(NULL, 0);

    printf("%s: HTTP ", peer_name(opponent));
    for (size_t i = 0; i < first.length; i++) {         /* a token: nothing that a terminal obeys */
        putchar(first.data[i]);
    }
    if (!head->is_request) {
        printf("%u", head->status);
    }
    putchar('\n');
}

static void take_key(struct opponent *opponent, const struct http_head *head)
{
    const struct http_field *key = http_find(head, "Sec-WebSocket-Key", 0);

    head_key_set(&opponent->composer.key, key ? key->value : bytes_of(NULL, 0));
}

static void judge_head(struct opponent *opponent, const struct http_head *head,
                       const struct item_head *expected)
{
    if (head->is_request) {
        take_key(opponent, head);
    } else if (head->status != expected->status) {
        note_otherwise(opponent, UNEXPECTED);
    }
}

/* One HTTP message of the peer, with its body; a 101 ends with its head. */
static bool await_head(struct opponent *opponent, const struct item_head *expected)
{
    static const struct limits limits = LIMITS_DEFAULT;
    struct memory memory = { .limit = limits.memory };
    struct http_reader reader;
    struct http_head head;
    enum http_step step = HTTP_MORE;
    bool whole = false;

    http_reader_init(&reader, opponent->side == S2C, false);
    while (!whole && step != HTTP_REFUSED) {
        struct bytes input = unread(opponent);

        step = http_step(&reader, &input, true, &head, &limits, &memory);
        leave(opponent, input);
        if (step == HTTP_HEAD) {
            print_head(opponent, &head);
            judge_head(opponent, &head, expected);
        }
        whole = step == HTTP_END || (step == HTTP_HEAD && !head.is_request && head.status == 101);
        if (step == HTTP_MORE && !receive_expected(opponent)) {
            break;
        }
    }
    http_reader_release(&reader, &memory);
    if (step == HTTP_REFUSED) {
        note_otherwise(opponent, "does not speak HTTP here");
    }
    return whole;
}

static void print_frame(const struct opponent *opponent, const struct frame *frame)
{
    printf("%s: %s%s, %llu bytes", peer_name(opponent), frame_opcode_name(frame->opcode),
           frame->fin ? "" : " (goes on)", (unsigned long long)frame->length);
    if (frame->opcode == FRAME_CLOSE && opponent->payload_length >= 2) {
        unsigned code = (unsigned)opponent->payload[0] << 8 | opponent->payload[1];

        printf(", %u %s", code, frame_close_code_meaning((uint16_t)code));
    }
    putchar('\n');
}

static void keep_payload(struct opponent *opponent, struct bytes slice)
{
    size_t room = sizeof opponent->payload - opponent->payload_length;

    slice = bytes_first(slice, room);
    frame_unmask(opponent->payload + opponent->payload_length, slice.data, slice.length,
                 opponent->reader.frame.mask, opponent->payload_length);
    opponent->payload_length += slice.length;
}

/* The next frame among what has come; NULL while it is not whole. */
static const struct frame *next_frame(struct opponent *opponent)
{
    struct bytes input = unread(opponent), slice;
    enum frame_step step;

    while ((step = frame_step(&opponent->reader, &input, &slice)) != FRAME_MORE && step != FRAME_END) {
        if (step == FRAME_BEGIN) {
            opponent->payload_length = 0;
        } else {
            keep_payload(opponent, slice);
        }
    }
    leave(opponent, input);
    if (step != FRAME_END) {
        return NULL;
    }
    print_frame(opponent, &opponent->reader.frame);
    return &opponent->reader.frame;
}

static bool await_frame(struct opponent *opponent, uint8_t opcode)
{
    const struct frame *frame;

    while ((frame = next_frame(opponent)) == NULL) {
        if (!receive_expected(opponent)) {
            return false;
        }
    }
    if (frame->opcode != opcode) {
        note_otherwise(opponent, UNEXPECTED);
    }
    return true;
}

/* As many frames as the statement stands for. */
static bool await_frames(struct opponent *opponent, const struct item_frame *frame)
{
    for (uint32_t i = 0; i < frame->times; i++) {
        for (size_t k = 0; k <= frame->fragments.count; k++) {
            if (!await_frame(opponent, k == 0 ? frame->opcode : FRAME_CONTINUATION)) {
                return false;
            }
        }
    }
    return true;
}

static bool await_bytes(struct opponent *opponent, size_t n)
{
    while (unread(opponent).length < n) {
        if (!receive_expected(opponent)) {
            return false;
        }
    }
    leave(opponent, bytes_after(unread(opponent), n));
    return true;
}

static bool await_end(struct opponent *opponent)
{
    while (!opponent->over) {
        while (next_frame(opponent) != NULL) {
            continue;
        }
        if (!receive_expected(opponent)) {
            return false;
        }
    }
    return true;
}

static bool await_item(struct opponent *opponent, const struct item *item)
{
    switch (item->kind) {
    case ITEM_HEAD:
        return await_head(opponent, &item->head);
    case ITEM_FRAME:
        return await_frames(opponent, &item->frame);
    case ITEM_BYTES:
        return await_bytes(opponent, item->bytes.length);
    case ITEM_FIN:
    case ITEM_RST:
        return await_end(opponent);
    default:
        return true;
    }
}

/* --- what we say ---------------------------------------------------------------------------------------- */

static bool send_all(struct opponent *opponent, struct bytes bytes)
{
    while (bytes.length > 0) {
        ssize_t n = send(opponent->socket, bytes.data, bytes.length, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR) {
            note_otherwise(opponent, "has closed the connection and takes no more");
            return false;
        }
        bytes = bytes_after(bytes, n > 0 ? (size_t)n : 0);
    }
    return true;
}

static void sleep_for(int64_t nanoseconds)
{
    struct timespec time = { .tv_sec = nanoseconds / SECOND, .tv_nsec = nanoseconds % SECOND };

    fflush(stdout);
    nanosleep(&time, NULL);
}

/* In the pieces that the script wants. TCP may still join them; the pause makes that rare. */
static bool send_pieces(struct opponent *opponent, struct bytes bytes)
{
    bool good = true;

    for (size_t nth = 0; good && bytes.length > 0; nth++) {
        size_t size = bytes.length;

        if (opponent->sizes.count > 0) {
            size = opponent->sizes.size[nth < opponent->sizes.count ? nth : opponent->sizes.count - 1];
        }
        good = send_all(opponent, bytes_first(bytes, size));
        bytes = bytes_after(bytes, size);
        if (bytes.length > 0) {
            sleep_for(SECOND / 1000);
        }
    }
    return good;
}

static bool send_held(struct opponent *opponent)
{
    bool good = !opponent->held.failed ? send_pieces(opponent, buffer_view(&opponent->held))
                                   : fail(opponent, "no memory for what is to be sent");

    opponent->held.length = 0;
    return good;
}

/* A reset is what closing a socket without lingering sends. */
static bool send_reset(struct opponent *opponent)
{
    struct linger none = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(opponent->socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    opponent->over = true;
    return true;
}

static bool say_item(struct opponent *opponent, const struct item *item)
{
    switch (item->kind) {
    case ITEM_HEAD:
    case ITEM_FRAME:
    case ITEM_BYTES:
    case ITEM_COMPRESS:
        composer_put(&opponent->composer, item, &opponent->held);
        return opponent->holding || send_held(opponent);
    case ITEM_HOLD:
        opponent->holding = true;
        return true;
    case ITEM_SEND:
        opponent->holding = false;
        return send_held(opponent);
    case ITEM_SIZES:
        opponent->sizes = item->sizes;
        return true;
    case ITEM_FIN:
        shutdown(opponent->socket, SHUT_WR);
        return true;
    case ITEM_RST:
        return send_reset(opponent);
    default:
        return true;
    }
}

/* --- the whole conversation ----------------------------------------------------------------------------- */

/* The first name is for the connection that there is. */
static bool name_connection(struct opponent *opponent, const struct item *item)
{
    bool first = item->kind == ITEM_CONNECTION && !opponent->named;

    opponent->named = true;
    return first || fail(opponent, "several connections are for a capture; on a socket there is one");
}

static bool play_item(struct opponent *opponent, const struct item *item)
{
    opponent->item = item;
    switch (item->kind) {
    case ITEM_WAIT:
        sleep_for(item->number);
        return true;
    case ITEM_SEED:
        opponent->composer.random = (uint64_t)item->number;
        return true;
    case ITEM_CONNECTION:
    case ITEM_REOPEN:
        return name_connection(opponent, item);
    default:
        return item->side == opponent->side ? say_item(opponent, item) : await_item(opponent, item);
    }
}

/* What the peer still says when the script is over: its Close, its end. */
static void hear_out(struct opponent *opponent)
{
    struct pollfd wait = { .fd = opponent->socket, .events = POLLIN };

    while (next_frame(opponent) != NULL) {
        continue;
    }
    while (!opponent->over && poll(&wait, 1, LAST_PATIENCE) > 0 && receive(opponent, 0)) {
        while (next_frame(opponent) != NULL) {
            continue;
        }
    }
}

static enum opponent_result play(const struct conversation *conversation, int socket, enum direction side,
                             struct opponent_error *error)
{
    struct opponent opponent = { .socket = socket, .side = side, .error = error };
    bool good = true;
    int on = 1;

    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    composer_init(&opponent.composer, (uint64_t)time(NULL));
    frame_reader_init(&opponent.reader, 0);
    for (const struct item *item = conversation->first; good && item != NULL; item = item->next) {
        good = play_item(&opponent, item);
    }
    if (good) {
        good = send_held(&opponent);
    }
    if (opponent.result != OPPONENT_FAILED) {
        opponent.item = NULL;
        hear_out(&opponent);
    }
    composer_release(&opponent.composer);
    buffer_release(&opponent.held);
    buffer_release(&opponent.received);
    close(socket);
    return opponent.result;
}

static enum opponent_result no_connection(struct opponent_error *error, const char *what, const char *why)
{
    *error = (struct opponent_error){ 0 };
    snprintf(error->text, sizeof error->text, "%s: %s", what, why);
    return OPPONENT_FAILED;
}

/* ADDRESS:PORT cut at its last colon; brackets around IPv6 taken off. */
static bool split_address(const char *address, char host[128], const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t length = colon ? (size_t)(colon - address) : 0;

    if (length == 0 || length >= 128) {
        return false;
    }
    if (address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    memcpy(host, address, length);
    host[length] = '\0';
    *port = colon + 1;
    return true;
}

enum opponent_result opponent_client(const struct conversation *conversation, const char *address,
                             struct opponent_error *error)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
    char host[128];
    const char *port;

    if (!split_address(address, host, &port)) {
        return no_connection(error, "--client", "an address and port such as 127.0.0.1:8101 are expected");
    }
    int code = getaddrinfo(host, port, &hints, &found);

    if (code != 0) {
        return no_connection(error, "--client", gai_strerror(code));
    }
    int fd = socket(found->ai_family, SOCK_STREAM, 0);
    bool connected = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0;
    int number = errno;

    freeaddrinfo(found);
    if (!connected) {
        if (fd >= 0) {
            close(fd);
        }
        return no_connection(error, "cannot connect", strerror(number));
    }
    return play(conversation, fd, C2S, error);
}

enum opponent_result opponent_server(const struct conversation *conversation, uint16_t port,
                                     struct opponent_error *error)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd = -1;

    if (listener >= 0) {
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0) {
            printf("waiting for a client on 127.0.0.1:%u\n", port);
            fflush(stdout);
            fd = accept(listener, NULL, NULL);
        }
    }
    int number = errno;

    if (listener >= 0) {
        close(listener);
    }
    return fd >= 0 ? play(conversation, fd, S2C, error)
                   : no_connection(error, "cannot listen", strerror(number));
}
