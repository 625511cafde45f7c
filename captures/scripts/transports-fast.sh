#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "the same events, ten a second, for 5 seconds over polling with and without keep-alive, long polling, \
server-sent events and WebSocket"
needs node ws ws101-server
record
serve 8101 "$WS101_SERVER" --port 8101 --feed 10 --seed 1
node "$PEERS/transports.js" 5
finish
