#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "websocketd, a server in Go, giving each connection to a program (cat), with node ws as its client"
needs websocketd node ws
serve 8080 websocketd --address=127.0.0.1 --port=8080 cat
record
node "$PEERS/echo_client.js" ws://127.0.0.1:8080/cat
finish
