/* SPDX-License-Identifier: MIT */
#include "printed.h"

/* STOMP 1.0 to 1.2, with the frames that its specification shows. */

static struct subprotocol version(const char *agreed)
{
    return printed_agreed(agreed, "/stomp");
}

START_TEST(frames_are_command_headers_and_body)
{
    struct subprotocol stomp = version("v12.stomp");

    PRINTED_TEXT(&stomp, C2S, "CONNECT\naccept-version:1.0,1.1,2.0\nhost:a\\b\nheart-beat:4000,0\n\n\0",
                 "as STOMP: CONNECT\n"
                 "  command: CONNECT\n"
                 "    accept-version: 1.0,1.1,2.0\n"
                 "    host: a\\b\n"
                 "    heart-beat: 4000,0\n"
                 "      meaning: sends every 4000 ms, wants every 0 ms\n");
    PRINTED_TEXT(&stomp, S2C, "CONNECTED\r\nversion:1.2\r\n\r\n\0\n",
                 "as STOMP: CONNECTED 1.2\n  command: CONNECTED\n    version: 1.2\n");
    PRINTED_TEXT(&stomp, C2S, "SEND\ndestination:/queue/a\ncontent-type:text/plain\n\nhello queue a\n\0",
                 "as STOMP: SEND /queue/a, 14 bytes\n"
                 "  command: SEND\n"
                 "    destination: /queue/a\n"
                 "    content-type: text/plain\n"
                 "    body: hello queue a\n\n");
    PRINTED_TEXT(&stomp, C2S, "\n", "as STOMP: heart-beat\n  heart-beat: \n\n");
}
END_TEST

START_TEST(a_body_of_known_length_may_hold_nuls)
{
    struct subprotocol stomp = version("v12.stomp");

    PRINTED_BYTES(&stomp, S2C, "MESSAGE\ncontent-length:3\n\n\1\0\2\0",
                  "as STOMP: MESSAGE, 3 bytes\n"
                  "  command: MESSAGE\n"
                  "    content-length: 3\n"
                  "    body: 01 00 02\n");
}
END_TEST

START_TEST(escapes_are_the_versions)
{
    static const char frame[] = "SEND\na:x\\cy\\nz\\\\\n\n\0";
    static const char with_return[] = "SEND\na:x\\r\n\n\0";
    struct subprotocol stomp = version("v12.stomp"), older = version("v11.stomp"),
                       oldest = version("v10.stomp");

    PRINTED_TEXT(&stomp, C2S, frame,
                 "as STOMP: SEND\n  command: SEND\n    a: x\\cy\\nz\\\\\n      unescaped: x:y\nz\\\n");
    PRINTED_TEXT(&stomp, C2S, with_return,
                 "as STOMP: SEND\n  command: SEND\n    a: x\\r\n      unescaped: x\r\n");
    PRINTED_TEXT(&older, C2S, with_return,
                 "as STOMP: SEND, with a mistake\n  command: SEND\n    a: x\\r\n      mistake: no header may "
                 "have this escape\n");
    PRINTED_TEXT(&oldest, C2S, with_return, "as STOMP: SEND\n  command: SEND\n    a: x\\r\n");
}
END_TEST

START_TEST(a_message_may_have_several_frames)
{
    struct subprotocol stomp = version("v12.stomp");

    PRINTED_TEXT(&stomp, C2S, "\nBEGIN\ntransaction:1\n\n\0\nCOMMIT\ntransaction:1\n\n\0",
                 "as STOMP: BEGIN, COMMIT\n"
                 "  command: BEGIN\n"
                 "    transaction: 1\n"
                 "  command: COMMIT\n"
                 "    transaction: 1\n");
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const char two[] =
        "SEND\na:x\\cy\ncontent-length:2\nheart-beat:1,2\n\nxy\0\nBEGIN\ntransaction:1\n\n";
    struct subprotocol stomp = version("v12.stomp");

    PRINTED_TEXT(&stomp, C2S, "HELLO\n\n\0",
                 "as STOMP: a mistake\n  mistake: it does not begin with a command of STOMP\n");
    PRINTED_TEXT(&stomp, C2S, "SEND\n\nx",
                 "as STOMP: SEND, 1 byte, with a mistake\n"
                 "  command: SEND\n"
                 "    body: x\n"
                 "    mistake: no NUL ends the frame: it is cut, or goes on in the next message\n");
    PRINTED_TEXT(&stomp, C2S, "SEND\na:b\n",
                 "as STOMP: SEND, with a mistake\n"
                 "  command: SEND\n"
                 "    a: b\n"
                 "    mistake: no empty line ends the headers\n"
                 "    mistake: no NUL ends the frame: it is cut, or goes on in the next message\n");
    PRINTED_TEXT(&stomp, C2S, "SEND\nab\ncontent-length:1\n\nxy\0",
                 "as STOMP: SEND, 1 byte, with a mistake\n"
                 "  command: SEND\n"
                 "    mistake: a header is a name, a colon and a value\n"
                 "    content-length: 1\n"
                 "    body: x\n"
                 "    mistake: no NUL stands where content-length says\n");
    PRINTED_TEXT(&stomp, S2C, "SEND\n\n\0",
                 "as STOMP: SEND, with a mistake\n  command: SEND\n    mistake: only clients send this\n");
    printed_survives(stomp, FRAME_TEXT, bytes_of(two, sizeof two));
}
END_TEST

START_TEST(it_is_recognised_by_command_and_nul)
{
    struct subprotocol nothing = printed_agreed("", "/");

    ck_assert_ptr_nonnull(
        strstr(printed_message(&nothing, C2S, FRAME_TEXT, bytes_of("SEND\n\n", 7)), "as STOMP: SEND"));
    ck_assert_str_eq(printed_message(&nothing, C2S, FRAME_TEXT, bytes_of_text("SEND\n\n")), "");
    ck_assert_str_eq(printed_message(&nothing, C2S, FRAME_TEXT, bytes_of_text("\n")), "");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stomp");

    tcase_add_test(tests, frames_are_command_headers_and_body);
    tcase_add_test(tests, a_body_of_known_length_may_hold_nuls);
    tcase_add_test(tests, escapes_are_the_versions);
    tcase_add_test(tests, a_message_may_have_several_frames);
    tcase_add_test(tests, what_is_wrong_is_said);
    tcase_add_test(tests, it_is_recognised_by_command_and_nul);
    return report_run("stomp", tests);
}
