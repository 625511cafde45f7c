#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The comparison behind `make captures`: other ports and other wording of errors are the same capture; a
# message lost, changed or out of order, another close code and another status are not.
set -u
cd "$(dirname "$0")/../../captures" || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

judge() {   # same|differs WHAT LOG SED-EXPRESSION
    local verdict=differs
    sed -e "$4" "$3.log" >"$scratch/log"
    scripts/compare.py "$3.log" "$scratch/log" >/dev/null && verdict=same
    if [ $verdict = "$1" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$2: $verdict, expected $1"
    fi
}

judge same    'nothing changed'                 chromium-chat ''
judge same    'other ports'                     chromium-chat 's/"port": \([0-9]\)/"port": 1\1/'
judge same    'other words of an error'         endings       's/MUST be set/ought to be set/'
judge same    'other session identifiers'       socketio-plain 's/\(sid\\":\\"\)[^"]*/\1other\\/'
judge differs 'a message lost'                  chromium-chat '/"by": "browser", "event": "received".*世界/d'
judge differs 'a message changed'               chromium-chat '/"received"/s/Hello from/Hullo from/'
judge differs 'a longer message'                chromium-chat '/"received"/s/"length": 300/"length": 301/'
judge differs 'another close code'              endings       's/"code": 1012/"code": 1013/'
judge differs 'another answer to an upgrade'    refusals      's/"status": 503/"status": 500/'
judge differs 'another answer to a request'     http-bodies   's/"status": 304/"status": 200/'
judge differs 'a connection too few'            endings       '/server-1011/d'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
