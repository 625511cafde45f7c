#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a sample handshake as an article prints it, whose Accept belongs to another key: the client, node \
ws, refuses it"
needs node ws
record
node "$PEERS/article.js"
finish
