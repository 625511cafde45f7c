#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a connection joined late whose client says nothing until it answers the server's Close"
incomplete "the recorder came after the third message"
needs node ws
node "$PEERS/torrent.js" >"$SCRATCH/stdout" &
conversation=$!
await 10 grep -q now "$SCRATCH/stdout"
record
wait "$conversation"
finish
