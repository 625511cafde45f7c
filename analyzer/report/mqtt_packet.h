/* SPDX-License-Identifier: MIT */
#ifndef WS101_MQTT_PACKET_H
#define WS101_MQTT_PACKET_H

/* mqtt_packet - an MQTT control packet taken apart, by its type.
 *
 * Comes in:   a packet from its fixed header on; less than all of it where it goes on in the next message.
 * Goes out:   nodes for it and its fields, what is wrong with it, and a piece of the summary.
 * Chapter 3 of MQTT 5 and of 3.1.1.
 */

#include "mqtt_field.h"

/* Adds the packet at the front of view, whose header has been read. */
void mqtt_print_packet(struct print *print, const struct mqtt_head *head, struct bytes view,
                       enum mqtt_level level);

/* "CONNECT", "PUBLISH", ... of four bits. */
const char *mqtt_type_name(unsigned type);

#endif
