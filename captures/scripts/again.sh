#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# again.sh DIRECTORY [NAME...]: records every capture anew, or those named, with the software that is
# installed here, and compares what it shows with the bundled one. Installs Debian's packages where it may,
# and what Debian lacks below DIRECTORY by npm. A script whose software is missing is skipped, and says so.
set -u
scripts=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift

PACKAGES="chromium curl ethtool haproxy iproute2 libjetty9-extra-java libmono-system4.0-cil
    libservlet-api-java libtomcat10-java mono-mcs mono-runtime mosquitto nginx node-ws openssl python3
    python3-paho-mqtt python3-tornado python3-websockets tcpdump tomcat10-common tomcat10-examples
    util-linux websocketd"
command -v javac >/dev/null || PACKAGES="$PACKAGES default-jdk-headless"
command -v node >/dev/null || PACKAGES="$PACKAGES nodejs"
command -v npm >/dev/null || PACKAGES="$PACKAGES npm"

install_packages() {
    local missing='' package root=''
    for package in $PACKAGES; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || root=sudo
    $root apt-get update -qq
    for package in $missing; do
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" \
            >/dev/null 2>&1 || echo "not installed: $package"
    done
}

install_peers() {
    export NPM_PEERS=$out/npm
    if [ -d "$NPM_PEERS/node_modules/socket.io" ] && [ -d "$NPM_PEERS/node_modules/mqtt" ]; then return 0; fi
    mkdir -p "$NPM_PEERS"
    npm install --prefix "$NPM_PEERS" --no-audit --no-fund --silent socket.io socket.io-client \
        graphql graphql-ws @stomp/stompjs stomp-broker-js mqtt >/dev/null 2>&1 || echo "not installed: packages of npm"
}

install_packages
install_peers
same=0 other=0 skipped=0
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(cd "$scripts/.." && printf '%s\n' ./*.log | sed 's,^\./,,; s,\.log$,,')
for name in "${names[@]}"; do
    timeout 120 "$scripts/$name.sh" "$out" 2>"$out/$name.errors"
    status=$?
    if [ $status = 77 ]; then
        skipped=$((skipped + 1))
        cat "$out/$name.errors"
    elif [ $status != 0 ]; then
        other=$((other + 1))
        echo "$name: could not be recorded (status $status)"
        cat "$out/$name.errors"
    elif difference=$("$scripts/compare.py" "$scripts/../$name.log" "$out/$name.log"); then
        same=$((same + 1))
    else
        other=$((other + 1))
        echo "$name: shows something else than the bundled one"
        printf '%s\n' "$difference" | cut -c1-200 | sed 's/^/    /'
    fi
done
echo "$same show the same, $other do not, $skipped skipped"
[ "$other" = 0 ]
