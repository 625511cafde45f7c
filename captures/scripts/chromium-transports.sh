#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a browser on ws101-server's page, which takes the same events by polling, long polling, server-sent \
events and WebSocket, then echoes; the log is what its developer tools saw"
needs chromium ws101-server python websockets
three_hosts
serve 8101 "$WS101_SERVER" --address 10.0.0.2 --port 8101 --feed 3 --seed 2 --origin http://feed.example:8101
chromium_at about:blank
await 40 listening 9222
await 10 curl -sf http://127.0.0.1:9222/json
record 'tcp port 8101'
press() { echo "document.querySelector('$1').click()"; }
/usr/bin/python3 "$PEERS/devtools.py" http://feed.example:8101/ \
    1 "$(press '[data-all=start]')" 2 "$(press '#echo [data-do=open]')" \
    1 "document.querySelector('#echo .talk input').value = 'Echo, 木霊'; $(press '#echo .talk button')" \
    1 "$(press '#echo [data-do=close]')" 1 "$(press '[data-all=stop]')"
finish
