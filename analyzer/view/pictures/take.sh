#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Takes the README's pictures anew, from the program itself.
set -eu
export XDG_CONFIG_HOME=/nonexistent     # nobody's own settings
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."

take() {    # take NAME COLUMNSxROWS KEYS...: of the bundled capture
    tests/screens/picture.py "${OUT:-$here}/$1.svg" "${@:2}" -- build/ws101 view captures/demo.pcapng
}

chat='Down Down Down Enter'
take connections 100x11
take messages 100x25 $chat
take detail 100x30 $chat Down Down Down Enter $(printf 'Down %.0s' {1..14})
take handshake 100x30 $chat 4
take ladder 100x26 $chat 5
