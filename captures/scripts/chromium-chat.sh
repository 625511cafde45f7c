#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a browser: page over HTTP, then chat (texts in several scripts, JSON, binary, ping, fragments, Close \
with reason), a burst, a server going away, a server dropping TCP, a 403"
needs node ws chromium
three_hosts
serve 8080 node "$PEERS/page_server.js" 10.0.0.2
record 'tcp port 8080'
browse 'http://chat.example:8080/?chat:talk,chat:burst,chat:away,chat:dropped,:refused'
finish
