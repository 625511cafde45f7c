#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "C#'s ClientWebSocket, run by mono, against node ws: text, binary, a subprotocol, Close"
needs mono node ws
mcs -out:"$SCRATCH/client.exe" "$PEERS/CsharpClient.cs" >/dev/null
serve 8080 node "$PEERS/echo_server.js"
record
mono "$SCRATCH/client.exe" ws://127.0.0.1:8080/csharp
finish
