#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No finding rests on bytes that were not seen: packets taken out of a conversation break no MUST more."""

import collections
import json
import os
import pathlib
import random
import struct
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WS101 = os.path.join(os.environ.get('BUILD', str(ROOT / 'build')), 'ws101')
WAYS = 6

# Where a missing packet makes other sense of the rest: a SYN with data, a SYN between two connections, one of
# two FINs, a request whose answer alone shows nothing of its draft.
AMBIGUOUS = {'data-on-syn', 'reopened-lower', 'reopened-higher', 'fin-repeated-after-the-close',
             'draft-76-accepted'}


def packets_of(capture):
    data, at, packets = capture.read_bytes(), 24, []
    while at < len(data):
        end = at + 16 + struct.unpack_from('<I', data, at + 8)[0]
        packets.append(data[at:end])
        at = end
    return data[:24], packets


def broken(capture):
    """How often each MUST was broken, and by whom."""
    said = subprocess.run([WS101, 'check', '--json', capture], capture_output=True, text=True, check=False)
    findings = [json.loads(line) for line in said.stdout.splitlines()]
    return collections.Counter((finding['rule'], finding['side']) for finding in findings
                               if finding['type'] == 'finding' and finding['severity'] == 'must')


def lossy(packets, way, chance):
    """One packet missing, or all before one, or one in twenty, or one in three."""
    at = chance.randrange(len(packets))
    if way % 3 == 0:
        return packets[:at] + packets[at + 1:]
    if way % 3 == 1:
        return packets[at:]
    return [packet for packet in packets if chance.random() > (0.05 if way < 3 else 0.33)]


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work:
        whole, part = pathlib.Path(work, 'whole'), pathlib.Path(work, 'part')
        for script in sorted(ROOT.glob('tests/conversations/*/*.conv')):
            if script.stem in AMBIGUOUS:
                continue
            subprocess.run([WS101, 'play', script, '-w', whole], capture_output=True, check=True)
            header, packets = packets_of(whole)
            if not 0 < len(packets) < 2000:
                continue
            allowed = broken(whole)
            for way in range(WAYS):
                chance = random.Random(way * 7919 + len(packets))
                part.write_bytes(header + b''.join(lossy(packets, way, chance)))
                more = broken(part) - allowed
                passed, failed = passed + (not more), failed + bool(more)
                if more:
                    print('FAILED %s, way %d: %s' % (script.stem, way, dict(more)))
            whole.unlink()
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


if __name__ == '__main__':
    raise SystemExit(main())
