/* SPDX-License-Identifier: MIT */
#include "mqtt_packet.h"

/* --- by type: chapter 3 --------------------------------------------------------------------------------- */

static void take_will(struct mqtt_packet *packet)
{
    mqtt_take_properties(packet, "Will Property Length");
    mqtt_take_sized(packet, "Will Topic", true, "Where the server publishes the will.");
    mqtt_take_sized(packet, "Will Payload", false,
                    "What it publishes when the connection ends without a DISCONNECT.");
}

static void take_level(struct mqtt_packet *packet)
{
    static const char *const names[] = {
        [MQTT_3_1] = "3.1",
        [MQTT_3_1_1] = "3.1.1",
        [MQTT_5] = "5",
    };
    struct bytes at = cursor_take(&packet->body, 1);
    unsigned level = at.length > 0 ? at.data[0] : 0;
    bool known = level < sizeof names / sizeof names[0] && names[level];

    packet->level = level == MQTT_5 ? MQTT_5 : MQTT_3_1_1;
    if (known) {
        print_value(packet->print, packet->depth, "Protocol Level", at,
                    "How the rest, and all packets after it, are to be read.", "MQTT 3.1.2", "%u (MQTT %s)",
                    level, names[level]);
    } else if (at.length > 0) {
        print_wrong(packet->print, packet->depth, at, "no version of MQTT has this level: read on as 3.1.1");
    }
}

static struct bytes take_connect_flags(struct mqtt_packet *packet)
{
    struct bytes flags = mqtt_take_flags(packet, "Connect Flags");

    if (flags.length > 0) {
        mqtt_take_bit(packet, flags, 0, 1, "User Name Flag", "A user name follows.");
        mqtt_take_bit(packet, flags, 1, 1, "Password Flag", "A password follows.");
        mqtt_take_bit(packet, flags, 2, 1, "Will Retain", "The will is to be retained.");
        mqtt_take_bit(packet, flags, 3, 2, "Will QoS", "With how much care the will is published.");
        mqtt_take_bit(packet, flags, 5, 1, "Will Flag", "A will follows.");
        mqtt_take_bit(packet, flags, 6, 1, packet->level == MQTT_5 ? "Clean Start" : "Clean Session",
                      "An earlier session is forgotten.");
        mqtt_take_bit(packet, flags, 7, 1, "Reserved", "Always 0.");
    }
    return flags;
}

static void take_connect(struct mqtt_packet *packet)
{
    mqtt_take_sized(packet, "Protocol Name", true, "MQTT; MQIsdp in version 3.1.");
    take_level(packet);
    struct bytes view = take_connect_flags(packet);
    unsigned flags = view.length > 0 ? view.data[0] : 0;

    mqtt_take_number(packet, 2, "Keep Alive", "Seconds that may pass without a packet.");
    mqtt_take_properties(packet, "Property Length");
    packet->topic = mqtt_take_sized(packet, "Client Identifier", true, "Who it is: one connection for each.");
    if (flags & 0x04) {
        take_will(packet);
    }
    if (flags & 0x80) {
        mqtt_take_sized(packet, "User Name", true, "");
    }
    if (flags & 0x40) {
        mqtt_take_sized(packet, "Password", false, "As clear as the connection is.");
    }
}

static void take_connack(struct mqtt_packet *packet)
{
    struct bytes flags = mqtt_take_flags(packet, "Connect Acknowledge Flags");

    if (flags.length > 0) {
        mqtt_take_bit(packet, flags, 7, 1, "Session Present", "The server still had the client's session.");
    }
    mqtt_take_code(packet, packet->level == MQTT_5 ? "Reason Code" : "Return Code");
    mqtt_take_properties(packet, "Property Length");
}

static unsigned qos_of(const struct mqtt_head *head)
{
    return head->flags >> 1 & 3;
}

static void take_publish(struct mqtt_packet *packet)
{
    packet->depth--; /* the flags belong to the packet itself */
    mqtt_take_bit(packet, packet->first, 4, 1, "DUP", "Set when it is sent again.");
    mqtt_take_bit(packet, packet->first, 5, 2, "QoS",
                  "At most once (0), at least once (1), exactly once (2).");
    mqtt_take_bit(packet, packet->first, 7, 1, "RETAIN",
                  "The server keeps it for those who subscribe later.");
    packet->depth++;
    packet->topic = mqtt_take_sized(packet, "Topic Name", true, "What it is about.");
    if (qos_of(&packet->head) > 0) {
        mqtt_take_number(packet, 2, "Packet Identifier", "Its acknowledgment has the same.");
    }
    mqtt_take_properties(packet, "Property Length");
    struct bytes payload = cursor_rest(&packet->body);

    if (payload.length > 0) {
        print_content(packet->print, packet->depth, "Application Message", payload);
    }
    if (qos_of(&packet->head) == 3) {
        print_wrong(packet->print, packet->depth, packet->first, "there is no QoS 3");
    }
}

/* PUBACK, PUBREC, PUBREL, PUBCOMP. Version 5 leaves out a reason that is 0, and properties that are none. */
static void take_acknowledgment(struct mqtt_packet *packet)
{
    mqtt_take_number(packet, 2, "Packet Identifier", "That of the PUBLISH which it is about.");
    if (packet->level == MQTT_5 && packet->head.remaining > 2) {
        mqtt_take_code(packet, "Reason Code");
    }
    if (packet->head.remaining > 3) {
        mqtt_take_properties(packet, "Property Length");
    }
}

static void take_subscription(struct mqtt_packet *packet)
{
    struct bytes filter =
        mqtt_take_sized(packet, "Topic Filter", true, "Topics that are wanted; + and # stand for levels.");

    packet->topic = packet->topic.length > 0 ? packet->topic : filter;
    if (packet->head.type == MQTT_UNSUBSCRIBE) {
        return;
    }
    struct bytes options =
        mqtt_take_flags(packet, packet->level == MQTT_5 ? "Subscription Options" : "Requested QoS");

    if (options.length > 0 && packet->level == MQTT_5) {
        mqtt_take_bit(packet, options, 2, 2, "Retain Handling", "Whether retained messages come at once.");
        mqtt_take_bit(packet, options, 4, 1, "Retain As Published", "RETAIN comes as the publisher set it.");
        mqtt_take_bit(packet, options, 5, 1, "No Local", "Its own messages do not come back to the client.");
    }
    if (options.length > 0) {
        mqtt_take_bit(packet, options, 6, 2, "Maximum QoS", "The most care that is asked for.");
    }
}

static void take_subscribe(struct mqtt_packet *packet)
{
    mqtt_take_number(packet, 2, "Packet Identifier", "Its acknowledgment has the same.");
    mqtt_take_properties(packet, "Property Length");
    while (cursor_left(&packet->body) > 0) {
        take_subscription(packet);
    }
}

static void take_suback(struct mqtt_packet *packet)
{
    mqtt_take_number(packet, 2, "Packet Identifier", "That of the packet which it acknowledges.");
    mqtt_take_properties(packet, "Property Length");
    while (cursor_left(&packet->body) > 0) {
        mqtt_take_code(packet, "Reason Code");
    }
}

/* DISCONNECT and AUTH; without a reason it is 0. */
static void take_reason(struct mqtt_packet *packet)
{
    if (packet->level == MQTT_5 && packet->head.remaining > 0) {
        mqtt_take_code(packet, "Reason Code");
    }
    if (packet->head.remaining > 1) {
        mqtt_take_properties(packet, "Property Length");
    }
}

static void take_nothing(struct mqtt_packet *packet)
{
    (void)packet;
}

typedef void take_packet(struct mqtt_packet *packet);

static const struct {
    const char *name;
    take_packet *take;
    int flags; /* what they must be; -1: they have a meaning */
    unsigned senders;
    const char *section, *purpose;
} types[16] = {
    [0] = { "Reserved", NULL, 0, 3, "MQTT 2.1.2", "" },
    [MQTT_CONNECT] = { "CONNECT", take_connect, 0, 1, "MQTT 3.1", "A client's first packet." },
    [MQTT_CONNACK] = { "CONNACK", take_connack, 0, 2, "MQTT 3.2", "The server's answer to CONNECT." },
    [MQTT_PUBLISH] = { "PUBLISH", take_publish, -1, 3, "MQTT 3.3", "A message for a topic." },
    [MQTT_PUBACK] = { "PUBACK", take_acknowledgment, 0, 3, "MQTT 3.4", "A PUBLISH with QoS 1 has arrived." },
    [MQTT_PUBREC] = { "PUBREC", take_acknowledgment, 0, 3, "MQTT 3.5",
                      "QoS 2, second step: it has arrived." },
    [MQTT_PUBREL] = { "PUBREL", take_acknowledgment, 2, 3, "MQTT 3.6",
                      "QoS 2, third step: it will not come again." },
    [MQTT_PUBCOMP] = { "PUBCOMP", take_acknowledgment, 0, 3, "MQTT 3.7", "QoS 2, last step: done." },
    [MQTT_SUBSCRIBE] = { "SUBSCRIBE", take_subscribe, 2, 1, "MQTT 3.8", "Asks for the messages of topics." },
    [MQTT_SUBACK] = { "SUBACK", take_suback, 0, 2, "MQTT 3.9", "Answers each filter of a SUBSCRIBE." },
    [MQTT_UNSUBSCRIBE] = { "UNSUBSCRIBE", take_subscribe, 2, 1, "MQTT 3.10",
                           "Topics that are no longer wanted." },
    [MQTT_UNSUBACK] = { "UNSUBACK", take_suback, 0, 2, "MQTT 3.11", "Answers an UNSUBSCRIBE." },
    [MQTT_PINGREQ] = { "PINGREQ", take_nothing, 0, 1, "MQTT 3.12",
                       "The client lives, and asks whether the server does." },
    [MQTT_PINGRESP] = { "PINGRESP", take_nothing, 0, 2, "MQTT 3.13", "The server lives." },
    [MQTT_DISCONNECT] = { "DISCONNECT", take_reason, 0, 3, "MQTT 3.14", "The last packet of a connection." },
    [MQTT_AUTH] = { "AUTH", take_reason, 0, 3, "MQTT 3.15",
                    "A step of an authentication that takes several." },
};

/* --- the whole ------------------------------------------------------------------------------------------ */

const char *mqtt_type_name(unsigned type)
{
    return types[type].name;
}

static void summarise(struct label *summary, const struct mqtt_packet *packet)
{
    label_say(summary, "%s%s", summary->used > 0 ? ", " : "", types[packet->head.type].name);
    if (packet->topic.length > 0) {
        label_say(summary, " ");
        label_show(summary, packet->topic);
    }
    if (packet->head.type == MQTT_PUBLISH) {
        label_say(summary, " QoS %u", qos_of(&packet->head));
    }
    if (packet->has_code) {
        label_say(summary, " %s", mqtt_code_name(packet->head.type, packet->level == MQTT_5, packet->code));
    }
}

/* What is wrong with type and flags; NULL where nothing is. */
static const char *head_mistake(const struct mqtt_packet *packet)
{
    unsigned type = packet->head.type;

    if (types[type].take == NULL || (type == MQTT_AUTH && packet->level != MQTT_5)) {
        return "no packet has this type";
    }
    if (types[type].flags >= 0 && packet->head.flags != (unsigned)types[type].flags) {
        return "the low four bits are fixed for this type, and others are sent";
    }
    if (!(types[type].senders & 1U << packet->print->direction)) {
        return types[type].senders == 1 ? "only clients send this" : "only servers send this";
    }
    return NULL;
}

/* What is left or missing behind the last field. */
static void judge_end(struct mqtt_packet *packet)
{
    struct print *print = packet->print;

    if (packet->cut && !print->whole) {
        print_short(print, packet->depth, bytes_of(NULL, 0), "");
    } else if (packet->cut) {
        print_value(print, packet->depth, "goes on in the next message", bytes_of(NULL, 0), "", "MQTT 6",
                    "%zu of its %zu bytes are here", (size_t)(packet->body.end - packet->first.data),
                    packet->head.length + packet->head.remaining);
    } else if (packet->refused) {
        return;
    } else if (packet->body.failed) {
        print_wrong(print, packet->depth,
                    bytes_of(packet->body.at, (size_t)(packet->body.end - packet->body.at)),
                    "a field is longer than the packet");
    } else if (cursor_left(&packet->body) > 0) {
        print_wrong(print, packet->depth, cursor_rest(&packet->body),
                    "the packet goes on behind its last field");
    }
}

void mqtt_print_packet(struct print *print, const struct mqtt_head *head, struct bytes view,
                       enum mqtt_level level)
{
    struct bytes whole = bytes_first(view, head->length + head->remaining);
    struct mqtt_packet packet = {
        .print = print,
        .body = cursor_over(bytes_after(whole, head->length)),
        .head = *head,
        .first = bytes_first(whole, 1),
        .section = types[head->type].section,
        .level = level,
        .cut = whole.length < head->length + head->remaining,
        .depth = PRINT_DEPTH + 1,
    };
    const char *mistake = head_mistake(&packet);

    print_value(print, PRINT_DEPTH, "control packet", whole, types[head->type].purpose, packet.section,
                "%u %s", head->type, types[head->type].name);
    print_value(print, PRINT_DEPTH + 1, "Remaining Length",
                bytes_first(bytes_after(whole, 1), head->length - 1),
                "The bytes behind it that belong to the packet.", "MQTT 2.1.4", "%u", head->remaining);
    if (mistake) {
        print_wrong(print, PRINT_DEPTH + 1, packet.first, mistake);
    }
    if (types[head->type].take) {
        types[head->type].take(&packet);
    }
    judge_end(&packet);
    summarise(&print->summary, &packet);
}
