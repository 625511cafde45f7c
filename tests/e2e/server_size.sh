#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference server stays small enough to read in an hour: at most 1,000 lines of C, headers and the optional part
# included, without blanks and comments; and no line is made long to save one.
set -u
cd "$(dirname "$0")/../.." || exit 1
limit=1000 widest=110
lines=$(cat minimal-server/*.[ch] | gcc -fpreprocessed -dD -E -P -x c - | grep -c '[^[:space:]]')
wide=$(grep -c ".\{$((widest + 1)),\}" minimal-server/*.[ch] | grep -v ':0$')
if [ "$lines" -lt 100 ] || [ "$lines" -gt $limit ] || [ -n "$wide" ]; then
    echo "$lines lines; the limit is $limit. Lines wider than $widest: ${wide:-none}"
    echo "0 passed, 1 failed"
    exit 1
fi
echo "1 passed, 0 failed"
