#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every fuzz target, one after the other: run.sh BUILD SECONDS [TARGET...]. What a target finds worth keeping
# grows in BUILD/corpus; what breaks it is left in BUILD/crashes, and is a first input for a corpus here.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) seconds=$2
shift 2
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
passed=0 failed=0
mkdir -p "$build/crashes"
[ $# -gt 0 ] || set -- $(cd "$here" && ls fuzz_*.c | sed 's/fuzz_\(.*\)\.c/\1/')
for target; do
    grown=$build/corpus/$target
    mkdir -p "$grown"
    corpora=("$grown")
    [ -d "$here/corpus/$target" ] && corpora+=("$here/corpus/$target")
    log=$(mktemp)
    if timeout $((seconds + 120)) "$build/fuzz/fuzz_$target" -max_total_time="$seconds" -entropic=0 -max_len=4096 \
        -rss_limit_mb=4096 -artifact_prefix="$build/crashes/$target-" "${corpora[@]}" >"$log" 2>&1; then
        passed=$((passed + 1))
        printf '%-12s %s\n' "$target" "$(grep '^Done' "$log")"
    else
        failed=$((failed + 1))
        printf '%-12s FAILED\n' "$target"
        tail -n 40 "$log"
    fi
    rm -f "$log"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
