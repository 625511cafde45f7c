#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "upgrades refused with 401, 403, 404, 302, 503, 200, with a 101 that lacks or falsifies a field, and \
with silence; then three requests by curl: without a key, with version 8, and without an upgrade"
needs node ws curl
record
serve 8080 node "$PEERS/refusals.js" play
await 20 grep -q page-done "$ORACLE"
upgrade=(-H 'Connection: Upgrade' -H 'Upgrade: websocket')
curl -s -m 1 -o /dev/null "${upgrade[@]}" -H 'Sec-WebSocket-Version: 13' http://127.0.0.1:8080/welcome || true
curl -s -m 1 -o /dev/null "${upgrade[@]}" -H 'Sec-WebSocket-Version: 8' \
    -H 'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==' http://127.0.0.1:8080/welcome || true
curl -s -m 1 -o /dev/null http://127.0.0.1:8080/ || true
finish
