/* SPDX-License-Identifier: MIT */
#include "core/flow.h"
#include "core/websocket.h"
#include "unit/talk.h"

/* What follows a handshake, frame by frame, and what is said of it. */

#define LOST 0x100              /* on its way, but not captured */
#define RAW 0x200               /* the bytes as they stand */
#define LATER 0x400             /* two seconds pass first; no bytes */
#define ENDED "close:end-of-capture"

struct step {
    enum direction direction;
    int first;                  /* the frame's first byte, and the above */
    const char *payload;
};

static const struct row {
    const char *name;
    struct step steps[12];
    const char *said;
} rows[] = {
    { "a message in three frames, a ping between (54)",
      { { C2S, 0x01, "a" }, { C2S, TALK_PING, "p" }, { C2S, 0x00, "b" }, { C2S, 0x80, "c" } },
      "c2s:ping c2s:text=abc " ENDED },
    { "pong after ping",
      { { S2C, TALK_PING, "x" }, { C2S, TALK_PONG, "x" }, { C2S, TALK_PONG, "x" } },
      "s2c:ping c2s:pong c2s:pong!frame-pong-unsolicited " ENDED },
    { "one pong for two pings: the last of them",
      { { S2C, TALK_PING, "1" }, { S2C, TALK_PING, "2" }, { C2S, TALK_PONG, "2" }, { C2S, TALK_PONG, "1" } },
      "s2c:ping s2c:ping c2s:pong c2s:pong!frame-pong-unsolicited " ENDED },
    { "pongs for two pings, in turn",
      { { S2C, TALK_PING, "1" }, { S2C, TALK_PING, "2" }, { C2S, TALK_PONG, "1" }, { C2S, TALK_PONG, "2" } },
      "s2c:ping s2c:ping c2s:pong c2s:pong " ENDED },
    { "a ping that is never answered",
      { { S2C, TALK_PING, "x" }, { C2S, LATER, "" }, { C2S, TALK_TEXT, "alive" },
        { C2S, TALK_CLOSE, "\3\350" } },
      "s2c:ping c2s:text=alive c2s:close close:end-of-capture:0/1000:c2s!close-ping-unanswered-by-client" },
    { "a ping whose pong may still be queued",
      { { S2C, TALK_PING, "x" }, { C2S, LATER, "" }, { C2S, TALK_TEXT, "alive" } },
      "s2c:ping c2s:text=alive " ENDED },
    { "a ping while one long frame is on its way",
      { { C2S, RAW, "\x82\x83key!a" }, { S2C, TALK_PING, "x" }, { C2S, LATER, "" }, { C2S, RAW, "bc" },
        { S2C, TALK_CLOSE, "\3\350" }, { C2S, TALK_CLOSE, "\3\350" } },
      "s2c:ping c2s:binary=\n\a\x1a s2c:close c2s:close close:close-handshake:1000:s2c" },
    { "a pong queued behind the ping's sender's close",
      { { S2C, TALK_PING, "x" }, { C2S, LATER, "" }, { C2S, TALK_TEXT, "alive" },
        { S2C, TALK_CLOSE, "\3\350" }, { C2S, TALK_PONG, "x" }, { C2S, TALK_CLOSE, "\3\350" } },
      "s2c:ping c2s:text=alive s2c:close c2s:pong c2s:close close:close-handshake:1000:s2c" },
    { "a ping never answered by the time its sender closes",
      { { S2C, TALK_PING, "x" }, { C2S, LATER, "" }, { C2S, TALK_TEXT, "alive" },
        { S2C, TALK_CLOSE, "\3\350" }, { C2S, TALK_CLOSE, "\3\350" } },
      "s2c:ping c2s:text=alive s2c:close c2s:close close:close-handshake:1000:s2c"
      "!close-ping-unanswered-by-client" },
    { "a ping too late to be answered", { { S2C, TALK_PING, "x" }, { C2S, TALK_TEXT, "alive" } },
      "s2c:ping c2s:text=alive " ENDED },
    { "a pong where a ping may have been lost",
      { { S2C, 0x82, "1" }, { S2C, TALK_PING | LOST, "x" }, { C2S, TALK_PONG, "x" },
        { S2C, TALK_TEXT, "a word" }, { S2C, TALK_TEXT, "another" } },
      "s2c:binary=1 c2s:pong s2c:gap=3:guess s2c:text=a word s2c:text=another " ENDED },
    { "close codes differ",
      { { C2S, TALK_CLOSE, "\3\350" }, { S2C, TALK_CLOSE, "\3\351" } },
      "c2s:close s2c:close!frame-close-answer-differs close:close-handshake:1001/1000:c2s" },
    { "an empty close, and another after it (56)",
      { { S2C, TALK_CLOSE, "" }, { C2S, TALK_CLOSE, "" }, { C2S, TALK_CLOSE, "" } },
      "s2c:close c2s:close c2s:close!frame-control-after-close close:close-handshake:1005:s2c" },
    { "data after close (56)", { { C2S, TALK_CLOSE, "\3\350" }, { C2S, TALK_TEXT, "more" } },
      "c2s:close c2s:text!frame-data-after-close c2s:text=more close:end-of-capture:0/1000:c2s" },
    { "bytes lost in a payload (26)",
      { { S2C, RAW, "\x82\x0aone" }, { S2C, RAW | LOST, "four" }, { S2C, RAW, "end" },
        { S2C, TALK_TEXT, "on" } },
      "s2c:gap=4:exact s2c:binary~one s2c:text=on " ENDED },
    { "bytes lost over the end of a payload (26)",
      { { S2C, RAW, "\x82\x0aone" }, { S2C, RAW | LOST, "the rest and a header" },
        { S2C, TALK_TEXT, "a word" }, { S2C, TALK_TEXT, "another" } },
      "s2c:binary~one s2c:gap=21:guess s2c:text=a word s2c:text=another " ENDED },
    { "a header lost in part (26)",
      { { S2C, RAW, "\x82" }, { S2C, RAW | LOST, "\3abc" }, { S2C, TALK_TEXT, "a word" },
        { S2C, TALK_TEXT, "another" } },
      "s2c:gap=4:guess s2c:text=a word s2c:text=another " ENDED },
    { "a frame lost out of a message (26)",
      { { S2C, 0x01, "a" }, { S2C, 0x00 | LOST, "b" }, { S2C, 0x80, "c" }, { S2C, TALK_TEXT, "a word" },
        { S2C, TALK_TEXT, "another" } },
      "s2c:text~a s2c:gap=3:guess s2c:continuation~c s2c:text=a word s2c:text=another " ENDED },
    { "after a loss nothing that can be read",
      { { S2C, 0x82, "1" }, { S2C, 0x82 | LOST, "2" }, { S2C, RAW, "\xff\xff\xff\xff\xff\xff\xff\xff" } },
      "s2c:binary=1 s2c:gap=3:no " ENDED },
    { "two losses", /* what stood between is too little to be proof, until nothing follows it */
      { { S2C, 0x82 | LOST, "2" }, { S2C, TALK_TEXT, "in between" }, { S2C, 0x82 | LOST, "2" },
        { S2C, TALK_TEXT, "a word" }, { S2C, TALK_TEXT, "another" } },
      "s2c:gap=3:guess s2c:text=in between s2c:gap=3:guess s2c:text=a word s2c:text=another " ENDED },
    { "an end inside a frame", { { S2C, RAW, "\x81\x0aone" } },
      "s2c:cut=3/10 s2c:text~one " ENDED },
    { "an end inside a header (48)", { { S2C, RAW, "\x81" } }, ENDED },
    { "an end inside a message", { { S2C, 0x01, "one" } }, "s2c:text~one " ENDED },
    { "text that is none (57)", { { S2C, TALK_TEXT, "\xC3\x28" } },
      "s2c:text=\xC3\x28!message-not-utf8 " ENDED },
    { "another protocol after the 101 (59)",
      { { S2C, RAW, "\xff\xfe\xff\xfe\xff\xfe\xff\xfe" }, { S2C, RAW, "\xff\xfe\xff\xfe\xff\xfe\xff\xfe" },
        { C2S, TALK_TEXT, "hi" } },
      "s2c:!stream-not-websocket c2s:text=hi " ENDED },
};

static struct talk talk;

static void play(const struct step *step)
{
    uint8_t first = (uint8_t)(step->first & 0xFF);
    struct bytes bytes = bytes_of_text(step->payload);

    if (step->first & LATER) {
        talk.time += INT64_C(2000000000);
        return;
    }
    if (!(step->first & RAW)) {
        bytes = talk_frame(&talk, step->direction, first, bytes);
    }
    if (step->first & LOST) {
        talk_lose(&talk, step->direction, bytes.length);
    } else {
        talk_segment(&talk, step->direction, TCP_ACK, bytes);
    }
}

START_TEST(conversations)
{
    talk_init(&talk);
    talk_upgrade(&talk);
    talk_expect(&talk, "connection GET 101 accepted");
    for (const struct step *step = rows[_i].steps; step->payload; step++) {
        play(step);
    }
    dissector_finish(talk.dissector);
    while (talk.said_length > 0 && talk.said[talk.said_length - 1] == ' ') {
        talk.said[--talk.said_length] = '\0';
    }
    ck_assert_msg(strcmp(talk.said, rows[_i].said) == 0, "%s:\n  %s\n  %s", rows[_i].name, rows[_i].said,
                  talk.said);
    dissector_destroy(talk.dissector);
}
END_TEST

/* The first protocol after a 101 that is not WebSocket: few findings, then one notice, then silence. */
START_TEST(other_protocols_are_told_soon)       /* faults.md 59 */
{
    uint64_t random = (uint64_t)_i + 1;
    uint8_t bytes[1000];

    talk_init(&talk);
    talk_upgrade(&talk);
    for (int segment = 0; segment < 60; segment++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[i] = (uint8_t)(random >> 33);
        }
        if (_i % 2) {           /* as TLS records */
            memcpy(bytes, "\x17\x03\x03\x03\xe3", 5);
        }
        talk_segment(&talk, _i % 4 < 2 ? C2S : S2C, TCP_ACK, bytes_of(bytes, sizeof bytes));
    }
    dissector_finish(talk.dissector);
    ck_assert_uint_le(talk.kinds[EVENT_FRAME], 40);
    ck_assert_uint_le(talk.kinds[EVENT_NOTICE], 1);
    dissector_destroy(talk.dissector);
}
END_TEST

/* What an idle connection costs: the flow, its WebSocket, its slots in the table at the emptiest. */
START_TEST(idle_connections_are_small)
{
    struct memory memory = { .limit = 1 << 20 };
    struct handshake_deflate none = { .window_bits = { 15, 15 } };
    struct emitter emitter = { .memory = &memory };
    struct websocket *websocket = websocket_create(&none, false, false, &memory);

    ck_assert_uint_lt(memory.used + sizeof(struct flow) + 3 * sizeof(struct flow *), 512);
    websocket_destroy(websocket, &emitter);
    ck_assert_uint_eq(memory.used, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("websocket");

    tcase_add_loop_test(tests, conversations, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(tests, other_protocols_are_told_soon, 0, 24);
    tcase_add_test(tests, idle_connections_are_small);
    return report_run("websocket", tests);
}
