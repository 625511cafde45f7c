#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "nginx with proxy_read_timeout 2s, both legs: a silent connection is cut without a Close, 1006 at \
both ends"
needs node ws nginx
three_hosts
serve 8080 node "$PEERS/echo_server.js" 10.0.0.3
serve 8001 nginx -p "$SCRATCH" -e error.log -c "$PEERS/nginx.conf"
record
node "$PEERS/echo_client.js" ws://10.0.0.2:8003/echo idle
finish
