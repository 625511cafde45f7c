#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "what \`make demo\` opens: a browser loads a page, polls it for news, visits a chat (JSON, emoji, \
Chinese, binary, ping, fragments, a Close with reason), asks for prices over a compressed \
connection; then a client forgets to mask"
needs node ws chromium
three_hosts
serve 8080 node "$PEERS/page_server.js" 10.0.0.2
record 'tcp port 8080'
browse 'http://chat.example:8080/?:poll,chat:lobby,deflate:prices'
node "$PEERS/faulty_client.js" ws://10.0.0.2:8080/chat/faulty
finish pcapng
