#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "WebSocket over HTTP/2, unencrypted (RFC 8441): one stream of a connection, beside an ordinary \
request"
incomplete "over HTTP/2"
needs node ws
record
node "$PEERS/http2.js"
finish
