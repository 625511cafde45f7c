#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "the JDK's own client, java.net.http, against node ws: text, fragments, binary, ping, Close"
needs java node ws
serve 8080 node "$PEERS/echo_server.js"
record
java "$PEERS/JavaClient.java" ws://127.0.0.1:8080/java
finish
