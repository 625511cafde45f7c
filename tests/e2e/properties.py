#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""However the same TCP streams reach us, the events are the same: any cutting, order within a window,
duplication, overlap, wrapped sequence numbers, tags, IPv6, other link types. Over every bundled capture.
faults.md 13, 20, 21, 22, 24, 25.

    properties.py [CAPTURE...]
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'tools'))
import reshape  # noqa: E402

WS101 = os.environ.get('WS101', os.path.join(ROOT, 'build', 'ws101'))
ONLY = 'connection,http,handshake,frame,message,close,finding'

# What a way of arriving may change: the moment, the packet, and what is about moments or packets.
VOLATILE = ('time', 'packet', 'round_trip', 'conn')
ABOUT_ARRIVAL = ('pong-unsolicited', 'ping-unanswered', 'urgent')


def events(name):
    """Per connection and direction, in order; nothing that depends on when a packet came."""
    done = subprocess.run([WS101, 'json', '--only', ONLY, name], capture_output=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors='replace')[-2000:])
    connections, lists = {}, {}
    for line in done.stdout.splitlines():
        event = json.loads(line)
        if event['type'] == 'connection':
            port = event['client'].rsplit(':', 1)[1] + '-' + event['server'].rsplit(':', 1)[1]
            connections[event['conn']] = port
            event.pop('client'), event.pop('server')
        if event['type'] == 'finding' and (event['side'] == 'capture' or event['rule'] in ABOUT_ARRIVAL):
            continue
        key = (connections[event['conn']], event.get('dir', ''), event['type'])
        for volatile in VOLATILE:
            event.pop(volatile, None)
        if event['type'] == 'close':
            event.pop('how')    # a FIN and a reset may be told apart only by what comes last
            event.pop('first', None)
        lists.setdefault(key, []).append(json.dumps(event, sort_keys=True))
    return lists


def difference(expected, found):
    for key in sorted(set(expected) | set(found)):
        a, b = expected.get(key, []), found.get(key, [])
        if a != b:
            at = next((i for i, pair in enumerate(zip(a, b)) if pair[0] != pair[1]), min(len(a), len(b)))
            return '%s: %d against %d, first at %d:\n  %s\n  %s' % (
                ' '.join(key), len(a), len(b), at, (a[at:at + 1] or ['-'])[0][:400], (b[at:at + 1] or ['-'])[0][:400])
    return None


def skipped(mode, packets, name):
    """Ways that would not keep the streams: what a gap or a late start leaves out is not the same."""
    segments = [reshape.segment_of(packet) for packet in packets]
    if any(s is None for s in segments) and mode in ('vlan', 'ipv6', 'rawip', 'null'):
        return not any(segments)
    return False


def main():
    names = sys.argv[1:] or sorted(glob.glob(os.path.join(ROOT, 'captures', '*.pcap*')))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        reshaped = os.path.join(folder, 'reshaped.pcap')
        for name in names:
            packets = reshape.read(name)
            plain = os.path.join(folder, 'plain.pcap')
            reshape.write(plain, packets)
            expected = events(plain)
            for mode, way in reshape.MODES.items():
                if skipped(mode, packets, name):
                    continue
                reshape.write(reshaped, way(packets))
                try:
                    wrong = difference(expected, events(reshaped))
                except (RuntimeError, subprocess.TimeoutExpired) as error:
                    wrong = str(error)
                if wrong:
                    failed += 1
                    print('%s %s: %s' % (os.path.basename(name), mode, wrong))
                else:
                    passed += 1
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
