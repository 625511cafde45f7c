#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a connection joined while its server sends without a pause: recording begins in the middle of a \
frame, and the client speaks only at the end"
incomplete "the recorder came in the middle of a frame"
needs node ws
node "$PEERS/torrent.js" trickle >"$SCRATCH/stdout" &
conversation=$!
await 10 grep -q now "$SCRATCH/stdout"
record
wait "$conversation"
finish
