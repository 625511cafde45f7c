#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "socket.io from long polling through the upgrade to WebSocket: two namespaces, events with answers, \
binary, Engine.IO's pings"
needs node socket.io socket.io-client
record
node "$PEERS/socketio.js" upgrade
finish
