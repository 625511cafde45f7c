#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The manifest in captures/README.md is true: each capture has a row with its packets and its checksum, a
# log and a script; each row has its capture; all together are small; none has a path of the machine that
# made it.
set -u
cd "$(dirname "$0")/../../captures" || exit 1
passed=0 failed=0

check() {   # WHAT COMMAND...
    local what=$1; shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "not so: $what"; fi
}

row_of() { awk -F' *[|] *' -v file="\`$1\`" '$2 == file { print $6 "\t" $7 }' README.md | tr -d '`'; }

row_is_true() {
    local packets sum
    packets=$(capinfos -TrMc "$1" 2>/dev/null | awk '{ print $NF }')
    sum=$(sha256sum "$1" | cut -d' ' -f1)
    [ "$(row_of "$1")" = "$packets"$'\t'"$sum" ]
}

no_machine_paths() { ! grep -aqE '/(root|home|tmp|work|build)/' "$1"; }
is_under_10_megabytes() { [ "$(cat ./*.pcap ./*.pcapng 2>/dev/null | wc -c)" -lt 10000000 ]; }

for capture in *.pcap *.pcapng; do
    [ -e "$capture" ] || continue
    name=${capture%.*}
    check "$capture has a row with its packets and checksum" row_is_true "$capture"
    check "$capture has a log" [ -s "$name.log" ]
    check "$capture has an executable script" [ -x "scripts/$name.sh" ]
    check "$capture has no path of the machine in it" no_machine_paths "$capture"
    check "$name.log has no path of the machine in it" no_machine_paths "$name.log"
done
while read -r listed; do
    check "$listed, which has a row, is there" [ -e "$listed" ]
done < <(sed -n 's/^| `\([^`]*\.pcap[ng]*\)` |.*/\1/p' README.md)
check "the captures together are under 10 MB" is_under_10_megabytes

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
