#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "permessage-deflate with a threshold of 40 bytes at each end: short messages go uncompressed among \
the others"
needs node ws
record
node "$PEERS/deflate.js" threshold
finish
