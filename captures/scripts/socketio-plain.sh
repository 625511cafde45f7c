#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a plain WebSocket client against a socket.io server: no answer at its own path, then closed for a \
word that is no packet"
needs node socket.io socket.io-client
record
node "$PEERS/socketio.js" plain
finish
