#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "permessage-deflate with server_max_window_bits=9 and client_max_window_bits=10, and a message longer \
than both windows"
needs node ws
record
node "$PEERS/deflate.js" window
finish
