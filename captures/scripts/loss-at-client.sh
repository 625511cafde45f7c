#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a wire that loses, reorders and repeats, seen from the client: raw IP, true checksums, \
retransmissions, duplicates and segments out of order; nothing is missing in the end"
needs node ws python
lossy_wire 7
serve 8080 far node "$PEERS/echo_server.js" 10.0.0.2
record
node "$PEERS/stream_client.js" ws://10.0.0.2:8080/lossy
finish
