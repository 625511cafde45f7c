# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What every recording script shares. A script NAME.sh sources this file and then says, in this order,
#
#   shows "one sentence for the manifest"
#   needs node ws ...            leave with status 77 and a reason where one of them is missing
#   record [FILTER]              from here on tcpdump listens; FILTER is a BPF expression, all TCP by default
#   ... start the peers and let them talk ...
#   finish [pcapng]              stop everything, write NAME.pcap (or NAME.pcapng) and NAME.log
#
# The script runs in a network namespace of its own: only loopback, with Ethernet's MTU and no segmentation
# offload, so that packets have the sizes they would have on a wire. The peers append to the file named by
# $ORACLE what their own API told them, one JSON object per line (captures/README.md gives the keys).
#
#   captures/scripts/NAME.sh [DIRECTORY]     DIRECTORY is where the two files go, captures/ by default

set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
NAME=$(basename "$0" .sh)
mkdir -p "${1:-$SCRIPTS/..}"
OUT=$(cd "${1:-$SCRIPTS/..}" && pwd)
PEERS=$SCRIPTS/peers
WS101_SERVER=${WS101_SERVER:-$SCRIPTS/../../build/ws101-server}

if [ -z "${IN_NAMESPACE:-}" ]; then
    # Without root the user stays who they are and has root's capabilities in here: as a mapped root tcpdump
    # would try to become another user, which a namespace of one user forbids.
    flags=(--net)
    [ "$(id -u)" = 0 ] || flags+=(--user --map-current-user --keep-caps)
    exec env IN_NAMESPACE=1 unshare "${flags[@]}" "$0" "$@"
fi

ip link set lo up mtu 1500
ethtool -K lo tso off gso off gro off >/dev/null 2>&1 || ip link set lo gso_max_segs 1

SCRATCH=$(mktemp -d)
export HOME=$SCRATCH ORACLE=$SCRATCH/oracle LC_ALL=C.UTF-8
export NODE_PATH=/usr/share/nodejs:${NPM_PEERS:-/nonexistent}/node_modules
touch "$ORACLE"
SHOWS='' INCOMPLETE='' VERSIONS=() CHILDREN=() RECORDER='' INTERFACE=lo

shows() { SHOWS=$1; }

# The capture does not hold all that the log has; why.
incomplete() { INCOMPLETE=$1; }

# The version of one piece of software, empty where it is not installed.
version_of() {
    case $1 in
        node) node --version | tr -d v ;;
        ws) node -p 'require("ws/package.json").version' ;;
        socket.io | socket.io-client | engine.io) node -p "require('$1/package.json').version" ;;
        graphql | graphql-ws | @stomp/stompjs | stomp-broker-js | mqtt)     # packages that hide their package.json
            node -p "JSON.parse(fs.readFileSync('$NPM_PEERS/node_modules/$1/package.json')).version" ;;
        chromium) chromium --version --no-sandbox | awk '{ print $2 }' ;;
        python) /usr/bin/python3 -c 'import platform; print(platform.python_version())' ;;
        websockets) /usr/bin/python3 -c 'import websockets; print(websockets.__version__)' ;;
        tornado) /usr/bin/python3 -c 'import tornado; print(tornado.version)' ;;
        paho) /usr/bin/python3 -c 'import paho.mqtt; print(paho.mqtt.__version__)' ;;
        mosquitto) mosquitto -h | awk 'NR == 1 { print $3 }' ;;
        nginx) nginx -v 2>&1 | sed 's,.*/,,' ;;
        haproxy) haproxy -v | awk 'NR == 1 { print $3 }' ;;
        curl) curl --version | awk 'NR == 1 { print $2 }' ;;
        openssl) openssl version | awk '{ print $2 }' ;;
        java) java -version 2>&1 | sed -n 's/.*version "\(.*\)".*/\1/p' ;;
        tomcat) dpkg-query -W -f '${Version}' tomcat10-examples | sed 's/-.*//' ;;
        jetty) dpkg-query -W -f '${Version}' libjetty9-extra-java | sed 's/-.*//' ;;
        mono) mcs --version >/dev/null && mono --version | awk 'NR == 1 { print $5 }' ;;
        ws101-server) "$WS101_SERVER" --version | awk '{ print $2 }' ;;
        websocketd) websocketd --version | awk '{ print $2 }' ;;
        *) "$1" --version | head -n 1 ;;
    esac 2>/dev/null || true
}

needs() {
    local software version
    for software in "$@"; do
        version=$(version_of "$software")
        if [ -z "$version" ]; then
            echo "$NAME: skipped: $software is not installed" >&2
            exit 77
        fi
        VERSIONS+=("$software $version")
    done
}

await() {   # SECONDS COMMAND...: until COMMAND succeeds
    local deadline=$((SECONDS + $1)); shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $deadline ]; then echo "$NAME: gave up waiting for: $*" >&2; exit 1; fi
        sleep 0.05
    done
}

# True when something listens on the port. Read from the kernel: a connection made to try would be recorded.
listening() {
    awk -v port="$(printf ':%04X' "$1")" '$2 ~ port "$" && $4 == "0A" { found = 1 } END { exit !found }' \
        "/proc/${FAR_HOST:-self}/net/tcp" "/proc/${FAR_HOST:-self}/net/tcp6"
}

background() {   # COMMAND...: killed by `finish`; its number is in $!
    "$@" >>"$SCRATCH/output" 2>&1 &
    CHILDREN+=($!)
}

serve() {        # PORT COMMAND...: in the background, waiting until it listens
    local port=$1; shift
    background "$@"
    await 40 listening "$port"
}

record() {
    local place=()
    [ "$INTERFACE" != far ] || place=(nsenter --target "$FAR_HOST" --net)
    "${place[@]}" tcpdump -i "$INTERFACE" -Z root -n -U --immediate-mode -B 4096 \
        -w "$SCRATCH/$NAME.pcap" "${1:-tcp}" 2>"$SCRATCH/tcpdump" &
    RECORDER=$!
    await 10 grep -q 'listening on' "$SCRATCH/tcpdump"
}

# Proxies: client 10.0.0.1, proxy 10.0.0.2, server 10.0.0.3, all on loopback, told apart by their addresses.
three_hosts() {
    local n
    for n in 1 2 3; do ip address add "10.0.0.$n/32" dev lo; done
    ip route replace local 10.0.0.2 dev lo table local src 10.0.0.1
    ip route replace local 10.0.0.3 dev lo table local src 10.0.0.2
}

# A second host, 10.0.0.2, on the far end of a wire that loses, delays and repeats packets; this one is
# 10.0.0.1. `far COMMAND...` runs a command there.
lossy_wire() {   # SEED
    unshare --net sleep 600 &
    FAR_HOST=$!
    CHILDREN+=("$FAR_HOST")
    await 5 different_networks
    background /usr/bin/python3 "$PEERS/lossy_wire.py" "$FAR_HOST" "$1"
    await 5 ip link show near
    await 5 far ip link show far
    ip address add 10.0.0.1/24 dev near
    ip link set near up mtu 1500
    far ip address add 10.0.0.2/24 dev far
    far ip link set far up mtu 1500
    far ip link set lo up
    INTERFACE=near
}
far() { nsenter --target "$FAR_HOST" --net "$@"; }
different_networks() { [ "$(readlink "/proc/$FAR_HOST/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

# Chromium without a screen, its number in $!; names that end in .example are 10.0.0.2.
chromium_at() {   # URL
    background chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
        --user-data-dir="$SCRATCH/profile" --host-resolver-rules="MAP *.example 10.0.0.2" \
        --remote-debugging-port=9222 "$1"
}

# Chromium opens the page, until the page's log has arrived in the oracle.
browse() {   # URL
    chromium_at "$1"
    local browser=$!
    await 60 grep -q '"event":"page-done"' "$ORACLE"
    sleep 0.3
    kill "$browser" && wait "$browser" 2>/dev/null || true
}

stop_recording() {
    sleep 0.3
    kill -INT "$RECORDER" && wait "$RECORDER" || true
    RECORDER=''
    grep -q '^0 packets dropped by kernel' "$SCRATCH/tcpdump" || { cat "$SCRATCH/tcpdump" >&2; exit 1; }
}

finish() {
    [ -z "$RECORDER" ] || stop_recording
    local capture=$OUT/$NAME.${1:-pcap}
    if [ "${1:-pcap}" = pcapng ]; then
        /usr/bin/python3 "$SCRIPTS/pcapng.py" "$SCRATCH/$NAME.pcap" "$capture"
    else
        cp "$SCRATCH/$NAME.pcap" "$capture"
    fi
    /usr/bin/python3 "$SCRIPTS/oracle_write.py" "$SHOWS" "$INCOMPLETE" "$ORACLE" "$capture" \
        "${VERSIONS[@]}" >"$OUT/$NAME.log"
    DONE=1
}

cleanup() {
    local status=$? child
    for child in "${CHILDREN[@]}" $RECORDER; do kill "$child" 2>/dev/null || true; done
    if [ -z "${DONE:-}" ] && [ "$status" != 77 ]; then
        echo "$NAME: failed" >&2
        tail -n 30 "$SCRATCH/output" 2>/dev/null >&2 || true
    fi
    for child in "${CHILDREN[@]}"; do wait "$child" 2>/dev/null || true; done
    rm -rf "$SCRATCH"
}
trap cleanup EXIT
