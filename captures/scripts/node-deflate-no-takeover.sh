#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "permessage-deflate without context takeover either way"
needs node ws
record
node "$PEERS/deflate.js" no-takeover
finish
