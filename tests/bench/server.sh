#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What an echo costs the reference server, and what it costs its peers: processor time of the server's threads (user
# and system, from /proc) per echo, in microseconds, without compression. The servers take turns, ROUNDS times, so
# that whatever else the machine does hits all alike; the least of the rounds counts. Then the resident memory of an
# idle connection, at CONNECTIONS of them. The bare loop is the floor: the three system calls that no server can do
# without. Peers that are not installed are named and left out.
set -u
cd "$(dirname "$0")/../.." || exit 1
ulimit -n "$(ulimit -Hn)"
build=${1:-${BUILD:-build}}
rounds=${ROUNDS:-3} connections=${CONNECTIONS:-10000}
load=$build/bench/load
work=$(mktemp -d)
declare -A session port path fresh
names=()
ticks=$(getconf CLK_TCK)

cleanup() {
    for name in "${names[@]}"; do
        kill -- "-${session[$name]}" 2>/dev/null
    done
    rm -rf "$work"
}
trap cleanup EXIT

resident() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/${session[$1]}/status"; }

start() {   # name, port, path, command...
    local name=$1 number=$2
    port[$name]=$number path[$name]=$3
    shift 3
    setsid "$@" >"$work/$name.log" 2>&1 &
    session[$name]=$!
    for _ in $(seq 50); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$number") 2>/dev/null; then
            names+=("$name")
            fresh[$name]=$(resident "$name")
            return
        fi
        sleep 0.1
    done
    echo "$name did not start: $(head -n 1 "$work/$name.log")"
}

cpu() {     # name -> nanoseconds of all threads of its session, and clock ticks of their dead children
    for process in $(pgrep -s "${session[$1]}"); do
        cat /proc/"$process"/task/*/schedstat 2>/dev/null
        awk -v hz="$ticks" '{ sub(/^.*\) /, ""); print ($14 + $15) / hz * 1e9 }' /proc/"$process"/stat 2>/dev/null
    done | awk '{ t += $1 } END { printf "%.0f\n", t }'
}

start ws101-server 18101 /echo "$build/ws101-server" --port 18101 --feed 0
gcc -O2 tests/bench/peers/floor.c -o "$work/floor" && start "(bare recv and send)" 18106 / "$work/floor" 18106
if [ -e /usr/include/libwebsockets.h ] &&
    gcc -O2 tests/bench/peers/libwebsockets_echo.c -lwebsockets -o "$work/lws" 2>"$work/lws.log"; then
    start libwebsockets 18102 / "$work/lws" 18102
else
    echo "left out: libwebsockets (apt-get install libwebsockets-dev)"
fi
if NODE_PATH=/usr/share/nodejs node -e 'require("ws")' 2>/dev/null; then
    start node-ws 18103 / env NODE_PATH=/usr/share/nodejs node tests/bench/peers/ws_echo.js 18103
else
    echo "left out: node ws (apt-get install node-ws)"
fi
if /usr/bin/python3 -c 'import websockets' 2>/dev/null; then
    start python-websockets 18104 / /usr/bin/python3 tests/bench/peers/websockets_echo.py 18104
else
    echo "left out: Python websockets (apt-get install python3-websockets)"
fi
if command -v websocketd >/dev/null; then
    start websocketd 18105 / websocketd --port=18105 --address=127.0.0.1 --binary --loglevel=fatal cat
else
    echo "left out: websocketd (apt-get install websocketd)"
fi

declare -A best
measure() { # case, size, in flight, echoes
    for name in "${names[@]}"; do
        local before after
        # websocketd's cat joins and cuts messages: only one small one under way comes back as it was
        [ "$name" = websocketd ] && [ "$1" != one ] && continue
        [[ $name = "("* ]] && [ "$1" != one ] && continue
        before=$(cpu "$name")
        if ! "$load" echo "${port[$name]}" "${path[$name]}" "$2" "$3" 1 "$4" >"$work/result" 2>"$work/error"; then
            echo "$name, $1: $(cat "$work/error")"
            continue
        fi
        after=$(cpu "$name")
        best[$name,$1]=$(awk -v t=$((after - before)) -v n="$4" -v old="${best[$name,$1]:-1e9}" \
            'BEGIN { us = t / n / 1e3; printf "%.1f\n", us < old ? us : old }')
    done
}
for _ in $(seq "$rounds"); do
    measure one 64 1 "${ECHOES:-20000}"
    measure sixteen 64 16 $((${ECHOES:-20000} * 5))
    measure large 65536 1 $((${ECHOES:-20000} / 10))
done
printf '%-20s %12s %12s %12s\n' "CPU us per echo" "64 B, 1" "64 B, 16" "64 KiB, 1"
for name in "${names[@]}"; do
    printf '%-20s %12s %12s %12s\n' "$name" "${best[$name,one]:--}" "${best[$name,sixteen]:--}" "${best[$name,large]:--}"
done

printf '\n%-20s %12s %12s\n' "resident bytes" "at none" "each of $connections"
for name in "${names[@]}"; do
    [ "$name" = websocketd ] || [[ $name = "("* ]] && continue        # a process for each; one in all
    before=$(resident "$name")
    mkfifo "$work/hold"
    "$load" idle "${port[$name]}" "${path[$name]}" "$connections" <"$work/hold" >"$work/ready" 2>"$work/error" &
    exec 4>"$work/hold"
    for _ in $(seq 300); do
        grep -q ready "$work/ready" || [ -s "$work/error" ] && break
        sleep 0.1
    done
    if [ -s "$work/error" ]; then
        echo "$name: $(cat "$work/error")"
    else
        printf '%-20s %12d %12d\n' "$name" "${fresh[$name]}" $((($(resident "$name") - before) / connections))
    fi
    exec 4>&-
    wait $!
    rm -f "$work/hold"
done
