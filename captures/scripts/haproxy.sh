#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "haproxy, both legs: a whole conversation, then one that its tunnel time-out of two seconds cuts"
needs node ws haproxy
three_hosts
serve 8080 node "$PEERS/echo_server.js" 10.0.0.3
serve 8001 haproxy -db -f "$PEERS/haproxy.cfg"
record
node "$PEERS/echo_client.js" ws://10.0.0.2:8001/whole
node "$PEERS/echo_client.js" ws://10.0.0.2:8003/idle idle
finish
