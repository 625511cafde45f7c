#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "ordinary HTTP in each form a body can have: Content-Length, chunked with trailer, until close, HEAD, \
204, 304, 100-continue, a chunked upload, pipelining"
needs node curl python
serve 8080 node "$PEERS/http_server.js"
record
site=http://127.0.0.1:8080
head -c 3000 /dev/zero | tr '\0' u >"$SCRATCH/upload"
curl -s -o /dev/null "$site/length" -o /dev/null "$site/chunked" -o /dev/null "$site/empty" \
    -o /dev/null "$site/length"
curl -s --head -o /dev/null "$site/length"
curl -s -o /dev/null "$site/unchanged"
curl -s -o /dev/null -H 'If-None-Match: "v1"' "$site/unchanged" -o /dev/null "$site/length"
curl -s -o /dev/null -H 'Expect: 100-continue' -T "$SCRATCH/upload" "$site/upload"
curl -s -o /dev/null -H 'Transfer-Encoding: chunked' -d @"$SCRATCH/upload" "$site/upload"
curl -s -o /dev/null "$site/until-close"
curl -s --http1.0 -o /dev/null "$site/until-close"
curl -s -L -o /dev/null "$site/moved"
/usr/bin/python3 "$PEERS/pipeline.py"
finish
