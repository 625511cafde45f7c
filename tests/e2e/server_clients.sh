#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Clients that we did not write, against the reference server. Those not installed are named and skipped.
set -u
cd "$(dirname "$0")/../.." || exit 1
server=${WS101_SERVER:-build/ws101-server}
work=$(mktemp -d)
"$server" --port 0 --feed 20 >"$work/server" &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 50); do
    port=$(sed -n 's/^ws101-server listens on .*:\([0-9]*\);.*/\1/p' "$work/server")
    [ -n "$port" ] && break
    sleep 0.1
done
address=ws://127.0.0.1:$port passed=0 failed=0 skipped=0

client() {  # name, command...
    local name=$1
    shift
    if timeout 60 "$@" "$address" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        tail -n 20 "$work/log"
    fi
}
skip() {
    echo "skipped: $1"
    skipped=$((skipped + 1))
}

if NODE_PATH=/usr/share/nodejs node -e 'require("ws")' 2>/dev/null; then
    client "node ws" env NODE_PATH=/usr/share/nodejs node tests/server/client_test.js
else
    skip "node ws (apt-get install node-ws)"
fi
if /usr/bin/python3 -c 'import websockets' 2>/dev/null; then
    client "Python websockets" /usr/bin/python3 tests/server/client_test.py
else
    skip "Python websockets (apt-get install python3-websockets)"
fi
if java --list-modules 2>/dev/null | grep -q jdk.compiler; then
    client "JDK" java tests/server/ClientTest.java
else
    skip "the JDK's client (apt-get install default-jdk-headless)"
fi
if command -v mcs >/dev/null &&
    mcs -r:System.dll -out:"$work/ClientTest.exe" tests/server/ClientTest.cs >"$work/log" 2>&1; then
    client "mono" mono "$work/ClientTest.exe"
else
    skip "mono (apt-get install mono-mcs libmono-system4.0-cil)"
fi
if command -v curl >/dev/null; then
    client "curl, server-sent events" \
        bash -c "curl -sN --max-time 2 \"\${0/ws:/http:}/events\" | grep -q '^data: {\"number\"'"
else
    skip "curl"
fi
kill -0 $pid || failed=$((failed + 1))
echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
