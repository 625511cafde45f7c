#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "subprotocols agreed, chosen among three, not offered, offered in vain, and two answers that the \
client must refuse; JSON and binary messages"
needs node ws
record
node "$PEERS/subprotocols.js"
finish
