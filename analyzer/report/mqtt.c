/* SPDX-License-Identifier: MIT */
#include "subprotocol_print.h"

#include "mqtt_names.h"
#include "object.h"

/* MQTT 3.1, 3.1.1 and 5: control packets in binary messages, with no regard to where messages begin and
 * end (section 6). Of a packet over several messages the first shows what has come of it, the others say
 * how far it is. Section numbers are version 5's; those of 3.1.1 are the same where it has the section. */

#define PACKETS_MAX 32 /* of a message that are taken apart */
#define HEAD_MAX    5  /* of a fixed header: type, and a length in one to four bytes */

enum level { LEVEL_3_1 = 3, LEVEL_3_1_1 = 4, LEVEL_5 = 5 };

/* --- the fixed header ---------------------------------------------------------------------------------- */

struct head {
    unsigned type, flags;
    uint32_t remaining; /* bytes behind the header */
    size_t length;      /* of the header */
};

enum head_state { HEAD_WHOLE, HEAD_CUT, HEAD_WRONG };

/* Sections 1.5.5 and 2.1. */
static enum head_state read_head(struct bytes view, struct head *head)
{
    struct cursor cursor = cursor_over(view);
    uint8_t byte = cursor_u8(&cursor);

    *head = (struct head){ .type = byte >> 4, .flags = byte & 0xF };
    do {
        if (cursor_left(&cursor) == 0) {
            return HEAD_CUT;
        }
        byte = cursor_u8(&cursor);
        head->remaining |= (uint32_t)(byte & 0x7F) << 7 * head->length++;
    } while (byte & 0x80 && head->length < HEAD_MAX - 1);
    head->length++;
    return byte & 0x80 ? HEAD_WRONG : HEAD_WHOLE;
}

bool mqtt_recognise(struct bytes payload)
{
    struct head head;

    if (payload.length < 8 || read_head(payload, &head) != HEAD_WHOLE ||
        payload.data[0] != MQTT_CONNECT << 4) {
        return false;
    }
    struct bytes name = bytes_first(bytes_after(payload, head.length), 8);

    return bytes_equal(bytes_first(name, 6), bytes_of("\0\4MQTT", 6)) ||
           bytes_equal(name, bytes_of("\0\6MQIsdp", 8));
}

/* --- from message to message --------------------------------------------------------------------------- */

/* A CONNECT has the version; without it the length of the answer tells 3.1.1 from 5. */
static void note_level(struct subprotocol *subprotocol, const struct head *head, struct bytes body)
{
    if (head->type == MQTT_CONNECT && body.length >= 2) {
        size_t name = (size_t)(body.data[0] << 8 | body.data[1]);

        subprotocol->version = name + 2 < body.length ? body.data[name + 2] : 0;
    } else if (head->type == MQTT_CONNACK && subprotocol->version == 0) {
        subprotocol->version = head->remaining > 2 ? LEVEL_5 : LEVEL_3_1_1;
    }
}

static bool is_under_way(const struct subprotocol_rest *rest)
{
    return rest->kept_length > 0;
}

static void keep(struct subprotocol_rest *rest, struct bytes view)
{
    struct bytes kept = bytes_first(view, SUBPROTOCOL_KEPT - rest->kept_length);

    if (kept.length > 0) {
        memcpy(rest->kept + rest->kept_length, kept.data, kept.length);
        rest->kept_length = (uint16_t)(rest->kept_length + kept.length);
    }
}

static struct bytes take(struct bytes *view, size_t length)
{
    struct bytes taken = bytes_first(*view, length);

    *view = bytes_after(*view, length);
    return taken;
}

/* Takes what belongs to the packet under way from the front of *view. A header that was cut gets byte by
 * byte what it lacks; HEAD_CUT: it still does. */
static enum head_state continue_packet(struct subprotocol_rest *rest, struct bytes *view, struct head *head)
{
    enum head_state state = read_head(bytes_of(rest->kept, rest->kept_length), head);

    while (state == HEAD_CUT && view->length > 0) {
        keep(rest, take(view, 1));
        state = read_head(bytes_of(rest->kept, rest->kept_length), head);
        rest->left = rest->of = state == HEAD_WHOLE ? head->remaining : 0;
    }
    if (state == HEAD_WHOLE) {
        struct bytes ours = take(view, rest->left);

        keep(rest, ours);
        rest->left -= (uint32_t)ours.length;
    }
    return state;
}

/* All of a packet that is over; empty where it was longer than what is kept. */
static struct bytes kept_packet(const struct subprotocol_rest *rest, const struct head *head)
{
    bool whole = rest->left == 0 && rest->kept_length == head->length + head->remaining;

    return bytes_of(rest->kept, whole ? rest->kept_length : 0);
}

/* The packets that begin in this message, up to the one that does not end in it. unseen: bytes of the message
 * behind those that were kept. */
static void pass_packets(struct subprotocol *subprotocol, enum direction direction, struct bytes view,
                         uint64_t unseen)
{
    struct subprotocol_rest *rest = &subprotocol->rest[direction];
    struct head head;

    while (view.length > 0) {
        enum head_state state = read_head(view, &head);
        struct bytes body = bytes_after(view, head.length);

        if (state != HEAD_WHOLE) {
            rest->lost = state == HEAD_WRONG || unseen > 0;
            keep(rest, rest->lost ? bytes_of(NULL, 0) : view);
            return;
        }
        note_level(subprotocol, &head, body);
        if (head.remaining > body.length + unseen) {
            keep(rest, view);
            rest->left = head.remaining - (uint32_t)(body.length + unseen);
            rest->of = head.remaining;
            return;
        }
        if (head.remaining > body.length) {
            unseen -= head.remaining - body.length;
        }
        view = bytes_after(body, head.remaining);
    }
    rest->lost = unseen > 0;
}

/* False where a header goes wrong. */
static bool pass_rest(struct subprotocol *subprotocol, enum direction direction, struct bytes *view,
                      uint64_t *unseen)
{
    struct subprotocol_rest *rest = &subprotocol->rest[direction];
    struct head head;
    enum head_state state = continue_packet(rest, view, &head);
    uint64_t skipped = rest->left < *unseen ? rest->left : *unseen;

    rest->left -= (uint32_t)skipped;
    *unseen -= skipped;
    if (state == HEAD_WHOLE && rest->left == 0) {
        struct bytes packet = kept_packet(rest, &head);

        note_level(subprotocol, &head, bytes_after(packet, head.length));
        rest->kept_length = 0;
    }
    return state != HEAD_WRONG && (state != HEAD_CUT || *unseen == 0);
}

void mqtt_pass(struct subprotocol *subprotocol, enum direction direction, const struct message *message)
{
    struct subprotocol_rest *rest = &subprotocol->rest[direction];
    struct bytes view = message->payload;
    uint64_t unseen = message->length - message->payload.length;

    if (!message->complete || (message->compressed && !message->inflated) ||
        (is_under_way(rest) && !pass_rest(subprotocol, direction, &view, &unseen))) {
        *rest = (struct subprotocol_rest){ .lost = true };
        return;
    }
    rest->lost = false;
    if (!is_under_way(rest)) {
        pass_packets(subprotocol, direction, view, unseen);
    }
}

/* --- fields -------------------------------------------------------------------------------------------- */

/* The packet under way. */
struct mqtt_packet {
    struct print *print;
    struct cursor body; /* what is left of it here */
    struct head head;
    struct bytes first; /* its first byte: type and flags */
    const char *section;
    enum level level;
    bool cut;           /* the packet goes on in the next message */
    bool refused;       /* what is wrong with it was said, and reading stopped there */
    unsigned depth;     /* of its fields */
    struct bytes topic; /* for the summary */
    unsigned code;
    bool has_code;
};

static struct bytes place_since(const struct mqtt_packet *packet, const uint8_t *start)
{
    return bytes_of(start, (size_t)(packet->body.at - start));
}

static uint32_t take_number(struct mqtt_packet *packet, size_t bytes, const char *name, const char *purpose)
{
    const uint8_t *start = packet->body.at;
    uint32_t value = bytes == 1   ? cursor_u8(&packet->body)
                     : bytes == 2 ? cursor_u16(&packet->body)
                                  : cursor_u32(&packet->body);

    if (!packet->body.failed) {
        print_value(packet->print, packet->depth, name, place_since(packet, start), purpose, packet->section,
                    "%u", value);
    }
    return value;
}

/* Section 1.5.5: seven bits a byte, the low ones first. */
static uint32_t take_variable(struct mqtt_packet *packet, const char *name, const char *purpose)
{
    const uint8_t *start = packet->body.at;
    uint32_t value = 0;
    uint8_t byte = 0x80;

    for (unsigned i = 0; i < 4 && byte & 0x80; i++) {
        byte = cursor_u8(&packet->body);
        value |= (uint32_t)(byte & 0x7F) << 7 * i;
    }
    packet->body.failed |= (byte & 0x80) != 0;
    if (!packet->body.failed) {
        print_value(packet->print, packet->depth, name, place_since(packet, start), purpose, packet->section,
                    "%u", value);
    }
    return value;
}

/* Sections 1.5.4 and 1.5.6: two bytes of length, then a string or bytes. */
static struct bytes take_sized(struct mqtt_packet *packet, const char *name, bool is_text,
                               const char *purpose)
{
    const uint8_t *start = packet->body.at;
    struct bytes value = cursor_take(&packet->body, cursor_u16(&packet->body));

    if (packet->body.failed) {
        return value;
    }
    struct detail_node *node =
        print_field(packet->print, packet->depth, name, value, purpose, packet->section);

    if (!is_text) {
        detail_say_hex(packet->print->detail, node, value, 32);
    } else if (!object_is_text(value)) {
        print_wrong(packet->print, packet->depth + 1, value, "a string here is UTF-8");
    }
    detail_place_view(packet->print->detail, node, place_since(packet, start));
    return value;
}

static void take_bit(struct mqtt_packet *packet, struct bytes byte, unsigned first_bit, unsigned bits,
                     const char *name, const char *purpose)
{
    unsigned value = (unsigned)byte.data[0] >> (8 - first_bit - bits) & ((1U << bits) - 1);
    struct detail_node *node =
        print_value(packet->print, packet->depth + 1, name, byte, purpose, packet->section, "%u", value);

    if (node->length > 0) { /* where the packet began in an earlier message its bits are not here */
        node->first_bit = (uint8_t)first_bit;
        node->bits = (uint8_t)bits;
    }
}

static void take_code(struct mqtt_packet *packet, const char *name)
{
    const uint8_t *start = packet->body.at;
    unsigned code = cursor_u8(&packet->body);

    if (!packet->body.failed) {
        print_value(packet->print, packet->depth, name, place_since(packet, start), "How it went.",
                    packet->level == LEVEL_5 ? "MQTT 2.4" : packet->section, "0x%02x %s", code,
                    mqtt_code_name(packet->head.type, packet->level == LEVEL_5, code));
        packet->code = code;
        packet->has_code = true;
    }
}

/* --- properties: section 2.2.2 ------------------------------------------------------------------------- */

static void take_property(struct mqtt_packet *packet)
{
    const uint8_t *start = packet->body.at;
    const struct mqtt_property *property = mqtt_property_find(cursor_u8(&packet->body));

    if (property == NULL) {
        print_wrong(packet->print, packet->depth, place_since(packet, start), "no property has this number");
        packet->body.failed = packet->refused = true;
        return;
    }
    switch (property->form) {
    case MQTT_BYTE:
    case MQTT_TWO_BYTES:
    case MQTT_FOUR_BYTES:
        take_number(packet, (size_t)property->form, property->name, property->purpose);
        break;
    case MQTT_VARIABLE:
        take_variable(packet, property->name, property->purpose);
        break;
    case MQTT_PAIR:
        take_sized(packet, property->name, true, property->purpose);
        take_sized(packet, "its value", true, "");
        break;
    default:
        take_sized(packet, property->name, property->form == MQTT_STRING, property->purpose);
        break;
    }
}

static void take_properties(struct mqtt_packet *packet, const char *name)
{
    if (packet->level != LEVEL_5 || packet->body.failed) {
        return;
    }
    uint32_t length = take_variable(packet, name, "The bytes of properties that follow.");
    struct bytes view = cursor_take(&packet->body, length < cursor_left(&packet->body) && !packet->body.failed
                                                       ? length
                                                       : cursor_left(&packet->body));
    bool whole = view.length == length && !packet->body.failed;
    struct cursor after = packet->body;

    packet->body = cursor_over(view);
    packet->depth++;
    while (cursor_left(&packet->body) > 0) {
        take_property(packet);
    }
    packet->depth--;
    if (packet->body.failed || !whole) {
        after.failed = true;
    }
    packet->body = after;
}

/* --- the packets --------------------------------------------------------------------------------------- */

static struct bytes take_flags(struct mqtt_packet *packet, const char *name)
{
    const uint8_t *start = packet->body.at;
    unsigned flags = cursor_u8(&packet->body);

    if (packet->body.failed) {
        return bytes_of(NULL, 0);
    }
    print_value(packet->print, packet->depth, name, place_since(packet, start), "", packet->section, "0x%02x",
                flags);
    return place_since(packet, start);
}

static void take_will(struct mqtt_packet *packet)
{
    take_properties(packet, "Will Property Length");
    take_sized(packet, "Will Topic", true, "Where the server publishes the will.");
    take_sized(packet, "Will Payload", false,
               "What it publishes when the connection ends without a DISCONNECT.");
}

static void take_level(struct mqtt_packet *packet)
{
    static const char *const names[] = {
        [LEVEL_3_1] = "3.1",
        [LEVEL_3_1_1] = "3.1.1",
        [LEVEL_5] = "5",
    };
    const uint8_t *start = packet->body.at;
    unsigned level = cursor_u8(&packet->body);
    bool known = level < sizeof names / sizeof names[0] && names[level];
    struct bytes at = packet->body.failed ? bytes_of(NULL, 0) : place_since(packet, start);

    packet->level = level == LEVEL_5 ? LEVEL_5 : LEVEL_3_1_1;
    if (known) {
        print_value(packet->print, packet->depth, "Protocol Level", at,
                    "How the rest, and all packets after it, are to be read.", "MQTT 3.1.2", "%u (MQTT %s)",
                    level, names[level]);
    } else if (!packet->body.failed) {
        print_wrong(packet->print, packet->depth, at, "no version of MQTT has this level: read on as 3.1.1");
    }
}

static struct bytes take_connect_flags(struct mqtt_packet *packet)
{
    struct bytes flags = take_flags(packet, "Connect Flags");

    if (flags.length > 0) {
        take_bit(packet, flags, 0, 1, "User Name Flag", "A user name follows.");
        take_bit(packet, flags, 1, 1, "Password Flag", "A password follows.");
        take_bit(packet, flags, 2, 1, "Will Retain", "The will is to be retained.");
        take_bit(packet, flags, 3, 2, "Will QoS", "With how much care the will is published.");
        take_bit(packet, flags, 5, 1, "Will Flag", "A will follows.");
        take_bit(packet, flags, 6, 1, packet->level == LEVEL_5 ? "Clean Start" : "Clean Session",
                 "An earlier session is forgotten.");
        take_bit(packet, flags, 7, 1, "Reserved", "Always 0.");
    }
    return flags;
}

static void take_connect(struct mqtt_packet *packet)
{
    take_sized(packet, "Protocol Name", true, "MQTT; MQIsdp in version 3.1.");
    take_level(packet);
    struct bytes view = take_connect_flags(packet);
    unsigned flags = view.length > 0 ? view.data[0] : 0;

    take_number(packet, 2, "Keep Alive", "Seconds that may pass without a packet.");
    take_properties(packet, "Property Length");
    packet->topic = take_sized(packet, "Client Identifier", true, "Who it is: one connection for each.");
    if (flags & 0x04) {
        take_will(packet);
    }
    if (flags & 0x80) {
        take_sized(packet, "User Name", true, "");
    }
    if (flags & 0x40) {
        take_sized(packet, "Password", false, "As clear as the connection is.");
    }
}

static void take_connack(struct mqtt_packet *packet)
{
    struct bytes flags = take_flags(packet, "Connect Acknowledge Flags");

    if (flags.length > 0) {
        take_bit(packet, flags, 7, 1, "Session Present", "The server still had the client's session.");
    }
    take_code(packet, packet->level == LEVEL_5 ? "Reason Code" : "Return Code");
    take_properties(packet, "Property Length");
}

static unsigned qos_of(const struct head *head)
{
    return head->flags >> 1 & 3;
}

static void take_publish(struct mqtt_packet *packet)
{
    packet->depth--; /* the flags belong to the packet itself */
    take_bit(packet, packet->first, 4, 1, "DUP", "Set when it is sent again.");
    take_bit(packet, packet->first, 5, 2, "QoS", "At most once (0), at least once (1), exactly once (2).");
    take_bit(packet, packet->first, 7, 1, "RETAIN", "The server keeps it for those who subscribe later.");
    packet->depth++;
    packet->topic = take_sized(packet, "Topic Name", true, "What it is about.");
    if (qos_of(&packet->head) > 0) {
        take_number(packet, 2, "Packet Identifier", "Its acknowledgment has the same.");
    }
    take_properties(packet, "Property Length");
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
    take_number(packet, 2, "Packet Identifier", "That of the PUBLISH which it is about.");
    if (packet->level == LEVEL_5 && packet->head.remaining > 2) {
        take_code(packet, "Reason Code");
    }
    if (packet->head.remaining > 3) {
        take_properties(packet, "Property Length");
    }
}

static void take_subscription(struct mqtt_packet *packet)
{
    struct bytes filter =
        take_sized(packet, "Topic Filter", true, "Topics that are wanted; + and # stand for levels.");

    packet->topic = packet->topic.length > 0 ? packet->topic : filter;
    if (packet->head.type == MQTT_UNSUBSCRIBE) {
        return;
    }
    struct bytes options =
        take_flags(packet, packet->level == LEVEL_5 ? "Subscription Options" : "Requested QoS");

    if (options.length > 0 && packet->level == LEVEL_5) {
        take_bit(packet, options, 2, 2, "Retain Handling", "Whether retained messages come at once.");
        take_bit(packet, options, 4, 1, "Retain As Published", "RETAIN comes as the publisher set it.");
        take_bit(packet, options, 5, 1, "No Local", "Its own messages do not come back to the client.");
    }
    if (options.length > 0) {
        take_bit(packet, options, 6, 2, "Maximum QoS", "The most care that is asked for.");
    }
}

static void take_subscribe(struct mqtt_packet *packet)
{
    take_number(packet, 2, "Packet Identifier", "Its acknowledgment has the same.");
    take_properties(packet, "Property Length");
    while (cursor_left(&packet->body) > 0) {
        take_subscription(packet);
    }
}

static void take_suback(struct mqtt_packet *packet)
{
    take_number(packet, 2, "Packet Identifier", "That of the packet which it acknowledges.");
    take_properties(packet, "Property Length");
    while (cursor_left(&packet->body) > 0) {
        take_code(packet, "Reason Code");
    }
}

/* DISCONNECT and AUTH; without a reason it is 0. */
static void take_reason(struct mqtt_packet *packet)
{
    if (packet->level == LEVEL_5 && packet->head.remaining > 0) {
        take_code(packet, "Reason Code");
    }
    if (packet->head.remaining > 1) {
        take_properties(packet, "Property Length");
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
        label_say(summary, " %s", mqtt_code_name(packet->head.type, packet->level == LEVEL_5, packet->code));
    }
}

/* What is wrong with type and flags; NULL where nothing is. */
static const char *head_mistake(const struct mqtt_packet *packet)
{
    unsigned type = packet->head.type;

    if (types[type].take == NULL || (type == MQTT_AUTH && packet->level != LEVEL_5)) {
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

static void print_packet(struct print *print, const struct head *head, struct bytes view, enum level level)
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

static void print_level(struct print *print, struct bytes packet)
{
    if (print->subprotocol->version == 0 && packet.length > 0 && packet.data[0] >> 4 != MQTT_CONNECT) {
        print_value(print, PRINT_DEPTH, "version", bytes_of(NULL, 0), "", "MQTT 3.1.2",
                    "not known, since no CONNECT was seen: read as 3.1.1");
    }
}

/* A packet that began in an earlier message: how far it has come, and when it is over, all of it. */
static struct bytes print_continued(struct print *print, enum level level)
{
    struct subprotocol_rest rest = print->subprotocol->rest[print->direction];
    struct bytes view = print->payload;
    struct head head;
    enum head_state state = continue_packet(&rest, &view, &head);
    struct bytes ours = bytes_first(print->payload, print->payload.length - view.length);
    struct bytes packet = state == HEAD_WHOLE ? kept_packet(&rest, &head) : bytes_of(NULL, 0);

    if (state == HEAD_WRONG) {
        print_wrong(print, PRINT_DEPTH, print->payload,
                    "a length that began in an earlier message is too long");
        return bytes_of(NULL, 0);
    }
    print_value(print, PRINT_DEPTH, "goes on", ours, "A packet need not end where its message does.",
                "MQTT 6",
                state == HEAD_CUT ? "a %s begun in an earlier message, its header not over yet"
                                  : "a %s begun in an earlier message: %zu of its bytes are here, %u to come",
                types[rest.kept[0] >> 4].name, ours.length, rest.left);
    packet = detail_keep(print->detail, packet);
    if (packet.length > 0) {
        print_level(print, packet);
        print_packet(print, &head, packet, level);
    } else {
        label_say(&print->summary, "%s goes on", types[rest.kept[0] >> 4].name);
    }
    return view;
}

/* What stands before the message's own packets; returns where those begin. */
static struct bytes print_rest(struct print *print, enum level level)
{
    const struct subprotocol_rest *rest = &print->subprotocol->rest[print->direction];

    if (rest->lost) {
        print_value(print, PRINT_DEPTH, "after a loss", bytes_of(NULL, 0), "", "MQTT 6",
                    "what came before was not kept: a packet is taken to begin here");
    }
    return is_under_way(rest) ? print_continued(print, level) : print->payload;
}

void mqtt_print(struct print *print)
{
    enum level level = print->subprotocol->version == LEVEL_5 ? LEVEL_5 : LEVEL_3_1_1;
    struct bytes rest = print_rest(print, level);
    struct head head;

    if (print->is_text) {
        print_wrong(print, PRINT_DEPTH, bytes_of(NULL, 0), "MQTT comes in binary messages only");
    }
    print_level(print, rest);
    for (size_t i = 0; i < PACKETS_MAX && rest.length > 0; i++) {
        enum head_state state = read_head(rest, &head);

        if (state == HEAD_WRONG) {
            print_wrong(print, PRINT_DEPTH, bytes_first(rest, HEAD_MAX),
                        "a length has four bytes at the most");
            return;
        }
        if (state == HEAD_CUT) {
            print_value(print, PRINT_DEPTH, "control packet", rest, "", "MQTT 6",
                        "its header goes on in the next message");
            label_say(&print->summary, "%s%s begins", print->summary.used > 0 ? ", " : "",
                      types[rest.data[0] >> 4].name);
            return;
        }
        print_packet(print, &head, rest, level);
        rest = bytes_after(rest, head.length + head.remaining);
    }
    if (rest.length > 0) {
        print_value(print, PRINT_DEPTH, "and more", rest, "", "", "%zu bytes of packets", rest.length);
    }
}
