#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "Tomcat's example echoes, whose 101 has an empty reason phrase: the JDK's client, then node ws with \
permessage-deflate; and Tomcat's chat"
needs tomcat java node ws
serve 8080 "$PEERS/tomcat.sh" "$SCRATCH/tomcat"
record
site=ws://127.0.0.1:8080/examples/websocket
java "$PEERS/JavaClient.java" "$site/echoAnnotation"
node "$PEERS/echo_client.js" "$site/echoProgrammatic"
node "$PEERS/echo_client.js" "$site/chat"
finish
