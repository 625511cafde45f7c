#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a server killed twice without a Close: idle, so that its kernel sends FIN; then with unread bytes, \
so that it sends RST; the clients see 1006"
needs node ws
record

die_after() {   # PATH: the server dies when the client on PATH has had its echoes
    mkfifo "$SCRATCH/stdin$2"
    serve 8080 node "$PEERS/echo_server.js"
    local server=$!
    node "$PEERS/survivor.js" "$1" <"$SCRATCH/stdin$2" >"$SCRATCH/stdout$2" &
    local client=$!
    exec 3>"$SCRATCH/stdin$2"
    await 10 grep -q now "$SCRATCH/stdout$2"
    if [ "$1" = /unread ]; then
        kill -STOP "$server"
        echo go >&3
        await 10 grep -q sent "$SCRATCH/stdout$2"
    fi
    kill -KILL "$server"
    wait "$server" 2>/dev/null || true
    wait "$client"
    exec 3>&-
}

die_after /idle 1
die_after /unread 2
finish
