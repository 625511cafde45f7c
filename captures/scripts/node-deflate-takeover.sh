#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "permessage-deflate with context takeover both ways: each message leans on those before it; one sent \
uncompressed, one empty"
needs node ws
record
node "$PEERS/deflate.js" takeover
finish
