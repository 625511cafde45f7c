#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "the same kind of wire, seen from the server, with permessage-deflate"
needs node ws python
lossy_wire 11
INTERFACE=far
serve 8080 far node "$PEERS/echo_server.js" 10.0.0.2 8080 deflate
record
node "$PEERS/stream_client.js" ws://10.0.0.2:8080/lossy
finish
