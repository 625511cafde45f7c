#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every fuzz target over its corpus, and a few seconds further; the corpora together stay small.
# faults.md 10 and every other marked Z.
set -u
cd "$(dirname "$0")/../.."
: "${BUILD:=$PWD/build}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/build" && ln -s "$(cd "$BUILD" && pwd)/fuzz" "$scratch/build/fuzz"
size=$(find tests/fuzz/corpus -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')
if [ "$size" -ge 2000000 ]; then
    echo "the corpora have $size bytes: 2,000,000 are allowed"
    exit 1
fi
tests/fuzz/run.sh "$scratch/build" "${FUZZ_SECONDS:-3}"
