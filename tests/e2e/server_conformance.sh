#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The conformance suite (tests/tools/server_conformance.c) against the reference server; fault 96.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
server=${WS101_SERVER:-$BUILD/ws101-server}
log=$(mktemp)
"$server" --port 0 >"$log" &
pid=$!
trap 'kill $pid 2>/dev/null; rm -f "$log"' EXIT
for _ in $(seq 50); do
    port=$(sed -n 's/^ws101-server listens on .*:\([0-9]*\);.*/\1/p' "$log")
    [ -n "$port" ] && break
    sleep 0.1
done
if [ -z "$port" ]; then
    echo "the server did not start"
    exit 1
fi
"$BUILD/tools/server_conformance" "$port"
status=$?
if ! kill -0 $pid 2>/dev/null; then
    echo "the server died"
    status=1
fi
exit $status
