#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "permessage-deflate with client_no_context_takeover alone: the client starts each message anew, the \
server does not"
needs node ws
record
node "$PEERS/deflate.js" client-no-takeover
finish
