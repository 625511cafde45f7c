/* SPDX-License-Identifier: MIT */
#include "subprotocol_print.h"

#include "json_reader.h"

/* WAMP 2, the basic profile in JSON, and of the advanced one what can be told by its number: a message is
 * a list whose first element says what the others are. */

#define SECTION   "WAMP basic profile"
#define FIELDS    6
#define RECORD    0x1E /* ends each message of a batch */
#define BATCH_MAX 64   /* messages of a batch that are shown */

struct type {
    unsigned number;
    const char *name;
    unsigned least; /* fields that it must have */
    int telling;    /* the field that the summary shows, beside a request's number; -1: none */
    const char *fields[FIELDS];
    const char *purpose;
};

static const struct type types[] = {
    { 1, "HELLO", 2, 0, { "Realm", "Details" }, "A client asks to join a realm, and says what it can do." },
    { 2, "WELCOME", 2, 0, { "Session", "Details" }, "The router opens the session." },
    { 3, "ABORT", 2, 1, { "Details", "Reason" }, "The session is refused, or ended because of a fault." },
    { 4, "CHALLENGE", 2, 0, { "AuthMethod", "Extra" }, "The client is to show who it is." },
    { 5, "AUTHENTICATE", 2, -1, { "Signature", "Extra" }, "The answer to a CHALLENGE." },
    { 6,
      "GOODBYE",
      2,
      1,
      { "Details", "Reason" },
      "Ends the session; the other side answers with the same." },
    { 8,
      "ERROR",
      4,
      3,
      { "REQUEST.Type", "REQUEST.Request", "Details", "Error", "Arguments", "ArgumentsKw" },
      "The request of that type and number failed." },
    { 16,
      "PUBLISH",
      3,
      2,
      { "Request", "Options", "Topic", "Arguments", "ArgumentsKw" },
      "An event for all who have subscribed to the topic." },
    { 17,
      "PUBLISHED",
      2,
      1,
      { "PUBLISH.Request", "Publication" },
      "The broker took the event, as it was asked to say." },
    { 32, "SUBSCRIBE", 3, 2, { "Request", "Options", "Topic" }, "Asks for a topic's events." },
    { 33,
      "SUBSCRIBED",
      2,
      1,
      { "SUBSCRIBE.Request", "Subscription" },
      "The subscription has this number from now on." },
    { 34, "UNSUBSCRIBE", 2, 1, { "Request", "SUBSCRIBED.Subscription" }, "No more events of it are wanted." },
    { 35, "UNSUBSCRIBED", 1, -1, { "UNSUBSCRIBE.Request", "Details" }, "The subscription is over." },
    { 36,
      "EVENT",
      3,
      0,
      { "SUBSCRIBED.Subscription", "PUBLISHED.Publication", "Details", "PUBLISH.Arguments",
        "PUBLISH.ArgumentsKw" },
      "What somebody published on a topic that this client subscribed to." },
    { 48,
      "CALL",
      3,
      2,
      { "Request", "Options", "Procedure", "Arguments", "ArgumentsKw" },
      "Calls a procedure that some client has registered." },
    { 49, "CANCEL", 2, -1, { "CALL.Request", "Options" }, "The caller no longer waits for its call." },
    { 50,
      "RESULT",
      2,
      -1,
      { "CALL.Request", "Details", "YIELD.Arguments", "YIELD.ArgumentsKw" },
      "What the call gave." },
    { 64, "REGISTER", 3, 2, { "Request", "Options", "Procedure" }, "Offers a procedure to others." },
    { 65,
      "REGISTERED",
      2,
      1,
      { "REGISTER.Request", "Registration" },
      "The procedure has this number from now on." },
    { 66,
      "UNREGISTER",
      2,
      1,
      { "Request", "REGISTERED.Registration" },
      "The procedure is no longer offered." },
    { 67, "UNREGISTERED", 1, -1, { "UNREGISTER.Request", "Details" }, "The registration is over." },
    { 68,
      "INVOCATION",
      3,
      1,
      { "Request", "REGISTERED.Registration", "Details", "CALL.Arguments", "CALL.ArgumentsKw" },
      "The dealer asks the one who registered the procedure to run it." },
    { 69, "INTERRUPT", 2, -1, { "INVOCATION.Request", "Options" }, "The invocation is to be given up." },
    { 70,
      "YIELD",
      2,
      -1,
      { "INVOCATION.Request", "Options", "Arguments", "ArgumentsKw" },
      "What the invocation gave." },
};

/* NULL where the first element is no type's number. */
static const struct type *type_of(struct bytes first)
{
    unsigned number = 0;

    for (size_t i = 0; i < first.length; i++) {
        if (first.length > 3 || first.data[i] < '0' || first.data[i] > '9') {
            return NULL;
        }
        number = 10 * number + (first.data[i] - (unsigned)'0');
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].number == number) {
            return &types[i];
        }
    }
    return NULL;
}

/* The request's number where its message has one in front, then what tells most. */
static void summarise(struct label *summary, const struct type *type, struct bytes list)
{
    struct bytes request = json_reader_element(list, type->number == 8 ? 2 : 1);
    struct bytes telling =
        type->telling < 0 ? bytes_of(NULL, 0) : json_reader_element(list, (size_t)type->telling + 1);

    label_say(summary, "%s", type->name);
    if (type->telling != 0 && json_reader_string(request).length == 0 && !json_reader_is_object(request)) {
        label_say(summary, " ");
        label_show(summary, request);
    }
    if (telling.length > 0) {
        label_say(summary, " ");
        label_show(summary, telling);
    }
}

static void print_fields(struct print *print, unsigned depth, const struct type *type, struct bytes list)
{
    struct json_reader reader;
    struct bytes name, value;
    size_t nth = 0;

    json_reader_open(&reader, list);
    json_reader_next(&reader, &name, &value);
    print_value(print, depth, "message type", value, type->purpose, SECTION, "%u %s", type->number,
                type->name);
    for (; json_reader_next(&reader, &name, &value); nth++) {
        bool known = nth < FIELDS && type->fields[nth];

        detail_json_value(print->detail, depth, known ? type->fields[nth] : "unknown field", value);
    }
    if (nth < type->least) {
        print_wrong(print, depth, list, "it has too few fields for its type");
    }
}

static void print_one(struct print *print, unsigned depth, struct bytes text, struct label *summary)
{
    struct bytes list;

    if (!print_json(print, text, &list)) {
        return;
    }
    const struct type *type = type_of(json_reader_element(list, 0));

    if (!json_reader_is_list(list) || json_reader_count(list) == 0) {
        print_wrong(print, depth, list, "a message is a list that begins with its type's number");
    } else if (type == NULL) {
        print_wrong(print, depth, json_reader_element(list, 0), "no message has this type");
    } else {
        summarise(summary, type, list);
        print_fields(print, depth, type, list);
    }
}

/* Each message ends with a record separator. */
static void print_batch(struct print *print)
{
    struct bytes rest = print->payload;
    size_t count = 0;

    while (rest.length > 0 && count < BATCH_MAX) {
        const uint8_t *end = memchr(rest.data, RECORD, rest.length);
        size_t length = end ? (size_t)(end - rest.data) : rest.length;
        struct label summary = { .used = 0 };
        struct detail_node *node =
            print_field(print, PRINT_DEPTH, "message", bytes_first(rest, length),
                        "One of several that were sent together.", "wamp.2.json.batched");

        print_one(print, PRINT_DEPTH + 1, bytes_first(rest, length), &summary);
        detail_say(print->detail, node, "%s", summary.text);
        label_say(&print->summary, count == 0 ? "%s" : ", %s", summary.text);
        rest = bytes_after(rest, length + 1);
        count++;
    }
    if (rest.length > 0) {
        print_field(print, PRINT_DEPTH, "and more", rest, "", "");
    }
}

void wamp_print(struct print *print)
{
    if (print->subprotocol->kind == SUBPROTOCOL_WAMP_BATCHED) {
        print_batch(print);
    } else {
        print_one(print, PRINT_DEPTH, print->payload, &print->summary);
    }
}
