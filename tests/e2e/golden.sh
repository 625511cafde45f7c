#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every command's output, over the bundled captures and a few conversations, is what tests/golden has.
#   golden.sh             compares
#   golden.sh --update    writes what there is now: look at the difference before you commit it
# Of a long output the first and last lines are kept, and a checksum of all of it.
set -u
cd "$(dirname "$0")/../.."
: "${BUILD:=$PWD/build}" "${WS101:=$BUILD/ws101}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 TZ=UTC
unset NO_COLOR
golden=tests/golden
passed=0 failed=0

excerpt() {     # excerpt FILE: the whole, or its ends and how much lies between
    local lines
    lines=$(wc -l <"$1")
    if [ "$lines" -le 40 ]; then
        cat "$1"
    else
        head -n 20 "$1"
        echo "... $lines lines in all, SHA-256 $(sha256sum <"$1" | cut -d' ' -f1)"
        tail -n 8 "$1"
    fi
}

golden() {      # golden NAME.KIND ARGUMENTS...: what ws101 says with these
    local name=$1
    shift
    echo "$name" >>"$work/names"
    "$WS101" "$@" >"$work/whole" 2>"$work/err"
    case $? in
    0 | 1) ;;
    *) echo "failed: ws101 $*: $(head -c 300 "$work/err")" >>"$work/whole" ;;
    esac
    excerpt "$work/whole" >"$work/now"
    if [ "$update" = 1 ]; then
        cp "$work/now" "$golden/$name"
    fi
    if diff -u "$golden/$name" "$work/now" >"$work/difference" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name: ws101 $*"
        head -n 30 "$work/difference"
    fi
}

update=0
if [ "${1:-}" = --update ]; then
    update=1
    rm -rf "$golden"
    mkdir -p "$golden"
fi

# --- every bundled capture ------------------------------------------------------------------------------

for capture in captures/*.pcap captures/*.pcapng; do
    name=$(basename "${capture%.pcap*}")
    golden "$name.stats" stats --json "$capture"
    golden "$name.check" check "$capture"
    golden "$name.print" print --preview 32 "$capture"
done

# --- every command on the demonstration -------------------------------------------------------------------

demo=captures/demo.pcapng
golden demo.json json -Y 'conn == 4' "$demo"
golden demo.totals stats "$demo"
golden demo.verbose print -v -Y 'conn == 4 and packet < 60' "$demo"
for name in mqtt mqtt5 socketio-upgrade graphql stomp; do
    golden "$name.verbose" print -v --only message "captures/$name.pcap"
done
golden demo.hex print -x -Y 'conn == 4 and packet < 60' "$demo"
golden demo.ladder ladder "$demo"
golden demo.svg ladder --svg --conn 4 "$demo"
golden demo.mermaid ladder --mermaid "$demo"
golden demo.tcp ladder --zoom tcp --conn 4 "$demo"
golden loss-at-client.ladder ladder captures/loss-at-client.pcap
golden recorder-loss.ladder ladder captures/recorder-loss.pcap
golden refusals.ladder ladder --zoom http captures/refusals.pcap
golden nginx-configured.ladder ladder captures/nginx-configured.pcap
golden haproxy.mermaid ladder --mermaid captures/haproxy.pcap
golden nginx-idle.svg ladder --svg captures/nginx-idle.pcap
golden late-plain.ladder ladder captures/late-plain.pcap

# --- conversations ------------------------------------------------------------------------------------------

for name in frame-not-masked frame-length-not-minimal handshake-accept-wrong message-not-utf8 \
    frame-close-code-never-sent close-by-reset; do
    "$WS101" play "tests/conversations/rules/$name.conv" -w "$work/$name.pcap" || exit 1
    golden "rule-$name.verbose" print -v --only frame,message,close,finding "$work/$name.pcap"
    golden "rule-$name.json" json "$work/$name.pcap"
    golden "rule-$name.check" check "$work/$name.pcap"
    golden "rule-$name.ladder" ladder "$work/$name.pcap"
done

# --- bytes explained -----------------------------------------------------------------------------------------

golden explain-hello.explain explain 81 85 37 fa 21 3d 7f 9f 4d 51 58
golden explain-row.explain explain 01 03 48 65 6c 80 02 6c 6f 89 04 70 69 6e 67 88 05 03 e8 62 79 65
golden explain-lengths.explain explain 82 7e 01 2c
golden explain-long.explain explain --from client 82 ff 00 00 00 00 00 01 00 00 01 02 03 04 aa
golden explain-deflate.explain explain c1 07 f2 48 cd c9 c9 07 00
golden explain-faults.explain explain --from client f3 05 1b 5b 32 4a ff 88 02 03 ed
golden explain-cut.explain explain 82 fe 01

# --- nothing kept that nothing makes --------------------------------------------------------------------------

stale=$(comm -13 <(sort "$work/names") <(ls "$golden"))
if [ -z "$stale" ]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED: nothing makes" $stale
fi
if "$WS101" ladder --svg captures/mixed.pcap | /usr/bin/python3 -c \
    'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin.buffer)'; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED: the drawing is no XML"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
