#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Takes the README's pictures anew, from the program itself.
set -eu
export XDG_CONFIG_HOME=/dev/null        # nobody's own settings
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."

take() {    # take NAME CAPTURE COLUMNSxROWS KEYS...
    tests/screens/picture.py "${OUT:-$here}/$1.svg" "${@:3}" -- build/ws101 view "captures/$2"
}

chat='Down Down Down Enter'
take connections demo.pcapng 100x11
take messages demo.pcapng 100x25 $chat
take detail demo.pcapng 100x30 $chat Down Down Down Enter $(printf 'Down %.0s' {1..14})
take handshake demo.pcapng 100x30 $chat 4
take ladder demo.pcapng 100x26 $chat 5
take proxy nginx-configured.pcap 100x24 5
take replay demo.pcapng 100x11 R Space . . . . . . . . . . . . . . . . . . . .
take difference demo.pcapng 100x10 $chat Down Down Down m Down Down Down Down d
take totals transports-fast.pcap 100x28 7
