#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "polling by curl: six polls on one kept connection, then four with a connection each"
needs node curl
serve 8080 node "$PEERS/http_server.js"
record
curl -s --rate 10/s -o /dev/null 'http://127.0.0.1:8080/poll?after=[0-5]'
for after in 0 1 2 3; do
    curl -s -o /dev/null -H 'Connection: close' "http://127.0.0.1:8080/poll?after=$after"
done
finish
