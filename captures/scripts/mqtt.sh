#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "MQTT over WebSocket: paho and mosquitto, with node ws between; paho 1.6 answers a Ping without a \
mask, and the server, which is strict, closes with 1002: a fault of a real client"
needs paho mosquitto node ws
printf 'listener 1883 127.0.0.1\nallow_anonymous true\n' >"$SCRATCH/mosquitto.conf"
serve 1883 mosquitto -c "$SCRATCH/mosquitto.conf"
serve 9001 node "$PEERS/mqtt_bridge.js"
record 'tcp port 9001'
/usr/bin/python3 "$PEERS/mqtt_client.py"
finish
