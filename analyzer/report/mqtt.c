/* SPDX-License-Identifier: MIT */
#include "mqtt_packet.h"

/* MQTT 3.1, 3.1.1 and 5: control packets in binary messages, with no regard to where messages begin and
 * end (section 6). Of a packet over several messages the first shows what has come of it, the others say
 * how far it is. Section numbers are version 5's; those of 3.1.1 are the same where it has the section. */

#define PACKETS_MAX 32 /* of a message that are taken apart */

bool mqtt_recognise(struct bytes payload)
{
    struct mqtt_head head;

    if (payload.length < 8 || mqtt_read_head(payload, &head) != MQTT_HEAD_WHOLE ||
        payload.data[0] != MQTT_CONNECT << 4) {
        return false;
    }
    struct bytes name = bytes_first(bytes_after(payload, head.length), 8);

    return bytes_equal(bytes_first(name, 6), bytes_of("\0\4MQTT", 6)) ||
           bytes_equal(name, bytes_of("\0\6MQIsdp", 8));
}

/* --- from message to message --------------------------------------------------------------------------- */

/* A CONNECT has the version; without it the length of the answer tells 3.1.1 from 5. */
static void note_level(struct subprotocol *subprotocol, const struct mqtt_head *head, struct bytes body)
{
    if (head->type == MQTT_CONNECT && body.length >= 2) {
        size_t name = (size_t)(body.data[0] << 8 | body.data[1]);

        subprotocol->version = name + 2 < body.length ? body.data[name + 2] : 0;
    } else if (head->type == MQTT_CONNACK && subprotocol->version == 0) {
        subprotocol->version = head->remaining > 2 ? MQTT_5 : MQTT_3_1_1;
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
 * byte what it lacks; MQTT_HEAD_CUT: it still does. */
static enum mqtt_head_state continue_packet(struct subprotocol_rest *rest, struct bytes *view,
                                            struct mqtt_head *head)
{
    enum mqtt_head_state state = mqtt_read_head(bytes_of(rest->kept, rest->kept_length), head);

    while (state == MQTT_HEAD_CUT && view->length > 0) {
        keep(rest, take(view, 1));
        state = mqtt_read_head(bytes_of(rest->kept, rest->kept_length), head);
        rest->left = rest->of = state == MQTT_HEAD_WHOLE ? head->remaining : 0;
    }
    if (state == MQTT_HEAD_WHOLE) {
        struct bytes ours = take(view, rest->left);

        keep(rest, ours);
        rest->left -= (uint32_t)ours.length;
    }
    return state;
}

/* All of a packet that is over; empty where it was longer than what is kept. */
static struct bytes kept_packet(const struct subprotocol_rest *rest, const struct mqtt_head *head)
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
    struct mqtt_head head;

    while (view.length > 0) {
        enum mqtt_head_state state = mqtt_read_head(view, &head);
        struct bytes body = bytes_after(view, head.length);

        if (state != MQTT_HEAD_WHOLE) {
            rest->lost = state == MQTT_HEAD_WRONG || unseen > 0;
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
    struct mqtt_head head;
    enum mqtt_head_state state = continue_packet(rest, view, &head);
    uint64_t skipped = rest->left < *unseen ? rest->left : *unseen;

    rest->left -= (uint32_t)skipped;
    *unseen -= skipped;
    if (state == MQTT_HEAD_WHOLE && rest->left == 0) {
        struct bytes packet = kept_packet(rest, &head);

        note_level(subprotocol, &head, bytes_after(packet, head.length));
        rest->kept_length = 0;
    }
    return state != MQTT_HEAD_WRONG && (state != MQTT_HEAD_CUT || *unseen == 0);
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

/* --- a message ------------------------------------------------------------------------------------------ */

static void print_level(struct print *print, struct bytes packet)
{
    if (print->subprotocol->version == 0 && packet.length > 0 && packet.data[0] >> 4 != MQTT_CONNECT) {
        print_value(print, PRINT_DEPTH, "version", bytes_of(NULL, 0), "", "MQTT 3.1.2",
                    "not known, since no CONNECT was seen: read as 3.1.1");
    }
}

/* A packet that began in an earlier message: how far it has come, and when it is over, all of it. */
static struct bytes print_continued(struct print *print, enum mqtt_level level)
{
    struct subprotocol_rest rest = print->subprotocol->rest[print->direction];
    struct bytes view = print->payload;
    struct mqtt_head head;
    enum mqtt_head_state state = continue_packet(&rest, &view, &head);
    struct bytes ours = bytes_first(print->payload, print->payload.length - view.length);
    struct bytes packet = state == MQTT_HEAD_WHOLE ? kept_packet(&rest, &head) : bytes_of(NULL, 0);

    if (state == MQTT_HEAD_WRONG) {
        print_wrong(print, PRINT_DEPTH, print->payload,
                    "a length that began in an earlier message is too long");
        return bytes_of(NULL, 0);
    }
    print_value(print, PRINT_DEPTH, "goes on", ours, "A packet need not end where its message does.",
                "MQTT 6",
                state == MQTT_HEAD_CUT
                    ? "a %s begun in an earlier message, its header not over yet"
                    : "a %s begun in an earlier message: %zu of its bytes are here, %u to come",
                mqtt_type_name(rest.kept[0] >> 4), ours.length, rest.left);
    packet = detail_keep(print->detail, packet);
    if (packet.length > 0) {
        print_level(print, packet);
        mqtt_print_packet(print, &head, packet, level);
    } else {
        label_say(&print->summary, "%s goes on", mqtt_type_name(rest.kept[0] >> 4));
    }
    return view;
}

/* What stands before the message's own packets; returns where those begin. */
static struct bytes print_rest(struct print *print, enum mqtt_level level)
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
    enum mqtt_level level = print->subprotocol->version == MQTT_5 ? MQTT_5 : MQTT_3_1_1;
    struct bytes rest = print_rest(print, level);
    struct mqtt_head head;

    if (print->is_text) {
        print_wrong(print, PRINT_DEPTH, bytes_of(NULL, 0), "MQTT comes in binary messages only");
    }
    print_level(print, rest);
    for (size_t i = 0; i < PACKETS_MAX && rest.length > 0; i++) {
        enum mqtt_head_state state = mqtt_read_head(rest, &head);

        if (state == MQTT_HEAD_WRONG) {
            print_wrong(print, PRINT_DEPTH, bytes_first(rest, MQTT_HEAD_MAX),
                        "a length has four bytes at the most");
            return;
        }
        if (state == MQTT_HEAD_CUT) {
            print_value(print, PRINT_DEPTH, "control packet", rest, "", "MQTT 6",
                        "its header goes on in the next message");
            label_say(&print->summary, "%s%s begins", print->summary.used > 0 ? ", " : "",
                      mqtt_type_name(rest.data[0] >> 4));
            return;
        }
        mqtt_print_packet(print, &head, rest, level);
        rest = bytes_after(rest, head.length + head.remaining);
    }
    if (rest.length > 0) {
        print_value(print, PRINT_DEPTH, "and more", rest, "", "", "%zu bytes of packets", rest.length);
    }
}
