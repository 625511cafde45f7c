#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a compressed connection joined late: no handshake, and a window that the recorder never saw filled"
incomplete "the recorder came after the third message"
needs node ws
mkfifo "$SCRATCH/stdin"
node "$PEERS/late.js" deflate <"$SCRATCH/stdin" >"$SCRATCH/stdout" &
conversation=$!
exec 3>"$SCRATCH/stdin"
await 10 grep -q now "$SCRATCH/stdout"
sleep 0.2
record
echo go >&3
wait "$conversation"
finish
