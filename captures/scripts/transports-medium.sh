#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "the same events, one a second, for 15 seconds over polling with and without keep-alive, long \
polling, server-sent events and WebSocket"
needs node ws ws101-server
record
serve 8101 "$WS101_SERVER" --port 8101 --feed 1 --seed 1
node "$PEERS/transports.js" 15
finish
