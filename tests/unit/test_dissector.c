/* SPDX-License-Identifier: MIT */
#include "core/stream.h"
#include "unit/talk.h"

static struct talk talk;

static void start(void)
{
    talk_init(&talk);
}

#define UPGRADED "connection GET 101 accepted "

/* --- the ordinary --- */

START_TEST(a_whole_connection)
{
    talk_upgrade(&talk);
    talk_send(&talk, C2S, TALK_TEXT, "hello");
    talk_send(&talk, S2C, TALK_TEXT, "world");
    talk_send(&talk, C2S, TALK_CLOSE, "\3\350bye");
    talk_send(&talk, S2C, TALK_CLOSE, "\3\350");
    talk_fin(&talk, S2C);
    talk_fin(&talk, C2S);
    talk_expect(&talk,
                UPGRADED "c2s:text=hello s2c:text=world c2s:close s2c:close close:close-handshake:1000:c2s");
    talk_end(&talk, "");
}
END_TEST

/* What each side's application was told (RFC 6455 7.1.5): client's/server's where they differ, 0 unknown. In the
 * script: c, s a Close with 1000 from client or server, e, E the same without a body, S one with 1001; x the
 * server's Close, not captured; f FINs, server's first; r a reset by the server. */
static const struct {
    const char *script, *said;
} told[] = {
    { "csf", "c2s:close s2c:close close:close-handshake:1000:c2s" },
    { "cSf", "c2s:close s2c:close!frame-close-answer-differs close:close-handshake:1001/1000:c2s" },
    { "Scf", "s2c:close c2s:close!frame-close-answer-differs close:close-handshake:1001/1000:s2c" },
    { "eEf", "c2s:close s2c:close close:close-handshake:1005:c2s" },
    { "cs", "c2s:close s2c:close close:close-handshake:1000:c2s" },
    { "cf", "c2s:close close:fin:1006/1000:c2s!close-unanswered-by-server" },
    { "ef", "c2s:close close:fin:1006/1005:c2s!close-unanswered-by-server" },
    { "cr", "c2s:close close:rst:1006/1000:c2s!close-by-reset" },
    { "sr", "s2c:close close:rst:1000/1006:s2c!close-by-reset" },
    { "c", "c2s:close close:end-of-capture:0/1000:c2s" },
    { "f", "close:fin:1006:s2c!close-without-close-frame-server" },
    { "r", "close:rst:1006:s2c!close-by-reset" },
    { "", "close:end-of-capture" },
    { "cxf", "c2s:close s2c:gap=4:no close:fin:1000:c2s" },        /* as most peers echo it */
    { "xf", "s2c:gap=4:no close:fin:0/1006:s2c" },
};

static void play_ending(char step)
{
    switch (step) {
    case 'c':
    case 's':
        talk_send(&talk, step == 'c' ? C2S : S2C, TALK_CLOSE, "\3\350");
        break;
    case 'e':
    case 'E':
        talk_send(&talk, step == 'e' ? C2S : S2C, TALK_CLOSE, "");
        break;
    case 'S':
        talk_send(&talk, S2C, TALK_CLOSE, "\3\351");
        break;
    case 'x':
        talk_lose(&talk, S2C, 4);
        break;
    case 'f':
        talk_fin(&talk, S2C);
        talk_fin(&talk, C2S);
        break;
    case 'r':
        talk_packet(&talk, S2C, TCP_RST | TCP_ACK, talk.sequence[S2C], talk.sequence[C2S], bytes_of(NULL, 0));
        break;
    }
}

START_TEST(what_applications_were_told)
{
    talk_upgrade(&talk);
    talk_expect(&talk, "connection GET 101 accepted");
    for (const char *step = told[_i].script; *step; step++) {
        play_ending(*step);
    }
    talk_end(&talk, told[_i].said);
}
END_TEST

START_TEST(frames_right_behind_the_101)         /* faults.md 41 */
{
    char bytes[] = TALK_ANSWER "\x81\x02hi";

    talk_open(&talk);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_text(&talk, S2C, bytes);
    talk_end(&talk, UPGRADED "s2c:text=hi close:end-of-capture");
}
END_TEST

/* Fast Open: not a byte of the server was seen when the client, too early, sends what proves to be frames. */
START_TEST(frames_on_the_syn)           /* faults.md 28 */
{
    static char bytes[] = TALK_REQUEST "\x81\x85\1\2\3\4igohn\x81\x85\1\2\3\5igoin\x81\x85\1\2\3\6igojn";

    talk_segment(&talk, C2S, TCP_SYN, bytes_of_text(bytes));
    talk_segment(&talk, S2C, TCP_SYN | TCP_ACK, bytes_of(NULL, 0));
    talk_text(&talk, S2C, TALK_ANSWER);
    talk_send(&talk, S2C, TALK_TEXT, "world");
    talk_end(&talk, "connection GET 101 accepted!handshake-data-before-answer "
                    "c2s:text=hello c2s:text=hello c2s:text=hello s2c:text=world close:end-of-capture");
}
END_TEST

/* --- who is who, and when a connection begins --- */

START_TEST(the_client_is_who_asks)      /* faults.md 31 */
{
    talk.ports[C2S] = 80;               /* the numbers say the opposite, and no SYN is there */
    talk.ports[S2C] = 40000;
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_text(&talk, S2C, TALK_ANSWER);
    talk_send(&talk, C2S, TALK_TEXT, "hi");
    talk_end(&talk, "late-connection GET 101 accepted c2s:text=hi close:end-of-capture");
}
END_TEST

START_TEST(syn_ack_first)               /* faults.md 31 */
{
    talk_packet(&talk, S2C, TCP_SYN | TCP_ACK, talk.sequence[S2C], talk.sequence[C2S] + 1, bytes_of(NULL, 0));
    talk_segment(&talk, C2S, TCP_SYN, bytes_of(NULL, 0));
    talk_lose(&talk, S2C, 1);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_text(&talk, S2C, TALK_ANSWER);
    talk_end(&talk, UPGRADED "close:end-of-capture");
}
END_TEST

START_TEST(half_open)                   /* faults.md 33 */
{
    talk_segment(&talk, C2S, TCP_SYN, bytes_of(NULL, 0));
    talk_end(&talk, "connection close:end-of-capture");
}
END_TEST

START_TEST(refused_by_reset)
{
    talk_segment(&talk, C2S, TCP_SYN, bytes_of(NULL, 0));
    talk_packet(&talk, S2C, TCP_RST | TCP_ACK, 0, talk.sequence[C2S], bytes_of(NULL, 0));
    talk_expect(&talk, "connection close:rst:s2c");
    talk_end(&talk, "");
}
END_TEST

/* --- reset --- */

START_TEST(reset_out_of_window)         /* faults.md 29 */
{
    talk_upgrade(&talk);
    talk_packet(&talk, S2C, TCP_RST, talk.sequence[S2C] + 100000, 0, bytes_of(NULL, 0));
    talk_send(&talk, C2S, TALK_TEXT, "on");
    talk_end(&talk, UPGRADED "s2c:!tcp-reset-ignored c2s:text=on close:end-of-capture");
}
END_TEST

START_TEST(reset_in_window)
{
    talk_upgrade(&talk);
    talk_packet(&talk, S2C, TCP_RST, talk.sequence[S2C], 0, bytes_of(NULL, 0));
    talk_expect(&talk, UPGRADED "close:rst:1006:s2c!close-by-reset");
    talk_send(&talk, C2S, TALK_TEXT, "late");
    talk_expect(&talk, "c2s:!tcp-data-after-end");
    talk_end(&talk, "");
}
END_TEST

START_TEST(reset_before_its_data)
{
    talk_upgrade(&talk);
    uint32_t at = talk.sequence[S2C];

    talk_packet(&talk, S2C, TCP_RST | TCP_ACK, at + 4, talk.seen[S2C], bytes_of(NULL, 0));
    talk_send(&talk, S2C, TALK_TEXT, "hi");
    talk_end(&talk, UPGRADED "s2c:!tcp-reset-ignored s2c:text=hi close:rst:1006!close-by-reset");
}
END_TEST

/* --- the same four-tuple again --- */

static void open_again(uint32_t client, uint32_t server)
{
    talk.sequence[C2S] = talk.seen[S2C] = client;
    talk.sequence[S2C] = talk.seen[C2S] = server;
    talk_upgrade(&talk);
    talk_send(&talk, C2S, TALK_TEXT, "again");
}

static const uint32_t jumps[] = { 0x10000000, 0xF0000000, 200000 };

START_TEST(reopened_after_the_end)      /* faults.md 30 */
{
    talk_upgrade(&talk);
    talk_fin(&talk, C2S);
    talk_fin(&talk, S2C);
    talk_expect(&talk, UPGRADED "close:fin:1006:c2s!close-without-close-frame-client");
    open_again(talk.sequence[C2S] + jumps[_i], 7);
    talk_end(&talk, UPGRADED "c2s:text=again close:end-of-capture");
}
END_TEST

START_TEST(reopened_in_the_middle)      /* faults.md 30 */
{
    talk_upgrade(&talk);
    open_again(talk.sequence[C2S] + jumps[_i], 7);
    talk_end(&talk, UPGRADED "close:idle " UPGRADED "c2s:text=again close:end-of-capture");
}
END_TEST

START_TEST(reopened_where_we_joined_late)       /* faults.md 30 */
{
    talk_text(&talk, C2S, "some old bytes, and then nothing");
    open_again(talk.sequence[C2S] + jumps[_i], 7);
    talk_end(&talk, "late-connection close:idle " UPGRADED "c2s:text=again close:end-of-capture");
}
END_TEST

START_TEST(reopened_behind_an_old_fin)  /* faults.md 30 */
{
    talk_fin(&talk, C2S);
    open_again(talk.sequence[C2S] + jumps[_i], 7);
    talk_end(&talk, "late-connection close:fin:c2s " UPGRADED "c2s:text=again close:end-of-capture");
}
END_TEST

START_TEST(a_syn_injected_changes_nothing)
{
    talk_upgrade(&talk);
    talk_packet(&talk, C2S, TCP_SYN, talk.sequence[C2S] + 5000, 0, bytes_of(NULL, 0));
    talk_acknowledge(&talk, S2C);
    talk_send(&talk, C2S, TALK_TEXT, "on");
    talk_end(&talk, UPGRADED "c2s:text=on close:end-of-capture");
}
END_TEST

/* Nor when the next segment begins just behind its number. */
START_TEST(a_syn_injected_before_data_changes_nothing)
{
    talk_upgrade(&talk);
    talk_packet(&talk, C2S, TCP_SYN, talk.sequence[C2S] - 1 + 8, 0, bytes_of(NULL, 0));
    talk_send(&talk, C2S, TALK_TEXT, "on");
    talk_send(&talk, C2S, TALK_TEXT, "and on");
    talk_end(&talk, UPGRADED "c2s:text=on c2s:text=and on close:end-of-capture");
}
END_TEST

START_TEST(reopened_and_only_the_client_seen)   /* faults.md 26, 30 */
{
    talk_open(&talk);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk.sequence[C2S] += 200000;
    talk.seen[C2S] = 77;
    talk_segment(&talk, C2S, TCP_SYN, bytes_of(NULL, 0));
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_end(&talk, "connection GET unanswered close:idle connection GET unanswered close:end-of-capture");
}
END_TEST

START_TEST(the_capture_ends_inside_a_body)
{
    talk_open(&talk);
    talk_text(&talk, C2S, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    talk_text(&talk, S2C, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    talk_end(&talk, "connection GET 200 close:end-of-capture");
}
END_TEST

START_TEST(the_server_ends_inside_a_body)
{
    talk_open(&talk);
    talk_text(&talk, C2S, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    talk_text(&talk, S2C, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    talk_fin(&talk, S2C);
    talk_end(&talk, "connection GET 200!http-body-cut close:end-of-capture:s2c");
}
END_TEST

/* --- an answer to the upgrade that was lost, or the half of it: faults.md 26, 43 --- */

#define UPGRADED_AGAIN "unanswered GET s2c:gap=57:guess 101 accepted c2s:text=hi close:end-of-capture"

START_TEST(a_refusal_is_lost)
{
    talk_open(&talk);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_lose(&talk, S2C, 57);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_text(&talk, S2C, TALK_ANSWER);
    talk_send(&talk, C2S, TALK_TEXT, "hi");
    talk_end(&talk, "connection GET " UPGRADED_AGAIN);
}
END_TEST

START_TEST(the_head_of_a_refusal_is_lost)
{
    talk_open(&talk);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_lose(&talk, S2C, 57);
    talk_text(&talk, S2C, "\x81\x05hello, but no frame: the body of a refusal");
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_text(&talk, S2C, TALK_ANSWER);
    talk_send(&talk, C2S, TALK_TEXT, "hi");
    talk_end(&talk, "connection GET " UPGRADED_AGAIN);
}
END_TEST

START_TEST(a_101_is_lost_and_the_server_speaks)
{
    talk_open(&talk);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_lose(&talk, S2C, 57);
    talk_send(&talk, S2C, TALK_TEXT, "one of three");
    talk_send(&talk, S2C, TALK_TEXT, "two of three");
    talk_send(&talk, S2C, TALK_TEXT, "three of three");
    talk_end(&talk, "connection GET accepted s2c:gap=57:guess s2c:text=one of three s2c:text=two of three "
                    "s2c:text=three of three close:end-of-capture");
}
END_TEST

START_TEST(a_101_is_lost_and_a_frame_of_the_client)
{
    talk_open(&talk);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_lose(&talk, S2C, 57);
    talk_segment(&talk, C2S, TCP_ACK, bytes_of_text("\x81\x8B\1\2\3\4igo"));
    talk_lose(&talk, C2S, 10);
    talk_send(&talk, C2S, TALK_TEXT, "one of three");
    talk_send(&talk, C2S, TALK_TEXT, "two of three");
    talk_send(&talk, C2S, TALK_TEXT, "three of three");
    talk_end(&talk, "connection GET c2s:gap=10:no accepted c2s:text=one of three c2s:text=two of three "
                    "c2s:text=three of three s2c:gap=57:no close:end-of-capture");
}
END_TEST

/* What the client sends too early begins, behind a hole, inside a frame. */
START_TEST(a_frame_is_lost_before_the_101)
{
    talk_open(&talk);
    talk_text(&talk, C2S, TALK_REQUEST);
    talk_lose(&talk, C2S, 10);
    talk_segment(&talk, C2S, TCP_ACK, bytes_of_text("\x84\x02 is no header"));
    for (int i = 0; i < 2 * STREAM_PATIENCE; i++) {
        talk_acknowledge(&talk, S2C);
    }
    talk_text(&talk, S2C, TALK_ANSWER);
    talk_send(&talk, C2S, TALK_TEXT, "one of three");
    talk_send(&talk, C2S, TALK_TEXT, "two of three");
    talk_send(&talk, C2S, TALK_TEXT, "three of three");
    talk_end(&talk, "connection GET c2s:gap=10:no 101 accepted c2s:text=one of three c2s:text=two of three "
                    "c2s:text=three of three close:end-of-capture");
}
END_TEST

/* --- joined late --- */

static const uint16_t port_80[] = { 80 };

START_TEST(joined_late)                 /* faults.md 27 */
{
    for (int i = 0; i < 4; i++) {
        talk_send(&talk, C2S, TALK_TEXT, "first words");
        talk_send(&talk, S2C, TALK_TEXT, "an answer");
    }
    dissector_tick(talk.dissector, talk.time + INT64_C(3000000000));
    dissector_tick(talk.dissector, talk.time + INT64_C(6000000000));
    dissector_finish(talk.dissector);
    ck_assert_uint_eq(talk.kinds[EVENT_MESSAGE], 8);
    ck_assert_ptr_nonnull(strstr(talk.said, "capture-joined-late"));
    dissector_destroy(talk.dissector);
}
END_TEST

/* What was lost before it was clear what is spoken. */
START_TEST(joined_late_with_a_gap)      /* faults.md 26, 27 */
{
    talk_send(&talk, C2S, TALK_TEXT, "one");
    talk_lose(&talk, C2S, 50);
    talk_send(&talk, C2S, TALK_TEXT, "three");
    talk_send(&talk, C2S, TALK_TEXT, "four");
    talk_send(&talk, S2C, TALK_TEXT, "and five");
    talk_send(&talk, S2C, TALK_TEXT, "and six");
    talk_end(&talk, "late-connection c2s:gap=50:guess c2s:!capture-joined-late c2s:text=three c2s:text=four "
                    "s2c:text=and five s2c:text=and six close:end-of-capture");
}
END_TEST

START_TEST(joined_late_and_guessing_forbidden)
{
    talk.options.guess = DISSECTOR_NEVER_GUESS;
    for (int i = 0; i < 4; i++) {
        talk_send(&talk, C2S, TALK_TEXT, "first words");
        talk_send(&talk, S2C, TALK_TEXT, "an answer");
    }
    talk_end(&talk, "late-connection close:end-of-capture");
}
END_TEST

START_TEST(joined_late_by_force)
{
    talk.options.guess = DISSECTOR_NEVER_GUESS;
    talk.options.websocket_ports = port_80;
    talk.options.websocket_port_count = 1;
    talk_send(&talk, S2C, TALK_TEXT, "one");
    talk_end(&talk, "late-connection s2c:text=one close:end-of-capture");
}
END_TEST

START_TEST(a_forced_port_with_its_handshake)
{
    talk.options.websocket_ports = port_80;
    talk.options.websocket_port_count = 1;
    talk_upgrade(&talk);
    talk_send(&talk, C2S, TALK_TEXT, "hi");
    talk_end(&talk, UPGRADED "c2s:text=hi close:end-of-capture");
}
END_TEST

/* --- data where TCP has none --- */

START_TEST(data_after_the_fin)          /* faults.md 28 */
{
    talk_upgrade(&talk);
    talk_fin(&talk, C2S);
    talk_send(&talk, C2S, TALK_TEXT, "one");
    talk_send(&talk, C2S, TALK_TEXT, "two");
    talk_end(&talk, UPGRADED "c2s:!tcp-data-after-end close:end-of-capture:c2s"
                             "!close-without-close-frame-client");
}
END_TEST

START_TEST(a_conflict_is_told)          /* faults.md 23, 36 */
{
    talk_upgrade(&talk);
    uint32_t at = talk.sequence[C2S];

    talk_send(&talk, C2S, TALK_TEXT, "hello");
    talk_packet(&talk, C2S, TCP_ACK, at, talk.seen[C2S], bytes_of("\x81\x85junkjunk!", 11));
    talk_end(&talk, UPGRADED "c2s:text=hello c2s:!tcp-conflict close:end-of-capture");
}
END_TEST

/* Two frames of eight bytes have passed; copies come from there to there, one byte changed or none. */
static const struct {
    const char *name;
    uint32_t from, to;
    int changed;
    const char *said;
} copies[] = {
    { "exact, the same", 0, 8, -1, "" },
    { "exact", 0, 8, 5, "s2c:!tcp-conflict " },
    { "a part of it", 3, 7, 5, "s2c:!tcp-conflict " },
    { "its last byte", 15, 16, 15, "" },        /* may be a keep-alive */
    { "over both, the same", 0, 16, -1, "" },
    { "over both", 0, 16, 12, "s2c:!tcp-conflict " },
    { "over the border", 6, 10, 9, "s2c:!tcp-conflict " },
    { "with a new frame, the same", 8, 24, -1, "s2c:binary=mnopqr " },
    { "with a new frame", 8, 24, 12, "s2c:!tcp-conflict s2c:binary=mnopqr " },
    { "with a new frame, only that differs", 8, 24, 23, "s2c:binary=mnopqZ " },
    { "over all and more", 0, 24, 3, "s2c:!tcp-conflict s2c:binary=mnopqr " },
};

START_TEST(the_first_copy_wins)         /* faults.md 23, 36 */
{
    char bytes[] = "\x82\x06" "abcdef" "\x82\x06" "ghijkl" "\x82\x06" "mnopqr";

    talk_upgrade(&talk);
    uint32_t at = talk.sequence[S2C];

    talk_segment(&talk, S2C, TCP_ACK, bytes_of(bytes, 8));
    talk_segment(&talk, S2C, TCP_ACK, bytes_of(bytes + 8, 8));
    talk_acknowledge(&talk, C2S);
    talk_expect(&talk, UPGRADED "s2c:binary=abcdef s2c:binary=ghijkl");
    if (copies[_i].changed >= 0) {
        bytes[copies[_i].changed] = 'Z';
    }
    talk_packet(&talk, S2C, TCP_ACK, at + copies[_i].from, talk.seen[S2C],
                bytes_of(bytes + copies[_i].from, copies[_i].to - copies[_i].from));
    dissector_finish(talk.dissector);
    char *end = strstr(talk.said, "close:");

    ck_assert_ptr_nonnull(end);
    *end = '\0';
    ck_assert_msg(strcmp(talk.said, copies[_i].said) == 0, "%s: %s", copies[_i].name, talk.said);
    dissector_destroy(talk.dissector);
}
END_TEST

/* What was not believed of a copy is not what later ones are held against. */
START_TEST(the_first_copy_stays_the_first)      /* faults.md 23 */
{
    talk_upgrade(&talk);
    uint32_t at = talk.sequence[S2C];

    talk_text(&talk, S2C, "\x82\x06" "abcdef");
    talk_packet(&talk, S2C, TCP_ACK, at, talk.seen[S2C], bytes_of_text("\x82\x06" "abZdef" "\x82\x02" "gh"));
    talk_expect(&talk, UPGRADED "s2c:binary=abcdef s2c:!tcp-conflict s2c:binary=gh");
    talk_packet(&talk, S2C, TCP_ACK, at, talk.seen[S2C], bytes_of_text("\x82\x06" "abcdef" "\x82\x02" "gh"));
    talk_end(&talk, "close:end-of-capture");
}
END_TEST

START_TEST(urgent_data_is_read_in_line) /* faults.md 35 */
{
    talk_upgrade(&talk);
    talk_segment(&talk, S2C, TCP_ACK | TCP_URG, talk_frame(&talk, S2C, TALK_TEXT, bytes_of_text("hi")));
    talk_end(&talk, UPGRADED "s2c:!tcp-urgent s2c:text=hi close:end-of-capture");
}
END_TEST

/* --- limits --- */

START_TEST(the_most_connections)        /* faults.md 33 */
{
    talk.options.limits.connections = 2;
    for (uint16_t i = 0; i < 5; i++) {
        talk.ports[C2S] = (uint16_t)(40000 + i);
        talk.sequence[C2S] = talk.seen[S2C] = 5000U + i;
        talk_segment(&talk, C2S, TCP_SYN, bytes_of(NULL, 0));
    }
    ck_assert_uint_eq(dissector_totals(talk.dissector)->refused_connections, 3);
    dissector_finish(talk.dissector);
    ck_assert_uint_eq(talk.kinds[EVENT_CONNECTION], 5);
    ck_assert_uint_eq(talk.kinds[EVENT_NOTICE], 3);
    ck_assert_uint_eq(talk.kinds[EVENT_CLOSE], 5);
    dissector_destroy(talk.dissector);
}
END_TEST

/* A server that is stopped ends all its connections within a round trip: then come their last ACKs. */
START_TEST(last_packets_begin_no_connection)
{
    enum { CONNECTIONS = 20000, STEPS = 5 };
    static const struct { enum direction d; uint8_t flags; uint32_t sequence, seen; } steps[STEPS] = {
        { C2S, TCP_SYN, 100, 0 },
        { S2C, TCP_SYN | TCP_ACK, 900, 101 },
        { S2C, TCP_FIN | TCP_ACK, 901, 101 },
        { C2S, TCP_FIN | TCP_ACK, 101, 902 },
        { S2C, TCP_ACK, 902, 102 },
    };

    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < CONNECTIONS; i++) {
            talk.ports[C2S] = (uint16_t)(10000 + i);
            talk.time = INT64_C(1000000) * (step + 1);
            talk_packet(&talk, steps[step].d, steps[step].flags, steps[step].sequence, steps[step].seen,
                        bytes_of(NULL, 0));
        }
    }
    ck_assert_uint_eq(dissector_totals(talk.dissector)->connections, CONNECTIONS);
    dissector_finish(talk.dissector);
    ck_assert_uint_eq(talk.kinds[EVENT_CLOSE], CONNECTIONS);
    dissector_destroy(talk.dissector);
}
END_TEST

/* The same talk under every ceiling from nothing up: no crash, no leak, each connection opened and closed. */
START_TEST(however_little_memory)
{
    for (uint64_t limit = 0; limit < 40000; limit += 97) {
        talk_init(&talk);
        talk.options.limits.memory = limit;
        talk.dissector = dissector_create(&talk.options, talk_sink, &talk);
        if (talk.dissector == NULL) {
            continue;
        }
        talk_upgrade(&talk);
        talk_send(&talk, C2S, 0x01, "in ");
        talk_send(&talk, S2C, TALK_PING, "1");
        talk_lose(&talk, S2C, 10);
        talk_send(&talk, S2C, TALK_TEXT, "ahead");
        talk_send(&talk, C2S, 0x80, "two");
        talk_send(&talk, C2S, TALK_CLOSE, "\3\350why");
        dissector_finish(talk.dissector);
        ck_assert_uint_eq(talk.kinds[EVENT_CONNECTION], talk.kinds[EVENT_CLOSE]);
        dissector_destroy(talk.dissector);
    }
}
END_TEST

/* --- time --- */

START_TEST(a_tick_ends_the_wait)
{
    talk_upgrade(&talk);
    talk_send(&talk, S2C, 0x82, "ok");
    talk_lose(&talk, S2C, 4);
    talk_send(&talk, S2C, TALK_TEXT, "one");
    talk_send(&talk, S2C, TALK_TEXT, "two");
    talk_send(&talk, S2C, TALK_TEXT, "three");
    talk_acknowledge(&talk, C2S);
    talk_expect(&talk, UPGRADED "s2c:binary=ok");
    dissector_tick(talk.dissector, talk.time + STREAM_PATIENCE_TIME - 1);
    talk_expect(&talk, "");
    dissector_tick(talk.dissector, talk.time + STREAM_PATIENCE_TIME);
    talk_expect(&talk, "s2c:gap=4:guess s2c:text=one s2c:text=two s2c:text=three");
    talk_end(&talk, "close:end-of-capture");
}
END_TEST

/* fault 86: by an hour. Nothing ends, nothing is lost, and a hole is waited for from then on. */
START_TEST(the_clock_is_set_back)
{
    talk_upgrade(&talk);
    talk_send(&talk, S2C, TALK_TEXT, "before");
    talk_expect(&talk, UPGRADED "s2c:text=before");
    talk.time -= INT64_C(3600000000000);
    dissector_tick(talk.dissector, talk.time);
    talk_send(&talk, S2C, TALK_TEXT, "after");
    talk_send(&talk, C2S, TALK_TEXT, "answer");
    talk_expect(&talk, "s2c:text=after c2s:text=answer");
    talk_lose(&talk, S2C, 4);
    talk_send(&talk, S2C, TALK_TEXT, "one");
    talk_send(&talk, S2C, TALK_TEXT, "two");
    talk_send(&talk, S2C, TALK_TEXT, "three");
    talk_acknowledge(&talk, C2S);
    dissector_tick(talk.dissector, talk.time + STREAM_PATIENCE_TIME - 1);
    talk_expect(&talk, "");
    dissector_tick(talk.dissector, talk.time + STREAM_PATIENCE_TIME);
    talk_expect(&talk, "s2c:gap=4:guess s2c:text=one s2c:text=two s2c:text=three");
    talk_end(&talk, "close:end-of-capture");
}
END_TEST

START_TEST(a_tick_announces)
{
    talk_segment(&talk, C2S, TCP_SYN, bytes_of(NULL, 0));
    dissector_tick(talk.dissector, talk.time + INT64_C(500000000));
    talk_expect(&talk, "");
    dissector_tick(talk.dissector, talk.time + INT64_C(1500000000));
    talk_expect(&talk, "connection");
    talk_end(&talk, "close:end-of-capture");
}
END_TEST

/* Time that passes in packets of no use: enough of them for every slot of a small table to be looked at. */
static void let_pass(int64_t nanoseconds)
{
    uint8_t nothing = 0;
    struct packet packet = { .link_type = LINK_RAW, .wire_length = 1, .captured = bytes_of(&nothing, 1) };

    talk.time += nanoseconds;
    for (int i = 0; i < 2000; i++) {
        packet.number++;
        packet.time = talk.time;
        dissector_packet(talk.dissector, &packet);
    }
}

START_TEST(an_attempt_is_forgotten)     /* faults.md 33 */
{
    talk_segment(&talk, C2S, TCP_SYN, bytes_of(NULL, 0));
    let_pass(talk.options.limits.idle);
    talk_expect(&talk, "");
    let_pass(1000);
    talk_expect(&talk, "connection close:idle");
    talk_end(&talk, "");
}
END_TEST

START_TEST(silence_ends_no_connection)  /* faults.md 7 */
{
    talk_upgrade(&talk);
    let_pass(INT64_C(86400) * 1000000000);
    talk_send(&talk, C2S, TALK_TEXT, "still here");
    talk_end(&talk, UPGRADED "c2s:text=still here close:end-of-capture");
}
END_TEST

START_TEST(not_tcp_is_counted)
{
    uint8_t bytes[28] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17 };
    struct packet packet = { .number = 1, .link_type = LINK_IPV4, .wire_length = 28,
                             .captured = bytes_of(bytes, sizeof bytes) };

    talk_begin(&talk);
    dissector_packet(talk.dissector, &packet);
    packet.link_type = 4242;
    dissector_packet(talk.dissector, &packet);
    ck_assert_uint_eq(dissector_totals(talk.dissector)->packets, 2);
    ck_assert_uint_eq(dissector_totals(talk.dissector)->decoded[DECODED_UNKNOWN_LINK], 1);
    ck_assert_uint_eq(dissector_totals(talk.dissector)->unknown_link, 4242);
    talk_end(&talk, "");
}
END_TEST

static uint32_t chance(uint32_t n)
{
    static uint64_t random = 1;

    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random >> 33) % n;
}

/* A segment of a conversation that never was: near the next number or far from it, whatever its flags. */
static void send_anything(void)
{
    static const uint8_t flags[] = { TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_SYN, TCP_SYN | TCP_ACK, TCP_RST,
                                     TCP_FIN | TCP_ACK, TCP_ACK | TCP_URG, 0, TCP_RST | TCP_ACK };
    static const uint32_t reach[] = { 1, 4, 300, 100000, 0x7FFFFFFF };
    static const char *const payloads[] = { "",
                                            TALK_REQUEST,
                                            TALK_ANSWER,
                                            "\x81\x05Hello",
                                            "\x89",
                                            "\x16\3\1\0\4\1",
                                            "\xC1\x07\xf2\x48\xcd\xc9\xc9\x07",
                                            "\x88\x02\x03",
                                            "x",
                                            "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
                                            "CONNECT a:1 HTTP/1.1\r\n\r\n" };
    enum direction d = chance(2) ? C2S : S2C;
    struct bytes payload = bytes_of_text(payloads[chance(sizeof payloads / sizeof payloads[0])]);
    uint32_t near = reach[chance(chance(4) ? 1 : 5)], back = chance(2) ? 0 : chance(near);

    if (chance(3)) {
        talk_segment(&talk, d, TCP_ACK, bytes_first(payload, chance(4) ? SIZE_MAX : chance(9)));
    } else if (chance(3)) {
        talk_lose(&talk, d, payload.length);
    } else {
        talk_packet(&talk, d, flags[chance(sizeof flags)], talk.sequence[d] + chance(near) - back,
                    talk.seen[d] + chance(near) - back, payload);
    }
    if (chance(20) == 0) {
        dissector_tick(talk.dissector, talk.time += chance(2) * INT64_C(2000000000));
    }
}

/* No crash, no leak, and each connection has one beginning and one end, whatever arrives. */
START_TEST(whatever_arrives)            /* faults.md 10, 28 to 32 */
{
    static const uint16_t ports[] = { 80 };

    for (int run = 0; run < 1500; run++) {
        talk_init(&talk);
        talk.options.limits.held = chance(3) ? 4096 : 1 << 20;
        talk.options.limits.memory = chance(4) ? 64 << 20 : 2000 + chance(60000);
        talk.options.websocket_ports = ports;
        talk.options.websocket_port_count = chance(4) == 0;
        talk.dissector = dissector_create(&talk.options, talk_sink, &talk);
        if (talk.dissector == NULL) {
            continue;
        }
        if (chance(2)) {
            talk_upgrade(&talk);
        }
        for (uint32_t left = chance(120); left > 0; left--) {
            send_anything();
        }
        dissector_finish(talk.dissector);
        if (talk.kinds[EVENT_CONNECTION] != talk.kinds[EVENT_CLOSE]) {
            ck_abort_msg("run %d: %u connections, %u ends", run, talk.kinds[EVENT_CONNECTION],
                         talk.kinds[EVENT_CLOSE]);
        }
        dissector_destroy(talk.dissector);
    }
}
END_TEST

START_TEST(destroyed_in_the_middle)
{
    talk_upgrade(&talk);
    talk_send(&talk, C2S, 0x01, "unfinished");
    talk_lose(&talk, S2C, 10);
    talk_send(&talk, S2C, TALK_TEXT, "held");
    talk_expect(&talk, "connection GET 101 accepted");
    dissector_destroy(talk.dissector);
    talk_expect(&talk, "");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("dissector");

    tcase_add_checked_fixture(tests, start, NULL);
    tcase_add_test(tests, a_whole_connection);
    tcase_add_loop_test(tests, what_applications_were_told, 0, sizeof told / sizeof told[0]);
    tcase_add_test(tests, frames_right_behind_the_101);
    tcase_add_test(tests, frames_on_the_syn);
    tcase_add_test(tests, the_capture_ends_inside_a_body);
    tcase_add_test(tests, the_server_ends_inside_a_body);
    tcase_add_test(tests, a_refusal_is_lost);
    tcase_add_test(tests, a_frame_is_lost_before_the_101);
    tcase_add_test(tests, the_head_of_a_refusal_is_lost);
    tcase_add_test(tests, a_101_is_lost_and_the_server_speaks);
    tcase_add_test(tests, a_101_is_lost_and_a_frame_of_the_client);
    tcase_add_test(tests, the_client_is_who_asks);
    tcase_add_test(tests, syn_ack_first);
    tcase_add_test(tests, half_open);
    tcase_add_test(tests, an_attempt_is_forgotten);
    tcase_add_test(tests, silence_ends_no_connection);
    tcase_add_test(tests, refused_by_reset);
    tcase_add_test(tests, reset_out_of_window);
    tcase_add_test(tests, reset_in_window);
    tcase_add_test(tests, reset_before_its_data);
    tcase_add_loop_test(tests, reopened_after_the_end, 0, sizeof jumps / sizeof jumps[0]);
    tcase_add_loop_test(tests, reopened_in_the_middle, 0, sizeof jumps / sizeof jumps[0]);
    tcase_add_loop_test(tests, reopened_where_we_joined_late, 0, sizeof jumps / sizeof jumps[0]);
    tcase_add_loop_test(tests, reopened_behind_an_old_fin, 0, sizeof jumps / sizeof jumps[0]);
    tcase_add_test(tests, a_syn_injected_changes_nothing);
    tcase_add_test(tests, a_syn_injected_before_data_changes_nothing);
    tcase_add_test(tests, reopened_and_only_the_client_seen);
    tcase_add_test(tests, joined_late);
    tcase_add_test(tests, joined_late_with_a_gap);
    tcase_add_test(tests, joined_late_and_guessing_forbidden);
    tcase_add_test(tests, joined_late_by_force);
    tcase_add_test(tests, a_forced_port_with_its_handshake);
    tcase_add_test(tests, data_after_the_fin);
    tcase_add_test(tests, a_conflict_is_told);
    tcase_add_loop_test(tests, the_first_copy_wins, 0, sizeof copies / sizeof copies[0]);
    tcase_add_test(tests, the_first_copy_stays_the_first);
    tcase_add_test(tests, urgent_data_is_read_in_line);
    tcase_add_test(tests, the_most_connections);
    tcase_add_test(tests, last_packets_begin_no_connection);
    tcase_add_test(tests, however_little_memory);
    tcase_add_test(tests, a_tick_ends_the_wait);
    tcase_add_test(tests, the_clock_is_set_back);
    tcase_add_test(tests, a_tick_announces);
    tcase_add_test(tests, not_tcp_is_counted);
    tcase_add_test(tests, whatever_arrives);
    tcase_add_test(tests, destroyed_in_the_middle);
    return report_run("dissector", tests);
}
