/* SPDX-License-Identifier: MIT */
#include "unit/talk.h"

/* HTTP as the dissector hands it on: each row is a conversation, in steps, and what is said of it.
 * A step is a letter and a text: c, s - that side sends it; C, S - it sends it, and it is not captured;
 * f - the client sends it as a masked text frame; g - the server, unmasked; G - and it is not captured;
 * o - both SYNs; e - the server's FIN. */

#define HEAD "HTTP/1.1 "
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK HEAD "200 OK\r\nContent-Length: 2\r\n\r\nok"
#define REFUSAL HEAD "403 Forbidden\r\nContent-Length: 0\r\n\r\n"
#define ACCEPTED "connection GET 101 accepted "
#define ENDED "close:end-of-capture"
#define ENDED_1006 "close:end-of-capture"

struct step {
    char what;
    const char *text;
};

static const struct row {
    const char *name;
    struct step steps[12];
    const char *said;
} rows[] = {
    { "refused", { { 'o', "" }, { 'c', TALK_REQUEST }, { 's', REFUSAL } },
      "connection GET 403 refused " ENDED },
    { "refused, then upgraded on the same connection (43)",
      { { 'o', "" }, { 'c', TALK_REQUEST }, { 's', REFUSAL }, { 'c', TALK_REQUEST }, { 's', TALK_ANSWER },
        { 'f', "hi" } },
      "connection GET 403 refused GET 101 accepted c2s:text=hi " ENDED_1006 },
    { "keep-alive before it (43)",
      { { 'o', "" }, { 'c', GET }, { 's', OK }, { 'c', TALK_REQUEST }, { 's', TALK_ANSWER }, { 'g', "hi" } },
      "connection GET 200 GET 101 accepted s2c:text=hi " ENDED_1006 },
    { "pipelined (43)",
      { { 'o', "" }, { 'c', GET GET TALK_REQUEST }, { 's', OK }, { 's', OK TALK_ANSWER }, { 'g', "hi" } },
      "connection GET GET GET 200 200 101 accepted s2c:text=hi " ENDED_1006 },
    { "100 Continue first (43)",
      { { 'o', "" }, { 'c', TALK_REQUEST }, { 's', HEAD "100 Continue\r\n\r\n" }, { 's', TALK_ANSWER } },
      "connection GET 100 101 accepted " ENDED_1006 },
    { "a 101 in a body (44)",
      { { 'o', "" }, { 'c', GET }, { 's', HEAD "200 OK\r\nContent-Length: 129\r\n\r\n" TALK_ANSWER },
        { 'c', GET }, { 's', OK } },
      "connection GET 200 GET 200 " ENDED },
    { "the request alone (47)", { { 'o', "" }, { 'c', TALK_REQUEST } }, "connection GET unanswered " ENDED },
    { "the answer alone (47)", { { 's', TALK_ANSWER }, { 'g', "hi" } },
      "late-connection 101 accepted s2c:text=hi " ENDED_1006 },
    { "the answer to nothing", { { 'o', "" }, { 's', TALK_ANSWER }, { 'g', "hi" } },
      "connection 101 broken!handshake-unasked s2c:text=hi " ENDED_1006 },
    { "the 101 was lost, the client goes on (26)",
      { { 'o', "" }, { 'c', TALK_REQUEST }, { 'S', TALK_ANSWER }, { 'f', "first words" }, { 'f', "and more" },
        { 'f', "and yet more" } },
      "connection GET accepted c2s:text=first words c2s:text=and more c2s:text=and yet more "
      "s2c:gap=129:no " ENDED_1006 },
    { "the 101 was lost, the server goes on (26)",
      { { 'o', "" }, { 'c', TALK_REQUEST }, { 'S', TALK_ANSWER }, { 'g', "first words" }, { 'g', "and more" },
        { 'g', "and yet more" } },
      "connection GET accepted s2c:gap=129:guess s2c:text=first words s2c:text=and more "
      "s2c:text=and yet more " ENDED_1006 },
    { "the first frame was lost (26)",
      { { 'o', "" }, { 'c', TALK_REQUEST }, { 's', TALK_ANSWER }, { 'G', "lost" }, { 'g', "first words" },
        { 'g', "and more" } },
      ACCEPTED "s2c:gap=6:guess s2c:text=first words s2c:text=and more " ENDED_1006 },
    { "data before the answer",
      { { 'o', "" }, { 'c', TALK_REQUEST }, { 'f', "early" }, { 's', TALK_ANSWER } },
      "connection GET 101 accepted!handshake-data-before-answer c2s:text=early " ENDED_1006 },
    { "a second request before the refusal",
      { { 'o', "" }, { 'c', TALK_REQUEST GET }, { 's', REFUSAL OK } },
      "connection GET 403 refused!handshake-data-before-answer GET 200 " ENDED },
    { "a second upgrade request before the refusal",
      { { 'o', "" }, { 'c', TALK_REQUEST TALK_REQUEST GET }, { 's', REFUSAL REFUSAL OK } },
      "connection GET 403 refused!handshake-data-before-answer GET 403 "
      "refused!handshake-data-before-answer GET 200 " ENDED },
    { "a proxy, and the upgrade inside (45)",
      { { 'o', "" }, { 'c', "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n" },
        { 's', HEAD "200 Connection established\r\n\r\n" }, { 'c', TALK_REQUEST }, { 's', TALK_ANSWER },
        { 'f', "hi" } },
      "connection CONNECT 200 GET 101 accepted c2s:text=hi " ENDED_1006 },
    { "h2c (45)",
      { { 'o', "" }, { 'c', "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                            "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" },
        { 's', HEAD "101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" },
        { 's', "anything" } },
      "connection GET 101 s2c:!stream-http2 " ENDED },
    { "HTTP/2 at once (45)",
      { { 'o', "" }, { 'c', "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" }, { 's', "anything" } },
      "connection c2s:!stream-http2 " ENDED },
    { "HTTP, then something else", { { 'o', "" }, { 'c', GET }, { 's', OK }, { 'c', "\1\2\3\4" } },
      "connection GET 200 c2s:!stream-not-http " ENDED },
    { "never HTTP", { { 'o', "" }, { 'c', "\1\2\3\4" }, { 's', "SSH-2.0" } }, "connection " ENDED },
    { "a body lost in part (26)",
      { { 'o', "" }, { 'c', GET }, { 's', HEAD "200 OK\r\nContent-Length: 20\r\n\r\n0123456789" },
        { 'S', "abcde" }, { 's', "fghij" }, { 'c', TALK_REQUEST }, { 's', TALK_ANSWER } },
      "connection GET s2c:gap=5:exact 200 GET 101 accepted " ENDED_1006 },
    { "a body that the FIN ends",
      { { 'o', "" }, { 'c', GET }, { 's', HEAD "200 OK\r\n\r\nuntil" }, { 'e', "" } },
      "connection GET 200 close:end-of-capture:s2c" },
    { "the upgrade request lost, its answer seen (47)",
      { { 'o', "" }, { 'C', TALK_REQUEST }, { 's', TALK_ANSWER }, { 'g', "hi" } }, 
      "connection 101 accepted s2c:text=hi c2s:gap=144:no " ENDED_1006 },
    { "a request lost, its answer seen",
      { { 'o', "" }, { 'C', GET }, { 's', OK }, { 'c', TALK_REQUEST }, { 's', TALK_ANSWER } },
      "connection 200 c2s:gap=27:guess GET 101 accepted " ENDED_1006 },
};

static struct talk talk;

static void play(const struct step *step)
{
    enum direction d = strchr("sSge", step->what) ? S2C : C2S;

    switch (step->what) {
    case 'o':
        talk_open(&talk);
        break;
    case 'c':
    case 's':
        talk_text(&talk, d, step->text);
        break;
    case 'C':
    case 'S':
        talk_lose(&talk, d, strlen(step->text));
        break;
    case 'f':
    case 'g':
        talk_send(&talk, d, TALK_TEXT, step->text);
        break;
    case 'G':
        talk_lose(&talk, S2C, strlen(step->text) + 2);
        break;
    default:
        talk_fin(&talk, S2C);
        break;
    }
}

START_TEST(conversations)
{
    talk_init(&talk);
    talk_begin(&talk);
    for (const struct step *step = rows[_i].steps; step->what; step++) {
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

int main(void)
{
    TCase *tests = tcase_create("exchange");

    tcase_add_loop_test(tests, conversations, 0, sizeof rows / sizeof rows[0]);
    return report_run("exchange", tests);
}
