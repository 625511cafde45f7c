#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "twenty-six endings, one connection each, named by the path: every usual code from either side, \
empty, both at once, rules broken and answered with 1002, 1007, 1009, FIN and RST without a Close"
needs node ws
record
node "$PEERS/endings.js"
finish
