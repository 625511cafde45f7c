#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every allocation in turn fails, over ten captures and the commands that read them: no crash, no leak, and an exit
# status that is documented.
set -u
cd "$(dirname "$0")/../.."
: "${BUILD:=$PWD/build}"
# a leak, too, is an abort: the statuses of commands say nothing of either
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

survives() {    # ARGUMENTS...: with each allocation failing alone, and with every third and all after it
    for mode in '-s 1' '-a -s 3'; do
        # shellcheck disable=SC2086 # several words
        if "$BUILD/tools/failalloc" $mode "$@" >"$work/out" 2>"$work/err"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED: $mode $*"
            head -n 5 "$work/out"
            grep -m 3 -A 12 -E 'ERROR|runtime error' "$work/err"
        fi
    done
}

survives stats --json captures/demo.pcapng
survives json captures/node-deflate-takeover.pcap
survives json captures/node-deflate-fragments.pcap
survives print captures/endings.pcap
survives check captures/refusals.pcap
survives stats captures/recorder-loss.pcap
survives print captures/late-deflate.pcap
survives json captures/late-midframe.pcap
survives stats --json captures/http-bodies.pcap
survives stats --json captures/wss.pcap
survives -u print -Y 'opcode == 8 || text matches "a+"' captures/linux-cooked.pcap
survives print -w "$work/copy.pcapng" --overwrite captures/ipv6.pcap
gzip -c captures/ipv6.pcap >"$work/ipv6.pcap.gz"
survives stats "$work/ipv6.pcap.gz"
survives stats -f 'tcp port 80' captures/ipv6.pcap

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
