#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "a recorder that misses one packet in sixteen: holes that the peers never had, in a plain and in a \
compressed conversation"
incomplete "the recorder missed packets"
needs node ws python websockets
record 'tcp and (tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0 or (ip[5] & 15) != 7)'
/usr/bin/python3 "$PEERS/python_websockets.py"
finish
