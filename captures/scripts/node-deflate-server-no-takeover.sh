#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "permessage-deflate with server_no_context_takeover alone: the server starts each message anew, the \
client does not"
needs node ws
record
node "$PEERS/deflate.js" server-no-takeover
finish
