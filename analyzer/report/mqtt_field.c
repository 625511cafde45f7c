/* SPDX-License-Identifier: MIT */
#include "mqtt_field.h"

#include "object.h"

/* Sections 1.5.5 and 2.1. */
enum mqtt_head_state mqtt_read_head(struct bytes view, struct mqtt_head *head)
{
    struct cursor cursor = cursor_over(view);
    uint8_t byte = cursor_u8(&cursor);

    *head = (struct mqtt_head){ .type = byte >> 4, .flags = byte & 0xF };
    do {
        if (cursor_left(&cursor) == 0) {
            return MQTT_HEAD_CUT;
        }
        byte = cursor_u8(&cursor);
        head->remaining |= (uint32_t)(byte & 0x7F) << 7 * head->length++;
    } while (byte & 0x80 && head->length < MQTT_HEAD_MAX - 1);
    head->length++;
    return byte & 0x80 ? MQTT_HEAD_WRONG : MQTT_HEAD_WHOLE;
}

static struct bytes place_since(const struct mqtt_packet *packet, const uint8_t *start)
{
    return bytes_of(start, (size_t)(packet->body.at - start));
}

void mqtt_take_number(struct mqtt_packet *packet, size_t bytes, const char *name, const char *purpose)
{
    const uint8_t *start = packet->body.at;
    uint32_t value = bytes == 1   ? cursor_u8(&packet->body)
                     : bytes == 2 ? cursor_u16(&packet->body)
                                  : cursor_u32(&packet->body);

    if (!packet->body.failed) {
        print_value(packet->print, packet->depth, name, place_since(packet, start), purpose, packet->section,
                    "%u", value);
    }
}

/* Section 1.5.5: seven bits a byte, the low ones first. */
uint32_t mqtt_take_variable(struct mqtt_packet *packet, const char *name, const char *purpose)
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
struct bytes mqtt_take_sized(struct mqtt_packet *packet, const char *name, bool is_text,
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

void mqtt_take_bit(struct mqtt_packet *packet, struct bytes byte, unsigned first_bit, unsigned bits,
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

void mqtt_take_code(struct mqtt_packet *packet, const char *name)
{
    const uint8_t *start = packet->body.at;
    unsigned code = cursor_u8(&packet->body);

    if (!packet->body.failed) {
        print_value(packet->print, packet->depth, name, place_since(packet, start), "How it went.",
                    packet->level == MQTT_5 ? "MQTT 2.4" : packet->section, "0x%02x %s", code,
                    mqtt_code_name(packet->head.type, packet->level == MQTT_5, code));
        packet->code = code;
        packet->has_code = true;
    }
}

struct bytes mqtt_take_flags(struct mqtt_packet *packet, const char *name)
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
        mqtt_take_number(packet, (size_t)property->form, property->name, property->purpose);
        break;
    case MQTT_VARIABLE:
        mqtt_take_variable(packet, property->name, property->purpose);
        break;
    case MQTT_PAIR:
        mqtt_take_sized(packet, property->name, true, property->purpose);
        mqtt_take_sized(packet, "its value", true, "");
        break;
    default:
        mqtt_take_sized(packet, property->name, property->form == MQTT_STRING, property->purpose);
        break;
    }
}

void mqtt_take_properties(struct mqtt_packet *packet, const char *name)
{
    if (packet->level != MQTT_5 || packet->body.failed) {
        return;
    }
    uint32_t length = mqtt_take_variable(packet, name, "The bytes of properties that follow.");
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
