#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "nginx with the Upgrade headers set, both legs: client 10.0.0.1, proxy 10.0.0.2, server 10.0.0.3"
needs node ws nginx
three_hosts
serve 8080 node "$PEERS/echo_server.js" 10.0.0.3
serve 8001 nginx -p "$SCRATCH" -e error.log -c "$PEERS/nginx.conf"
record
node "$PEERS/echo_client.js" ws://10.0.0.2:8001/echo
finish
