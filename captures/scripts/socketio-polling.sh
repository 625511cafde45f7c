#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "socket.io told to stay with long polling: the same conversation in GETs and POSTs"
needs node socket.io socket.io-client
record
node "$PEERS/socketio.js" polling
finish
