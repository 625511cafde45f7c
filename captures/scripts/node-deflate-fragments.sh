#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "compressed messages in four fragments, a ping and its pong between the fragments"
needs node ws
record
node "$PEERS/deflate.js" fragments
finish
