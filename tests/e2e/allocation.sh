#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every allocation in turn fails, over ten captures and the commands that read them: no crash, no leak, and an exit
# status that is documented. Where a capture takes thousands of allocations, some of them stand for all.
set -u
cd "$(dirname "$0")/../.."
: "${BUILD:=$PWD/build}"
# a leak, a crash and undefined behaviour must each be a status that no command has
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 LSAN_OPTIONS=exitcode=99
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

survives() {    # STRIDE ARGUMENTS...
    local stride=$1; shift
    for mode in '' -a; do
        # shellcheck disable=SC2086 # the mode may be no word at all
        if "$BUILD/tools/failalloc" $mode -s "$stride" "$@" >"$work/out" 2>"$work/err"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED: $mode -s $stride $*"
            head -n 5 "$work/out"
            grep -m 3 -A 12 -E 'ERROR|runtime error' "$work/err"
        fi
        stride=$((stride * 3))
    done
}

survives 1 stats --json captures/demo.pcapng
survives 1 json captures/node-deflate-takeover.pcap
survives 1 json captures/node-deflate-fragments.pcap
survives 1 print captures/endings.pcap
survives 1 check captures/refusals.pcap
survives 1 stats captures/recorder-loss.pcap
survives 1 print captures/late-deflate.pcap
survives 1 json captures/late-midframe.pcap
survives 1 stats --json captures/http-bodies.pcap
survives 1 stats --json captures/wss.pcap
survives 1 print -Y 'frame.opcode == 8 || message.text matches "a+"' captures/linux-cooked.pcap
survives 1 print -w "$work/copy.pcapng" --overwrite captures/ipv6.pcap
gzip -c captures/ipv6.pcap >"$work/ipv6.pcap.gz"
survives 1 stats "$work/ipv6.pcap.gz"
survives 1 stats -f 'tcp port 80' captures/ipv6.pcap

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
