/* SPDX-License-Identifier: MIT */
#include "printed.h"

/* WAMP's basic profile, in JSON. */

START_TEST(fields_have_their_names)
{
    struct subprotocol wamp = printed_agreed("wamp.2.json", "/ws");

    PRINTED_TEXT(&wamp, C2S, "[1, \"somerealm\", {\"roles\": {}}]",
                 "as WAMP: HELLO \"somerealm\"\n"
                 "  message type: 1 HELLO\n"
                 "  Realm: \"somerealm\"\n"
                 "  Details: {\"roles\": {}}\n"
                 "    roles: {}\n");
    PRINTED_TEXT(&wamp, C2S, "[48, 7814135, {}, \"com.myapp.add2\", [23, 7]]",
                 "as WAMP: CALL 7814135 \"com.myapp.add2\"\n"
                 "  message type: 48 CALL\n"
                 "  Request: 7814135\n"
                 "  Options: {}\n"
                 "  Procedure: \"com.myapp.add2\"\n"
                 "  Arguments: [23, 7]\n"
                 "    [0]: 23\n"
                 "    [1]: 7\n");
    PRINTED_TEXT(&wamp, S2C, "[8, 48, 7814135, {}, \"wamp.error.no_such_procedure\"]",
                 "as WAMP: ERROR 7814135 \"wamp.error.no_such_procedure\"\n"
                 "  message type: 8 ERROR\n"
                 "  REQUEST.Type: 48\n"
                 "  REQUEST.Request: 7814135\n"
                 "  Details: {}\n"
                 "  Error: \"wamp.error.no_such_procedure\"\n");
    PRINTED_TEXT(&wamp, S2C, "[36, 5512315355, 4429313566, {}]",
                 "as WAMP: EVENT 5512315355\n"
                 "  message type: 36 EVENT\n"
                 "  SUBSCRIBED.Subscription: 5512315355\n"
                 "  PUBLISHED.Publication: 4429313566\n"
                 "  Details: {}\n");
    PRINTED_TEXT(&wamp, C2S, "[6, {}, \"wamp.close.close_realm\"]",
                 "as WAMP: GOODBYE \"wamp.close.close_realm\"\n"
                 "  message type: 6 GOODBYE\n"
                 "  Details: {}\n"
                 "  Reason: \"wamp.close.close_realm\"\n");
}
END_TEST

START_TEST(a_batch_is_each_of_its_messages)
{
    struct subprotocol wamp = printed_agreed("wamp.2.json.batched", "/ws");

    PRINTED_TEXT(&wamp, S2C, "[67, 1]\36[67, 2]\36",
                 "as WAMP: UNREGISTERED 1, UNREGISTERED 2\n"
                 "  message: UNREGISTERED 1\n"
                 "    message type: 67 UNREGISTERED\n"
                 "    UNREGISTER.Request: 1\n"
                 "  message: UNREGISTERED 2\n"
                 "    message type: 67 UNREGISTERED\n"
                 "    UNREGISTER.Request: 2\n");
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    struct subprotocol wamp = printed_agreed("wamp.2.json", "/ws");

    PRINTED_TEXT(&wamp, C2S, "[48, 1]",
                 "as WAMP: CALL 1, with a mistake\n"
                 "  message type: 48 CALL\n"
                 "  Request: 1\n"
                 "  mistake: it has too few fields for its type\n");
    PRINTED_TEXT(&wamp, C2S, "[99]", "as WAMP: a mistake\n  mistake: no message has this type\n");
    PRINTED_TEXT(&wamp, C2S, "{}",
                 "as WAMP: a mistake\n  mistake: a message is a list that begins with its type's number\n");
    PRINTED_TEXT(&wamp, C2S, "[48, 1",
                 "as WAMP: a mistake\n  mistake: it ends where JSON would have to go on\n");
    printed_survives(wamp, FRAME_TEXT, bytes_of_text("[48, 7814135, {}, \"com.myapp.add2\", [23, 7]]"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("wamp");

    tcase_add_test(tests, fields_have_their_names);
    tcase_add_test(tests, a_batch_is_each_of_its_messages);
    tcase_add_test(tests, what_is_wrong_is_said);
    return report_run("wamp", tests);
}
