#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "node ws over IPv6"
needs node ws
serve 8080 node "$PEERS/echo_server.js" ::1
record
node "$PEERS/echo_client.js" 'ws://[::1]:8080/six'
finish
