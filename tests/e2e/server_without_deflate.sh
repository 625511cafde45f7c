#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# deflate.c and zlib are optional: the server links without them, and then never agrees to compress.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill $pid 2>/dev/null; rm -rf "$work"' EXIT
shopt -s extglob
if ! gcc -std=c11 -D_GNU_SOURCE minimal-server/!(deflate).c -lcrypto -lm -o "$work/server"; then
    echo "0 passed, 1 failed"
    exit 1
fi
"$work/server" --port 0 >"$work/log" &
pid=$!
for _ in $(seq 50); do
    port=$(sed -n 's/^ws101-server listens on .*:\([0-9]*\);.*/\1/p' "$work/log")
    [ -n "$port" ] && break
    sleep 0.1
done
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf '%s\r\n' 'GET /echo HTTP/1.1' 'Host: h' 'Upgrade: websocket' 'Connection: Upgrade' \
    'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
    'Sec-WebSocket-Extensions: permessage-deflate' '' >&3
answer=$(timeout 2 head -n 5 <&3)
case $answer in
*Extensions*) echo "agreed to compress: $answer"; echo "0 passed, 1 failed"; exit 1 ;;
*" 101 "*) echo "1 passed, 0 failed" ;;
*) echo "no 101: $answer"; echo "0 passed, 1 failed"; exit 1 ;;
esac
