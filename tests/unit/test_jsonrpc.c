/* SPDX-License-Identifier: MIT */
#include "printed.h"

/* JSON-RPC 2.0, with the examples of its section 7. Nothing is agreed: it is recognised. */

static struct subprotocol nothing(void)
{
    return printed_agreed("", "/");
}

START_TEST(requests_notifications_and_answers)
{
    struct subprotocol rpc = nothing();

    PRINTED_TEXT(&rpc, C2S,
                 "{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": [42, 23], \"id\": 1}",
                 "as JSON-RPC: request 1 \"subtract\" [2 params]\n"
                 "  id: 1\n"
                 "  method: \"subtract\"\n"
                 "  params: [42, 23]\n"
                 "    [0]: 42\n"
                 "    [1]: 23\n");
    PRINTED_TEXT(&rpc, S2C, "{\"jsonrpc\": \"2.0\", \"result\": 19, \"id\": 1}",
                 "as JSON-RPC: response 1\n  id: 1\n  result: 19\n");
    PRINTED_TEXT(&rpc, C2S, "{\"jsonrpc\": \"2.0\", \"method\": \"update\"}",
                 "as JSON-RPC: notification \"update\"\n  method: \"update\"\n");
    PRINTED_TEXT(&rpc, S2C,
                 "{\"jsonrpc\": \"2.0\", \"error\": {\"code\": -32601, \"message\": \"Method not found\"}, "
                 "\"id\": \"1\"}",
                 "as JSON-RPC: error \"1\": -32601 \"Method not found\"\n"
                 "  id: \"1\"\n"
                 "  error: {\"code\": -32601, \"message\": \"Method not found\"}\n"
                 "    code: -32601\n"
                 "    message: \"Method not found\"\n");
}
END_TEST

START_TEST(a_batch_is_each_of_its_calls)
{
    struct subprotocol rpc = nothing();

    PRINTED_TEXT(&rpc, C2S,
                 "[{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"id\":\"1\"}, {\"foo\":1}, "
                 "{\"jsonrpc\":\"2.0\",\"method\":\"hi\"}]",
                 "as JSON-RPC: batch of 3, with a mistake\n"
                 "  call: request \"1\" \"sum\"\n"
                 "    id: \"1\"\n"
                 "    method: \"sum\"\n"
                 "  call: response\n"
                 "    mistake: jsonrpc must be \"2.0\"\n"
                 "  call: notification \"hi\"\n"
                 "    method: \"hi\"\n");
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const struct {
        const char *text, *mistake;
    } cases[] = {
        { "{\"jsonrpc\":\"2.0\",\"method\":1,\"params\":\"bar\"}", "the method's name is a text" },
        { "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":\"bar\"}", "params are a list or an object" },
        { "{\"jsonrpc\":\"2.0\",\"result\":1,\"error\":{\"code\":1,\"message\":\"\"},\"id\":1}",
          "an answer has a result or an error, not both" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1}", "it has no method, result or error" },
        { "{\"jsonrpc\":\"2.0\",\"result\":1}", "an answer has an id, which may be null" },
        { "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":[]}", "an id is a text, a number or null" },
        { "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"result\":1,\"id\":1}",
          "it is a request and an answer at once" },
        { "{\"jsonrpc\":\"2.0\",\"error\":1,\"id\":1}", "an error is an object with a code and a message" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct subprotocol rpc = nothing();
        const char *printed = printed_message(&rpc, C2S, FRAME_TEXT, bytes_of_text(cases[i].text));

        ck_assert_msg(strstr(printed, cases[i].mistake) != NULL, "%s: %s", cases[i].text, printed);
    }
    struct subprotocol agreed = printed_agreed("jsonrpc-2.0", "/");

    PRINTED_TEXT(&agreed, C2S, "[]",
                 "as JSON-RPC: batch of 0, with a mistake\n  mistake: a batch is not empty\n");
    printed_survives(agreed, FRAME_TEXT,
                     bytes_of_text("[{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"id\":\"1\"}]"));
}
END_TEST

START_TEST(other_json_is_not_taken_for_it)
{
    static const char *const texts[] = {
        "{\"a\":1}",
        "{\"jsonrpc\":\"1.0\"}",
        "[{\"a\":\"jsonrpc\"}]",
        "{\"a\":{\"jsonrpc\":\"2.0\"}}",
        "\"jsonrpc\"",
        "[]",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct subprotocol rpc = nothing();

        ck_assert_str_eq(printed_message(&rpc, C2S, FRAME_TEXT, bytes_of_text(texts[i])), "");
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("jsonrpc");

    tcase_add_test(tests, requests_notifications_and_answers);
    tcase_add_test(tests, a_batch_is_each_of_its_calls);
    tcase_add_test(tests, what_is_wrong_is_said);
    tcase_add_test(tests, other_json_is_not_taken_for_it);
    return report_run("jsonrpc", tests);
}
