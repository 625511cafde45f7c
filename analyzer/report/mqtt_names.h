/* SPDX-License-Identifier: MIT */
#ifndef WS101_MQTT_NAMES_H
#define WS101_MQTT_NAMES_H

/* mqtt_names - what MQTT tabulates: packet types, properties, reason codes. Sections 2.1.2, 2.2.2.2 and 2.4
 * of version 5, 3.2.2.3 of version 3.1.1. */

#include <stdbool.h>
#include <stdint.h>

enum mqtt_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_PUBACK,
    MQTT_PUBREC,
    MQTT_PUBREL,
    MQTT_PUBCOMP,
    MQTT_SUBSCRIBE,
    MQTT_SUBACK,
    MQTT_UNSUBSCRIBE,
    MQTT_UNSUBACK,
    MQTT_PINGREQ,
    MQTT_PINGRESP,
    MQTT_DISCONNECT,
    MQTT_AUTH,
};

enum mqtt_form {
    MQTT_BYTE = 1, /* numbers have their length for value */
    MQTT_TWO_BYTES = 2,
    MQTT_FOUR_BYTES = 4,
    MQTT_VARIABLE, /* a variable byte integer */
    MQTT_STRING,
    MQTT_BINARY,
    MQTT_PAIR, /* of strings */
};

struct mqtt_property {
    uint8_t number;
    const char *name;
    enum mqtt_form form;
    const char *purpose;
};

/* NULL where no property has that number. */
const struct mqtt_property *mqtt_property_find(uint8_t number);

/* What a reason, or before version 5 a return code, in a packet of that type says. */
const char *mqtt_code_name(unsigned type, bool version_5, unsigned code);

#endif
