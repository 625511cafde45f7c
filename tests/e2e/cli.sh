#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The command line from outside: usage, exit statuses, messages of one harmless line, files one after another,
# signals, full disks and readers that go away. faults.md 1, 2, 6, 71, 72, 73, 74, 75.
set -u
cd "$(dirname "$0")/../.."
: "${BUILD:=$PWD/build}" "${WS101:=$BUILD/ws101}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
umask 022
export LC_ALL=C.UTF-8 TERM=xterm-256color
unset NO_COLOR

ok() {      # ok NAME COMMAND...: the command must succeed
    local name=$1
    shift
    if "$@" >"$work/why" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        head -c 2000 "$work/why"
    fi
}

run() {     # run ARGUMENTS...: leaves $work/out, $work/err and $status behind
    "$WS101" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

# What may reach a terminal: no byte below 20 but the line's end, no DEL, no C1 as UTF-8, no bidirectional
# control, valid UTF-8. faults.md 71.
harmless() {
    /usr/bin/python3 - "$@" <<'TXT'
import sys
for name in sys.argv[1:]:
    text = open(name, 'rb').read().decode('utf-8')
    bad = [c for c in text if (ord(c) < 0x20 and c != '\n') or 0x7F <= ord(c) <= 0x9F
           or c in '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069']
    if bad:
        sys.exit('%s: %r' % (name, bad[:5]))
TXT
}

one_line() {    # of complaint, beginning with our name
    [ "$(wc -l <"$work/err")" = 1 ] && grep -q '^ws101: ' "$work/err" && harmless "$work/err"
}

fails() {   # fails STATUS PATTERN ARGUMENTS...: that status, nothing on standard output, one line that matches
    local expected=$1 pattern=$2
    shift 2
    run "$@"
    echo "status $status, expected $expected"
    cat "$work/err"
    [ "$status" = "$expected" ] && [ ! -s "$work/out" ] && one_line && grep -qE -- "$pattern" "$work/err"
}

each_rule_once() {
    run rules
    [ "$(grep -c '^[a-z]' "$work/out")" -gt 100 ] && [ -z "$(grep -o '^[a-z][^ ]*' "$work/out" | sort | uniq -d)" ]
}

# --- captures to read ---------------------------------------------------------------------------------

"$WS101" play - -w "$work/clean.pcap" <<'TXT' || exit 1
client upgrade /chat
server accept
client text "Hello"
server text "Hello to you, 日本"
client close 1000 "bye"
server close 1000 "bye"
server fin
client fin
TXT
"$WS101" play - -w "$work/broken.pcap" <<'TXT' || exit 1
client at 10.0.0.1:50001
client upgrade /chat
server accept
client text "Hello" mask none
client close 1000
server close 1000
server fin
client fin
TXT
"$WS101" play - -w "$work/hostile.pcap" <<'TXT' || exit 1
client upgrade /chat
    = Origin: http://x
    ! "X-Evil: \e]0;title\x07\e[2J\xc2\x9b31m\u{202e}\x9b\r\n"
    + Sec-WebSocket-Protocol: chat
server accept 101 "\e[31mYes\x07\u{202e}"
    ! "Sec-WebSocket-Protocol: \e[2Jchat\r\n"
client text "\e[2J\e]52;c;eA==\x07\ec\u{9b}31m\u{202e}\u{2066}\x7f\x08\r\n"
client text "a" "\u{301}" * 10000
client text "bad \xff\x9b\xc2"
client ping "\e[2J"
client binary "\e[2J\x9b"
client close 1000 "\e[31mreason\u{202e}"
server close 1000 "\xff\e["
server fin
client fin
TXT
{ echo 'client upgrade /'; echo 'server accept'; for _ in $(seq 500); do echo 'client text letters 5000'; done; } |
    "$WS101" play - -w "$work/long.pcap" || exit 1

# --- usage: exit 2 and a hint ---------------------------------------------------------------------------

ok 'no input' fails 2 'no input: name a capture FILE' stats
ok 'nothing at all' fails 2 'no input'
ok 'a slip in a command' fails 2 'did you mean print\?' pritn x.pcap
ok 'a slip in an option' fails 2 'did you mean --memory\?' stats --memroy 1M x.pcap
ok 'a command that is none' fails 2 'compare is neither a command nor a file' compare a b
ok 'help for what is none' fails 2 'no such command' help nosuch
ok 'an argument for nothing' fails 2 'doctor takes no arguments' doctor lo
ok 'an option of the usual command alone' fails 2 'print has no option --svg' --svg "$work/clean.pcap"
ok 'an option of another command' fails 2 'stats has no option --only' stats --only frame x.pcap
ok 'a kind that is none' fails 2 'no kind frames' print --only frames x.pcap
ok 'both live and file' fails 2 'not both' print -i lo "$work/clean.pcap"
ok 'both live and -r' fails 2 'not both' print -i lo -r "$work/clean.pcap"
ok 'run of a file' fails 2 'run has no option --read' run -r "$work/clean.pcap" -- true
ok 'packets into the report' fails 2 'standard output' json -w - "$work/clean.pcap"
ok 'a filter that is none' fails 2 'filter' print -Y 'opcode = = 1' "$work/clean.pcap"
ok 'a capture filter that is none' fails 2 'pcap-filter' stats -f 'tcp and and' "$work/clean.pcap"
ok 'a hostile capture filter' fails 2 'pcap-filter' stats -f $'\e[2J\n\u202e' "$work/clean.pcap"
ok 'packets into the report of run' fails 2 'standard output' run -w - -- true
ok 'a drawing of two kinds' fails 2 'not both' ladder --svg --mermaid "$work/clean.pcap"
part_is_whole() {   # what a filter leaves out is not missing
    run json --har -Y 'opcode == ping' captures/demo.pcapng
    [ "$status" = 0 ] && [ ! -s "$work/err" ] && ! grep -q missing "$work/out"
}
ok 'an archive of a part' part_is_whole
ok 'an archive of some kinds' fails 2 'leave --only out' json --har --only frame "$work/clean.pcap"
ok 'hostile words' fails 2 'no option' print $'--\e[2J\n\u202e'

in_80_columns() { ! grep -E '.{81}' "$work/out"; }
helps() {
    local command
    run --help && [ "$status" = 0 ] && [ ! -s "$work/err" ] && in_80_columns || return 1
    for command in $(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$work/out"); do
        run "$command" --help
        [ "$status" = 0 ] && grep -q "^usage: ws101 $command" "$work/out" && in_80_columns || return 1
    done
    [ -n "$command" ]
}
ok 'help for every command' helps
ok 'version' grep -q '^ws101 [0-9]' <("$WS101" --version)

manual_is_whole() {     # the manual page names every command and option
    local word
    for word in $("$WS101" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
        grep -q "^\.It Cm $word" analyzer/ws101.1 || { echo "no $word"; return 1; }
    done
    for word in $("$WS101" --help | grep -o -- ' --[a-z-]*  *' | sed 's/^ --//'); do
        grep -qE -- "Fl -$word( |$)" analyzer/ws101.1 || { echo "no --$word"; return 1; }
    done
}
ok 'the manual names everything' manual_is_whole
manual_has_fields() {   # all that a filter may name
    local word
    for word in $(sed -n 's/^    \[FIELD_[A-Z_]*\] = { "\([^"]*\)".*/\1/p' analyzer/core/fields.c); do
        sed -n '/^.Sh DISPLAY/,/^.Sh JSON/p' analyzer/ws101.1 | grep -qE -- " ${word//./\\.}( |$)" ||
            { echo "no $word"; return 1; }
    done
    [ "$word" = tcp.keepalive ]
}
ok 'the manual has every field' manual_has_fields
manual_is_true() {      # and no option that there is not
    local word
    "$WS101" --help >"$work/out"
    for word in $(grep -o 'Fl -[a-z][a-z-]*' analyzer/ws101.1 | sed 's/^Fl -//' | sort -u); do
        grep -qE -- "--$word( |\[|$)" "$work/out" || { echo "no --$word"; return 1; }
    done
    [ -n "$word" ]
}
ok 'the manual names no other options' manual_is_true

# --- input that is none: exit 3 (faults 1, 6) ----------------------------------------------------------

: >"$work/empty"
head -c 23 "$work/clean.pcap" >"$work/short"
echo 'not a capture at all, but long enough to be one' >"$work/text"
evil="$work/"$'\e[2J\nevil\u202e'
ok 'no such file' fails 3 'nosuch: No such file or directory; check' print "$work/nosuch"
ok 'no such file, hostile name' fails 3 'evil' print "$evil"
cp "$work/text" "$evil"
ok 'no capture, hostile name' fails 3 'evil' print "$evil"
for name in empty short text; do
    for command in print json stats 'stats --json' check; do
        ok "$command of $name" fails 3 "$name" $command "$work/$name"
    done
done
ok 'a directory' fails 3 . print "$work"
ok 'no such interface' fails 3 . print -i nosuch0

# --- what is read ---------------------------------------------------------------------------------------

prints() {  # prints PATTERN ARGUMENTS...
    local pattern=$1
    shift
    run "$@"
    cat "$work/err"
    [ "$status" = 0 ] && [ ! -s "$work/err" ] && grep -qE -- "$pattern" "$work/out" && harmless "$work/out"
}
ok 'no command: print' prints ' message .*"Hello"$' "$work/clean.pcap"
ok 'options before the command' prints '^\{"type":"message"' --only message json "$work/clean.pcap"
ok 'options behind the file' prints '^\{"type":"message"' json "$work/clean.pcap" --only message
ok 'a file called after a command' prints '"Hello"' print -- "$work/clean.pcap"
ok 'a filter' prints 'Hello to you' print -Y 'dir == s2c && kind == message' "$work/clean.pcap"
ok 'stats' prints '^[0-9]+ packets, [0-9]+ bytes, 1 connections$' stats "$work/clean.pcap"
ok 'rules' prints '^frame-not-masked +must +client +RFC 6455 5.1$' rules
ok 'rules: each once' each_rule_once

same() { cmp <("$WS101" json "$work/clean.pcap") "$work/out"; }
from_stdin() { "$WS101" json - <"$work/clean.pcap" >"$work/out" && same; }
from_pipe() { cat "$work/clean.pcap" | "$WS101" json - >"$work/out" && same; }
ok 'standard input' from_stdin
ok 'a pipe' from_pipe

several() {     # packets and connections are numbered on
    run json "$work/clean.pcap" "$work/broken.pcap" || return 1
    /usr/bin/python3 - "$work/out" <<'TXT'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
packets = [e['packet'] for e in events if e['type'] == 'connection']
assert {e['conn'] for e in events} == {1, 2}, 'connections'
assert packets[1] > max(e['packet'] for e in events if e['conn'] == 1), packets
TXT
}
ok 'several files are one input' several
several_read() {    # -r FILE is FILE, and all of them are read, in their order
    run json "$work/clean.pcap" "$work/broken.pcap" "$work/clean.pcap"
    cmp "$work/out" <("$WS101" json -r "$work/clean.pcap" "$work/broken.pcap" -r "$work/clean.pcap")
}
ok 'several -r' several_read

header_only() {     # fault 1: a capture of nothing
    "$WS101" json -f 'port 9' -w "$work/none" "$work/clean.pcap" 2>"$work/err"
    run stats "$work/none"
    cat "$work/err"
    [ "$status" = 0 ] && grep -q '^0 packets' "$work/out" && one_line && grep -q '0 packets' "$work/err"
}
ok 'a capture of nothing' header_only

cut_short() {       # fault 2
    head -c $(($(stat -c %s "$work/clean.pcap") - 5)) "$work/clean.pcap" >"$work/cut"
    run json "$work/cut"
    cat "$work/err"
    [ "$status" = 0 ] && one_line && grep -q '"text":"Hello"' "$work/out"
}
ok 'a capture cut short' cut_short

written() {
    run json -w "$work/copy" "$work/clean.pcap" && [ "$status" = 0 ] || return 1
    "$WS101" json "$work/copy" | cmp - <("$WS101" json "$work/clean.pcap") || return 1
    fails 3 'copy' json -w "$work/copy" "$work/clean.pcap" &&
        run json --overwrite -w "$work/copy" "$work/clean.pcap" && [ "$status" = 0 ]
}
ok 'packets are written, and not over others' written

unknown_link() {    # fault 5
    /usr/bin/python3 -c 'import struct, sys
sys.stdout.buffer.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 105)
                        + struct.pack("<IIII", 1, 0, 4, 4) + b"abcd")' >"$work/wifi"
    run stats "$work/wifi"
    cat "$work/err"
    one_line && grep -q '1 of 1 packets not decoded: link type 105 (IEEE802_11)' "$work/err"
}
ok 'a link type that is not known is named' unknown_link

# --- check: exit 1 where a MUST is broken ---------------------------------------------------------------

checks() {
    run check "$work/clean.pcap"
    [ "$status" = 0 ] && [ "$(cat "$work/out")" = "$(tail -n 1 "$work/out")" ] || return 1
    run check "$work/broken.pcap"
    [ "$status" = 1 ] && grep -q '^must   frame-not-masked  client, RFC 6455 5.1, connection 1' "$work/out" &&
        grep -q ' 81\[05\]' "$work/out" || return 1
    run check --json "$work/broken.pcap"
    [ "$status" = 1 ] && grep -q '"type":"summary".*"must":1' "$work/out"
}
ok 'check' checks

filtered() {    # a finding is of its event; so are the counts
    run check -Y 'conn == 1' "$work/clean.pcap" "$work/broken.pcap"
    [ "$status" = 0 ] && ! grep -q frame-not-masked "$work/out" || return 1
    run check -Y 'conn == 2' "$work/clean.pcap" "$work/broken.pcap"
    [ "$status" = 1 ] && grep -q frame-not-masked "$work/out" || return 1
    run stats --json -Y 'text contains "to you"' "$work/clean.pcap"
    [ "$status" = 0 ] && grep -q '"s2c":.*"messages":{"text":1,' "$work/out" &&
        grep -q '"c2s":.*"messages":{"text":0,.*"s2c"' "$work/out" || return 1
    fails 2 'no field "conm"' stats -Y 'conm == 1' "$work/clean.pcap"
}
ok 'check and stats of what a filter lets through' filtered
no_such_connection() {
    run ladder --conn 9 "$work/clean.pcap"
    [ "$status" = 0 ] && one_line && grep -q 'no connection of this number' "$work/err"
}
ok 'a ladder of no connection' no_such_connection

# --- nothing of the wire is obeyed by a terminal (faults 71, 72) ------------------------------------------

for command in print 'print --preview 40' json stats 'stats --json' check 'check --json'; do
    hostile() {
        run $command "$work/hostile.pcap"
        [ "$status" -le 1 ] && [ -s "$work/out" ] && [ ! -s "$work/err" ] && harmless "$work/out"
    }
    ok "hostile traffic: $command" hostile
done

valid_json() {  # of our captures and of all the bundled ones; with the program as shipped, which is quicker
    local capture
    "$WS101" rules --json >"$work/lines"
    for capture in "$work"/*.pcap captures/*.pcap*; do
        "$BUILD/ws101" json "$capture" >>"$work/lines" || return 1
        "$BUILD/ws101" check --json "$capture" >>"$work/lines"
        "$BUILD/ws101" stats --json "$capture" >>"$work/lines"
        "$BUILD/ws101" print "$capture" >>"$work/printed"
    done
    harmless "$work/lines" "$work/printed" && /usr/bin/python3 - "$work/lines" <<'TXT'
import json, sys
def once(pairs):
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)
for line in open(sys.argv[1], 'rb'):
    json.loads(line.decode('utf-8'), object_pairs_hook=once)
TXT
}
ok 'JSON is valid' valid_json

json_is_not_bloated() {
    [ "$("$WS101" json "$work/long.pcap" | wc -c)" -lt $((5 * 500 * 5000)) ]
}
ok 'JSON is no larger than five times the payload' json_is_not_bloated

# --- a terminal (fault 73) ---------------------------------------------------------------------------------

terminal() {    # terminal COLUMNS ARGUMENTS...: runs in a pseudo-terminal, what it printed in $work/out
    local columns=$1
    shift
    script -qec "stty cols $columns; $(printf '%q ' "$WS101" "$@")" /dev/null </dev/null | tr -d '\r' >"$work/out"
}
coloured() { grep -q $'\e\\[' "$work/out"; }
fits() {
    for columns in 1 20 80 100 132; do
        terminal $columns print "$work/hostile.pcap" "$work/clean.pcap" || return 1
        coloured || return 1
        sed 's/\x1b\[[0-9;]*m//g' "$work/out" >"$work/plain"
        harmless "$work/plain" || return 1
        /usr/bin/python3 - "$work/plain" $columns <<'TXT' || return 1
import sys, unicodedata
for line in open(sys.argv[1]):
    width = sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in 'WF' else 1
                for c in line.rstrip('\n'))
    if width > int(sys.argv[2]):
        sys.exit('%d columns: %s' % (width, line))
TXT
    done
}
ok 'a terminal line fits' fits
no_colour() { NO_COLOR=1 terminal 100 print "$work/clean.pcap" && [ -s "$work/out" ] && ! coloured; }
ok 'NO_COLOR' no_colour
dumb() { TERM=dumb terminal 100 print "$work/clean.pcap" && [ -s "$work/out" ] && ! coloured; }
ok 'TERM=dumb' dumb
never() { terminal 100 print --color never "$work/clean.pcap" && [ -s "$work/out" ] && ! coloured; }
ok '--color never' never
always() { run print --color always "$work/clean.pcap" && coloured; }
ok '--color always' always
ascii() {
    LC_ALL=C terminal 100 print "$work/clean.pcap" && [ -s "$work/out" ] || return 1
    sed 's/\x1b\[[0-9;]*m//g' "$work/out" >"$work/plain"
    ! LC_ALL=C grep '[^ -~]' "$work/plain"
}
ok 'a terminal without UTF-8 gets ASCII' ascii

# --- readers that go away, disks that are full (fault 75) ---------------------------------------------------

gone() {
    for command in print json; do
        "$WS101" $command "$work/long.pcap" 2>"$work/err" | head -n 1 >/dev/null
        local status=${PIPESTATUS[0]}
        [ "$status" = 0 ] && [ ! -s "$work/err" ] || { echo "$command: $status"; cat "$work/err"; return 1; }
    done
}
ok 'a reader that goes away' gone
full() {
    for command in print json stats check rules help; do
        "$WS101" $command $([ $command = rules ] || [ $command = help ] || echo "$work/long.pcap") >/dev/full 2>"$work/err"
        local status=$?
        [ "$status" = 3 ] && one_line && grep -q 'No space left' "$work/err" || { echo "$command: $status"; return 1; }
    done
}
ok 'a full device' full
closed() { "$WS101" stats "$work/clean.pcap" >&- 2>"$work/err"; [ $? = 3 ] && one_line; }
ok 'standard output closed' closed
closed_input() { timeout 20 "$WS101" stats - <&- 2>"$work/err"; [ $? = 3 ] && one_line; }
ok 'standard input closed' closed_input
endless() {
    "$WS101" explain </dev/zero 2>"$work/err"
    [ $? = 3 ] && one_line && grep -q '16 MiB' "$work/err" || return 1
    timeout 20 "$WS101" play - -w "$work/never.pcap" </dev/zero 2>"$work/err"
    [ $? = 3 ] && one_line && grep -q 'too large' "$work/err"
}
ok 'standard input without an end' endless
closed_errors() {   # what is complained about does not go into a file of ours
    run stats -w "$work/told.pcap" "$work/cut"
    [ -s "$work/err" ] || return 1
    "$WS101" stats -w "$work/silent.pcap" "$work/cut" <&- >&- 2>&-
    cmp "$work/told.pcap" "$work/silent.pcap"
}
ok 'all of them closed' closed_errors

# --- signals: what was read is told, then 128 + n (fault 74) -----------------------------------------------

interrupted() {     # interrupted SIGNAL STATUS
    mkfifo "$work/fifo"
    env --default-signal=INT "$WS101" stats --json "$work/fifo" >"$work/out" 2>"$work/err" &
    local child=$!
    exec 7>"$work/fifo"
    cat "$work/clean.pcap" >&7
    sleep 0.5
    kill "-$1" $child
    wait $child
    local status=$?
    exec 7>&-
    rm "$work/fifo"
    echo "status $status"
    cat "$work/err"
    [ "$status" = "$2" ] && grep -q '"accepted":1' "$work/out"
}
ok SIGINT interrupted INT 130
ok SIGTERM interrupted TERM 143
ok SIGHUP interrupted HUP 129

waiting() {     # interrupted before the first byte has come
    mkfifo "$work/fifo"
    exec 7<>"$work/fifo"
    env --default-signal=INT "$WS101" print - <"$work/fifo" >"$work/out" 2>"$work/err" &
    local child=$!
    sleep 0.5
    kill -INT $child
    for _ in $(seq 50); do
        kill -0 $child 2>"$work/gone" || break
        sleep 0.1
    done
    kill -KILL $child 2>"$work/gone"
    wait $child
    local status=$?
    exec 7>&-
    rm "$work/fifo"
    cat "$work/err"
    [ $status = 130 ]
}
ok 'interrupted before the first byte' waiting

live_flush() {      # what is known is shown before more comes
    mkfifo "$work/fifo"
    "$WS101" print "$work/fifo" >"$work/out" 2>"$work/err" &
    local child=$!
    exec 7>"$work/fifo"
    cat "$work/clean.pcap" >&7
    for _ in $(seq 50); do
        grep -q '"Hello"' "$work/out" && break
        sleep 0.1
    done
    grep -q '"Hello"' "$work/out"
    local status=$?
    exec 7>&-
    wait $child
    rm "$work/fifo"
    return $status
}
ok 'a pipe is shown as it fills' live_flush

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
