#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "Tornado, client and server: an ordinary page, then a plain and a compressed connection, pings by \
timer, Close 1000 by the client and 4321 by the server"
needs python tornado
record
/usr/bin/python3 "$PEERS/tornado_peers.py"
finish
