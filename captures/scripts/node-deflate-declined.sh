#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "permessage-deflate offered by the client and not taken by the server: nothing is compressed"
needs node ws
record
node "$PEERS/deflate.js" declined
finish
