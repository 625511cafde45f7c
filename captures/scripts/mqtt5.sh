#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "MQTT 5 over WebSocket: MQTT.js and mosquitto, with node ws between; properties, each QoS, a will, a retained \
message, pings, reason codes"
needs node ws mqtt mosquitto
printf 'listener 1883 127.0.0.1\nallow_anonymous true\n' >"$SCRATCH/mosquitto.conf"
serve 1883 mosquitto -c "$SCRATCH/mosquitto.conf"
serve 9001 node "$PEERS/mqtt_bridge.js"
record 'tcp port 9001'
node "$PEERS/speaking.js" mqtt5
finish
