#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "wss: node ws over TLS 1.3 and over TLS 1.2, with permessage-deflate; \`wss.keys\` has the secrets"
incomplete "encrypted"
needs node ws openssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=chat.example \
    -addext subjectAltName=DNS:chat.example -keyout "$SCRATCH/key" -out "$SCRATCH/certificate" 2>/dev/null
record
node --tls-keylog="$SCRATCH/keys" "$PEERS/secure.js" "$SCRATCH/key" "$SCRATCH/certificate" 2>/dev/null
sort -u "$SCRATCH/keys" >"$OUT/wss.keys"
finish
