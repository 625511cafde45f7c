#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "messages of 0, 1, 125, 126, 127, 65535 and 65536 bytes both ways, so each form of the length; pings \
of up to 125 bytes"
needs node ws
record
node "$PEERS/sizes.js"
finish
