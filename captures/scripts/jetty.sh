#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "Jetty's echo: the JDK's client without, node ws with permessage-deflate"
needs jetty java node ws
jars=$(printf '%s:' /usr/share/java/jetty9-*.jar /usr/share/java/servlet-api*.jar)
serve 8080 java -cp "$jars" "$PEERS/JettyServer.java"
record
java "$PEERS/JavaClient.java" ws://127.0.0.1:8080/jdk
node "$PEERS/echo_client.js" ws://127.0.0.1:8080/node
finish
