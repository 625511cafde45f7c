#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# explain and ladder from outside: bytes as words and on standard input, what is no byte, exit statuses, and that
# nothing of the wire steers a terminal. faults.md 48, 49, 50, 71.
set -u
cd "$(dirname "$0")/../.."
: "${BUILD:=$PWD/build}" "${WS101:=$BUILD/ws101}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8
unset NO_COLOR
passed=0 failed=0

ok() {      # ok NAME COMMAND...: the command must succeed
    local name=$1
    shift
    if "$@" >"$work/why" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        head -c 1000 "$work/why"
    fi
}

says() {    # says PATTERN COMMAND...: exit 0, and the pattern in what it says
    local pattern=$1
    shift
    "$@" >"$work/out" 2>"$work/err" </dev/null && grep -qE -- "$pattern" "$work/out"
}

fails() {   # fails PATTERN ARGUMENTS...: exit 2, nothing on standard output, one line that matches
    local pattern=$1
    shift
    "$WS101" "$@" >"$work/out" 2>"$work/err" </dev/null
    local status=$?
    cat "$work/err"
    [ "$status" = 2 ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -qE -- "$pattern" "$work/err"
}

piped() {   # piped TEXT PATTERN: TEXT on standard input
    printf "$1" | "$WS101" explain >"$work/out" && grep -qF -- "$2" "$work/out"
}

hello='81 85 37 fa 21 3d 7f 9f 4d 51 58'
ok "words" says '"Hello"' "$WS101" explain $hello
ok "one word" says '"Hello"' "$WS101" explain "$hello"
ok "no blanks" says '"Hello"' "$WS101" explain "${hello// /}"
ok "0x and commas" says '"Hello"' "$WS101" explain 0x81,0x85,0x37,0xfa,0x21,0x3d,0x7f,0x9f,0x4d,0x51,0x58
ok "standard input" piped "$hello\n" '"Hello"'
ok "xxd" piped '00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX\n' '"Hello"'
ok "Wireshark" piped '0000   81 85 37 fa 21 3d 7f 9f 4d 51 58                  ..7.!=..MQX\n' '"Hello"'
ok "a bad digit has its place" fails 'at character 7: x5' explain 81 85 x5
ok "half a byte" fails 'at character 4: 8' explain 81 8
ok "what is no byte is shown harmless" fails '\\x1b' explain "$(printf '81 \033[2J')"
ok "no bytes" fails 'explain wants bytes' explain
ok "whose bytes" fails 'client or server' explain --from nobody 81 00
ok "the mask of a server" says 'MUST frame-masked' "$WS101" explain --from server $hello

ok "every cut of a header" bash -c '
    bytes=(82 ff 00 00 00 00 00 01 00 00 01 02 03 04)
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
        "$0" explain "${bytes[@]:0:n}" | grep -q "header is cut" || exit 1
    done
    "$0" explain "${bytes[@]}" | grep -q "it needs 65536 more bytes"' "$WS101"
for length in 0000000000000000 000000000000ffff 000000007fffffff 0000000100000005 7fffffffffffffff \
    8000000000000000 fffffffffffffff0; do
    ok "the length 0x$length exactly" says "= $(/usr/bin/python3 -c "print(int('$length', 16))")\$" \
        "$WS101" explain 82 7f "$length"
done

# Every byte that there is, as text, in every form.
/usr/bin/python3 - "$work" <<'TXT'
import sys
body = ''.join('\\x%02x' % byte for byte in range(256))
open(sys.argv[1] + '/all.conv', 'w').write('client upgrade /\nserver accept\n'
    'client text "%s"\nserver ping "\\x1b]0;x\\x07"\nclient close 1000 "\\x1b[2J"\nserver close 1000\n' % body)
TXT
"$WS101" play "$work/all.conv" -w "$work/all.pcap" || exit 1
harmless() {
    "$WS101" "$@" "$work/all.pcap" >"$work/out" && /usr/bin/python3 - "$work/out" <<'TXT'
import sys
text = open(sys.argv[1], 'rb').read().decode('utf-8')
sys.exit(any((ord(c) < 0x20 and c != '\n') or 0x7F <= ord(c) <= 0x9F or c in '\u202e\u2066' for c in text))
TXT
}
for form in "print -v -x" "ladder" "ladder --svg" "ladder --mermaid" "ladder --zoom tcp"; do
    ok "harmless: $form" harmless $form
done
ok "the drawing is XML" bash -c '"$0" ladder --svg "$1" | /usr/bin/python3 -c \
    "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin.buffer)"' "$WS101" "$work/all.pcap"
ok "zoom" fails 'websocket, http or tcp' ladder --zoom far captures/demo.pcapng
ok "one connection" says '^Connection 4' "$WS101" ladder --conn 4 captures/demo.pcapng
ok "a filter leaves the title" says '^Connection 4' "$WS101" ladder -Y 'opcode == ping' captures/demo.pcapng

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
