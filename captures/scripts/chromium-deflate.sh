#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a browser with permessage-deflate agreed: chat and a burst, each message compressed"
needs node ws chromium
three_hosts
serve 8080 node "$PEERS/page_server.js" 10.0.0.2
record 'tcp port 8080'
browse 'http://chat.example:8080/?deflate:talk,deflate:burst'
finish
