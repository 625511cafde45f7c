/* SPDX-License-Identifier: MIT */
#ifndef WS101_MQTT_FIELD_H
#define WS101_MQTT_FIELD_H

/* mqtt_field - what an MQTT control packet is made of: its fixed header, and behind it fields of a few forms.
 *
 * Comes in:   a packet, or as much of it as is there.
 * Goes out:   its fields one after the other, each as a node; the values that decide how to read on.
 * Past the end of what is there no node is added, and packet->body.failed stays set.
 * Sections 1.5, 2.1 and 2.2.2 of MQTT 5; 2.2 of 3.1.1.
 */

#include "mqtt_names.h"
#include "subprotocol_print.h"

enum mqtt_level { MQTT_3_1 = 3,
                  MQTT_3_1_1 = 4,
                  MQTT_5 = 5 };

#define MQTT_HEAD_MAX 5 /* bytes: type, and a length in one to four */

struct mqtt_head {
    unsigned type, flags;
    uint32_t remaining; /* bytes behind the header */
    size_t length;      /* of the header */
};

enum mqtt_head_state { MQTT_HEAD_WHOLE,
                       MQTT_HEAD_CUT,
                       MQTT_HEAD_WRONG };

/* The fixed header at the front of view. */
enum mqtt_head_state mqtt_read_head(struct bytes view, struct mqtt_head *head);

/* The packet that is being read. */
struct mqtt_packet {
    struct print *print;
    struct cursor body; /* what is left of it here */
    struct mqtt_head head;
    struct bytes first; /* its first byte: type and flags */
    const char *section;
    enum mqtt_level level;
    bool cut;           /* the packet goes on in the next message */
    bool refused;       /* what is wrong with it was said, and reading stopped there */
    unsigned depth;     /* of its fields */
    struct bytes topic; /* for the summary */
    unsigned code;
    bool has_code;
};

/* A number of 1, 2 or 4 bytes. */
void mqtt_take_number(struct mqtt_packet *packet, size_t bytes, const char *name, const char *purpose);

/* A number in as many bytes as it needs. */
uint32_t mqtt_take_variable(struct mqtt_packet *packet, const char *name, const char *purpose);

/* A string or binary data, with its length before it. */
struct bytes mqtt_take_sized(struct mqtt_packet *packet, const char *name, bool is_text,
                             const char *purpose);

/* A byte whose bits each mean something: that byte, empty past the end. */
struct bytes mqtt_take_flags(struct mqtt_packet *packet, const char *name);

/* So many of its bits, the first counted from the highest: 0. */
void mqtt_take_bit(struct mqtt_packet *packet, struct bytes byte, unsigned first_bit, unsigned bits,
                   const char *name, const char *purpose);

/* A reason code, or a return code as it was called before. */
void mqtt_take_code(struct mqtt_packet *packet, const char *name);

/* The properties, in version 5; name is that of their length. */
void mqtt_take_properties(struct mqtt_packet *packet, const char *name);

#endif
