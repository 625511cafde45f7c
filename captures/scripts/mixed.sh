#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "all at once, as on a real wire: WebSocket by node (over IPv4 and IPv6, one with a broken rule), \
Python and Tornado, polling, and beside it DNS, ICMP, an IP fragment, a protocol with a banner, TLS"
needs node ws python websockets tornado curl openssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=mail.example \
    -keyout "$SCRATCH/key" -out "$SCRATCH/certificate" 2>/dev/null
serve 8080 node "$PEERS/http_server.js"
serve 8090 node "$PEERS/echo_server.js" 127.0.0.1 8090
serve 8096 node "$PEERS/echo_server.js" ::1 8096
serve 4433 openssl s_server -quiet -rev -accept 127.0.0.1:4433 \
    -key "$SCRATCH/key" -cert "$SCRATCH/certificate"
record 'ip or ip6'
talkers=()
talk() { "$@" >/dev/null 2>>"$SCRATCH/output" & talkers+=($!); }
talk curl -s --rate 20/s 'http://127.0.0.1:8080/poll?after=[0-9]'
talk /usr/bin/python3 "$PEERS/noise.py"
talk /usr/bin/python3 "$PEERS/python_websockets.py"
talk /usr/bin/python3 "$PEERS/tornado_peers.py"
talk node "$PEERS/echo_client.js" ws://127.0.0.1:8090/four
talk node "$PEERS/echo_client.js" 'ws://[::1]:8096/six'
talk node "$PEERS/faulty_client.js" ws://127.0.0.1:8090/faulty
talk bash -c '(echo "a secret line"; sleep 0.5) |
    openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:4433 -servername mail.example'
wait "${talkers[@]}" || true
finish
