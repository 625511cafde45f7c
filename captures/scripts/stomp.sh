#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "STOMP over WebSocket, stompjs and stomp-broker-js: one client subscribes, another sends, heart-beats; 1.2 is \
agreed in the handshake and 1.1 in CONNECTED, and the broker counts characters as content-length: faults of a real server"
needs node ws @stomp/stompjs stomp-broker-js
record 'tcp port 61614'
node "$PEERS/speaking.js" stomp
finish
