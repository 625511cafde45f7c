#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a connection joined late: neither handshake nor SYN was recorded"
incomplete "the recorder came after the third message"
needs node ws
mkfifo "$SCRATCH/stdin"
node "$PEERS/late.js"  <"$SCRATCH/stdin" >"$SCRATCH/stdout" &
conversation=$!
exec 3>"$SCRATCH/stdin"
await 10 grep -q now "$SCRATCH/stdout"
sleep 0.2
record
echo go >&3
wait "$conversation"
finish
