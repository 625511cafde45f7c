#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "recorded on Linux's device \`any\`, where no packet has an Ethernet header (SLL2): IPv4 and IPv6"
needs node ws
INTERFACE=any
serve 8080 node "$PEERS/echo_server.js" ::
record
node "$PEERS/echo_client.js" ws://127.0.0.1:8080/four
node "$PEERS/echo_client.js" 'ws://[::1]:8080/six'
finish
