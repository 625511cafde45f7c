#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "server-sent events through nginx, both legs: buffered, so that all five come at once, then \
unbuffered"
needs node ws nginx curl
three_hosts
serve 8080 node "$PEERS/echo_server.js" 10.0.0.3
serve 8001 nginx -p "$SCRATCH" -e error.log -c "$PEERS/nginx.conf"
record
curl -sN -o "$SCRATCH/buffered" http://10.0.0.2:8002/events
curl -sN -o "$SCRATCH/unbuffered" http://10.0.0.2:8004/events
finish
