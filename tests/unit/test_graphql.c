/* SPDX-License-Identifier: MIT */
#include "printed.h"

/* graphql-transport-ws and the older graphql-ws. */

START_TEST(operations_are_told_by_name_or_text)
{
    struct subprotocol graphql = printed_agreed("graphql-transport-ws", "/graphql");

    PRINTED_TEXT(&graphql, C2S, "{\"type\":\"connection_init\"}",
                 "as graphql-transport-ws: connection_init\n  type: \"connection_init\"\n");
    PRINTED_TEXT(&graphql, C2S, "{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"{ hello }\"}}",
                 "as graphql-transport-ws: subscribe \"1\" \"{ hello }\"\n"
                 "  id: \"1\"\n"
                 "  type: \"subscribe\"\n"
                 "  payload: {\"query\":\"{ hello }\"}\n"
                 "    query: \"{ hello }\"\n");
    PRINTED_TEXT(
        &graphql, C2S,
        "{\"id\":\"2\",\"type\":\"subscribe\",\"payload\":{\"operationName\":\"News\",\"query\":\"q\"}}",
        "as graphql-transport-ws: subscribe \"2\" News\n"
        "  id: \"2\"\n"
        "  type: \"subscribe\"\n"
        "  payload: {\"operationName\":\"News\",\"query\":\"q\"}\n"
        "    operationName: \"News\"\n"
        "    query: \"q\"\n");
    PRINTED_TEXT(&graphql, S2C, "{\"id\":\"1\",\"type\":\"next\",\"payload\":{\"errors\":[]}}",
                 "as graphql-transport-ws: next \"1\" with errors\n"
                 "  id: \"1\"\n"
                 "  type: \"next\"\n"
                 "  payload: {\"errors\":[]}\n"
                 "    errors: []\n");
}
END_TEST

START_TEST(the_older_protocol_has_types_of_its_own)
{
    struct subprotocol old = printed_agreed("graphql-ws", "/subscriptions");
    struct subprotocol new = printed_agreed("graphql-transport-ws", "/subscriptions");

    PRINTED_TEXT(&old, S2C, "{\"type\":\"ka\"}", "as graphql-ws: ka\n  type: \"ka\"\n");
    PRINTED_TEXT(&new, S2C, "{\"type\":\"ka\"}",
                 "as graphql-transport-ws: ka, with a mistake\n"
                 "  type: \"ka\"\n"
                 "  mistake: this subprotocol has no message of that type\n");
    PRINTED_TEXT(&old, C2S, "{\"type\":\"stop\",\"id\":\"1\"}",
                 "as graphql-ws: stop \"1\"\n  type: \"stop\"\n  id: \"1\"\n");
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    struct subprotocol graphql = printed_agreed("graphql-transport-ws", "/graphql");

    PRINTED_TEXT(&graphql, S2C, "{\"type\":\"connection_init\"}",
                 "as graphql-transport-ws: connection_init, with a mistake\n"
                 "  type: \"connection_init\"\n"
                 "  mistake: only clients send this\n");
    PRINTED_TEXT(&graphql, S2C, "{\"type\":\"next\"}",
                 "as graphql-transport-ws: next, with a mistake\n"
                 "  type: \"next\"\n"
                 "  mistake: it has no id, so it belongs to no operation\n");
    PRINTED_TEXT(&graphql, S2C, "[]",
                 "as graphql-transport-ws: a mistake\n  mistake: a message is an object with a type\n");
    PRINTED_TEXT(&graphql, S2C, "{\"type\":]",
                 "as graphql-transport-ws: a mistake\n  mistake: from here on it is no JSON\n");
    PRINTED_BYTES(&graphql, S2C, "\1",
                  "as graphql-transport-ws: a mistake\n  mistake: this subprotocol has text messages only\n");
    printed_survives(
        graphql, FRAME_TEXT,
        bytes_of_text("{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"{ hello }\"}}"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("graphql");

    tcase_add_test(tests, operations_are_told_by_name_or_text);
    tcase_add_test(tests, the_older_protocol_has_types_of_its_own);
    tcase_add_test(tests, what_is_wrong_is_said);
    return report_run("graphql", tests);
}
