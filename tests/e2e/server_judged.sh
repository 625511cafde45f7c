#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two programs that share no line judge each other: the conformance suite runs against the reference server in a
# private network, the traffic is captured, and `ws101 check` must find no MUST or SHOULD that the server broke.
# One is excused: a Close with 1010, which only clients send, is echoed as it came.
set -u
cd "$(dirname "$0")/../.." || exit 1
export BUILD=${BUILD:-build}
if [ "${1:-}" != inside ]; then
    if ! command -v dumpcap >/dev/null || ! unshare -rn true 2>/dev/null; then
        echo "skipped: needs dumpcap (apt-get install tshark) and user namespaces"
        echo "0 passed, 0 failed"
        exit 0
    fi
    exec unshare -rn "$0" inside
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ip link set lo up
dumpcap -q -i lo -B 64 -w "$work/capture.pcapng" 2>"$work/dumpcap" &
pid=$!
for _ in $(seq 50); do
    [ -s "$work/capture.pcapng" ] && break
    sleep 0.1
done
sleep 0.5
tests/e2e/server_conformance.sh >"$work/suite"
sleep 0.5
kill -INT $pid
wait $pid
"$BUILD/ws101" stats --json "$work/capture.pcapng" >"$work/stats"
"$BUILD/ws101" json --only finding "$work/capture.pcapng" |
    grep '"side":"server"' | grep -v -e '"severity":"note"' -e '"frame-close-code-wrong-side"' >"$work/findings"
if ! grep -q ' 0 failed' "$work/suite" || ! grep -q '"accepted":[1-9]' "$work/stats"; then
    echo "nothing to judge:"
    cat "$work/suite" "$work/dumpcap" "$work/stats"
    echo "0 passed, 1 failed"
    exit 1
fi
if [ -s "$work/findings" ]; then
    cut -c 1-400 "$work/findings"
    echo "0 passed, 1 failed"
    exit 1
fi
echo "1 passed, 0 failed"
