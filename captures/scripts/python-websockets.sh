#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "Python websockets, client and server: plain, then with permessage-deflate and its default of 12 \
window bits; fragments, pings from both ends, a subprotocol, Close 1000 by the client and 1011 by \
the server"
needs python websockets
record
/usr/bin/python3 "$PEERS/python_websockets.py"
finish
